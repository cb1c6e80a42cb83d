"""Writes english.tsv: the words that spaCy 3.8 (MIT, see LICENSE) takes apart, or
keeps whole, by a list instead of by rules; datatrove counts English words with it.

    python -m venv v && v/bin/pip install spacy==3.8.18 && v/bin/python make.py
"""
import spacy

table = spacy.blank("en").Defaults.tokenizer_exceptions
with open("english.tsv", "w", encoding="utf-8", newline="\n") as f:
    for word in sorted(table):
        parts = [next(iter(p.values())) if 65 not in p else p[65] for p in table[word]]
        assert "".join(parts) == word
        if word.strip() == word and " " not in word:
            f.write(word + "\t" + " ".join(parts) + "\n")

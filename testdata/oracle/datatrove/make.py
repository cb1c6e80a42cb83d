"""Writes what datatrove 0.10.1 (Apache-2.0) decides about 1,000 documents.

    python -m venv v && v/bin/pip install 'datatrove[processing]==0.10.1' spacy==3.8.18 jieba==0.42.1
    v/bin/python make.py ../../../../shared/data

The documents are own.txt, which is ours (between form feeds), and texts of the shared
data, as they are and changed by the mutations below; they are named, not copied.
decisions.tsv has for each: source, index, mutation, language, the words, a hash of
them, the reasons of four filters ("" keeps), and a hash of the MinHash signature.
Chinese is decided with FineWeb-2's settings (cmn_Hani), by jieba as datatrove
calls it (with its hidden Markov model); then follow the same by jieba's dictionary
alone, by which signatures are, too: number and hash of the words, four reasons.
"""
import csv
import json
import pathlib
import re
import sys

import jieba
import xxhash
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.text import simplify_text, split_into_words
from datatrove.utils.word_tokenizers import WordTokenizer

data = pathlib.Path(sys.argv[1])


def wikitext():
    text = (data / "wikitext2/valid.txt").read_text("utf-8")
    return [a.strip() for a in re.split(r"\n \n (?== [^=])", text) if a.strip()]


def cmrc():
    return [p["context"] for d in json.load(open(data / "cmrc2018/dev.json"))["data"] for p in d["paragraphs"]]


def gsm8k():
    lines = [json.loads(l) for l in open(data / "gsm8k/test.jsonl")]
    return ["\n\n".join(r["question"] + "\n" + r["answer"] for r in lines[i:i + 4]) for i in range(0, len(lines) - 3, 4)]


def poetry():
    poems = json.load(open(data / "chinese-poetry/poet.tang.0.json"))
    return ["\n".join([p["title"]] + p["paragraphs"]) for p in poems]


sources = {
    "own": pathlib.Path("own.txt").read_text("utf-8").split("\f"),
    "wikitext": wikitext(), "cmrc": cmrc(), "gsm8k": gsm8k(), "poetry": poetry(),
}
mutations = [
    lambda t: t,
    lambda t: t + "\n" + t,
    lambda t: t.replace(" ", "\n"),
    lambda t: t[:400],
    lambda t: "- " + t.replace("\n", "\n- "),
    lambda t: t.replace(".", "...").replace("。", "……"),
    lambda t: t.replace(" ", " # "),
    lambda t: t[:300] + "\n" + t[100:700] + "\n\n" + t[:200] + " " + t[:200],
    lambda t: re.sub("[A-Za-z]{3}", "123", t),
    lambda t: t.replace(", ", "\n").replace("，", "\n"),
]
plan = []
for source, count, lang in [("own", 0, "en"), ("wikitext", 300, "en"), ("gsm8k", 200, "en"), ("cmrc", 250, "zh"), ("poetry", 150, "zh")]:
    texts = sources[source]
    if source == "own":
        plan += [(source, i, m, "zh" if re.search("[\u4e00-\u9fff]", t) else "en") for i, t in enumerate(texts) for m in range(len(mutations))]
    else:
        plan += [(source, i % len(texts), (i * 7 + i // len(texts)) % len(mutations), lang) for i in range(count)]
plan = plan[:1000]

zh = dict(
    rep=dict(dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0, dup_line_frac=.287, top_n_grams=((2, .256), (3, .201), (4, .171)),
             dup_n_grams=((5, .198), (6, .182), (7, .167), (8, .154), (9, .14), (10, .127))),
    qual=dict(max_avg_word_length=5, min_avg_word_length=1, max_non_alpha_words_ratio=.735, min_stop_words=2,
              stop_words=list("的年在月是和日了於·為有被人中为他與後也而由")),
    fw=dict(short_line_thr=999, char_duplicates_ratio=.1, line_punct_thr=.106, new_line_ratio=.178),
)


def filters(lang):
    z = zh if lang == "cmn_Hani" else dict(rep={}, qual={}, fw={})
    list_ = [GopherRepetitionFilter(language=lang, **z["rep"]), GopherQualityFilter(language=lang, **z["qual"])]
    list_.append(C4QualityFilter(filter_no_terminal_punct=False) if lang == "en" else None)
    return list_ + [FineWebQualityFilter(language=lang, **z["fw"])]


chains = {lang: filters(lang) for lang in ("en", "cmn_Hani")}
config = MinhashConfig(hash_config=HashConfig(hash_fc="xxhash", precision=64))
english = MinhashDedupSignature("/tmp/curate-sig", config, language="en")


def zh_words(text):
    return [w.strip() for w in jieba.cut(text, HMM=False) if w.strip()]


def signature(text, lang):
    if lang == "zh":
        class Words:
            def word_tokenize(self, t):
                return zh_words(t)
        english.word_tokenizer = Words()
    else:
        from datatrove.utils.word_tokenizers import load_word_tokenizer
        english.word_tokenizer = load_word_tokenizer("en")
    shingles = english.get_shingles(text)
    if shingles.size == 0:
        return []
    return [h for bucket in english.get_signature(shingles) for h in bucket]


class Plain(WordTokenizer):
    """jieba by its dictionary alone."""
    def word_tokenize(self, text):
        return zh_words(text)

    def sent_tokenize(self, text):
        raise NotImplementedError

    def span_tokenize(self, text):
        raise NotImplementedError


plain = filters("cmn_Hani")
for f in plain:
    if f is not None:
        f.language = Plain()


def reason(f, text):
    if f is None:
        return ""
    try:
        r = f.filter(Document(text=text, id="x"))
    except (ZeroDivisionError, FloatingPointError):
        return "error"
    return "" if r is True else r[1]


with open("decisions.tsv", "w", encoding="utf-8", newline="") as f:
    w = csv.writer(f, delimiter="\t", lineterminator="\n")
    sigs = []
    for source, i, m, lang in plan:
        text = mutations[m](sources[source][i])
        code = "cmn_Hani" if lang == "zh" else lang  # for "zh" it would take a tokenizer of no language
        words = split_into_words(text, code)
        sig = signature(text, lang)
        if source == "own" and m == 0:
            sigs.append(sig)
        packed = b"".join(int(h).to_bytes(8, "little") for h in sig)
        w.writerow([source, i, m, lang, len(words), "%016x" % xxhash.xxh64("\0".join(words)).intdigest()]
                   + [reason(c, text) for c in chains[code]] + ["%016x" % xxhash.xxh64(packed).intdigest()]
                   + ([len(zh_words(text)), "%016x" % xxhash.xxh64("\0".join(zh_words(text))).intdigest()] + [reason(c, text) for c in plain] if lang == "zh" else []))
    json.dump(sigs, open("signatures.json", "w"))

a, b = english.parameters
with open("permutations.txt", "w") as f:
    for x, y in zip(a[0], b[0]):
        f.write(f"{x} {y}\n")
with open("simplified.json", "w") as f:
    json.dump([[t, simplify_text(t)] for t in
               ["Ünïcode Åre 1,234.5 “quoted” — dash…", "全角１２３，标点。ＡＢＣ", "한국어 가나다", "İstanbul straße", "\tTab\x1fctl\u200b zero\u3000wide", "٣٫١٤ और १२३"] + sources["own"][:4]],
              f, ensure_ascii=False, indent=0)

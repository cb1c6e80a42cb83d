"""Makes the oracle of the tokenizer families: small vocabularies, and what the tokenizers and sentencepiece libraries say.

    make.py

Run with Python 3.11, tokenizers 0.23.3 and sentencepiece 0.2.3. It trains on texts.py's own random strings and the words
in it, so that nothing here is anybody's text. level.jsonl.gz has, for each pre-tokenizer, the step as JSON and ids with
the vocabulary of ../tokenizer. The folders have a tokenizer.json or a tokenizer.model, and cases.jsonl.gz.
"""

import gzip
import io
import json
import pathlib
import sys

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

here = pathlib.Path(__file__).parent
sys.path.append(str(here.parents[2] / "compat/tokenizers"))
import families  # noqa: E402
from texts import strings, training  # noqa: E402


def write(path, rows):
    raw = io.BytesIO()
    with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as z:
        for row in rows:
            z.write((json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass"))
    path.write_bytes(raw.getvalue())


def level():
    base = json.loads((here.parent / "tokenizer/tokenizer.json").read_text(encoding="utf-8"))
    rows = []
    steps = {k: v[1] for k, v in families.LEVEL.items() if v[1] is not None} | families.OTHERS
    steps["llama-bpe"] = families.split(families.QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|"))
    steps["deepseek-v3"] = families.split(r"\p{N}{1,3}", families.KANA, families.V3)
    steps["tekken"] = families.split(families.TEKKEN)
    for i, (name, pre) in enumerate(sorted(steps.items())):
        t = Tokenizer.from_str(json.dumps(base))
        t.pre_tokenizer = pre
        rows.append({"name": name, "pre": json.loads(t.to_str())["pre_tokenizer"],
                     "cases": [[s, t.encode(s, add_special_tokens=False).ids] for s in strings(250, 100 + i, ["<|im_end|>", "<think>"], True)]})
    write(here / "level.jsonl.gz", rows)


def folder(name, t, config, names, decode=True):
    out = here / name
    out.mkdir(exist_ok=True)
    t.save(str(out / "tokenizer.json"))
    (out / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    rows = []
    texts = list(strings(1000, 7, names, True))
    for s in texts:
        ids = t.encode(s, add_special_tokens=False).ids
        rows.append({"text": s, "ids": ids} | ({"decoded": t.decode(ids, skip_special_tokens=False)} if decode else {}))
    for a, b in zip(texts[:100], texts[100:200]):
        e = t.encode(a, b)
        rows.append({"text": a, "pair": b, "ids": e.ids, "types": e.type_ids})
        rows.append({"text": a, "whole": True, "ids": t.encode(a).ids})
    write(out / "cases.jsonl.gz", rows)


def train_spm(name, **options):
    """Trains a SentencePiece model, and writes what the sentencepiece library says of it."""
    out = here / name
    out.mkdir(exist_ok=True)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=training(6000, 1), model_writer=model, num_threads=1,
                                             hard_vocab_limit=False, minloglevel=2, **options)
    (out / "tokenizer.model").write_bytes(model.getvalue())
    p = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    write(out / "cases.jsonl.gz", [{"text": s, "ids": p.encode(s), "decoded": p.decode(p.encode(s))} for s in strings(1000, 8, [], True)])
    return p


def main():
    level()
    # Llama 2's manner: the same BPE as a tokenizer.model and as merges.
    p = train_spm("spm-bpe", vocab_size=1200, model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
                  remove_extra_whitespaces=False, character_coverage=0.98, user_defined_symbols=["<tool>"])
    pieces = [p.id_to_piece(i) for i in range(p.get_piece_size())]
    vocab = {s: i for i, s in enumerate(pieces)}
    merges = []
    for i, s in enumerate(pieces):
        if i < 3 or p.is_byte(i):
            continue
        local = [(s[:k], s[k:]) for k in range(1, len(s)) if s[:k] in vocab and s[k:] in vocab]
        merges += [(a, b, i) for a, b in sorted(local, key=lambda x: (vocab[x[0]], vocab[x[1]]))]
    merges.sort(key=lambda x: -p.get_score(x[2]))
    t = Tokenizer(models.BPE(vocab, [(a, b) for a, b, _ in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    t.add_tokens([AddedToken("<tool>", special=False, normalized=False), AddedToken("<wide>", special=True, normalized=False, lstrip=True, rstrip=True),
                  AddedToken("word", special=False, normalized=False, single_word=True)])
    t.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s>:1 $B:1", [("<s>", 1)])
    folder("llama", t, {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "unk_token": "<unk>"},
           ["<s>", "</s>", "<tool>", " <wide> ", "word", "sword"])
    # Mistral's newer manner: one space at the start of the whole text, unless it has one.
    t.normalizer = normalizers.Sequence([])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    folder("mistral", t, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}, ["<s>", "</s>", "<tool>", " <wide> ", "word"])

    # Unigram: T5's and XLM-R's manner.
    p = train_spm("spm-unigram", vocab_size=700, model_type="unigram", character_coverage=0.98)
    scores = [(p.id_to_piece(i), p.get_score(i)) for i in range(p.get_piece_size())]
    t = Tokenizer(models.Unigram(scores, unk_id=0))
    t.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap((here / "spm-unigram/tokenizer.model").read_bytes())),
                                         normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    t.decoder = decoders.Metaspace()
    t.add_special_tokens(["<unk>", "<s>", "</s>", AddedToken("<mask>", lstrip=True, special=True)])
    t.post_processor = processors.TemplateProcessing("<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 1), ("</s>", 2)])
    folder("xlm-r", t, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "cls_token": "<s>", "mask_token": "<mask>"},
           ["<s>", "</s>", " <mask>"])
    train_spm("spm-bytes", vocab_size=1500, model_type="unigram", character_coverage=0.98, byte_fallback=True, add_dummy_prefix=False,
              normalization_rule_name="identity")

    # WordPiece: BERT's manner.
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece(cleanup=False)
    t.train_from_iterator(training(6000, 2), trainers.WordPieceTrainer(
        vocab_size=1500, limit_alphabet=900, show_progress=False, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    folder("bert", t, {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"},
           ["[CLS]", "[MASK]", "[unused1]"])
    words = sorted(t.get_vocab().items(), key=lambda x: x[1])
    (here / "bert-vocab").mkdir(exist_ok=True)
    (here / "bert-vocab/vocab.txt").write_text("".join(w + "\n" for w, _ in words), encoding="utf-8")


def charsmap(model):
    """The precompiled_charsmap of a SentencePiece model: field 2 of field 3."""
    def fields(b):
        i = 0
        while i < len(b):
            def varint():
                nonlocal i
                v = shift = 0
                while True:
                    v |= (b[i] & 127) << shift
                    shift += 7
                    i += 1
                    if b[i - 1] < 128:
                        return v
            key = varint()
            if key & 7 == 0:
                yield key >> 3, varint()
                continue
            n = {1: 8, 5: 4}.get(key & 7) or varint()
            yield key >> 3, b[i:i + n]
            i += n
    return next(v for k, v in fields(next(v for k, v in fields(model) if k == 3)) if k == 2)


main()

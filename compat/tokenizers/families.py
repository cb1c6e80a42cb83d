"""The vocabularies that can be had without a model hub, as the tokenizers and sentencepiece libraries read them.

Each family is (name, the path that Suiren loads, a function from text to ids). Where a vocabulary comes as a GGUF file
of llama.cpp, the tokenizers library gets it with the steps of the model's own tokenizer.json.
"""

import base64
import json
import pathlib

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|"
          r"\s+(?!\S)|\s+")
BAILING = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
SEED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
MINICPM = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
WORD = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s|"
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s|")
GPT4O = WORD.replace("%s", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?") + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEKKEN = WORD.replace("%s", "") + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
V3 = ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
      "\\s*[\r\n]+|\\s+(?!\\S)|\\s+")
SPARK = ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+|[\r\n]|"
         "\\s+(?!\\S)|\\s+")
KANA = "[一-龥\u3040-ゟ゠-ヿ]+"
CJK = "[一-龥ࠀ-一가-퟿]+"
WIDE = r"\s?[!-/:-~！-／：-～‘-‟　-。]+"
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"


def split(*patterns):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(p), "isolated") for p in patterns] +
                                   [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def level(*steps):
    return pre_tokenizers.Sequence(list(steps) + [pre_tokenizers.ByteLevel(add_prefix_space=False)])


def cased_letters():
    """DeepSeek-LLM's list of letters, from the room that scans for it."""
    go = (pathlib.Path(__file__).parents[2] / "engine/tokenizer/patterns.go").read_text(encoding="utf-8")
    return go.split('casedLetters = "')[1].split('"')[0]


ONE = pre_tokenizers.Digits(individual_digits=True)
# name of the GGUF file, whether NFC, the pre-tokenizer
LEVEL = {
    "gpt-2": (False, level()),
    "mpt": (True, level()),
    "starcoder": (False, level(ONE)),
    "refact": (False, level(ONE)),
    "command-r": (True, level(ONE)),
    "falcon": (False, pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
        pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")])),
    "deepseek-llm": (False, split("[\r\n]", r"\s?[" + cased_letters() + "]+", WIDE, r"\s+$", CJK, r"\p{N}+")),
    "deepseek-coder": (False, split("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", CJK, r"\p{N}")),
    "qwen2": (True, split(QWEN2)),
    "qwen35": (False, split(QWEN35)),
    "llama-bpe": (False, None),
}
# Patterns for which there is no vocabulary: with that of Qwen3, or of DeepSeek-V3.
OTHERS = {
    "spark2_5": split(r"\p{N}{1,3}", KANA, SPARK, r"\p{N}"),
    "gpt-4o": split(GPT4O),
    "bailingmoe": split(BAILING),
    "seed-coder": split(SEED),
    "minicpm5": split(r"\p{N}{1,3}", MINICPM),
    "bloom": split(BLOOM),
    "viking": split(BLOOM, r"\p{N}"),
}


def gguf(path):
    from gguf import GGUFReader
    r = GGUFReader(path)
    return {k[len("tokenizer.ggml."):]: f.contents() for k, f in r.fields.items() if k.startswith("tokenizer.ggml.")}


def ids_of(t):
    return lambda texts: [e.ids for e in t.encode_batch(texts, add_special_tokens=False)]


def added(t, meta, special=(2, 3), user=(4,)):
    seen = set()
    for i, (s, typ) in enumerate(zip(meta["tokens"], meta["token_type"])):
        if s in seen or not s:
            continue
        if typ in special:
            t.add_special_tokens([AddedToken(s, special=True, normalized=False)])
        elif typ in user:
            t.add_tokens([AddedToken(s, special=False, normalized=False)])
        else:
            continue
        seen.add(s)
        assert t.token_to_id(s) == i, (s, i, t.token_to_id(s))


def from_level(path, nfc, pre):
    m = gguf(path)
    vocab = {s: i for i, s in enumerate(m["tokens"])}
    merges = [(x[:1 + x[1:].index(" ")], x[2 + x[1:].index(" "):]) for x in m["merges"]]
    whole = pre is None
    t = Tokenizer(models.BPE(vocab, merges, ignore_merges=whole))
    if nfc:
        t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre or split(QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|"))
    t.decoder = decoders.ByteLevel()
    added(t, m)
    return t


def from_bert(path):
    m = gguf(path)
    vocab = {}
    for i, s in enumerate(m["tokens"]):
        special = m["token_type"][i] == 3
        vocab[s if special else s[1:] if s.startswith("▁") and s != "▁" else "##" + s] = i
    t = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    added(t, m, special=(3,))
    return t


def from_unigram(path):
    m = gguf(path)
    t = Tokenizer(models.Unigram(list(zip(m["tokens"][:-1], m["scores"][:-1])), unk_id=3))
    t.normalizer = normalizers.Sequence([normalizers.Precompiled(bytes(m["precompiled_charsmap"])),
                                         normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    t.decoder = decoders.Metaspace()
    added(t, m, special=(2, 3))
    return t


def tekken(path, out):
    """A tokenizer.json of tekken.json: merges are all the ways to cut a token in two, by rank (as transformers converts it)."""
    d = json.loads(pathlib.Path(path).read_text())
    size = d["config"]["default_vocab_size"] - d["config"]["default_num_special_tokens"]
    ranks = {base64.b64decode(v["token_bytes"]): v["rank"] for v in d["vocab"][:size]}
    n, table = 0, {}
    for b in range(256):
        if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b <= 255:
            table[b] = chr(b)
        else:
            table[b] = chr(256 + n)
            n += 1
    form = lambda b: "".join(table[c] for c in b)
    merges = []
    for token, rank in ranks.items():
        local = [(token[:i], token[i:]) for i in range(1, len(token)) if token[:i] in ranks and token[i:] in ranks]
        local.sort(key=lambda x: (ranks[x[0]], ranks[x[1]]))
        merges += [(form(a), form(b), rank) for a, b in local]
    merges.sort(key=lambda x: x[2])
    t = Tokenizer(models.BPE({form(b): r for b, r in ranks.items()}, [(a, b) for a, b, _ in merges], ignore_merges=True))
    t.pre_tokenizer = split(TEKKEN)
    t.decoder = decoders.ByteLevel()
    out.mkdir(parents=True, exist_ok=True)
    t.save(str(out / "tokenizer.json"))
    return t


def families(models_dir, npm_dir, mistral_dir, work):
    """Yields (name, path, make), where make gives the function from texts to ids, and writes path if it is not there."""
    def saved(t, name):
        (work / name).mkdir(parents=True, exist_ok=True)
        t.save(str(work / name / "tokenizer.json"))
        return ids_of(t)

    def changed(name, pre):
        t = Tokenizer.from_file(str(npm_dir / ("deepseek_v3" if name == "spark2_5" else "qwen3") / "tokenizer.json"))
        t.pre_tokenizer = pre
        return saved(t, name)

    def sentencepiece(path, name):
        from sentencepiece import SentencePieceProcessor
        (work / name).mkdir(parents=True, exist_ok=True)
        (work / name / "tokenizer.model").write_bytes(path.read_bytes())
        return SentencePieceProcessor(model_file=str(path)).encode

    for name, (nfc, pre) in LEVEL.items():
        path = models_dir / f"ggml-vocab-{name}.gguf"
        yield name, path, lambda: ids_of(from_level(path, nfc, pre))
    bert, xlm = models_dir / "ggml-vocab-bert-bge.gguf", models_dir / "ggml-vocab-nomic-bert-moe.gguf"
    yield "bert-bge", bert, lambda: ids_of(from_bert(bert))
    yield "xlm-r", work / "xlm-r", lambda: saved(from_unigram(xlm), "xlm-r")
    yield "xlm-r.gguf", xlm, lambda: ids_of(from_unigram(xlm))
    yield "tekken", work / "tekken", lambda: ids_of(tekken(mistral_dir / "tekken_240911.json", work / "tekken"))
    for name in ("deepseek_v3", "gemma3", "llama2", "llama3_1", "qwen3"):
        yield name, npm_dir / name, lambda: ids_of(Tokenizer.from_file(str(npm_dir / name / "tokenizer.json")))
    for name, pre in OTHERS.items():
        yield name, work / name, lambda: changed(name, pre)
    ours = pathlib.Path(__file__).parents[2] / "testdata/oracle/tokenizers"
    for path in [mistral_dir / "tokenizer.model.v1", mistral_dir / "mistral_instruct_tokenizer_241114.model.v7"] + sorted(ours.glob("spm-*/tokenizer.model")):
        name = path.name if path.parent == mistral_dir else path.parent.name + ".model"
        yield name, work / name, lambda: sentencepiece(path, name)

"""Asks the tokenizers library what engine/tokenizer has to answer.

    go test ./engine/tokenizer -run TestOracleFolder -oracle   # writes tokenizer.json here
    compat/.venv/bin/python testdata/oracle/tokenizer/make.py DATA    # compat/venv.sh makes it

DATA is a folder with wikitext2/test.txt (CC BY-SA 3.0) and
chinese-poetry/poet.tang.0.json (MIT). Of each of their strings only its place
and a digest of its ids are kept. The same versions write the same bytes.
"""

import gzip
import hashlib
import importlib.metadata
import json
import pathlib
import random
import sys
import unicodedata

import jinja2
from tokenizers import Tokenizer

VERSIONS = {"tokenizers": "0.23.3", "jinja2": "3.1.6"}
HERE = pathlib.Path(__file__).parent
SEED = 20261124


def save(name, rows):
    text = "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in rows)
    with open(HERE / name, "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as z:
        z.write(text.encode())


def plain(text):
    """The tokenizer without its added tokens: our text never yields them."""
    spec = json.loads(text)
    spec["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(spec))


SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<think", "|>"]
SUFFIX = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "'Re", "'vE", "'\u017f", "'l", "'r", "'x", "''s", "\u2019s"]
WORDS = "the of and to in model Ann apple apples how many has have 3x sum HTTP naïve café Straße".split()
MARKS = [chr(c) for c in (*range(0x300, 0x320), 0x327, 0x338, 0x345, 0x93C, 0x94D, 0x3099, 0x309A, 0x20DD, 0xFE0F, 0x1F3FD, 0x200D)]
EMOJI = ["\U0001F44D", "\U0001F469\u200D\U0001F4BB", "\U0001F1E8\U0001F1F3", "\u2764\uFE0F", "\U0001F44D\U0001F3FD", "\U0001F9D1\u200D\U0001F680"]
SPACES = [" "] * 8 + ["\n"] * 4 + ["\r\n", "\r", "\t", "\t", "\v", "\f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff"]
NUMBERS = list("0123456789") * 3 + ["\u0663", "\u0967", "\u2460", "\u00bd", "\u2167", "\u4e09", "\uff11", "\U0001D7D8"]
# Code points that Unicode 14 assigns (Python 3.11), so that no table is too old to know them.
ASSIGNED = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
SMALL = [c for c in ASSIGNED if ord(c) < 0x3000]


def part(r):
    def some(items, most):
        return "".join(r.choice(items) for _ in range(r.randint(1, most)))

    return r.choice([
        lambda: some([chr(c) for c in range(32, 127)], 8),
        lambda: r.choice(WORDS),
        lambda: r.choice(WORDS),
        lambda: " " + r.choice(WORDS) + r.choice([",", ".", "!\n", ";", ""]),
        lambda: r.choice(WORDS) + r.choice(SUFFIX) + r.choice(["", " ", "e", "l"]),
        lambda: "".join(chr(r.randint(0x4E00, 0x9FA5)) for _ in range(r.randint(1, 5))) + r.choice(["", "，", "。", "？"]),
        lambda: "".join(chr(r.randint(0x3041, 0x3096)) for _ in range(r.randint(1, 3))) + r.choice(MARKS),
        lambda: "".join(chr(r.randint(0x1100, 0x11FF)) for _ in range(r.randint(1, 4))) + chr(r.randint(0xAC00, 0xD7A3)),
        lambda: r.choice("aeiouAEnoçσ") + some(MARKS, 4),
        lambda: r.choice(EMOJI),
        lambda: some(SPACES, 5),
        lambda: " " * r.randint(1, 6),
        lambda: some(NUMBERS, 6),
        lambda: some([chr(c) for c in (*range(32), *range(127, 160))], 3),
        lambda: some(SMALL, 3),
        lambda: some(ASSIGNED, 2),
        lambda: r.choice(SPECIAL),
        lambda: some("(){}[]=+-*/<>_\"'`~@#$%^&|\\", 6),
    ])()


def real(data):
    """The strings of each public file, in order: lines of prose, verses of poems."""
    prose = (data / "wikitext2/test.txt").read_bytes().decode().split("\n")
    poems = json.loads((data / "chinese-poetry/poet.tang.0.json").read_bytes())
    return {"wikitext2/test.txt": prose, "chinese-poetry/poet.tang.0.json": [v for p in poems for v in p["paragraphs"]]}


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have != want:
            sys.exit(f"{name} is {have}; this script is for {want}")
    data = pathlib.Path(sys.argv[1])
    text = (HERE / "tokenizer.json").read_text(encoding="utf-8")
    full, text_only = Tokenizer.from_str(text), plain(text)
    r = random.Random(SEED)

    # The library's NFC is older than Unicode 11 and takes newer marks for
    # starters. Ours follows the standard, so strings on which the library does
    # not are no test of ours, and are drawn again.
    strings, again = [], 0
    while len(strings) < 10_000:
        s = "".join(part(r) for _ in range(r.randint(1, 7)))
        if full.normalizer.normalize_str(s) == unicodedata.normalize("NFC", s):
            strings.append(s)
        else:
            again += 1
    print(f"{again} strings drawn again, whose NFC is not that of Unicode {unicodedata.unidata_version}")
    save("encode.jsonl.gz", [{"text": s, "ids": text_only.encode(s).ids} for s in strings])

    rows = []
    for _ in range(1000):
        ids = [r.randrange(full.get_vocab_size()) if r.random() < 0.7 else r.randrange(256) for _ in range(r.randint(1, 12))]
        rows.append({"ids": ids, "text": full.decode(ids, skip_special_tokens=False)})
    save("decode.jsonl.gz", rows)

    rows = []
    for name, strings in real(data).items():
        places = {s: n for n, s in reversed(list(enumerate(strings))) if len(s.strip()) >= 8}  # the first of equal ones
        places = sorted(places.values())
        for i in range(500):
            n = places[i * len(places) // 500]
            ids = " ".join(map(str, text_only.encode(strings[n]).ids))
            rows.append({"file": name, "n": n, "ids": hashlib.sha256(ids.encode()).hexdigest()[:16]})
    save("real.jsonl.gz", rows)

    # As transformers renders it.
    env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    template = env.from_string((HERE / "chat_template.jinja").read_text(encoding="utf-8"))
    talks = [
        [("user", "3+4=?")],
        [("system", "你是老师。"), ("user", "小明有3个苹果，又买了4个。\n一共几个？")],
        [("user", "\n\nHello, it's 12:30  "), ("assistant", "Hello!\n"), ("user", "\u0301x cafe\u0301")],
        [("user", "")],
    ]
    rows = []
    for talk in talks:
        messages = [{"role": a, "content": b} for a, b in talk]
        for think in (True, False):
            prompt = template.render(messages=messages, add_generation_prompt=True, **({} if think else {"enable_thinking": False}))
            rows.append({"messages": messages, "think": think, "ids": full.encode(prompt).ids})
    save("chat.jsonl.gz", rows)


main()

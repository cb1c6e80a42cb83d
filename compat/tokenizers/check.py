"""Compares Suiren's ids with those of the tokenizers and sentencepiece libraries on random strings.

    check.py BINARY MODELS NPM MISTRAL WORK [COUNT [FAMILY...]]

BINARY is testdata/oracle/tokenizers, built; the folders are as run.sh makes them.
"""

import json
import pathlib
import random
import subprocess
import sys
import unicodedata

import families

WORDS = """the of and Hello WORLD don't I'LL we've it's 'tis x'RE HTTPServer camelCase snake_case foo.bar() https://a.b/c?d=e
 naïve café Straße ſ ŉ İstanbul ΣΊΣΥΦΟΣ ǅ привет Мир שלום مرحبا नमस्ते ไทย ភាសា 안녕하세요 こんにちは カタカナ 漢字 中文字符 小明有12个苹果。
 「引号」 （全角） １２３ ½ ² ① Ⅷ ٣ ५ 3.14 1,000,000 12345678 0x1F 👍🏽 👨‍👩‍👧 🇨🇳 ❤️ ﬁ ﷺ ㎏ ＡＢＣ e\u0301 a\u0300\u0323 \u1100\u1161 ▁ ▁▁a <0x0A> ## ##ing
 ===== ------ ... !!! ?! /* */ // # $x += 1; {"a": [1, 2]} `code` ```go ''' \\n \\t \u200b \u200d \ufeff \u00a0 \u3000 \u2028 \x85 \x00 \x07""".split(" ")
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", "\t\t", "        ", "\u00a0", "\u3000", "\x0b", "\x0c", "\u2003"]


def pool():
    """All assigned characters, by category."""
    by = {}
    for c in range(0x110000):
        cat = unicodedata.category(chr(c))
        if cat not in ("Cn", "Cs", "Co"):
            by.setdefault(cat, []).append(chr(c))
    return by


def strings(count, seed, names):
    rng = random.Random(seed)
    by = pool()
    cats = sorted(by)
    han = [chr(c) for c in range(0x4E00, 0x9FA6)]
    for _ in range(count):
        parts = []
        for _ in range(rng.randrange(1, 14)):
            k = rng.randrange(13)
            if k < 4:
                parts.append(rng.choice(WORDS))
            elif k < 6:
                parts.append(rng.choice(SPACES))
            elif k == 6:
                parts.append("".join(rng.choice(han) for _ in range(rng.randrange(1, 8))))
            elif k == 7:
                parts.append("".join(rng.choice(by[rng.choice(cats)]) for _ in range(rng.randrange(1, 6))))
            elif k == 8:
                parts.append("".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 9))))
            elif k == 9:
                parts.append("".join(chr(rng.randrange(32, 127)) for _ in range(rng.randrange(1, 9))))
            elif k == 10 and names:
                parts.append(rng.choice(names))
            elif k == 11:
                parts.append(rng.choice(by[rng.choice(["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No"])]))
            else:
                parts.append("".join(rng.choice("abcdeABC") for _ in range(rng.randrange(1, 12))) + rng.choice(["", " "]))
        yield "".join(parts)


def main():
    binary, models, npm, mistral, work = map(pathlib.Path, sys.argv[1:6])
    count = int(sys.argv[6]) if len(sys.argv) > 6 else 100_000
    only = sys.argv[7:]
    failed = 0
    for seed, (name, path, encode) in enumerate(families.families(models, npm, mistral, work)):
        if only and name not in only:
            continue
        names = [] if "model" in name else ["<|endoftext|>", "<s>", "</s>", "<think>", "<|im_end|>", "[CLS]", "<｜User｜>", "<table>"]
        texts = list(strings(count, seed, names))
        want = encode(texts)
        done = subprocess.run([binary, "ids", path], input="\n".join(map(json.dumps, texts)), capture_output=True, text=True)
        if done.returncode:
            print(f"{name}: {done.stderr.strip()}")
            failed += 1
            continue
        got = [json.loads(line) for line in done.stdout.splitlines()]
        wrong = [i for i in range(count) if got[i] != list(want[i])]
        print(f"{name}: {count - len(wrong)} of {count} equal", flush=True)
        for i in wrong[:3]:
            print(f"  {texts[i]!r}\n   got {got[i]}\n  want {list(want[i])}")
        failed += bool(wrong)
    print(f"tokenizers: {failed} families differ")
    sys.exit(failed > 0)


main()

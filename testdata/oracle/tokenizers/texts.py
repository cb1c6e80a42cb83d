"""Random strings that tokenizers may take apart in different ways."""

import random
import subprocess
import unicodedata

WORDS = """the of and Hello WORLD don't I'LL we've it's 'tis x'RE HTTPServer camelCase snake_case foo.bar() https://a.b/c?d=e
 naïve café Straße ſ ŉ İstanbul ΣΊΣΥΦΟΣ ǅ привет Мир שלום مرحبا नमस्ते ไทย ភាសា 안녕하세요 こんにちは カタカナ 漢字 中文字符 小明有12个苹果。
 「引号」 （全角） １２３ ½ ² ① Ⅷ ٣ ५ 3.14 1,000,000 12345678 0x1F 👍🏽 👨‍👩‍👧 🇨🇳 ❤️ ﬁ ﷺ ㎏ ＡＢＣ e\u0301 a\u0300\u0323 \u1100\u1161 ▁ ▁▁a <0x0A> ## ##ing
 ===== ------ ... !!! ?! /* */ // # $x += 1; {"a": [1, 2]} `code` ```go ''' \\n \\t \u200b \u200d \ufeff \u00a0 \u3000 \u2028 \x85 \x00 \x07""".split(" ")
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", "\t\t", "        ", "\u00a0", "\u3000", "\x0b", "\x0c", "\u2003"]


CHANGED = {0x166D, 0x1734, 0x1885, 0x1886, 0xA9BD, 0x111C9}  # their categories are others since


def old():
    """The characters of Unicode 8, which the normalisation and the punctuation of the tokenizers library know."""
    script = "for (0..0x10FFFF) { print qq($_ ) if chr($_) =~ /\\p{Present_In=8.0}/ }"
    return set(map(int, subprocess.run(["perl", "-e", script], capture_output=True, check=True).stdout.split())) - CHANGED


def pool(only_old):
    """All assigned characters, by category."""
    by, known = {}, old() if only_old else range(0x110000)
    for c in range(0x110000):
        cat = unicodedata.category(chr(c))
        if cat not in ("Cn", "Cs", "Co") and c in known:
            by.setdefault(cat, []).append(chr(c))
    return by


def strings(count, seed, names, only_old=False):
    rng = random.Random(seed)
    by = pool(only_old)
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


def training(count, seed):
    """Lines of the words above, a few ideographs and numbers: an alphabet of some hundred characters."""
    rng = random.Random(seed)
    han = [chr(0x4E00 + 7 * i) for i in range(150)]
    words = [w for w in WORDS if w.isprintable() and w]
    for _ in range(count):
        parts = []
        for _ in range(rng.randrange(3, 12)):
            k = rng.randrange(4)
            parts.append(rng.choice(words) if k < 2 else "".join(rng.choice(han) for _ in range(rng.randrange(1, 4))) if k == 2
                         else str(rng.randrange(3000)) if rng.randrange(2) else "".join(rng.choice("abcdeinst") for _ in range(rng.randrange(2, 7))))
        yield " ".join(parts)

"""Makes data.zst, which this package embeds, from three dictionaries of PyPI.

    python3 -m venv V && V/bin/pip install jieba==0.42.1 opencc-python-reimplemented==0.1.7 pypinyin==0.55.0 zstandard==0.25.0
    V/bin/python knowledge/chinese/make.py

- words: jieba's dict.txt (MIT, (c) 2013 Sun Junyi): words with a Han character, and how often each was counted;
- folds: OpenCC's TSCharacters.txt (Apache-2.0, BYVoid): traditional to simplified, where one stands for one;
- pinyin: pypinyin's characters (MIT, (c) 2016 mozillazg): the first reading of each, without its tone.

The file is zstd of: the uvarint counts of the three lists; the words' columns, which are how many characters each
shares with the one before, its further bytes, their bytes, and its count; the folds' columns from and to; the
characters of the readings, their syllables' numbers, and the syllables, one a line.
"""

import importlib.resources
import pathlib
import re
import unicodedata

import zstandard
from pypinyin.pinyin_dict import pinyin_dict

HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


def text(package, name):
    return importlib.resources.files(package).joinpath(name).read_text("utf-8")


def uvarint(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def plain(syllable):
    """Without its tone; ü is v, as it is typed."""
    s = unicodedata.normalize("NFD", syllable.replace("ü", "v").replace("ǖ", "v").replace("ǘ", "v").replace("ǚ", "v").replace("ǜ", "v"))
    return "".join(c for c in s if c.isascii() and c.isalpha())


def main():
    words = {}
    for line in text("jieba", "dict.txt").splitlines():
        word, count, *_ = line.split(" ")
        if HAN.search(word):
            words[word.lower()] = int(count)
    folds = {}
    for line in text("opencc", "dictionary/TSCharacters.txt").splitlines():
        old, _, new = line.partition("\t")
        new = new.split(" ")
        if len(old) == len(new[0]) == 1 and old not in new:  # 乾 is 干 in 乾燥 and itself in 乾隆
            folds[old] = new[0]
    readings = {}
    for code, list_ in pinyin_dict.items():
        if s := plain(list_.split(",")[0]):
            readings[code] = s
    syllables = sorted(set(readings.values()))
    columns = [bytearray() for _ in range(9)]
    before = ""
    for word in sorted(words):
        n = 0
        while n < min(len(word), len(before)) and word[n] == before[n]:
            n += 1
        rest = word[n:].encode()
        columns[0] += uvarint(n)
        columns[1] += uvarint(len(rest))
        columns[2] += rest
        columns[3] += uvarint(words[word])
        before = word
    last = 0
    for old in sorted(folds):
        columns[4] += uvarint(ord(old) - last)
        columns[5] += uvarint(ord(folds[old]))
        last = ord(old)
    last = 0
    for code in sorted(readings):
        columns[6] += uvarint(code - last)
        columns[7] += uvarint(syllables.index(readings[code]))
        last = code
    columns[8] += "\n".join(syllables).encode()
    head = uvarint(len(words)) + uvarint(len(folds)) + uvarint(len(readings))
    body = head + b"".join(uvarint(len(c)) + bytes(c) for c in columns)
    out = pathlib.Path(__file__).with_name("data.zst")
    out.write_bytes(zstandard.ZstdCompressor(level=22).compress(body))
    print(len(words), "words,", len(folds), "folds,", len(readings), "readings,", len(syllables), "syllables,", len(body), "->", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

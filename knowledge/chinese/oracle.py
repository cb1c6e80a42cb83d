"""Writes testdata/jieba.tsv: sentences of CMRC 2018 are not ours to keep, so these are put together from the dictionary.

    V/bin/python knowledge/chinese/oracle.py    # V as in make.py

A line is a text of simplified Chinese, a tab, and the words that jieba.cut(text, HMM=False) finds, less punctuation.
"""

import pathlib
import random
import re

import jieba

HAN = re.compile("^[\u4e00-\u9fff]+$")


def main():
    jieba.initialize()
    words = [w for w, n in jieba.dt.FREQ.items() if n > 300 and HAN.match(w)]
    words.sort()
    r = random.Random(1)
    out = []
    for _ in range(300):
        text = "".join(r.choice(words) for _ in range(r.randint(4, 16)))
        out.append(text + "\t" + " ".join(jieba.cut(text, HMM=False)))
    path = pathlib.Path(__file__).with_name("testdata") / "jieba.tsv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()

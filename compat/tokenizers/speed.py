"""Compares the speed of Suiren with that of the tokenizers library, on one thread, in alternation.

    speed.py BINARY NPM WORK ENGLISH CHINESE [ROUNDS]

ENGLISH is wikitext's test.txt, CHINESE a JSON Lines or text file; each non-empty line is a text. The figure is the ratio
of the best times; the library is asked without offsets (encode_batch_fast), its faster way.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer  # noqa: E402


def lines(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    if path.suffix == ".json":
        found = []

        def walk(v):
            if isinstance(v, str):
                found.append(v)
            elif isinstance(v, (list, dict)):
                for x in v.values() if isinstance(v, dict) else v:
                    walk(x)
        walk(json.loads(text))
        return [s for s in found if len(s) > 10]
    return [s for s in text.splitlines() if s.strip()]


def main():
    binary, npm, work, english, chinese = map(pathlib.Path, sys.argv[1:6])
    rounds = int(sys.argv[6]) if len(sys.argv) > 6 else 4
    for language, path in (("english", english), ("chinese", chinese)):
        texts = lines(path)[:4000]
        size = sum(len(s.encode()) for s in texts)
        file = work / f"{language}.jsonl"
        file.write_text("".join(json.dumps(s) + "\n" for s in texts))
        for name in ("qwen3", "llama3_1", "deepseek_v3", "llama2", "gemma3", "xlm-r"):
            folder = work / name if name == "xlm-r" else npm / name
            t = Tokenizer.from_file(str(folder / "tokenizer.json"))
            ours = theirs = 1e9
            for _ in range(rounds):
                start = time.perf_counter()
                n = sum(len(e.ids) for e in t.encode_batch_fast(texts, add_special_tokens=False))
                theirs = min(theirs, time.perf_counter() - start)
                seconds, count = subprocess.run([binary, "speed", folder, file, "2"], env=dict(os.environ, GOMAXPROCS="1"),
                                                capture_output=True, text=True, check=True).stdout.split()
                ours = min(ours, float(seconds))
            same = "" if n == int(count) else f"  (counts differ: {count}, {n})"
            print(f"{language} {name}: {size / ours / 1e6:.1f} MB/s, the library {size / theirs / 1e6:.1f}, {theirs / ours:.1f} times{same}", flush=True)


main()

"""Compares Suiren's ids with those of the tokenizers and sentencepiece libraries on random strings.

    check.py BINARY MODELS NPM MISTRAL WORK [COUNT [FAMILY...]]

BINARY is testdata/oracle/tokenizers, built; the folders are as run.sh makes them.
"""

import json
import pathlib
import subprocess
import sys

import families

sys.path.append(str(pathlib.Path(__file__).parents[2] / "testdata/oracle/tokenizers"))
from texts import strings  # noqa: E402

# Families whose steps use tables of the library that know Unicode 8 only.
OLD = {"command-r", "falcon", "bert-bge", "viking", "mpt", "qwen2", "qwen3", "gpt-4o", "bailingmoe", "seed-coder", "minicpm5", "bloom"}

def main():
    binary, models, npm, mistral, work = map(pathlib.Path, sys.argv[1:6])
    count = int(sys.argv[6]) if len(sys.argv) > 6 else 100_000
    only = set(sys.argv[7:])
    asked, failed = set(only), 0
    for seed, (name, path, make) in enumerate(families.families(models, npm, mistral, work)):
        if only and name not in only:
            continue
        asked.discard(name)
        names = [] if "model" in name else ["<|endoftext|>", "<s>", "</s>", "<think>", "<|im_end|>", "[CLS]", "<｜User｜>", "<table>"]
        encode = make()
        texts = list(strings(count, seed, names, name in OLD))
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
    if asked:
        sys.exit(f"there are no families {', '.join(sorted(asked))}")
    sys.exit(failed > 0)


main()

"""Does llama.cpp take a text apart as Suiren does, where Suiren has written the vocabulary as GGUF?

    export LLAMACPP=$(compat/llamacpp/setup.sh)
    go build -o TOKENIZERS ./testdata/oracle/tokenizers
    $(compat/venv.sh) compat/llamacpp/words.py TOKENIZERS [--count N] [FOLDER...]

Without folders those of testdata/oracle/tokenizers and testdata/oracle/tokenizer: of each kind that is read. The texts
are words, ideographs and white space of many scripts without marks that combine, which llama.cpp composes and decomposes
by other tables. Those that differ must be fewer than one in a hundred of each: of equal sums of scores a Unigram may take
another, and what llama.cpp has no key for (a space before some texts alone) is in docs/formats.md.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

HERE = pathlib.Path(__file__).parent
ORACLE = HERE.parents[1] / "testdata/oracle"
sys.path[:0] = [str(HERE), str(ORACLE / "tokenizers")]

import llama  # noqa: E402
from texts import WORDS  # noqa: E402

REFUSED = {"spm-bytes": "as bytes"}  # what GGUF has no form for, and why
SPACES = [" ", " ", "", "", "  ", "\n", "\t", "\u3000"]


def combines(word):
    return any(unicodedata.category(c) in ("Mn", "Mc", "Me", "Cf", "Cc") for c in word) or unicodedata.normalize("NFC", word) != word


def texts(count):
    rng = random.Random(1)
    words = [w for w in WORDS if w and not combines(w) and not w.startswith("▁") and not any("가" <= c <= "힣" for c in w)]
    for _ in range(count):
        parts = []
        for _ in range(rng.randrange(1, 12)):
            han = "".join(chr(rng.randrange(0x4E00, 0x9FA6)) for _ in range(3))
            parts += [rng.choice(words) if rng.randrange(3) else han, rng.choice(SPACES)]
        yield "".join(parts)


def newer(folder):
    """XLM-R's as newer converters write it: spaces alone are joined, and go at the end."""
    folder.mkdir()
    t = json.loads((ORACLE / "tokenizers/xlm-r/tokenizer.json").read_text())
    t["normalizer"] = {"type": "Sequence", "normalizers": [
        t["normalizer"]["normalizers"][0], {"type": "Strip", "strip_left": False, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}
    t["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    (folder / "tokenizer.json").write_text(json.dumps(t))
    return folder


def check(binary, folder, tmp, lines):
    file = tmp / f"{folder.name}.gguf"
    wrote = subprocess.run([binary, "gguf", folder, file], capture_output=True, text=True)
    if why := REFUSED.get(folder.name):
        ok = wrote.returncode and why in wrote.stderr
        print(f"{folder.name}: refused: {wrote.stderr.strip()}" if ok else f"FAIL {folder.name} is written, and {why} is not to be had")
        return ok
    if wrote.returncode:
        print(f"FAIL {folder.name}: {wrote.stderr.strip()}")
        return False
    said = subprocess.run([binary, "ids", folder], input="\n".join(map(json.dumps, lines)), capture_output=True, text=True, check=True)
    vocab = llama.Vocab(file)
    wrong = [(s, json.loads(ours), theirs) for s, ours in zip(lines, said.stdout.splitlines(), strict=True)
             if json.loads(ours) != (theirs := vocab.tokenize(s))]
    vocab.close()
    ok = len(wrong) * 100 < len(lines)
    print(f"{'    ' if ok else 'FAIL'} {folder.name}: {len(lines) - len(wrong)} of {len(lines)} texts equal", flush=True)
    for s, ours, theirs in wrong[:3]:
        print(f"  {s!r}\n   ours {ours}\n   llama.cpp {theirs}")
    return ok


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("tokenizers", type=pathlib.Path)
    p.add_argument("--count", type=int, default=1000)
    p.add_argument("folders", nargs="*", type=pathlib.Path)
    a = p.parse_args()
    folders = a.folders or [ORACLE / "tokenizer", *sorted(f for f in (ORACLE / "tokenizers").iterdir() if f.is_dir() and "__" not in f.name)]
    lines = list(texts(a.count))
    with tempfile.TemporaryDirectory() as tmp:
        if not a.folders:
            folders.append(newer(pathlib.Path(tmp) / "xlm-r-newer"))
        results = [check(a.tokenizers.absolute(), f, pathlib.Path(tmp), lines) for f in folders]
    print(f"{sum(map(bool, results))} of {len(results)} vocabularies")
    sys.exit(not all(results))


main()

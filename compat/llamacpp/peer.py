"""llama.cpp as the peer of `suiren bench infer`.

    export LLAMACPP=$(compat/llamacpp/setup.sh)
    suiren bench infer FILE.gguf --peer "$(compat/venv.sh) compat/llamacpp/peer.py FILE.gguf"

Reads the name of a test a line, answers each with a line of JSON, {"rate": tokens a second}, and stays loaded between:

    prefill    a prompt of 512 tokens at once
    decode     64 tokens one by one
    decode8    64 tokens for each of eight sequences, one by one, a batch at a time

Logits after the last token of each sequence alone. Two threads that stay and poll, keys and values in binary16, flash
attention and repacking as llama.cpp chooses: the defaults of llama-bench. Needs numpy.
"""

import json
import sys
import time

import llama

PROMPT, ANSWER, TOGETHER = 512, 64, 8


def run(m, test):
    n = TOGETHER if test == "decode8" else 1
    m.clear()
    start = time.perf_counter()
    if test == "prefill":
        m.decode([(7919 * (i + 1) % m.n_vocab, i, 0, i == PROMPT - 1) for i in range(PROMPT)])
        m.row(PROMPT - 1)
        return PROMPT / (time.perf_counter() - start)
    for at in range(ANSWER):
        m.decode([(7919 * (at * n + s + 1) % m.n_vocab, at, s, 1) for s in range(n)])
        m.row(n - 1)  # waits for it
    return n * ANSWER / (time.perf_counter() - start)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with llama.Llama(sys.argv[1], threads=2, n_ctx=PROMPT + ANSWER, sequences=TOGETHER, kv="F16", flash=None) as m:
        m.keep_threads(2)
        for line in sys.stdin:
            test = line.strip()
            if test not in ("prefill", "decode", "decode8"):
                print(json.dumps({"error": f"no test {test!r}"}), flush=True)
                continue
            print(json.dumps({"rate": run(m, test)}), flush=True)


main()

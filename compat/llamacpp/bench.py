"""How fast llama.cpp is on a GGUF file here, alone or in alternation with another program.

    export LLAMACPP=$(compat/llamacpp/setup.sh server)
    python3 compat/llamacpp/bench.py FILE.gguf
    python3 compat/llamacpp/bench.py FILE.gguf --rounds 3 --ours 'suiren bench infer FILE.gguf -o jsonl'
    python3 compat/llamacpp/bench.py --chats http://127.0.0.1:8080 --model NAME    # any server that speaks OpenAI's chat

A line of JSON per measurement:

    {"peer": "llama.cpp", "file": …, "what": "prefill", "tokens": 512, "per_second": …}
    {"peer": "llama.cpp", "file": …, "what": "decode", "tokens": 64, "per_second": …}
    {"peer": "llama.cpp", "file": …, "what": "chats", "chats": 8, "tokens": …, "per_second": …, "first_ms": [median, worst]}

The command of --ours prints such lines too (peer may be absent); after the rounds, which alternate, a line for each
"what" gives the best of both and their ratio. The first two come from llama-bench, the third from llama-server:
eight chats at once, each of about 128 tokens that no other shares, 64 tokens streamed at temperature 0; per_second is
the sum of their answers' tokens over the time from the first request to the last token. Two threads each.
Standard library only. On a machine that others use, llama.cpp's spinning threads suffer more than ours would: measure
on a quiet one.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shlex
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

CHATS, PROMPT, ANSWER = 8, 128, 64


def binary(name):
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    root = pathlib.Path(os.environ.get("LLAMACPP") or pathlib.Path(cache) / "suiren/llamacpp-3.22.1")
    if not (root / "bin" / name).exists():
        sys.exit(f"{root}/bin/{name} is not there: run compat/llamacpp/setup.sh server")
    return str(root / "bin" / name)


def engine(file, threads):
    """Prefill and decode, by llama-bench."""
    out = subprocess.run([binary("llama-bench"), "-m", file, "-t", str(threads), "-p", "512", "-n", str(ANSWER), "-r", "1", "-o", "jsonl"],
                         check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    for line in map(json.loads, out.splitlines()):
        what = "prefill" if line["n_prompt"] else "decode"
        yield {"what": what, "tokens": line["n_prompt"] or line["n_gen"], "per_second": round(max(line["samples_ts"]), 2)}


def prompt(seed):
    """About PROMPT tokens of speed.py's vocabulary, four letters and a space each."""
    r = random.Random(seed)
    return " ".join("".join(r.choices("abcdefghijklmnopqrstuvwxyz", k=3)) for _ in range(PROMPT // 2))


def chat(url, model, seed):
    """One streamed answer: when the first token came, when the last, and how many there were."""
    body = {"model": model, "messages": [{"role": "user", "content": prompt(seed)}], "max_tokens": ANSWER, "temperature": 0,
            "stream": True, "stream_options": {"include_usage": True}}
    request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    first = last = None
    usage = {}
    with urllib.request.urlopen(request, timeout=600) as response:
        for line in response:
            if not line.startswith(b"data: ") or line.strip() == b"data: [DONE]":
                continue
            event = json.loads(line[6:])
            usage = event.get("usage") or usage
            delta = event["choices"][0].get("delta", {}) if event.get("choices") else {}
            if delta.get("content") or delta.get("reasoning_content"):
                last = time.monotonic()
                first = first or last
    return first, last, usage


def chats(url, model, seed):
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CHATS) as pool:
        done = list(pool.map(lambda i: chat(url, model, seed * CHATS + i), range(CHATS)))
    if any(first is None for first, _, _ in done):
        sys.exit(f"{url}: an answer without a token")
    tokens = sum(u["completion_tokens"] for _, _, u in done)
    waits = sorted(round(1000 * (first - start)) for first, _, _ in done)
    return {"what": "chats", "chats": CHATS, "prompt": sum(u["prompt_tokens"] for _, _, u in done), "tokens": tokens,
            "per_second": round(tokens / (max(last for _, last, _ in done) - start), 2), "first_ms": [statistics.median(waits), waits[-1]]}


def served(file, threads, seed):
    """Chats, by llama-server."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([binary("llama-server"), "-m", file, "-t", str(threads), "-np", str(CHATS), "-c", str(CHATS * 512), "--host", "127.0.0.1",
                               "--port", str(port), "--offline"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(url + "/health", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None:
                    sys.exit(f"llama-server ended with {server.returncode}")
                time.sleep(0.2)
        yield chats(url, "any", seed)
    finally:
        server.terminate()
        server.wait()


def peer(file, threads, only, seed):
    if only != "chats":
        yield from (m for m in engine(file, threads) if only in ("all", m["what"]))
    if only in ("all", "chats"):
        yield from served(file, threads, seed)


def ours(command, file, only):
    out = subprocess.run(shlex.split(command.replace("FILE.gguf", shlex.quote(file))), check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in out.splitlines():
        if line.startswith("{"):
            m = json.loads(line)
            if "per_second" in m and only in ("all", m.get("what")):
                yield m


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file", nargs="?")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--only", choices=["all", "prefill", "decode", "chats"], default="all")
    p.add_argument("--ours", metavar="COMMAND")
    p.add_argument("--chats", metavar="URL")
    p.add_argument("--model", default="any")
    a = p.parse_args()
    if a.chats:
        for r in range(a.rounds):
            print(json.dumps(chats(a.chats.rstrip("/"), a.model, r)), flush=True)
        return
    if not a.file:
        p.error("a file, or --chats")
    best = {}
    for r in range(a.rounds):
        sides = [("llama.cpp", peer(a.file, a.threads, a.only, r))] + ([("ours", ours(a.ours, a.file, a.only))] if a.ours else [])
        for side, lines in sides if r % 2 == 0 else reversed(sides):
            for m in lines:
                print(json.dumps({"peer": side, "file": pathlib.Path(a.file).name, **m}, ensure_ascii=False), flush=True)
                b = best.setdefault(m["what"], {}).setdefault(side, m)
                if m["per_second"] > b["per_second"]:
                    best[m["what"]][side] = m
    for what, b in best.items() if a.ours else []:
        if len(b) == 2:
            line = {"what": what, "llama.cpp": b["llama.cpp"]["per_second"], "ours": b["ours"]["per_second"],
                    "ratio": round(b["ours"]["per_second"] / b["llama.cpp"]["per_second"], 3)}
            if what == "chats":
                line["first_ms"] = {side: m.get("first_ms") for side, m in b.items()}
            print(json.dumps(line), flush=True)


main()

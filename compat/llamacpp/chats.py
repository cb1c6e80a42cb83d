"""Eight chats at once: llama-server alone, or in alternation with another server.

    export LLAMACPP=$(compat/llamacpp/setup.sh server)
    python3 compat/llamacpp/chats.py FILE.gguf
    python3 compat/llamacpp/chats.py FILE.gguf --rounds 3 --ours 'suiren serve FILE.gguf --threads 2 --listen ADDRESS'
    python3 compat/llamacpp/chats.py --url http://127.0.0.1:8080    # a server that is there

FILE.gguf and ADDRESS in the command are replaced; it is started and stopped in each round, as llama-server is. Each
chat has about 128 tokens that no other shares (of the files that speed.py writes) and streams 64 at temperature 0 by
/v1/chat/completions. A line of JSON per run:

    {"server": "llama.cpp", "tokens": …, "prompt": …, "per_second": …, "first_ms": [median, worst]}

per_second is the sum of the answers' tokens over the time from the first request to the last token. After several
rounds a line has the medians of both servers and their ratios. Two threads, eight slots. Standard library only. How
fast one sequence is read and written is peer.py's to measure. On a machine that others use, llama.cpp's spinning
threads suffer more than others would: measure on a quiet one.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

CHATS, PROMPT, ANSWER = 8, 128, 64


def llama_server():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    path = pathlib.Path(os.environ.get("LLAMACPP") or pathlib.Path(cache) / "suiren/llamacpp-3.22.1") / "bin/llama-server"
    if not path.exists():
        sys.exit(f"{path} is not there: run compat/llamacpp/setup.sh server")
    return f"{path} -m FILE.gguf -t 2 -np {CHATS} -c {CHATS * 512} --host HOST --port PORT --offline --log-disable"


def prompt(seed):
    """Words of three letters, two tokens each in speed.py's vocabulary."""
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
    if first is None or "completion_tokens" not in usage:
        sys.exit(f"{url}: an answer without a token, or without its usage")
    return first, last, usage


def measure(url, seed):
    model = json.load(urllib.request.urlopen(url + "/v1/models", timeout=60))["data"][0]["id"]
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CHATS) as pool:
        done = list(pool.map(lambda i: chat(url, model, seed * CHATS + i), range(CHATS)))
    tokens = sum(u["completion_tokens"] for _, _, u in done)
    waits = sorted(round(1000 * (first - start)) for first, _, _ in done)
    return {"tokens": tokens, "prompt": sum(u["prompt_tokens"] for _, _, u in done),
            "per_second": round(tokens / (max(last for _, last, _ in done) - start), 2), "first_ms": [statistics.median(waits), waits[-1]]}


def served(command, file, seed):
    """Starts a server, measures it, stops it."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    put = {"FILE.gguf": file, "ADDRESS": f"127.0.0.1:{port}", "HOST": "127.0.0.1", "PORT": str(port)}
    server = subprocess.Popen([put.get(a, a) for a in shlex.split(command)], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(url + "/v1/models", timeout=5).close()
                break
            except OSError:  # no server yet, or one that is loading
                if server.poll() is not None:
                    sys.exit(f"{command}: ended with {server.returncode}")
                time.sleep(0.25)
        return measure(url, seed)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of finally: no server stays behind
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file", nargs="?")
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--ours", metavar="COMMAND")
    p.add_argument("--url")
    a = p.parse_args()
    if a.url:
        try:
            print(json.dumps(measure(a.url.rstrip("/"), 0)))
        except urllib.error.URLError as e:
            sys.exit(f"{a.url}: {e.reason}")
        return
    if not a.file:
        p.error("a file, or --url")
    servers = {"llama.cpp": llama_server()} | ({"ours": a.ours} if a.ours else {})
    runs = {s: [] for s in servers}
    for r in range(a.rounds):
        for s in servers if r % 2 == 0 else reversed(servers):
            runs[s].append(served(servers[s], a.file, r))
            print(json.dumps({"server": s, "file": pathlib.Path(a.file).name, **runs[s][-1]}), flush=True)
    if a.ours:
        def ratio(of):
            return round(statistics.median(of(o) / of(t) for o, t in zip(runs["ours"], runs["llama.cpp"])), 3)

        print(json.dumps({"per_second_ratio": ratio(lambda m: m["per_second"]), "first_ms_ratio": ratio(lambda m: m["first_ms"][0])}))


main()

"""Compare the engine with PyTorch and OpenBLAS on this machine.

Usage: python peers.py SUIREN [ROUNDS]

Every round measures the peer and `suiren bench` one after the other, so that
a noisy neighbour meets both; the ratios are of the medians of all rounds.
Shapes are those of cmd/suiren/bench.go. Prints JSON.
"""

import ctypes
import ctypes.util
import json
import os
import statistics
import subprocess
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

THREADS = 2
SECONDS = 1.0
torch.set_num_threads(THREADS)


def openblas():
    lib = ctypes.CDLL(ctypes.util.find_library("openblas") or "libopenblas.so.0")
    f32p = ctypes.POINTER(ctypes.c_float)
    lib.cblas_sgemm.argtypes = [ctypes.c_int] * 6 + [ctypes.c_float, f32p, ctypes.c_int, f32p, ctypes.c_int, ctypes.c_float, f32p, ctypes.c_int]
    lib.openblas_set_num_threads(1)
    return lib


def best(work, seconds=SECONDS, windows=8):
    """Calls a second, of the best of some windows: as suiren bench."""
    work()
    rate = 0.0
    for _ in range(windows):
        n, start = 0, time.perf_counter()
        while n == 0 or time.perf_counter() - start < seconds / windows:
            work()
            n += 1
        rate = max(rate, n / (time.perf_counter() - start))
    return rate


def gemm(lib, n):
    a, b, c = (numpy.random.rand(n, n).astype(numpy.float32) for _ in range(3))
    p = [x.ctypes.data_as(ctypes.POINTER(ctypes.c_float)) for x in (a, b, c)]
    return best(lambda: lib.cblas_sgemm(101, 111, 111, n, n, n, 1.0, p[0], n, p[1], n, 0.0, p[2], n))


class Block(torch.nn.Module):
    def __init__(self, width, heads, kv, head, hidden):
        super().__init__()
        linear = lambda i, o: torch.nn.Linear(i, o, bias=False)  # noqa: E731
        self.heads, self.kv, self.head = heads, kv, head
        self.n1, self.n2 = torch.nn.RMSNorm(width, 1e-6), torch.nn.RMSNorm(width, 1e-6)
        self.qn, self.kn = torch.nn.RMSNorm(head, 1e-6), torch.nn.RMSNorm(head, 1e-6)
        self.qkv = linear(width, (heads + 2 * kv) * head)
        self.o = linear(heads * head, width)
        self.gate_up, self.down = linear(width, 2 * hidden), linear(hidden, width)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.n1(x)).split([self.heads * self.head, self.kv * self.head, self.kv * self.head], -1)
        q = self.qn(q.view(b, t, self.heads, self.head)).transpose(1, 2)
        k = self.kn(k.view(b, t, self.kv, self.head)).transpose(1, 2)
        v = v.view(b, t, self.kv, self.head).transpose(1, 2)

        def rope(z):
            z1, z2 = z.chunk(2, -1)
            return z * cos + torch.cat((-z2, z1), -1) * sin

        y = F.scaled_dot_product_attention(rope(q), rope(k), v, is_causal=True, enable_gqa=True)
        x = x + self.o(y.transpose(1, 2).reshape(b, t, -1))
        g, u = self.gate_up(self.n2(x)).chunk(2, -1)
        return x + self.down(F.silu(g) * u)


class Model(torch.nn.Module):
    def __init__(self, vocab, width, layers, heads, kv, head, hidden, context=256):
        super().__init__()
        self.embed = torch.nn.Embedding(vocab, width)
        self.blocks = torch.nn.ModuleList(Block(width, heads, kv, head, hidden) for _ in range(layers))
        self.norm = torch.nn.RMSNorm(width, 1e-6)
        angle = torch.outer(torch.arange(context).float(), 10000 ** (-torch.arange(0, head, 2).float() / head)).repeat(1, 2)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, ids):
        x = self.embed(ids)
        t = ids.shape[1]
        for block in self.blocks:
            x = block(x, self.cos[:t], self.sin[:t])
        return F.linear(self.norm(x), self.embed.weight)


SHAPES = {
    "train-tutor": (512, 128, 4, 4, 2, 32, 384),
    "train-C384-L6": (512, 384, 6, 12, 6, 32, 1152),
}


def training(name, rows=16, length=256):
    torch.manual_seed(1)
    model = Model(*SHAPES[name])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=True)
    ids = torch.randint(0, SHAPES[name][0], (rows, length))

    def step():
        loss = F.cross_entropy(model(ids)[:, :-1].reshape(-1, SHAPES[name][0]), ids[:, 1:].reshape(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return rows * length * best(step)


def suiren(binary, what):
    out = subprocess.run([binary, "bench", what, "-o", "jsonl", "--threads", str(THREADS)], check=True, capture_output=True, text=True).stdout
    return {r["name"]: r for r in map(json.loads, out.splitlines()) if r["type"] == "bench"}


def main():
    binary, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    lib = openblas()
    ours, peers = {}, {}
    for _ in range(rounds):
        for what, names in (("gemm", ["gemm-256", "gemm-512", "gemm-1024"]), ("train", list(SHAPES))):
            for name in names:
                peers.setdefault(name, []).append(gemm(lib, int(name[5:])) if what == "gemm" else training(name))
            for name, r in suiren(binary, what).items():
                ours.setdefault(name, []).append((r["rate"], r["share_of_peak"]))
    report = {"torch": torch.__version__, "rounds": rounds}
    for name, list_ in peers.items():
        peer, rate = statistics.median(list_), statistics.median(r for r, _ in ours[name])
        report[name] = {"ratio": round(rate / peer, 3), "suiren": rate, "peer": peer,
                        "share_of_peak": round(statistics.median(s for _, s in ours[name]), 3)}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

"""Compare the engine with PyTorch and OpenBLAS on this machine.

    compat/peers/run.sh [ROUNDS [NAME]]

A round measures the peer and `suiren bench` one after the other for each
shape, so that a noisy neighbour meets both; the ratio is the median of the
rounds' ratios.
Shapes are those of cmd/suiren/bench.go. Each peer gets its best: PyTorch of
eager and compiled, its memory kept between steps (run.sh), OpenBLAS of the
kernels it picks, is told to, and Haswell's. Prints JSON.
"""

import ctypes
import json
import os
import statistics
import subprocess
import sys
import time

THREADS = 2
SECONDS = 4.0  # as suiren bench
WINDOW = 2e-3


def best(work, seconds=SECONDS):
    """Calls a second, of the best window: as suiren bench."""
    work()
    rate, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        n, start = 0, time.perf_counter()
        while n == 0 or time.perf_counter() - start < WINDOW:
            work()
            n += 1
        rate = max(rate, n / (time.perf_counter() - start))
    return rate


def gemm(n):
    """The child's part of openblas: prints the kernel and the rate of n×n×n products on one thread."""
    import numpy

    lib = ctypes.CDLL("libopenblas.so.0")
    f32p = ctypes.POINTER(ctypes.c_float)
    lib.cblas_sgemm.argtypes = [ctypes.c_int] * 6 + [ctypes.c_float, f32p, ctypes.c_int, f32p, ctypes.c_int, ctypes.c_float, f32p, ctypes.c_int]
    lib.openblas_get_corename.restype = ctypes.c_char_p
    lib.openblas_set_num_threads(1)
    r = numpy.random.default_rng(n)
    a, b = (r.random((n, n), numpy.float32) for _ in range(2))
    c = numpy.zeros((n, n), numpy.float32)
    p = [x.ctypes.data_as(f32p) for x in (a, b, c)]
    rate = best(lambda: lib.cblas_sgemm(101, 111, 111, n, n, n, 1.0, p[0], n, p[1], n, 0.0, p[2], n))
    rows = slice(0, n, 37)  # a kernel that computes something else is none
    numpy.testing.assert_allclose(c[rows], a[rows].astype(float) @ b.astype(float), rtol=1e-4)
    print(json.dumps({"kernel": lib.openblas_get_corename().decode(), "rate": rate}))


def openblas(n, core):
    """The rate with the kernels of core: None is OpenBLAS's own choice, "" what the environment says."""
    env = dict(os.environ)
    if core != "":
        env.pop("OPENBLAS_CORETYPE", None)
        env.pop("OPENBLAS_L2_SIZE", None)
    if core:
        env["OPENBLAS_CORETYPE"] = core
    out = subprocess.run([sys.executable, __file__, "gemm", str(n)], env=env, capture_output=True, text=True)
    if out.returncode:  # older versions fail on some processors
        return {"kernel": core, "rate": 0.0}
    return json.loads(out.stdout)


def best_core():
    return max((None, "", "Haswell"), key=lambda core: openblas(512, core)["rate"])


def fastest_step(name):
    """PyTorch's training step, eager or compiled, whichever is faster here, its tokens and its way."""
    import pytorch

    found = None
    for way in ("eager", "compiled"):
        try:
            work, tokens = pytorch.step(name, way == "compiled")
        except Exception as e:  # without a C++ compiler
            print(f"{name} {way}: {e}", file=sys.stderr)
            continue
        rate = best(work)
        if found is None or rate > found[0]:
            found = rate, work, tokens, way
    return found[1:]


def suiren(binary, name):
    out = subprocess.run([binary, "bench", name, "-o", "jsonl", "--threads", str(THREADS)], check=True, stdout=subprocess.PIPE, text=True).stdout
    (r,) = (r for r in map(json.loads, out.splitlines()) if r["type"] == "bench")
    return r


def main():
    import torch
    from pytorch import SHAPES

    binary, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    prefix = sys.argv[3] if len(sys.argv) > 3 else ""
    torch.set_num_threads(THREADS)
    core = best_core()
    names = [name for name in ["gemm-256", "gemm-512", "gemm-1024", *SHAPES] if name.startswith(prefix)]
    steps = {name: fastest_step(name) for name in SHAPES if name in names}
    measured = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            if name in steps:
                work, tokens, _ = steps[name]
                peer = tokens * best(work)
            else:
                r = openblas(int(name.removeprefix("gemm-")), core)
                peer = r["rate"]
            r = suiren(binary, name)
            measured[name].append({"ratio": r["rate"] / peer, "suiren": r["rate"], "peer": peer, "share_of_peak": r["share_of_peak"]})
    report = {"torch": torch.__version__, "steps": {name: s[2] for name, s in steps.items()}, "openblas": core or "its own choice", "rounds": rounds}
    for name, rows in measured.items():
        report[name] = {key: round(statistics.median(row[key] for row in rows), 3) for key in rows[0]}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    gemm(int(sys.argv[2])) if sys.argv[1] == "gemm" else main()

"""Asks statsmodels what stage/guard's intervals have to be.

    python3 -m venv VENV && VENV/bin/pip install statsmodels==0.15.0
    VENV/bin/python make.py        # writes intervals.json beside this file

Wilson's interval is statsmodels' own. For two proportions of the same
problems statsmodels 0.15.0 has none, so paired() states Newcombe's method 10
(Statistics in Medicine 17:2635-2650, 1998) over statsmodels' Wilson limits,
in the paper's terms; PUBLISHED holds what the R package contingencytables
(chapter 8, Newcombe_square_and_add_CI_paired_2x2) prints for the data of
Cavo et al. 2012, to four decimals. The same version writes the same bytes.
"""

import importlib.metadata
import json
import math
import pathlib
import random

from statsmodels.stats.proportion import proportion_confint

VERSION = "0.15.0"
HERE = pathlib.Path(__file__).parent
PUBLISHED = [[59, 6, 16, 80, -0.0621, -0.1186, -0.0046]]


def wilson(k, n):
    low, high = proportion_confint(k, n, alpha=0.05, method="wilson")
    return float(low), float(high)


def paired(e, f, g, h):
    """Both right, only the first, only the second, neither."""
    n = e + f + g + h
    p1, p2 = (e + f) / n, (e + g) / n
    l1, u1 = wilson(e + f, n)
    l2, u2 = wilson(e + g, n)
    square = (e + f) * (g + h) * (e + g) * (f + h)
    if square == 0:
        phi = 0.0
    else:
        cross = e * h - f * g
        if cross > n / 2:
            cross -= n / 2
        elif cross >= 0:
            cross = 0
        phi = cross / math.sqrt(square)
    delta = math.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
    epsilon = math.sqrt((p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2)
    theta = p1 - p2
    return theta, theta - delta, theta + epsilon


def main():
    have = importlib.metadata.version("statsmodels")
    if have != VERSION:
        raise SystemExit(f"statsmodels is {have}, and these numbers are those of {VERSION}")
    draw = random.Random(20261124)
    ones = {(0, 1), (1, 1), (0, 1000), (1000, 1000), (1, 2), (931, 1000), (285, 300), (293, 300)}
    while len(ones) < 60:
        n = draw.randint(1, 3000)
        ones.add((draw.randint(0, n), n))
    twos = {tuple(p[:4]) for p in PUBLISHED} | {(1, 1, 7, 12), (10, 0, 0, 0), (0, 0, 0, 10), (0, 10, 0, 0), (0, 0, 10, 0), (5, 0, 0, 5), (0, 5, 5, 0), (1, 0, 0, 0)}
    while len(twos) < 80:
        top = draw.choice([3, 30, 300, 3000])
        t = tuple(draw.randint(0, top) for _ in range(4))
        if sum(t):
            twos.add(t)
    out = {
        "statsmodels": VERSION,
        "wilson": [[k, n, *wilson(k, n)] for k, n in sorted(ones)],
        "paired": [[*t, *paired(*t)] for t in sorted(twos)],
        "published": PUBLISHED,
    }
    lines = [f' "{name}": ' + ("[\n  " + ",\n  ".join(json.dumps(r) for r in v) + "\n ]" if isinstance(v, list) else json.dumps(v)) for name, v in out.items()]
    (HERE / "intervals.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()

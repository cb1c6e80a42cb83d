"""Reads curves as TensorBoard does and compares them with the tables beside them.

    pip install tensorboard==2.21.0
    python compat/tensorboard/check.py PLAN/.suiren/curves
"""

import csv
import math
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

found = 0
for table in pathlib.Path(sys.argv[1]).rglob("curve.csv"):
    board = EventAccumulator(str(table.parent), size_guidance={"scalars": 0})
    board.Reload()
    rows = list(csv.DictReader(table.open()))
    for name in [n for n in rows[0] if n not in ("step", "time")]:
        want = {int(r["step"]): float(r[name]) for r in rows if r[name]}
        got = {e.step: e.value for e in board.Scalars(name)}
        assert got.keys() == want.keys(), (table, name, got.keys() ^ want.keys())
        assert all(math.isclose(got[s], want[s], rel_tol=1e-6, abs_tol=1e-30) for s in want), (table, name)
        found += len(want)
assert found, "no curves"
print(f"{found} values agree")

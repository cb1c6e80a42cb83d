"""Compares two files of logits.

    compare.py GOT WANT [VOCABULARY]    .npy (T, V), or raw little-endian float32 rows, whose V is the other's or given

Prints the mean squared error over the mean square of what is wanted (NMSE), and how many rows have another likeliest
token although the wanted one leads by more than the error that NMSE 1e-4 allows. Exits with 1 beyond NMSE 1e-4
or with such a row. NumPy only.
"""

import pathlib
import sys

import numpy as np

LIMIT = 1e-4


def read(path, width=None):
    if pathlib.Path(path).suffix == ".npy":
        return np.load(path)
    x = np.fromfile(path, "<f4")
    if not width or x.size % width:
        sys.exit(f"{path}: {x.size} numbers are no rows of {width}")
    return x.reshape(-1, width)


def nmse(got, want):
    got, want = np.float64(got), np.float64(want)
    return float(((got - want) ** 2).mean() / (want**2).mean())


def turned(got, want):
    """Rows whose argmax differs, and those of them where no error within LIMIT explains it."""
    other = got.argmax(-1) != want.argmax(-1)
    two = np.partition(want, -2)[:, -2:]
    lead = np.abs(two[:, 1] - two[:, 0]) / want.std(-1)
    return int(other.sum()), int((other & (lead > 4 * LIMIT**0.5)).sum())


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    width = int(sys.argv[3]) if len(sys.argv) == 4 else None
    paths = sys.argv[1:3]
    for p in paths:
        if p.endswith(".npy"):
            width = np.load(p).shape[-1]
    got, want = (read(p, width) for p in paths)
    if got.shape != want.shape:
        sys.exit(f"{got.shape} against {want.shape}")
    far, (other, wrong) = nmse(got, want), turned(got, want)
    print(f"NMSE {far:.2g}, {other} of {len(want)} rows with another likeliest token, {wrong} of them by more than rounding")
    sys.exit(not far <= LIMIT or wrong > 0)


if __name__ == "__main__":
    main()

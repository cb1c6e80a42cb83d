#!/usr/bin/env bash
# Makes compat/.venv with the versions of requirements.txt, unless it has them, and prints the path of its Python.
# PyPI's torch brings libraries for accelerators along: 5.5 GB, some minutes.
set -euo pipefail
cd "$(dirname "$0")"
if ! cmp -s requirements.txt .venv/requirements.txt; then
	rm -rf .venv
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt >&2
	cp requirements.txt .venv/ # last: a half-made one is made again
fi
echo "$PWD/.venv/bin/python"

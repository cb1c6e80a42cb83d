#!/usr/bin/env bash
# The engine against PyTorch and OpenBLAS on this machine, in alternation: compat/peers/run.sh [ROUNDS [NAME]]
# On a machine that does other work at the same time the numbers mean little.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(compat/venv.sh)
if ! ldconfig -p | grep -q 'libopenblas\.so\.0'; then
	apt-get update -qq >&2
	apt-get install -y -qq libopenblas0-pthread >&2
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
CGO_ENABLED=0 go build -o "$tmp/suiren" ./cmd/suiren
# glibc gives large blocks back at once, and PyTorch would fault them in anew each step.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184
"$python" compat/peers/peers.py "$tmp/suiren" "$@"

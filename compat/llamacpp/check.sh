#!/usr/bin/env bash
# Does engine/model give the logits of transformers and llama.cpp, for random weights of every architecture and type?
#
#   compat/llamacpp/check.sh [--seed N] [NAME...]    the names of testdata/oracle/arch; all of them without
set -euo pipefail
cd "$(dirname "$0")/../.."
LLAMACPP=$(compat/llamacpp/setup.sh)
export LLAMACPP
python=$(compat/venv.sh)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go vet ./testdata/oracle/arch
go build -o "$tmp/arch" ./testdata/oracle/arch
"$python" compat/llamacpp/live.py --ours "$tmp/arch {model} {ids} {out} {step}" "$@"

#!/usr/bin/env bash
# Does engine/model read settings of config.json as transformers does, or say that it does not?
set -euo pipefail
cd "$(dirname "$0")/../.."
LLAMACPP=$(compat/llamacpp/setup.sh) # make.py wants it, though nothing here asks it
export LLAMACPP
python=$(compat/venv.sh)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/arch" ./testdata/oracle/arch
"$python" compat/transformers/variants.py --ours "$tmp/arch {model} {ids} {out} {step}"

#!/usr/bin/env bash
# A server of models under the load of 64 clients, good and bad ones: see main.go.
#
#   compat/load/run.sh MODEL [MINUTES] [FLAGS]    # MODEL: a GGUF file or a folder; 2 minutes
#
# With no model at hand, one of random weights, 37 MB:
#   LLAMACPP=$(compat/llamacpp/setup.sh) PYTHON compat/llamacpp/speed.py FOLDER qwen3-35m-Q8_0
# Vectors are asked of the encoder in testdata/oracle. Linux, and on a machine that does nothing else: /healthz's times
# are of all that runs there. SUIREN is the program, if it is not to be built.
set -euo pipefail
test $# -gt 0 || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
model=$(realpath "$1") minutes=${2:-2}
shift $(($# > 1 ? 2 : 1))
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
test -n "${SUIREN:-}" || CGO_ENABLED=0 go build -o "${SUIREN:=$tmp/suiren}" ./cmd/suiren
(cd compat/load && CGO_ENABLED=0 go build -o "$tmp/load" .)
"$tmp/load" -suiren "$SUIREN" -embed testdata/oracle/arch/bert-mean -minutes "$minutes" "$@" "$model"

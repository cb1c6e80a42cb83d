#!/usr/bin/env bash
# Two servers on one store under 64 clients that break off as they like, one of them killed every
# 20 seconds; then the books are added up: see main.go.
#
#   compat/ledger/run.sh [REQUESTS] [FLAGS]    # 5000
#
# The model is the one of testdata/oracle, of a few thousand weights; MODEL is another. SUIREN is the
# program, if it is not to be built. Linux.
set -euo pipefail
requests=${1:-5000}
shift $(($# > 0 ? 1 : 0))
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
test -n "${SUIREN:-}" || CGO_ENABLED=0 go build -o "${SUIREN:=$tmp/suiren}" ./cmd/suiren
(cd compat/ledger && CGO_ENABLED=0 go build -o "$tmp/ledger" .)
"$tmp/ledger" -suiren "$SUIREN" -requests "$requests" "$@" "${MODEL:-testdata/oracle/qwen3/folder}"

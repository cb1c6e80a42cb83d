#!/usr/bin/env bash
# What masks lead to, judged by another validator, santhosh-tekuri/jsonschema: random tokens of a byte-level BPE along
# the masks of MaskBench's schemas, with little room. Fails if an instance is not valid, or where walks do not end.
#
#   compat/schema/run.sh DATA [-every N] [-walks N]
#
#   DATA    a folder with jsonschema/maskbench_a.jsonl and wikitext2, cmrc2018 or other texts
#   -every  take every Nth schema (default 5)
#   -walks  walks of each (default 3)
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
data=$(realpath "$1")
shift
go -C compat/schema vet ./...
go -C compat/schema test -count=1 -timeout 60m -v . -args -data "$data" "$@"

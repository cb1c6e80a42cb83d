#!/usr/bin/env bash
# Does the transformers library read what Suiren writes, with the same ids and logits, and Suiren what it writes?
#
#   compat/transformers/check.sh [FOLDER...]
#
# Without folders: two of random weights, made here, the oracle's odd shape and a plan's depth 4.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(compat/venv.sh)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go vet ./testdata/oracle/qwen3
go build -o "$tmp/qwen3" ./testdata/oracle/qwen3
if [ $# = 0 ]; then
	"$tmp/qwen3" folder -seed 3 "$tmp/odd"
	"$tmp/qwen3" folder -seed 4 -depth 4 "$tmp/depth-4"
	set -- "$tmp/odd" "$tmp/depth-4"
fi
passed=0 failed=0
for dir; do
	rm -rf "$tmp/ours" "$tmp/theirs" "$tmp/back"
	if "$tmp/qwen3" answer "$dir" "$tmp/ours" &&
		"$python" compat/transformers/check.py "$dir" "$tmp/ours" "$tmp/theirs" &&
		"$tmp/qwen3" answer "$tmp/theirs" "$tmp/back" && diff -r "$tmp/ours" "$tmp/back"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $dir" >&2
	fi
done
echo "transformers: $passed passed, $failed failed"
[ $failed = 0 ]

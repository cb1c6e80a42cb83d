#!/usr/bin/env bash
# Does PEFT read the adapters that Suiren trains, does Suiren merge PEFT's, and does it refuse them over another base?
#
#   compat/transformers/adapters.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(compat/venv.sh)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/suiren" ./cmd/suiren

artifact() { # of a block of the plan in a folder
	"$tmp/suiren" show "$2" --plan "$1" -o jsonl | "$python" -c 'import json,sys; print(json.loads(sys.stdin.readline())["dir"])'
}

compared() { # the base, an adapter, what it was merged into
	"$python" -W ignore::FutureWarning compat/transformers/adapters.py check "$@"
}

both() { # ways, over the base in a folder
	for i in 1 2 3 4 5 6 7 8; do
		printf '{"prompt": "%d+%d?", "completion": "%d"}\n' "$i" "$i" $((2 * i))
	done >"$1/sums.jsonl"
	cat >"$1/suiren.hcl" <<'PLAN'
examples "sums" {
  path    = "sums.jsonl"
  heldout = 0
}
weights "ours" {
  train    = "lora"
  base     = "base"
  examples = examples.sums
  epochs   = 20
  rate     = 5
}
weights "ours-merged" {
  train   = "merge"
  base    = "base"
  adapter = weights.ours
}
PLAN
	"$tmp/suiren" apply "$1"
	compared "$1/base" "$(artifact "$1" weights.ours)" "$(artifact "$1" weights.ours-merged)"

	"$python" -W ignore::FutureWarning compat/transformers/adapters.py make "$1/base" "$1/theirs"
	cat >>"$1/suiren.hcl" <<'PLAN'
weights "theirs-merged" {
  train   = "merge"
  base    = "base"
  adapter = "theirs"
}
PLAN
	"$tmp/suiren" apply "$1"
	compared "$1/base" "$1/theirs" "$(artifact "$1" weights.theirs-merged)"
}

mkdir "$tmp/own" "$tmp/gpt2"
go run ./testdata/oracle/qwen3 folder -seed 4 -depth 2 "$tmp/own/base"
go run ./testdata/oracle/qwen3 folder -seed 5 -depth 2 "$tmp/own/other"
cp -r testdata/oracle/arch/gpt2 "$tmp/gpt2/base"
both "$tmp/own"
both "$tmp/gpt2"

cat >>"$tmp/own/suiren.hcl" <<'PLAN'
weights "wrong" {
  train   = "merge"
  base    = "other"
  adapter = weights.ours
}
PLAN
if said=$("$tmp/suiren" apply "$tmp/own" 2>&1 >/dev/null); then
	echo "merged into another base" >&2
	exit 1
fi
echo "$said"
[[ $said == *"another model"* ]]
echo "adapters: both ways, and refused over another base"

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
go run ./testdata/oracle/qwen3 folder -seed 4 -depth 2 "$tmp/base"
go run ./testdata/oracle/qwen3 folder -seed 5 -depth 2 "$tmp/other"
for i in 1 2 3 4 5 6 7 8; do
	printf '{"prompt": "%d+%d?", "completion": "%d"}\n' "$i" "$i" $((2 * i))
done >"$tmp/sums.jsonl"
cat >"$tmp/suiren.hcl" <<'PLAN'
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
artifact() { # of a block
	"$tmp/suiren" show "$1" --plan "$tmp" -o jsonl | "$python" -c 'import json,sys; print(json.loads(sys.stdin.readline())["dir"])'
}
"$tmp/suiren" apply "$tmp"
"$python" -W ignore::FutureWarning compat/transformers/adapters.py check "$tmp/base" "$(artifact weights.ours)" "$(artifact weights.ours-merged)"

"$python" -W ignore::FutureWarning compat/transformers/adapters.py make "$tmp/base" "$tmp/theirs"
cat >>"$tmp/suiren.hcl" <<'PLAN'
weights "theirs-merged" {
  train   = "merge"
  base    = "base"
  adapter = "theirs"
}
PLAN
"$tmp/suiren" apply "$tmp"
"$python" -W ignore::FutureWarning compat/transformers/adapters.py check "$tmp/base" "$tmp/theirs" "$(artifact weights.theirs-merged)"

cat >>"$tmp/suiren.hcl" <<'PLAN'
weights "wrong" {
  train   = "merge"
  base    = "other"
  adapter = weights.ours
}
PLAN
if said=$("$tmp/suiren" apply "$tmp" 2>&1 >/dev/null); then
	echo "merged into another base" >&2
	exit 1
fi
echo "$said"
[[ $said == *"another model"* ]]
echo "adapters: both ways, and refused over another base"

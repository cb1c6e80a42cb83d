#!/usr/bin/env bash
# Does PEFT read the adapters that Suiren trains, does Suiren merge PEFT's, and does it refuse them over another base?
#
#   compat/transformers/adapters.sh
#
# Over a model of our own form, and over a mixture of experts: ours are of its experts, too, PEFT's, which has other names for those, of its attention.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(compat/venv.sh)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/suiren" ./cmd/suiren
artifact() { # FOLDER BLOCK
	"$tmp/suiren" show "$2" --plan "$1" -o jsonl | "$python" -c 'import json,sys; print(json.loads(sys.stdin.readline())["dir"])'
}
peft() {
	"$python" -W ignore::FutureWarning compat/transformers/adapters.py "$@"
}
both() { # FOLDER with base and other; the targets of PEFT's adapter; those of ours, if not all
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
  targets  = [TARGETS]
}
weights "ours-merged" {
  train   = "merge"
  base    = "base"
  adapter = weights.ours
}
PLAN
	if [ $# = 3 ]; then sed -i "s/\[TARGETS\]/[$3]/" "$1/suiren.hcl"; else sed -i '/TARGETS/d' "$1/suiren.hcl"; fi
	"$tmp/suiren" apply "$1"
	peft check "$1/base" "$(artifact "$1" weights.ours)" "$(artifact "$1" weights.ours-merged)"

	peft make "$1/base" "$1/theirs" "$2"
	cat >>"$1/suiren.hcl" <<'PLAN'
weights "theirs-merged" {
  train   = "merge"
  base    = "base"
  adapter = "theirs"
}
PLAN
	"$tmp/suiren" apply "$1"
	peft check "$1/base" "$1/theirs" "$(artifact "$1" weights.theirs-merged)"

	cat >>"$1/suiren.hcl" <<'PLAN'
weights "wrong" {
  train   = "merge"
  base    = "other"
  adapter = weights.ours
}
PLAN
	if said=$("$tmp/suiren" apply "$1" 2>&1 >/dev/null); then
		echo "merged into another base" >&2
		exit 1
	fi
	echo "$said"
	[[ $said == *"another model"* ]]
}
mkdir "$tmp/own" "$tmp/mixture"
go run ./testdata/oracle/qwen3 folder -seed 4 -depth 2 "$tmp/own/base"
go run ./testdata/oracle/qwen3 folder -seed 5 -depth 2 "$tmp/own/other"
both "$tmp/own" q_proj,down_proj
cp -r testdata/oracle/arch/qwen3_moe "$tmp/mixture/base"
rm "$tmp/mixture/base/"*.gz
cp -r "$tmp/mixture/base" "$tmp/mixture/other"
"$python" - "$tmp/mixture/other/model.safetensors" <<'PYTHON'
import sys
from safetensors.torch import load_file, save_file

save_file({n: -t for n, t in load_file(sys.argv[1]).items()}, sys.argv[1])
PYTHON
both "$tmp/mixture" q_proj,o_proj '"q_proj", "gate_proj", "up_proj", "down_proj"'
echo "adapters: both ways, and refused over another base"

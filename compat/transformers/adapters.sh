#!/usr/bin/env bash
# Does PEFT read the adapters that Suiren trains, does Suiren merge PEFT's and train them further, and does it refuse them over another base?
#
#   compat/transformers/adapters.sh
#
# Over a model of our own, and over random ones: Gemma, whose blocks have more norms and whose logits are capped; GPT-2, whose matrices lie the other way;
# a mixture of experts, of which ours are of experts, too, and PEFT's of its attention; Qwen3.5, whose heads stand in another order here,
# and a mixture of it, of which both are of the expert that every token asks.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(compat/venv.sh)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/suiren" ./cmd/suiren
check() { # PLAN ADAPTER MERGED
	"$python" -W ignore::FutureWarning compat/transformers/adapters.py check "$1/base" "$2" "$3"
}
artifact() { # PLAN BLOCK
	"$tmp/suiren" show "$2" --plan "$1" -o jsonl | "$python" -c 'import json,sys; print(json.loads(sys.stdin.readline())["dir"])'
}
both() { # PLAN: a folder with a base; TARGETS of ours, if not the usual
	for i in 1 2 3 4 5 6 7 8; do
		printf '{"prompt": "%d+%d?", "completion": "%d"}\n' "$i" "$i" $((2 * i))
	done >"$1/sums.jsonl"
	cat >"$1/suiren.hcl" <<-'PLAN'
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
	if [ $# = 2 ]; then
		sed -i "s/^weights \"ours\" {/&\n  targets = [$2]/" "$1/suiren.hcl"
	fi
	"$tmp/suiren" apply "$1"
	check "$1" "$(artifact "$1" weights.ours)" "$(artifact "$1" weights.ours-merged)"

	"$python" -W ignore::FutureWarning compat/transformers/adapters.py make "$1/base" "$1/theirs"
	cat >>"$1/suiren.hcl" <<-'PLAN'
		weights "theirs-merged" {
		  train   = "merge"
		  base    = "base"
		  adapter = "theirs"
		}
		weights "further" {
		  train    = "lora"
		  base     = "base"
		  adapter  = "theirs"
		  examples = examples.sums
		  epochs   = 20
		  rate     = 5
		}
		weights "further-merged" {
		  train   = "merge"
		  base    = "base"
		  adapter = weights.further
		}
	PLAN
	"$tmp/suiren" apply "$1"
	check "$1" "$1/theirs" "$(artifact "$1" weights.theirs-merged)"
	check "$1" "$(artifact "$1" weights.further)" "$(artifact "$1" weights.further-merged)"
	cmp "$1/theirs/adapter_config.json" "$(artifact "$1" weights.further)/adapter_config.json"
}

mkdir "$tmp/own"
go run ./testdata/oracle/qwen3 folder -seed 4 -depth 2 "$tmp/own/base"
both "$tmp/own"
for family in gemma2 gemma3 gpt2 phi3 glm4 hunyuan granite qwen3_5 qwen3_5_moe; do
	mkdir "$tmp/$family"
	cp -r "testdata/oracle/arch/$family" "$tmp/$family/base"
	both "$tmp/$family"
done
mkdir "$tmp/qwen3_moe"
cp -r testdata/oracle/arch/qwen3_moe "$tmp/qwen3_moe/base"
both "$tmp/qwen3_moe" '"q_proj", "gate_proj", "up_proj", "down_proj"'

go run ./testdata/oracle/qwen3 folder -seed 5 -depth 2 "$tmp/own/other"
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

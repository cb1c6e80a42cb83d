#!/bin/sh
# Makes the reference curves again: sh stage/curve/reference/make.sh
# Of each curve the part before the rate falls is kept, its operations and its loss.
set -eu
cd "$(dirname "$0")"
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
go run ../../../cmd/suiren apply -C "$state" .
for dir in "$state"/curves/weights.*; do
	name=${dir##*/weights.}
	mkdir -p "$name"
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "step,time,flops,loss"; next }
		$at["loss"] != "" && (seen || $at["rate"] == 1) { seen = 1; if ($at["rate"] < 1) exit }
		$at["loss"] != "" { printf "%d,0,%.6g,%.4g\n", $1, $at["flops"], $at["loss"] }' "$dir"/*/curve.csv >"$name/curve.csv"
	sed '/"runs"/,/]/d; s/},$/}/' "$dir"/*/curve.json >"$name/curve.json"
done

#!/usr/bin/env bash
# Do the 70 chat templates in llama.cpp's sources render here as transformers renders them, and does what they write
# of calls read back as the calls? Is nothing of what is trained on said to be dropped by them?
#
#   compat/templates/check.sh [FOLDER]
#
# Without a folder of *.jinja files, PyPI's source package of llama-cpp-python is fetched: 77 MB.
set -euo pipefail
cd "$(dirname "$0")"
want="transformers==5.24.0 jinja2==3.1.6"
if [ "$(cat .venv/want 2>/dev/null)" != "$want" ]; then
	rm -rf .venv
	python3 -m venv .venv
	# shellcheck disable=SC2086
	.venv/bin/pip install --quiet --disable-pip-version-check $want >&2
	echo "$want" >.venv/want
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
folder=${1:-}
if [ -z "$folder" ]; then
	.venv/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: -d "$tmp" llama-cpp-python==0.3.36 >&2
	folder=$tmp/templates
	mkdir "$folder"
	tar -xzf "$tmp"/llama_cpp_python-*.tar.gz -C "$folder" --strip-components=5 --wildcards '*/models/templates/*.jinja'
fi
python=$PWD/.venv/bin/python
cd ../..
"$python" testdata/oracle/jinja/make.py "$folder" "$tmp/cases.jsonl.gz" 2>/dev/null
failed=0
go test ./engine/jinja -count=1 -run '^TestOracle$' -v -args -cases "$tmp/cases.jsonl.gz" -templates "$folder" -least 1 || failed=1
go test ./engine/chat -count=1 -run '^TestRoundTrip$' -args -templates "$folder" || failed=1
go test ./stage/talk -count=1 -run '^TestNothingLost$' -args -templates "$folder" || failed=1
exit $failed

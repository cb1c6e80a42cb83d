#!/usr/bin/env bash
# Real clients against the real binary: run.sh MODEL, a GGUF file or a Hugging Face folder.
# Installs the clients of package.json, and PyPI's openai and anthropic, into CLIENTS (default: a temporary folder).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
model=$1
export CLIENTS=${CLIENTS:-$(mktemp -d)}
if [ ! -d "$CLIENTS/node_modules" ]; then
	cp "$here/package.json" "$CLIENTS"
	(cd "$CLIENTS" && npm install --silent --no-audit --no-fund)
fi
if [ ! -d "$CLIENTS/py" ]; then
	python3 -m venv "$CLIENTS/py"
	"$CLIENTS/py/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 anthropic==2.14.0
fi
(cd "$here/../.." && CGO_ENABLED=0 go build -o "$CLIENTS/suiren" ./cmd/suiren)
rm -f "$CLIENTS/serving"
"$CLIENTS/suiren" serve "$model" -o jsonl --listen 127.0.0.1:0 >"$CLIENTS/serving" &
server=$!
trap 'kill $server' EXIT
until grep -qs '"serving"' "$CLIENTS/serving"; do
	kill -0 $server
	sleep 0.2
done
field() { sed -n "s/.*\"$1\":\[*\"\([^\"]*\)\".*/\1/p" "$CLIENTS/serving"; }
node "$here/clients.mjs" "http://$(field address)" "$(field models)"
"$CLIENTS/py/bin/python" "$here/clients.py" "http://$(field address)" "$(field models)"

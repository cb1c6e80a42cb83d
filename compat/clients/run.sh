#!/usr/bin/env bash
# Real clients against the real binary: run.sh [NAME…], of js python go langchain agents node-llama-cpp lm-eval; without
# names all but the last, which needs torch (compat/venv.sh: 5.5 GB). Ends with a table, and with 1 if a check failed.
#
# Clients are installed into CLIENTS (default: a temporary folder; 2 GB, of which most is node-llama-cpp's for GPUs), in the
# versions of package.json, requirements.txt and go/go.mod. The models are written by models.py. Then everything runs
# where there is no network but the loopback, if this user may have such a place (unshare).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
oracle=$here/../../testdata/oracle/arch
export CLIENTS=${CLIENTS:-$(mktemp -d)}
names=${*:-js python go langchain agents node-llama-cpp}
python=$CLIENTS/py/bin/python

install() {
	if ! cmp -s "$here/package.json" "$CLIENTS/package.json" || [ ! -d "$CLIENTS/node_modules" ]; then
		cp "$here/package.json" "$CLIENTS"
		(cd "$CLIENTS" && NODE_LLAMA_CPP_SKIP_DOWNLOAD=true npm install --silent --no-audit --no-fund)
	fi
	[ -x "$python" ] || python3 -m venv "$CLIENTS/py"
	"$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
	case $names in *go*) (cd "$here/go" && go test -c -o "$CLIENTS/clients.test" .) ;; esac
	case $names in *lm-eval*) lm_eval ;; esac
	(cd "$here/../.." && CGO_ENABLED=0 go build -o "$CLIENTS/suiren" ./cmd/suiren)
	rm -rf "$CLIENTS/models"
	"$python" "$here/models.py" "$CLIENTS/models"
	for m in chat-f32 chat-f16 codex-f32 codex-f16 codex-q8_0; do
		"$CLIENTS/suiren" models export "$CLIENTS/models/${m%-*}" "$CLIENTS/models/$m.gguf" --type "${m#*-}" >"$CLIENTS/export" 2>&1 ||
			{ cat "$CLIENTS/export" && exit 1; }
	done
}

# lm_eval makes an environment of its own that sees the peers' torch and transformers.
lm_eval() {
	peers=$("$here/../venv.sh")
	[ -x "$CLIENTS/lmeval/bin/python" ] || "$peers" -m venv "$CLIENTS/lmeval"
	"$peers" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$("$CLIENTS/lmeval/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/peers.pth"
	"$CLIENTS/lmeval/bin/python" -m pip install --quiet --disable-pip-version-check 'lm-eval[api]==0.4.13'
}

checks() {
	case $1 in
	js) node "$here/clients.mjs" "$url" chat ;;
	python) "$python" "$here/clients.py" "$url" chat ;;
	go) SUIREN=$url MODEL=chat "$CLIENTS/clients.test" -test.v ;;
	langchain) "$python" "$here/chains.py" "$url" chat bert-mean ;;
	agents) "$python" "$here/agents.py" "$url" ;;
	node-llama-cpp)
		m=$CLIENTS/models
		node "$here/llamacpp.mjs" "$url" chat="$m/chat-f32.gguf" chat="$m/chat-f16.gguf" codex="$m/codex-f32.gguf" codex="$m/codex-f16.gguf" codex="$m/codex-q8_0.gguf"
		;;
	lm-eval) "$CLIENTS/lmeval/bin/python" "$here/lmeval.py" "$url" "$CLIENTS/models/chat" && echo "ok    lm-eval" ;;
	*) echo "FAIL  $1 is not one of the clients" && false ;;
	esac
}

if [ -z "${INSTALLED:-}" ]; then
	install
	export INSTALLED=1
	if unshare -rn true 2>/dev/null; then
		exec unshare -rn bash "$here/run.sh" $names
	fi
	echo "this user may not have a network of its own: the clients could dial out"
else
	ip link set lo up
fi
rm -f "$CLIENTS/serving"
kv=f16
[[ $names == *lm-eval* ]] && kv=f32 # transformers' log-likelihoods are of keys and values in float32
m=$CLIENTS/models
"$CLIENTS/suiren" serve "$m/chat" "$m/codex" "$m/claude" "$m/opencode" "$oracle/bert-mean" --kv "$kv" -o jsonl --listen 127.0.0.1:0 >"$CLIENTS/serving" &
server=$!
trap 'kill $server' EXIT
until grep -qs '"serving"' "$CLIENTS/serving"; do
	kill -0 $server
	sleep 0.2
done
url=http://$(sed -n 's/.*"address":"\([^"]*\)".*/\1/p' "$CLIENTS/serving")
status=0 table=
for name in $names; do
	code=0
	checks "$name" >"$CLIENTS/said" 2>&1 || code=1
	cat "$CLIENTS/said"
	ok=$(grep -cE '^(ok   |--- PASS)' "$CLIENTS/said" || true) bad=$(grep -cE '^(FAIL  |--- FAIL)' "$CLIENTS/said" || true)
	[ "$code" = 0 ] && [ "$ok" -gt 0 ] || status=1
	table+=$(printf '%-16s %3d passed %3d failed  %s' "$name" "$ok" "$bad" "$([ $code = 0 ] && echo ok || echo FAIL)")$'\n'
done
printf '\n%s' "$table"
exit $status

#!/usr/bin/env bash
# The console in a real browser, Debian's Chromium: each page and its main task, both languages, light and dark, wide and
# narrow, by mouse and by keyboard, and by axe-core's rules; and whole journeys, from an empty folder to an answer, and
# through what keeps a house. Before that the types of its source are checked. Needs Node's npm and Python 3 with venv. Fails on any request that leaves for another place than the server.
#
#   compat/browser/run.sh [--only PART] [--state FOLDER [--plan FOLDER]] [--shots FOLDER] [--book FOLDER] [--look FOLDER] [--slow N] [--lag MS]
#
# Without a state, a tiny tutor is made while the page looks on. With one, a copy of what was made is served.
#   --only   page, or the name of a journey, as canary or doors/own-model
#   --state  what suiren up made, as examples/tutor/.suiren
#   --plan   the plan it was made from (default: examples/tutor)
#   --shots  write the README's pictures there, chat.png and plan.png
#   --book   write docs/console's pictures there: every page, both themes; --only page spares the journeys
#   --slow   the browser computes so many times slower
#   --lag    answers reach the page up to so many milliseconds late, and so out of order: with both, what a check
#            does not wait for fails
#   VERBOSE=1 tells each check as it ends
#   --look   write pictures of every page there, for people to look at
set -euo pipefail
cd "$(dirname "$0")/../.."

plan=examples/tutor
only=
args=()
while [ $# -gt 0 ]; do
	case $1 in
	--plan) plan=$2 ;;
	--only) only=/$2 ;;
	--slow | --lag) args+=("${1#-}" "$2") ;;
	--state) args+=(-state "$(realpath "$2")") ;;
	--shots | --book | --look)
		mkdir -p "$2"
		args+=("${1#-}" "$(realpath "$2")")
		;;
	*)
		sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
	shift 2
done

packages=()
command -v chromium >/dev/null || packages+=(chromium)
command -v fc-list >/dev/null && fc-list :lang=zh | grep -q . || packages+=(fontconfig fonts-noto-cjk)
if [ ${#packages[@]} -gt 0 ]; then
	root=
	[ "$(id -u)" = 0 ] || root=sudo
	$root apt-get update -qq >&2
	$root apt-get install -y -qq "${packages[@]}" >&2
fi

axe=axe-core@4.14.1 # read into the page by the test alone
typescript=typescript@5.9.3
here=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
CGO_ENABLED=0 go build -o "$tmp/suiren" ./cmd/suiren
plan=$(realpath "$plan")
(cd "$tmp" && npm pack --silent "$axe" >/dev/null && tar xzf axe-core-*.tgz package/axe.min.js)
python=python3 # the copied Python is run with the package that it asks for
if ! python3 -c 'import openai' 2>/dev/null; then
	python=$tmp/venv/bin/python
	python3 -m venv "$tmp/venv"
	"$python" -m pip install --quiet --disable-pip-version-check "$(grep '^openai==' compat/clients/requirements.txt)" >&2
fi
preact=$(sed -n 's/.* of preact \([0-9.]*[0-9]\) .*/\1/p' console/vendor/README.md)
(cd "$tmp" && npm pack --silent "$typescript" "preact@$preact" >/dev/null &&
	for p in typescript preact; do mkdir "$p" && tar xzf "$p"-*.tgz -C "$p" --strip 1; done)
cat >"$tmp/tsconfig.json" <<JSON
{"extends": "$here/console/tsconfig.json", "include": ["$here/console/src/**/*"], "compilerOptions": {
	"paths": {"preact": ["$tmp/preact/src/index.d.ts"], "preact-hooks": ["$tmp/preact/hooks/src/index.d.ts"]}}}
JSON
node "$tmp/typescript/lib/tsc.js" -p "$tmp/tsconfig.json"
go -C compat/browser vet ./...
quiet() { grep -Ev '^ *(=== |--- (PASS|SKIP)|PASS$)' || :; }
[ -z "${VERBOSE:-}" ] || quiet() { cat; }
go -C compat/browser test -count=1 -v -timeout 40m -run "^TestConsole\$$only" . -args -suiren "$tmp/suiren" -chromium "$(command -v chromium)" -plan "$plan" \
	-model "$PWD/testdata/oracle/qwen3/folder" -python "$python" -tell "$tmp/told" -axe "$tmp/package/axe.min.js" "${args[@]}" | tee "$tmp/said" | quiet
depth=${only//[^\/]/}
grep -Eq "^=== RUN +TestConsole(/[^/]+){${#depth}}" "$tmp/said" || { # go test passes where it runs nothing
	echo "there is no part ${only#/}" >&2
	exit 1
}
[ ! -f "$tmp/told" ] || cat "$tmp/told"

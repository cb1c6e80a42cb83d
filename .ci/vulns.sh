#!/usr/bin/env bash
# Compares what the program is built from, with the Go release that go.mod names, with the known vulnerabilities
# (govulncheck): those of vuln.go.dev or, where that cannot be reached, of the Go module golang.org/x/vulndb.
# Fails for one that our code reaches. Ends with 3, and says so, where there is no network: then nothing was compared.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
not() { echo "NOT COMPARED with known vulnerabilities: $1. Run .ci/vulns.sh where there is a network." >&2; exit 3; }
GOBIN=$tmp go install golang.org/x/vuln/cmd/govulncheck@v1.9.0 2>"$tmp/said" || not "govulncheck cannot be had: $(tail -n 1 "$tmp/said")"
db=https://vuln.go.dev
if ! curl -fsS --max-time 20 -o "$tmp/db.json" $db/index/db.json 2>/dev/null; then
	echo module known > "$tmp/go.mod"
	module=$(cd "$tmp" && go mod download -json golang.org/x/vulndb@latest 2>/dev/null) || not "neither vuln.go.dev nor a module proxy answers"
	go run .ci/vulns.go "$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' <<<"$module")" "$tmp/db"
	echo "by golang.org/x/vulndb $(sed -n 's/.*"Version": "\(.*\)".*/\1/p' <<<"$module")"
	db=file://$tmp/db
fi
"$tmp/govulncheck" -format json -db "$db" ./... > "$tmp/found.json"
go run .ci/vulns.go < "$tmp/found.json"

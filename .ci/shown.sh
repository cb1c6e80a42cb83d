#!/usr/bin/env bash
# Tests that need rights of their own skip where they have none. Here that is
# an error: no network, a full disk, one that is only read, kills must have been shown.
set -euo pipefail
cd "$(dirname "$0")/.."
said=$(go test -count 1 -v -run '^(TestAirgap|TestFullDisk|TestKilled|TestLogFullDisk|TestReadOnlyFolder|TestStepFullDisk)' ./cmd/suiren ./run ./store) || { echo "$said"; exit 1; }
grep -E '^(---|ok)' <<<"$said"
if grep -q '^ *--- SKIP' <<<"$said"; then
	grep -A 3 '^ *--- SKIP' <<<"$said"
	exit 1
fi

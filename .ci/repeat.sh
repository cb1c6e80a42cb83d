#!/usr/bin/env bash
# The whole of examples/tutor three times: on one thread, on two in another
# folder, and killed at 20 random points. All artifacts must be the same bytes.
# About 40 minutes on two free cores; go test does the same with a tiny tutor.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -count 1 -timeout 4h -parallel 1 -v -run '^(TestRepeatable|TestKilled)$' ./cmd/suiren -full

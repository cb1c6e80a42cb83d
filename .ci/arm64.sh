#!/usr/bin/env bash
# The engine on arm64: NEON must give the bits of the Go definitions, and the
# tests of the model the numbers they give elsewhere. Emulated on other machines.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOARCH=arm64 CGO_ENABLED=0

go vet ./engine/... # go test does not check assembly against its declarations
if [ "$(go env GOHOSTARCH)" = arm64 ]; then
	exec go test ./engine/...
fi
if ! command -v qemu-aarch64-static >/dev/null; then
	root=
	[ "$(id -u)" = 0 ] || root=sudo
	$root apt-get update -qq
	$root apt-get install -y -qq qemu-user-static
fi
# Emulated multiply-adds are a hundred times slower: -short leaves out families and types that only repeat others.
# qemu-user does not say where a fault was, which that test is about.
go test -short -timeout 20m -exec qemu-aarch64-static -skip '^TestCutShortWhileOpen$' ./engine/...

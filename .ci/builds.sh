#!/usr/bin/env bash
# The binary for every machine it is meant for. Those for Linux must be static:
# no interpreter, no library. Where an emulator is installed, they must start.
set -euo pipefail
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/static.go" <<'EOF'
package main

import (
	"debug/elf"
	"fmt"
	"os"
)

func main() {
	f, err := elf.Open(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			fmt.Println(os.Args[1], "asks for an interpreter: it is not static")
			os.Exit(1)
		}
	}
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 {
		fmt.Println(os.Args[1], "needs libraries:", libs, err)
		os.Exit(1)
	}
}
EOF
go build -o "$tmp/static" "$tmp/static.go"

host=$(go env GOHOSTOS)/$(go env GOHOSTARCH)
for target in linux/amd64 linux/arm64 linux/loong64 linux/riscv64 darwin/arm64; do
	bin=$tmp/suiren
	GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 go build -trimpath -o "$bin" ./cmd/suiren
	case $target in
	linux/amd64) machine=x86_64 ;;
	linux/arm64) machine=aarch64 ;;
	linux/loong64) machine=loongarch64 ;;
	linux/riscv64) machine=riscv64 ;;
	*) machine=none ;;
	esac
	said="$target: built"
	if [ "$machine" != none ]; then
		"$tmp/static" "$bin"
		said+=", static"
	fi
	if [ "$target" = "$host" ]; then
		"$bin" help >/dev/null
		said+=", starts"
	elif emulator=$(command -v "qemu-$machine-static"); then
		"$emulator" "$bin" help >/dev/null
		said+=", starts"
	fi
	echo "$said"
done

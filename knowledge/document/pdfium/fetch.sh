#!/usr/bin/env bash
# Makes pdfium.wasm.zst: PDFium, compiled to WebAssembly by the makers of
# go-pdfium (MIT; PDFium itself is BSD-3-Clause and Apache-2.0, see LICENSE).
# Their Go code is not used: it mounts the file system and calls through maps.
set -euo pipefail
cd "$(dirname "$0")"
version=v1.21.4
dir=$(cd "$(mktemp -d)" && go mod init x >/dev/null 2>&1 && go mod download -json "github.com/klippa-app/go-pdfium@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
wasm=$dir/internal/pdfium_wasm/pdfium.wasm
echo "e6f77e01dce34de05ad62515114152da580b64c23871e3e3e2afef3f7bb88ade  $wasm" | sha256sum -c -
zstd -q --ultra -22 -f "$wasm" -o pdfium.wasm.zst
ls -l pdfium.wasm.zst

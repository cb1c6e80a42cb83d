#!/usr/bin/env bash
# Makes sandbox.wasm of QuickJS-ng and sandbox.c.
#
#   build.sh SOURCE      SOURCE: a checkout of github.com/quickjs-ng/quickjs, tag v0.16.2
#
# The compiler is the C compiler of PyPI's ziglang, in a venv of its own; the same versions write the same bytes.
set -euo pipefail
source=$(cd "$1" && pwd)
cd "$(dirname "$0")"
venv=${VENV:-/tmp/suiren-zig}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check ziglang==0.17.1
grep -q 'QJS_VERSION_PATCH 2' "$source/quickjs.h" && grep -q 'QJS_VERSION_MINOR 16' "$source/quickjs.h" || { echo "$source is not v0.16.2" >&2; exit 1; }
"$venv/bin/python" -m ziglang cc -target wasm32-wasi -mexec-model=reactor -Os -g0 -s -D_GNU_SOURCE -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_SIGNAL \
	-fno-sanitize=all -w -I "$source" sandbox.c "$source"/{quickjs,libregexp,libunicode,dtoa}.c -lm -lwasi-emulated-process-clocks -lwasi-emulated-signal \
	-Wl,-z,stack-size=1048576 -Wl,--strip-all -o sandbox.wasm
ls -l sandbox.wasm
sha256sum sandbox.wasm

#!/usr/bin/env bash
# Fetches llama.cpp and prints the folder it is in.
#
#   compat/llamacpp/setup.sh          lib/ and src/: all that llama.py and testdata/oracle/arch/make.py need
#   compat/llamacpp/setup.sh server   bin/llama-server and bin/llama-bench too (cmake, g++, half an hour on two cores)
#
# lib/ are the shared libraries of npm @node-llama-cpp/linux-x64, v0.5.0, with a variant for every x86 level, chosen
# at run time as in llama.cpp's own releases; they answer for the oracles. src/ is the source that PyPI's
# llama-cpp-python carries, some days newer: the Hugging Face converter, and the two programs, built for this machine;
# they answer for speed. The folder is LLAMACPP, or one in the user's cache.
set -euo pipefail
package=3.22.1 sdist=0.3.36
root=${LLAMACPP:-${XDG_CACHE_HOME:-$HOME/.cache}/suiren/llamacpp-$package}
mkdir -p "$root"
tmp=$(mktemp -d "$root/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
if [ ! -d "$root/lib" ]; then
	(cd "$tmp" && npm pack --silent "@node-llama-cpp/linux-x64@$package" >&2 && tar xzf ./*.tgz)
	mv "$tmp"/package/bins/linux-x64 "$root/lib"
fi
if [ ! -d "$root/src" ]; then
	python3 -m venv "$tmp/venv"
	"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check scikit-build-core >&2
	(cd "$tmp" && PATH="$tmp/venv/bin:$PATH" pip download --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --no-binary :all: "llama-cpp-python==$sdist" >&2 && tar xzf llama_cpp_python-*.tar.gz)
	mv "$tmp"/llama_cpp_python-*/vendor/llama.cpp "$root/src"
fi
if [ "${1:-}" = server ] && [ ! -x "$root/bin/llama-server" ]; then
	cmake -S "$root/src" -B "$root/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=ON \
		-DLLAMA_BUILD_UI=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_OPENSSL=OFF -DGGML_OPENMP=ON >&2
	cmake --build "$root/build" -j "$(nproc)" --target llama-server llama-bench >&2
	mv "$root/build/bin" "$root/bin"
	rm -rf "$root/build"
fi
echo "$root"

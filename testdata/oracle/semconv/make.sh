#!/usr/bin/env bash
# Writes names.txt: the attribute names and values of GenAI in OpenTelemetry's
# semantic conventions 1.41.0, the last version of the main registry that has them, as the Go
# module go.opentelemetry.io/otel v1.47.0 spells them.
set -euo pipefail
out=$(dirname "$(realpath "$0")")/names.txt
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
printf 'module x\ngo 1.26\n' > go.mod
go get go.opentelemetry.io/otel@v1.47.0
dir=$(go list -m -f '{{.Dir}}' go.opentelemetry.io/otel)/semconv/v1.41.0
{
  grep -hoE 'attribute\.Key\("(gen_ai|server|error|openai)[a-z0-9_.]*"\)' "$dir"/attribute_group.go | sed 's/.*("\(.*\)")/\1/'
  grep -hoE 'GenAIOperationName[A-Za-z]* *= GenAIOperationNameKey.String\("[a-z_]*"\)' "$dir"/attribute_group.go | sed 's/.*("\(.*\)")/gen_ai.operation.name=\1/'
} | sort -u > "$out"

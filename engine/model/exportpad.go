package model

import (
	"fmt"
	"slices"

	"suiren/engine/weights"
)

// padVocabulary makes the tokenizer in meta have as many tokens as the embeddings have
// rows, as llama.cpp wants it: with the names, types and scores that its converter
// gives those that are none, and that tokenizer.FromGGUF passes over.
func padVocabulary(meta []weights.Pair, rows int) {
	const unused = 5
	for i, p := range meta {
		switch v := p.Value.(type) {
		case []string:
			if p.Key == "tokenizer.ggml.tokens" {
				for v = slices.Clip(v); len(v) < rows; {
					v = append(v, fmt.Sprintf("[PAD%d]", len(v)))
				}
				meta[i].Value = v
			}
		case []int32:
			if p.Key == "tokenizer.ggml.token_type" {
				meta[i].Value = filledUp(v, rows, unused)
			}
		case []float32:
			if p.Key == "tokenizer.ggml.scores" {
				meta[i].Value = filledUp(v, rows, -10000)
			}
		}
	}
}

// filledUp returns list with so many n behind it that it has rows numbers.
func filledUp[T any](list []T, rows int, n T) []T {
	return append(slices.Clip(list), slices.Repeat([]T{n}, max(0, rows-len(list)))...)
}

// Package data makes corpora, examples, tokenizers and tokens from what the owner has.
package data

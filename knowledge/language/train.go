//go:build ignore

// Train makes model.zst of the lines of prepare.py (language, tab, text):
//
//	go run train.go train.tsv
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"suiren/knowledge/language"
	"suiren/knowledge/linear"
)

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var examples []linear.Example
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		lang, text, _ := strings.Cut(in.Text(), "\t")
		label := slices.Index(language.Modelled, lang)
		if label < 0 {
			continue
		}
		e := linear.Example{Label: label}
		language.Features(text, func(h uint64) { e.Features = append(e.Features, h) })
		examples = append(examples, e)
	}
	m := linear.Train(language.Modelled, examples, linear.Options{Bits: 15, Epochs: 6, Rate: 1})
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		log.Fatal(err)
	}
	out := w.EncodeAll(m.Marshal(), nil)
	fmt.Println(len(examples), "texts,", len(out), "bytes")
	if err := os.WriteFile("model.zst", out, 0o666); err != nil {
		log.Fatal(err)
	}
}

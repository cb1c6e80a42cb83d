// Command tokenizers answers what make.py and compat/tokenizers ask of Suiren.
//
//	tokenizers ids FILE       for each line of the standard input, a JSON string, its ids
//	tokenizers pairs FILE     for each line, a JSON list of two strings, ids and where the second kind begins
//	tokenizers decode FILE    for each line, a JSON list of ids, their text
//	tokenizers vectors DIR    checks the ggml-vocab-*.gguf of llama.cpp in DIR with their .inp and .out
//	tokenizers speed FILE TEXTS N the best of N times for encoding TEXTS, a file of JSON strings, in seconds
//	tokenizers folder FILE OUT    writes a tokenizer as a folder
//	tokenizers gguf FILE OUT      writes its words alone as a file of GGUF, as llama.cpp's own vocabularies are
//	tokenizers again FILE         checks that FILE's tokenizer is the same after it was written, as a folder and for GGUF
//
// FILE is a folder, or a file of GGUF.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"suiren/engine/tokenizer"
	"suiren/engine/weights"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("tokenizers: see the comment of this command")
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		log.Fatal("tokenizers: ", err)
	}
}

func run(what, path string, args []string) error {
	if what == "vectors" {
		return vectors(path)
	}
	t, err := open(path)
	if err != nil {
		return err
	}
	switch what {
	case "ids":
		return each(func(s string) any { return t.EncodeMarked([]int32{}, s, nil) })
	case "pairs":
		return each(func(s [2]string) any {
			ids, second := t.EncodePair(nil, s[0], s[1])
			return []any{ids, second}
		})
	case "decode":
		return each(func(ids []int32) any { return t.Decode(ids) })
	case "speed":
		return speed(t, args[0], args[1])
	case "again":
		return again(t)
	case "folder":
		if err := os.MkdirAll(args[0], 0o755); err != nil {
			return err
		}
		return t.Save(args[0])
	case "gguf":
		return toGGUF(t, args[0])
	}
	return fmt.Errorf("%q is not one of its words", what)
}

func open(path string) (*tokenizer.Tokenizer, error) {
	if filepath.Ext(path) != ".gguf" {
		return tokenizer.Load(path)
	}
	g, err := weights.OpenGGUF(path)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	return tokenizer.FromGGUF(func(key string) (any, bool) { v := g.Value(key); return v, v != nil })
}

// toGGUF writes a file with the metadata of t and no tensors.
func toGGUF(t *tokenizer.Tokenizer, path string) error {
	pairs, err := t.GGUF()
	if err != nil {
		return err
	}
	meta := []weights.Pair{{Key: "general.architecture", Value: "llama"}}
	for _, p := range pairs {
		meta = append(meta, weights.Pair{Key: p.Key, Value: p.Value})
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	err = weights.WriteGGUF(file, meta, nil, nil)
	return errors.Join(err, file.Close())
}

// each answers each line of the standard input with a line.
func each[T any](answer func(T) any) error {
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	w := bufio.NewWriterSize(os.Stdout, 1<<20)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for in.More() {
		var q T
		if err := in.Decode(&q); err != nil {
			return err
		}
		if err := out.Encode(answer(q)); err != nil {
			return err
		}
	}
	return w.Flush()
}

// again writes t and reads it back, and encodes a text with each.
func again(t *tokenizer.Tokenizer) error {
	const text = "It's 12345 tokens:  naïve 中文，かな\n\n\tdef f(x): return x+1 👍🏽 é <s> <|im_end|>\r\n"
	want := t.EncodeMarked(t.Prefix(), text, nil)
	dir, err := os.MkdirTemp("", "tokenizer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := t.Save(dir); err != nil {
		return err
	}
	saved, err := tokenizer.Load(dir)
	if err != nil {
		return err
	}
	if got := saved.EncodeMarked(saved.Prefix(), text, nil); !slices.Equal(got, want) {
		return fmt.Errorf("saved: %v, not %v", got, want)
	}
	pairs, err := t.GGUF()
	if err != nil {
		return err
	}
	read, err := tokenizer.FromGGUF(func(key string) (any, bool) {
		i := slices.IndexFunc(pairs, func(p tokenizer.Pair) bool { return p.Key == key })
		if i < 0 {
			return nil, false
		}
		return pairs[i].Value, true
	})
	if err != nil {
		return err
	}
	if got := read.EncodeMarked(read.Prefix(), text, nil); !slices.Equal(got, want) {
		return fmt.Errorf("GGUF: %v, not %v", got, want)
	}
	return nil
}

// speed encodes the texts of a file of JSON strings, one by one.
func speed(t *tokenizer.Tokenizer, path, times string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var texts []string
	for dec := json.NewDecoder(bufio.NewReader(file)); dec.More(); {
		var s string
		if err := dec.Decode(&s); err != nil {
			return err
		}
		texts = append(texts, s)
	}
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	best, count := time.Duration(1<<62), 0
	var ids []int32
	for range n {
		start := time.Now()
		count = 0
		for _, s := range texts {
			ids = t.EncodeMarked(ids[:0], s, nil)
			count += len(ids)
		}
		best = min(best, time.Since(start))
	}
	fmt.Println(best.Seconds(), count)
	return nil
}

// vectors compares ids with those that llama.cpp keeps beside its vocabularies.
func vectors(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "ggml-vocab-*.gguf"))
	if err != nil {
		return err
	}
	passed, failed := 0, 0
	for _, file := range files {
		inp, err := os.ReadFile(file + ".inp")
		if os.IsNotExist(err) {
			if _, err := open(file); err != nil {
				fmt.Println("no vectors:", filepath.Base(file), err)
			}
			continue
		}
		if err != nil {
			return err
		}
		out, err := os.ReadFile(file + ".out")
		if err != nil {
			return err
		}
		texts := strings.Split(string(inp), "\n__ggml_vocab_test__\n")
		lines := strings.Split(string(out), "\n")
		t, err := open(file)
		if err != nil {
			failed += len(texts)
			fmt.Println("FAIL", filepath.Base(file), err)
			continue
		}
		if last := len(texts) - 1; texts[last] == "" { // behind the last mark
			texts = texts[:last]
		}
		for i, text := range texts {
			if i >= len(lines) {
				return fmt.Errorf("%s: %d lines for %d texts", file, len(lines), len(texts))
			}
			want := []int32{}
			for _, f := range strings.Fields(lines[i]) {
				id, err := strconv.Atoi(f)
				if err != nil {
					return err
				}
				want = append(want, int32(id))
			}
			if got := t.Encode(nil, text); slices.Equal(got, want) {
				passed++
			} else {
				failed++
				fmt.Printf("FAIL %s %q\n got %v\nwant %v\n", filepath.Base(file), text, got, want)
			}
		}
	}
	fmt.Printf("vectors: %d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return fmt.Errorf("not all vectors pass")
	}
	return nil
}

package data

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"suiren/stage"
)

// A corpus from end to end, of generated English with near duplicates: 8 MB, or as
// many as SUIREN_CORPUS_MB says. The most memory is that of the whole process.
func BenchmarkCorpus(b *testing.B) {
	size := 8 << 20
	if mb, err := strconv.Atoi(os.Getenv("SUIREN_CORPUS_MB")); err == nil {
		size = mb << 20
	}
	dir := b.TempDir()
	w, err := createDocuments(filepath.Join(dir, "documents.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	name := func() string {
		var s [6]byte
		for i := range s {
			s[i] = byte('a' + r.IntN(26))
		}
		return string(s[:])
	}
	written := 0
	var last []string
	for n := 0; written < size; n++ {
		words := strings.Fields(prose(r, 20+r.IntN(40)))
		for i := range words {
			if r.IntN(4) == 0 {
				words[i] = name() + strings.TrimLeft(words[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
			}
		}
		if n%5 == 4 { // a variant of the one before
			words = append([]string{}, last...)
			words[r.IntN(len(words))] = name()
		}
		last = words
		d := newDocument(fmt.Sprintf("%d.txt", n), strings.Join(words, " "))
		written += len(d.Text)
		if err := w.write(&d); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		b.Fatal(err)
	}
	var digests []string
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint(threads), func(b *testing.B) {
			var from, to syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &from)
			n := 0
			for b.Loop() {
				out := b.TempDir()
				job := &stage.Job{Inputs: []stage.Input{{Arg: "from", Dir: dir}}, Out: out, Work: b.TempDir(), Machine: stage.Machine{Threads: threads}, Emit: func(stage.Event) {}}
				if err := (&Corpus{Recipe: "sft-clean"}).Run(context.Background(), job); err != nil {
					b.Fatal(err)
				}
				digests = append(digests, digestOf(b, out))
				n++
			}
			syscall.Getrusage(syscall.RUSAGE_SELF, &to)
			ns := to.Utime.Nano() - from.Utime.Nano() + to.Stime.Nano() - from.Stime.Nano()
			b.ReportMetric(float64(written)*float64(n)/float64(ns)*1e3, "MB/cpu-s")
			b.ReportMetric(float64(to.Maxrss)/1024, "MiB-most")
		})
	}
	for _, d := range digests {
		if d != digests[0] {
			b.Error("the bytes depend on the threads")
		}
	}
}

package data

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"suiren/knowledge"
	"suiren/knowledge/document"
	"suiren/knowledge/reader"
	"suiren/stage"
)

// An extract is what one file gave, in its order.
type extract struct {
	documents []Document
	scanned   []scannedPages
	aside     []setAside
	err       error
}

// readFiles reads the files of a job, several at a time, and hands on what is
// in them in the order of their paths: how many were read at a time changes
// nothing.
func readFiles(ctx context.Context, job *stage.Job, add func(Document) error, r *documentsReport) error {
	dir := job.Dir("files")
	paths, err := filesBelow(dir)
	if err != nil {
		return err
	}
	pool := reader.New(reader.Options{Cache: MachineCode()})
	defer pool.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := min(max(1, job.Machine.Threads), runtime.NumCPU(), 16, max(1, len(paths)))
	// Each file has its place in a queue that is as long as there are workers,
	// so what was read and is not written yet is bounded.
	queue := make(chan chan *extract, workers)
	go func() {
		defer close(queue)
		for _, p := range paths {
			at := make(chan *extract, 1)
			select {
			case queue <- at:
			case <-ctx.Done():
				return
			}
			go func() { at <- readFile(ctx, pool, dir, p) }()
		}
	}()
	done := 0
	for at := range queue {
		job.Emit(stage.Event{Type: "progress", Done: float64(done), Total: float64(len(paths)), Unit: "files"})
		x := <-at
		if x.err != nil {
			return x.err
		}
		for _, d := range x.documents {
			if err := add(d); err != nil {
				return err
			}
		}
		r.SetAside = append(r.SetAside, x.aside...)
		r.Scanned = append(r.Scanned, x.scanned...)
		done++
	}
	return ctx.Err()
}

// MachineCode is the folder in which the PDF reader keeps its machine code,
// which takes seconds to make; "" where there is none.
func MachineCode() string {
	dir := os.Getenv("SUIREN_HOME")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(cache, "suiren")
	}
	dir = filepath.Join(dir, "machine-code")
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

// readFile reads one file. Text and Markdown are kept as they are, decoded;
// all else is read in another process.
func readFile(ctx context.Context, pool *reader.Pool, dir, p string) *extract {
	x := &extract{}
	name := filepath.Join(dir, filepath.FromSlash(p))
	info, err := os.Stat(name)
	if err == nil && info.Size() > document.Default.File {
		x.reject(p, document.Large, fmt.Sprintf("is longer than %d MiB", document.Default.File>>20), fmt.Sprintf("超过 %d MiB", document.Default.File>>20))
		return x
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(name)
	}
	if err != nil {
		x.err = err
		return x
	}
	switch document.Detect(p, b) {
	case "txt", "markdown":
		err = x.text(p, b)
	default:
		err = pool.Read(ctx, p, b, x)
	}
	if r, ok := errors.AsType[*document.Rejection](err); ok {
		r.Name = cmp.Or(r.Name, p)
		err = x.Rejected(r)
	}
	x.err = err
	return x
}

// text takes a file that is text as it is.
func (x *extract) text(p string, b []byte) error {
	text, err := document.Decode(b)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(text) == "":
		x.reject(p, document.Empty, "is empty", "是空的")
	case len(text) > maxText:
		x.reject(p, document.Large, fmt.Sprintf("is longer than %d MiB", maxText>>20), fmt.Sprintf("超过 %d MiB", maxText>>20))
	default:
		x.documents = append(x.documents, newDocument(p, newlines.Replace(text)))
	}
	return nil
}

func (x *extract) reject(p string, cause document.Cause, en, zh string) {
	x.aside = append(x.aside, setAside{p, string(cause), en, zh})
}

// Rejected implements document.Sink.
func (x *extract) Rejected(r *document.Rejection) error {
	x.reject(r.Name, r.Cause, r.En, r.Zh)
	return nil
}

// Document implements document.Sink.
func (x *extract) Document(d *document.Document) error {
	from := knowledge.FromFile(d)
	if len(from.Text) > maxText {
		x.reject(d.Name, document.Large, fmt.Sprintf("holds more than %d MiB of text", maxText>>20), fmt.Sprintf("文字超过 %d MiB", maxText>>20))
		return nil
	}
	doc := newDocument(d.Name, from.Text)
	doc.Title, doc.Pages, doc.Format, doc.Author, doc.Date = from.Title, from.Pages, d.Format, d.Author, d.Date
	x.documents = append(x.documents, doc)
	if len(d.Scanned) > 0 {
		x.scanned = append(x.scanned, scannedPages{d.Name, d.Scanned})
	}
	return nil
}

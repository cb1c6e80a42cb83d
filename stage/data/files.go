package data

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"suiren/knowledge"
	"suiren/knowledge/document"
	"suiren/knowledge/reader"
	"suiren/stage"
)

// An item is one thing that a file gave: a document, with its pages that are
// pictures, or a part that was set aside.
type item struct {
	document *Document
	format   string // of the file that it is from; "" is text
	scanned  []int
	remarks  []document.Remark
	aside    *Aside
}

// An extract is what one file gives, in its order, some at a time.
type extract struct {
	ctx   context.Context
	skip  int // items that are there already
	out   chan []item
	batch []item
	size  int
	err   error // when out is closed
}

// So much of a file is handed on at a time, and so many of these wait while
// another file's are written.
const (
	batchBytes   = 1 << 20
	batchesAhead = 8
)

// readFiles reads the files of a job, several at a time, and hands on what is
// in them in the order of their paths: how many were read at a time changes
// nothing. It begins with an item of a file; add is told after which item of
// which file it stands.
func readFiles(ctx context.Context, job *stage.Job, from place, add func(item, place) error) error {
	dir := job.Dir("files")
	paths, err := filesBelow(dir)
	if err != nil {
		return err
	}
	pool := reader.New(reader.Options{Cache: MachineCode()})
	defer pool.Close()
	ctx, cancel := context.WithCancel(ctx)
	var team sync.WaitGroup
	defer team.Wait() // before the pool is closed
	defer cancel()
	workers := min(max(1, job.Machine.Threads), runtime.NumCPU(), 16, max(1, len(paths)))
	// Each file has its place in a queue that is as long as there are workers,
	// so what was read and is not written yet is bounded.
	queue := make(chan *extract, workers)
	at := min(from.File, len(paths))
	team.Go(func() {
		defer close(queue)
		for i, p := range paths[at:] {
			x := &extract{ctx: ctx, out: make(chan []item, batchesAhead)}
			if i == 0 {
				x.skip = from.Items
			}
			select {
			case queue <- x:
			case <-ctx.Done():
				return
			}
			team.Go(func() {
				defer close(x.out)
				x.err = errors.Join(x.read(pool, dir, p), x.flush())
			})
		}
	})
	now := place{File: at, Items: from.Items}
	for x := range queue {
		job.Emit(stage.Event{Type: "progress", Done: float64(now.File), Total: float64(len(paths)), Unit: "files"})
		for batch := range x.out {
			for _, it := range batch {
				now.Items++
				if err := add(it, now); err != nil {
					return err
				}
			}
		}
		if x.err != nil {
			return x.err
		}
		now = place{File: now.File + 1}
	}
	return ctx.Err()
}

// put hands an item on.
func (x *extract) put(it item) error {
	x.batch = append(x.batch, it)
	x.size += 256
	if it.document != nil {
		x.size += len(it.document.Text)
	}
	if x.size < batchBytes {
		return nil
	}
	return x.flush()
}

func (x *extract) flush() error {
	batch := x.batch
	x.batch, x.size = nil, 0
	if len(batch) == 0 {
		return nil
	}
	select {
	case x.out <- batch:
		return nil
	case <-x.ctx.Done():
		return x.ctx.Err()
	}
}

// skipped reports whether the next item is there already.
func (x *extract) skipped() bool {
	if x.skip == 0 {
		return false
	}
	x.skip--
	return true
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

// read reads one file. Text and Markdown are kept as they are, decoded;
// all else is read in another process, and large files of many documents
// are never held whole.
func (x *extract) read(pool *reader.Pool, dir, p string) error {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(p)))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, min(info.Size(), 1024))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var b []byte
	switch {
	case document.Streams(p, head, info.Size()):
		skip := x.skip
		x.skip = 0
		err = pool.ReadAt(x.ctx, p, f, info.Size(), skip, x)
	case info.Size() > document.Default.File:
		return x.reject(p, document.Large, fmt.Sprintf("is longer than %d MiB", document.Default.File>>20), fmt.Sprintf("超过 %d MiB", document.Default.File>>20))
	default:
		if b, err = os.ReadFile(f.Name()); err != nil {
			return err
		}
		switch document.Detect(p, b) {
		case "txt", "markdown":
			var pieces bool
			if pieces, err = x.text(p, b); pieces {
				skip := x.skip
				x.skip = 0
				err = pool.ReadAt(x.ctx, p, f, info.Size(), skip, x)
			}
		default:
			err = pool.Read(x.ctx, p, b, x)
		}
	}
	if r, ok := errors.AsType[*document.Rejection](err); ok {
		r.Name = cmp.Or(r.Name, p)
		err = x.Rejected(r)
	}
	return err
}

// text takes a file that is text as it is, unless it is too long for one document, or
// holds several.
func (x *extract) text(p string, b []byte) (pieces bool, err error) {
	text, lost, err := document.Decode(b)
	switch {
	case err != nil:
		return false, err
	case strings.TrimSpace(text) == "":
		return false, x.reject(p, document.Empty, "is empty", "是空的")
	case len(text) > maxText || document.Several(p, []byte(text)):
		return true, nil
	case x.skipped():
		return false, nil
	}
	d := newDocument(p, text)
	it := item{document: &d}
	if lost != nil {
		it.remarks = []document.Remark{*lost}
	}
	return false, x.put(it)
}

func (x *extract) reject(p string, cause document.Cause, en, zh string) error {
	if x.skipped() {
		return nil
	}
	return x.put(item{aside: &Aside{p, string(cause), en, zh}})
}

// Rejected implements document.Sink.
func (x *extract) Rejected(r *document.Rejection) error {
	return x.reject(r.Name, r.Cause, r.En, r.Zh)
}

// Document implements document.Sink.
func (x *extract) Document(d *document.Document) error {
	if x.skipped() {
		return nil
	}
	from := knowledge.FromFile(d)
	if len(from.Text) > maxText {
		return x.reject(d.Name, document.Large, fmt.Sprintf("holds more than %d MiB of text", maxText>>20), fmt.Sprintf("文字超过 %d MiB", maxText>>20))
	}
	doc := newDocument(d.Name, from.Text)
	doc.Title, doc.Pages, doc.Author, doc.Date = from.Title, from.Pages, d.Author, d.Date
	if from.Markdown {
		doc.Format = d.Format
	}
	return x.put(item{document: &doc, format: d.Format, scanned: d.Scanned, remarks: d.Remarks})
}

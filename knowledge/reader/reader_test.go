package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/knowledge/document"
)

// machineCode is the folder of PDFium's machine code, which takes seconds to make: for all
// tests.
var machineCode string

func TestMain(m *testing.M) {
	Child()
	var err error
	if machineCode, err = os.MkdirTemp("", "suiren-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(machineCode)
	os.Exit(code)
}

type collect struct {
	documents []*document.Document
	rejected  []*document.Rejection
}

func (c *collect) Document(d *document.Document) error {
	c.documents = append(c.documents, d)
	return nil
}
func (c *collect) Rejected(r *document.Rejection) error {
	c.rejected = append(c.rejected, r)
	return nil
}

func TestRead(t *testing.T) {
	p := New(Options{})
	defer p.Close()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			var c collect
			name := fmt.Sprintf("f%d.html", i)
			text := strings.Repeat(fmt.Sprintf("Page %d says a word. ", i), 20)
			if err := p.Read(t.Context(), name, []byte("<p>"+text), &c); err != nil || len(c.documents) != 1 || c.documents[0].Name != name || !strings.Contains(c.documents[0].Text(), text[:12]) {
				t.Errorf("%v %+v", err, c)
			}
		})
	}
	wg.Wait()
	var r *document.Rejection
	if err := p.Read(t.Context(), "x.docx", []byte("PK\x03\x04 nonsense"), &collect{}); !errors.As(err, &r) || r.Cause != document.Broken || r.Name != "x.docx" || r.Zh == "" {
		t.Error(err)
	}
	stop := errors.New("enough")
	if err := p.Read(t.Context(), "a.txt", []byte("text"), stopper{stop}); !errors.Is(err, stop) {
		t.Error(err)
	}
}

type stopper struct{ err error }

func (s stopper) Document(*document.Document) error  { return s.err }
func (s stopper) Rejected(*document.Rejection) error { return s.err }

// TestLimits has a file cost too much: the next one is read all the same.
func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		data []byte
		want document.Cause
	}{
		"slow":   {Options{Time: time.Nanosecond}, []byte("text"), document.Slow},
		"large":  {Options{Limits: document.Limits{File: 3}}, []byte("text"), document.Large},
		"memory": {Options{Memory: 200 << 20}, bytes.Repeat([]byte("<p>a<b>"), 12<<20), document.Large},
	} {
		if name == "memory" && !bounded {
			continue
		}
		p := New(c.o)
		var r *document.Rejection
		if err := p.Read(t.Context(), "x.html", c.data, &collect{}); !errors.As(err, &r) || r.Cause != c.want && !(name == "memory" && r.Cause == document.Crashed) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "memory" {
			var got collect
			if err := p.Read(t.Context(), "y.html", []byte("<p>still here"), &got); err != nil || len(got.documents) != 1 {
				t.Errorf("after: %v", err)
			}
		}
		p.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := New(Options{})
	defer p.Close()
	if err := p.Read(ctx, "x.txt", []byte("text"), &collect{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// bounded: the system bounds the memory of a process.
const bounded = runtime.GOOS == "linux"

// A file that streams is never held whole: the child asks for its parts.
func TestReadAt(t *testing.T) {
	p := New(Options{})
	defer p.Close()
	var b bytes.Buffer
	for i := range 60_000 {
		fmt.Fprintf(&b, "{\"title\":\"t%d\",\"text\":\"%s\"}\n", i, strings.Repeat(fmt.Sprintf("word%d ", i), 20))
	}
	data := b.Bytes()
	if !document.Streams("x.jsonl", data[:100], int64(len(data))) {
		t.Fatal("it is too small to be a stream")
	}
	var c collect
	if err := p.ReadAt(t.Context(), "x.jsonl", bytes.NewReader(data), int64(len(data)), 59_990, &c); err != nil || len(c.documents) != 10 || c.documents[9].Title != "t59999" || c.documents[9].Name != "x.jsonl#60000" {
		t.Errorf("%d documents: %v", len(c.documents), err)
	}
	c = collect{} // the child is as good as before
	if err := p.Read(t.Context(), "a.txt", []byte("a text"), &c); err != nil || len(c.documents) != 1 {
		t.Error(err)
	}
	stop := errors.New("enough")
	if err := p.ReadAt(t.Context(), "x.jsonl", bytes.NewReader(data), int64(len(data)), 0, stopper{stop}); !errors.Is(err, stop) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.ReadAt(ctx, "x.jsonl", bytes.NewReader(data), int64(len(data)), 0, &c); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	broken := errors.New("the disk is broken")
	if err := p.ReadAt(t.Context(), "x.jsonl", noFile{broken}, 1<<30, 0, &c); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type noFile struct{ err error }

func (n noFile) ReadAt([]byte, int64) (int, error) { return 0, n.err }

// A page is drawn in a child; what cannot be drawn says so, and the child goes on.
func TestDraw(t *testing.T) {
	p := New(Options{Cache: machineCode})
	defer p.Close()
	file := []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>\nendobj\ntrailer << /Size 4 /Root 1 0 R >>\n%%EOF\n")
	b, err := p.Draw(t.Context(), "a.pdf", file, "a.pdf", 1, 300)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := png.DecodeConfig(bytes.NewReader(b)); err != nil || m.Width != 300 || m.Height != 150 {
		t.Errorf("%+v %v", m, err)
	}
	var r *document.Rejection
	if b, err := p.Draw(t.Context(), "a.pdf", file, "a.pdf", 2, 300); b != nil || !errors.As(err, &r) || r.Cause != document.Missing {
		t.Error(err)
	}
	var c collect
	if err := p.Read(t.Context(), "a.txt", []byte("a text"), &c); err != nil || len(c.documents) != 1 {
		t.Error(err)
	}
	quick := New(Options{Time: time.Nanosecond})
	defer quick.Close()
	if _, err := quick.Draw(t.Context(), "a.pdf", file, "a.pdf", 1, 300); !errors.As(err, &r) || r.Cause != document.Slow {
		t.Error(err)
	}
}

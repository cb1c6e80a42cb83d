package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/knowledge/document"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
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

package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"suiren/internal/say"
)

// A page's own words reach the reader, in their language; the program's do not.
func TestPages(t *testing.T) {
	b := start(t, words(nil, []string{"2"}), func(c *Config, _ *Release) {
		c.Pages.Bases = func(_ context.Context, q Query) (any, error) {
			switch q.Values.Get("q") {
			case "told":
				return nil, &say.Error{Where: "here", What: say.T("it is so", "就是这样"), Next: say.T("do that", "请这样做")}
			case "gone":
				return nil, fs.ErrNotExist
			case "broken":
				return nil, errors.New("a secret of the house")
			}
			return map[string]any{"caller": q.Caller, "name": q.Name}, nil
		}
		c.Pages.BasePage = func(_ context.Context, q Query) (any, error) {
			return &Picture{Type: "image/png", Bytes: []byte("drawn for " + q.Name)}, nil
		}
		c.Pages.ReleasePage = func(_ context.Context, q Query) (any, error) {
			return &Picture{Type: "image/png", Bytes: []byte("of " + q.Name)}, nil
		}
		c.Pages.AddToBase = func(_ context.Context, q Query) (any, error) {
			return map[string]string{"name": q.Name, "body": string(q.Body)}, nil
		}
	})
	for _, c := range []struct {
		method, path, body, lang string
		status                   int
		want                     string
	}{
		{"GET", "/api/bases", "", "en", 200, `"name":""`},
		{"GET", "/api/bases?q=told", "", "en", 400, "here: it is so; do that"},
		{"GET", "/api/bases?q=told", "", "zh-CN", 400, "请这样做"},
		{"GET", "/api/bases?q=gone", "", "en", 404, "not_found"},
		{"GET", "/api/bases?q=broken", "", "en", 500, "internal_error"},
		{"GET", "/api/bases/books/page?file=a.pdf", "", "en", 200, "drawn for books"},
		{"GET", "/api/documents/tutor/page?file=a.pdf", "", "en", 200, "of tutor"},
		{"GET", "/api/documents/nobody/page?file=a.pdf", "", "en", 404, "model_not_found"},
		{"GET", "/api/corpora", "", "en", 404, "not_found"},
		{"POST", "/api/bases/books", `{"paths":[]}`, "en", 200, `"name":"books"`},
	} {
		status, text := b.send(t, c.method, c.path, c.body, "Accept-Language", c.lang)
		if status != c.status || !strings.Contains(text, c.want) || strings.Contains(text, "secret") {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, text)
		}
	}
}

// A tab has one stream: it tells what the server does and the lines of the
// newest run, goes on where it broke off, and takes up a run that begins later.
func TestTabStream(t *testing.T) {
	var newest atomic.Value
	newest.Store("one")
	lines := map[string]int64{"one": 5, "two": 2}
	b := start(t, words(nil, []string{"a"}), func(c *Config, _ *Release) {
		c.Runs = func() (json.RawMessage, error) {
			return json.Marshal([]map[string]string{{"id": newest.Load().(string)}})
		}
		c.Events = func(_ context.Context, run string, after int64, _ say.Lang) iter.Seq2[Event, error] {
			return func(yield func(Event, error) bool) {
				for id := after + 1; id <= lines[run]; id++ {
					if !yield(Event{ID: id, Data: json.RawMessage(`{"type":"note"}`)}, nil) {
						return
					}
				}
			}
		}
	})
	r := b.request(t, "GET", "/api/events?lang=zh-CN", "", "Last-Event-ID", "one/3")
	defer r.Body.Close()
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatal(got)
	}
	var ids []string
	live, ends := 0, 0
	s := bufio.NewScanner(r.Body)
	for ends < 2 && s.Scan() {
		id, ok := strings.CutPrefix(s.Text(), "id: ")
		switch {
		case ok:
			ids = append(ids, id)
		case strings.Contains(s.Text(), `"type":"live"`):
			live++
		case strings.Contains(s.Text(), `"type":"run_end"`):
			ends++
			newest.Store("two")
		}
	}
	if got := strings.Join(ids, " "); got != "one/4 one/5 two/1 two/2" {
		t.Errorf("the lines were %s", got)
	}
	if live == 0 {
		t.Error("the stream did not say what the server does")
	}
}

// Nothing is written to a tab that has gone: that would bring the server down.
func TestTabGoes(t *testing.T) {
	var begun, late atomic.Int32
	b := start(t, words(nil, []string{"a"}), func(c *Config, _ *Release) {
		c.Runs = func() (json.RawMessage, error) { return json.RawMessage(`[{"id":"one"}]`), nil }
		c.Events = func(ctx context.Context, _ string, _ int64, _ say.Lang) iter.Seq2[Event, error] {
			return func(yield func(Event, error) bool) {
				begun.Add(1)
				<-ctx.Done()
				for id := range int64(100) { // of what was read before
					if time.Sleep(time.Millisecond / 10); !yield(Event{ID: id, Data: json.RawMessage(`{"type":"note"}`)}, nil) {
						break
					}
				}
				late.Add(1)
			}
		}
	})
	const tabs = 20
	for n := range int32(tabs) {
		r := b.request(t, "GET", "/api/events", "")
		bufio.NewReader(r.Body).ReadString('\n')
		for begun.Load() <= n { // a tab that goes before its lines come has none
			time.Sleep(time.Millisecond)
		}
		r.Body.Close()
	}
	for end := time.Now().Add(time.Minute); late.Load() < tabs && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if r := b.request(t, "GET", "/api/state", ""); r.StatusCode != http.StatusOK || late.Load() < tabs {
		t.Errorf("the server answers %d, and %d tabs of %d ended", r.StatusCode, late.Load(), tabs)
	}
}

// The page's files come packed to whoever takes that, and are told by a tag.
func TestPackedFiles(t *testing.T) {
	b := start(t, nil, nil)
	r := b.request(t, "GET", "/kit.js", "", "Accept-Encoding", "gzip")
	r.Body.Close()
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Encoding") != "gzip" || r.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	r = b.request(t, "GET", "/kit.js", "", "Accept-Encoding", "gzip", "If-None-Match", r.Header.Get("ETag"))
	r.Body.Close()
	if r.StatusCode != http.StatusNotModified {
		t.Errorf("the same file again: %d", r.StatusCode)
	}
	r = b.request(t, "GET", "/kit.js", "", "Accept-Encoding", "identity")
	r.Body.Close()
	if r.Header.Get("Content-Encoding") != "" {
		t.Error("a client that takes no gzip gets it")
	}
}

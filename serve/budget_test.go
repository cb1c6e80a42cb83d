package serve

import (
	"context"
	"iter"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"suiren/internal/say"
	"suiren/serve/form"
)

// requests yields the requests of testdata/surfaces.
func requests(t *testing.T, each func(method, path, body string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/surfaces/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(a.Files); i += 2 {
			method, path, _ := strings.Cut(a.Files[i].Name, " ")
			each(method, path, string(a.Files[i].Data))
		}
	}
}

// Whatever a client asks for, on whichever surface: what was recorded was held
// before, and what was held is recorded or released.
func TestEverySurfaceReserves(t *testing.T) {
	var mu sync.Mutex
	held, recorded := map[string]bool{}, map[string]bool{}
	refuse := false
	b := start(t, parrot{}, func(c *Config, r *Release) {
		made := r.Made
		*r = *everything()
		r.Made = made
		c.Reserve = func(h Hold) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if refuse {
				return 0, &form.Error{Status: http.StatusTooManyRequests, Type: "insufficient_quota", Code: "insufficient_quota", Text: say.T("no room", "没有余量")}
			}
			if held[h.ID] || h.Tokens < 0 || h.Caller == "" {
				t.Errorf("held again, or by nobody: %+v", h)
			}
			held[h.ID] = true
			return h.More, nil
		}
		c.Release = func(id string) error {
			mu.Lock()
			defer mu.Unlock()
			delete(held, id)
			return nil
		}
		c.Record = func(r *Record) error {
			mu.Lock()
			defer mu.Unlock()
			if !held[r.ID] {
				t.Errorf("%s was recorded and not held", r.ID)
			}
			recorded[r.ID] = true
			delete(held, r.ID)
			return nil
		}
	})
	paths := map[string]int{}
	try := func(method, path, body string) {
		before := len(recorded)
		b.send(t, method, path, body, "Authorization", "", "X-Api-Key", goodKey)
		if len(held) > 0 {
			t.Errorf("%s %s: still held: %v", method, path, held)
		}
		if len(recorded) == before {
			return
		}
		paths[path]++
		before, refuse = len(recorded), true
		code, reply := b.send(t, method, path, body, "Authorization", "", "X-Api-Key", goodKey)
		if refuse = false; code != http.StatusTooManyRequests || len(recorded) > before || !strings.Contains(reply, "no room") {
			t.Errorf("%s %s without room: %d %s", method, path, code, reply)
		}
	}
	requests(t, func(method, path, body string) {
		try(method, path, body)
		if path == "/v1/rerank" {
			try(method, "/v2/rerank", body)
		}
	})
	for _, r := range New(Config{}).Routes() {
		if method, path, _ := strings.Cut(r.Pattern, " "); method != "GET" && generates[r.Action] && paths[path] == 0 {
			t.Errorf("%s was never tried", r.Pattern)
		}
	}
}

// generates are the actions that use a model.
var generates = map[Action]bool{Chat: true, Embed: true, Rerank: true}

// counted is a model of all kinds that counts how often it is used.
type counted struct {
	parrot
	lengths
	n *atomic.Int64
}

func (c counted) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	c.n.Add(1)
	return c.parrot.Answer(ctx, a)
}

func (c counted) Embed(ctx context.Context, texts []form.Prompt, cut bool) ([][]float32, []int, error) {
	c.n.Add(1)
	return c.lengths.Embed(ctx, texts, cut)
}

func (c counted) Rerank(ctx context.Context, query string, documents []string) ([]float64, int, error) {
	c.n.Add(1)
	return c.lengths.Rerank(ctx, query, documents)
}

// No route but those whose action is one that uses a model uses one, whatever it is
// sent; those that do write a record of each use.
func TestNoRouteOutside(t *testing.T) {
	var used, recorded atomic.Int64
	b := start(t, parrot{}, func(c *Config, r *Release) {
		made := r.Made
		*r = *everything()
		m := counted{n: &used}
		r.Made, r.Answerer, r.Embedder, r.Reranker = made, m, m, m
		c.Record = func(*Record) error { recorded.Add(1); return nil }
	})
	var bodies []string
	requests(t, func(_, _, body string) { bodies = append(bodies, body) })
	routes := 0
	for _, r := range New(Config{}).Routes() {
		method, path, ok := strings.Cut(r.Pattern, " ")
		if !ok {
			method, path = "POST", "/"
		}
		path = strings.NewReplacer("/api/events", "/api/events?once", "{model}", "parrot", "{id}", "x", "{run}", "latest", "{file...}", "x").Replace(path)
		for i, body := range bodies {
			if method == "GET" && i > 0 {
				break
			}
			before, kept := used.Load(), recorded.Load()
			b.send(t, method, path, body, "Authorization", "", "X-Api-Key", goodKey)
			if n := used.Load() - before; n > 0 && !generates[r.Action] || n != recorded.Load()-kept {
				t.Fatalf("%s used a model %d times and recorded %d: %s", r.Pattern, n, recorded.Load()-kept, body)
			}
		}
		routes++
	}
	if used.Load() < 50 || routes < 30 {
		t.Errorf("%d uses on %d routes: too little was tried", used.Load(), routes)
	}
}

// An answer of no given length is as long as there is room for.
func TestBudgetShortens(t *testing.T) {
	var got Hold
	b := start(t, parrot{}, func(c *Config, r *Release) {
		r.Context = 128
		c.Reserve = func(h Hold) (int, error) { got = h; return min(h.More, 2), nil }
		c.Release = func(string) error { return nil }
	})
	code, reply := b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"one two three four"}],"think":false}`, "Authorization", "Bearer "+goodKey)
	if code != 200 || !strings.Contains(reply, `"finish_reason":"length"`) || !strings.Contains(reply, `"completion_tokens":2`) {
		t.Errorf("%d %s", code, reply)
	}
	if got.Tokens != 18+48 || got.More != 128-66 {
		t.Errorf("held %+v", got)
	}
	if code, reply = b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"one two three four"}],"think":false,"max_tokens":3}`, "Authorization", "Bearer "+goodKey); code != 200 || got.Tokens != 21+48 || got.More != 0 {
		t.Errorf("%d %s: held %+v", code, reply, got)
	}
}

package account

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/serve/openai"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/people"
)

// An echo answers with what it was asked, and notes for which tenant.
type echo struct {
	mu   sync.Mutex
	last form.Ask
}

func (*echo) Can() form.Can { return ^form.Can(0) }

func (e *echo) Answer(_ context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		if _, ok := whose[a.Knowledge]; a.Knowledge != "" && !ok {
			yield(form.Event{}, serve.NoBase)
			return
		}
		e.mu.Lock()
		e.last = *a
		e.mu.Unlock()
		if a.Receipt != nil {
			*a.Receipt = form.Receipt{Version: form.ReceiptVersion, ID: a.Receipt.ID, Seed: a.Seed}
		}
		text := "raw"
		if a.Prompt == nil && len(a.Messages) > 0 {
			text = a.Messages[len(a.Messages)-1].Text
		}
		u := form.Usage{Prompt: 1, Completion: 1}
		if yield(form.Event{Kind: form.Text, Text: text, Usage: u}, nil) {
			yield(form.Event{Kind: form.Finish, Reason: form.Stop, Usage: u}, nil)
		}
	}
}

type speller struct{}

func (speller) Tokens(text string, _ bool) []int32            { return make([]int32, len(text)) }
func (speller) Piece(int32) ([]byte, bool)                    { return []byte("a"), true }
func (speller) Spell([]int32) string                          { return "a" }
func (speller) Render(*form.Request) (string, []int32, error) { return "a", []int32{1}, nil }
func (*echo) Width() int                                      { return 1 }
func (*echo) Longest() int                                    { return 8 }
func (*echo) Rerank(context.Context, string, []string) ([]float64, int, error) {
	return []float64{1}, 1, nil
}
func (*echo) Embed(_ context.Context, texts []form.Prompt, _ bool) ([][]float32, []int, error) {
	return make([][]float32, len(texts)), make([]int, len(texts)), nil
}

// A house is a server with its door, and tenants a and b. Each has a model and
// a knowledge base of its own, as the house has; one of each is everyone's.
type house struct {
	*httptest.Server
	*Account
	t    testing.TB
	log  *bytes.Buffer
	dir  string
	echo *echo
}

// whose are the models and bases, and the tenants that have them.
var whose = map[string][]string{"of-all": nil, "of-a": {"a"}, "of-b": {"b"}, "of-house": {""}}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func build(t testing.TB, change func(*Account, *serve.Config)) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, log: new(bytes.Buffer), dir: dir, echo: &echo{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store, err := people.Open(filepath.Join(dir, "people.db"))
	must(err)
	t.Cleanup(func() { store.Close() })
	keys, err := operate.OpenKeys(filepath.Join(dir, "keys.json"))
	must(err)
	audit, err := operate.OpenAudit(filepath.Join(dir, "audit.jsonl"))
	must(err)
	t.Cleanup(func() { audit.Close() })
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: h.log}, nil))
	h.Account = &Account{People: store, Keys: keys, Rules: access.Default(), Audit: audit, Log: log, Now: time.Now}
	for _, tenant := range []string{"a", "b"} {
		must(store.AddTenant(tenant, ""))
	}
	for id, tenants := range whose {
		for _, tenant := range tenants {
			if tenant == "" {
				tenant = people.House
			}
			must(store.Give(people.Share{Kind: "Model", ID: id}, tenant, true))
			must(store.Give(people.Share{Kind: "Base", ID: id}, tenant, true))
		}
	}
	conf := serve.Config{Log: log, Slots: 4, Rate: func(serve.Rating) error { return nil },
		Plan: nil, Search: func(_ []string, base, _ string, _ int) ([]openai.Found, error) {
			if _, ok := whose[base]; !ok {
				return nil, serve.ErrNoStore
			}
			return []openai.Found{{ID: "1", Text: "secret of " + base}}, nil
		}}
	conf.Pages.ReleasePage = func(_ context.Context, q serve.Query) (any, error) {
		return &serve.Picture{Type: "image/png", Bytes: []byte("secret of " + q.Name)}, nil
	}
	conf.Pages.Bases = func(_ context.Context, q serve.Query) (any, error) {
		list := []string{}
		for base := range whose {
			if q.Keeper || q.Search(base) {
				list = append(list, base)
			}
		}
		return list, nil
	}
	for _, v := range []*serve.View{&conf.Pages.BaseFiles, &conf.Pages.BaseDocuments, &conf.Pages.BaseText, &conf.Pages.BasePage, &conf.Pages.FindInBase, &conf.Pages.BaseConflicts, &conf.Pages.EvalBase} {
		*v = func(_ context.Context, q serve.Query) (any, error) { return "secret of " + q.Name, nil }
	}
	var ticks atomic.Int32 // the stream of a tab tells what has changed
	conf.Pages.Tasks = func(_ context.Context, q serve.Query) (any, error) {
		list := []string{fmt.Sprint(ticks.Add(1))}
		for _, a := range []serve.Action{serve.ReadBases, serve.ReadPlan, serve.ReadPolicy} {
			if q.May(a) {
				list = append(list, "task of "+string(a))
			}
		}
		return list, nil
	}
	conf.Runs = func() (json.RawMessage, error) { return json.RawMessage(`[{"id":"run-of-the-house"}]`), nil }
	conf.Events = func(context.Context, string, int64, say.Lang) iter.Seq2[serve.Event, error] {
		return func(yield func(serve.Event, error) bool) {
			yield(serve.Event{ID: 1, Data: json.RawMessage(`{"text":"line of the house"}`)}, nil)
		}
	}
	h.Account.Config(&conf)
	if change != nil {
		change(h.Account, &conf)
	}
	s := serve.New(conf)
	var list []*serve.Release
	for _, id := range []string{"of-all", "of-a", "of-b", "of-house"} {
		list = append(list, &serve.Release{Name: id, Digest: strings.Repeat("ab", 32), Made: time.Unix(1, 0), Answerer: h.echo, Speller: speller{}, Embedder: h.echo, Reranker: h.echo, Context: 64,
			Document: func(_ []string, base, _ string) (any, error) {
				if _, ok := whose[base]; base != "" && !ok {
					return nil, serve.NoBase
				}
				return []string{"of a document"}, nil
			}})
	}
	s.Open(list...)
	h.Server = httptest.NewServer(s.Handler())
	t.Cleanup(h.Server.Close)
	return h
}

// key makes a key and returns its secret.
func (h *house) key(k operate.Key) string {
	h.t.Helper()
	secret, err := h.Keys.Make(k)
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

const good = "seven otters read poems"

// person makes an account with a password.
func (h *house) person(p people.Person) {
	h.t.Helper()
	if err := h.People.Add(p); err != nil {
		h.t.Fatal(err)
	}
	if err := h.setGood(p.Name); err != nil {
		h.t.Fatal(err)
	}
}

// A browser keeps cookies.
type browser struct {
	h      *house
	cookie string
	header []string
}

// do sends a request; as is a key's secret, or "".
func (b *browser) do(method, path, body string) (int, string) {
	b.h.t.Helper()
	req, err := http.NewRequest(method, b.h.URL+path, strings.NewReader(body))
	if err != nil {
		b.h.t.Fatal(err)
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", b.cookie)
	}
	for i := 0; i < len(b.header); i += 2 {
		req.Header.Set(b.header[i], b.header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		if strings.HasPrefix(c.Name, "suiren-1") || strings.HasPrefix(c.Name, "suiren-2") || strings.HasPrefix(c.Name, "suiren-3") || strings.HasPrefix(c.Name, "suiren-4") || strings.HasPrefix(c.Name, "suiren-5") || strings.HasPrefix(c.Name, "suiren-6") {
			b.cookie = c.Name + "=" + c.Value
		}
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// open opens a stream.
func (b *browser) open(path string) io.Reader {
	b.h.t.Helper()
	req, err := http.NewRequest("GET", b.h.URL+path, nil)
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Cookie", b.cookie)
	if len(b.header) > 0 {
		req.Header.Set(b.header[0], b.header[1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	b.h.t.Cleanup(func() { resp.Body.Close() }) // before the server, which waits for it
	if resp.StatusCode != http.StatusOK {
		b.h.t.Fatalf("%s: %d", path, resp.StatusCode)
	}
	return resp.Body
}

// stream is what the stream of a tab says until it has told twice what the server does:
// what else it has to say it has said by then.
func (b *browser) stream() string {
	b.h.t.Helper()
	body := b.open("/api/events")
	var all strings.Builder
	lines := bufio.NewScanner(body)
	for strings.Count(all.String(), `"type":"live"`) < 2 && lines.Scan() {
		all.WriteString(lines.Text() + "\n")
	}
	return all.String()
}

func (h *house) by(secret string, header ...string) *browser {
	if secret != "" {
		header = append(header, "Authorization", "Bearer "+secret)
	}
	return &browser{h: h, header: header}
}

// as signs a person in.
func (h *house) as(name string) *browser {
	h.t.Helper()
	b := h.by("")
	if code, text := b.do("POST", "/api/session", `{"name":"`+name+`","password":"`+good+`"}`); code != 200 || b.cookie == "" {
		h.t.Fatalf("%s does not get in: %d %s", name, code, text)
	}
	return b
}

// codeOf is the code of an error.
func codeOf(text string) string {
	var e struct{ Error json.RawMessage }
	json.Unmarshal([]byte(text), &e)
	var o struct{ Code string }
	json.Unmarshal(e.Error, &o)
	return o.Code
}

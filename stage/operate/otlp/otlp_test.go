package otlp

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"suiren/stage/operate/ledger"
)

func one() *ledger.Trace {
	return &ledger.Trace{ID: "chatcmpl-A", Time: time.Unix(1_800_000_000, 5000).UTC(), Account: ledger.Account{Key: "k", Tenant: "school"}, Supply: ledger.Supply{Release: "r", Model: "tutor"},
		Operation: "chat", Reason: "stop", Parent: "00-" + strings.Repeat("ab", 16) + "-" + strings.Repeat("cd", 8) + "-01", First: time.Second, Total: 3 * time.Second,
		Amounts: ledger.Amounts{Requests: 1, Prompt: 5, Cached: 2, Thought: 3, Answer: 4, CPU: 10}, Content: &ledger.Content{Answer: "a secret"},
		Rails: []ledger.Decision{{Class: "A.1", Rule: "r1", Action: "observe"}},
		Spans: []ledger.Span{{Name: "queue", Total: time.Second}, {Name: "model", Start: time.Second, Total: time.Second}, {Name: "answer", Parent: "model", Start: time.Second, Total: time.Second, Count: 4}}}
}

// Every name that begins as the conventions' do is one of theirs.
func TestNames(t *testing.T) {
	b, err := os.ReadFile("../../../testdata/oracle/semconv/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, n := range strings.Fields(string(b)) {
		known[n] = true
	}
	f, err := parser.ParseFile(token.NewFileSet(), "otlp.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		if lit, ok := node.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			v, _ := strconv.Unquote(lit.Value)
			if strings.HasPrefix(v, "gen_ai.") || strings.HasPrefix(v, "error.") {
				if n++; !known[v] {
					t.Errorf("%s is none of the conventions' names", v)
				}
			}
		}
		return true
	})
	for own, op := range operations {
		if !known[operationName+"="+op] {
			t.Errorf("%s is called %s, which is no operation", own, op)
		}
	}
	if n < 10 || len(known) < 50 || !strings.Contains(SchemaURL, "1.41.0") {
		t.Errorf("%d names were checked against %d", n, len(known))
	}
}

// What is sent is what is received, in either form.
func TestThere(t *testing.T) {
	d := Encode([]*ledger.Trace{one()}, "v1")
	b, err := proto.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("a secret")) {
		t.Error("what was said was sent")
	}
	list, err := Decode("application/x-protobuf", b)
	if err != nil || len(list) != 4 {
		t.Fatal(list, err)
	}
	root := list[0]
	if root.Trace != strings.Repeat("ab", 16) || root.Parent != strings.Repeat("cd", 8) || root.Total != 3*time.Second || root.Name != "chat tutor" || !root.Time.Equal(one().Time) {
		t.Errorf("%+v", root)
	}
	for _, want := range []string{`"gen_ai.usage.input_tokens":7`, `"gen_ai.usage.output_tokens":7`, `"gen_ai.response.finish_reasons":["stop"]`, `"suiren.tenant":"school"`, `"suiren.rail.rule":"r1"`} {
		if !bytes.Contains(root.Body, []byte(want)) {
			t.Errorf("no %s in %s", want, root.Body)
		}
	}
	if list[1].Parent != root.Span || list[3].Parent != list[2].Span {
		t.Errorf("the tree: %+v", list)
	}
	// OTLP's JSON has ids in hexadecimal.
	js, err := JSON([]*ledger.Trace{one()}, "v1")
	if err != nil || !bytes.Contains(js, []byte(strings.Repeat("ab", 16))) {
		t.Fatalf("%s, %v", js, err)
	}
	again, err := Decode("application/json; charset=utf-8", js)
	if err != nil || len(again) != 4 || again[0].Trace != root.Trace || again[3].Parent != list[3].Parent || string(again[0].Body) != string(root.Body) {
		t.Errorf("as JSON: %+v, %v\n%s", again, err, js)
	}
}

func TestRefused(t *testing.T) {
	ids := `"traceId":"` + strings.Repeat("ab", 16) + `","spanId":"` + strings.Repeat("cd", 8) + `"`
	span := func(s string) string { return `{"resourceSpans":[{"scopeSpans":[{"spans":[` + s + `]}]}]}` }
	for _, c := range []struct{ kind, body string }{
		{"text/plain", "{}"}, {"application/json", "{"}, {"application/json", "[]"}, {"application/x-protobuf", "\xff\xff"},
		{"application/json", span(`{"traceId":"xx","spanId":"yy"}`)}, {"application/json", span(`{"name":"no ids"}`)},
		{"application/json", span(`{` + ids + `,"startTimeUnixNano":"18446744073709551615"}`)},
		{"application/json", span(`{` + ids + `,"name":"` + strings.Repeat("n", maxName+1) + `"}`)},
		{"application/json", span(`{` + ids + `,"attributes":[{"key":"k","value":{"stringValue":"` + strings.Repeat("x", maxBody) + `"}}]}`)},
		{"application/json", span(strings.TrimSuffix(strings.Repeat(`{`+ids+`},`, maxSpans+1), ","))},
		{"application/json", strings.Repeat(`{"resourceSpans":[`, 60)},
	} {
		if _, err := Decode(c.kind, []byte(c.body)); err == nil {
			t.Errorf("took %s %.100s", c.kind, c.body)
		}
	}
	if list, err := Decode("application/json", []byte(span(`{`+ids+`,"unknown":1}`))); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

// The collector gets each trace once, also after it was away; nobody else is asked.
func TestSend(t *testing.T) {
	var got, elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	var away atomic.Bool
	away.Store(true)
	c := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path == "/away/v1/traces" {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
			return
		}
		list, err := Decode(r.Header.Get("Content-Type"), b)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Error(r.URL.Path, err)
		}
		got.Add(int64(len(list)))
	}))
	defer c.Close()
	log := slog.New(slog.DiscardHandler)
	s, err := NewSender(c.URL, "v1", log)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		s.Send(one())
	}
	if s.flush() == nil {
		t.Error("the collector was away")
	}
	away.Store(false)
	if err := s.flush(); err != nil || got.Load() != 40 {
		t.Errorf("%d spans of 40, %v", got.Load(), err)
	}
	s.Send(one())
	if err := s.Close(); err != nil || got.Load() != 44 {
		t.Errorf("%d spans of 44, %v", got.Load(), err)
	}
	for range maxQueue + 10 {
		s.Send(one())
	}
	if len(s.queue) != maxQueue || s.lost != 10 {
		t.Errorf("%d wait, %d are lost", len(s.queue), s.lost)
	}
	s, err = NewSender(c.URL+"/away", "v1", log)
	if err != nil {
		t.Fatal(err)
	}
	s.Send(one())
	if err := s.Close(); err == nil || elsewhere.Load() != 0 {
		t.Errorf("a redirect: %v, %d requests elsewhere", err, elsewhere.Load())
	}
	for _, bad := range []string{"", "10.0.0.5:4318", "ftp://x", "http://a:b@x", "http://x?y", "http://"} {
		if s, err := NewSender(bad, "v1", log); err == nil {
			s.Close()
			t.Errorf("sends to %q", bad)
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, _ := proto.Marshal(Encode([]*ledger.Trace{one()}, "v1"))
	f.Add(b, false)
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"`+strings.Repeat("ab", 16)+`","spanId":"`+strings.Repeat("cd", 8)+`"}]}]}]}`), true)
	f.Fuzz(func(t *testing.T, b []byte, isJSON bool) {
		kind := "application/x-protobuf"
		if isJSON {
			kind = "application/json"
		}
		list, err := Decode(kind, b)
		for _, s := range list {
			if err == nil && (len(s.Trace) != 32 || len(s.Span) != 16 || len(s.Body) > maxBody || s.Total < 0) {
				t.Errorf("took %+v", s)
			}
		}
	})
}

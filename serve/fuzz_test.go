package serve

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// Whatever body comes, the answer is JSON of OpenAI's shapes or a stream, and
// never an error of ours.
func FuzzChat(f *testing.F) {
	f.Add(ask(""))
	f.Add(ask(`,"stream":true,"stop":["a"],"seed":-1`))
	f.Add(`{"messages":[{"role":"user","content":[{"type":"text"}]}],"think":{}}`)
	f.Add(`{"messages":null,"stop":null}`)
	s := New(Config{})
	s.Open(&Release{Name: "tutor", Digest: "ab", Answerer: words([]string{"t"}, []string{"an", "swer"}), Policy: wordPolicy("bomb")})
	h := s.Handler()
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "http://localhost/v1/chat/completions", strings.NewReader(body))
		h.ServeHTTP(w, r)
		data, _ := io.ReadAll(w.Body)
		switch {
		case w.Code >= 500:
			t.Errorf("status %d for %q: %s", w.Code, body, data)
		case w.Header().Get("Content-Type") == "application/json":
			var v map[string]any
			if err := json.Unmarshal(data, &v); err != nil || (v["error"] == nil) == (w.Code != 200) {
				t.Errorf("status %d for %q: %s", w.Code, body, data)
			}
		case !strings.HasSuffix(string(data), "data: [DONE]\n\n"):
			t.Errorf("a stream that does not end: %q", data)
		}
	})
}

// Whatever body comes, every surface answers with JSON, with lines of it, or
// with a stream that ends; and an error is the client's.
func FuzzSurfaces(f *testing.F) {
	files, err := filepath.Glob("testdata/surfaces/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no cases: ", err)
	}
	var paths []string
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := 0; i < len(a.Files); i += 2 {
			path, ok := strings.CutPrefix(a.Files[i].Name, "POST ")
			if !ok {
				continue
			}
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
			f.Add(uint8(slices.Index(paths, path)), string(a.Files[i].Data))
		}
	}
	s := New(Config{Slots: 1})
	rel := everything()
	s.Open(rel)
	h := s.Handler()
	f.Fuzz(func(t *testing.T, at uint8, body string) {
		path := paths[int(at)%len(paths)]
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "http://localhost"+path, strings.NewReader(body)))
		data := w.Body.String()
		bad := func(why string) { t.Errorf("%s: %s: status %d for %q: %s", why, path, w.Code, body, data) }
		if w.Code >= 500 && path != "/api/pull" {
			bad("an error of ours")
		}
		switch kind := w.Header().Get("Content-Type"); kind {
		case "application/json":
			var v map[string]any
			if err := json.Unmarshal([]byte(data), &v); err != nil || v["error"] != nil && w.Code == 200 {
				bad("odd JSON")
			}
		case "application/x-ndjson":
			lines := strings.Split(strings.TrimSuffix(data, "\n"), "\n")
			var last struct{ Done bool }
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || !last.Done {
				bad("lines that do not end")
			}
		case "text/event-stream":
			events := strings.Split(strings.TrimSuffix(data, "\n\n"), "\n\n")
			last := events[len(events)-1]
			if last != "data: [DONE]" && !strings.HasPrefix(last, "event: message_stop\n") &&
				!strings.HasPrefix(last, "event: response.completed\n") && !strings.HasPrefix(last, "event: response.incomplete\n") {
				bad("a stream that does not end")
			}
		default:
			bad("type " + kind)
		}
	})
}

// Any cutting of a text gives the same bytes, none of them a stop string's.
func FuzzStop(f *testing.F) {
	f.Add("a END b", "END", 3)
	f.Add("aaab", "aab", 1)
	f.Add("你好的", "好的", 2)
	f.Fuzz(func(t *testing.T, text, stop string, size int) {
		if stop == "" || size < 1 || !utf8.ValidString(text) || !utf8.ValidString(stop) {
			return
		}
		want, _, met := strings.Cut(text, stop)
		var r runes
		s := stopper{stops: []string{stop}}
		var got string
		stopped := false
		for rest := text; rest != "" && !stopped; {
			piece := rest[:min(size, len(rest))]
			rest = rest[len(piece):]
			var out string
			out, stopped = s.write(r.write(piece))
			if !utf8.ValidString(out) {
				t.Fatalf("half a character left: %q", out)
			}
			got += out
		}
		if !stopped {
			got += s.flush() + r.flush()
		}
		if got != want || stopped != met {
			t.Errorf("got %q %v, want %q %v", got, stopped, want, met)
		}
	})
}

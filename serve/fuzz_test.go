package serve

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
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

package serve

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"suiren/serve/form"
)

// A server that stops says so to every request in flight: by a status where
// nothing was sent, else by an error event of the interface.
func TestStopping(t *testing.T) {
	const chat = `"messages":[{"role":"user","content":"hi"}]`
	for _, c := range []struct {
		path, body string
		streams    bool
		want       string
	}{
		{"/v1/chat/completions", `{` + chat + `}`, false, `"code":"stopping"`},
		{"/v1/chat/completions", `{` + chat + `,"stream":true}`, true, "\ndata: {\"error\":{"},
		{"/v1/completions", `{"prompt":"hi","stream":true}`, true, "\ndata: {\"error\":{"},
		{"/v1/responses", `{"input":"hi","stream":true}`, true, "\nevent: error\ndata: {"},
		{"/v1/messages", `{"max_tokens":9,` + chat + `}`, false, `"type":"overloaded_error"`},
		{"/v1/messages", `{"max_tokens":9,` + chat + `,"stream":true}`, true, "\nevent: error\ndata: {\"error\":{"},
		{"/api/chat", `{` + chat + `}`, true, "\n{\"error\":\"the server"},
		{"/api/generate", `{"prompt":"hi","stream":false}`, false, `{"error":"the server`},
	} {
		model := &script{can: ^form.Can(0), block: make(chan struct{}), deltas: []form.Event{{Kind: form.Text, Text: "one"}, {Kind: form.Text, Text: "two"}}}
		s := New(Config{})
		s.Open(&Release{Name: "m", Digest: strings.Repeat("ab", 32), Answerer: model})
		ln, err := Listen("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, ln) }()
		go func() {
			model.block <- struct{}{} // the first piece comes, and no second
			if !c.streams {
				stop()
			}
		}()
		resp, err := http.Post("http://"+ln.Addr().String()+c.path, "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		stop() // a stream has begun
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		want := http.StatusServiceUnavailable
		if c.streams {
			want = http.StatusOK
		}
		if err != nil || resp.StatusCode != want || !strings.Contains(string(text), c.want) || !strings.Contains(string(text), "the server is stopping") {
			t.Errorf("%s %s: %v %d %s", c.path, c.body, err, resp.StatusCode, text)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

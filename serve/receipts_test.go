package serve

import (
	"encoding/json"
	"io"
	"testing"

	"suiren/serve/form"
)

// Every surface names its answers in a header, and by that name there is a
// receipt, for the caller that asked.
func TestReceiptOfEverySurface(t *testing.T) {
	b := start(t, parrot{}, func(c *Config, r *Release) {
		c.Key = func(secret string) (string, bool) { return secret, secret != "" }
	})
	const chat = `"messages":[{"role":"user","content":"good day"}]`
	for path, body := range map[string]string{
		"/v1/chat/completions": `{"seed":7,` + chat + `}`,
		"/v1/completions":      `{"seed":7,"prompt":"good day","stream":true}`,
		"/v1/responses":        `{"seed":7,"input":"good day"}`,
		"/v1/messages":         `{"max_tokens":9,` + chat + `,"stream":true}`,
		"/api/chat":            `{"options":{"seed":7},` + chat + `}`,
		"/api/generate":        `{"options":{"seed":7},"prompt":"good day","stream":false}`,
	} {
		resp := b.request(t, "POST", path, body, "Authorization", "", "X-Api-Key", "one")
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		id := resp.Header.Get("X-Request-Id")
		code, text := b.send(t, "GET", "/v1/receipts/"+id, "", "Authorization", "", "X-Api-Key", "one")
		var r form.Receipt
		if err := json.Unmarshal([]byte(text), &r); code != 200 || err != nil || r.Version != form.ReceiptVersion || r.ID != id {
			t.Errorf("%s: %d %s", path, code, text)
		}
		if path != "/v1/messages" && r.Seed != 7 {
			t.Errorf("%s: seed %d", path, r.Seed)
		}
		if code, text := b.send(t, "GET", "/v1/receipts/"+id, "", "Authorization", "", "X-Api-Key", "two"); code != 404 {
			t.Errorf("%s: another caller gets %d %s", path, code, text)
		}
	}
}

// An answerer that gives no receipts has none.
func TestNoReceipt(t *testing.T) {
	b := start(t, &script{deltas: []form.Event{{Kind: form.Text, Text: "x"}, {Kind: form.Finish, Reason: form.Stop}}}, nil)
	resp := b.request(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"hi"}]}`)
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if code, text := b.send(t, "GET", "/v1/receipts/"+resp.Header.Get("X-Request-Id"), ""); code != 404 {
		t.Errorf("%d %s", code, text)
	}
}

// The memory of receipts is bounded, the oldest go first.
func TestReceiptsAreBounded(t *testing.T) {
	one := &form.Receipt{Prompt: form.Tokens(make([]int32, 1000), true)}
	r := newReceipts(3 * one.Size())
	for _, id := range []string{"a", "b", "c", "d"} {
		r.add(id, "me", one)
	}
	for id, want := range map[string]bool{"a": false, "b": true, "c": true, "d": true} {
		if _, ok := r.find(id, "me"); ok != want {
			t.Errorf("%s: %v", id, ok)
		}
	}
	r.add("huge", "me", &form.Receipt{Prompt: form.Tokens(make([]int32, 10000), true)})
	if len(r.byID) != 0 || r.size != 0 || r.last.Len() != 0 {
		t.Errorf("%d receipts of %d bytes stay", len(r.byID), r.size)
	}
}

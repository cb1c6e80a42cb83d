package serve

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"suiren/serve/form"
)

// Every surface names its answers in a header, and by that name there is a
// receipt, for the caller that asked.
func TestReceiptOfEverySurface(t *testing.T) {
	b := start(t, parrot{}, func(c *Config, r *Release) {
		c.Key = func(secret string) (Caller, bool) { return Caller{Name: secret}, secret != "" }
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

// Whoever is forgotten has no receipt, and no line of their own among the metrics;
// others keep theirs.
func TestForget(t *testing.T) {
	b := start(t, parrot{}, func(c *Config, r *Release) {
		c.Key = func(secret string) (Caller, bool) { return Caller{Name: secret}, secret != "" }
	})
	ids := map[string]string{}
	for _, who := range []string{"one", "two"} {
		resp := b.request(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"good day"}]}`, "Authorization", "", "X-Api-Key", who)
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		ids[who] = resp.Header.Get("X-Request-Id")
	}
	known := func(who string) (receipt, counted bool) {
		code, _ := b.send(t, "GET", "/v1/receipts/"+ids[who], "", "Authorization", "", "X-Api-Key", who)
		_, text := b.send(t, "GET", "/metrics", "", "Authorization", "", "X-Api-Key", "three")
		return code == 200, strings.Contains(text, `caller="`+who+`"`)
	}
	for _, who := range []string{"one", "two"} {
		if receipt, counted := known(who); !receipt || !counted {
			t.Fatalf("%s: a receipt: %v, counted: %v", who, receipt, counted)
		}
	}
	b.s.Forget("one")
	if receipt, counted := known("one"); receipt || counted {
		t.Errorf("one is forgotten: a receipt: %v, counted: %v", receipt, counted)
	}
	if receipt, counted := known("two"); !receipt || !counted {
		t.Errorf("two is not: a receipt: %v, counted: %v", receipt, counted)
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

// The memory of receipts is a ring: the oldest go first, what is kept is what
// was put in, and nothing is taken beyond it.
func TestReceiptsAreBounded(t *testing.T) {
	ring := newReceipts(64 << 10)
	rng := rand.New(rand.NewPCG(1, 2))
	var ids []string
	for i := range 2000 {
		id := "answer-" + strconv.Itoa(i)
		one := &form.Receipt{ID: id, Prompt: form.Tokens(make([]int32, rng.IntN(900)), true)}
		if err := ring.add(id, "caller-"+strconv.Itoa(i%3), one); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		used := 0
		for _, k := range ring.kept {
			used += k.end() - int(k.at)
		}
		if used > len(ring.ring) || len(ring.kept) == 0 {
			t.Fatalf("%d receipts of %d bytes", len(ring.kept), used)
		}
		first := len(ids) - len(ring.kept)
		for _, j := range []int{first - 2, first - 1, first, (first + i) / 2, i} {
			if j < 0 {
				continue
			}
			text, ok := ring.find(ids[j], "caller-"+strconv.Itoa(j%3))
			if ok != (j >= first) {
				t.Fatalf("of %d answers, %d kept, %d is found: %v", len(ids), len(ring.kept), j, ok)
			}
			var r form.Receipt
			if ok && (json.Unmarshal(text, &r) != nil || r.ID != ids[j]) {
				t.Fatalf("%s is %s", ids[j], text)
			}
		}
		if _, ok := ring.find(id, "somebody"); ok {
			t.Fatal("another caller's")
		}
	}
	before := len(ring.kept)
	if err := ring.add("huge", "me", &form.Receipt{Prompt: form.Tokens(make([]int32, 40000), true)}); err != nil {
		t.Fatal(err)
	}
	if _, ok := ring.find("huge", "me"); ok || len(ring.kept) != before {
		t.Error("one larger than the ring is kept")
	}
}

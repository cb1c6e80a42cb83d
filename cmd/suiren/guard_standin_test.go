package main

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/guard"
)

// A parrot thinks, says and passes to a tool what it was asked, cut anywhere.
type parrot struct {
	mu    sync.Mutex
	r     *rand.Rand
	heard string
}

func (*parrot) Can() form.Can { return ^form.Can(0) }

func (p *parrot) Answer(_ context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		text := a.Messages[len(a.Messages)-1].Text
		p.heard = text
		args, _ := json.Marshal(map[string]string{"q": text})
		ref := form.CallRef{ID: "call_1", Name: "look"}
		list := p.pieces(form.Thought, text)
		list = append(list, p.pieces(form.Text, text)...)
		list = append(list, form.Event{Kind: form.CallStart, Call: ref})
		list = append(list, p.pieces(form.CallArgs, string(args))...)
		list = append(list, form.Event{Kind: form.CallEnd, Call: ref}, form.Event{Kind: form.Finish, Reason: form.ToolUse})
		for _, e := range list {
			if e.Kind == form.CallArgs {
				e.Call = ref
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (p *parrot) pieces(kind form.Kind, text string) (list []form.Event) {
	for text != "" {
		n := 1 + p.r.IntN(min(len(text), 9))
		list = append(list, form.Event{Kind: kind, Text: text[:n]})
		text = text[n:]
	}
	return list
}

// planted are values that only their caller may see again.
var planted = []string{"13812345678", "jane.doe@corp.example.org", "11010519491231002X", "4111111111111111", "sk-proj-Ab3dEf6hIj9kLm2nOp5q", "hunter22!x"}

// Personal data becomes something else for the model and the books, and itself again for
// the caller: in the thought, the answer and the arguments of a tool.
func TestStandIns(t *testing.T) {
	policy, err := (&guard.Policy{Pack: "enterprise-zh", MaskWith: "stand_in"}).With(guard.Lists{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	model := &parrot{r: rand.New(rand.NewPCG(1, 2))}
	var records []*serve.Record
	var mu sync.Mutex
	s := serve.New(serve.Config{
		Version: "test",
		Key:     func(k string) (serve.Caller, bool) { return serve.Caller{Name: k}, true },
		Record: func(r *serve.Record) error {
			mu.Lock()
			defer mu.Unlock()
			records = append(records, r)
			return nil
		},
	})
	s.Open(&serve.Release{Name: "m", Digest: strings.Repeat("ab", 32), Made: time.Unix(1, 0), Answerer: model, Policy: rails{policy, policy.Title()}})
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	question := "电话" + planted[0] + "，邮箱" + planted[1] + "；身份证" + planted[2] + "。卡" + planted[3] + "，密钥 " + planted[4] + " ，密码：" + planted[5] + " 。\n就这些"
	type delta struct {
		Content   string                                          `json:"content"`
		Reasoning string                                          `json:"reasoning_content"`
		ToolCalls []struct{ Function struct{ Arguments string } } `json:"tool_calls"`
	}
	ask := func(caller, question string, stream bool) (thought, text, args string) {
		body, _ := json.Marshal(map[string]any{"model": "m", "stream": stream, "messages": []any{map[string]string{"role": "user", "content": question}},
			"tools": []any{map[string]any{"type": "function", "function": map[string]string{"name": "look"}}}})
		req, err := http.NewRequest("POST", web.URL+"/v1/chat/completions", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+caller)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%v %s", err, raw)
		}
		for line := range strings.Lines(string(raw)) {
			var c struct {
				Choices []struct{ Delta, Message delta }
			}
			if json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &c) != nil {
				continue
			}
			for _, ch := range c.Choices {
				for _, d := range []delta{ch.Delta, ch.Message} {
					thought, text = thought+d.Reasoning, text+d.Content
					for _, call := range d.ToolCalls {
						args += call.Function.Arguments
					}
				}
			}
		}
		return thought, text, args
	}
	secret := func(where, text string) {
		t.Helper()
		for _, v := range planted {
			if strings.Contains(text, v) {
				t.Errorf("%s: %s", where, text)
			}
		}
	}
	heard := ""
	for i := range 40 {
		thought, text, args := ask("first", question, i%2 == 0)
		var q struct{ Q string }
		if err := json.Unmarshal([]byte(args), &q); err != nil || q.Q != question || thought != question || text != question {
			t.Fatalf("the caller has the thought %q, the text %q, the arguments %q (%v)", thought, text, args, err)
		}
		if secret("the model", model.heard); heard != "" && model.heard != heard {
			t.Errorf("the model heard %q, and then %q", heard, model.heard)
		}
		heard = model.heard
	}
	if ask("second", question, true); model.heard == heard {
		t.Error("two callers have the same stand-ins")
	}
	mu.Lock()
	kept := slices.Clone(records)
	mu.Unlock()
	if len(kept) != 41 {
		t.Fatalf("%d records", len(kept))
	}
	for _, r := range kept {
		books, err := json.Marshal([]any{r.Messages, r.Thought, r.Answer, r.Sources, r.Notes})
		if err != nil {
			t.Fatal(err)
		}
		if secret("the books", string(books)); r.Thought == "" || !strings.Contains(r.Answer, "example.com") {
			t.Errorf("the books have %s", books)
		}
	}
	// Disguised values come back as what they are, and what only the model says is masked.
	if _, text, _ := ask("first", "电话１３８１２３４５６７８吗", true); text != "电话13812345678吗" {
		t.Errorf("%q", text)
	}
	r := policy.Rail(guard.Output, guard.Context{})
	head, _ := r.Write("打13912345678，")
	if tail, err := r.Flush(); err != nil || head+tail != "打[手机号]，" {
		t.Errorf("%q, %v", head+tail, err)
	}
}

// A librarian repeats the prompt, cites a document, and says what is in both.
type librarian struct{ heard string }

func (*librarian) Can() form.Can { return ^form.Can(0) }

func (l *librarian) Answer(_ context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		if a.Prompt != nil {
			l.heard = a.Prompt.Text
		} else {
			for _, m := range a.Messages {
				l.heard += m.Role + " " + m.Text + "\n"
			}
		}
		text := "书架 13987654321 归 13812345678 管。"
		list := []form.Event{{Kind: form.Prompted, Text: l.heard}, {Kind: form.Sources, Sources: []form.Source{{File: "a.md", Heading: "值班 13987654321", Text: text, Quotes: [][2]int{{15, 28}}}, {File: "b.md", Text: "别的", Quotes: [][2]int{{0, 2}}}}},
			{Kind: form.Text, Text: l.heard}, {Kind: form.Finish, Reason: form.Stop}}
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// What stands for personal data becomes it again in the sources, in a prompt that is
// repeated, and in what is said of the result of a tool; the model and the books have
// stand-ins alone. Without stand-ins sources are masked, and quotes of what was changed
// are no longer told, as their places are others.
func TestStandInsInSources(t *testing.T) {
	for _, with := range []string{"stand_in", "word"} {
		policy, err := (&guard.Policy{Pack: "enterprise-zh", MaskWith: with}).With(guard.Lists{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		model := &librarian{}
		var books []byte
		s := serve.New(serve.Config{Version: "test", Record: func(r *serve.Record) error {
			b, err := json.Marshal([]any{r.Messages, r.Answer, r.Sources})
			books = append(books, b...)
			return err
		}})
		s.Open(&serve.Release{Name: "m", Digest: strings.Repeat("ab", 32), Made: time.Unix(1, 0), Answerer: model, Policy: rails{policy, policy.Title()}})
		web := httptest.NewServer(s.Handler())
		defer web.Close()
		post := func(path, body string) string {
			resp, err := http.Post(web.URL+path, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			raw, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%v %s", err, raw)
			}
			return string(raw)
		}
		chat := post("/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"查"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"look","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"电话 13700001111。"},{"role":"user","content":"我是 13812345678。"}]}`)
		echo := post("/v1/completions", `{"model":"m","prompt":"我是 13812345678。","echo":true}`)
		for _, secret := range []string{"13812345678", "13987654321", "13700001111"} {
			if strings.Contains(model.heard, secret) || strings.Contains(string(books), secret) {
				t.Errorf("%s: %s is with the model, %q, or in the books, %s", with, secret, model.heard, books)
			}
			if back := strings.Contains(chat, secret); back != (with == "stand_in") {
				t.Errorf("%s: the caller has %s: %v: %s", with, secret, back, chat)
			}
		}
		if n := strings.Count(echo, "13812345678"); (n >= 2) != (with == "stand_in") || with == "word" && n > 0 {
			t.Errorf("%s: the prompt is repeated as %s", with, echo)
		}
		if n := strings.Count(chat, `"quotes"`); n != 1 {
			t.Errorf("%s: quotes of %d sources: %s", with, n, chat)
		}
	}
}

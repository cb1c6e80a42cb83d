package serve

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/serve/form"
)

func TestStreamOrder(t *testing.T) {
	m := words([]string{"1+1", " is 2"}, []string{"2", "."})
	m.deltas = slices.Insert(m.deltas, 0, form.Event{Kind: form.Sources, Sources: []form.Source{{File: "a.md", Heading: "One", Text: "1+1=2", Score: 2}}})
	b := start(t, m, nil)
	got := b.stream(t, ask(`,"stream":true,"stream_options":{"include_usage":true}`))
	want := []string{"role+sources", "thought", "thought", "content", "content", "finish", "usage", "[DONE]"}
	if !slices.Equal(got.order, want) {
		t.Errorf("order %q, want %q", got.order, want)
	}
	if got.thought != "1+1 is 2" || got.content != "2." || got.finish != "stop" {
		t.Errorf("got %+v", got)
	}
	if len(got.sources) != 1 || got.sources[0].File != "a.md" {
		t.Errorf("sources %v", got.sources)
	}
	u := got.usage
	if u == nil || u.PromptTokens != 3 || u.CompletionTokens != 4 || u.TotalTokens != 7 || u.Details.ReasoningTokens != 2 {
		t.Errorf("usage %+v", u)
	}
	r := b.lastRecord(t)
	if r.Thought != "1+1 is 2" || r.Answer != "2." || r.Reason != "stop" || r.Caller != "first" || r.Usage.Completion != 4 || r.First <= 0 {
		t.Errorf("record %+v", r)
	}
	if got := b.stream(t, ask(`,"stream":true`)); slices.Contains(got.order, "usage") {
		t.Errorf("usage without asking: %q", got.order)
	}
}

func TestWhole(t *testing.T) {
	b := start(t, words([]string{"think"}, []string{"2"}), nil)
	resp := b.request(t, "POST", "/v1/chat/completions", ask(`,"seed":7`))
	defer resp.Body.Close()
	if ct := resp.Header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("type %q", ct)
	}
	var c completion
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	m := c.Choices[0].Message
	if *m.Content != "2" || m.ReasoningContent != "think" || m.Role != "assistant" || *c.Choices[0].FinishReason != "stop" {
		t.Errorf("message %+v", m)
	}
	if c.Usage.TotalTokens != 5 || *c.Suiren.Seed != 7 || c.SystemFingerprint != "suiren-abababababab" {
		t.Errorf("got %+v", c)
	}
}

// A stop string ends the answer before it and never leaves, however the text
// is cut; a thought may hold it.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		stop   string
		pieces []string
		want   string
		met    bool
	}{
		{`"END"`, []string{"a E", "N", "D b", "never"}, "a ", true},
		{`"END"`, []string{"a EN", "d b"}, "a ENd b", false},
		{`["xx","b E"]`, []string{"a b", " ", "END"}, "a ", true},
		{`["好的"]`, []string{"你", "好", "的啊"}, "你", true},
		{`["aab"]`, []string{"a", "a", "a", "b"}, "a", true},
		{`"END"`, []string{"EN"}, "EN", false},
	} {
		t.Run(tt.stop+strings.Join(tt.pieces, "|"), func(t *testing.T) {
			m := words([]string{"END xx 好的 aab"}, tt.pieces)
			b := start(t, m, nil)
			got := b.stream(t, ask(`,"stream":true,"stop":`+tt.stop))
			if got.content != tt.want || got.finish != "stop" || got.thought != "END xx 好的 aab" {
				t.Errorf("content %q (%s), thought %q; want %q", got.content, got.finish, got.thought, tt.want)
			}
			if m.ended != tt.met {
				t.Errorf("generation left early: %v, want %v", m.ended, tt.met)
			}
		})
	}
}

func TestSplitRunes(t *testing.T) {
	text := "火🔥é"
	var pieces []string
	for i := range len(text) {
		pieces = append(pieces, text[i:i+1])
	}
	got := start(t, words(pieces, pieces), nil).stream(t, ask(`,"stream":true`))
	if got.content != text || got.thought != text {
		t.Errorf("content %q, thought %q", got.content, got.thought)
	}
}

func TestOptions(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	for _, tt := range []struct {
		body string
		want Options
	}{
		{``, Options{}},
		{`,"temperature":0,"top_p":0.5`, Options{Sampling: form.Sampling{Temperature: f(0), TopP: f(0.5)}}},
		{`,"max_tokens":5`, Options{MaxTokens: 5}},
		{`,"max_completion_tokens":5,"temperature":null`, Options{MaxTokens: 5}},
		{`,"think":false`, Options{Think: form.Think{Mode: "off"}}},
		{`,"think":true`, Options{Think: form.Think{Mode: "on"}}},
		{`,"think":{"type":"enabled","budget_tokens":9}`, Options{Think: form.Think{Mode: "on", Budget: 9}}},
		{`,"think":{"type":"disabled"}`, Options{Think: form.Think{Mode: "off"}}},
		{`,"reasoning_effort":"none"`, Options{Think: form.Think{Mode: "off"}}},
		{`,"reasoning_effort":"high"`, Options{Think: form.Think{Mode: "on", Effort: "high"}}},
		{`,"thinking_budget":64`, Options{Think: form.Think{Mode: "on", Budget: 64}}},
		{`,"thinking_budget":0`, Options{Think: form.Think{Mode: "off"}}},
		{`,"think":true,"reasoning_effort":"none"`, Options{Think: form.Think{Mode: "on"}}},
		{`,"think":false,"thinking_budget":64`, Options{Think: form.Think{Mode: "off"}}},
		{`,"chat_template_kwargs":{"enable_thinking":false}`, Options{Think: form.Think{Mode: "off"}}},
	} {
		b := start(t, words(nil, []string{"2"}), nil)
		if code, body := b.send(t, "POST", "/v1/chat/completions", ask(tt.body+`,"seed":1`)); code != 200 {
			t.Fatalf("%s: %d %s", tt.body, code, body)
		}
		tt.want.Seed = 1
		if tt.want.MaxTokens == 0 {
			tt.want.MaxTokens = form.NoLimit
		}
		if got, want := jsonOf(b.lastRecord(t).Options), jsonOf(tt.want); got != want {
			t.Errorf("%s: %s, want %s", tt.body, got, want)
		}
	}
}

func jsonOf(v any) string { b, _ := json.Marshal(v); return string(b) }

func TestSeedIsTold(t *testing.T) {
	m := words(nil, []string{"2"})
	b := start(t, m, nil)
	var seeds []uint64
	for range 2 {
		_, body := b.send(t, "POST", "/v1/chat/completions", ask(""))
		var c completion
		if err := json.Unmarshal([]byte(body), &c); err != nil || c.Suiren.Seed == nil {
			t.Fatalf("%v in %s", err, body)
		}
		if *c.Suiren.Seed != m.ask.Seed || *c.Suiren.Seed >= 1<<53 {
			t.Errorf("told %d, used %d", *c.Suiren.Seed, m.ask.Seed)
		}
		seeds = append(seeds, *c.Suiren.Seed)
	}
	if seeds[0] == seeds[1] {
		t.Errorf("two requests without a seed got the same one")
	}
}

func TestMessages(t *testing.T) {
	m := words(nil, []string{"2"})
	b := start(t, m, nil)
	body := `{"messages":[{"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
		{"role":"assistant","content":"c","reasoning_content":"hm"},{"role":"user","content":"d"}],"user":"u","metadata":{"a":"b"},"n":1,"tools":[],"presence_penalty":0}`
	if code, got := b.send(t, "POST", "/v1/chat/completions", body); code != 200 {
		t.Fatalf("%d %s", code, got)
	}
	want := []form.Message{{Role: "developer", Text: "be brief"}, {Role: "user", Text: "ab"}, {Role: "assistant", Text: "c", Thought: "hm"}, {Role: "user", Text: "d"}}
	if !reflect.DeepEqual(m.asked, want) {
		t.Errorf("asked %v", m.asked)
	}
}

func TestRefusedRequests(t *testing.T) {
	b := start(t, words(nil, []string{"2"}), nil)
	user := `"messages":[{"role":"user","content":"x"}]`
	for _, tt := range []struct {
		body, param, code string
		status            int
	}{
		{`{`, "", "invalid_json", 400},
		{`null`, "", "invalid_json", 400},
		{`[]`, "", "invalid_json", 400},
		{`{}`, "messages", "missing_parameter", 400},
		{`{"messages":[]}`, "messages", "missing_parameter", 400},
		{`{"messages":"x"}`, "messages", "invalid_type", 400},
		{`{"messages":[{"role":"tool","content":"x"}]}`, "messages", "unsupported_parameter", 400},
		{`{"messages":[{"role":"robot","content":"x"}]}`, "messages[0].role", "invalid_value", 400},
		{`{"messages":[{"role":"assistant","content":"x"}]}`, "messages", "unsupported_parameter", 400},
		{`{"messages":[{"role":"system","content":"x"}]}`, "messages", "invalid_value", 400},
		{`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://a"}}]}]}`, "messages[0].content", "invalid_value", 400},
		{`{` + user + `,"n":0}`, "n", "invalid_value", 400},
		{`{` + user + `,"top_k":5}`, "top_k", "unsupported_parameter", 400},
		{`{` + user + `,"logit_bias":{"5":-100}}`, "logit_bias", "unsupported_parameter", 400},
		{`{` + user + `,"presence_penalty":0.5}`, "presence_penalty", "unsupported_parameter", 400},
		{`{` + user + `,"receipt":true}`, "receipt", "unsupported_parameter", 400},
		{`{` + user + `,"logprobs":true}`, "logprobs", "unsupported_parameter", 400},
		{`{` + user + `,"tools":[{"type":"function"}]}`, "tools[0]", "invalid_value", 400},
		{`{` + user + `,"tools":[{"type":"function","function":{"name":"f"}}]}`, "tools", "unsupported_parameter", 400},
		{`{` + user + `,"tool_choice":"required"}`, "tool_choice", "invalid_value", 400},
		{`{` + user + `,"response_format":{"type":"json_object"}}`, "response_format", "unsupported_parameter", 400},
		{`{` + user + `,"max_token":5}`, "max_token", "unknown_parameter", 400},
		{`{` + user + `,"max_tokens":0}`, "max_tokens", "invalid_value", 400},
		{`{` + user + `,"max_tokens":"many"}`, "max_tokens", "invalid_type", 400},
		{`{` + user + `,"temperature":3}`, "temperature", "invalid_value", 400},
		{`{` + user + `,"top_p":-1}`, "top_p", "invalid_value", 400},
		{`{` + user + `,"seed":1.5}`, "seed", "invalid_type", 400},
		{`{` + user + `,"stop":[""]}`, "stop", "invalid_value", 400},
		{`{` + user + `,"reasoning_effort":"huge"}`, "reasoning_effort", "invalid_value", 400},
		{`{` + user + `,"thinking_budget":-2}`, "thinking_budget", "invalid_value", 400},
		{`{` + user + `,"model":"gpt-9"}`, "model", "model_not_found", 404},
	} {
		resp := b.request(t, "POST", "/v1/chat/completions", tt.body)
		var e struct {
			Error struct {
				Message, Type, Code string
				Param               *string
			}
		}
		err := json.NewDecoder(resp.Body).Decode(&e)
		resp.Body.Close()
		param := ""
		if e.Error.Param != nil {
			param = *e.Error.Param
		}
		if err != nil || resp.StatusCode != tt.status || param != tt.param || e.Error.Code != tt.code ||
			e.Error.Type != "invalid_request_error" || e.Error.Message == "" || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %+v %v", tt.body, resp.StatusCode, e.Error, err)
		}
	}
}

func TestErrorLanguage(t *testing.T) {
	b := start(t, nil, nil)
	for accept, want := range map[string]string{
		"":                           "still being made",
		"zh-CN,zh;q=0.9,en;q=0.8":    "模型还在训练中",
		"fr, en;q=0.3, zh-Hans;q=.5": "模型还在训练中",
		"en-GB,zh;q=0.1":             "still being made",
	} {
		code, body := b.send(t, "POST", "/v1/chat/completions", ask(""), "Accept-Language", accept)
		if code != http.StatusServiceUnavailable || !strings.Contains(body, want) {
			t.Errorf("%q: %d %s", accept, code, body)
		}
	}
}

func TestScenarioFails(t *testing.T) {
	b := start(t, &script{err: errBoom}, nil)
	for _, stream := range []string{"", `,"stream":true`} {
		code, body := b.send(t, "POST", "/v1/chat/completions", ask(stream))
		if code != 500 || strings.Contains(body, "secret") || !strings.Contains(body, "internal_error") {
			t.Errorf("%d %s", code, body)
		}
		if r := b.lastRecord(t); r.Reason != "error" {
			t.Errorf("reason %q", r.Reason)
		}
	}
	long := form.TooLong(900, 512)
	tooLong := start(t, &script{err: long, can: form.Raw}, nil)
	for _, c := range []struct{ path, ask, param string }{
		{"/v1/chat/completions", ask(`,"stream":true`), "messages"},
		{"/v1/completions", `{"prompt":"hi"}`, "prompt"},
		{"/v1/responses", `{"input":"hi"}`, "input"},
	} {
		code, body := tooLong.send(t, "POST", c.path, c.ask)
		if code != 400 || !strings.Contains(body, "context_length_exceeded") || !strings.Contains(body, "900 tokens") || !strings.Contains(body, `"param":"`+c.param+`"`) {
			t.Errorf("%s: %d %s", c.path, code, body)
		}
	}
	midway := &script{deltas: []form.Event{{Kind: form.Text, Text: "a"}}, err: errBoom}
	got := start(t, midway, nil).stream(t, ask(`,"stream":true`))
	if !slices.Equal(got.order, []string{"role+content", "error"}) || got.err["code"] != "internal_error" {
		t.Errorf("got %+v", got)
	}
}

func TestRails(t *testing.T) {
	forbid := func(_ *Config, r *Release) { r.Policy = wordPolicy("bomb") }
	t.Run("input", func(t *testing.T) {
		m := words(nil, []string{"2"})
		b := start(t, m, forbid)
		_, body := b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"a bomb"}]}`, "Accept-Language", "zh")
		var c completion
		json.Unmarshal([]byte(body), &c)
		if *c.Choices[0].FinishReason != "content_filter" || *c.Choices[0].Message.Content != "这个我不能谈。" || c.Suiren.Refusal.Class != "A.1.a" {
			t.Errorf("got %s", body)
		}
		if m.asked != nil {
			t.Error("the model was asked")
		}
		if len(b.audit) != 1 || b.audit[0].Refusal.Rule != "words" {
			t.Errorf("audit %v", b.audit)
		}
	})
	t.Run("answer", func(t *testing.T) {
		m := words([]string{"hm"}, []string{"a ", "bo", "mb", " b"})
		b := start(t, m, forbid)
		got := b.stream(t, ask(`,"stream":true`))
		if got.content != "a " || got.finish != "content_filter" || got.refusal != "I may not talk about that." || !m.ended {
			t.Errorf("got %+v", got)
		}
		if len(b.audit) != 1 {
			t.Errorf("audit %v", b.audit)
		}
	})
	t.Run("thought", func(t *testing.T) {
		got := start(t, words([]string{"b", "omb"}, []string{"a"}), forbid).stream(t, ask(`,"stream":true`))
		if got.thought != "" || got.content != "I may not talk about that." || got.finish != "content_filter" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("held back, then let go", func(t *testing.T) {
		got := start(t, words([]string{"b"}, []string{"bo", "m"}), forbid).stream(t, ask(`,"stream":true`))
		if got.thought != "b" || got.content != "bom" || got.finish != "stop" {
			t.Errorf("got %+v", got)
		}
		if !slices.Equal(got.order, []string{"role+thought", "content", "finish", "[DONE]"}) {
			t.Errorf("order %q", got.order)
		}
	})
}

// Several answers come in one stream, each whole under its index, with a seed
// and a record of its own.
func TestManyAnswers(t *testing.T) {
	b := start(t, parrot{}, nil)
	resp := b.request(t, "POST", "/v1/chat/completions", ask(`,"stream":true,"n":5,"seed":7,"stream_options":{"include_usage":true}`))
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	texts, seeds := map[int]string{}, map[uint64]bool{}
	var cost *usage
	for line := range strings.Lines(string(data)) {
		var c completion
		if line, ok := strings.CutPrefix(strings.TrimSpace(line), "data: {"); ok {
			if err := json.Unmarshal([]byte("{"+line), &c); err != nil {
				t.Fatal(err)
			}
		}
		for _, ch := range c.Choices {
			if ch.Delta.Content != nil {
				texts[ch.Index] += *ch.Delta.Content
			}
		}
		if c.Suiren != nil && c.Suiren.Seed != nil {
			seeds[*c.Suiren.Seed] = true
		}
		if c.Usage != nil {
			cost = c.Usage
		}
	}
	if len(texts) != 5 || len(seeds) != 5 || !seeds[7] || !seeds[11] || texts[4] != "1+1?" {
		t.Errorf("texts %v, seeds %v", texts, seeds)
	}
	if cost == nil || cost.PromptTokens != 1 || cost.CompletionTokens != 20 {
		t.Errorf("usage %+v", cost)
	}
	ids := map[string]bool{}
	for range 5 {
		ids[b.lastRecord(t).ID] = true
	}
}

// One of several answers that fails ends them all.
func TestManyAnswersFail(t *testing.T) {
	b := start(t, &script{err: errBoom}, nil)
	if code, body := b.send(t, "POST", "/v1/chat/completions", ask(`,"n":40`)); code != 500 || strings.Contains(body, "secret") {
		t.Errorf("%d %s", code, body)
	}
}

// A bug in a model fails the answer, not the server.
func TestPanic(t *testing.T) {
	b := start(t, parrot{}, nil)
	for _, same := range []string{"-3", "18446744073709551613"} { // the latter as a receipt tells it
		code, body := b.send(t, "POST", "/v1/chat/completions", ask(`,"seed":`+same))
		if code != 200 || !strings.Contains(body, `"seed":-3`) {
			t.Errorf("seed %s: %d %s", same, code, body)
		}
	}
	for _, more := range []string{`,"seed":666`, `,"seed":660,"n":9`} {
		if code, body := b.send(t, "POST", "/v1/chat/completions", ask(more)); code != 500 || strings.Contains(body, "parrot") {
			t.Errorf("%s: %d %s", more, code, body)
		}
	}
	if code, _ := b.send(t, "POST", "/v1/chat/completions", ask("")); code != 200 {
		t.Errorf("after it: %d", code)
	}
}

// What is stopped, held back or cut loses or repeats none of its tokens.
func TestLogprobsFollowText(t *testing.T) {
	b := start(t, parrot{}, nil)
	for more, want := range map[string]string{
		`,"stop":["four"]`:        "one| two| three",
		`,"stop":["zzz","four "]`: "one| two| three",
		`,"stop":["ee f"]`:        "one| two",
		`,"stop":["six"]`:         "one| two| three| four| five",
	} {
		for _, stream := range []string{"", `,"stream":true`} {
			_, body := b.send(t, "POST", "/v1/completions", `{"prompt":"one two three four five","logprobs":0`+more+stream+`}`)
			var got []string
			for line := range strings.Lines(body) {
				var c struct {
					Choices []struct{ Logprobs *struct{ Tokens []string } }
				}
				if json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &c) == nil && len(c.Choices) > 0 && c.Choices[0].Logprobs != nil {
					got = append(got, c.Choices[0].Logprobs.Tokens...)
				}
			}
			if strings.Join(got, "|") != want {
				t.Errorf("%s%s: %q, want %q", more, stream, got, want)
			}
		}
	}
}

// Tools are past the rails too: their arguments, and their names.
func TestRailsOnCalls(t *testing.T) {
	forbid := func(_ *Config, r *Release) { r.Policy = wordPolicy("茶") }
	b := start(t, parrot{}, forbid)
	got := b.stream(t, ask(`,"stream":true,"tools":[{"type":"function","function":{"name":"look"}}]`))
	if got.finish != "content_filter" || got.refusal == "" {
		t.Errorf("got %+v", got)
	}
	b = start(t, parrot{}, func(_ *Config, r *Release) { r.Policy = wordPolicy("look") })
	got = b.stream(t, ask(`,"stream":true,"tools":[{"type":"function","function":{"name":"look"}}]`))
	if got.finish != "content_filter" {
		t.Errorf("got %+v", got)
	}
}

// A client that leaves stops the generation, and pays for what was made.
func TestDisconnect(t *testing.T) {
	for _, body := range []string{ask(`,"stream":true`), ask("")} {
		m := words(nil, []string{"a", "b", "c"})
		m.block = make(chan struct{}, 1)
		m.block <- struct{}{}
		b := start(t, m, nil)
		if strings.Contains(body, "stream") {
			resp := b.request(t, "POST", "/v1/chat/completions", body)
			resp.Body.Read(make([]byte, 1))
			resp.Body.Close()
		} else {
			ctx, leave := context.WithCancel(t.Context())
			req, _ := http.NewRequestWithContext(ctx, "POST", b.URL+"/v1/chat/completions", strings.NewReader(body))
			req.Header.Set("Authorization", "Bearer "+goodKey)
			go func() {
				for n := 0; n < 1; time.Sleep(time.Millisecond) {
					m.note(func() { n = m.pieces })
				}
				leave()
			}()
			if _, err := http.DefaultClient.Do(req); err == nil {
				t.Fatal("the answer came though the model was stopped")
			}
		}
		r := b.lastRecord(t)
		if r.Reason != "cancelled" || r.Usage.Completion != 1 || !m.ended {
			t.Errorf("record %+v, ended %v", r, m.ended)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue(1, 0) // and one that is about to enter
	ctx := t.Context()
	if err := q.enter(ctx); err != nil {
		t.Fatal(err)
	}
	in := make(chan error)
	go func() { in <- q.enter(ctx) }()
	for q.waiting.Load() != 1 {
		time.Sleep(time.Millisecond)
	}
	e, ok := errors.AsType[*form.Error](q.enter(ctx))
	if !ok || e.Status != 429 {
		t.Errorf("got %v", e)
	}
	q.leave()
	if err := <-in; err != nil {
		t.Error(err)
	}
}

package plain

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/serve/form"
)

// specials are the special tokens of the test's vocabulary.
var specials = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>",
	"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"}

// chatTemplate is in the manner of Qwen3's.
const chatTemplate = `{%- if tools %}<|im_start|>system
# Tools
{%- for t in tools %}
{{ t | tojson }}
{%- endfor %}
For each call write <tool_call>{"name": ..., "arguments": ...}</tool_call><|im_end|>
{% endif %}
{%- for m in messages %}<|im_start|>{{ m.role }}
{% if m.reasoning_content %}<think>
{{ m.reasoning_content }}
</think>

{% endif %}{{ m.content }}
{%- for c in m.tool_calls or [] %}
<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
</tool_call>
{%- endfor %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and not enable_thinking %}<think>

</think>

{% endif %}{% endif %}`

// open makes a folder of random weights and opens it.
func open(t testing.TB, o Options) *Model { return openWith(t, o, chatTemplate) }

func openWith(t testing.TB, o Options, template string, more ...string) *Model {
	t.Helper()
	dir := randomModel(t, template, more...)
	o.Threads, o.Slots = 1, 4
	m, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// said is what an answer came to.
type said struct {
	prompt, thought, text string
	prompted, tokens      []form.Token
	calls                 []form.Call
	reason                string
	usage                 form.Usage
}

func answer(t testing.TB, m *Model, a *form.Ask) (said, error) {
	t.Helper()
	var s said
	for e, err := range m.Answer(context.Background(), a) {
		if err != nil {
			return s, err
		}
		s.usage = e.Usage
		s.add(e)
	}
	return s, nil
}

func (s *said) add(e form.Event) {
	switch e.Kind {
	case form.Prompted:
		s.prompt += e.Text
		s.prompted = append(s.prompted, e.Tokens...)
	case form.Thought:
		s.thought += e.Text
	case form.Text:
		s.text += e.Text
		s.tokens = append(s.tokens, e.Tokens...)
	case form.CallStart:
		s.calls = append(s.calls, form.Call{ID: e.Call.ID, Name: e.Call.Name})
	case form.CallArgs:
		s.calls[e.Call.Index].Args += e.Text
	case form.Finish:
		s.reason = e.Reason
	}
}

func must(t testing.TB, m *Model, a *form.Ask) said {
	t.Helper()
	s, err := answer(t, m, a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hello(change func(*form.Request)) *form.Ask {
	r := &form.Request{Messages: []form.Message{{Role: "user"}}, N: 1, MaxTokens: 24}
	r.Messages[0].Text = "hello fox"
	if change != nil {
		change(r)
	}
	return &form.Ask{Request: r, Messages: r.Messages, Seed: 5}
}

func TestAnswer(t *testing.T) {
	m := open(t, Options{Name: "tiny", Digest: "ab"})
	warm := func(seed uint64) said {
		one := 1.0
		a := hello(func(r *form.Request) { r.Sampling.Temperature = &one })
		a.Seed = seed
		return must(t, m, a)
	}
	a := warm(5)
	if a.usage.Completion == 0 || a.usage.Completion > 24 || a.reason != form.Stop && a.reason != form.Length {
		t.Errorf("got %+v", a)
	}
	if b := warm(5); b.text+b.thought != a.text+a.thought {
		t.Errorf("the same request gave %q and %q", a.text, b.text)
	}
	if b := warm(6); b.text+b.thought == a.text+a.thought {
		t.Error("another seed gave the same answer")
	}
}

// Of a raw completion with log-probabilities the token that ends it is told as
// well, without text: who asks for one token gets one.
func TestLogprobOfTheEnd(t *testing.T) {
	m := open(t, Options{})
	p := form.Prompt{IDs: m.Tokens("the lazy dog", false)}
	ask := func(change func(*form.Request)) said {
		r := &form.Request{Prompts: []form.Prompt{p}, MaxTokens: 1, Logprobs: true, Echo: true, Sampling: form.Sampling{Bias: map[int32]float64{m.words.stops[0]: 100}}}
		change(r)
		return must(t, m, &form.Ask{Request: r, Prompt: &p})
	}
	got := ask(func(*form.Request) {})
	if len(got.prompted) != len(p.IDs) || len(got.tokens) != 1 || got.tokens[0].ID != m.words.stops[0] || *got.tokens[0].Logprob >= 0 || got.text != "" || got.reason != form.Stop || got.usage.Completion != 0 {
		t.Errorf("got %+v", got)
	}
	if got := ask(func(r *form.Request) { r.IgnoreEnd = true }); len(got.tokens) != 1 || got.usage.Completion != 1 {
		t.Errorf("past the end %+v", got)
	}
}

// The log-probabilities of an echo are those that the engine gives when it is
// asked for each token after what stands before it.
func TestEcho(t *testing.T) {
	m := open(t, Options{})
	ask := func(ids []int32, tokens int, echo bool) said {
		p := form.Prompt{IDs: ids}
		zero := 0.0
		r := &form.Request{Prompts: []form.Prompt{p}, MaxTokens: tokens, Echo: echo, Logprobs: true, TopLogprobs: 20, Sampling: form.Sampling{Temperature: &zero}}
		return must(t, m, &form.Ask{Request: r, Prompt: &p})
	}
	ids := m.Tokens("the lazy dog", false)
	begin := len(ids)
	var want []float64
	for i := range 12 { // the likeliest, the next likeliest…
		o := ask(ids, 1, false).tokens[0].Top[i]
		ids, want = append(ids, o.ID), append(want, *o.Logprob)
	}
	got := ask(ids, 0, true)
	if got.prompt != m.Spell(ids) || got.text != "" || got.reason != form.Length || len(got.prompted) != len(ids) || got.prompted[0].Logprob != nil {
		t.Fatalf("prompt %q, %d tokens, %s", got.prompt, len(got.prompted), got.reason)
	}
	for i, lp := range want {
		if e := *got.prompted[begin+i].Logprob; e != lp {
			t.Errorf("token %d: %g in the echo, %g alone", i, e, lp)
		}
	}
	both := ask(ids, 3, true)
	if len(both.prompted) != len(ids) || len(both.tokens) != 3 {
		t.Errorf("%d and %d tokens", len(both.prompted), len(both.tokens))
	}
}

// What a user writes is never a special token; what the template and a raw
// prompt write is.
func TestSpecialNames(t *testing.T) {
	m := open(t, Options{})
	r := hello(func(r *form.Request) { r.Messages[0].Text = "a<|im_end|>b" }).Request
	text, ids, err := m.Render(r)
	if err != nil {
		t.Fatal(err)
	}
	start, _ := m.words.t.Special("<|im_start|>")
	end, _ := m.words.t.Special("<|im_end|>")
	count := func(id int32) (n int) {
		for _, x := range ids {
			if x == id {
				n++
			}
		}
		return n
	}
	if count(start) != 2 || count(end) != 1 || strings.Count(text, "<|im_end|>") != 2 {
		t.Errorf("%d starts, %d ends in %q", count(start), count(end), text)
	}
	if m.Spell(ids) != text {
		t.Errorf("%q became %q", text, m.Spell(ids))
	}
	if ids := m.Tokens("a<|im_end|>b", true); !slices.Contains(ids, end) {
		t.Error("a raw prompt has no special token")
	}
}

func TestSystemMessages(t *testing.T) {
	say := func(role, text string) form.Message { return form.Message{Role: role, Text: text} }
	got := settled([]form.Message{say("system", "a"), say("system", "b"), say("user", "c"), say("system", "d"), say("assistant", "e"), say("system", "f")})
	want := []form.Message{say("system", "a\n\nb"), say("user", "c\n\nd"), say("assistant", "e"), say("user", "f")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	got = settled([]form.Message{say("system", "a"), say("developer", "b"), say("user", "c"), say("assistant", "d"), say("developer", "e")})
	want = []form.Message{say("system", "a\n\nb"), say("user", "c"), say("assistant", "d"), say("user", "e")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestTooLong(t *testing.T) {
	m := open(t, Options{})
	for name, a := range map[string]*form.Ask{
		"conversation": hello(func(r *form.Request) { r.Messages[0].Text = strings.Repeat("zq ", 1200) }),
		"num_ctx":      hello(func(r *form.Request) { r.Context = 8 }),
	} {
		_, err := answer(t, m, a)
		e, ok := errors.AsType[*form.Error](err)
		if !ok || e.Status != 400 || e.Code != "context_length_exceeded" || !strings.HasPrefix(e.Error(), "prompt is too long: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := must(t, m, hello(func(r *form.Request) { r.MaxTokens, r.IgnoreEnd = form.NoLimit, true }))
	if a.usage.Prompt+a.usage.Completion != 1024 || a.reason != form.Length {
		t.Errorf("%+v, %s", a.usage, a.reason)
	}
}

func TestBadTokens(t *testing.T) {
	m := open(t, Options{})
	for _, ids := range [][]int32{{-1}, {1 << 30}, {}} {
		p := form.Prompt{IDs: ids}
		_, err := answer(t, m, &form.Ask{Request: &form.Request{MaxTokens: 1}, Prompt: &p})
		if e, ok := errors.AsType[*form.Error](err); !ok || e.Status != 400 || len(ids) > 0 && e.Param != "prompt" {
			t.Errorf("%v: %v", ids, err)
		}
	}
	_, err := answer(t, m, &form.Ask{Request: &form.Request{MaxTokens: 1, Sampling: form.Sampling{Bias: map[int32]float64{1 << 30: 1}}}, Prompt: &form.Prompt{IDs: []int32{1}}})
	if e, ok := errors.AsType[*form.Error](err); !ok || e.Param != "logit_bias" {
		t.Errorf("a bias for a token that is not there: %v", err)
	}
}

// A receipt replays: thoughts with a budget, bound answers and those that were
// left among them; and another seed, prompt or form does not.
func TestReplay(t *testing.T) {
	m := open(t, Options{Name: "tiny", Digest: "ab"})
	for name, change := range map[string]func(*form.Request){
		"plain":  nil,
		"budget": func(r *form.Request) { r.Think = form.Think{Mode: "on", Budget: 5} },
		"off":    func(r *form.Request) { r.Think.Mode = "off" },
		"bound": func(r *form.Request) {
			r.Format = form.Format{Kind: "regex", Text: "[a-f]{30}"}
		},
	} {
		hot := 1.0
		a := hello(change)
		a.Sampling.Temperature = &hot
		a.Receipt = &form.Receipt{ID: "x"}
		if _, err := answer(t, m, a); err != nil {
			t.Fatal(name, err)
		}
		for want, change := range map[bool]func(r *form.Receipt){true: func(*form.Receipt) {}, false: func(r *form.Receipt) { r.Seed++ }} {
			r := *a.Receipt
			change(&r)
			if _, same, err := m.Replay(context.Background(), &r); err != nil || same != want {
				t.Errorf("%s: %v, %v, want %v", name, same, err, want)
			}
		}
		r := *a.Receipt
		r.Prompt.IDs = r.Prompt.IDs[1:]
		if _, _, err := m.Replay(context.Background(), &r); err == nil {
			t.Errorf("%s: another prompt is taken", name)
		}
	}
}

// A receipt holds all that makes the same tokens again.
func TestReceipt(t *testing.T) {
	m := open(t, Options{Name: "tiny", Digest: "ab"})
	a := hello(func(r *form.Request) { r.Stop = []string{"zz"} })
	a.Receipt = &form.Receipt{ID: "x"}
	got := must(t, m, a)
	r := a.Receipt
	if r.Version != form.ReceiptVersion || r.Model.Digest != "sha256:ab" || r.Answer.Tokens != got.usage.Completion || r.Seed != 5 || r.Finish == "" {
		t.Fatalf("receipt %+v", r)
	}
	p := form.Prompt{IDs: r.Prompt.IDs}
	again := &form.Ask{Request: &form.Request{MaxTokens: r.MaxTokens, Sampling: r.Sampling}, Prompt: &p, Seed: r.Seed, Receipt: &form.Receipt{}}
	must(t, m, again)
	if again.Receipt.Answer.Digest != r.Answer.Digest && got.usage.Reasoning == 0 {
		t.Errorf("%+v, then %+v", r.Answer, again.Receipt.Answer)
	}
	left := hello(func(r *form.Request) { r.IgnoreEnd = true })
	left.Receipt = &form.Receipt{}
	for range m.Answer(context.Background(), left) {
		break
	}
	if left.Receipt.Answer.Tokens == 0 || left.Receipt.Finish != "" {
		t.Errorf("left: %+v", left.Receipt)
	}
}

// written plays a model's words to a writer.
func written(t *testing.T, m *Model, a *form.Ask, words string) said {
	t.Helper()
	j, err := m.job(a)
	if err != nil {
		t.Fatal(err)
	}
	var s said
	w := &writer{j: j, stream: tokenizer.NewStream(m.words.t), yield: func(e form.Event, err error) bool {
		s.usage = e.Usage
		s.add(e)
		return true
	}}
	thinking := false
	for _, id := range m.words.t.EncodeMarked(nil, words, nil) {
		name := m.words.special[id].Text
		thinking = thinking || name == "<think>"
		if !w.token(&infer.Token{ID: id, Thought: thinking}) {
			return s
		}
		thinking = thinking && name != "</think>"
	}
	w.token(&infer.Token{ID: m.words.ends[0], Finish: infer.Stopped, Usage: &infer.Usage{Cached: 3}})
	return s
}

func TestCalls(t *testing.T) {
	m := open(t, Options{})
	a := hello(func(r *form.Request) { r.Tools = []form.Tool{{Name: "look"}}; r.Logprobs = true })
	s := written(t, m, a, "<think>\nhm\n</think>\n\nWait.\n<tool_call>\n{\"name\": \"look\", \"arguments\": {\"q\": \"茶\"}}\n</tool_call>")
	if s.thought != "hm" || s.text != "Wait." || s.reason != form.ToolUse || len(s.calls) != 1 || s.calls[0].Name != "look" || s.calls[0].Args != `{"q": "茶"}` || len(s.calls[0].ID) < 9 {
		t.Errorf("got %+v", s)
	}
	if s.usage.Cached != 3 || s.usage.Reasoning == 0 || s.usage.Completion <= s.usage.Reasoning {
		t.Errorf("usage %+v", s.usage)
	}
	none := written(t, m, hello(nil), `<tool_call>{"name": "look"}</tool_call>`)
	if len(none.calls) != 0 || none.reason != form.Stop || !strings.Contains(none.text, "look") {
		t.Errorf("without tools: %+v", none)
	}
	back := hello(func(r *form.Request) {
		r.Messages = append(r.Messages, form.Message{Role: "assistant", Calls: []form.Call{{ID: "call_1", Name: "look", Args: `{"q": 1}`}}},
			form.Message{Role: "tool", CallID: "call_1", Text: "green"})
	})
	text, _, err := m.Render(back.Request)
	if err != nil || !strings.Contains(text, `{"name": "look", "arguments": {"q": 1}}`) || !strings.Contains(text, "green") {
		t.Errorf("%v in %q", err, text)
	}
}

// A raw answer is the text alone, with a token for each that was written and
// for the one that ended it.
func TestRawAnswer(t *testing.T) {
	m := open(t, Options{})
	p := form.Prompt{Text: "the lazy"}
	a := &form.Ask{Request: &form.Request{MaxTokens: 50, Logprobs: true}, Prompt: &p}
	s := written(t, m, a, " dog<|im_start|> says 你好")
	n := len(m.words.t.EncodeMarked(nil, " dog<|im_start|> says 你好", nil))
	if s.text != " dog says 你好" || len(s.tokens) != n+1 || s.usage.Completion != n {
		t.Errorf("%q, %d of %d tokens, usage %+v", s.text, len(s.tokens), n, s.usage)
	}
	if s := written(t, m, a, " dog 你\xe5\xa5<|im_start|>\xbd"); s.text != " dog 你好" { // the character goes on after what is left out
		t.Errorf("%q", s.text)
	}
}

// A thought is opened only where it may be, and ends in its budget.
func TestThinkSwitch(t *testing.T) {
	m := open(t, Options{})
	off, err := m.job(hello(func(r *form.Request) { r.Think.Mode = "off" }))
	if err != nil || off.req.ThinkStart != nil || off.req.Open || !strings.HasSuffix(m.Spell(off.req.Prompt), "</think>\n\n") {
		t.Errorf("off: %v, %+v", err, off.req)
	}
	on, err := m.job(hello(func(r *form.Request) { r.Think = form.Think{Mode: "on", Budget: 7} }))
	end, _ := m.words.t.Special("</think>")
	if err != nil || on.req.Think != 7 || !slices.Equal(on.req.ThinkEnd, []int32{end}) || len(on.req.ThinkStart) != 1 {
		t.Errorf("on: %v, %+v", err, on.req)
	}
	if low, _ := m.job(hello(func(r *form.Request) { r.Think = form.Think{Mode: "on", Effort: "low"} })); low.req.Think != efforts["low"] {
		t.Errorf("low effort: %d tokens", low.req.Think)
	}
}

// Of weights, or of an adapter, that were taught without thoughts a thought is asked only
// by who says so.
func TestThinkDirect(t *testing.T) {
	m := open(t, Options{Direct: map[string]bool{"quick": true}})
	for _, c := range []struct {
		adapter string
		think   form.Think
		want    form.Think
	}{
		{"", form.Think{}, form.Think{}},
		{"quick", form.Think{}, form.Think{Mode: "off"}},
		{"quick", form.Think{Mode: "on"}, form.Think{Mode: "on"}},
		{"quick", form.Think{Budget: 7}, form.Think{Budget: 7}},
	} {
		if got := m.think(&form.Request{Adapter: c.adapter, Think: c.think}); got != c.want {
			t.Errorf("with %q, %+v: %+v, want %+v", c.adapter, c.think, got, c.want)
		}
	}
	m = open(t, Options{Direct: map[string]bool{"": true}})
	j, err := m.job(hello(func(*form.Request) {}))
	if err != nil || j.req.ThinkStart != nil || j.req.Open || !strings.HasSuffix(m.Spell(j.req.Prompt), "</think>\n\n") {
		t.Errorf("%v, %+v", err, j.req)
	}
}

func TestMiddle(t *testing.T) {
	m := open(t, Options{})
	suffix := "dog"
	p := form.Prompt{Text: "the lazy <|im_end|>"}
	j, err := m.job(&form.Ask{Request: &form.Request{MaxTokens: 4, Suffix: &suffix}, Prompt: &p})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Spell(j.req.Prompt); got != "<|fim_prefix|>the lazy <|im_end|><|fim_suffix|>dog<|fim_middle|>" {
		t.Errorf("%q", got)
	}
	if end, _ := m.words.t.Special("<|im_end|>"); slices.Contains(j.req.Prompt, end) {
		t.Error("a name in the text became a special token")
	}
}

func TestSampling(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	k, none := 3, 0
	var r infer.Request
	sample(&r, &form.Sampling{Temperature: f(0.5), TopK: &k, TopP: f(0.9), MinP: f(0.1), Typical: f(0.8), Repeat: f(1.1), Presence: f(0.2), Frequency: f(0.3), Bias: map[int32]float64{4: -100}}, 9)
	want := infer.Request{Temperature: 0.5, TopK: 3, TopP: 0.9, MinP: 0.1, Typical: 0.8, RepeatPenalty: 1.1, PresencePenalty: 0.2, FrequencyPenalty: 0.3, Bias: map[int32]float32{4: -100}, Seed: 9}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("%+v, want %+v", r, want)
	}
	m := &Model{config: &weights.Generation{Temperature: f(0.5), TopK: &k, TopP: f(0.9), MinP: f(0.1), Typical: f(0.8), Repeat: f(1.1)}} // what the files say, unless the request does
	if got, want := m.defaults(form.Sampling{TopP: f(0.7)}), (form.Sampling{Temperature: f(0.5), TopK: &k, TopP: f(0.7), MinP: f(0.1), Typical: f(0.8), Repeat: f(1.1)}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	r = infer.Request{}
	sample(&r, &form.Sampling{Repeat: f(1.1), Last: &none, TopP: f(0)}, 0)
	if r.RepeatPenalty != 0 || r.TopK != 1 {
		t.Errorf("%+v", r)
	}
}

func TestPublicErrors(t *testing.T) {
	for err, code := range map[error]string{
		&infer.LengthError{Prompt: 9, Most: 7}:         "context_length_exceeded",
		&infer.BusyError{Waiting: 9}:                   "queue_full",
		infer.ErrClosed:                                "stopping",
		infer.ErrNumbers:                               "not_numbers",
		errors.Join(infer.ErrRequest, errors.New("x")): "invalid_value",
	} {
		if e, ok := errors.AsType[*form.Error](public(err)); !ok || e.Code != code {
			t.Errorf("%v: %v", err, e)
		}
	}
	if err := errors.New("ours"); public(err) != err {
		t.Error("an error of ours was made public")
	}
}

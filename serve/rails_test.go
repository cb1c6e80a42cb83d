package serve

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"suiren/internal/say"
	"suiren/serve/form"
)

// wordsPolicy is a policy of words: "bomb" refuses, "secret" is masked, "doubt"
// asks a person, and "wrong" in an answer withdraws it when it has ended. It
// holds back as many bytes as its longest word has.
type wordsPolicy struct{}

type scripted struct {
	stage   string
	c       RailContext
	held    string
	sent    int
	changed bool
	wrong   int
	notes   []Note
	failed  error
}

func (wordsPolicy) Rail(stage string, c RailContext) Rail {
	return &scripted{stage: stage, c: c, wrong: -1}
}

var forbidden = say.T("I may not talk about that.", "这个我不能谈。")

func (r *scripted) Write(piece string) (string, error) { return r.read(piece, false) }
func (r *scripted) Whole(text string) (string, error)  { return whole(r, text) }
func (r *scripted) Changed() bool                      { return r.changed }
func (r *scripted) Notes() []Note                      { return r.notes }

func (r *scripted) Flush() (string, error) {
	out, err := r.read("", true)
	if err == nil && r.wrong >= 0 {
		err = &Retraction{Refusal: Refusal{Class: "A.5.a", Rule: "wrong", Text: forbidden, Stage: r.stage}, From: r.wrong, Policy: "script"}
	}
	return out, err
}

func (r *scripted) read(piece string, last bool) (out string, err error) {
	if r.failed != nil {
		return "", r.failed
	}
	r.held += piece
	for r.held != "" && (last || len(r.held) >= len("secret")) {
		n, text := 1, r.held[:1]
		switch {
		case strings.HasPrefix(r.held, "bomb"), strings.HasPrefix(r.held, "doubt") && (r.c.Ask == nil || !r.c.Ask(RailQuestion{Rule: "doubt", Class: "A.5.b", Stage: r.stage, Found: "doubt", After: r.held[5:]})):
			r.failed = &Refusal{Class: "A.1.d", Rule: "bomb", Text: forbidden, Suspend: true, Stage: r.stage}
			return out, r.failed
		case strings.HasPrefix(r.held, "secret"):
			n, text, r.changed = len("secret"), "[…]", true
			r.notes = append(r.notes, Note{Rule: "secret", Class: "LLM02", Action: "mask", Count: 1})
		case strings.HasPrefix(r.held, "wrong") && r.wrong < 0:
			r.wrong = r.sent
		}
		out, r.held, r.sent = out+text, r.held[n:], r.sent+len(text)
	}
	return out, nil
}

func scriptedPolicy(_ *Config, r *Release) { r.Policy = wordsPolicy{} }

// An answer that is withdrawn ends as each interface has it, with the event of
// ours in the last piece, and the reader's sentence; one that is not a stream
// never has the text.
func TestRetraction(t *testing.T) {
	m := func() form.Answerer { return words(nil, []string{"this is ", "wr", "ong, ", "sadly"}) }
	event := `"retract":{"from":8,"class":"A.5.a","policy":"script","text":"I may not talk about that."}`
	for path, c := range map[string]struct {
		body string
		last string // line that holds the event
		end  string
	}{
		"/v1/chat/completions": {`{"messages":[{"role":"user","content":"q"}],"stream":true}`, `"finish_reason":"content_filter"`, `"finish_reason":"content_filter"`},
		"/v1/responses":        {`{"input":"q","stream":true}`, `"type":"response.incomplete"`, `"incomplete_details":{"reason":"content_filter"}`},
		"/v1/messages":         {`{"max_tokens":9,"messages":[{"role":"user","content":"q"}],"stream":true}`, `"type":"message_stop"`, `"stop_reason":"refusal"`},
		"/api/chat":            {`{"messages":[{"role":"user","content":"q"}]}`, `"done":true`, `"done_reason":"content_filter"`},
	} {
		b := start(t, m(), scriptedPolicy)
		_, body := b.send(t, "POST", path, c.body)
		found := false
		for line := range strings.Lines(body) {
			found = found || strings.Contains(line, event) && strings.Contains(line, c.last)
		}
		if !found || !strings.Contains(body, c.end) || !strings.Contains(body, "I may not talk about that.") {
			t.Errorf("%s: no retraction in %s", path, body)
		}
		if r := b.lastRecord(t); !r.Retracted || r.Refusal == nil || r.Refusal.Rule != "wrong" || len(b.audit) != 1 {
			t.Errorf("%s: %+v, %d audited", path, r, len(b.audit))
		}
		whole := strings.NewReplacer(`"stream":true`, `"stream":false`, `"q"}]}`, `"q"}],"stream":false}`).Replace(c.body)
		if _, body := b.send(t, "POST", path, whole); strings.Contains(body, "sadly") || !strings.Contains(body, "I may not talk about that.") {
			t.Errorf("%s, not a stream: %s", path, body)
		}
	}
}

// However the model's pieces are cut, the client gets the same text and the
// same end, and no forbidden word.
func TestCutsOfAnswers(t *testing.T) {
	parts := []string{"bomb", "bo", "mb", "secret", "sec", "ret", "wrong", "doubt", "a ", "茶", " "}
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 8).Draw(rt, "text"), "")
		get := func(pieces []string) (string, string, *form.Retracted, string) {
			s := New(Config{Version: "test"})
			rel := &Release{Name: "m", Digest: "ab", Answerer: words(nil, pieces), Policy: wordsPolicy{}}
			x := s.exchange(Caller{Name: "a"}, "id", say.English, rel, &form.Ask{Request: &form.Request{MaxTokens: form.NoLimit}, Messages: []form.Message{{Role: "user", Text: "q"}}})
			var out strings.Builder
			x.emit = func(e form.Event) error {
				if e.Kind == form.Text {
					out.WriteString(e.Text)
				}
				return nil
			}
			if err := x.run(context.Background(), 0); err != nil {
				rt.Fatal(err)
			}
			if out.String() != x.reply.Text {
				rt.Fatalf("emitted %q, kept %q", out.String(), x.reply.Text)
			}
			rule := ""
			if x.rec.Refusal != nil {
				rule = x.rec.Refusal.Rule
			}
			return out.String(), x.rec.Reason, x.reply.Retract, rule
		}
		wantText, wantReason, wantRetract, wantRule := get([]string{text})
		var pieces []string
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "cut")
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		gotText, reason, retract, rule := get(pieces)
		if gotText != wantText || reason != wantReason || rule != wantRule || (retract == nil) != (wantRetract == nil) || retract != nil && *retract != *wantRetract {
			rt.Fatalf("%q as %q: %q %s %s %+v; whole: %q %s %s %+v", text, pieces, gotText, reason, rule, retract, wantText, wantReason, wantRule, wantRetract)
		}
		if strings.Contains(gotText, "bomb") || strings.Contains(gotText, "secret") {
			rt.Fatalf("%q: released %q", text, gotText)
		}
	})
}

// A caller of tools answers with a call whose arguments come in pieces.
type toolCaller string

func (toolCaller) Can() form.Can { return ^form.Can(0) }

func (c toolCaller) Answer(_ context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		ref := form.CallRef{ID: "call_1", Name: "look"}
		yield(form.Event{Kind: form.CallStart, Call: ref}, nil)
		for i := range len(c) {
			if !yield(form.Event{Kind: form.CallArgs, Call: ref, Text: string(c[i : i+1])}, nil) {
				return
			}
		}
		if yield(form.Event{Kind: form.CallEnd, Call: ref}, nil) {
			yield(form.Event{Kind: form.Finish, Reason: form.ToolUse}, nil)
		}
	}
}

// Arguments are checked as their reader sees them, whatever their escapes, and
// stay JSON; nothing of a refused call leaves.
func TestArguments(t *testing.T) {
	body := `{"messages":[{"role":"user","content":"q"}],"stream":true,"tools":[{"type":"function","function":{"name":"look"}}]}`
	for args, want := range map[string]string{
		`{"q":"a secret","n":[1,2.5e3,true,null]}`: `{"q":"a […]","n":[1,2.5e3,true,null]}`,
		`{"q":"se\u0063ret \"x\""}`:                `{"q":"[…] \"x\""}`,
		`{"secret":{"a":"\\"}}`:                    `{"[…]":{"a":"\\"}}`,
		`{"q":"b\u006fmb"}`:                        "",
		`{"q":"half`:                               `{"q":"half`,
	} {
		b := start(t, toolCaller(args), scriptedPolicy)
		_, got := b.send(t, "POST", "/v1/chat/completions", body)
		var told strings.Builder
		for line := range strings.Lines(got) {
			var c completionChunk
			if json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &c) == nil {
				for _, ch := range c.Choices {
					for _, call := range ch.Delta.ToolCalls {
						told.WriteString(call.Function.Arguments)
					}
				}
			}
		}
		if told.String() != want || want == "" && (strings.Contains(got, "tool_calls\":[") || !strings.Contains(got, "content_filter")) {
			t.Errorf("%s: told %q, want %q: %s", args, told.String(), want, got)
		}
	}
}

type completionChunk struct {
	Choices []struct {
		Delta struct {
			ToolCalls []struct {
				Function struct{ Arguments string } `json:"function"`
			} `json:"tool_calls"`
		} `json:"delta"`
	} `json:"choices"`
}

// What a tool returned is withheld from the model, not from the conversation.
func TestToolResults(t *testing.T) {
	m := words(nil, []string{"fine"})
	b := start(t, m, scriptedPolicy)
	code, body := b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"look","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"how to make a bomb"}]}`)
	if code == 400 { // the fake cannot do tools: ask the parrot
		b = start(t, parrot{}, scriptedPolicy)
		code, body = b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"look","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"how to make a bomb"}]}`)
	}
	if code != 200 || strings.Contains(body, "bomb") || !strings.Contains(body, "withheld by the policy") {
		t.Errorf("%d %s", code, body)
	}
	r := b.lastRecord(t)
	if r.Refusal != nil || len(r.Notes) != 1 || r.Notes[0].Action != "withhold" || r.Notes[0].Stage != onToolResult {
		t.Errorf("%+v", r)
	}
}

// A library answers with passages.
type library []string

func (library) Can() form.Can { return 0 }

func (l library) Answer(context.Context, *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		var list []form.Source
		for _, text := range l {
			list = append(list, form.Source{File: "f", Text: text})
		}
		if yield(form.Event{Kind: form.Sources, Sources: list}, nil) && yield(form.Event{Kind: form.Text, Text: "an answer"}, nil) {
			yield(form.Event{Kind: form.Finish, Reason: form.Stop}, nil)
		}
	}
}

func TestPassages(t *testing.T) {
	for _, c := range []struct {
		list   library
		want   string
		reason string
	}{
		{library{"good", "a bomb", "a secret"}, "good|a […]", form.Stop},
		{library{"a bomb", "bombs"}, "", form.Filtered},
	} {
		b := start(t, c.list, scriptedPolicy)
		b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"q"}]}`)
		r := b.lastRecord(t)
		var got []string
		for _, s := range r.Sources {
			got = append(got, s.Text)
		}
		if strings.Join(got, "|") != c.want || r.Reason != c.reason {
			t.Errorf("%q: %q, %s", c.list, got, r.Reason)
		}
	}
}

// Log-probabilities leave with their tokens, without alternatives, and end with
// the first mask.
func TestLogprobsPastRails(t *testing.T) {
	b := start(t, parrot{}, scriptedPolicy)
	get := func(text string) (tokens []string, top int) {
		_, body := b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"`+text+`"}],"think":false,"logprobs":true,"top_logprobs":2}`)
		var c struct {
			Choices []struct {
				Logprobs struct {
					Content []struct {
						Token string
						Top   []any `json:"top_logprobs"`
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			t.Fatal(err, body)
		}
		for _, p := range c.Choices[0].Logprobs.Content {
			tokens, top = append(tokens, p.Token), top+len(p.Top)
		}
		return tokens, top
	}
	if got, top := get("one two three four"); strings.Join(got, "") != "one two three four" || top != 0 {
		t.Errorf("%q, %d alternatives", got, top)
	}
	m := &channel{kind: form.Text, rail: wordsPolicy{}.Rail(onOutput, RailContext{})}
	var left []string
	for _, w := range []string{"one ", "two ", "sec", "ret ", "three ", "four ", "five"} {
		_, tokens, _, err := m.write(w, []form.Token{{Bytes: []byte(w)}}, w == "five")
		if err != nil {
			t.Fatal(err)
		}
		for _, tok := range tokens {
			left = append(left, string(tok.Bytes))
		}
	}
	if got := strings.Join(left, ""); got != "one two " && got != "one " {
		t.Errorf("tokens around a mask: %q", left)
	}
	if m.text.String() != "one two […] three four five" {
		t.Errorf("text %q", m.text.String())
	}
}

// A person decides, and sees what was asked and answered; a suspended caller
// gets no answer.
func TestReviewAndSuspension(t *testing.T) {
	for _, allow := range []bool{true, false} {
		var seen Review
		b := start(t, words(nil, []string{"no ", "doubt ", "about it"}), func(c *Config, r *Release) {
			r.Policy = wordsPolicy{}
			c.Review = func(_ context.Context, v Review) bool { seen = v; return allow }
		})
		got := b.stream(t, ask(`,"stream":true`))
		if want := map[bool]string{true: "no doubt about it", false: "no "}[allow]; got.content != want || (got.finish == "stop") != allow {
			t.Errorf("%v: %+v", allow, got)
		}
		if seen.Question.Rule != "doubt" || seen.Question.Stage != onOutput || seen.Caller != "first" || len(seen.Messages) != 1 || seen.Release == nil {
			t.Errorf("the person saw %+v", seen)
		}
	}
	// With what was said before it, and the call that it is of.
	var all []string
	ref := form.CallRef{ID: "1", Name: "look"}
	m := &script{can: ^form.Can(0), deltas: []form.Event{{Kind: form.Text, Text: "I look it up"}, {Kind: form.CallStart, Call: ref}, {Kind: form.CallArgs, Call: ref, Text: `{"n":1,`},
		{Kind: form.CallArgs, Call: ref, Text: `"q":"doubt it"}`}, {Kind: form.CallEnd, Call: ref}, {Kind: form.Finish, Reason: form.ToolUse}}}
	b := start(t, m, func(c *Config, r *Release) {
		r.Policy = wordsPolicy{}
		c.Review = func(_ context.Context, v Review) bool {
			said := v.Question.Stage + ":" + v.Question.Found + v.Question.After
			for _, m := range v.Messages {
				said += "|" + m.Text
			}
			if v.Call != nil {
				said += "|" + v.Call.Name + v.Call.Args
			}
			all = append(all, said+"|"+v.Answer)
			return true
		}
	})
	b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"a secret"},{"role":"assistant","content":"then"},{"role":"user","content":"doubt it"}],
		"tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]}`)
	if want := []string{"input:doubt it|a […]|then|", `tool_call:doubt it|a […]|then|doubt it|look{"n":1,"q":"doubt it"}|I look it up`}; !slices.Equal(all, want) {
		t.Errorf("asked about\n%q\nwant\n%q", all, want)
	}
	b = start(t, words(nil, []string{"a"}), func(c *Config, _ *Release) {
		c.Barred = func(caller string) error {
			return &form.Error{Status: 403, Code: "suspended", Text: say.T("no", "不")}
		}
	})
	if code, body := b.send(t, "POST", "/v1/chat/completions", ask("")); code != 403 || !strings.Contains(body, "suspended") {
		t.Errorf("%d %s", code, body)
	}
}

// What is refused in the last message counts against the caller; in what was
// said before it has counted.
func TestCountsOnce(t *testing.T) {
	b := start(t, words(nil, []string{"a"}), scriptedPolicy)
	for body, counts := range map[string]bool{
		`{"messages":[{"role":"user","content":"a bomb"}]}`:                                                                          true,
		`{"messages":[{"role":"user","content":"a bomb"},{"role":"assistant","content":"no"},{"role":"user","content":"then 1+1"}]}`: false,
	} {
		b.send(t, "POST", "/v1/chat/completions", body)
		if r := b.lastRecord(t); r.Refusal == nil || r.Refusal.Suspend != counts {
			t.Errorf("%s: %+v", body, r.Refusal)
		}
	}
}

// A request is counted once, however many answers it asked for, and as the worst of
// them: a good question beside a forbidden one does not make it good.
func TestJudgesOnce(t *testing.T) {
	var judged []*Record
	b := start(t, parrot{}, func(c *Config, r *Release) {
		r.Policy = wordsPolicy{}
		c.Judge = func(r *Record) error { judged = append(judged, r); return nil }
	})
	for _, c := range []struct {
		path, body string
		bad        bool
	}{
		{"/v1/chat/completions", `{"n":5,"messages":[{"role":"user","content":"a bomb"}]}`, true},
		{"/v1/chat/completions", `{"n":5,"stream":true,"messages":[{"role":"user","content":"a bomb"}]}`, true},
		{"/v1/completions", `{"prompt":["one","a bomb","two","a bomb"]}`, true},
		{"/v1/chat/completions", `{"n":3,"messages":[{"role":"user","content":"tea"}]}`, false},
		{"/v1/messages", `{"max_tokens":5,"messages":[{"role":"user","content":"a bomb"}]}`, true},
	} {
		judged = nil
		code, body := b.send(t, "POST", c.path, c.body)
		if code != 200 || len(judged) != 1 || (judged[0].Refusal != nil) != c.bad {
			t.Errorf("%s %s: %d %s, judged %+v", c.path, c.body, code, body, judged)
		}
	}
}

// The page's routes: what is not there, what is wrong, what is passed on.
type fakeGuard struct{ calls []string }

func (f *fakeGuard) note(s string) (any, error) {
	f.calls = append(f.calls, s)
	return map[string]string{"did": s}, nil
}
func (f *fakeGuard) Policies(say.Lang) (any, error)             { return f.note("policies") }
func (f *fakeGuard) Replay(context.Context, Rerun) (any, error) { return f.note("replay") }
func (f *fakeGuard) Reviews(all, names bool) (any, error) {
	return f.note(map[bool]string{true: "all", false: "waiting"}[all] + map[bool]string{true: " names", false: ""}[names])
}
func (f *fakeGuard) Suspended(names bool) (any, error) {
	return f.note("suspended" + map[bool]string{true: " names", false: ""}[names])
}
func (f *fakeGuard) Try(_ context.Context, t Trial, _ say.Lang) (any, error) {
	return f.note("try " + t.Stage + " " + t.Text)
}
func (f *fakeGuard) Decide(id, by string, allow bool, reason string) error {
	f.note(strings.Join([]string{"decide", id, by, map[bool]string{true: "allow", false: "refuse"}[allow], reason}, " "))
	return nil
}
func (f *fakeGuard) Lift(caller, by string) error { f.note("lift " + caller + " " + by); return nil }
func (f *fakeGuard) Appeal(caller, text string) (string, error) {
	f.note("appeal " + caller + " " + text)
	return "id", nil
}

func TestGuardRoutes(t *testing.T) {
	g := &fakeGuard{}
	b := start(t, parrot{}, func(c *Config, _ *Release) { c.Guard = g })
	none := start(t, parrot{}, nil)
	for _, c := range []struct {
		method, path, body string
		code               int
		did                string
	}{
		{"GET", "/api/guard", "", 200, "policies"},
		{"POST", "/api/guard/try", `{"stage":"output","text":"a"}`, 200, "try output a"},
		{"POST", "/api/guard/try", `{"text":"` + strings.Repeat("a", maxTrial+1) + `"}`, 400, ""},
		{"POST", "/api/guard/replay", `{"draft":"policy"}`, 200, "replay"},
		{"GET", "/api/guard/reviews", "", 200, "waiting names"},
		{"GET", "/api/guard/reviews?all=true", "", 200, "all names"},
		{"POST", "/api/guard/reviews/X", `{"allow":true,"reason":" seen "}`, 200, "decide X first allow seen"},
		{"POST", "/api/guard/reviews/X", `{"reason":"seen"}`, 400, ""},
		{"GET", "/api/guard/suspended", "", 200, "suspended names"},
		{"DELETE", "/api/guard/suspended/li", "", 200, "lift li first"},
		{"POST", "/api/guard/appeals", `{"text":"please"}`, 200, "appeal first please"},
		{"POST", "/api/guard/appeals", `{"text":" "}`, 400, ""},
	} {
		g.calls = nil
		code, body := b.send(t, c.method, c.path, c.body)
		if code != c.code || strings.Join(g.calls, ",") != c.did {
			t.Errorf("%s %s: %d %q: %s", c.method, c.path, code, g.calls, body)
		}
		if code, _ := none.send(t, c.method, c.path, c.body); code != 404 {
			t.Errorf("%s %s without a guard: %d", c.method, c.path, code)
		}
	}
	// Who may not read people is not told who asks, nor who is suspended.
	b = start(t, parrot{}, func(c *Config, _ *Release) {
		c.Guard = g
		c.Decide = func(q Question) error {
			if q.Action == ReadPeople {
				return &form.Error{Status: 403, Code: "denied", Text: say.T("no", "不")}
			}
			return nil
		}
	})
	for path, want := range map[string]string{"reviews": "waiting", "suspended": "suspended"} {
		g.calls = nil
		if code, _ := b.send(t, "GET", "/api/guard/"+path, ""); code != 200 || strings.Join(g.calls, ",") != want {
			t.Errorf("%s: %d %q", path, code, g.calls)
		}
	}
}

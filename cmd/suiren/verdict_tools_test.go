package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/serve/form"
	"suiren/serve/plain"
	"suiren/stage"
	"suiren/stage/data"
	"suiren/stage/guard"
	"suiren/stage/talk"
	"suiren/stage/train"
	"suiren/store"
)

// toolsTemplate shows tools, and writes calls of them.
const toolsTemplate = `{{ tools | tojson if tools }}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// clock is a tool with more than a client could give, in another order, and a
// schema to which nothing could bind a call.
var clock = []json.RawMessage{json.RawMessage(`{"function":{"parameters":{"not":{}},"name":"now","strict":true},"type":"function"}`)}

// toolsBase is a random model with toolsTemplate.
func toolsBase(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} {
		b, err := os.ReadFile(filepath.Join("../../testdata/oracle/arch/qwen2", file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), b, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(toolsTemplate), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// beforeVerdict opens weights as a verdict does.
func beforeVerdict(t *testing.T, weights string) guard.Answerer {
	t.Helper()
	dir := t.TempDir()
	manifest := fmt.Sprintf(`{"format":1,"weights":"%s","tokens":96}`, store.Digest{1})
	if err := os.WriteFile(filepath.Join(dir, "scenario.json"), []byte(manifest), 0o666); err != nil {
		t.Fatal(err)
	}
	a, err := opener{}.Scenario(&stage.Job{Machine: stage.Machine{Threads: 2, Memory: 1 << 30}, Open: func(store.Digest) (string, error) { return weights, nil }}, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// asksIn is a problem as stage/train asks it.
func asksIn(t *testing.T, weights string, p *stage.Problem) (*talk.Writer, talk.Question) {
	t.Helper()
	words, err := talk.Open(weights)
	if err != nil {
		t.Fatal(err)
	}
	w, err := words.Writer()
	if err != nil {
		t.Fatal(err)
	}
	q, err := w.Ask(p.ID, p.Asking(), p.Tools, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w, q
}

// greedy is the likeliest answer to the tokens of a question, read as training
// reads it.
func greedy(t *testing.T, weights string, w *talk.Writer, q *talk.Question) string {
	t.Helper()
	m, err := plain.Open(weights, plain.Options{Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	zero := 0.0
	ask := &form.Ask{Request: &form.Request{MaxTokens: 96, Logprobs: true, Sampling: form.Sampling{Temperature: &zero}}, Prompt: &form.Prompt{IDs: q.IDs}}
	var ids []int32
	for e, err := range m.Answer(t.Context(), ask) {
		if err != nil {
			t.Fatal(err)
		}
		for _, tok := range e.Tokens {
			if !slices.Contains(w.Stops, tok.ID) {
				ids = append(ids, tok.ID)
			}
		}
	}
	_, answer := w.Parts(q, ids)
	return answer
}

// A verdict asks a problem in the very tokens in which reinforcement asks it: with
// its tools as they were given, and the calls and results before it.
func TestVerdictAsksTools(t *testing.T) {
	base := toolsBase(t)
	p := stage.Problem{ID: "one", Prompt: "late?", Tools: clock, Context: []stage.Message{{Role: "user", Content: "hi"},
		{Role: "assistant", Calls: []stage.Call{{ID: "1", Type: "function", Function: stage.Function{Name: "now", Arguments: `{"a": 1}`}}}},
		{Role: "tool", Name: "now", CallID: "1", Content: "noon"}, {Role: "assistant", Content: "12"}}}
	w, q := asksIn(t, base, &p)
	want := greedy(t, base, w, &q)
	a := beforeVerdict(t, base)
	got, err := a.Reply(t.Context(), p.Asking(), p.Tools)
	if err != nil || got.Answer != want || got.Answer == "" {
		t.Errorf("with tools %q %v, and to the tokens of reinforcement %q", got.Answer, err, want)
	}
	if without, err := a.Reply(t.Context(), p.Asking(), nil); err != nil || without.Answer == got.Answer {
		t.Errorf("tools change nothing: %q %v", without.Answer, err)
	}
}

// callers are problems with a tool, and examples in which they are answered with 7,
// with a call, and with both.
func callers(t *testing.T) (problems []stage.Problem, examples string) {
	t.Helper()
	call := []stage.Call{{ID: "1", Type: "function", Function: stage.Function{Name: "now", Arguments: `{"a": 7}`}}}
	examples = t.TempDir()
	x, err := stage.CreateExamples(filepath.Join(examples, stage.ExamplesFile))
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range []stage.Message{{Content: "7"}, {Calls: call}, {Content: "7", Calls: call}} {
		p := stage.Problem{ID: fmt.Sprint(i), Family: "own", Prompt: "abc"[i : i+1], Tools: clock, Verify: json.RawMessage(`{"number": 7}`)}
		problems, a.Role = append(problems, p), "assistant"
		if err := x.Write(&stage.Example{From: p.ID, Tools: p.Tools, Messages: append(p.Asking(), a)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return problems, examples
}

// A call that nobody runs is no part of the answer, which ends there as any other
// does and is judged by what is said beside the call, as reinforcement does.
func TestVerdictJudgesCalls(t *testing.T) {
	problems, examples := callers(t)
	taught := (&kitchen{t: t}).make(&train.Continue{Epochs: 120, Batch: 1, Rate: 0.5}, quiet, stage.Input{Arg: "base", Dir: toolsBase(t)}, stage.Input{Arg: "examples", Dir: examples})
	policy, err := (&guard.Policy{Pack: "minimal"}).With(guard.Lists{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	side := guard.Side{Answerer: beforeVerdict(t, taught), Policy: policy}
	c, err := guard.Compare(t.Context(), side, side, problems, func() {})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []guard.Given{{Answer: "7", Right: true}, {Called: "now"}, {Answer: "7", Called: "now", Right: true}} {
		got := c.Rows[i].First
		if want.Finish, want.Tokens = guard.Stop, got.Tokens; got != want {
			t.Errorf("%d: %+v, want %+v", i, got, want)
		}
	}
}

// In our own chat a call is words, to reinforcement and to a verdict; weights that
// were taught no tools are asked without.
func TestVerdictToolsOfOurOwn(t *testing.T) {
	problems, examples := callers(t)
	k := &kitchen{t: t}
	from := stage.Input{Arg: "from", Dir: examples}
	words := k.make(&data.Tokenizer{Vocab: 261}, quiet, from)
	rows := k.make(&data.Tokens{Length: 1024}, quiet, from, stage.Input{Arg: "tokenizer", Dir: words})
	taught := k.make(&train.SFT{Depth: 1, Epochs: 150, Batch: 1}, quiet, stage.Input{Arg: "from", Dir: rows}, stage.Input{Arg: "tokenizer", Dir: words})
	a := beforeVerdict(t, taught)
	calls := 0
	for i := range problems {
		p := &problems[i]
		w, q := asksIn(t, taught, p)
		want := greedy(t, taught, w, &q)
		got, err := a.Reply(t.Context(), p.Asking(), p.Tools)
		if err != nil || got.Answer != want || len(got.Called) > 0 || got.Finish != guard.Stop {
			t.Errorf("%d: %+v %v, want %q", i, got, err, want)
		}
		if strings.Contains(got.Answer, `"now"`) {
			calls++
		}
	}
	if calls != 2 {
		t.Errorf("%d calls", calls)
	}
	path := filepath.Join(taught, stage.WeightsFile)
	facts, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	turns := strings.Replace(string(facts), `"tools": true`, `"turns": true`, 1)
	if err := os.WriteFile(path, []byte(turns), 0o666); err != nil || turns == string(facts) {
		t.Fatalf("%v in %s", err, facts)
	}
	a = beforeVerdict(t, taught)
	with, err := a.Reply(t.Context(), problems[1].Asking(), problems[1].Tools)
	if err != nil {
		t.Fatal(err)
	}
	if without, err := a.Reply(t.Context(), problems[1].Asking(), nil); err != nil || with.Answer != without.Answer {
		t.Errorf("taught no tools: %q with, %q without (%v)", with.Answer, without.Answer, err)
	}
}

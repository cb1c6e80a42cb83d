package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
)

// thinkTemplate is a template as Qwen3's: a thought between tags, which may be
// switched off.
const thinkTemplate = `{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.reasoning_content is defined and m.reasoning_content %}<think>
{{ m.reasoning_content }}
</think>

{% endif %}{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and not enable_thinking %}<think>

</think>

{% endif %}{% endif %}`

// withTemplate is a random model of a family with a chat template.
func withTemplate(t *testing.T, name, template string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} {
		b, err := os.ReadFile(filepath.Join(archFolder(name), file))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, file), b, 0o666))
	}
	check(t, os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(template), 0o666))
	return dir
}

// picks are problems whose answers a regular expression judges.
func picks(n int) []stage.Problem {
	var list []stage.Problem
	for i := range n {
		list = append(list, stage.Problem{ID: fmt.Sprint(i), Key: fmt.Sprint(i), Family: "own", Lang: "en", Level: 1,
			Context: []stage.Message{{Role: "system", Content: "be short"}, {Role: "user", Content: "hi"}, {Role: "assistant", Content: "ho"}},
			Prompt:  fmt.Sprintf("pick %d", i%3), Verify: json.RawMessage(`{"regex": "y+"}`)})
	}
	return list
}

// picker is a base that answers picks with y or n, one as likely as the other.
func picker(t *testing.T, name string) string {
	t.Helper()
	var list []stage.Example
	for i, p := range picks(12) {
		list = append(list, stage.Example{From: p.ID, Messages: append(p.Asking(), stage.Message{Role: "assistant", Content: "yn"[i/3%2 : i/3%2+1]})})
	}
	b := newBench(t, map[string]string{"base": familyFolder(t, name), "examples": toyExamples(t, list)})
	epochs := 8
	if name == "qwen3_5_moe" { // which learns slower: of eight, no sample earns a reward
		epochs = 24
	}
	check(t, (&Continue{Epochs: epochs, Batch: 2, Rate: 0.8}).Run(context.Background(), b.Job))
	return b.Out
}

// A base of any family is reinforced in its own template by the owner's
// verifier, whole and by an adapter: what earns the reward becomes likelier;
// the same bytes on any number of threads and whenever it was stopped; served
// as it was trained.
func TestBroughtGRPO(t *testing.T) {
	part := toyPart(t, picks(12))
	for name, op := range map[string]*GRPO{
		"llama3":    {Rank: 4, Rate: 1},
		"qwen2":     {Rate: 0.2},
		"spark2_5":  {Rate: 0.2, Variant: "dapo"},
		"gemma2":    {Rank: 4, Rate: 1},
		"gemma3":    {Rate: 0.2},
		"phi3":      {Rank: 4, Rate: 1},
		"glm4":      {Rate: 0.2},
		"smollm3":   {Rate: 0.2},
		"gpt2":      {Rate: 0.2},
		"qwen3_moe": {Rank: 4, Rate: 1},
		"qwen3_5":   {Rate: 0.2},

		"qwen3_5_moe": {Rate: 0.2},
	} {
		op.Steps, op.Prompts, op.Samples, op.Tokens, op.Every = 8, 6, 8, 6, time.Nanosecond
		in := map[string]string{"base": picker(t, name), "problems": part, "watch": part}
		whole := newBench(t, in)
		check(t, op.Run(context.Background(), whole.Job))
		f, err := readFacts(whole.Out)
		check(t, err)
		_, reward := whole.series("reward")
		t.Logf("%s: rewards %.2f", name, reward)
		if reward[len(reward)-1] < reward[0]+0.2 {
			t.Errorf("%s: rewards %.2f", name, reward)
		}
		if !f.RL.Started || f.Method != "grpo" || f.Parity == nil || f.Parity.Top < 0.99 {
			t.Errorf("%s: %+v %+v", name, f, f.RL)
		}
		again := newBench(t, in)
		again.Machine.Threads = 2
		for range 3 {
			if err := op.Run(&countdown{context.Background(), 40}, again.Job); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			again.Out = t.TempDir()
		}
		check(t, op.Run(context.Background(), again.Job))
		if digest(t, again.Out) != digest(t, whole.Out) {
			t.Errorf("%s: stopped, on 2 threads: other bytes", name)
		}
	}
}

// A problem is asked with the tools that it offers, by reinforcement and by the
// tally of a forecast, and its answer is learnt behind them.
func TestBroughtAskTools(t *testing.T) {
	b := newBench(t, map[string]string{"base": withTemplate(t, "qwen2", "{{ tools | tojson if tools }}"+thinkTemplate)})
	s, err := openStudent(b.Job, own{}, 0)
	check(t, err)
	defer s.Close()
	p := picks(1)[0]
	p.Tools, p.Answer = []json.RawMessage{json.RawMessage(`{"type":"function","function":{"name":"weather"}}`)}, "y"
	r := &rl{GRPO: &GRPO{}, job: b.Job, s: s, course: newCourse([]stage.Problem{p})}
	q, err := r.ask(&p)
	check(t, err)
	learnt, err := r.lesson(0, 0)
	check(t, err)
	var tallied doc
	check(t, s.w.eachProblem(filepath.Join(toyPart(t, []stage.Problem{p}), problemsFile), func(c counted) error {
		tallied = c.docs[0]
		return nil
	}))
	for what, ids := range map[string][]int32{"asked": q.IDs, "learnt": learnt.ids, "counted": tallied.ids} {
		if text := s.w.Tokenizer.Decode(ids); !strings.Contains(text, `"weather"`) {
			t.Errorf("%s: %q", what, text)
		}
	}
}

// The whole conversation is asked, in the template, and what is read of the
// answer has no thought in it.
func TestBroughtAsk(t *testing.T) {
	s, err := openStudent(newBench(t, map[string]string{"base": withTemplate(t, "qwen2", thinkTemplate)}).Job, own{}, 0)
	check(t, err)
	defer s.Close()
	p := picks(1)[0]
	p.Prompt = "say <|im_end|>"
	q, err := s.w.Ask("here", p.Asking(), nil, nil)
	check(t, err)
	text := s.w.Tokenizer.Decode(q.IDs)
	for _, part := range []string{"be short", "hi", "ho", "say <|im_end|>"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	ends := 0
	for _, id := range q.IDs {
		if slices.Contains(s.w.Stops, id) {
			ends++
		}
	}
	if ends != 4 { // of four turns, and not what the user wrote
		t.Errorf("%d ends in %q", ends, text)
	}
	ids := s.w.Tokenizer.EncodeMarked(nil, "<think>\nwell\n</think>\n\n4 <|im_end|> 5", nil)
	thought, answer := s.w.Parts(&q, ids)
	if thought != "well" || answer != "4  5" && answer != "4 <|im_end|> 5" {
		t.Errorf("thought %q, answer %q", thought, answer)
	}
	if r := s.w.request(&q, 5); len(r.Stop) == 0 || r.MaxTokens != 5 {
		t.Errorf("%+v", r)
	}
	p.Prompt = strings.Repeat("long ", 200)
	part := toyPart(t, []stage.Problem{p, p})
	err = (&GRPO{}).Run(context.Background(), newBench(t, map[string]string{"base": archFolder("qwen2"), "problems": part, "watch": part}).Job)
	if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "problems" {
		t.Errorf("a problem longer than the context: %v", err)
	}
}

// A speaker says what the learner would: its logits are the trainer's, with an
// adapter too, and after a step those of the new weights.
func TestSpeaker(t *testing.T) {
	for rank, name := range []string{"qwen2", "llama3", "spark2_5", "gemma2", "qwen3_moe"} { // whole; of rank 1 to 4
		s, err := openStudent(newBench(t, map[string]string{"base": familyFolder(t, name)}).Job, own{seed: 1, lora: adapterOf(stage.Ref{}, rank, 0, nil, 1)}, 0)
		check(t, err)
		defer s.Close()
		check(t, s.readyFor(64))
		v, err := s.speaker(4, 64, 0)
		check(t, err)
		defer v.Close()
		for i := range s.l.State() {
			s.l.State()[i] += 0.1 * (tensor.Uniform(tensor.Rand(9, 9, uint64(i))) - 0.5)
		}
		s.l.Repack()
		check(t, v.Repack())
		f := s.brought.File
		if v.adapter == nil {
			f = f.With(s.l.Params)
		}
		p, err := gate(s.job, ofTrainer(s.l.Trainer), f, v.adapter, promptsOf(nil, s.brought), model.AsF32, false)
		if err != nil || p.Top < 1 || math.IsNaN(p.Mean) {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
}

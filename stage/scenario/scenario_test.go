package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/store"
)

const context96 = 96

// folder writes a small model of random weights that says a bit of everything.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	text := strings.Repeat("user\nassistant\n37+85=122 小明有苹果，还剩几个？ solve the equation ", 20)
	tok, err := tokenizer.Train(slices.Values([]string{text}), 320, tokenizer.ChatSpecial)
	if err != nil {
		t.Fatal(err)
	}
	if err := tok.Save(dir); err != nil {
		t.Fatal(err)
	}
	cfg := model.Config{Vocab: tok.Vocab(), Width: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, Hidden: 48, Context: context96, Theta: 10000, Eps: 1e-6}
	a, err := tensor.NewArena(cfg.Params() + 16)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	p := model.NewParams(cfg, a)
	p.Init(3)
	for i := range p.All { // no zero matrices: what it says depends on what it is asked
		p.All[i] += 0.5 * (tensor.Uniform(tensor.Rand(2, 0, uint64(i))) - 0.5)
	}
	h := cfg.ToFolder()
	end, _ := tok.Special("<|im_end|>")
	h.EOSTokenID = int(end)
	if err := p.Write(dir, h); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, stage.WeightsFile), []byte(`{"method":"sft"}`), 0o666); err != nil { // made here
		t.Fatal(err)
	}
	return dir
}

// book writes knowledge of one passage.
func book(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	docs := []knowledge.Document{
		{Path: "handbook/en/keys.md", Text: "# Keys\n\n## How do I get a key?\n\nThe server makes a key at its first start. It is shown once.\n"},
		{Path: "handbook/zh/keys.md", Text: "# 密钥\n\n## 怎么得到密钥？\n\n服务第一次启动时会生成密钥。密钥只显示一次，请妥善保管。\n"},
	}
	if err := knowledge.Build(dir, knowledge.All(docs), knowledge.Options{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// open runs the operator and opens what it made.
func open(t testing.TB, op *Scenario, weights, book string, threads, slots int) *Scenario {
	t.Helper()
	dirs := map[store.Digest]string{{1}: weights, {2}: book}
	job := &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "weights", Digest: store.Digest{1}, Dir: weights}}}
	if book != "" {
		job.Inputs = append(job.Inputs, stage.Input{Arg: "knowledge", Digest: store.Digest{2}, Dir: book})
	}
	if err := op.Run(context.Background(), job); err != nil {
		t.Fatal(err)
	}
	s, err := (&Opener{Threads: threads, Slots: slots, Artifact: func(d store.Digest) (string, error) {
		if dirs[d] == "" {
			return "", os.ErrNotExist
		}
		return dirs[d], nil
	}}).Open(job.Out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ask gathers the deltas of one answer and checks their order.
func ask(t testing.TB, s *Scenario, question string, opt Options) (reply Reply, usage Usage, err error) {
	t.Helper()
	last := Kind(-1)
	for d, err := range s.Answer(context.Background(), []stage.Message{{Role: "user", Content: question}}, opt) {
		if err != nil {
			return reply, usage, err
		}
		if d.Kind < last || last == Finish {
			t.Errorf("%q: kind %d after %d", question, d.Kind, last)
		}
		last, usage = d.Kind, d.Usage
		switch d.Kind {
		case Sources:
			reply.Sources = d.Sources
		case Thought:
			reply.Thought += d.Text
		case Answer:
			reply.Answer += d.Text
		case Finish:
			reply.Finish = d.Reason
		}
		if !utf8.ValidString(d.Text) {
			t.Errorf("%q: %q is not UTF-8", question, d.Text)
		}
	}
	if last != Finish {
		t.Errorf("%q: ended without saying why", question)
	}
	return reply, usage, nil
}

func TestAnswerByModel(t *testing.T) {
	weights := folder(t)
	s := open(t, &Scenario{Think: 20, Tokens: 10}, weights, book(t), 1, 2)
	r, u, err := ask(t, s, "37+85=?", Options{Think: -1})
	if err != nil {
		t.Fatal(err)
	}
	if r.Thought == "" || len(r.Sources) != 0 || u.Prompt == 0 || u.Reasoning == 0 || u.Reasoning > 21 || u.Completion > 31 || u.Completion < u.Reasoning {
		t.Errorf("%+v %+v", r, u)
	}
	for _, name := range tokenizer.ChatSpecial {
		if strings.Contains(r.Thought+r.Answer, name) {
			t.Errorf("%s is shown in %+v", name, r)
		}
	}

	// The same tokens as the engine gives when asked directly, so that nothing
	// is lost on the way.
	m, err := infer.Load(weights)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	req := m.Ask([]tokenizer.Message{{Role: "user", Content: "37+85=?"}}, 20, 31)
	sampler, err := infer.NewSampler(m.Params, 1, context96, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer sampler.Close()
	res, err := sampler.Run(context.Background(), []infer.Request{req}, nil)
	if err != nil {
		t.Fatal(err)
	}
	end := slices.Index(res[0].IDs, req.ThinkEnd[0])
	text := func(ids []int32) string {
		return m.Tokenizer.Decode(slices.DeleteFunc(slices.Clone(ids), func(id int32) bool { return s.special[id] }))
	}
	if want := text(res[0].IDs[:end]); r.Thought != want {
		t.Errorf("thought %q, the engine gave %q", r.Thought, want)
	}
	if want := text(res[0].IDs[end:]); r.Answer != want || u.Completion != len(res[0].IDs) || r.Finish != res[0].Finish {
		t.Errorf("answer %q of %d tokens, the engine gave %q of %d", r.Answer, u.Completion, want, len(res[0].IDs))
	}
}

func TestOptions(t *testing.T) {
	s := open(t, &Scenario{Think: 20, Tokens: 10}, folder(t), "", 1, 2)
	direct, u, err := ask(t, s, "37+85=?", Options{Think: 0})
	if err != nil || direct.Thought != "" || u.Reasoning != 0 || u.Completion > 10 {
		t.Errorf("without a thought: %+v %+v %v", direct, u, err)
	}
	if r, u, err := ask(t, s, "37+85=?", Options{Think: 5}); err != nil || u.Reasoning > 6 {
		t.Errorf("a thought of 5: %+v %+v %v", r, u, err)
	}
	if r, u, err := ask(t, s, "37+85=?", Options{Think: 1000}); err != nil || u.Reasoning > 21 {
		t.Errorf("more than the scenario's thought: %+v %+v %v", r, u, err)
	}
	if r, u, err := ask(t, s, "37+85=?", Options{Think: -1, MaxTokens: 3}); err != nil || u.Completion > 3 || u.Completion == 3 && r.Finish != "length" {
		t.Errorf("three tokens: %+v %+v %v", r, u, err)
	}
	hot, p := 1.5, 0.9
	a, _, _ := ask(t, s, "37+85=?", Options{Think: -1, Temperature: &hot, TopP: &p, Seed: 1})
	b, _, _ := ask(t, s, "37+85=?", Options{Think: -1, Temperature: &hot, TopP: &p, Seed: 1})
	c, _, _ := ask(t, s, "37+85=?", Options{Think: -1, Temperature: &hot, TopP: &p, Seed: 2})
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, c) {
		t.Errorf("seed 1: %+v, %+v; seed 2: %+v", a, b, c)
	}
	bad := 200.0
	if _, _, err := ask(t, s, "37+85=?", Options{Temperature: &bad}); !errors.Is(err, infer.ErrRequest) {
		t.Errorf("temperature 200: %v", err)
	}
}

func TestAnswerByKnowledge(t *testing.T) {
	s := open(t, &Scenario{Think: 20}, folder(t), book(t), 1, 2)
	for question, want := range map[string]struct{ answer, file string }{
		"How do I get a key?": {"“The server makes a key at its first start. It is shown once.”\n\nSource: handbook/en/keys.md, Keys › How do I get a key?", "handbook/en/keys.md"},
		"怎么得到密钥":              {"“服务第一次启动时会生成密钥。密钥只显示一次，请妥善保管。”\n\n出处：handbook/zh/keys.md，密钥 › 怎么得到密钥？", "handbook/zh/keys.md"},
	} {
		r, u, err := ask(t, s, question, Options{Think: -1})
		if err != nil || r.Answer != want.answer || r.Thought != "" || r.Finish != "stop" || u != (Usage{}) ||
			len(r.Sources) != 1 || r.Sources[0].File != want.file || r.Sources[0].Text == "" || r.Sources[0].Score <= 0 {
			t.Errorf("%q: %+v %+v %v", question, r, u, err)
		}
	}
	// A problem in the handbook's own words is computed.
	if r, u, err := ask(t, s, "The server makes 3 keys and 4 keys. How many keys are left?", Options{Think: -1}); err != nil || len(r.Sources) != 0 || u.Completion == 0 {
		t.Errorf("a problem was taken for a question about keys: %+v %v", r, err)
	}
}

func TestLastQuestionAlone(t *testing.T) {
	s := open(t, &Scenario{Think: 8}, folder(t), "", 1, 1)
	alone, err := s.Reply(context.Background(), "3+4")
	if err != nil {
		t.Fatal(err)
	}
	var got Reply
	for d, err := range s.Answer(context.Background(), []stage.Message{{Role: "system", Content: strings.Repeat("be brief ", 500)}, {Role: "user", Content: "1+1"}, {Role: "assistant", Content: "2"},
		{Role: "user", Content: " 3+4\n"}, {Role: "assistant", Content: ""}}, Options{Think: -1, Tools: []json.RawMessage{json.RawMessage(`{"type":"function","function":{"name":"now"}}`)}}) {
		if err != nil {
			t.Fatal(err)
		}
		switch d.Kind {
		case Thought:
			got.Thought += d.Text
		case Answer:
			got.Answer += d.Text
		case Finish:
			got.Finish, got.Tokens = d.Reason, d.Usage.Completion
		}
	}
	if !reflect.DeepEqual(got, alone) {
		t.Errorf("with a conversation before it %+v, alone %+v", got, alone)
	}
	for _, conversation := range [][]stage.Message{nil, {{Role: "system", Content: "x"}}, {{Role: "user", Content: " \n"}}} {
		for _, err := range s.Answer(context.Background(), conversation, Options{}) {
			if !errors.Is(err, ErrNoQuestion) {
				t.Errorf("%v: %v", conversation, err)
			}
		}
	}
}

// Every length of question is answered within the context, or refused.
func TestTooLong(t *testing.T) {
	s := open(t, &Scenario{Think: 1000}, folder(t), "", 1, 2)
	refused := 0
	for n := 1; n < 100; n += 3 {
		r, u, err := ask(t, s, strings.Repeat("7", n), Options{Think: -1})
		switch {
		case errors.Is(err, ErrTooLong):
			refused++
			if e, ok := errors.AsType[*say.Error](err); !ok || e.In(say.Chinese) == e.In(say.English) {
				t.Errorf("%v has no words", err)
			}
		case err != nil:
			t.Fatal(err)
		case refused > 0:
			t.Errorf("%d digits are answered and fewer were refused", n)
		case u.Prompt+u.Completion > context96 || u.Reasoning == 0 || r.Finish == "length" && u.Completion-u.Reasoning < context96/4-1:
			t.Errorf("%d digits: %+v %+v", n, r, u)
		}
	}
	if refused == 0 {
		t.Error("nothing was too long")
	}
}

// Many at once get what each gets alone.
func TestTogether(t *testing.T) {
	s := open(t, &Scenario{Think: 12, Tokens: 6}, folder(t), book(t), 2, 4)
	questions := []string{"1+2", "30+4=?", "小明有3个苹果，又买了4个，一共几个？", "怎么得到密钥", "How do I get a key?", "x+7=15"}
	var alone []Reply
	for _, q := range questions {
		r, err := s.Reply(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		alone = append(alone, r)
	}
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			r, err := s.Reply(context.Background(), questions[i%len(questions)])
			if err != nil || !reflect.DeepEqual(r, alone[i%len(questions)]) {
				t.Errorf("%s: together %+v %v, alone %+v", questions[i%len(questions)], r, err, alone[i%len(questions)])
			}
		})
	}
	wg.Wait()
}

func TestStop(t *testing.T) {
	s := open(t, &Scenario{Think: 30}, folder(t), "", 1, 1)
	for range 10 { // places are given back: one slot is enough
		for _, err := range s.Answer(context.Background(), []stage.Message{{Role: "user", Content: "1+2"}}, Options{Think: -1}) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Reply(ctx, "1+2"); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s2, err := (&Opener{Threads: 1, Slots: 1}).Bare(folder(t), "", -5)
	if err != nil {
		t.Fatal(err)
	}
	if f := s2.Facts(); f.Think != 0 || f.Context != context96 || f.Parameters == 0 || f.Passages != 0 {
		t.Errorf("%+v", f)
	}
	s2.Close()
	if _, err := s2.Reply(context.Background(), "1+2"); !errors.Is(err, infer.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Weights that say that they were taught single questions are asked these; those that do
// not say how they were made, as an exported folder, whatever they are asked.
func TestSingleQuestions(t *testing.T) {
	asked := errors.New("asked as any model")
	o := &Opener{Threads: 1, Slots: 1, Model: func(string, string) (Model, error) { return nil, asked }}
	for text, single := range map[string]bool{`{"method":"sft"}`: true, `{"method":"sft","taught":{"turns":true}}`: false, "": false} {
		dir := folder(t)
		says := filepath.Join(dir, stage.WeightsFile)
		err := os.Remove(says)
		if err == nil && text != "" {
			err = os.WriteFile(says, []byte(text), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := o.Bare(dir, "", 0)
		if errors.Is(err, asked) == single || single && err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if s != nil {
			s.Close()
		}
	}
}

func TestManifest(t *testing.T) {
	run := func() string {
		out := t.TempDir()
		op := &Scenario{Title: "tutor", Think: 192, Temperature: 0.5}
		if list := op.Check(); list != nil {
			t.Fatal(list)
		}
		if err := op.Run(context.Background(), &stage.Job{Out: out, Inputs: []stage.Input{{Arg: "weights", Digest: store.Digest{1}}}}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(out, manifestFile))
		if err != nil {
			t.Fatal(err)
		}
		m, err := ReadManifest(out)
		if err != nil || *m != (Manifest{Format: 1, Name: "tutor", Weights: store.Digest{1}, Think: 192, Temperature: 0.5}) {
			t.Errorf("%+v %v", m, err)
		}
		return string(b)
	}
	if a, b := run(), run(); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	for arg, op := range map[string]*Scenario{
		"name": {Title: "a b"}, "think": {Think: -1}, "tokens": {Tokens: 1 << 20}, "temperature": {Temperature: 3},
	} {
		if list := op.Check(); len(list) != 1 || list[0].Where != arg {
			t.Errorf("%s: %v", arg, list)
		}
	}
	if list := (&Scenario{Title: "a b"}).Check(); !strings.Contains(list[0].What.In(say.Chinese), "数字或 . - _") || !strings.Contains(list[0].What.In(say.English), "digits, and . - _") {
		t.Errorf("a name may be %v", list[0].What)
	}
	digest := store.Digest{1}.String()
	for _, bad := range []string{
		``, `{}`, `{"format":2,"weights":"` + digest + `"}`, `{"format":1,"weights":""}`, `{"format":1,"weights":"` + digest + `","think":-3}`,
		`{"format":1,"weights":"` + digest + `","color":1}`, `{"format":1,"weights":"` + digest + `","temperature":9}`,
	} {
		if _, err := parseManifest([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	out := t.TempDir()
	if _, err := new(Opener).Open(out); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	op := &Scenario{}
	in := []stage.Input{{Arg: "weights", Digest: store.Digest{1}}, {Arg: "knowledge", Digest: store.Digest{2}}}
	if err := op.Run(context.Background(), &stage.Job{Out: out, Inputs: in}); err != nil {
		t.Fatal(err)
	}
	empty, weights := t.TempDir(), folder(t)
	for i, dirs := range []map[store.Digest]string{{}, {{1}: empty}, {{1}: weights}, {{1}: weights, {2}: empty}} {
		_, err := (&Opener{Artifact: func(d store.Digest) (string, error) {
			if dirs[d] == "" {
				return "", fmt.Errorf("no artifact %s", d.Short())
			}
			return dirs[d], nil
		}}).Open(out)
		if err == nil {
			t.Errorf("%d: opened", i)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"weights":"` + store.Digest{1}.String() + `","think":192}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parseManifest(b); err == nil {
			if e := m.check(); e != nil || m.Weights.IsZero() {
				t.Errorf("%+v", m)
			}
		}
	})
}

// A trail makes an answer again: the model's, cut short or not, and the
// scenario's own words.
func TestAgain(t *testing.T) {
	s := open(t, &Scenario{Think: 20, Tokens: 10}, folder(t), book(t), 1, 2)
	hot, p := 1.5, 0.9
	for _, c := range []struct {
		question string
		opt      Options
		asked    bool
	}{
		{"37+85=?", Options{Think: -1, Seed: 3, Temperature: &hot, TopP: &p}, true},
		{"37+85=?", Options{Think: 0}, true},
		{"How do I get a key?", Options{Think: -1}, false},
	} {
		c.opt.Trail = new(Trail)
		if _, _, err := ask(t, s, c.question, c.opt); err != nil {
			t.Fatal(err)
		}
		tr := c.opt.Trail
		if tr.Asked != c.asked || len(tr.Tokens) == 0 || tr.Finish == "" {
			t.Errorf("%s: %+v", c.question, tr)
		}
		for _, n := range []int{len(tr.Tokens), 2} {
			got, err := s.Again(context.Background(), tr, n)
			if err != nil || !slices.Equal(got, tr.Tokens[:n]) {
				t.Errorf("%s: %v, %d of %v", c.question, err, n, tr.Tokens)
			}
		}
		tr.Made.Prompt = s.model.Tokenizer.Encode(nil, "something else")
		if got, _ := s.Again(context.Background(), tr, len(tr.Tokens)); slices.Equal(got, tr.Tokens) {
			t.Errorf("%s: another prompt gives the same", c.question)
		}
	}
}

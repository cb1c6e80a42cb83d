package scenario

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/store"
)

// Who may not read a document is not answered from it, nor told that it is there.
func TestReaders(t *testing.T) {
	dir := book(t)
	if err := knowledge.WriteRules(dir, []knowledge.Rule{{Path: "handbook/en", Allow: []string{"mary"}}}); err != nil {
		t.Fatal(err)
	}
	s := open(t, &Scenario{Think: 20}, folder(t), dir, 1, 2)
	const question = "How do I get a key?"
	trail := new(Trail)
	r, _, err := ask(t, s, question, Options{Principals: []string{"mary"}, Trail: trail})
	if err != nil || len(r.Sources) != 1 || r.Sources[0].File != "handbook/en/keys.md" {
		t.Fatalf("mary: %+v %v", r, err)
	}
	src := r.Sources[0]
	if src.ID == "" || src.End <= src.Start || len(src.Quotes) == 0 {
		t.Errorf("no place: %+v", src)
	}
	text := []rune(src.Text)
	for _, q := range src.Quotes {
		if part := string(text[q[0]:q[1]]); !strings.Contains(r.Answer, part) {
			t.Errorf("%q is not in the answer %q", part, r.Answer)
		}
	}
	got, err := s.Again(context.Background(), trail, len(trail.Tokens))
	if err != nil || !slices.Equal(got, trail.Tokens) {
		t.Errorf("mary's answer is not made again: %v", err)
	}
	for _, who := range [][]string{nil, {"john"}, {"mar", "y"}} {
		r, _, err := ask(t, s, question, Options{Principals: who})
		if err != nil || len(r.Sources) != 0 || strings.Contains(r.Answer, "handbook/en") {
			t.Errorf("%v: %+v %v", who, r, err)
		}
	}
	if r, _, err := ask(t, s, "怎么得到密钥", Options{}); err != nil || len(r.Sources) != 1 {
		t.Errorf("what everybody may read: %+v %v", r, err)
	}
}

// A scenario may be surer than the measured threshold.
func TestSure(t *testing.T) {
	const question = "Does the server make a golden key at its first start?"
	for sure, want := range map[float64]int{0: 1, 1: 0} {
		s := open(t, &Scenario{Think: 20, Sure: sure}, folder(t), book(t), 1, 2)
		if r, _, err := ask(t, s, question, Options{}); err != nil || len(r.Sources) != want {
			t.Errorf("sure %v: %d sources, want %d: %+v %v", sure, len(r.Sources), want, r, err)
		}
	}
}

// Two documents that differ in a number are both told.
func TestDiffer(t *testing.T) {
	dir := t.TempDir()
	if err := knowledge.Build(dir, knowledge.All([]knowledge.Document{
		{Path: "old.md", Text: "# Keys\n\nA visitor key of the server is valid for 30 days after it was made.\n"},
		{Path: "new.md", Text: "# Visitor keys\n\nA visitor key of the server is valid for 7 days after it was made.\n"},
	}), knowledge.Options{}); err != nil {
		t.Fatal(err)
	}
	s := open(t, &Scenario{Think: 20}, folder(t), dir, 1, 2)
	r, _, err := ask(t, s, "For how many days is a visitor key of the server valid?", Options{})
	if err != nil || len(r.Sources) != 2 || !strings.Contains(r.Answer, "30 days") || !strings.Contains(r.Answer, "7 days") {
		t.Errorf("%+v %v", r, err)
	}
}

// How a scenario answers is settled when it is made: weights of our own quote, others
// write unless the plan says otherwise, and what makes no sense is refused.
func TestAnswers(t *testing.T) {
	ours, others := folder(t), t.TempDir()
	blocks := quantised(t, ours)
	for name, c := range map[string]struct {
		op        Scenario
		weights   string
		bare      bool // without knowledge
		want, ask string
		fails     string
	}{
		"ours":             {weights: ours},
		"ours, quoted":     {op: Scenario{Answers: Quoted}, weights: ours},
		"ours, written":    {op: Scenario{Answers: Written}, weights: ours, fails: "answers"},
		"ours, unanswered": {op: Scenario{Unanswered: Decline}, weights: ours, fails: "unanswered"},
		"ours in blocks":   {weights: blocks},
		"blocks, written":  {op: Scenario{Answers: Written}, weights: blocks, fails: "answers"},
		"another":          {weights: others, want: Written},
		"another, its own": {op: Scenario{Unanswered: FromModel}, weights: others, want: Written, ask: FromModel},
		"another, quoted":  {op: Scenario{Answers: Quoted}, weights: others},
		"both":             {op: Scenario{Answers: Quoted, Unanswered: FromModel}, weights: others, fails: "unanswered"},
		"nothing":          {weights: others, bare: true},
		"nothing, written": {op: Scenario{Answers: Written}, weights: others, bare: true, fails: "knowledge"},
	} {
		job := &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "weights", Digest: store.Digest{1}, Dir: c.weights}}}
		if !c.bare {
			job.Inputs = append(job.Inputs, stage.Input{Arg: "knowledge", Digest: store.Digest{2}})
		}
		err := c.op.Run(context.Background(), job)
		if e, ok := errors.AsType[*say.Error](err); c.fails != "" {
			if !ok || e.Where != c.fails {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		m, readErr := ReadManifest(job.Out)
		if err != nil || readErr != nil || m.Answers != c.want || m.Unanswered != c.ask {
			t.Errorf("%s: %+v %v %v", name, m, err, readErr)
		}
	}
	for _, op := range []Scenario{{Answers: "sung"}, {Unanswered: "perhaps"}} {
		if list := op.Check(); len(list) != 1 {
			t.Errorf("%+v: %v", op, list)
		}
	}
}

// quantised writes the model of a folder as a plan does that quantises it.
func quantised(t *testing.T, folder string) string {
	t.Helper()
	f, err := model.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	words, err := talk.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := words.Meta()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "model.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := f.WriteGGUF(out, model.AsQ8_0, meta, 1); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A search takes up to two questions before the one that finds nothing, and the
// passages that are read are those that may be.
func TestRead(t *testing.T) {
	dir := book(t)
	if err := knowledge.WriteRules(dir, []knowledge.Rule{{Path: "handbook/en", Allow: []string{"mary"}}}); err != nil {
		t.Fatal(err)
	}
	ix, err := knowledge.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	s := Over(nil, own{ix, ix.Gate(ix.Rules())})
	read := func(who string, texts ...string) Reading {
		var list []stage.Message
		for i, text := range texts {
			list = append(list, stage.Message{Role: []string{"user", "assistant"}[i%2], Content: text})
		}
		r, err := s.Read(list, []string{who})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := read("mary", "When does the server make a key?"); r.Known != nil || len(r.Passages) == 0 || r.Passages[0].File != "handbook/en/keys.md" || r.Memory == "" || r.Lang != say.English {
		t.Errorf("%+v", r)
	} else if !r.May("handbook/en/keys.md") || r.May("handbook/en/none.md") {
		t.Error("what may be read is not")
	}
	if r := read("john", "When does the server make a key?"); slices.ContainsFunc(r.Passages, func(s Source) bool { return strings.Contains(s.File, "/en/") }) || r.May("handbook/en/keys.md") {
		t.Errorf("%+v", r)
	}
	if a, b := read("mary", "When does the server make a key?"), read("john", "密钥显示几次"); a.Memory == b.Memory {
		t.Error("both share a memory")
	}
	if r := read("mary", "How do I get a key?"); r.Passages != nil || len(r.Known) != 3 {
		t.Errorf("a heading: %+v", r)
	}
	if r := read("mary", "And how often?"); r.Passages != nil {
		t.Errorf("alone: %+v", r)
	}
	if r := read("mary", "When does the server make a key?", "At its first start [1].", "And how often?"); len(r.Passages) == 0 {
		t.Errorf("it goes on: %+v", r)
	}
	if r := read("mary", "密钥显示几次，一次吗", "是", "1+2=?"); r.Passages != nil {
		t.Errorf("a sum: %+v", r)
	}
}

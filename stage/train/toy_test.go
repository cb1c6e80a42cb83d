package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/stage"
	"suiren/store"
)

// The toy: problems of two families whose answers are to be learnt by heart,
// by a model of some 25,000 parameters.

const (
	toyContext = 32
	toyCount   = 24 // of different problems
)

// toyProblems are the problems, each family in order, again and again.
func toyProblems(times int) []stage.Problem {
	var list []stage.Problem
	for range times {
		for i := range toyCount {
			p := stage.Problem{Family: "add", Lang: "en", Level: 1, Prompt: fmt.Sprintf("%c+", 'a'+i), Answer: fmt.Sprint(i * 7 % 10)}
			if i%2 == 1 {
				p.Family, p.Level = "sub", 2
			}
			p.ID, p.Key, p.Think = p.Prompt, p.Prompt, p.Prompt+"="+p.Answer
			list = append(list, p)
		}
	}
	return list
}

// toyTokenizer is the folder of a tokenizer of bytes.
func toyTokenizer(t *testing.T) string {
	t.Helper()
	tok, err := tokenizer.Train(slices.Values([]string{"a+=0"}), 256+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	check(t, err)
	dir := t.TempDir()
	check(t, tok.Save(dir))
	return dir
}

// toyRows are rows of problems with their thoughts, two in a row.
func toyRows(t *testing.T, tokenizerDir string, problems []stage.Problem) string {
	t.Helper()
	return rowsBy(t, tokenizerDir, problems, 2)
}

// rowsBy are rows of n problems each, with their thoughts if they have some.
func rowsBy(t *testing.T, tokenizerDir string, problems []stage.Problem, n int) string {
	t.Helper()
	tok, err := tokenizer.Load(tokenizerDir)
	check(t, err)
	chat, err := tokenizer.NewChat(tok)
	check(t, err)
	dir := t.TempDir()
	w, err := stage.NewRowWriter(dir, tok.Vocab(), 2*toyContext, problems[0].Think != "")
	check(t, err)
	for list := range slices.Chunk(problems, n) {
		var docs []stage.RowDoc
		for _, p := range list {
			ids, supervised := chat.Example(nil, p.Prompt, p.Think, p.Answer, true)
			docs = append(docs, stage.RowDoc{IDs: ids, Supervised: supervised})
		}
		check(t, w.Add(docs))
	}
	_, err = w.Close()
	check(t, err)
	return dir
}

// toyPart is a part of examples.
func toyPart(t *testing.T, problems []stage.Problem) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, problemsFile))
	check(t, err)
	check(t, stage.WriteProblems(f, problems))
	check(t, f.Close())
	return dir
}

// A bench is a job whose events are kept and can stop it.
type bench struct {
	*stage.Job
	mu     sync.Mutex
	events []stage.Event
	each   func(stage.Event)
}

func newBench(t *testing.T, inputs map[string]string) *bench {
	t.Helper()
	b := &bench{Job: &stage.Job{Out: t.TempDir(), Work: t.TempDir(), Machine: stage.Machine{Threads: 1}}}
	for arg, dir := range inputs {
		b.Inputs = append(b.Inputs, stage.Input{Arg: arg, Dir: dir})
	}
	b.Emit = func(e stage.Event) {
		b.mu.Lock()
		b.events = append(b.events, e)
		b.mu.Unlock()
		if b.each != nil {
			b.each(e)
		}
	}
	return b
}

// notes are what the operator told in words.
func (b *bench) notes() (list []string) {
	for _, e := range b.events {
		if e.Type == "note" {
			list = append(list, e.Text.String())
		}
	}
	return list
}

func digest(t *testing.T, dir string) store.Digest {
	t.Helper()
	d, err := store.DirDigest(dir)
	check(t, err)
	return d
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// right is the share of problems that the model in dir answers right, greedily.
func right(t *testing.T, dir string, problems []stage.Problem) float64 {
	t.Helper()
	m, err := infer.Load(dir)
	check(t, err)
	defer m.Close()
	s, err := infer.NewSampler(m.Params, 8, m.Context(), 1)
	check(t, err)
	defer s.Close()
	var reqs []infer.Request
	for _, p := range problems {
		reqs = append(reqs, m.Ask([]tokenizer.Message{{Role: "user", Content: p.Prompt}}, -1, 12))
	}
	results, err := s.Run(context.Background(), reqs, nil)
	check(t, err)
	n := 0
	for i, r := range results {
		if problems[i].Correct(m.Tokenizer.Decode(r.IDs)) {
			n++
		}
	}
	return float64(n) / float64(len(problems))
}

// A countdown is a context that is cancelled after its error was asked for n times.
type countdown struct {
	context.Context
	n int
}

func (c *countdown) Err() error {
	if c.n--; c.n < 0 {
		return context.Canceled
	}
	return nil
}

// toMake is a base of s's shape that is yet to be made, as the plan knows it.
func toMake(s SFT, vocab, context int) stage.Forecast {
	c := s.config(vocab, context)
	shape := model.Own(c)
	return stage.Forecast{Size: sizeOf(&shape), Model: unmade(model.Unmade(c, model.AsF32))}
}

// openTeacher opens a teacher of documents of up to length tokens.
func openTeacher(dir string, top, length int, m stage.Machine) (*teacher, error) {
	t, err := readTeacher(dir, top)
	if err != nil {
		return nil, err
	}
	if err := t.start(length, m); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

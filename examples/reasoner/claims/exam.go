package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/stage"
	"suiren/stage/guard"
)

// An exam is one model's answers to the problems of a part, in their order.
type exam struct {
	Params  int      `json:"params"`
	FLOPs   float64  `json:"flops"`   // of training, its base's included
	Sampled float64  `json:"sampled"` // of answers during training, its teacher's included
	Right   []bool   `json:"right"`
	Tokens  []int    `json:"tokens"` // of the thought
	Asked   int      `json:"asked"`  // problems that fit into the context; the others are wrong
	Empty   int      `json:"empty"`  // answers without a word
	Cut     int      `json:"cut"`    // answers that did not end
	Notes   []string `json:"notes,omitempty"`
}

// What an exam allows.
const (
	fullThought    = 192 // tokens of thought
	checkedThought = 320 // of one that is gone through again
	answerTokens   = 32  // tokens of an answer: the longest has 20 or so
	slots          = 64
)

// examine has the weights of a seed answer a part, think being the most
// tokens of thought; 0 answers at once. What was answered before is read back.
func (l *lab) examine(ctx context.Context, seed int, weights, part string, think int) (*exam, error) {
	digest, dir, err := l.dir(seed, "weights."+weights)
	if err != nil {
		return nil, err
	}
	problems, err := l.problems(seed, part)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	if err := stage.WriteProblems(h, problems); err != nil {
		return nil, err
	}
	path := filepath.Join(l.state, "answers", fmt.Sprintf("%s-%x-%d.json", digest.Short(), h.Sum(nil)[:6], think))
	x := new(exam)
	if b, err := os.ReadFile(path); err == nil && json.Unmarshal(b, x) == nil && len(x.Right) == len(problems) {
		return x, nil
	}
	if err := x.facts(dir); err != nil {
		return nil, err
	}
	if err := x.ask(ctx, dir, problems, think, l.m.Threads); err != nil {
		return nil, err
	}
	b, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "seed %d  weights.%s  %s, %d tokens of thought: %.3f\n", seed, weights, part, think, share(x.Right))
	return x, os.WriteFile(path, b, 0o666)
}

// problems reads a part of the lessons, or a mirror.
func (l *lab) problems(seed int, part string) ([]stage.Problem, error) {
	if m, ok := mirrors[part]; ok {
		return m.read(l.data)
	}
	return l.examples(seed, "lessons", part)
}

// examples reads a part of the examples of that name.
func (l *lab) examples(seed int, name, part string) ([]stage.Problem, error) {
	_, dir, err := l.dir(seed, "examples."+name)
	if err != nil {
		return nil, err
	}
	if other, ok := l.parts[name]; ok {
		dir = other
	}
	return stage.ReadProblems(filepath.Join(dir, part, "problems.jsonl"))
}

// unseen proves that no held-out problem, nor another of its key or wording, is
// among those that models learn from or that settings were chosen by.
func (l *lab) unseen(seed int) (u guard.Unseen, err error) {
	asked, err := l.problems(seed, heldout)
	if err != nil {
		return u, err
	}
	proof := guard.NewProof(asked)
	for _, name := range []string{"lessons", "few", "checked"} {
		if _, ok := l.made[fmt.Sprintf("%d.examples.%s", seed, name)]; !ok {
			continue
		}
		for _, part := range []string{"train", "watch"} {
			list, err := l.examples(seed, name, part)
			if err != nil {
				return u, err
			}
			for i := range list {
				proof.Saw(&list[i])
			}
		}
	}
	proof.Count(asked, &u)
	u.Heldout = len(asked)
	if u.Seen > 0 {
		err = fmt.Errorf("%d held-out problems were seen in training, such as %v", u.Seen, u.Examples)
	}
	return u, err
}

// ask asks all problems.
func (x *exam) ask(ctx context.Context, dir string, problems []stage.Problem, think, threads int) error {
	m, err := infer.Load(dir)
	if err != nil {
		return err
	}
	defer m.Close()
	x.Params = m.Params.Config.Params()
	s, err := infer.NewSampler(m.Params, slots, m.Context(), threads)
	if err != nil {
		return err
	}
	defer s.Close()
	var reqs []infer.Request
	var asked []int // which problem a request is
	for i := range problems {
		r := m.Ask([]tokenizer.Message{{Role: "user", Content: problems[i].Prompt}}, think, answerTokens)
		room := m.Context() - len(r.Prompt) - answerTokens - 1
		if room < 1 { // not to be answered: of the mirrors, long ones
			continue
		}
		if think > 0 {
			r.Think = min(think, room)
			r.MaxTokens += r.Think + 1
		}
		reqs, asked = append(reqs, r), append(asked, i)
	}
	x.Right, x.Tokens, x.Asked = make([]bool, len(problems)), make([]int, len(problems)), len(reqs)
	results, err := s.Run(ctx, reqs, nil)
	if err != nil {
		return err
	}
	for n, r := range results {
		i := asked[n]
		ids, thought := r.IDs, 0
		if think > 0 {
			thought = slices.Index(ids, m.Chat.ThinkEnd())
			if thought < 0 {
				thought = len(ids)
			}
			ids = ids[min(thought+1, len(ids)):]
		}
		answer := m.Tokenizer.Decode(ids)
		if strings.TrimSpace(answer) == "" {
			x.Empty++
		}
		if r.Finish != infer.Stopped {
			x.Cut++
		}
		x.Right[i], x.Tokens[i] = r.Finish == infer.Stopped && correct(&problems[i], answer), thought
	}
	return nil
}

// facts reads what the weights say of their training.
func (x *exam) facts(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "suiren.json"))
	if err != nil {
		return err
	}
	var f struct {
		FLOPs float64 `json:"flops"`
		RL    *struct {
			Started     bool    `json:"started"`
			Steps       int     `json:"steps"`
			RolledBack  string  `json:"rolled_back"`
			Pass        float64 `json:"pass_at_1"`
			Informative float64 `json:"informative"`
			Sampled     float64 `json:"sample_flops"`
		} `json:"rl"`
		Distil *struct {
			Asked int     `json:"asked"`
			Kept  int     `json:"kept"`
			FLOPs float64 `json:"teacher_flops"`
		} `json:"distil"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	x.FLOPs = f.FLOPs
	if f.RL != nil {
		x.Sampled = f.RL.Sampled
		x.Notes = append(x.Notes, fmt.Sprintf("started %v, pass@1 %.3f, informative %.3f, kept step %d, rolled back %q", f.RL.Started, f.RL.Pass, f.RL.Informative, f.RL.Steps, f.RL.RolledBack))
	}
	if f.Distil != nil {
		x.Sampled = f.Distil.FLOPs
		x.Notes = append(x.Notes, fmt.Sprintf("the teacher answered %d, %d right", f.Distil.Asked, f.Distil.Kept))
	}
	return nil
}

// correct reports whether an answer is right. Those of the mirrors are numbers
// with a unit or without.
func correct(p *stage.Problem, answer string) bool {
	if p.Family != mirrorFamily {
		return p.Correct(answer)
	}
	got, ok := lastNumber(answer)
	want, _ := lastNumber(p.Answer)
	return ok && math.Abs(got-want) <= 1e-6*max(1, math.Abs(want))
}

func share(right []bool) float64 {
	n := 0
	for _, r := range right {
		if r {
			n++
		}
	}
	return float64(n) / float64(max(len(right), 1))
}

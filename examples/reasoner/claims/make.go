package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"suiren/plan"
	"suiren/stage"
	"suiren/stage/data"
	"suiren/stage/train"
	"suiren/store"
)

// vocabulary is what the plan of the experiments says.
func vocabulary() plan.Vocabulary {
	one := func(f func() stage.Operator) plan.Choice {
		return plan.Choice{Ops: map[string]func() stage.Operator{"": f}}
	}
	return plan.Vocabulary{
		store.Examples:  {By: "generate", Ops: map[string]func() stage.Operator{"lessons": func() stage.Operator { return new(data.Lessons) }}},
		store.Tokenizer: one(func() stage.Operator { return new(data.Tokenizer) }),
		store.Tokens:    one(func() stage.Operator { return new(data.Tokens) }),
		store.Weights: {By: "train", Ops: map[string]func() stage.Operator{
			"sft":    func() stage.Operator { return new(train.SFT) },
			"grpo":   func() stage.Operator { return new(train.GRPO) },
			"distil": func() stage.Operator { return new(train.Distil) },
		}},
	}
}

// A lab makes the blocks of the plan, each seed by itself, in one store.
type lab struct {
	text  string // of the plan, of seed 1
	state string
	data  string // folder of the mirrors; "" if there is none
	st    *store.Store
	m     stage.Machine
	tell  bool                      // nothing is made: only what was made is asked
	parts map[string]string         // by name, instead of examples that were made; nil but in tests
	made  map[string]store.Digest   // by seed and name, such as 1.weights.think
	says  map[string]stage.Operator // by name, such as weights.think: the settings of seed 1
}

func openLab(planFile, state, data string, m stage.Machine) (*lab, error) {
	b, err := os.ReadFile(planFile)
	if err != nil {
		return nil, err
	}
	l := &lab{text: string(b), state: state, data: data, m: m, made: map[string]store.Digest{}, says: map[string]stage.Operator{}}
	f, err := l.plan(1)
	if err != nil {
		return nil, err
	}
	for _, b := range f.Blocks {
		l.says[b.Ref.String()] = b.Op
	}
	l.st, err = store.Open(filepath.Join(state, "store"))
	return l, err
}

// count is how many problems the plan has in the examples of a name, in a reader's form.
func (l *lab) count(name string) string {
	digits := fmt.Sprint(l.says["examples."+name].(*data.Lessons).Count)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// price is the part of its reward that each token costs an answer of weights of a name.
func (l *lab) price(name string) string {
	return fmt.Sprintf("1/%d", l.says["weights."+name].(*train.GRPO).Overlong)
}

// seedLine is where the plan says its seed.
var seedLine = regexp.MustCompile(`(?m)^(  seed +=) 1$`)

// plan reads the plan of a seed.
func (l *lab) plan(seed int) (*plan.File, error) {
	dir := filepath.Join(l.state, fmt.Sprintf("seed%d", seed))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	text := seedLine.ReplaceAllString(l.text, fmt.Sprintf("${1} %d", seed))
	if err := os.WriteFile(filepath.Join(dir, plan.FileName), []byte(text), 0o666); err != nil {
		return nil, err
	}
	return plan.Load(dir, vocabulary())
}

// make makes weights of a seed, with all that they are made from.
func (l *lab) make(ctx context.Context, seed int, names ...string) error {
	f, err := l.plan(seed)
	if err != nil {
		return err
	}
	wanted := map[stage.Ref]bool{}
	for _, name := range names {
		wanted[stage.Ref{Kind: store.Weights, Name: name}] = true
	}
	for _, b := range slices.Backward(f.Blocks) { // each after those that it refers to
		for _, arg := range b.Args {
			for _, ref := range arg.Refs {
				wanted[ref] = wanted[ref] || wanted[b.Ref]
			}
		}
	}
	f.Blocks = slices.DeleteFunc(f.Blocks, func(b *plan.Block) bool { return !wanted[b.Ref] })
	p, err := plan.Make(ctx, f, l.st, l.m, plan.Env{})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(p.Steps(), func(s plan.Step) bool { return wanted[s.Ref] && s.Action != plan.Keep }) {
		if l.tell {
			return errNotMade
		}
		err = l.apply(ctx, seed, p)
	}
	if err != nil {
		return err
	}
	for _, s := range p.Steps() {
		l.made[fmt.Sprintf("%d.%s", seed, s.Ref)] = s.Output
	}
	return nil
}

// errNotMade is the error of make where nothing may be made.
var errNotMade = errors.New("not made yet")

func (l *lab) apply(ctx context.Context, seed int, p *plan.Plan) error {
	return plan.Apply(ctx, p, l.st, l.m, plan.Options{Version: "claims", Emit: func(e stage.Event) {
		switch {
		case e.Type == "begin" || e.Type == "made" || e.Type == "failed":
			fmt.Fprintf(os.Stderr, "seed %d  %s  %s  %.0f s\n", seed, e.Step, e.Type, e.Vals["seconds"])
		case e.Type == "note":
			fmt.Fprintf(os.Stderr, "seed %d  %s  %s\n", seed, e.Step, e.Text)
		}
	}})
}

// dir is the folder of what a block made, of a seed.
func (l *lab) dir(seed int, block string) (store.Digest, string, error) {
	d, ok := l.made[fmt.Sprintf("%d.%s", seed, block)]
	if !ok {
		return d, "", fmt.Errorf("seed %d: %s is not made", seed, block)
	}
	dir, err := l.st.Dir(d)
	return d, dir, err
}

package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
)

// toySFT learns the toy by heart in 150 steps.
func toySFT(t *testing.T) (*SFT, map[string]string) {
	t.Helper()
	tok := toyTokenizer(t)
	op := &SFT{Depth: 1, Batch: 4, Rate: 2}
	return op, map[string]string{"from": toyRows(t, tok, toyProblems(50)), "tokenizer": tok}
}

func TestSFTLearns(t *testing.T) {
	op, in := toySFT(t)
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	if got := right(t, b.Out, toyProblems(1)); got < 0.9 {
		t.Errorf("%.2f of what was learnt by heart is right", got)
	}
	f, err := readFacts(b.Out)
	if err != nil || !f.Think || f.Method != "sft" || f.Steps != 150 || f.Loss > 0.5 {
		t.Errorf("facts %+v %v", f, err)
	}
	// Other programs end an answer where it was taught to.
	tok, err := tokenizer.Load(b.Out)
	check(t, err)
	chat, err := tokenizer.NewChat(tok)
	check(t, err)
	how, err := weights.ReadGeneration(b.Out)
	if err != nil || len(how.Ends) == 0 || slices.ContainsFunc(how.Ends, func(id int32) bool { return id != chat.End() }) || how.EOS != string(tok.Bytes(chat.End())) {
		t.Errorf("answers end with %v, called %q; they were taught to with %d (%v)", how.Ends, how.EOS, chat.End(), err)
	}
	var counted map[string]float64
	for _, e := range b.events {
		if e.Type == "count" {
			counted = e.Vals
		}
	}
	if counted["flops"] != f.FLOPs || counted["steps"] != 150 {
		t.Errorf("it counted %v, and says %+v", counted, f)
	}
	if len(b.notes()) > 0 {
		t.Errorf("notes %q", b.notes())
	}

	b2 := newBench(t, in)
	b2.Machine.Threads = 2
	op.Every = time.Nanosecond
	check(t, op.Run(context.Background(), b2.Job))
	if digest(t, b.Out) != digest(t, b2.Out) {
		t.Error("two threads, and a checkpoint after every step, made other bytes")
	}
}

// A model is served with its tokenizer: rows that another one wrote are
// refused before anything is learnt from them, of as many tokens or not.
func TestSFTWords(t *testing.T) {
	for name, text := range map[string]string{"as many": "bcbcbcbcde", "more": "zyxzyxzyx"} {
		op, in := toySFT(t)
		size := 256 + len(tokenizer.ChatSpecial)
		if name == "more" {
			size++
		} else {
			in["from"] = toyRows(t, wordsOf(t, "a+a+b+b+=1=2", size+2), toyProblems(2))
			size += 2
		}
		in["tokenizer"] = wordsOf(t, text, size)
		b := newBench(t, in)
		if e, ok := errors.AsType[*say.Error](op.Run(t.Context(), b.Job)); !ok || e.Where != "tokenizer" || len(b.events) > 0 {
			t.Errorf("%s: %v, %d events", name, e, len(b.events))
		}
	}
}

// wordsOf is the folder of a tokenizer that learnt from a text.
func wordsOf(t *testing.T, text string, size int) string {
	t.Helper()
	tok, err := tokenizer.Train(slices.Values([]string{text}), size, tokenizer.ChatSpecial)
	check(t, err)
	dir := t.TempDir()
	check(t, tok.Save(dir))
	return dir
}

func TestSFTResumes(t *testing.T) {
	op, in := toySFT(t)
	op.FLOPs = 1.2e9
	whole := newBench(t, in)
	check(t, op.Run(context.Background(), whole.Job))
	want := digest(t, whole.Out)
	f, err := readFacts(whole.Out)
	check(t, err)
	if f.Steps < 12 || f.Steps > 60 {
		t.Fatalf("%d steps", f.Steps)
	}
	for _, stops := range [][]int{{0}, {1}, {f.Steps / 2}, {f.Steps - 1}, {3, 1, 4}} {
		b := newBench(t, in)
		for _, n := range stops {
			if err := op.Run(&countdown{context.Background(), n}, b.Job); !errors.Is(err, context.Canceled) {
				t.Fatalf("stopped after %d steps: %v", n, err)
			}
		}
		check(t, op.Run(context.Background(), b.Job))
		if digest(t, b.Out) != want {
			t.Errorf("stopped after %d steps: other bytes", stops)
		}
		if n := len(resumed(b)); n != len(stops) {
			t.Errorf("stopped after %d steps: resumed %d times", stops, n)
		}
	}

	// A checkpoint that does not add up is as none.
	b := newBench(t, in)
	if err := op.Run(&countdown{context.Background(), 5}, b.Job); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	path := filepath.Join(b.Work, checkpointName)
	c, err := os.ReadFile(path)
	check(t, err)
	c[len(c)/2] ^= 1
	check(t, os.WriteFile(path, c, 0o600))
	check(t, op.Run(context.Background(), b.Job))
	if digest(t, b.Out) != want || len(resumed(b)) > 0 {
		t.Errorf("from a damaged checkpoint: %q", b.notes())
	}
}

func TestDiverges(t *testing.T) {
	op, in := toySFT(t)
	op.Rate = 1e30
	saysDiverged(t, op.Run(context.Background(), newBench(t, in).Job))
	_, in = toyBase(t)
	g := toyGRPO()
	g.Rate = 1e30
	saysDiverged(t, g.Run(context.Background(), newBench(t, in).Job))
}

func saysDiverged(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*say.Error](err)
	if !ok || !strings.Contains(e.In(say.English), "lower rate") || !strings.Contains(e.In(say.Chinese), "调低 rate") {
		t.Errorf("%v, want an error that says what to do", err)
	}
}

func TestSFTSteps(t *testing.T) {
	op, in := toySFT(t)
	rows, err := stage.OpenRows(in["from"])
	check(t, err)
	defer rows.Close()
	c := model.Own(op.config(rows.Vocab(), rows.Length()))
	const optim = 1e6
	// The definition: steps are taken while their sum stays within the budget.
	count := func(budget float64) int {
		spent := 0.0
		for n := 0; ; n++ {
			spent += optim
			for _, r := range batchAt(rows, n, op.Batch) {
				spent += rowFLOPs(&c, r)
			}
			if spent > budget && n > 0 {
				return n
			}
		}
	}
	once := rows.Len() / op.Batch
	if got := op.steps(rows, &c, op.Batch, optim); got != once {
		t.Errorf("without a budget %d steps, want %d", got, once)
	}
	op.Epochs = 3
	if got := op.steps(rows, &c, op.Batch, optim); got != 3*once {
		t.Errorf("three times through are %d steps, want %d", got, 3*once)
	}
	for _, budget := range []float64{1, 1e9, 3e9, 2e10, 1e11} {
		op.FLOPs = budget
		got, want := op.steps(rows, &c, op.Batch, optim), count(budget)
		if got != want && !(want > once && math.Abs(float64(got-want)) <= 1) { // beyond once through it is reckoned
			t.Errorf("%g FLOPs: %d steps, want %d", budget, got, want)
		}
	}
	if minutes := (&SFT{Minutes: 2}).budget(); minutes != 2*perMinute {
		t.Errorf("2 minutes are %g FLOPs", minutes)
	}
}

// aTokenizer and someRows are references, for settings that need them.
var (
	aTokenizer = stage.Ref{Kind: "tokenizer", Name: "t"}
	someRows   = stage.Ref{Kind: "tokens", Name: "t"}
)

func TestSFTCheck(t *testing.T) {
	for _, c := range []struct {
		op    SFT
		where string
	}{
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4}, ""}, {SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Width: 96}, ""}, {SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Width: 320}, ""},
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Width: 100}, "width"}, {SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Width: 288}, "width"},
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Epochs: 3}, ""}, {SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Epochs: 3, Minutes: 1}, "minutes"},
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Type: "bf16"}, "type"},
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Heads: 8, KVHeads: 2, Window: 32}, ""}, {SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Heads: 1, KVHeads: 1}, ""},
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Heads: 3}, "heads"}, {SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, Heads: 128}, "heads"},
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 64, Heads: 2}, "heads"},
		{SFT{From: someRows, Tokenizer: aTokenizer, Depth: 4, KVHeads: 3}, "kv_heads"}, {SFT{From: someRows, Tokenizer: aTokenizer, Depth: 1, Window: 32}, "window"},
		{SFT{Tokenizer: aTokenizer, Depth: 4}, "from"}, {SFT{From: someRows, Examples: stage.Ref{Kind: "examples", Name: "e"}, Tokenizer: aTokenizer, Depth: 4}, "examples"},
	} {
		errs := c.op.Check()
		if (c.where == "") != (len(errs) == 0) || len(errs) > 0 && errs[0].Where != c.where {
			t.Errorf("%+v: %v", c.op, errs)
		}
		if c.where == "" {
			cfg := c.op.config(512, 64)
			if err := cfg.Check(); err != nil {
				t.Error(err)
			}
			if c.op.Width > 0 && cfg.Width != c.op.Width {
				t.Errorf("width %d became %d", c.op.Width, cfg.Width)
			}
		}
	}
}

// A batch is the next rows, from the first again when they are used up, and
// its weights add up to one.
func TestBatchAt(t *testing.T) {
	tok := toyTokenizer(t)
	rows, err := stage.OpenRows(toyRows(t, tok, toyProblems(1)[:10])) // five rows
	check(t, err)
	defer rows.Close()
	for step := range 7 {
		list := batchAt(rows, step, 3)
		sum := 0.0
		for i, r := range list {
			want := readRow(rows, (step*3+i)%5)
			if !slices.Equal(r.IDs, want.IDs) || !slices.Equal(r.Docs, want.Docs) {
				t.Errorf("step %d, row %d is not row %d", step, i, (step*3+i)%5)
			}
			for j, w := range r.Weight {
				sum += float64(w)
				if (w == 0) != (want.Weight[j] == 0) {
					t.Errorf("step %d, row %d: weight %d is %g", step, i, j, w)
				}
			}
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("step %d: the weights add up to %g", step, sum)
		}
	}
	r := readRow(rows, 0)
	if len(r.Docs) != 3 || r.Docs[0] != 0 || r.Docs[2] != len(r.IDs) || len(r.IDs) >= rows.Length() || r.Weight[0] != 0 || r.Weight[r.Docs[1]] != 0 {
		t.Errorf("row %+v", r)
	}
	c := model.Scale(1, rows.Vocab(), rows.Length())
	check(t, checkRows(rows, &c))
	for _, change := range []func(*model.Config){func(c *model.Config) { c.Vocab++ }, func(c *model.Config) { c.Context-- }} {
		bad := c
		change(&bad)
		if checkRows(rows, &bad) == nil {
			t.Errorf("rows are taken for a model of %+v", bad)
		}
	}
}

// Optimiser, schedule and clipping of the plan are used, and learn the toy.
func TestSFTRecipes(t *testing.T) {
	_, in := toySFT(t)
	seen := map[string]string{}
	for name, op := range map[string]*SFT{
		"default": {Rate: 2}, "adamw": {Optimizer: "adamw"}, "adamw8": {Optimizer: "adamw8"}, "lion": {Optimizer: "lion", Rate: 3},
		"no warm-up": {Rate: 2, Warmup: new(float64)}, "no decay": {Rate: 2, Decay: new(float64)},
		"linear": {Rate: 2, Schedule: "linear"}, "cosine": {Rate: 2, Schedule: "cosine"}, "clip": {Rate: 2, Clip: 0.3},
		"bf16": {Rate: 2, Storage: "bf16"}, "bf16 adamw8": {Optimizer: "adamw8", Storage: "bf16"},
	} {
		op.Depth, op.Batch, op.Width = 1, 4, 64 // matrices large enough for 8 bits
		op.From, op.Tokenizer = someRows, aTokenizer
		if errs := op.Check(); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		d := digest(t, b.Out).String()
		if seen[d] != "" {
			t.Errorf("%s is as %s", name, seen[d])
		}
		seen[d] = name
		if got := right(t, b.Out, toyProblems(1)); got < 0.9 {
			t.Errorf("%s: %.2f of what was learnt by heart is right", name, got)
		}
	}
	for where, op := range map[string]*SFT{"optimizer": {Depth: 1, Optimizer: "sgd"}, "schedule": {Depth: 1, Schedule: "step"}, "storage": {Depth: 1, Storage: "f16"}, "gradients": {Depth: 1, Gradients: "bf16"}} {
		if errs := op.Check(); len(errs) != 1 || errs[0].Where != where {
			t.Errorf("%v", errs)
		}
	}
}

// resumed are the notes of going on from a checkpoint.
func resumed(b *bench) []string {
	return slices.DeleteFunc(b.notes(), func(n string) bool { return !strings.HasPrefix(n, "resumed at step") })
}

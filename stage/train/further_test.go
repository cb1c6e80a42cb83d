package train

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
)

// adapterOver is an adapter that op trains over a base on rows.
func adapterOver(t *testing.T, op *LoRA, base, rows string) string {
	t.Helper()
	op.Batch, op.Rate = 4, 10
	b := newBench(t, map[string]string{"base": base, "from": rows})
	check(t, op.Run(context.Background(), b.Job))
	return b.Out
}

// patterned gives the adapter in dir a rank and a scale of their own for some matrices, as
// PEFT may.
func patterned(t *testing.T, dir string) string {
	t.Helper()
	out := t.TempDir()
	config := map[string]any{}
	check(t, readJSON(filepath.Join(dir, "adapter_config.json"), &config))
	config["use_rslora"], config["rank_pattern"], config["alpha_pattern"] = true, map[string]int{"q_proj": 1}, map[string]float64{`0\.mlp\.down_proj`: 3}
	check(t, stage.WriteJSON(filepath.Join(out, "adapter_config.json"), config))
	file, err := weights.OpenFile(filepath.Join(dir, "adapter_model.safetensors"))
	check(t, err)
	defer file.Close()
	var list []weights.Tensor
	for _, name := range file.Names() {
		shape, _ := file.Shape(name)
		x := weights.Tensor{Name: name, Shape: slices.Clone(shape), Data: make([]float32, shape[0]*shape[1])}
		check(t, file.Read(name, x.Data))
		if strings.Contains(name, "q_proj.lora_A") {
			x.Shape[0], x.Data = 1, x.Data[:shape[1]]
		} else if strings.Contains(name, "q_proj.lora_B") {
			x.Shape[1], x.Data = 1, x.Data[:shape[0]]
		}
		list = append(list, x)
	}
	check(t, weights.Write(filepath.Join(out, "adapter_model.safetensors"), list, file.Meta()))
	return out
}

// saidOf are n chats, pairs and labels that a base of any family learns from.
func saidOf(n int) (chats, pairs, labels []stage.Example) {
	yes, no := true, false
	say := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
	for i := range n {
		q := user("say " + string(rune('a'+i)))
		chats = append(chats, stage.Example{From: "c", Messages: append(q[:1:1], say("yes")...)})
		pairs = append(pairs, stage.Example{From: "p", Prompt: q, Chosen: say("yes"), Rejected: say("no!")})
		labels = append(labels, stage.Example{From: "l", Messages: append(q[:1:1], say("yes")...), Label: &yes}, stage.Example{From: "l", Messages: append(q[:1:1], say("no!")...), Label: &no})
	}
	return chats, pairs, labels
}

// What preference and reinforcement measure against is the model with the adapter that they
// begin from: at the first step nothing has moved, whatever the adapter has learnt.
func TestFurtherReference(t *testing.T) {
	chats, pairs, labels := saidOf(8)
	base := archFolder("llama3")
	sft := newBench(t, map[string]string{"base": base, "examples": toyExamples(t, chats)})
	check(t, (&LoRA{Rank: 4, Rate: 10, Batch: 2, Epochs: 3}).Run(context.Background(), sft.Job))
	in := map[string]string{"base": base, "adapter": sft.Out, "pairs": toyExamples(t, pairs), "labels": toyExamples(t, labels)}
	first := func(op stage.Operator, names ...string) (list []float64) {
		t.Helper()
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		for _, name := range names {
			_, all := b.series(name)
			list = append(list, all[0])
			if len(all) > 1 && all[len(all)-1] == all[0] {
				t.Errorf("%s: %s never moves", op.Name(), name)
			}
		}
		return list
	}
	if got := first(&DPO{Batch: 2, Epochs: 3, Rate: 0.5}, "loss", "margin", "chosen", "rejected"); math.Abs(got[0]-math.Ln2) > 1e-12 || got[1] != 0 || got[2] != 0 || got[3] != 0 {
		t.Errorf("dpo begins at a loss of %g, with margins %g", got[0], got[1:])
	}
	if got := first(&KTO{Batch: 4, Epochs: 3, Rate: 0.5}, "loss"); math.Abs(got[0]-0.5) > 1e-12 {
		t.Errorf("kto begins at a loss of %g", got[0])
	}
	// It is not the base, which knows the answers less.
	read := func(name string, in map[string]string, op stage.Operator) (refs []float64) {
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		if ok, err := recall(filepath.Join(b.Work, referenceFile), &refs); !ok || err != nil {
			t.Fatalf("%s: no references, %v", name, err)
		}
		return refs
	}
	with := read("with it", in, &DPO{})
	for i, alone := range read("alone", map[string]string{"base": base, "pairs": in["pairs"]}, &DPO{Rank: 4}) {
		if i%2 == 0 && with[i] < alone+1 {
			t.Errorf("answer %d: %g under the adapter, %g under the base", i, with[i], alone)
		}
	}

	part := toyPart(t, picks(12))
	pick := picker(t, "llama3")
	beta := 0.1
	in = map[string]string{"base": pick, "adapter": adapterOver(t, &LoRA{Rank: 2}, pick, archRowsOf(t, 261, 2)), "problems": part, "watch": part}
	if got := first(&GRPO{Steps: 4, Prompts: 6, Samples: 8, Tokens: 6, Rate: 1, Variant: "grpo", Beta: &beta}, "kl"); got[0] != 0 {
		t.Errorf("grpo begins at a divergence of %g", got[0])
	}
}

// Whatever goes on from an adapter, over files that are quantised or not, makes one PEFT folder
// over the same base, of the form of the first, which is merged as any; the same bytes with any
// number of threads, and whenever it was stopped.
func TestFurther(t *testing.T) {
	chats, pairs, labels := saidOf(8)
	rows, part := archRows(t, 261), toyPart(t, picks(12))
	data := map[string]string{"from": rows, "pairs": toyExamples(t, pairs), "labels": toyExamples(t, labels), "problems": part, "watch": part, "examples": toyExamples(t, chats)}
	ref := in("a")
	folder, quantised := picker(t, "llama3"), archGGUF(t, "qwen3-wide/Q4_K")
	for name, c := range map[string]struct {
		op    stage.Operator
		base  string
		bent  bool // of several ranks
		takes []string
	}{
		"lora":             {&LoRA{Adapter: ref, Batch: 4, Every: time.Nanosecond}, folder, false, []string{"from"}},
		"lora, patterns":   {&LoRA{Adapter: ref, Batch: 4, Every: time.Nanosecond}, folder, true, []string{"from"}},
		"lora, Q4_K":       {&LoRA{Adapter: ref, Batch: 4, Every: time.Nanosecond}, quantised, true, []string{"from"}},
		"dpo":              {&DPO{Adapter: ref, Batch: 4, Every: time.Nanosecond}, folder, true, []string{"pairs"}},
		"dpo, Q4_K":        {&DPO{Adapter: ref, Batch: 4, Every: time.Nanosecond}, quantised, false, []string{"pairs"}},
		"kto":              {&KTO{Adapter: ref, Batch: 4, Every: time.Nanosecond}, folder, false, []string{"labels"}},
		"grpo":             {&GRPO{Adapter: ref, Steps: 3, Prompts: 4, Samples: 4, Tokens: 6, Rate: 1, Every: time.Nanosecond}, folder, true, []string{"problems", "watch"}},
		"distil":           {&Distil{Adapter: ref, Base: ref, Batch: 4, Every: time.Nanosecond}, folder, false, []string{"from"}},
		"distil, patterns": {&Distil{Adapter: ref, Base: ref, Batch: 4, Every: time.Nanosecond}, folder, true, []string{"from"}},
	} {
		first := adapterOver(t, &LoRA{Rank: 3, Targets: []string{"q_proj", "v_proj", "down_proj"}}, c.base, rows)
		if c.bent {
			first = patterned(t, first)
		}
		in := map[string]string{"base": c.base, "adapter": first}
		for _, arg := range c.takes {
			in[arg] = data[arg]
		}
		if c.op.Name() == "distil" {
			in["teacher"] = folder
		}
		b := newBench(t, in)
		check(t, c.op.Run(context.Background(), b.Job))
		want := digest(t, b.Out)
		for threads := 2; threads <= 3; threads++ {
			again := newBench(t, in)
			again.Machine.Threads = threads
			if err := c.op.Run(&countdown{context.Background(), 30 * threads}, again.Job); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			again.Out = t.TempDir()
			check(t, c.op.Run(context.Background(), again.Job))
			if digest(t, again.Out) != want {
				t.Errorf("%s: %d threads, and a stop, made other bytes", name, threads)
			}
		}
		was, err := os.ReadFile(filepath.Join(first, "adapter_config.json"))
		check(t, err)
		is, err := os.ReadFile(filepath.Join(b.Out, "adapter_config.json"))
		check(t, err)
		if string(was) != string(is) {
			t.Errorf("%s: its form was %s, and is %s", name, was, is)
		}
		before, err := readFacts(first)
		check(t, err)
		f, err := readFacts(b.Out)
		check(t, err)
		if f.Method != c.op.Name() || f.FLOPs <= before.FLOPs || f.Steps <= before.Steps || f.Parity == nil || f.Words == "" {
			t.Errorf("%s: %+v, of %+v", name, f, before)
		}
		if digest(t, first) == want {
			t.Errorf("%s: nothing was learnt", name)
		}
		merged := newBench(t, map[string]string{"base": c.base, "adapter": b.Out})
		check(t, (&Merge{}).Run(context.Background(), merged.Job))
	}
}

// An adapter knows the tokens with which it learnt to end a turn, though what it learns next
// ends none.
func TestFurtherEnds(t *testing.T) {
	base, _ := endingAt(t, "<|endoftext|>")
	chats, _, _ := saidOf(2)
	first := newBench(t, map[string]string{"base": base, "examples": toyExamples(t, chats)})
	check(t, (&LoRA{Rank: 2}).Run(context.Background(), first.Job))
	was, err := readFacts(first.Out)
	check(t, err)
	for name, in := range map[string]map[string]string{
		"text":  {"from": archRows(t, 261)},
		"chats": {"examples": toyExamples(t, chats)},
	} {
		in["base"], in["adapter"] = base, first.Out
		b := newBench(t, in)
		check(t, (&LoRA{}).Run(context.Background(), b.Job))
		is, err := readFacts(b.Out)
		check(t, err)
		if len(was.NewEnds) != 1 || !slices.Equal(is.NewEnds, was.NewEnds) || len(is.Ends) > 0 || is.Direct != was.Direct || !slices.Equal(is.AllEnds, was.AllEnds) {
			t.Errorf("%s: ends %v and %v, direct %v; it had %v and %v, %v", name, is.Ends, is.NewEnds, is.Direct, was.Ends, was.NewEnds, was.Direct)
		}
	}
}

// A planned is an operator as a plan has it.
type planned interface {
	stage.Operator
	stage.Checker
	stage.Forecaster
	stage.Settler
}

// further are the operators that may go on from an adapter, with what is said beside it.
var further = map[string]func(rank int, alpha float64, targets []string) planned{
	"lora": func(r int, a float64, x []string) planned {
		return &LoRA{Adapter: in("a"), From: in("f"), Rank: r, Alpha: a, Targets: x}
	},
	"dpo": func(r int, a float64, x []string) planned {
		return &DPO{Adapter: in("a"), Rank: r, Alpha: a, Targets: x}
	},
	"kto": func(r int, a float64, x []string) planned {
		return &KTO{Adapter: in("a"), Rank: r, Alpha: a, Targets: x}
	},
	"grpo": func(r int, a float64, x []string) planned {
		return &GRPO{Adapter: in("a"), Rank: r, Alpha: a, Targets: x}
	},
	"distil": func(r int, a float64, x []string) planned {
		return &Distil{Adapter: in("a"), Base: in("b"), From: in("f"), Rank: r, Alpha: a, Targets: x}
	},
}

// A plan is told what cannot be said beside an adapter, that one does not fit, and what a run
// takes: of one that lies there, and of one that is not made yet.
func TestFurtherForetold(t *testing.T) {
	base, m := archFolder("llama3"), stage.Machine{Threads: 2, Memory: 1 << 34}
	first := adapterOver(t, &LoRA{Rank: 3, Targets: []string{"q_proj", "v_proj", "down_proj"}}, base, archRows(t, 261))
	for name, of := range further {
		op := of(0, 0, nil)
		if bad := op.Check(); len(bad) > 0 {
			t.Errorf("%s: %v", name, bad)
		}
		if held := op.Settled(); held["rank"] != nil || held["alpha"] != nil {
			t.Errorf("%s: the plan says of the adapter %v", name, held)
		}
		var where []string
		for _, bad := range of(4, 8, []string{"q_proj"}).Check() {
			where = append(where, bad.Where)
			if !strings.Contains(bad.In(say.English), "the adapter that is trained on has its own") || !strings.Contains(bad.In(say.Chinese), "自己的设置") {
				t.Errorf("%s: %v", name, bad)
			}
		}
		if !slices.Equal(where, []string{"alpha", "rank", "targets"}) {
			t.Errorf("%s: faults are found in %v", name, where)
		}
		told := func(base, adapter stage.Forecast) stage.Forecast {
			return op.Forecast(map[string][]stage.Forecast{"base": {base}, "adapter": {adapter}, "teacher": {base}}, m)
		}
		at := told(stage.Forecast{Path: base}, stage.Forecast{Path: first})
		if len(at.Wrong) > 0 || !strings.Contains(at.Derived.In(say.English), "goes on from an adapter of rank 3: ") || !strings.Contains(at.Derived.In(say.Chinese), "接着训练适配器（秩 3）") {
			t.Errorf("%s: %v; %v", name, at.Wrong, at.Derived)
		}
		made := (&LoRA{Rank: 3, Targets: []string{"q_proj", "v_proj", "down_proj"}}).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}}, m)
		soon := told(stage.Forecast{Path: base}, made)
		if soon.Memory != at.Memory || soon.Derived.In(say.English) != at.Derived.In(say.English) || len(soon.Wrong) > 0 {
			t.Errorf("%s: of one that is made %d bytes, %v; of one that will be %d, %v", name, at.Memory, at.Derived, soon.Memory, soon.Derived)
		}
		then := told(stage.Forecast{Path: base}, soon) // of what goes on from that
		if to, ok := then.Adapter.(*adapterToBe); !ok || to.lora.Rank != 3 || then.Over == "" || then.Memory != at.Memory {
			t.Errorf("%s: after that %+v over %q", name, then.Adapter, then.Over)
		}
		if of := told(stage.Forecast{}, stage.Forecast{}); of.Memory == 0 || of.Adapter != nil {
			t.Errorf("%s: of nothing that is known %+v", name, of)
		}
		for what, ad := range map[string]stage.Forecast{"another": {Path: first}, "another to come": made} {
			bad := told(stage.Forecast{Path: archFolder("qwen2")}, ad).Wrong
			if i := slices.IndexFunc(bad, func(e *say.Error) bool { return e.Where == "adapter" }); i < 0 || !strings.Contains(bad[i].In(say.English), "trained over another model") {
				t.Errorf("%s: of %s model's %v", name, what, bad)
			}
		}
		b := newBench(t, map[string]string{"base": archFolder("qwen2"), "teacher": base, "adapter": first, "from": archRows(t, 261), "pairs": toyExamples(t, toyPairs(1)), "labels": toyExamples(t, toyLabels(1)), "problems": toyPart(t, picks(2)), "watch": toyPart(t, picks(2))})
		if bad, ok := errors.AsType[*say.Error](op.Run(context.Background(), b.Job)); !ok || bad.Where != "adapter" {
			t.Errorf("%s over another base: %v", name, bad)
		}
	}
	if list := (&Distil{Depth: 1, Adapter: in("a"), From: in("f")}).Check(); len(list) != 1 || list[0].Where != "adapter" {
		t.Errorf("random weights with an adapter: %v", list)
	}
	for what, op := range map[string]stage.Checker{"dpo": &DPO{Adapter: in("a"), Storage: "bf16"}, "grpo": &GRPO{Adapter: in("a"), Storage: "bf16"}} {
		if list := op.Check(); len(list) != 1 || list[0].Where != "storage" {
			t.Errorf("%s: storage of frozen weights: %v", what, list)
		}
	}
}

// Settings of plans without an adapter name the same results as before.
func TestFurtherKeys(t *testing.T) {
	for _, op := range []stage.Operator{&LoRA{}, &DPO{}, &KTO{}, &GRPO{}, &Distil{}} {
		text, err := json.Marshal(op)
		check(t, err)
		if strings.Contains(string(text), "Adapter") {
			t.Errorf("%s: %s", op.Name(), text)
		}
	}
}

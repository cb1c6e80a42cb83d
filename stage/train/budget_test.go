package train

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// Each change that is named fits, and the next larger value does not.
func TestSmaller(t *testing.T) {
	in := func(length int) map[string][]stage.Forecast {
		return map[string][]stage.Forecast{"from": {{Size: map[string]float64{"length": float64(length), "rows": 1000, "vocab": 512}}}}
	}
	op := &SFT{Depth: 8, Patience: 3}
	m := stage.Machine{Threads: 2}
	whole := op.Forecast(in(512), m)
	if len(whole.Smaller) > 0 {
		t.Errorf("of unknown memory: %v", whole.Smaller)
	}
	const again = "blocks are computed again on the way back"
	m.Memory = 1
	need := op.Forecast(in(512), m) // the least
	m.Memory = need.Memory
	if f := op.Forecast(in(512), m); len(f.Smaller) > 0 || f.Memory != need.Memory || !strings.Contains(f.Derived.In(say.English), "1 row at a time, and "+again) {
		t.Errorf("in the least memory: %d bytes, %v, %v", f.Memory, f.Smaller, f.Derived)
	}
	m.Memory = whole.Memory
	if f := op.Forecast(in(512), m); f.Memory != whole.Memory || strings.Contains(f.Derived.In(say.English), again) || need.Memory > whole.Memory*3/4 {
		t.Errorf("blocks are computed again in memory enough, or for little: %d bytes, at least %d, %v", f.Memory, need.Memory, f.Derived)
	}
	for _, part := range []int64{60, 80, 99} {
		m.Memory = need.Memory * part / 100
		f := op.Forecast(in(512), m)
		if len(f.Smaller) == 0 {
			t.Fatalf("of %d bytes with %d: nothing is smaller", f.Memory, m.Memory)
		}
		for _, text := range f.Smaller {
			way := text.In(say.English)
			least, more, length := *op, *op, 512
			var n int
			switch name, rest, _ := strings.Cut(way, " = "); name {
			case "depth":
				fmt.Sscan(rest, &n)
				least.Depth, more.Depth = n, n+1
				least.Batch, more.Batch = op.batch(), op.batch()
			case "length":
				fmt.Sscan(rest, &length)
			case "storage":
				least.Storage = "bf16"
			case "optimizer":
				least.Optimizer = "adamw8"
			case "no patience":
				least.Patience = 0
			default:
				t.Errorf("of a plan that says depth and patience: %s", way)
			}
			if got := least.Forecast(in(length), m); got.Memory > m.Memory || len(got.Smaller) > 0 {
				t.Errorf("%s takes %d of %d", way, got.Memory, m.Memory)
			}
			if length < 512 {
				length += 32
			}
			if got := more.Forecast(in(length), m); got.Memory <= m.Memory {
				t.Errorf("%s is not the least change", way)
			}
		}
	}
	m.Memory = need.Memory
	if f := op.Forecast(in(512), m); len(f.Smaller) > 0 {
		t.Errorf("of what fits: %v", f.Smaller)
	}
}

// Of a run from a base that does not fit, each change that is named makes it
// fit, the length being the largest that does.
func TestSmallerOwn(t *testing.T) {
	b, err := openBrought(archFolder("llama3"))
	check(t, err)
	defer b.Close()
	const length = 224
	whole := own{method: "continue", batch: 4}
	least := func(o own, length int) int64 {
		_, _, err := o.fit(b, length, stage.Machine{Memory: 1, Threads: 2})
		check(t, err)
		return o.need
	}
	seen := map[string]bool{}
	for _, part := range []int64{40, 70, 95, 99} {
		m := stage.Machine{Threads: 2, Memory: processBytes + least(whole, length)*part/100}
		err := whole.tooLarge(b, length, m)
		if !errors.Is(err, stage.ErrNoFit) {
			t.Fatal(err)
		}
		for _, text := range whole.smaller(b, length, m) {
			way, n := text.In(say.English), 0
			o, to := whole, length
			switch {
			case strings.Contains(way, "length"):
				fmt.Sscanf(way, "from = a tokens block with length = %d", &n)
				to = n
				if _, fits, err := o.fit(b, n+32, m); fits || err != nil {
					t.Errorf("%s is not the least change", way)
				}
			case strings.Contains(way, "adamw8"):
				o.optimizer = "adamw8"
			case strings.Contains(way, "storage"):
				o.halve()
			case strings.Contains(way, "lora"):
				o.lora = &model.LoRA{Rank: 16, Alpha: 32}
			}
			if _, fits, err := o.fit(b, to, m); !fits || err != nil {
				t.Errorf("%s does not fit into %d: %v", way, m.Memory, err)
			}
			seen[strings.Fields(way)[0]] = true
			if !strings.Contains(err.Error(), way) {
				t.Errorf("%v does not name %s", err, way)
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("named %v", seen)
	}
	run := newBench(t, map[string]string{"base": archFolder("llama3"), "from": archRows(t, 261)})
	run.Machine.Memory = 1 << 20
	if err := (&Continue{}).Run(t.Context(), run.Job); !errors.Is(err, stage.ErrNoFit) {
		t.Errorf("with a megabyte: %v", err)
	}
	in := map[string][]stage.Forecast{"base": {{Size: map[string]float64{"bytes": 2e9}}}, "pairs": nil}
	m := stage.Machine{Memory: 21e9} // a billion parameters
	if f := (&Continue{}).Forecast(in, m); len(f.Smaller) != 3 || (&Continue{Storage: "bf16"}).Forecast(in, m).Memory > m.Memory {
		t.Errorf("%d bytes, %v", f.Memory, f.Smaller)
	}
	if f := (&GRPO{}).Forecast(map[string][]stage.Forecast{"base": in["base"]}, m); len(f.Smaller) != 1 || f.Smaller[0].In(say.English) != "rank = 16" {
		t.Errorf("of GRPO, whose optimiser is not chosen: %v", f.Smaller)
	}
	if f := (&DPO{}).Forecast(in, m); len(f.Smaller) != 3 || f.Smaller[1].In(say.English) != `storage = "bf16"` || f.Smaller[2].In(say.English) != "rank = 16" || (&DPO{Rank: 16}).Forecast(in, m).Memory > m.Memory {
		t.Errorf("%d bytes, %v", f.Memory, f.Smaller)
	}
}

// Whoever follows what the plan names to those who lack memory has a plan that
// fits, whatever is trained and over whatever base; and so has the run.
func TestSmallerFollowed(t *testing.T) {
	chats, pairs, labels := toyExamples(t, pieces(35, stage.UseChats)), toyExamples(t, pieces(35, stage.UsePairs)), toyExamples(t, pieces(35, stage.UseLabels))
	problems := toyPart(t, picks(12))
	named := map[string]bool{}
	for _, base := range []stage.Forecast{
		{Path: archFolder("llama3")},
		toMake(SFT{Depth: 8, Width: 1024, Hidden: 3072}, 150000, 512),
		{Size: map[string]float64{"bytes": 2e9}},
	} {
		for name, c := range map[string]struct {
			op  func() stage.Operator
			arg string
			dir string
		}{
			"continue": {func() stage.Operator { return &Continue{} }, "examples", chats}, "sft": {func() stage.Operator { return &SFT{} }, "examples", chats},
			"lora": {func() stage.Operator { return &LoRA{} }, "examples", chats}, "dpo": {func() stage.Operator { return &DPO{} }, "pairs", pairs},
			"kto": {func() stage.Operator { return &KTO{} }, "labels", labels}, "grpo": {func() stage.Operator { return &GRPO{Prompts: 2, Samples: 2, Tokens: 8} }, "problems", problems},
		} {
			in := map[string][]stage.Forecast{"base": {base}, c.arg: {{Path: c.dir}}}
			foretell := func(op stage.Operator, m stage.Machine) stage.Forecast { return op.(stage.Forecaster).Forecast(in, m) }
			m := stage.Machine{Threads: 2, Peak: 1e11}
			whole := foretell(c.op(), m)
			for part := int64(2); part < 100; part += 7 {
				m.Memory = processBytes + (whole.Memory-processBytes)*part/100
				f := foretell(c.op(), m)
				if f.Memory > m.Memory && f.Low < whole.Low/2 {
					t.Errorf("%s: of %d bytes it takes %g s, of all it needs %g", name, m.Memory, f.Low, whole.Low)
				}
				for _, way := range f.Smaller {
					op, value, arg := c.op(), reflect.Value{}, c.arg
					switch text := way.In(say.English); text {
					case `optimizer = "adamw8"`:
						value = reflect.ValueOf(op).Elem().FieldByName("Optimizer")
						value.SetString("adamw8")
					case `storage = "bf16"`:
						value = reflect.ValueOf(op).Elem().FieldByName("Storage")
						value.SetString("bf16")
					case "rank = 16":
						value = reflect.ValueOf(op).Elem().FieldByName("Rank")
						value.SetInt(16)
					case `train = "lora"`:
						op = &LoRA{}
					default:
						var n int
						if _, err := fmt.Sscanf(text, "from = a tokens block with length = %d", &n); err != nil {
							continue // of shorter examples
						}
						rows := []stage.Forecast{{Size: map[string]float64{"rows": 12, "length": float64(n)}}}
						if g := op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {base}, "from": rows}, m); g.Memory > m.Memory {
							t.Errorf("%s: with %v it takes %d of %d", name, way, g.Memory, m.Memory)
						}
						named[name+" length"] = true
						continue
					}
					named[name+" "+way.In(say.English)] = true
					if g := foretell(op, m); g.Memory > m.Memory || len(g.Smaller) > 0 {
						t.Errorf("%s over %v: with %v it takes %d of %d, %v", name, base, way, g.Memory, m.Memory, g.Smaller)
					}
					if base.Path == "" || name == "grpo" {
						continue
					}
					run := newBench(t, map[string]string{"base": base.Path, arg: c.dir})
					run.Machine = m
					if err := op.Run(t.Context(), run.Job); err != nil {
						t.Errorf("%s with %v in %d bytes: %v", name, way, m.Memory, err)
					}
				}
			}
		}
	}
	if len(named) != 17 {
		t.Errorf("named %v", named)
	}
}

// The memory that is foretold over a model of the owner's is what its run
// says it needs, and a machine for which the run is too large is told so by the plan.
func TestForetoldOwn(t *testing.T) {
	for name, op := range map[string]interface {
		stage.Forecaster
		Run(context.Context, *stage.Job) error
	}{
		"llama3 continue": &Continue{}, "llama3 continue bf16": &Continue{Storage: "bf16"}, "llama3 lora": &LoRA{}, "llama3 sft": &SFT{},
		"llama3 continue bf16x3": &Continue{Storage: "bf16", Gradients: "bf16x3"}, "llama3 lora bf16x3": &LoRA{Gradients: "bf16x3"}, "llama3 sft bf16x3": &SFT{Gradients: "bf16x3"}, "llama3 sft bf16x6": &SFT{Gradients: "bf16x6"},
		"gemma2 continue": &Continue{}, "gemma2 lora": &LoRA{},
	} {
		base, _, _ := strings.Cut(name, " ")
		in := map[string][]stage.Forecast{
			"base": {{Size: map[string]float64{"bytes": 1e5}, Path: archFolder(base)}},
			"from": {{Size: map[string]float64{"rows": 12, "length": 48}}},
		}
		b := newBench(t, map[string]string{"base": archFolder(base), "from": archRows(t, 261)})
		f := op.Forecast(in, b.Machine)
		if err := op.Run(t.Context(), b.Job); err != nil {
			t.Fatal(name, err)
		}
		if want := "needs " + bytesOf(f.Memory-processBytes) + ":"; !strings.HasPrefix(strings.Join(b.notes(), "\n"), want) {
			t.Errorf("%s: foretold %s, notes %q", name, want, b.notes())
		}
		small := stage.Machine{Threads: b.Machine.Threads, Memory: 1 << 20}
		if f := op.Forecast(in, small); f.Memory <= small.Memory {
			t.Errorf("%s: %d bytes fit into %d", name, f.Memory, small.Memory)
		}
	}
}

// A run is foretold to take as long as its vocabulary asks for, one whose rows are there is told by them, and a budget of less than a step is a step.
func TestForetoldTime(t *testing.T) {
	m := stage.Machine{Threads: 2, Peak: 1e11}
	rows := func(n float64) []stage.Forecast {
		return []stage.Forecast{{Size: map[string]float64{"rows": n, "length": 256, "tokens": 256 * n, "vocab": 512}}}
	}
	small, large := rows(1000), rows(1000)
	large[0].Size["vocab"] = 65536
	f := (&SFT{Depth: 4}).Forecast(map[string][]stage.Forecast{"from": small}, m)
	if share := f.FLOPs / m.Peak / ((f.Low + f.High) / 2); share < 0.4 || share > 0.8 {
		t.Errorf("of the peak: %.2f", share)
	}
	if g := (&SFT{Depth: 4}).Forecast(map[string][]stage.Forecast{"from": large}, m); g.Low < 4*f.Low {
		t.Errorf("a vocabulary of 512 takes %.1f s, of 65,536 %.1f s", f.Low, g.Low)
	}
	once := (&SFT{Depth: 4}).Forecast(map[string][]stage.Forecast{"from": rows(16)}, m)
	least := (&SFT{Depth: 4, FLOPs: 1e6}).Forecast(map[string][]stage.Forecast{"from": small}, m)
	if least.Low < 0.99*once.Low || least.Low > 1.01*once.Low {
		t.Errorf("a step takes %.3f s, less than one %.3f s", once.Low, least.Low)
	}
	made := []stage.Forecast{{Path: archRows(t, 261), Size: map[string]float64{"rows": 1e6, "length": 48, "tokens": 48e6}}}
	info, err := stage.ReadRowsInfo(made[0].Path)
	check(t, err)
	if w := rowsLoad(made[0]); w.rows != float64(info.Rows) || w.length != info.Length {
		t.Errorf("%d rows of %d are taken as %.0f of %d", info.Rows, info.Length, w.rows, w.length)
	}
}

// pieces are examples that are pairs, labels or chats of growing length.
func pieces(n int, use stage.Use) (list []stage.Example) {
	for i := range n {
		say := func(role, text string, times int) stage.Message {
			return stage.Message{Role: role, Content: strings.Repeat(text, 1+times)}
		}
		e, good := stage.Example{From: fmt.Sprint(i)}, i%2 == 0
		ask := []stage.Message{say("user", "uvw", i%5)}
		switch use {
		case stage.UsePairs:
			e.Prompt, e.Chosen, e.Rejected = ask, []stage.Message{say("assistant", "xy", i%7)}, []stage.Message{say("assistant", "z", i%3)}
		case stage.UseLabels:
			e.Messages, e.Label = append(ask, say("assistant", "xy", i%7)), &good
		default:
			e.Messages = append(ask, say("assistant", "xy", i%7))
		}
		list = append(list, e)
	}
	return list
}

// qwenOrMixture is the base of a test that says whether it is of a mixture.
func qwenOrMixture(test string) string {
	if strings.HasSuffix(test, "of a mixture") {
		return archFolder("qwen3_moe")
	}
	return archFolder("qwen2")
}

// Examples that are there are counted in the words of a base that is there:
// what a run reads, and the memory that it says it needs. Of a long file the
// beginning stands for the rest.
func TestForetoldExamples(t *testing.T) {
	base := []stage.Forecast{{Path: archFolder("qwen2")}}
	for name, c := range map[string]struct {
		arg string
		use stage.Use
		op  interface {
			stage.Forecaster
			Run(context.Context, *stage.Job) error
		}
	}{
		"dpo": {"pairs", stage.UsePairs, &DPO{Rank: 2}}, "dpo whole": {"pairs", stage.UsePairs, &DPO{}},
		"kto": {"labels", stage.UseLabels, &KTO{Rank: 2}}, "lora": {"examples", stage.UseChats, &LoRA{Rank: 2}},
		"dpo of a mixture": {"pairs", stage.UsePairs, &DPO{}}, "kto of a mixture": {"labels", stage.UseLabels, &KTO{Rank: 2}},
	} {
		dir := toyExamples(t, pieces(35, c.use))
		f := c.op.Forecast(map[string][]stage.Forecast{"base": {{Path: qwenOrMixture(name)}}, c.arg: {{Path: dir}}}, stage.Machine{Threads: 1, Memory: 1 << 32, Peak: 1e11})
		b := newBench(t, map[string]string{"base": qwenOrMixture(name), c.arg: dir})
		b.Machine.Threads = 1
		if err := c.op.Run(t.Context(), b.Job); err != nil {
			t.Fatal(name, err)
		}
		if want := "needs " + bytesOf(f.Memory-processBytes) + ":"; !slices.ContainsFunc(b.notes(), func(note string) bool { return strings.HasPrefix(note, want) }) {
			t.Errorf("%s: foretold %s, notes %q", name, want, b.notes())
		}
		if facts, err := readFacts(b.Out); err != nil || c.arg != "examples" && (facts.FLOPs < 0.8*f.FLOPs || facts.FLOPs > 1.2*f.FLOPs) {
			t.Errorf("%s: foretold %.3g operations, took %.3g (%v)", name, f.FLOPs, facts.FLOPs, err)
		}
	}
	b := footingOf(base)
	few, many := tallyOf([]stage.Forecast{{Path: toyExamples(t, pieces(700, stage.UsePairs))}}, &b), tallyOf([]stage.Forecast{{Path: toyExamples(t, pieces(7000, stage.UsePairs))}}, &b)
	if few.docs != 1400 || many.docs != 14000 || many.longest != few.longest || many.tokens < 9.8*few.tokens || many.tokens > 10.2*few.tokens {
		t.Errorf("700 pairs are %+v, 7,000 are %+v", few, many)
	}
	none := tallyOf([]stage.Forecast{{Path: t.TempDir(), Size: map[string]float64{"examples": 10, "pairs": 10, "text": 9000, "learnt": 6000, "longest": 700}}}, &b)
	if each := 12000/b.bytesPerToken() + 20*talk.MarkTokens; none.docs != 20 || none.tokens != each || none.learnt != 6000/b.bytesPerToken() {
		t.Errorf("guessed: %+v", none)
	}
}

// What a run takes is what was foretold, with what answers some of what is
// watched and with the decoder of the proof: of both arenas are there when they
// tell of it.
func TestForetoldMemory(t *testing.T) {
	for name, c := range map[string]struct {
		arg string
		use stage.Use
		op  interface {
			stage.Forecaster
			Run(context.Context, *stage.Job) error
		}
	}{
		"lora": {"examples", stage.UseChats, &LoRA{Rank: 2}}, "lora patient": {"examples", stage.UseChats, &LoRA{Rank: 64, Patience: 2}},
		"lora of one": {"examples", stage.UseChats, &LoRA{Rank: 256, Targets: []string{"k_proj"}}},
		"continue":    {"examples", stage.UseChats, &Continue{}}, "continue q8_0": {"examples", stage.UseChats, &Continue{Type: "q8_0", Patience: 2}},
		"continue bf16 patient": {"examples", stage.UseChats, &Continue{Storage: "bf16", Patience: 2}},
		"dpo":                   {"pairs", stage.UsePairs, &DPO{Rank: 2}}, "dpo whole": {"pairs", stage.UsePairs, &DPO{}},
		"kto": {"labels", stage.UseLabels, &KTO{Rank: 64, Patience: 2}}, "dpo bf16": {"pairs", stage.UsePairs, &DPO{Storage: "bf16"}}, "kto bf16 patient": {"labels", stage.UseLabels, &KTO{Storage: "bf16", Patience: 2}}, "kto whole": {"labels", stage.UseLabels, &KTO{}},
		"lora bf16x6": {"examples", stage.UseChats, &LoRA{Rank: 2, Gradients: "bf16x6"}}, "dpo bf16x3": {"pairs", stage.UsePairs, &DPO{Storage: "bf16", Gradients: "bf16x3"}}, "continue bf16x3 of a mixture": {"examples", stage.UseChats, &Continue{Gradients: "bf16x3"}},
		"lora of a mixture": {"examples", stage.UseChats, &LoRA{Rank: 2}}, "continue of a mixture": {"examples", stage.UseChats, &Continue{}},
	} {
		for _, watched := range []bool{false, true} {
			dir := toyExamples(t, pieces(35, c.use))
			dirs := map[string]string{"base": qwenOrMixture(name), c.arg: dir}
			in := map[string][]stage.Forecast{"base": {{Path: dirs["base"]}}, c.arg: {{Path: dir}}}
			if watched {
				dirs["watch"], in["watch"] = dir, []stage.Forecast{{Path: dir}}
			} else if strings.Contains(name, "patient") || strings.Contains(name, "q8_0") || strings.Contains(name, "kto") {
				continue // patience watches
			}
			f := c.op.Forecast(in, stage.Machine{Threads: 1, Memory: 1 << 32, Peak: 1e11})
			b := newBench(t, dirs)
			b.Machine.Threads, b.Machine.Memory = 1, 1<<32
			before, most := tensor.Taken(), int64(0)
			b.each = func(stage.Event) { most = max(most, tensor.Taken()-before) }
			if err := c.op.Run(t.Context(), b.Job); err != nil {
				t.Fatal(name, err)
			}
			if need := f.Memory - processBytes; need < most || need > most*5/4 {
				t.Errorf("%s, watched %v: foretold %d bytes beside the process, took %d", name, watched, need, most)
			}
		}
	}
}

// Of what is written in another type both decoders are in what is foretold.
func TestForetoldRewriting(t *testing.T) {
	for _, typ := range []string{"f32", "q8_0"} {
		op, b := &Quantise{Type: typ}, newBench(t, map[string]string{"base": archFolder("qwen2")})
		f := op.Forecast(map[string][]stage.Forecast{"base": {{Path: archFolder("qwen2")}}}, b.Machine)
		before, most := tensor.Taken(), int64(0)
		b.each = func(stage.Event) { most = max(most, tensor.Taken()-before) }
		check(t, op.Run(t.Context(), b.Job))
		if need := f.Memory - processBytes; need < most || need > most*5/4 {
			t.Errorf("%s: foretold %d bytes beside the process, took %d", typ, need, most)
		}
	}
}

// Examples that a run keeps in memory are in what is foretold of it.
func TestForetoldExamplesKept(t *testing.T) {
	m := stage.Machine{Threads: 2, Memory: 1 << 36}
	for name, c := range map[string]struct {
		op  stage.Forecaster
		arg string
	}{"lora": {&LoRA{}, "examples"}, "dpo": {&DPO{Rank: 4}, "pairs"}, "kto": {&KTO{}, "labels"}, "grpo": {&GRPO{Rank: 4}, "problems"}} {
		memory := func(n float64) int64 {
			data := stage.Forecast{Size: map[string]float64{"examples": n, "text": 1000 * n, "learnt": 600 * n, "longest": 1000}}
			return c.op.Forecast(map[string][]stage.Forecast{"base": {{Path: archFolder("qwen2")}}, c.arg: {data}}, m).Memory
		}
		// A thousand bytes are at least 200 tokens, each four bytes as a number. Problems stay text.
		if more := memory(1e6) - memory(1e3); more < 999e3*200*4 {
			t.Errorf("%s: a million examples take %d bytes more than a thousand", name, more)
		}
	}
}

// The proof that what is served is what was made is in the time, with what is
// written for it: a run over few rows of a large vocabulary is hardly more.
func TestForetoldProof(t *testing.T) {
	m := stage.Machine{Threads: 2, Peak: 1e11}
	base := []stage.Forecast{toMake(SFT{Depth: 8, Width: 1024, Hidden: 3072}, 150000, 512)}
	row := []stage.Forecast{{Size: map[string]float64{"rows": 1, "length": 256, "tokens": 256}}}
	b := footingOf(base)
	least := leastTime * b.proof(4*64, m.Threads) / m.Peak
	if f := (&LoRA{Batch: 1}).Forecast(map[string][]stage.Forecast{"base": base, "from": row}, m); f.Low < least || f.Low > 2*least {
		t.Errorf("a row takes %.1f s, of which the proof %.1f", f.Low, least)
	}
	last := 0.0
	for _, typ := range []string{"q8_0", "q4_0", "q4_k_m"} {
		f := (&Quantise{Type: typ}).Forecast(map[string][]stage.Forecast{"base": base}, m)
		if f.Low <= last || f.Memory < 6e8 || f.Basis.En == "" || f.Basis.Zh == f.Basis.En {
			t.Errorf("%s: %+v", typ, f)
		}
		last = f.Low
	}
	if f := (&Merge{}).Forecast(map[string][]stage.Forecast{"base": base}, stage.Machine{}); f.High != 0 {
		t.Errorf("a machine that was not measured: %+v", f)
	}
}

// What is watched is in the time, and of reinforcement the answers to it.
func TestForetoldWatch(t *testing.T) {
	for steps, want := range map[float64]float64{0.5: 1, 20: 20, 39: 39, 40: 20, 1000: 20} {
		if got := looksOf(steps); got != want {
			t.Errorf("%g steps have %g looks, want %g", steps, got, want)
		}
	}
	m := stage.Machine{Threads: 2, Peak: 1e11}
	examples := []stage.Forecast{{Size: map[string]float64{"examples": 400, "text": 4e5, "learnt": 2e5, "problems": 400, "watched": 2000}}}
	for name, op := range map[string]stage.Forecaster{"dpo": &DPO{}, "kto": &KTO{}, "lora": &LoRA{}, "grpo": &GRPO{}} {
		in := map[string][]stage.Forecast{"pairs": examples, "labels": examples, "examples": examples, "problems": examples}
		alone := op.Forecast(in, m)
		in["watch"] = examples
		if f := op.Forecast(in, m); f.Low < 1.05*alone.Low {
			t.Errorf("%s: %.2f s, with what is watched %.2f", name, alone.Low, f.Low)
		}
	}
}

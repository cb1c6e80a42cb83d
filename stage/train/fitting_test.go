package train

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// Whatever memory there is, weights have the same bytes: blocks are computed again
// where there is not enough, and the run says so.
func TestSFTInLittleMemory(t *testing.T) {
	op, in := toySFT(t)
	op.FLOPs = 1.2e9
	op.Depth = 3
	whole := newBench(t, in)
	check(t, op.Run(context.Background(), whole.Job))
	little := newBench(t, in)
	little.Machine.Memory = 1
	check(t, op.Run(context.Background(), little.Job))
	if digest(t, whole.Out) != digest(t, little.Out) {
		t.Error("in little memory: other bytes")
	}
	const want = "1 row at a time, and blocks are computed again on the way back"
	if notes := strings.Join(little.notes(), "\n"); !strings.Contains(notes, want) || strings.Contains(strings.Join(whole.notes(), "\n"), want) {
		t.Errorf("notes in little memory: %s", notes)
	}
}

// What goes on from weights that are not made yet is foretold to fit as its run does:
// with blocks that are computed again, if it must.
func TestForetoldAgain(t *testing.T) {
	in := map[string][]stage.Forecast{"base": {toMake(SFT{Depth: 6, Width: 128, Hidden: 384}, 2000, 2048)}, "from": {{Size: map[string]float64{"rows": 100, "length": 2048, "tokens": 204800}}}}
	m := stage.Machine{Threads: 2, Peak: 1e11}
	whole := (&Continue{}).Forecast(in, m)
	m.Memory = whole.Memory * 3 / 4
	f := (&Continue{}).Forecast(in, m)
	if f.Memory > m.Memory || len(f.Smaller) > 0 || !strings.Contains(f.Derived.In(say.English), "computed again") || !strings.Contains(f.Derived.In(say.Chinese), "重算") || f.Low <= whole.Low {
		t.Errorf("of %d bytes it takes %d of %d: %v, %v", whole.Memory, f.Memory, m.Memory, f.Smaller, f.Derived)
	}
	m.Memory = 1
	least := (&Continue{}).Forecast(in, m)
	m.Memory = processBytes + (least.Memory-processBytes)*3/5
	if f := (&Continue{}).Forecast(in, m); len(f.Smaller) == 0 || !strings.Contains(f.Smaller[0].In(say.English), "length = ") || strings.Contains(f.Derived.In(say.English), "computed again") {
		t.Errorf("in less than the least: %d of %d, %v, %v", f.Memory, m.Memory, f.Smaller, f.Derived)
	}
}

// Where no change alone makes a run fit, an adapter over shorter rows does.
func TestSmallerTogether(t *testing.T) {
	on := footingOf([]stage.Forecast{toMake(SFT{Depth: 8, Width: 1024, Hidden: 3072}, 150000, 512)})
	b, err := on.files()
	check(t, err)
	const length = 512
	seen := 0
	for part := int64(2); part < 60; part++ {
		whole := own{method: "continue", batch: 4}
		_, _, err := whole.fit(b, length, stage.Machine{Memory: 1, Threads: 2})
		check(t, err)
		m := stage.Machine{Threads: 2, Memory: processBytes + whole.need*part/100}
		for _, text := range whole.smaller(b, length, m) {
			way, o, to := text.In(say.English), whole, length
			changes := strings.Split(way, " and ")
			for _, change := range changes {
				switch change {
				case `optimizer = "adamw8"`:
					o.optimizer = "adamw8"
				case `storage = "bf16"`:
					o.halve()
				case `train = "lora"`:
					o.lora = &model.LoRA{Rank: 16, Alpha: 32}
				default:
					if n, err := fmt.Sscanf(change, "from = a tokens block with length = %d", &to); n != 1 {
						t.Errorf("%s: %v", way, err)
					}
				}
			}
			if _, fits, err := o.fit(b, to, m); !fits || err != nil {
				t.Errorf("%s does not fit into %d: %v", way, m.Memory, err)
			}
			if len(changes) > 1 {
				seen++
			}
		}
	}
	if seen == 0 {
		t.Error("nothing is named together")
	}
}

// Of chats that are there, the rows are foretold that a run packs them into.
func TestForetoldPacking(t *testing.T) {
	var list []stage.Example
	for i := range 60 {
		list = append(list, stage.Example{From: fmt.Sprint(i), Messages: append(user(strings.Repeat("why ", 5+i*37%60)), stage.Message{Role: "assistant", Content: strings.Repeat("so ", 3+i*23%50)})})
	}
	dir := toyExamples(t, list)
	in := map[string]string{"base": archFolder("qwen2"), "examples": dir}
	b, err := openBrought(in["base"])
	check(t, err)
	defer b.Close()
	l, err := b.chats(t.Context(), newBench(t, in).Job, dir)
	check(t, err)
	over := footingOf([]stage.Forecast{{Path: in["base"]}})
	tally := tallyOf([]stage.Forecast{{Path: dir}}, &over)
	w := tally.loadPacked(l.length)
	if loose := tally.load(l.length); int(w.rows) != l.n || loose.rows > 0.97*w.rows {
		t.Errorf("foretold %g rows, packed %d (%g without gaps)", w.rows, l.n, loose.rows)
	}
	f := (&Continue{Batch: 1}).Forecast(map[string][]stage.Forecast{"base": {{Path: in["base"]}}, "examples": {{Path: dir}}}, stage.Machine{Threads: 2})
	if want := fmt.Sprintf("about %d steps", l.n); !strings.Contains(f.Derived.In(say.English), want) {
		t.Errorf("of %s is foretold: %v", want, f.Derived)
	}
	if got := w.tokens(); got < 0.97*tally.tokens || got > 1.03*tally.tokens {
		t.Errorf("%g tokens in rows, counted %g", got, tally.tokens)
	}
}

// A plan whose budget is less than a step says what a step takes.
func TestForetoldStep(t *testing.T) {
	in := map[string][]stage.Forecast{"from": {{Size: map[string]float64{"rows": 1000, "length": 256, "tokens": 256000, "vocab": 512}}}}
	const want = "more than the budget"
	f := (&SFT{Depth: 4, FLOPs: 1e9}).Forecast(in, stage.Machine{Threads: 2, Peak: 1e11})
	if text := f.Derived.In(say.English); !strings.Contains(text, fmt.Sprintf("one step alone takes %.2g operations, more than the budget of 1e+09", f.FLOPs)) || !strings.Contains(f.Derived.In(say.Chinese), "单是一步就需") {
		t.Errorf("of less than a step: %s", text)
	}
	enough := (&SFT{Depth: 4, FLOPs: 2 * f.FLOPs}).Forecast(in, stage.Machine{Threads: 2, Peak: 1e11})
	if text := enough.Derived.In(say.English); strings.Contains(text, want) {
		t.Errorf("of two steps: %s", text)
	}
}

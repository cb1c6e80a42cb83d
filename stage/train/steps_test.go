package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
)

// counted is the last count of a name.
func (b *bench) counted(name string) (v float64) {
	for _, e := range b.events {
		if x, ok := e.Vals[name]; ok && e.Type == "count" {
			v = x
		}
	}
	return v
}

// A run goes through its rows as often as epochs say, and less than a step more, as
// it was foretold, however many rows a step has: from random weights and over a base.
func TestStepsOfEpochs(t *testing.T) {
	tok := toyTokenizer(t)
	rows := toyRows(t, tok, toyProblems(1)) // 12 rows
	one := toyRows(t, tok, toyProblems(1)[:2])
	from := map[string]string{"from": rows, "tokenizer": tok}
	fresh := &SFT{Depth: 1, Epochs: 3, Batch: 5}
	made := newBench(t, from)
	check(t, fresh.Run(t.Context(), made.Job))
	base := made.Out
	ref := stage.Ref{Kind: "weights", Name: "b"}
	for _, c := range []struct {
		op           stage.Operator
		from         string
		steps, batch int
	}{
		{fresh, rows, 8, 5},
		{&SFT{Depth: 1, Epochs: 2, Batch: 8}, rows, 3, 8}, // rounded down, it was 2
		{&SFT{Depth: 1, Epochs: 3, Batch: 4096}, rows, 3, 12},
		{&SFT{Depth: 1, Epochs: 4}, one, 4, 1},
		{&SFT{Depth: 1}, rows, 1, 12},
		{&SFT{Base: ref, Epochs: 3, Batch: 4096}, rows, 3, 12},
		{&Continue{Epochs: 3, Batch: 4096}, rows, 3, 12},
		{&Continue{Epochs: 2, Batch: 8}, rows, 3, 8},
		{&LoRA{Epochs: 5, Rank: 2}, one, 5, 1},
	} {
		in := map[string]string{"from": c.from, "tokenizer": tok}
		known := map[string][]stage.Forecast{"from": {{Path: c.from}}, "tokenizer": {{Size: map[string]float64{"vocab": 261}}}}
		if s, ok := c.op.(*SFT); !ok || s.Depth == 0 {
			in, known = map[string]string{"from": c.from, "base": base}, map[string][]stage.Forecast{"from": {{Path: c.from}}, "base": {{Path: base}}}
		}
		b := newBench(t, in)
		check(t, c.op.Run(t.Context(), b.Job))
		name, n := fmt.Sprintf("%s %+v", c.op.Name(), c.op), 12.0
		if c.from == one {
			n = 1
		}
		if got := b.counted("steps"); int(got) != c.steps || int(b.counted("batch")) != c.batch || b.counted("rows") != n {
			t.Errorf("%s: %g steps of %g rows of %g, want %d of %d", name, got, b.counted("batch"), b.counted("rows"), c.steps, c.batch)
		}
		if got, want := b.counted("epochs"), float64(c.steps*c.batch)/n; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %g times through the rows, want %g", name, got, want)
		}
		f := c.op.(stage.Forecaster).Forecast(known, stage.Machine{Threads: 1, Peak: 1e11})
		if got, want := f.Derived.In(say.English), fmt.Sprintf("%d row", c.batch); !strings.Contains(got, want) || !strings.Contains(got, fmt.Sprintf("about %d step", c.steps)) {
			t.Errorf("%s: foretold %q", name, got)
		}
		if got := b.counted("flops"); f.FLOPs < 0.9*got || f.FLOPs > 1.1*got {
			t.Errorf("%s: %g operations, foretold %g", name, got, f.FLOPs)
		}
	}
}

// What epochs make has another revision than what a budget buys, which was as it is when
// the steps of epochs changed.
func TestStepsRevision(t *testing.T) {
	base := stage.Ref{Kind: "weights", Name: "b"}
	for _, c := range []struct {
		op   stage.Operator
		want int
	}{
		{&SFT{Depth: 1, Minutes: 1}, 6}, {&SFT{Depth: 1, FLOPs: 1e9, Batch: 4096}, 6}, {&SFT{Depth: 1, FLOPs: 1e9, Patience: 2}, 7}, {&SFT{Depth: 1, Batch: 1, Epochs: 2}, 6},
		{&SFT{Depth: 1}, 7}, {&SFT{Depth: 1, Epochs: 2}, 7}, {&SFT{Depth: 1, Epochs: 2, Patience: 2}, 8},
		{&SFT{Base: base}, 8}, {&Continue{}, 9}, {&LoRA{}, 10},
	} {
		if got := c.op.Revision(); got != c.want {
			t.Errorf("%T %+v: revision %d, want %d", c.op, c.op, got, c.want)
		}
	}
	tok := toyTokenizer(t)
	in := map[string]string{"from": toyRows(t, tok, toyProblems(1)), "tokenizer": tok}
	b := newBench(t, in)
	check(t, (&SFT{Depth: 1, FLOPs: 4e7, Batch: 20}).Run(t.Context(), b.Job)) // more rows than there are
	if got := digest(t, b.Out).Short(); got != "702fae867750" {
		t.Errorf("by a budget, the weights are %s", got)
	}
}

// So few steps that they teach little are named, in the plan and in the run, with what
// makes more of them.
func TestFewSteps(t *testing.T) {
	tok := toyTokenizer(t)
	rows := toyRows(t, tok, toyProblems(2)) // 24 rows
	for _, c := range []struct {
		op   *SFT
		want string // "": there are enough
	}{
		{&SFT{Depth: 1, Epochs: 1}, "raise epochs, or lower batch"},
		{&SFT{Depth: 1, Epochs: 2, Batch: 4}, ""},
		{&SFT{Depth: 1, FLOPs: 1e6, Batch: 4}, "give it a larger budget, or lower batch"},
	} {
		b := newBench(t, map[string]string{"from": rows, "tokenizer": tok})
		check(t, c.op.Run(t.Context(), b.Job))
		f := c.op.Forecast(map[string][]stage.Forecast{"from": {{Path: rows}}, "tokenizer": {{Size: map[string]float64{"vocab": 261}}}}, stage.Machine{Threads: 1})
		notes := strings.Join(b.notes(), "\n")
		for _, text := range []string{notes, f.Derived.In(say.English)} {
			if c.want != "" && !strings.Contains(text, c.want) || c.want == "" && strings.Contains(text, "little") {
				t.Errorf("%+v: %q", c.op, text)
			}
		}
		if c.want != "" && !strings.Contains(f.Derived.In(say.Chinese), "步数太少") {
			t.Errorf("%+v: %q", c.op, f.Derived.In(say.Chinese))
		}
	}
	// What is wanted of a curve that is too short is said, too; not of one that is at its beginning.
	for epochs, want := range map[float64]bool{1: true, 40: false} {
		c := &curve.Curve{Points: []curve.Point{{Step: 1, Values: map[string]float64{"loss": 5}}}}
		c.Counts = map[string]float64{"epochs": epochs, "rows": 12, "batch": 12}
		why := Unjudged(c)
		if got := strings.Contains(why.In(say.English), "raise epochs or the budget, or lower batch"); got != want || strings.Contains(why.In(say.Chinese), "batch") != want {
			t.Errorf("%g epochs: %v", epochs, why)
		}
	}
}

// Lessons and shuffle are named only where there are lessons, and in their order.
func TestEndsEarly(t *testing.T) {
	tok := toyTokenizer(t)
	for _, ordered := range []bool{false, true} {
		b := newBench(t, map[string]string{"from": toyRows(t, tok, toyProblems(4)), "tokenizer": tok})
		b.Lessons, b.Ordered = ordered, ordered
		check(t, (&SFT{Depth: 1, FLOPs: 1e7, Batch: 4}).Run(t.Context(), b.Job))
		notes := strings.Join(b.notes(), "\n")
		if !strings.Contains(notes, "the budget ends after") || strings.Contains(notes, "lessons") != ordered || strings.Contains(notes, "shuffle") != ordered {
			t.Errorf("ordered %v: %q", ordered, notes)
		}
		if b.counted("lessons") != map[bool]float64{true: 1}[ordered] {
			t.Errorf("ordered %v: lessons %g", ordered, b.counted("lessons"))
		}
	}
}

// How often the data was read is what the curve tells, and not what was planned; held-out
// loss that rises before the data was repeated is no sign that it was.
func TestDoctorTimes(t *testing.T) {
	rising := func(rows float64) *curve.Curve {
		c := &curve.Curve{}
		c.Counts = map[string]float64{"epochs": 145.5, "rows": rows, "batch": 16}
		for i := range 60 {
			c.Points = append(c.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": 3 - 0.04*float64(i), "watch_loss": 1 + math.Abs(float64(i)-20)/20}})
		}
		return c
	}
	for rows, want := range map[float64][2]string{160: {"repeated", "(6.0 times)"}, 800: {"unlike", "1.2 times: what is watched is unlike"}, 1e6: {"unlike", "0.0 times"}} {
		list := Diagnose(rising(rows))
		if len(list) != 1 || list[0].Code != want[0] || !strings.Contains(list[0].What.In(say.English), want[1]) || list[0].What.In(say.Chinese) == list[0].What.In(say.English) {
			t.Errorf("%g rows: %+v", rows, list)
		}
	}
	older := rising(0) // it told only what was planned
	if list := Diagnose(older); len(list) != 1 || !strings.Contains(list[0].What.In(say.English), "145.5 times") {
		t.Errorf("older: %+v", list)
	}
	delete(older.Counts, "epochs")
	if list := Diagnose(older); len(list) != 1 || list[0].Code != "repeated" || strings.Contains(list[0].What.In(say.English), "times") {
		t.Errorf("oldest: %+v", list)
	}
}

// A student that becomes worse where its teacher is worse than it was follows it, however often
// the data was read; a teacher that is no worse is not to blame.
func TestDoctorTeacher(t *testing.T) {
	for _, c := range []struct {
		teacher, rows float64
		want          string
	}{{18.813, 160, "teacher"}, {18.813, 1e6, "teacher"}, {1.05, 160, "repeated"}, {1.05, 1e6, "unlike"}} {
		cv := &curve.Curve{}
		cv.Counts = map[string]float64{"rows": c.rows, "batch": 16, "teacher_loss": c.teacher}
		for i := range 60 {
			cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": 3 - 0.04*float64(i), "watch_loss": 1 + math.Abs(float64(i)-20)/20}})
		}
		list := Diagnose(cv)
		if len(list) != 1 || list[0].Code != c.want {
			t.Errorf("%+v: %+v", c, list)
			continue
		}
		for lang, next := range map[say.Lang]string{say.English: "take a teacher", say.Chinese: "请换用"} {
			if says := strings.Contains(list[0].What.In(lang), "18.813") && strings.Contains(list[0].Next.In(lang), next) && strings.Contains(list[0].Next.In(lang), "hard"); says != (c.want == "teacher") {
				t.Errorf("%+v: %v → %v", c, list[0].What.In(lang), list[0].Next.In(lang))
			}
		}
	}
}

// Only lessons are set against lessons: the owner's own data at the same size may be
// harder, and well.
func TestDoctorOwnData(t *testing.T) {
	for _, lessons := range []float64{0, 1} {
		for _, r := range curve.References() {
			c := &curve.Curve{}
			c.Counts = map[string]float64{}
			for name, v := range r.Counts {
				c.Counts[name] = v
			}
			c.Counts["lessons"] = lessons
			for _, p := range r.Points {
				c.Points = append(c.Points, curve.Point{Step: p.Step, Values: map[string]float64{"loss": 1.5 * p.Values["loss"], "flops": p.Values["flops"]}})
			}
			behind := false
			for _, f := range Diagnose(c) {
				behind = behind || f.Code == "behind"
			}
			if behind != (lessons == 1) {
				t.Errorf("%s, lessons %g: behind %v", r.Name, lessons, behind)
			}
		}
	}
}

// Patience is called idle where, and only where, a loss that rises from the first look
// on does not end the run.
func TestIdlePatience(t *testing.T) {
	most := 0
	for steps := 1; steps <= 90; steps++ {
		every := max(steps/watchLooks, 1)
		for patience := 1; patience <= 45; patience++ {
			var s sight
			o := &lookout{every: every, patience: patience}
			looks, ended := 0, false
			for n := 1; n <= steps && !ended; n++ {
				if n%every == 0 || n == steps {
					looks++
					s.saw(float64(1+n), n)
				}
				ended = o.done(&s) && n < steps
			}
			if !ended && looks != looksIn(steps, every) {
				t.Fatalf("%d steps: %d looks, said %d", steps, looks, looksIn(steps, every))
			}
			most = max(most, looks)
			if idle := idlePatience(looksIn(steps, every), patience).En != ""; idle == ended {
				t.Errorf("%d steps, patience %d: ended early %v, idle %v", steps, patience, ended, idle)
			}
		}
	}
	if most != 2*watchLooks-1 {
		t.Errorf("%d looks at most", most)
	}
}

// The loss that is told at the end is the mean of the last steps: of all of few, and no
// other of many.
func TestLastLosses(t *testing.T) {
	var last lastLosses
	if last.mean() != 0 {
		t.Errorf("of no steps: %g", last.mean())
	}
	for _, loss := range []float64{7.78, 6.58, 6.02, 5.75} {
		last.add(loss)
	}
	if math.Abs(last.mean()-6.5325) > 1e-9 {
		t.Errorf("%g", last.mean())
	}
	for i := range meanSteps {
		last.add(float64(i % 2))
	}
	if last.mean() != 0.5 || len(last) != meanSteps {
		t.Errorf("of many steps the first still count: %g of %d", last.mean(), len(last))
	}
}

// What every trainer writes of its loss is the mean of the last of those that it told, also
// where it went on from a checkpoint.
func TestLossOfLastSteps(t *testing.T) {
	dir, in := toyTeacher(t)
	rows := toyRows(t, in["tokenizer"], toyProblems(4))
	for name, c := range map[string]struct {
		op stage.Operator
		in map[string]string
	}{
		"sft":      {&SFT{Depth: 1, Epochs: 5, Batch: 2, Every: time.Nanosecond}, map[string]string{"from": rows, "tokenizer": in["tokenizer"]}},
		"continue": {&Continue{Epochs: 5, Batch: 2, Every: time.Nanosecond}, map[string]string{"from": rows, "base": dir}},
		"distil":   {&Distil{Depth: 1, Epochs: 5, Batch: 2, Every: time.Nanosecond}, map[string]string{"from": rows, "teacher": dir}},
	} {
		b := newBench(t, c.in)
		if err := c.op.Run(&countdown{t.Context(), 100}, b.Job); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		b.Out = t.TempDir()
		check(t, c.op.Run(t.Context(), b.Job))
		whole := newBench(t, c.in)
		check(t, c.op.Run(t.Context(), whole.Job))
		at, told := whole.series("loss") // some tell it twice
		loss := map[float64]float64{}
		for i := range at {
			loss[at[i]] = told[i]
		}
		want := 0.0
		for i := range meanSteps {
			want += loss[float64(len(loss)-i)] / meanSteps
		}
		f, err := readFacts(b.Out)
		check(t, err)
		if len(loss) < meanSteps+5 || math.Abs(f.Loss/want-1) > 2e-3 {
			t.Errorf("%s: after %d steps %g is written, not %g", name, len(loss), f.Loss, want)
		}
	}
}

// The loss that is told is of the steps up to the one whose weights are kept.
func TestLossOfKept(t *testing.T) {
	dir, in := toyTeacher(t)
	rows := toyRows(t, in["tokenizer"], toyProblems(4))
	watch := toyPart(t, toyProblems(2))
	op := &Continue{Epochs: 8, Batch: 2, Rate: 10, Patience: 3, Every: time.Nanosecond}
	b := newBench(t, map[string]string{"from": rows, "base": dir, "watch": watch})
	if err := op.Run(&countdown{t.Context(), 100}, b.Job); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	b.Out = t.TempDir()
	check(t, op.Run(t.Context(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	if f.Stop == nil || f.Stop.Kept == f.Stop.Ended {
		t.Fatalf("no weights of before are kept: %+v", f.Stop)
	}
	whole := newBench(t, map[string]string{"from": rows, "base": dir, "watch": watch})
	check(t, op.Run(t.Context(), whole.Job))
	at, told := whole.series("loss")
	want, n := 0.0, min(meanSteps, f.Stop.Kept)
	loss := map[float64]float64{}
	for i := range at {
		loss[at[i]] = told[i]
	}
	for i := range n {
		want += loss[float64(f.Stop.Kept-i)] / float64(n)
	}
	if math.Abs(f.Loss/want-1) > 2e-3 {
		t.Errorf("of %+v %g is told, not %g", f.Stop, f.Loss, want)
	}
}

// What is said of repeated rows is true where it is said, and does not advise what is done.
func TestRemarkTimes(t *testing.T) {
	for _, c := range []struct {
		times    float64
		patience int
		want     string
	}{
		{1.2, 0, "x"}, {4.0, 0, "x; 4.0 times through the rows"}, {4.04, 0, "x; 4.0 times through the rows"},
		{20.3, 0, "x; 20.3 times through the rows: more than four teach little, bring more data, or watch a part of it with patience"},
		{20.3, 3, "x; 20.3 times through the rows at most: more than four teach little, bring more data; patience ends it where the held-out loss falls no more"},
	} {
		if got := remarkTimes(say.T("x", "甲"), c.times, c.patience); got.In(say.English) != c.want || !strings.HasPrefix(got.In(say.Chinese), "甲") {
			t.Errorf("%g, patience %d: %v", c.times, c.patience, got)
		}
	}
}

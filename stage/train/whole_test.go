package train

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// wholeCase is a run that trains all weights of a model of our own, and its inputs.
type wholeCase struct {
	op func() stage.Operator
	in map[string]string
}

// toyWholes are runs of every method over a model of three layers, or into one.
func toyWholes(t *testing.T) map[string]wholeCase {
	t.Helper()
	op, in := toySFT(t)
	op.Depth, op.FLOPs = 3, 1.2e9
	b := newBench(t, in)
	check(t, op.Run(t.Context(), b.Job))
	base, rows := b.Out, toyRows(t, in["tokenizer"], toyProblems(1))
	pairs, labels, problems := toyExamples(t, toyPairs(1)), toyExamples(t, toyLabels(1)), toyPart(t, toyProblems(1))
	return map[string]wholeCase{
		"dpo":           {func() stage.Operator { return &DPO{Batch: 8} }, map[string]string{"base": base, "pairs": pairs}},
		"dpo watched":   {func() stage.Operator { return &DPO{Batch: 8, Patience: 2} }, map[string]string{"base": base, "pairs": pairs, "watch": pairs}},
		"kto":           {func() stage.Operator { return &KTO{Batch: 8} }, map[string]string{"base": base, "labels": labels}},
		"grpo":          {func() stage.Operator { return &GRPO{Steps: 2, Prompts: 4, Samples: 4, Tokens: 12} }, map[string]string{"base": base, "problems": problems, "watch": problems}},
		"distil":        {func() stage.Operator { return &Distil{Base: stage.Ref{Kind: "weights", Name: "x"}, Batch: 4} }, map[string]string{"base": base, "teacher": base, "from": rows}},
		"distil random": {func() stage.Operator { return &Distil{Depth: 3, Batch: 4} }, map[string]string{"teacher": base, "from": rows}},
	}
}

func (c *wholeCase) foretell(op stage.Operator, m stage.Machine) stage.Forecast {
	in := map[string][]stage.Forecast{}
	for arg, dir := range c.in {
		in[arg] = []stage.Forecast{{Path: dir}}
	}
	return op.(stage.Forecaster).Forecast(in, m)
}

// Whatever trains all weights of a model of our own computes blocks again where memory is
// short, as its plan says, and makes the same bytes; where it still does not fit, plan
// and run name the same changes, each of which fits.
func TestWholeInLittleMemory(t *testing.T) {
	named := map[string]bool{}
	const again = "blocks are computed again on the way back"
	for name, c := range toyWholes(t) {
		whole := newBench(t, c.in)
		whole.Machine.Threads = 2
		check(t, c.op().Run(t.Context(), whole.Job))
		m := stage.Machine{Threads: 2, Peak: 1e11, Memory: 1 << 40}
		all := c.foretell(c.op(), m)
		if strings.Contains(strings.Join(whole.notes(), "\n"), again) || strings.Contains(all.Derived.In(say.English), again) {
			t.Errorf("%s computes blocks again in memory enough", name)
		}
		m.Memory = 1
		least := c.foretell(c.op(), m).Memory
		m.Memory = least
		f := c.foretell(c.op(), m)
		if f.Memory > m.Memory || len(f.Smaller) > 0 || f.Low < all.Low || !strings.Contains(f.Derived.In(say.English), again) {
			t.Errorf("%s: of %d to %d bytes in %d it takes %d, %v, %v", name, least, all.Memory, m.Memory, f.Memory, f.Smaller, f.Derived)
		}
		little := newBench(t, c.in)
		little.Machine = m
		if err := c.op().Run(t.Context(), little.Job); err != nil {
			t.Fatal(name, m.Memory, err)
		}
		if digest(t, whole.Out) != digest(t, little.Out) {
			t.Errorf("%s in little memory: other bytes", name)
		}
		if notes := strings.Join(little.notes(), "\n"); !strings.Contains(notes, again) {
			t.Errorf("%s in %d bytes of %d: %s", name, m.Memory, all.Memory, notes)
		}

		m.Memory = least - 1<<20
		f = c.foretell(c.op(), m)
		few := newBench(t, c.in)
		few.Machine = m
		err := c.op().Run(t.Context(), few.Job)
		if f.Memory <= m.Memory || len(f.Smaller) == 0 || !errors.Is(err, stage.ErrNoFit) {
			t.Errorf("%s in less than the least: %d of %d bytes, %v; %v", name, f.Memory, m.Memory, f.Smaller, err)
			continue
		}
		for _, way := range f.Smaller {
			text, op := way.In(say.English), c.op()
			set, value, _ := strings.Cut(text, " = ")
			field := reflect.ValueOf(op).Elem().FieldByName(strings.ToUpper(set[:1]) + set[1:])
			if n, err := strconv.Atoi(value); err == nil {
				field.SetInt(int64(n))
			} else {
				field.SetString(strings.Trim(value, `"`))
			}
			if g := c.foretell(op, m); g.Memory > m.Memory || len(g.Smaller) > 0 {
				t.Errorf("%s: with %s it takes %d of %d", name, text, g.Memory, m.Memory)
			}
			if set != "depth" && !strings.Contains(err.Error(), text) {
				t.Errorf("%s: the run does not name %s: %v", name, text, err)
			}
			named[set] = true
		}
	}
	if len(named) != 3 {
		t.Errorf("named %v", named)
	}
}

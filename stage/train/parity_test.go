package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/stage"
	"suiren/stage/talk"
)

// What is served wrongly is refused: another template, another end, another
// base, another type.
func TestGate(t *testing.T) {
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("llama"))))
	check(t, os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte("{{ messages }}"), 0o666))
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, stage.ErrRefused) {
			t.Errorf("%s: %v, want it refused", what, err)
		}
	}
	open := func(dir string) *brought {
		b, err := openBrought(dir)
		check(t, err)
		t.Cleanup(func() { b.Close() })
		return b
	}
	b := open(base)
	changed := func(name, text string) *brought {
		dir := t.TempDir()
		check(t, os.CopyFS(dir, os.DirFS(base)))
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
		return open(dir)
	}
	check(t, sameWords(b, open(base)))
	refused("template", sameWords(b, changed("chat_template.jinja", "{{ messages }}.")))
	refused("end", sameWords(b, changed("generation_config.json", `{"eos_token_id": 7}`)))

	logits := func(f *model.File) logitsOf {
		l, done, err := served(f, nil, 1)
		check(t, err)
		t.Cleanup(done)
		return l
	}
	prompts := promptsOf(nil, b)
	V := b.Shape.Vocab
	p, err := compareLogits(logits(b.File), logits(b.File), prompts, V, model.AsF32)
	if err != nil || p.Max != 0 || p.Top != 1 || p.Prompts != len(sentences) {
		t.Errorf("%+v %v", p, err)
	}
	other, err := model.Open(archFolder("llama3"))
	check(t, err)
	t.Cleanup(func() { other.Close() })
	_, err = compareLogits(logits(b.File), logits(other), prompts, min(V, other.Shape.Vocab), model.AsQ4_0)
	refused("base", err)
	for _, x := range []model.Mixture{model.AsQ8_0, model.AsQ4_0} {
		quant := newBench(t, map[string]string{"base": base})
		check(t, (&Quantise{Type: string(x)}).Run(context.Background(), quant.Job))
		q := open(quant.Out)
		_, err = compareLogits(logits(b.File), logits(q.File), prompts, V, model.AsF32)
		refused(fmt.Sprintf("%s that says it is f32", x), err)
	}
}

// Each type passes up to its bounds, and not beyond: the error of its logits,
// and how often the likeliest token is another where it leads by more than such an
// error may turn round.
func TestGateBounds(t *testing.T) {
	const vocab, length, prompts = 64, 100, 2
	list := [][]int32{make([]int32, length), make([]int32, length)}
	// logits have one token far above the rest, and one that leads it.
	logits := func(off, lead float64, swapped int) logitsOf {
		at := 0
		return func([]int32) func(lo, hi int, z []float32) error {
			return func(lo, hi int, z []float32) error {
				for i := range hi - lo {
					row := z[i*vocab : (i+1)*vocab]
					for j := range row {
						row[j] = float32(float64(j%5) + off)
					}
					row[3], row[7] = float32(10+off), float32(10+lead+off)
					if at < swapped {
						row[3], row[7] = row[7], row[3]
					}
					at++
				}
				return nil
			}
		}
	}
	// size is the variance of the logits of a token.
	size := func(lead float64) (size float64) {
		var row [vocab]float32
		check(t, logits(0, lead, 0)(nil)(0, 1, row[:]))
		mean := 0.0
		for _, v := range row {
			mean += float64(v) / vocab
		}
		for _, v := range row {
			size += (float64(v) - mean) * (float64(v) - mean) / vocab
		}
		return size
	}
	for x, b := range map[model.Mixture]struct{ err, top float64 }{
		model.AsF32: {1e-9, 0.999}, model.AsF16: {1e-5, 0.99}, model.AsBF16: {1e-3, 0.95},
		model.AsQ8_0: {0.01, 0.85}, model.AsQ6_K: {0.03, 0.75}, model.AsQ5_K_M: {0.1, 0.55}, model.AsQ4_K_M: {0.3, 0.3}, model.AsQ4_0: {0.3, 0.3}, model.AsQ3_K_M: {0.6, 0.2},
	} {
		lead := func(of float64) (gap float64) { // so many times the root of the error that passes
			for range 50 { // the logits are the larger for it
				gap = of * math.Sqrt(b.err*size(gap))
			}
			return gap
		}
		most := int(math.Round((1 - b.top) * length * prompts))
		for _, c := range []struct {
			err     float64 // of its bound
			lead    float64
			swapped int
			refused bool
		}{
			{0, 0.1, 0, false}, {0.9, 0.1, 0, false}, {1.1, 0.1, 0, true},
			{0, 4.4, most, false}, {0, 4.4, most + 1, true}, // two logits that change places
			{0, 3.6, most, false}, {0, 3.6, min(most+3, length*prompts), false}, {0, 0.1, length * prompts, false}, // near ties
		} {
			gap := lead(c.lead)
			off := math.Sqrt(c.err * b.err * size(gap))
			p, err := compareLogits(logits(0, gap, 0), logits(off, gap, c.swapped), list, vocab, x)
			if refused := errors.Is(err, stage.ErrRefused); refused != c.refused || err != nil && !refused {
				t.Errorf("%s, %+v: %+v %v", x, c, p, err)
			}
			if !c.refused && c.swapped == 0 && (math.Abs(p.Max-off) > 0.01*off || math.Abs(p.Mean-off) > 0.01*off || p.Tokens != length*prompts || p.Prompts != prompts) {
				t.Errorf("%s: logits that are off by %g: %+v", x, off, p)
			}
			if top := 1 - float64(c.swapped)/(length*prompts); !c.refused && math.Abs(p.Top-top) > 1e-3 {
				t.Errorf("%s, %+v: the same likeliest at %g", x, c, p.Top)
			}
		}
	}
}

// Every mixture has its bound, what to try instead, its size and its toil.
func TestMixtures(t *testing.T) {
	for _, x := range model.Mixtures {
		if bounds[x].err == 0 || (finer[x] == "") != (x == model.AsF32) || weightBytes[x] == 0 || copyToil[x] == 0 || checkType(string(x)) != nil {
			t.Errorf("%s: %v %q %v %v %v", x, bounds[x], finer[x], weightBytes[x], copyToil[x], checkType(string(x)))
		}
		for name := range strings.SplitSeq(finer[x], ", ") {
			if y := model.Mixture(name); name != "" && bounds[y].err >= bounds[x].err {
				t.Errorf("%s is no finer than %s", y, x)
			}
		}
	}
}

// What is written is compared with what was trained: weights that the trainer
// did not answer with, and an adapter over another base, are not kept. Special
// tokens, and how a text is cut, are compared, too.
func TestGateWrites(t *testing.T) {
	for name, lora := range map[string]*model.LoRA{"whole": nil, "adapter": {Rank: 2, Alpha: 4}} {
		b, err := openBrought(archFolder("llama3"))
		check(t, err)
		defer b.Close()
		o := &own{batch: 2, rate: 1, lora: lora}
		job := newBench(t, nil)
		l, err := o.learner(job.Job, b, promptTokens)
		check(t, err)
		defer l.Close()
		p, err := o.write(job.Job, b, l, nil)
		if err != nil || p.Top != 1 || p.Prompts != len(sentences) {
			t.Errorf("%s: %+v %v", name, p, err)
		}
		for i := range l.State() { // not packed
			l.State()[i] += float32(i%7) / 20
		}
		if _, err = o.write(newBench(t, nil).Job, b, l, nil); !errors.Is(err, stage.ErrRefused) {
			t.Errorf("%s: what was not trained was kept: %v", name, err)
		}
	}
	words := func(tok *tokenizer.Tokenizer) *brought { return &brought{words: &talk.Words{Tokenizer: tok}} }
	train := func(text string, specials ...string) *brought {
		tok, err := tokenizer.Train(slices.Values([]string{text}), 260, specials)
		check(t, err)
		return words(tok)
	}
	plain := train("ababab cdcdcd", "<a>", "<b>")
	check(t, sameWords(plain, train("ababab cdcdcd", "<a>", "<b>")))
	for what, other := range map[string]*brought{"special": train("ababab cdcdcd", "<a>", "<c>"), "cut": train("the the the", "<a>", "<b>"), "more": train("ababab cdcdcd", "<a>")} {
		if err := sameWords(plain, other); !errors.Is(err, stage.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

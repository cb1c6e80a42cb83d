package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
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
// and how often the likeliest token is another.
func TestGateBounds(t *testing.T) {
	const vocab, length, prompts = 16, 100, 2
	list := [][]int32{make([]int32, length), make([]int32, length)}
	// logits have one token far above the rest, and one that is as likely but for a bit.
	logits := func(off float32, swapped int) logitsOf {
		at := 0
		return func([]int32) func(lo, hi int, z []float32) error {
			return func(lo, hi int, z []float32) error {
				for i := range hi - lo {
					row := z[i*vocab : (i+1)*vocab]
					for j := range row {
						row[j] = float32(j%5) + off
					}
					row[3], row[7] = 10+off, 10+0x1p-18+off
					if at < swapped {
						row[3], row[7] = row[7], row[3]
					}
					at++
				}
				return nil
			}
		}
	}
	var row [vocab]float32
	check(t, logits(0, 0)(nil)(0, 1, row[:]))
	mean, size := 0.0, 0.0
	for _, v := range row {
		mean += float64(v) / vocab
	}
	for _, v := range row {
		size += (float64(v) - mean) * (float64(v) - mean) / vocab
	}
	for x, b := range map[model.Mixture]struct{ err, top float64 }{
		model.AsF32: {1e-9, 0.999}, model.AsF16: {1e-5, 0.99}, model.AsBF16: {1e-3, 0.95},
		model.AsQ8_0: {0.01, 0.85}, model.AsQ6_K: {0.03, 0.75}, model.AsQ4_K_M: {0.3, 0.3}, model.AsQ4_0: {0.3, 0.3},
	} {
		for _, c := range []struct {
			err     float64 // of its bound
			swapped int
			refused bool
		}{
			{0, 0, false}, {0.9, 0, false}, {1.1, 0, true},
			{0, int((1 - b.top) * length * prompts), false}, {0, int((1-b.top)*length*prompts) + 1, true},
		} {
			off := math.Sqrt(c.err * b.err * size)
			p, err := compareLogits(logits(0, 0), logits(float32(off), c.swapped), list, vocab, x)
			if refused := errors.Is(err, stage.ErrRefused); refused != c.refused || err != nil && !refused {
				t.Errorf("%s, %+v: %+v %v", x, c, p, err)
			}
			if !c.refused && c.swapped == 0 && (math.Abs(p.Max-off) > 0.01*off || math.Abs(p.Mean-off) > 0.01*off || p.Tokens != length*prompts || p.Prompts != prompts) {
				t.Errorf("%s: logits that are off by %g: %+v", x, off, p)
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

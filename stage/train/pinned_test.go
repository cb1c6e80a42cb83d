package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A base of the owner's that changes while something is made from it is what is told,
// and not that what was made is wrong.
func TestBaseChanged(t *testing.T) {
	for name, op := range map[string]stage.Operator{"lora": &LoRA{Rank: 2}, "continue": &Continue{}, "quantise": &Quantise{Type: "f16"}} {
		for _, changes := range []bool{false, true} {
			base := t.TempDir()
			check(t, os.CopyFS(base, os.DirFS(archFolder("llama3"))))
			b := newBench(t, map[string]string{"from": archRowsOf(t, 261, 2)})
			files, err := store.ModelFiles(context.Background(), base)
			check(t, err)
			b.Inputs = append(b.Inputs, stage.Input{Arg: "base", Dir: base, Digest: store.FilesDigest(files)})
			change := func() { check(t, os.WriteFile(filepath.Join(base, "LICENSE"), []byte("new"), 0o600)) }
			if changes && name == "quantise" { // which tells nothing before
				change()
			}
			b.each = func(stage.Event) {
				if changes {
					change()
				}
			}
			err = op.Run(context.Background(), b.Job)
			if !changes {
				check(t, err)
				continue
			}
			bad, ok := errors.AsType[*say.Error](err)
			if !ok || bad.Where != "base" || !strings.Contains(bad.In(say.English), base+" changed while this was made") || !strings.Contains(bad.In(say.Chinese), base+" 处的文件有改动") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// What to do about logits that are off: a finer type, of what is written or of the base; in
// a narrow model rounding may be all of it.
func TestAfterwards(t *testing.T) {
	wide := model.Own(model.Scale(8, 300, 64))
	thin := model.Own(model.Scale(1, 300, 64))
	for _, c := range []struct {
		s        *model.Shape
		x        model.Mixture
		err      float64
		over     bool
		want, zh string
	}{
		{&wide, model.AsBF16, 0.0011, false, "these weights are not kept; write them in a finer type: f16, f32", "请用更精细的类型写出：f16, f32"},
		{&thin, model.AsBF16, 0.0011, false, "rounding alone can do that in a model as narrow as this (32); these weights are not kept; write them in a finer type: f16, f32", "模型这么窄（32），仅舍入就可能如此；"},
		{&thin, model.AsBF16, 1, false, "these weights are not kept; write them in a finer type: f16, f32", "请用更精细的类型写出"},
		{&thin, model.AsQ8_0, 0.037, true, "rounding alone can do that in a model as narrow as this (32); these weights are not kept; take the base in a finer type: f16, f32", "请改用更精细类型的基座"},
		{&wide, model.AsF32, 1, false, "these weights are not kept; this is an error of the program: report it, with the model's config.json", "程序的错误"},
	} {
		p := parity{Error: c.err}
		if got := p.afterwards(c.s, c.x, c.over); got.In(say.English) != c.want || !strings.Contains(got.In(say.Chinese), c.zh) {
			t.Errorf("%s of %g: %v", c.x, c.err, got)
		}
	}
	// The gate says so.
	b, err := openBrought(archFolder("llama3"))
	check(t, err)
	defer b.Close()
	was, done, err := served(b.File, nil, 1)
	check(t, err)
	defer done()
	off := func(ids []int32) func(lo, hi int, z []float32) error {
		read := was(ids)
		return func(lo, hi int, z []float32) error {
			err := read(lo, hi, z)
			for i := range z {
				z[i] *= 1 + 0.06*float32(i%2)
			}
			return err
		}
	}
	_, err = gate(newBench(t, nil).Job, off, b.File, nil, promptsOf(nil, b), model.AsBF16, false)
	if !errors.Is(err, stage.ErrRefused) || !strings.Contains(err.Error(), "does not answer as what it was made from") || !strings.Contains(err.Error(), "narrow") || strings.Contains(err.Error(), "template") {
		t.Error(err)
	}
}

package train

import (
	"context"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
)

// diagnosed runs op and returns the codes of what the doctor finds in its curve.
func diagnosed(t *testing.T, op *SFT, in map[string]string) (codes []string, c *curve.Curve) {
	t.Helper()
	dir := t.TempDir()
	w := curve.New(dir, "")
	b := newBench(t, in)
	b.each = w.Event
	if err := op.Run(context.Background(), b.Job); err != nil {
		t.Log(err)
	}
	check(t, w.Close())
	c, err := curve.Read(dir)
	check(t, err)
	for _, f := range Diagnose(c) {
		codes = append(codes, f.Code)
		for _, text := range []say.Text{f.What, f.Next} {
			if en, zh := text.In(say.English), text.In(say.Chinese); strings.Contains(en, "%!") || strings.Contains(zh, "%!") || en == zh {
				t.Errorf("%s: %q, %q", f.Code, en, zh)
			}
		}
	}
	return codes, c
}

// maskRows are rows whose documents teach only what keep says.
func maskRows(t *testing.T, tokenizerDir string, one func(step uint64) (ids []int32, supervised int), n int) string {
	t.Helper()
	tok, err := tokenizer.Load(tokenizerDir)
	check(t, err)
	dir := t.TempDir()
	w, err := stage.NewRowWriter(dir, tok.Vocab(), 2*toyContext, true)
	check(t, err)
	for i := range n {
		ids, supervised := one(uint64(i))
		check(t, w.Add([]stage.RowDoc{{IDs: ids, Supervised: supervised}}))
	}
	_, err = w.Close()
	check(t, err)
	return dir
}

// Each fault is made on purpose, and found; a healthy run has none.
func TestDoctor(t *testing.T) {
	healthy, in := toySFT(t)
	random := func(supervised int) string {
		return maskRows(t, in["tokenizer"], func(row uint64) ([]int32, int) {
			ids := make([]int32, 2*toyContext)
			for i := range ids {
				ids[i] = int32(tensor.Rand(7, row, uint64(i)) % 256)
			}
			return ids, supervised
		}, 600)
	}
	other := toyProblems(1)
	for i := range other { // another rule: what is learnt by heart does not help
		other[i].Answer = string(rune('0' + i*3%10))
		other[i].Think = other[i].Prompt + "=" + other[i].Answer
	}
	for name, c := range map[string]struct {
		change func(op *SFT, in map[string]string)
		want   string
	}{
		"healthy":   {func(*SFT, map[string]string) {}, ""},
		"watched":   {func(_ *SFT, in map[string]string) { in["watch"] = toyPart(t, toyProblems(1)) }, ""},
		"rate-high": {func(op *SFT, _ map[string]string) { op.Rate = 100 }, "rate-high"},
		"rate-low":  {func(op *SFT, _ map[string]string) { op.Rate = 0.03 }, "rate-low"},
		"repeated":  {func(_ *SFT, in map[string]string) { in["watch"] = toyPart(t, other) }, "repeated"},
		"nothing":   {func(op *SFT, in map[string]string) { in["from"] = random(1); op.Rate = 0.1 }, "nothing"},
		"mask":      {func(_ *SFT, in map[string]string) { in["from"] = random(2*toyContext - 1) }, "mask"},
	} {
		op, these := *healthy, map[string]string{"from": in["from"], "tokenizer": in["tokenizer"]}
		c.change(&op, these)
		codes, cv := diagnosed(t, &op, these)
		if c.want == "" && len(codes) > 0 || c.want != "" && !slices.Contains(codes, c.want) {
			_, loss := cv.Series("loss")
			_, held := cv.Series("watch_loss")
			s, m := noise(loss[len(loss)/2:])
			t.Errorf("%s: found %q; loss %.2f … %.2f, held out %.2f, noise %.2f of %.2f", name, codes, loss[0], mean64(loss[len(loss)-len(loss)/10:]), held, s, m)
		}
	}
}

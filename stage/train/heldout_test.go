package train

import (
	"context"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
)

// Blocks that watch the same are compared on the same text, however long they train: the last
// look is at more than the others, and what is told rests on it.
func TestHeldWhole(t *testing.T) {
	op, in := toySFT(t)
	in["watch"] = toyPart(t, toyProblems(1))
	op.Watch = stage.Ref{Kind: "examples", Name: "x"}
	tokens := 0.0
	for _, epochs := range []int{1, 2} {
		op.Epochs = epochs
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		n := map[string]float64{}
		for _, name := range []string{"held_loss", "held_tokens", "held_bits_per_byte", "watch_tokens"} {
			n[name] = b.counted(name)
		}
		if n["held_tokens"] <= n["watch_tokens"] || tokens > 0 && n["held_tokens"] != tokens {
			t.Errorf("%d epochs: of %v tokens, looks at %v; before %v", epochs, n["held_tokens"], n["watch_tokens"], tokens)
		}
		tokens = n["held_tokens"]
		c := &curve.Curve{Info: curve.Info{Counts: n}}
		if loss, ok := HeldLoss(c); !ok || loss != n["held_loss"] || loss == 0 {
			t.Errorf("told %v, %v of %v", loss, ok, n)
		}
		c.Points = []curve.Point{{Step: 150, Values: map[string]float64{"watch_loss": 1.5, "bits_per_byte": 2}}}
		en, zh := HeldOut(c).In(say.English), HeldOut(c).In(say.Chinese)
		if !strings.HasPrefix(en, "held-out loss 0.0") || !strings.Contains(en, "of them: held-out loss 1.500 at step 150") || strings.Contains(en+zh, "%!") {
			t.Errorf("%q, %q", en, zh)
		}
	}
	if _, ok := HeldLoss(new(curve.Curve)); ok {
		t.Error("a loss of nothing watched")
	}
}

// A look takes the first documents of those that the last one takes, whatever its length.
func TestHeldAdd(t *testing.T) {
	for _, most := range []int{20, 50} {
		h := held{most: most}
		for i := range 1000 {
			if !h.add(doc{ids: make([]int32, 10)}, i, 5) {
				break
			}
		}
		if len(h.docs) != 5*watchWhole/10 || h.look != most/10 || h.lookBytes != h.look*(h.look-1)/2 {
			t.Errorf("%d: %d of %d documents, %d bytes", most, h.look, len(h.docs), h.lookBytes)
		}
	}
}

// Of a few long texts not only the beginnings are looked at.
func TestHeldLong(t *testing.T) {
	tok := toyTokenizer(t)
	text := strings.Repeat("1+1=2 ", 400)
	const length = 64
	b := newBench(t, nil)
	w, err := newWriter(tok, length)
	check(t, err)
	o, err := newLookout(b.Job, nil, w, 100, 0)
	check(t, err)
	check(t, o.watchProse(toyCorpus(t, []string{"x"}, []string{text, text}), length, watchRows))
	if n := len(o.rows); n != watchRows || o.whole == nil || b.counted("watch_tokens") != watchRows*(length-1) {
		t.Errorf("%d rows, %g tokens", n, b.counted("watch_tokens"))
	}
}

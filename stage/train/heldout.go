package train

import (
	"context"
	"math"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
)

// held are documents that are watched: the first of them in every look, and all in
// the last.
type held struct {
	most   int // tokens of a look, about
	docs   []doc
	tokens int
	bytes  int // of the text that is learnt

	look, lookBytes int // documents of a look, and the bytes of their text
}

// add adds a document, with so many bytes of text that is learnt; false if there are
// enough for rows of length tokens.
func (h *held) add(d doc, bytes, length int) bool {
	if h.tokens += len(d.ids); h.tokens > watchWhole*length && len(h.docs) > 0 {
		return false
	}
	h.docs, h.bytes = append(h.docs, d), h.bytes+bytes
	if h.tokens <= h.most || h.look == 0 {
		h.look, h.lookBytes = len(h.docs), h.bytes
	}
	return true
}

// looking is what it takes to look at what is watched in a run that learns w as k says: often
// at some, and last at all.
func (w *workload) looking(s *model.Shape, k *way) float64 {
	rows := looksOf(w.rows*k.passes/float64(k.batch))*watchRows + min(watchWhole, w.rows)
	return rows / max(w.rows, 1) * w.judging(s, &way{integer: k.integer, passes: 1})
}

// measure has o tell the mean loss of what is held out, and the bits it takes to say a
// byte of it.
func (o *lookout) measure(h *held, length int) {
	o.rows = packDocs(h.docs[:h.look], length)
	tokens := learntIn(o.rows)
	o.job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"watch_tokens": float64(tokens)}})
	o.loss = func(ctx context.Context) (float64, map[string]float64, error) {
		loss, bits, err := o.lossOf(ctx, o.rows, tokens, h.lookBytes)
		return loss, map[string]float64{"bits_per_byte": bits}, err
	}
	if h.look == len(h.docs) { // a look is at all of it
		return
	}
	whole := packDocs(h.docs, length)
	o.whole = func(ctx context.Context) (float64, error) {
		tokens := learntIn(whole)
		loss, bits, err := o.lossOf(ctx, whole, tokens, h.bytes)
		if err == nil {
			o.job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"held_loss": loss, "held_bits_per_byte": bits, "held_tokens": float64(tokens)}})
		}
		return loss, err
	}
}

// learntIn are the tokens that are learnt in rows.
func learntIn(rows []model.Row) (n int) {
	for i := range rows {
		_, k := lengths(rows[i])
		n += k
	}
	return n
}

// lossOf is the mean loss of so many tokens of rows, which say so many bytes.
func (o *lookout) lossOf(ctx context.Context, rows []model.Row, tokens, bytes int) (loss, bits float64, err error) {
	sums, _, err := o.l.LogProbs(ctx, rows)
	if err != nil {
		return 0, 0, err
	}
	sum := 0.0
	for _, s := range sums {
		sum -= s
	}
	return sum / float64(tokens), sum / math.Ln2 / float64(max(bytes, 1)), nil
}

// HeldLoss is the loss on what is watched that a run is known by: at the end, of the weights
// that it kept; ok is false if nothing was watched.
func HeldLoss(c *curve.Curve) (loss float64, ok bool) {
	if loss, ok = c.Counts["held_loss"]; ok {
		return loss, true
	}
	_, held := c.Series("watch_loss")
	if len(held) == 0 {
		return 0, false
	}
	return held[len(held)-1], true
}

// AlsoLearnt says how many of the questions that a run watched were learnt in it, too, from
// another block; nothing if none was.
func AlsoLearnt(c *curve.Curve) (text say.Text) {
	if n := c.Counts["watch_learnt"]; n > 0 {
		text = say.T("%.0f of the %.0f watched questions are learnt, too, from another block: what is told of them is not told of unseen text", "%.0[2]f 个观察问题中有 %.0[1]f 个也在另一个块中被学习：由此得出的数字并非来自未见过的文本", n, c.Counts["watch_questions"])
	}
	return text
}

// HeldOut says what the loss of what is watched came to in c, and its lowest, and
// where they were told the bits per byte of both; nothing
// if nothing was watched. Where the last look was at more than the others, it comes first.
func HeldOut(c *curve.Curve) say.Text {
	at, held := c.Series("watch_loss")
	if len(held) == 0 {
		return say.Text{}
	}
	low, end := 0, len(held)-1
	for i, loss := range held {
		if loss <= held[low] {
			low = i
		}
	}
	loss := say.T("held-out loss %.3f at step %d, lowest %.3f at step %d", "留出损失在第 %[2]d 步为 %.3[1]f，最低是第 %[4]d 步的 %.3[3]f", held[end], at[end], held[low], at[low])
	if low == end {
		loss = say.T("held-out loss %.3f at step %d, its lowest", "留出损失在第 %[2]d 步为 %.3[1]f，是最低值", held[end], at[end])
	}
	if _, bits := c.Series("bits_per_byte"); len(bits) == len(held) {
		if low == end {
			loss = say.T("%v; %.3f bits per byte", "%v；每字节 %.3f 比特", loss, bits[end])
		} else {
			loss = say.T("%v; %.3f and %.3f bits per byte", "%v；每字节 %.3f 和 %.3f 比特", loss, bits[end], bits[low])
		}
	}
	n := c.Counts["watch_tokens"]
	if whole, ok := c.Counts["held_loss"]; ok {
		return say.T("held-out loss %.3f of what is kept, %.3f bits per byte, of %.0f tokens; while it trained, of %.0f of them: %v", "所保留权重的留出损失为 %.3f，每字节 %.3f 比特，取自 %.0f 个词元；训练中取自其中 %.0f 个：%v",
			whole, c.Counts["held_bits_per_byte"], c.Counts["held_tokens"], n, loss)
	}
	if n > 0 {
		loss = say.T("%v; of %.0f tokens", "%v；取自 %.0f 个词元", loss, n)
	}
	return loss
}

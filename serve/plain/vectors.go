package plain

import (
	"context"
	"math"
	"sync"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/serve/form"
)

// An encoder makes vectors of texts, or scores of pairs of them.
type encoder struct {
	m   *Model
	mu  sync.Mutex // one reading at a time: it uses all threads
	enc *model.Encoder
}

// readRows is how many tokens an encoder reads together.
const readRows = 2048

// planEncoder readies an encoder.
func (m *Model) planEncoder() (err error) {
	shape := m.file.Encoder
	m.facts.Width, m.facts.Context = shape.Width, shape.Context
	m.encoder = &encoder{m: m}
	m.memory.Model, m.memory.Vectors, err = m.file.EncoderBytes(m.encoder.size())
	return err
}

// size returns the tokens that it reads together, and its threads.
func (e *encoder) size() (rows, threads int) {
	return max(readRows, e.m.file.Encoder.Context), max(1, e.m.opt.Threads)
}

func (e *encoder) load() (err error) {
	e.enc, err = e.m.file.NewEncoder(e.size())
	return err
}

func (e *encoder) close() {
	if e != nil && e.enc != nil {
		e.enc.Close()
	}
}

// Embedder returns the model as one that makes vectors; nil if it does not.
func (m *Model) Embedder() form.Embedder {
	if m.encoder == nil || m.encoder.enc.Shape.Labels > 0 {
		return nil
	}
	return m.encoder
}

// Reranker returns the model as one that scores pairs; nil if it does not.
func (m *Model) Reranker() form.Reranker {
	if m.encoder == nil || m.encoder.enc.Shape.Labels != 1 {
		return nil
	}
	return m.encoder
}

// Width implements form.Embedder.
func (e *encoder) Width() int { return e.enc.Width() }

// Longest implements form.Embedder.
func (e *encoder) Longest() int { return e.enc.Shape.Context }

// Embed implements form.Embedder.
func (e *encoder) Embed(ctx context.Context, prompts []form.Prompt, cut bool) ([][]float32, []int, error) {
	texts := make([]model.Text, len(prompts))
	counts := make([]int, len(prompts))
	for i, p := range prompts {
		ids := p.IDs
		if ids == nil {
			ids = e.m.words.framed(p.Text)
		}
		for _, id := range ids {
			if id < 0 || int(id) >= e.enc.Shape.Vocab {
				return nil, nil, form.Invalid("input", "invalid_value", say.T("token %d is not in the vocabulary of %d", "词元 %d 不在大小为 %d 的词表中", id, e.enc.Shape.Vocab))
			}
		}
		if most := e.Longest(); len(ids) > most {
			if !cut {
				return nil, nil, tooLong("input", len(ids), most)
			}
			end := ids[len(ids)-1]
			ids = append(ids[:most-1:most-1], end) // what closes a text stays
		}
		texts[i], counts[i] = model.Text{IDs: ids}, len(ids)
	}
	vectors, err := e.read(ctx, texts)
	for _, v := range vectors {
		unit(v)
	}
	return vectors, counts, err
}

func tooLong(param string, n, most int) error {
	err := form.TooLong(n, most)
	err.Param, err.Next = param, say.T("shorten it, or send truncate: true", "请缩短，或发送 truncate: true")
	return err
}

// read runs the encoder, some texts at a time, so that whoever left is
// noticed.
func (e *encoder) read(ctx context.Context, texts []model.Text) ([][]float32, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.enc.Width()
	vectors := make([][]float32, 0, len(texts))
	for len(texts) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(16, len(texts))
		out := make([]float32, n*w)
		if err := e.enc.Run(texts[:n], out); err != nil {
			return nil, err
		}
		for i := range n {
			vectors = append(vectors, out[i*w:(i+1)*w:(i+1)*w])
		}
		texts = texts[n:]
	}
	return vectors, nil
}

// unit makes a vector's length one; a vector of zeros stays.
func unit(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		v[i] = float32(float64(x) * scale)
	}
}

// Rerank implements form.Reranker: the logistic function of the head's score.
func (e *encoder) Rerank(ctx context.Context, query string, documents []string) ([]float64, int, error) {
	texts := make([]model.Text, len(documents))
	tokens := 0
	for i, d := range documents {
		ids, second := e.m.words.t.EncodePair(nil, query, d)
		if second == len(ids) {
			second = 0 // one segment
		}
		if most := e.Longest(); len(ids) > most {
			return nil, 0, tooLong("documents", len(ids), most)
		}
		texts[i] = model.Text{IDs: ids, Second: second}
		tokens += len(ids)
	}
	out, err := e.read(ctx, texts)
	if err != nil {
		return nil, tokens, err
	}
	scores := make([]float64, len(out))
	for i, v := range out {
		scores[i] = 1 / (1 + math.Exp(-float64(v[0])))
	}
	return scores, tokens, nil
}

package train

import (
	"fmt"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// batchAt returns the global batch of a step: the next rows in order, from
// the first again when they are used up. scale divides each token's weight,
// so that a batch's loss is the mean over its supervised tokens.
func batchAt(rows *stage.Rows, step, batch int) []model.Row {
	list := make([]model.Row, 0, batch)
	for i := range batch {
		list = append(list, readRow(rows, (step*batch+i)%rows.Len()))
	}
	return mean(list)
}

// A batcher makes the batches that batchAt makes, in memory of its own: each
// is good until the next.
type batcher struct {
	rows       *stage.Rows
	ids, start []int32
	weight     []uint8
	list       []model.Row
	docs       []int
	order      *shuffle // nil: that of the rows
}

func newBatcher(rows *stage.Rows, batch int, seed uint64) *batcher {
	n := rows.Length()
	b := &batcher{rows: rows, ids: make([]int32, n), start: make([]int32, n), weight: make([]uint8, n), docs: make([]int, 0, n)}
	for range batch {
		b.list = append(b.list, model.Row{IDs: make([]int32, 0, n), Docs: make([]int, 0, n+1), Weight: make([]float32, 0, n)})
	}
	if rows.Info().Drawn {
		b.order = &shuffle{n: rows.Len(), seed: seed}
	}
	return b
}

// row is the number of the row at place i, counted from the first round on.
func (b *batcher) row(i int) int {
	if b.order != nil {
		return b.order.at(i)
	}
	return i % b.rows.Len()
}

// at returns the batch of a step, its tokens, and spent with the FLOPs of its
// rows for a model of shape c added one after the other.
func (b *batcher) at(step int, c *model.Shape, spent float64) (list []model.Row, flops float64, tokens int) {
	flops = spent
	for i := range b.list {
		r := &b.list[i]
		b.rows.Read(b.row(step*len(b.list)+i), b.ids, b.start, b.weight)
		r.IDs, r.Docs, r.Weight = r.IDs[:0], r.Docs[:0], r.Weight[:0]
		unpad(r, b.ids, b.start, b.weight)
		tokens += len(r.IDs)
		supervised := 0
		for _, w := range r.Weight {
			if w != 0 {
				supervised++
			}
		}
		b.docs = b.docs[:0]
		for j := range len(r.Docs) - 1 {
			b.docs = append(b.docs, r.Docs[j+1]-r.Docs[j])
		}
		flops += 3 * c.FLOPs(b.docs, supervised)
	}
	return mean(b.list), flops, tokens
}

// mean divides each token's weight by the number of supervised tokens.
func mean(list []model.Row) []model.Row {
	supervised := 0
	for _, r := range list {
		for _, w := range r.Weight {
			if w != 0 {
				supervised++
			}
		}
	}
	for i := range list {
		for j := range list[i].Weight {
			list[i].Weight[j] /= float32(max(supervised, 1))
		}
	}
	return list
}

// readRow turns a stored row into one the trainer takes: padding cut off,
// documents as bounds.
func readRow(rows *stage.Rows, i int) model.Row {
	ids, start, weight := rows.Row(i)
	var r model.Row
	unpad(&r, ids, start, weight)
	return r
}

func unpad(r *model.Row, ids, start []int32, weight []uint8) {
	for t, id := range ids {
		if start[t] < 0 { // padding
			break
		}
		if int(start[t]) == t {
			r.Docs = append(r.Docs, t)
		}
		r.IDs = append(r.IDs, id)
		r.Weight = append(r.Weight, float32(weight[t]))
	}
	r.Docs = append(r.Docs, len(r.IDs))
}

// rowFLOPs returns the FLOPs of training on r: three forward passes as c, a
// config or a shape, counts them.
func rowFLOPs(c interface {
	FLOPs(docs []int, supervised int) float64
}, r model.Row) float64 {
	docs := make([]int, len(r.Docs)-1)
	supervised := 0
	for i := range docs {
		docs[i] = r.Docs[i+1] - r.Docs[i]
	}
	for _, w := range r.Weight {
		if w != 0 {
			supervised++
		}
	}
	return 3 * c.FLOPs(docs, supervised)
}

// checkRows refuses rows that a model of config c could not read.
func checkRows(rows *stage.Rows, c *model.Config) error {
	if rows.Vocab() != c.Vocab || rows.Length() > c.Context || rows.Len() == 0 {
		return fmt.Errorf("%d rows of %d tokens over a vocabulary of %d do not fit a model of context %d and vocabulary %d",
			rows.Len(), rows.Length(), rows.Vocab(), c.Context, c.Vocab)
	}
	return nil
}

// checkWords refuses rows that the tokenizer in dir, with which the model will
// be served, did not write.
func checkWords(rows *stage.Rows, dir string) error {
	t, err := tokenizer.Load(dir)
	if err != nil {
		return err
	}
	if rows.Vocab() == t.Vocab() && wrote(t, rows) {
		return nil
	}
	return wrongWords()
}

// wrongWords is the error of rows that another tokenizer writes.
func wrongWords() *say.Error {
	return &say.Error{Where: "tokenizer", What: say.T("the rows were written with another tokenizer than this one: the model would be served other tokens than it learnt", "数据行是用另一个分词器写成的：模型服务时读到的词元会与所学的不同"),
		Next: say.T("name the tokenizer of the tokens block", "请写明 tokens 块所用的分词器")}
}

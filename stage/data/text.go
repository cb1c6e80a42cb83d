package data

import (
	"context"
	"path/filepath"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// fromOrText wants examples, the text of a corpus, or both.
func fromOrText(from, text []stage.Ref) []*say.Error {
	if len(from)+len(text) > 0 {
		return nil
	}
	return []*say.Error{{Where: "from", What: say.T("there is nothing to learn from", "没有可学的内容"),
		Next: say.T("name examples in from, or a corpus in text", "请在 from 中引用样例，或在 text 中引用语料")}}
}

// lengthUnknown is the basis of a forecast about texts that were not read yet.
var lengthUnknown = say.T("how long the texts are is known when they were read", "读过之后才知道文本有多长")

// corpusTexts hands the texts of a corpus to f, in its order.
func corpusTexts(dir string, f func(text string) error) error {
	return readLines(filepath.Join(dir, "corpus.jsonl"), func(d Document) error { return f(d.Text) })
}

// text packs the texts of a corpus, all of which is learnt: each with the
// token that ends it. One that is longer than a row goes on in another, which
// begins with the last token of the one before, so that every token is learnt
// once.
func (t *Tokens) text(ctx context.Context, job *stage.Job, w *talk.Writer, p *packer, dir string) error {
	end, ok := talk.TextEnd(w.Tokenizer)
	if !ok {
		return &say.Error{Where: "base", What: say.T("this model has no token that ends a text", "该模型没有表示文本结束的词元"),
			Next: say.T("name another base", "请换一个 base")}
	}
	n := 0
	return corpusTexts(dir, func(text string) error {
		if n%100 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			job.Emit(stage.Event{Type: "progress", Done: float64(n), Unit: "documents"})
		}
		n++
		ids := append(w.Tokenizer.Encode(w.Tokenizer.Prefix(), text), end)
		for {
			m := min(len(ids), t.Length)
			if err := p.add(stage.RowDoc{IDs: ids[:m:m]}); err != nil {
				return err
			}
			if m == len(ids) {
				return nil
			}
			ids = ids[m-1:]
		}
	})
}

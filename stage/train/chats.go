package train

import (
	"path/filepath"
	"slices"

	"suiren/engine/chat"
	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// A learnt is what a run over a base learns from: rows of tokens, or chats
// that are written in the base's template.
type learnt struct {
	n, length int
	think     bool // answers begin with a thought
	row       func(i int) model.Row
	close     func() error
}

// checkSource finds fault with what a block is to learn from.
func checkSource(from, examples stage.Ref) []*say.Error {
	if from.IsZero() != examples.IsZero() {
		return nil
	}
	return []*say.Error{{Where: "from", What: say.T("rows of tokens (from) or chats (examples) are wanted, one of them", "需要词元行（from）或对话（examples）之一"),
		Next: say.T("name one of them", "请写明其中一个")}}
}

// openLearnt opens what the plan names and checks that it fits the base.
func openLearnt(job *stage.Job, b *brought) (*learnt, error) {
	if dir := job.Dir("examples"); dir != "" {
		return b.chats(job, filepath.Join(dir, stage.ExamplesFile))
	}
	return openLearntRows(job.Dir("from"), b)
}

func openLearntRows(dir string, b *brought) (*learnt, error) {
	rows, err := stage.OpenRows(dir)
	if err != nil {
		return nil, err
	}
	if rows.Vocab() != b.tok.Vocab() || rows.Vocab() > b.Shape.Vocab || rows.Length() > b.Shape.Context || rows.Len() == 0 {
		rows.Close()
		return nil, say.Errorf("%d rows of %d tokens over a vocabulary of %d do not fit the base, whose context is %d and vocabulary %d: make the rows with the base's tokenizer, or name examples",
			"%d 行、每行 %d 个词元、词表 %d，与基座（上下文 %d，词表 %d）不符：请用基座的分词器生成数据，或改用 examples", rows.Len(), rows.Length(), rows.Vocab(), b.Shape.Context, b.tok.Vocab())
	}
	return &learnt{n: rows.Len(), length: rows.Length(), think: rows.Think(), row: func(i int) model.Row { return readRow(rows, i) }, close: rows.Close}, nil
}

// writer writes conversations in the base's template.
func (b *brought) writer() (*writer, error) {
	v := chat.Vocabulary{Token: func(text string) bool { _, ok := b.tok.Special(text); return ok }}
	if id, ok := b.tok.BOS(); ok {
		v.BOS = string(b.tok.Bytes(id))
	}
	if id, ok := b.tok.EOS(); ok {
		v.EOS = string(b.tok.Bytes(id))
	}
	t, err := chat.New("chat_template", b.template, v)
	if err != nil {
		return nil, err
	}
	w := &writer{tok: b.tok, template: t, ends: slices.Concat(b.tok.Ends(), b.ends), special: map[int32]tokenizer.SpecialToken{}, context: min(b.Shape.Context, mostTokens)}
	for _, s := range b.tok.Specials() {
		w.special[s.ID] = s
	}
	return w, nil
}

// chats reads chats as rows. Every turn of the assistant is a document of its
// own: what comes before it, as the template writes it for that turn, and the
// turn, which alone is supervised, with the token that ends it. Documents are
// packed in their order; one that is longer than the context is left out, as a
// whole: a thought that is cut teaches not to end.
func (b *brought) chats(job *stage.Job, path string) (*learnt, error) {
	w, err := b.writer()
	if err != nil {
		return nil, err
	}
	var docs []doc
	longest, dropped, supervised, thoughts := 0, 0, 0, 0
	for e, err := range stage.Examples(path) {
		if err != nil {
			return nil, err
		}
		if e.Use() != stage.UseChats {
			return nil, wrongUse(e.From, say.T("a conversation to learn", "可供学习的对话"))
		}
		for k, m := range e.Messages {
			if m.Role != "assistant" {
				continue
			}
			d, fits, err := w.doc(e.From, e.Messages[:k:k], e.Messages[k:k+1], e.Tools)
			if err != nil {
				return nil, err
			}
			if !fits {
				dropped++
				continue
			}
			if m.Thought != "" {
				thoughts++
			}
			docs = append(docs, d)
			longest, supervised = max(longest, len(d.ids)), supervised+d.supervised
		}
	}
	if len(docs) == 0 {
		return nil, w.nothing(path, dropped)
	}
	length := min(w.context, max(longest, 512))
	rows := packDocs(docs, length)
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"answers": float64(len(docs)), "supervised_tokens": float64(supervised), "longest": float64(longest), "dropped": float64(dropped), "rows": float64(len(rows)),
	}})
	return &learnt{n: len(rows), length: length, think: thoughts > 0, close: func() error { return nil }, row: func(i int) model.Row {
		r := rows[i]
		r.Weight = slices.Clone(r.Weight) // it is divided by the batch's tokens
		return r
	}}, nil
}

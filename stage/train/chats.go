package train

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// A learnt is what a run over a base learns from: rows of tokens, or chats
// that are written in the base's template.
type learnt struct {
	n, length int
	kept      int  // tokens that lie in memory, and in no file
	think     bool // answers begin with a thought
	taught    stage.Taught
	choice    stage.Choice
	direct    bool    // thoughts are left out, or there are none
	left      *left   // of chats; nil: nothing
	share     float64 // of the tokens that are learnt
	own       bool    // the base's own tokenizer wrote them
	words     string  // of conversations: talk.Words.Sum; "": not known, or plain text
	row       func(i int) model.Row
	close     func() error
}

// checkSource finds fault with what a block is to learn from.
func checkSource(from, examples stage.Ref) []*say.Error {
	if from.IsZero() != examples.IsZero() {
		return nil
	}
	if !from.IsZero() {
		return []*say.Error{{Where: "examples", What: say.T("rows of tokens (from) and chats (examples) are both named, and one of them is learnt from", "from（词元行）与 examples（对话）都写了，只能从其中一个学习"),
			Next: say.T("remove one of them", "请删去其中一个")}}
	}
	return []*say.Error{{Where: "from", What: say.T("rows of tokens (from) or chats (examples) are wanted, one of them", "需要词元行（from）或对话（examples）之一"),
		Next: say.T("write examples = examples.name, or from = tokens.name", "请写 examples = examples.名字，或 from = tokens.名字")}}
}

// openLearnt opens what the plan names and checks that it fits the base.
func openLearnt(ctx context.Context, job *stage.Job, b *brought) (*learnt, error) {
	if dir := job.Dir("examples"); dir != "" {
		return b.chats(ctx, job, dir)
	}
	rows, err := openLearntRows(job.Dir("from"), b, tokenizer.IsChat(job.Dir("base")))
	if err != nil {
		return nil, err
	}
	if bad := otherTemplate(rows.words, b.words.Sum()); bad != nil {
		rows.close()
		return nil, bad
	}
	return rows, nil
}

// openLearntRows opens rows of tokens for b. Over one in our own chat those that
// another tokenizer wrote are refused; of others the doctor is told, for their words
// may read otherwise where a text is cut.
func openLearntRows(dir string, b *brought, chat bool) (*learnt, error) {
	rows, err := stage.OpenRows(dir)
	if err != nil {
		return nil, err
	}
	bad := misfit(rows.Vocab(), rows.Length(), b.words.Tokenizer.Vocab(), &b.Shape)
	if bad == nil && rows.Len() == 0 {
		bad = &say.Error{Where: "from", What: say.T("there are no rows", "没有数据行"), Next: say.T("look at the report of the tokens: all may be longer than a row", "请查看 tokens 的报告：可能全都比一行长")}
	}
	own := bad == nil && wrote(b.words.Tokenizer, rows)
	if bad == nil && !own && chat {
		bad = foreignRows()
	}
	if bad != nil {
		rows.Close()
		return nil, bad
	}
	info := rows.Info()
	return &learnt{n: rows.Len(), length: rows.Length(), think: rows.Think(), direct: !rows.Think(), choice: info.Choice, taught: info.Taught, share: float64(info.Supervised) / float64(max(info.Tokens, 1)), own: own, words: info.Words,
		row: func(i int) model.Row { return readRow(rows, i) }, close: rows.Close}, nil
}

// wroteRows is how many rows tell which tokenizer wrote them.
const wroteRows = 16

// wrote reports whether t wrote the rows: it writes their text in the same
// tokens again. Another tokenizer's would read as text that is cut elsewhere.
// Half will do, for a document may begin or end within a word.
func wrote(t *tokenizer.Tokenizer, rows *stage.Rows) bool {
	var again []int32
	same, all := 0, 0
	for i := range min(rows.Len(), wroteRows) {
		r := readRow(rows, i)
		for d := range len(r.Docs) - 1 {
			ids := r.IDs[r.Docs[d]:r.Docs[d+1]]
			for range utf8.UTFMax - 1 { // a row of text may begin within a character
				if len(ids) > 1 && strings.HasPrefix(t.Decode(ids[:min(len(ids), utf8.UTFMax)]), string(utf8.RuneError)) {
					ids = ids[1:]
				}
			}
			again = t.EncodeMarked(again[:0], t.Decode(ids), nil)
			for n := 0; n < min(len(ids), len(again)) && ids[n] == again[n]; n++ {
				same++
			}
			all += len(ids)
		}
	}
	return 2*same > all
}

// chats reads the conversations of dir as rows: the assistant's turns are learnt, with the tokens
// that end them. Documents are packed in their order; an answer that is longer than the
// context with what stands before it is left out, as a whole: a thought that is cut teaches not to end.
func (b *brought) chats(ctx context.Context, job *stage.Job, dir string) (*learnt, error) {
	w, err := b.writer()
	if err != nil {
		return nil, err
	}
	docs, said, err := w.chats(ctx, dir, false)
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, nothing(job, "examples", said.long, w.context)
	}
	if err := said.lost.Tell(job, "base", w.Writer); err != nil {
		return nil, err
	}
	length := min(w.context, max(said.longest, 512))
	rows := packDocs(docs, length)
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"answers": float64(said.cut.Answers - said.cut.Left), "supervised_tokens": float64(said.supervised), "longest": float64(said.longest), "dropped": float64(said.cut.Left), "rows": float64(len(rows)),
	}})
	tellCut(job, &said.cut, w.context)
	tellMute(job, said.mute)
	return &learnt{n: len(rows), length: length, left: leftOf(said.cut.Left, len(docs), w.context), kept: said.tokens, think: said.thoughts+said.mute > 0, taught: taughtBy(docs), own: true, words: w.Sum, share: float64(said.supervised) / float64(max(said.tokens, 1)), close: func() error { return nil }, row: func(i int) model.Row {
		r := rows[i]
		r.Weight = slices.Clone(r.Weight) // it is divided by the batch's tokens
		return r
	}}, nil
}

// A sayings counts what chats hold.
type sayings struct {
	tokens, supervised, longest int
	long                        int      // examples of which some is longer than the context
	cut                         talk.Cut // … as answers
	thoughts, mute              int      // learnt; left out, for the template has none
	lost                        talk.Losses
}

// chats reads conversations to be learnt as documents; direct leaves their
// thoughts out.
func (w *writer) chats(ctx context.Context, dir string, direct bool) (docs []doc, said sayings, err error) {
	knows, _ := w.Thinks()
	var faults stage.Faults
	for e, err := range stage.Until(ctx, stage.Conversations(dir)) {
		if err != nil {
			return nil, said, err
		}
		if direct {
			e.Direct()
		}
		list, long, err := w.Docs(&e, stage.Choice{}, w.context)
		if talk.Spent(err) {
			return nil, said, errors.Join(faults.Err(), err)
		}
		if err != nil {
			if err = faults.Add(err); err != nil {
				return nil, said, err
			}
			continue
		}
		if said.cut.Add(list, long); long > 0 {
			said.long++
		}
		lost := talk.Lost(0)
		if n := thoughts(e.Messages); knows {
			said.thoughts += n
		} else {
			said.mute += n
		}
		for i := range list {
			d := docOf(&list[i])
			docs, lost = append(docs, d), lost|d.lost
			said.longest, said.tokens, said.supervised = max(said.longest, len(d.ids)), said.tokens+len(d.ids), said.supervised+d.supervised
		}
		said.lost.Add(e.From, lost)
	}
	return docs, said, faults.Err()
}

// thoughts counts those of the assistant.
func thoughts(messages ...[]stage.Message) (n int) {
	for _, list := range messages {
		for _, m := range list {
			if m.Role == "assistant" && m.Thought != "" {
				n++
			}
		}
	}
	return n
}

// tellMute notes thoughts that a template which knows none leaves out, if there are any.
func tellMute(job *stage.Job, n int) {
	if n > 0 {
		note(job, talk.LeftThoughts(n))
	}
}

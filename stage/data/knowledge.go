package data

import (
	"context"
	"errors"
	"iter"
	"path/filepath"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/store"
)

// Knowledge is the operator that cuts a corpus into passages and makes the
// index with which they are found.
type Knowledge struct {
	From stage.Ref `plan:"from" kinds:"corpus"`
}

// Name, Revision and Out implement stage.Operator.
func (*Knowledge) Name() string    { return "knowledge" }
func (*Knowledge) Revision() int   { return knowledge.Revision }
func (*Knowledge) Out() store.Kind { return store.Knowledge }

// Run implements stage.Operator. An empty corpus makes an index that finds
// nothing: a corpus of rated answers begins so.
func (*Knowledge) Run(ctx context.Context, job *stage.Job) error {
	from := filepath.Join(job.Dir("from"), "corpus.jsonl")
	if err := knowledge.Build(job.Out, knowledgeDocuments(ctx, from), knowledge.Options{}); err != nil {
		return err
	}
	ix, err := knowledge.Open(job.Out)
	if err != nil {
		return err
	}
	defer ix.Close()
	text := say.T("%d passages of %d documents", "%[2]d 篇文档，%[1]d 个段落", ix.Len(), len(ix.Sources()))
	job.Emit(stage.Event{Type: "note", Text: &text})
	return nil
}

// errStop ends the reading of a file early.
var errStop = errors.New("stop")

// knowledgeDocuments yields the documents of a corpus.
func knowledgeDocuments(ctx context.Context, path string) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		err := readLines(path, func(d Document) error {
			if !yield(knowledge.Document{Path: d.Path, Title: d.Title, Text: d.Text, Markdown: d.Format != "", Pages: d.Pages}, ctx.Err()) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(knowledge.Document{}, err)
		}
	}
}

package data

import (
	"context"
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
func (*Knowledge) Revision() int   { return 2 }
func (*Knowledge) Out() store.Kind { return store.Knowledge }

// Run implements stage.Operator. An empty corpus makes an index that finds
// nothing: a corpus of rated answers begins so.
func (*Knowledge) Run(ctx context.Context, job *stage.Job) error {
	var docs []knowledge.Document
	err := readLines(filepath.Join(job.Dir("from"), "corpus.jsonl"), func(d Document) error {
		docs = append(docs, knowledge.Document{Path: d.Path, Title: d.Title, Text: d.Text, Markdown: d.Format != ""})
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	ix := knowledge.Build(docs)
	text := say.T("%d passages of %d documents", "%[2]d 篇文档，%[1]d 个段落", ix.Len(), len(docs))
	job.Emit(stage.Event{Type: "note", Text: &text})
	return ix.Write(job.Out)
}

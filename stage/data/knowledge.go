package data

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/store"
)

// Knowledge is the operator that cuts a corpus into passages and makes the
// index with which they are found.
//
// Readers are the rules of who may read a document, or a folder with all below
// it: the names of keys, people or groups, or "*" for everybody. The rule with
// the longest path counts.
type Knowledge struct {
	From     stage.Ref           `plan:"from" kinds:"corpus"`
	Synonyms string              `plan:"synonyms,optional" json:",omitempty"` // file of phrases that mean the same
	Readers  map[string][]string `plan:"readers,optional" json:",omitempty"`  // by path

	Embedder stage.Ref `plan:"embedder,optional" kinds:"weights" path:"model" json:",omitzero"` // makes the vectors; unset: the one of the program
	Rerank   stage.Ref `plan:"rerank,optional" kinds:"weights" path:"model" json:",omitzero"`   // orders the best passages; unset: none

	Open OpenEncoder `plan:"-" json:"-"`
}

// OpenEncoder opens a model that makes vectors or scores pairs. Vectors bear its name.
type OpenEncoder func(path, name string, m stage.Machine) (*knowledge.Encoder, error)

// Name, Revision and Out implement stage.Operator.
func (*Knowledge) Name() string    { return "knowledge" }
func (*Knowledge) Out() store.Kind { return store.Knowledge }

func (k *Knowledge) Revision() int {
	if !k.Embedder.IsZero() || !k.Rerank.IsZero() {
		return knowledge.Revision + 1 // those of the K types multiply otherwise
	}
	return knowledge.Revision
}

// Files implements stage.FileReader.
func (k *Knowledge) Files() []string {
	if k.Synonyms == "" {
		return nil
	}
	return []string{k.Synonyms}
}

// Check implements stage.Checker.
func (k *Knowledge) Check() (list []*say.Error) {
	for _, p := range slices.Sorted(maps.Keys(k.Readers)) {
		if strings.Contains(p, "*") {
			list = append(list, &say.Error{Where: "readers", What: say.T("%q is a pattern, and a rule names a document or a folder", "%q 是模式，而规则写的是文档或目录", p),
				Next: say.T("write the folder; \"\" is everything", "请写目录；\"\" 表示全部")})
		}
	}
	return list
}

// Run implements stage.Operator. An empty corpus makes an index that finds
// nothing: a corpus of rated answers begins so.
func (k *Knowledge) Run(ctx context.Context, job *stage.Job) error {
	from := filepath.Join(job.Dir("from"), "corpus.jsonl")
	models, by, err := k.models(job)
	if err != nil {
		return err
	}
	if by != nil {
		defer by.Close()
	}
	opt := knowledge.Options{}
	if by != nil {
		opt.Embedder = by.Embedder
	}
	if err := knowledge.Build(job.Out, knowledgeDocuments(ctx, from), opt); err != nil {
		return err
	}
	if err := knowledge.WriteModels(job.Out, models); err != nil {
		return err
	}
	if err := k.beside(job); err != nil {
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

// models opens the embedder, nil for none, and makes sure that the reranker is one.
func (k *Knowledge) models(job *stage.Job) (names knowledge.Models, by *knowledge.Encoder, err error) {
	for _, in := range job.Inputs {
		if in.Arg != "embedder" && in.Arg != "rerank" {
			continue
		}
		e, err := k.Open(in.Dir, in.Digest.String(), job.Machine)
		if err != nil {
			return names, nil, err
		}
		switch {
		case in.Arg == "embedder" && e.Embedder != nil:
			names.Embedder, by = in.Digest.String(), e
			continue
		case in.Arg == "rerank" && e.Reranker != nil:
			names.Rerank = in.Digest.String()
		case in.Arg == "embedder":
			err = &say.Error{Where: "embedder", What: say.T("%s makes no vectors", "%s 不生成向量", cmp.Or(in.Ref.Name, filepath.Base(in.Dir))), Next: say.T("name an embedding model", "请给出向量模型")}
		default:
			err = &say.Error{Where: "rerank", What: say.T("%s does not score pairs of texts", "%s 不给成对文本打分", cmp.Or(in.Ref.Name, filepath.Base(in.Dir))), Next: say.T("name a reranking model", "请给出重排模型")}
		}
		e.Close()
		if err != nil {
			if by != nil {
				by.Close()
			}
			return names, nil, err
		}
	}
	return names, by, nil
}

// beside writes what the owner says beside the index.
func (k *Knowledge) beside(job *stage.Job) error {
	if dir := job.Dir("files"); dir != "" && k.Synonyms != "" {
		paths, err := filesBelow(dir)
		if err != nil {
			return err
		}
		var all strings.Builder
		for _, p := range paths {
			b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(p)))
			if err == nil {
				_, err = knowledge.ParseSynonyms(b)
			}
			if err != nil {
				return &say.Error{Where: p, Err: err, What: say.T("the synonyms cannot be read: %v", "无法读取同义词：%v", err),
					Next: say.T("write phrases that mean the same on one line, parted by commas", "请把同义的词写在一行，用逗号隔开")}
			}
			all.WriteString(strings.TrimSpace(string(b)) + "\n")
		}
		if err := knowledge.WriteSynonyms(job.Out, all.String()); err != nil {
			return err
		}
	}
	if len(k.Readers) == 0 {
		return nil
	}
	var rules []knowledge.Rule
	for _, p := range slices.Sorted(maps.Keys(k.Readers)) {
		rules = append(rules, knowledge.Rule{Path: p, Allow: k.Readers[p]})
	}
	return knowledge.WriteRules(job.Out, rules)
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

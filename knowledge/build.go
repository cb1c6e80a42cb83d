package knowledge

import (
	"bufio"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"

	"suiren/internal/say"
	"suiren/knowledge/inverted"
)

// Revision changes when the same documents make another index.
const Revision = 5

// A Source is a document of an index.
type Source struct {
	Path     string `json:"path"`
	Title    string `json:"title,omitempty"`
	Passages int    `json:"passages"`
}

// The fields of a passage, for BM25F.
const (
	bodyField = iota
	headingField
	titleField
)

// The classes of passages: their languages.
const (
	english inverted.Class = iota
	zh
)

func classOf(lang string) inverted.Class {
	if lang == "zh" {
		return zh
	}
	return english
}

// bm25f are the parameters by class. Measured on question to paragraph:
// Chinese paragraphs and English abstracts want different ones. A heading says
// what its section is about, so it counts twice.
var bm25f = []inverted.Params{
	english: {K1: 1.5, Weight: [...]float64{1, 2, 1}, B: [...]float64{0.75, 0.3, 0}},
	zh:      {K1: 0.9, Weight: [...]float64{1, 2, 1}, B: [...]float64{0.4, 0.3, 0}},
}

// buildBudget is how many bytes of lists a build holds before it writes them to a
// file. Twice as many took a fifth longer: they lie outside of the caches.
const buildBudget = 8 << 20

// Options are how an index is built. The zero value works.
type Options struct {
	Embedder Embedder // makes the vectors; nil: Default
	Before   *Index   // of which the vectors of passages are taken that did not change; nil: none
	Embedded *int     // is set to how many passages were embedded; nil: is not
}

// Build writes the index of documents into dir. The same documents in the
// same order make the same bytes. Of its memory only the vectors grow with the text.
func Build(dir string, docs iter.Seq2[Document, error], opt Options) (err error) {
	if opt.Embedder == nil {
		opt.Embedder = Default
	}
	w := builder{vectors: newVectors(opt), terms: inverted.NewWriter(dir, bm25f, buildBudget), heard: map[uint64]bool{}}
	defer w.terms.Abort()
	var files []*os.File
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.Close())
		}
	}()
	var out [4]*bufio.Writer
	for i, name := range []string{documentsFile, passagesFile, termsFile, soundsFile} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		files, out[i] = append(files, f), bufio.NewWriterSize(f, 1<<18)
	}
	w.documents, w.passages = encoder(out[0]), encoder(out[1])
	for d, err := range docs {
		if err != nil {
			return err
		}
		if err := w.add(d); err != nil {
			return err
		}
	}
	if err := w.terms.Finish(out[2]); err != nil {
		return err
	}
	if err := w.vectors.write(dir); err != nil {
		return err
	}
	if _, err := out[3].Write(w.soundsBytes()); err != nil {
		return err
	}
	for _, b := range out {
		if err := b.Flush(); err != nil {
			return err
		}
	}
	if opt.Embedded != nil {
		*opt.Embedded = w.vectors.made
	}
	return nil
}

func encoder(w *bufio.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

type builder struct {
	vectors             *vectors
	documents, passages *json.Encoder
	terms               *inverted.Writer
	made                int // passages
	tally               tally
	heard               map[uint64]bool // words
	sounds              [][2]uint64
}

func (w *builder) add(d Document) error {
	list := Passages(d)
	if w.made += len(list); w.made > maxPassages {
		return &say.Error{What: say.T("the documents make more than %d passages, which is the most an index may hold", "文档的段落超过 %d 个，这是索引的上限", maxPassages),
			Next: say.T("make several knowledge blocks of them", "请分成几个 knowledge 块")}
	}
	for i := range list {
		if err := w.passages.Encode(&list[i]); err != nil {
			return err
		}
		if err := errors.Join(w.index(d, &list[i]), w.vectors.add(&list[i], &w.tally)); err != nil {
			return err
		}
	}
	return w.documents.Encode(&Source{d.Path, d.Title, len(list)})
}

// index adds the terms of a passage.
func (w *builder) index(d Document, p *Passage) error {
	w.tally.reset()
	var lengths [inverted.Fields]uint32
	for field, text := range [inverted.Fields]string{bodyField: p.Text, headingField: p.Heading, titleField: d.Title} {
		pieces(text, func(t piece) {
			lengths[field]++
			at := w.tally.at(t.hash)
			if n := &w.tally.counts[at].Times[field]; *n < 255 {
				*n++
			}
			if t.kind == pair {
				return
			}
			said := &w.tally.said[at]
			if said.text == "" && t.kind == word {
				w.hear(text[t.lo:t.hi], t.hash)
			}
			if said.text = text[t.lo:t.hi]; field != titleField {
				said.kind, said.times = t.kind, said.times+1
			}
		})
	}
	return w.terms.Add(classOf(p.Lang), w.tally.counts, lengths)
}

// All yields documents that are at hand.
func All(docs []Document) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for _, d := range docs {
			if !yield(d, nil) {
				return
			}
		}
	}
}

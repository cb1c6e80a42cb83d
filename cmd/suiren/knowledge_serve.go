package main

import (
	"context"
	"errors"
	"io/fs"

	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/serve"
	"suiren/serve/openai"
	"suiren/serve/plain"
)

// openShelf opens the owner's knowledge bases, with the models that made their vectors.
func (a *app) openShelf() (shelf *base.Shelf, done func() error, err error) {
	dir, err := bases()
	if err != nil {
		return nil, nil, err
	}
	shelf = base.NewShelf(dir)
	type opened struct {
		by knowledge.Embedder
		m  *plain.Model
	}
	models := map[string]opened{} // the shelf asks for one at a time
	shelf.Embedder = func(name string) (knowledge.Embedder, error) {
		if o, ok := models[name]; ok {
			return o.by, nil
		}
		by, m, err := a.embedder(context.Background(), name)
		if err == nil {
			models[name] = opened{by, m}
		}
		return by, err
	}
	return shelf, func() error {
		err := shelf.Close()
		for _, o := range models {
			o.m.Close()
		}
		return err
	}, nil
}

// searcher searches the owner's knowledge bases for callers, each of whom
// reads what the rules allow it.
func (a *app) searcher() (search func(readers []string, name, query string, most int) ([]openai.Found, error), done func() error) {
	shelf, done, err := a.openShelf()
	if err != nil {
		return nil, func() error { return nil }
	}
	return func(readers []string, name, query string, most int) (list []openai.Found, err error) {
		err = shelf.With(name, readers, func(ix *knowledge.Index, access knowledge.Access) error {
			ask := knowledge.Question{Text: query, K: most, Access: access}
			hits := ix.Find(ask)
			ix.Explain(ask, hits)
			for i, h := range hits {
				list = append(list, openai.Found{ID: h.ID, File: h.File, Heading: h.Heading, Text: h.Text, Page: h.Page, Start: h.Start, End: h.End,
					Score: h.Coverage, Relevant: ix.Confident(ask, &hits[i]),
					Words: h.Words, Meaning: h.Meaning, Ranks: h.Ranks, Terms: h.Terms, Spans: h.Spans})
			}
			return nil
		})
		if errors.Is(err, base.ErrEmpty) || errors.Is(err, base.ErrName) || errors.Is(err, fs.ErrNotExist) {
			err = serve.ErrNoStore
		}
		return list, err
	}, done
}

package main

import (
	"errors"
	"io/fs"

	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/serve"
	"suiren/serve/openai"
)

// searcher searches the owner's knowledge bases for callers, each of whom
// reads what the rules allow the name of its key.
func searcher() (search func(caller, name, query string, most int) ([]openai.Found, error), done func() error) {
	dir, err := bases()
	if err != nil {
		return nil, func() error { return nil }
	}
	shelf := base.NewShelf(dir)
	return func(caller, name, query string, most int) (list []openai.Found, err error) {
		err = shelf.With(name, []string{caller}, func(ix *knowledge.Index, access knowledge.Access) error {
			hits := ix.Find(knowledge.Question{Text: query, K: most, Access: access})
			for i, h := range hits {
				list = append(list, openai.Found{ID: h.ID, File: h.File, Heading: h.Heading, Text: h.Text, Page: h.Page, Start: h.Start, End: h.End,
					Score: h.Coverage, Relevant: knowledge.Confident(query, hits[i:])})
			}
			return nil
		})
		if errors.Is(err, base.ErrEmpty) || errors.Is(err, base.ErrName) || errors.Is(err, fs.ErrNotExist) {
			err = serve.ErrNoStore
		}
		return list, err
	}, shelf.Close
}

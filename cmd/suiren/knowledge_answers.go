package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/serve/plain"
	"suiren/stage"
	"suiren/stage/scenario"
)

// informed is a brought model that answers from knowledge bases without a plan, those
// that requests name.
type informed struct {
	*plain.Model
	book func(name string) scenario.Book
}

// Can implements form.Answerer.
func (m informed) Can() form.Can { return m.Model.Can() | form.Bases }

// Answer implements form.Answerer. What is no conversation is the model's own.
func (m informed) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	if a.Knowledge == "" || a.Prompt != nil {
		return m.Model.Answer(ctx, a)
	}
	return func(yield func(form.Event, error) bool) {
		read, err := scenario.Over(nil, m.book(a.Knowledge)).Read(messages(a), a.Readers)
		if err := noStore(err); err != nil {
			yield(form.Event{}, public(err))
			return
		}
		for e, err := range reading(ctx, m.Model, a, &read) {
			if !yield(e, err) {
				return
			}
		}
	}
}

// noStore says of a base that is none what clients are told of it.
func noStore(err error) error {
	if errors.Is(err, base.ErrEmpty) || errors.Is(err, base.ErrName) || errors.Is(err, fs.ErrNotExist) {
		return serve.NoBase
	}
	return err
}

// inform lets a release of a brought model answer from the owner's bases, and from one
// of them unless a request names another; "": from none.
func inform(r *serve.Release, m *plain.Model, shelf *base.Shelf, name string) {
	if r.Answerer == nil || shelf == nil {
		return
	}
	r.Answerer = informed{m, func(name string) scenario.Book { return shelved{shelf, name} }}
	r.Knowledge = name
	r.Document = func(readers []string, name, file string) (any, error) {
		if name == "" {
			return []knowledge.Passage{}, nil
		}
		list, err := scenario.Over(nil, shelved{shelf, name}).Document(file, readers, mostPassages)
		return append([]knowledge.Passage{}, list...), noStore(err)
	}
}

// shelved is a base of the owner's that callers ask, each as it may read.
type shelved struct {
	shelf *base.Shelf
	name  string
}

// With implements scenario.Book.
func (b shelved) With(principals []string, f func(*knowledge.Index, knowledge.Access) error) error {
	return b.shelf.With(b.name, principals, f)
}

// With implements scenario.Book: who asks here was said when the base was opened.
func (q *asking) With(_ []string, f func(*knowledge.Index, knowledge.Access) error) error {
	return f(q.Index, q.access)
}

// consulting is a speaker that answers from a base that this command asks. The caller
// closes what is returned.
func (a *app) consulting(ctx context.Context, s speaker, m *plain.Model, name string) (speaker, func(), error) {
	if name == "" {
		return s, func() {}, nil
	}
	q, err := a.asking(ctx, name, nil)
	if err != nil {
		return nil, nil, err
	}
	return consultant{s, informed{m, func(string) scenario.Book { return q }}, name}, func() { q.Close() }, nil
}

type consultant struct {
	speaker
	informed
	base string
}

func (c consultant) answer(ctx context.Context, r *form.Request) iter.Seq2[form.Event, error] {
	r.Knowledge = c.base
	return localSpeaker{rel: &serve.Release{Answerer: c.informed}}.answer(ctx, r)
}

// A markedSentence is a sentence of an answer as a line of JSON tells it.
type markedSentence struct {
	Text      string      `json:"text"`
	Supported bool        `json:"supported"`
	Cites     []form.Cite `json:"cites,omitempty"`
	Corrected int         `json:"corrected,omitempty"`
}

func sentencesOf(marks []form.Mark) []markedSentence {
	list := []markedSentence{}
	for _, m := range marks {
		list = append(list, markedSentence{m.Text, m.Supported, m.Cites, m.Corrected})
	}
	return list
}

// showCited names the passages that an answer cites, by their numbers.
func (a *app) showCited(sources []form.Source, marks []form.Mark) {
	first := map[int]form.Cite{}
	for _, m := range marks {
		for _, c := range m.Cites {
			if _, ok := first[c.Source]; !ok {
				first[c.Source] = c
			}
		}
	}
	for i, s := range sources {
		if c, ok := first[i+1]; ok {
			fmt.Fprintf(a.stdout, "[%d] %s\n", i+1, shown(a.place(&knowledge.Passage{File: s.File, Heading: s.Heading, Page: cmp.Or(c.Page, s.Page)})))
		}
	}
}

// askWritten has a model answer a question from the passages that are found for it. What
// the documents say word for word, or do not say, is answered without it.
func (a *app) askWritten(ctx context.Context, q *asking, name, question, model string, as []string) error {
	s := scenario.Over(nil, q)
	read, err := s.Read([]stage.Message{{Role: "user", Content: question}}, as)
	if err != nil {
		return err
	}
	if read.Known != nil {
		a.answerQuoted(q, name, question)
		return nil
	}
	_, m, err := a.brought(ctx, model, &modelFlags{slots: 1})
	if err != nil {
		return err
	}
	defer m.Close()
	likeliest := 0.0
	r := &form.Request{Messages: []form.Message{{Role: "user", Text: question}}, MaxTokens: form.NoLimit, Sampling: form.Sampling{Temperature: &likeliest}}
	_, err = a.show(reading(ctx, m, &form.Ask{Request: r, Messages: r.Messages}, &read))
	return err
}

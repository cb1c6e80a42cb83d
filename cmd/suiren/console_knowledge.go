package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/knowledge/reader"
	"suiren/serve"
	"suiren/stage/data"
)

// bases lists the knowledge bases: all for who keeps them; for others those in
// which there is something that they may read, without where it lies.
func (h *house) bases(_ context.Context, q serve.Query) (any, error) {
	dir, err := bases()
	if err != nil {
		return nil, err
	}
	names, err := base.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	type shown struct {
		Name  string   `json:"name"`
		Files int      `json:"files"`
		Aside int      `json:"aside"`
		Stale int      `json:"stale"`
		Roots []string `json:"roots"`
		Rules int      `json:"rules"`
	}
	list := []shown{}
	for _, n := range names {
		if !q.Keeper {
			if !q.Search(n) {
				continue
			}
			open := q
			open.Name = n
			files, err := h.documents(open)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			if len(files) > 0 {
				list = append(list, shown{Name: n, Files: len(files)})
			}
			continue
		}
		b, err := base.Open(dir, n)
		if err != nil {
			return nil, err
		}
		s := shown{Name: n, Files: len(b.Files()), Roots: b.Roots(), Rules: len(b.Rules()), Stale: len(b.Stale())}
		for _, f := range b.Files() {
			if f.Aside != nil {
				s.Aside++
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// documents are the names of a base's documents that the reader may read.
func (h *house) documents(q serve.Query) (list []string, err error) {
	err = h.reading(q, func(ix *knowledge.Index, access knowledge.Access) error {
		for i, s := range ix.Sources() {
			if access.MaySource(i) {
				list = append(list, s.Path)
			}
		}
		return nil
	})
	return list, err
}

// baseDocuments are the documents of a base that the reader may read.
func (h *house) baseDocuments(_ context.Context, q serve.Query) (any, error) {
	type shown struct {
		Name string `json:"name"`
	}
	names, err := h.documents(q)
	if err != nil {
		return nil, err
	}
	from := min(number(q, "from", 0, len(names)), len(names))
	list := []shown{}
	for _, n := range names[from:min(len(names), from+number(q, "n", 100, 500))] {
		list = append(list, shown{n})
	}
	return map[string]any{"total": len(names), "rows": list}, nil
}

// baseFiles are the files of a base with their states, and who reads them.
func (h *house) baseFiles(_ context.Context, q serve.Query) (any, error) {
	b, err := openBase(q.Name)
	if err != nil {
		return nil, err
	}
	type shown struct {
		Name    string `json:"name"`
		Size    int64  `json:"size"`
		Changed string `json:"changed"`
		State   string `json:"state"` // read, stale, aside
		Why     string `json:"why,omitempty"`
	}
	stale := map[string]bool{}
	for _, s := range b.Stale() {
		stale[s] = true
	}
	files := b.Files()
	from := min(number(q, "from", 0, len(files)), len(files))
	list := []shown{}
	for _, f := range files[from:min(len(files), from+number(q, "n", 100, 500))] {
		s := shown{Name: f.Name, Size: f.Size, Changed: f.Changed.Format("2006-01-02 15:04"), State: "read"}
		switch {
		case f.Aside != nil:
			s.State, s.Why = "aside", f.Aside.In(q.Lang)
		case stale[f.Name]:
			s.State = "stale"
		}
		list = append(list, s)
	}
	return map[string]any{"total": len(files), "rows": list, "roots": b.Roots(), "rules": b.Rules(), "governed": governed(b)}, nil
}

// reading calls f with a base as the reader may read it. The owner may look as
// somebody else.
func (h *house) reading(q serve.Query, f func(ix *knowledge.Index, access knowledge.Access) error) error {
	as, all := q.Readers, q.Owner
	if who := q.Values.Get("as"); q.Owner && who != "" {
		as, all = strings.Split(who, ","), false
	}
	err := h.shelf.With(q.Name, as, func(ix *knowledge.Index, access knowledge.Access) error {
		if all {
			access = knowledge.Access{}
		}
		return f(ix, access)
	})
	if errors.Is(err, base.ErrEmpty) || errors.Is(err, base.ErrName) {
		return fs.ErrNotExist
	}
	return err
}

// mostPassages bounds the passages of a document that are shown at a time.
const mostPassages = 1000

// baseText is a document as its passages.
func (h *house) baseText(_ context.Context, q serve.Query) (any, error) {
	file := q.Values.Get("file")
	list := []knowledge.Passage{}
	err := h.reading(q, func(ix *knowledge.Index, access knowledge.Access) error {
		for i := range ix.Len() {
			if p := ix.Passage(i); p.File == file && access.May(i) && len(list) < mostPassages {
				list = append(list, p)
			}
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fs.ErrNotExist
	}
	return map[string]any{"file": file, "passages": list}, err
}

// findInBase says what a question finds, why, and what would be answered.
func (h *house) findInBase(_ context.Context, q serve.Query) (any, error) {
	ask := q.Values.Get("q")
	var out any
	err := h.reading(q, func(ix *knowledge.Index, access knowledge.Access) error {
		question := knowledge.Question{Text: ask, K: max(1, number(q, "k", 10, 100)), Access: access}
		answer := ix.Answer(question)
		type sentence struct {
			Text      string `json:"text"`
			Hit       int    `json:"hit"`
			Supported bool   `json:"supported"`
		}
		hits, said, differ := []map[string]any{}, []sentence{}, [][2]string{}
		for i, hit := range ix.Find(question) {
			hits = append(hits, hitLine(i, &hit))
		}
		for _, s := range answer.Sentences {
			said = append(said, sentence{s.Text, s.Hit, s.Supported})
		}
		for _, p := range answer.Differ {
			differ = append(differ, [2]string{p.One.Text, p.Two.Text})
		}
		source := map[string]any(nil)
		if len(answer.Hits) > 0 {
			hit := answer.Hits[0]
			if len(answer.Sentences) > 0 { // a passage may reach over the end of a page
				hit.Page = cmp.Or(answer.Sentences[0].Page, hit.Page)
			}
			source = hitLine(0, &hit)
		}
		out = map[string]any{"hits": hits, "refused": answer.Refused, "sentences": said, "source": source, "differ": differ}
		return nil
	})
	return out, err
}

// addToBase reads files and folders of this machine into a base; without any,
// what has changed.
func (h *house) addToBase(_ context.Context, q serve.Query) (any, error) {
	var in struct{ Paths []string }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	if !q.Owner {
		return nil, errNotOwner
	}
	for _, p := range in.Paths {
		if _, err := os.Stat(p); err != nil || !filepath.IsAbs(p) {
			return nil, &say.Error{Where: p, What: say.T("there is no such file or folder on this machine", "本机上没有这个文件或目录"),
				Next: say.T("write the whole path, from the root", "请写从根开始的完整路径")}
		}
	}
	b, err := openBase(q.Name)
	if err != nil {
		return nil, err
	}
	return h.begin("knowledge", q.Name, func(ctx context.Context) (say.Text, error) {
		pool := reader.New(reader.Options{Cache: data.MachineCode()})
		defer pool.Close()
		rails, err := h.a.ingestInto(ctx, b, q.Name, "", func(action, subject string) error {
			_, err := h.books.audit.Append(q.Caller, action, subject, "")
			return err
		})
		if err != nil {
			return say.Text{}, err
		}
		r, err := b.Add(ctx, in.Paths, rails.through(base.Files(pool)))
		return say.T("%d files, %d passages, %d set aside", "%d 个文件，%d 个段落，%d 个未读入", r.Files, r.Passages, len(r.Aside)), err
	})
}

// setReaders changes who may read what.
func (h *house) setReaders(_ context.Context, q serve.Query) (any, error) {
	var in struct{ Rules []knowledge.Rule }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	if !q.Owner {
		return nil, errNotOwner
	}
	b, err := openBase(q.Name)
	if err != nil {
		return nil, err
	}
	if err := b.SetRules(in.Rules); err != nil {
		return nil, err
	}
	_, err = h.books.audit.Append(q.Caller, "knowledge.readers", q.Name, "")
	return map[string]any{"ok": true, "governed": governed(b)}, err
}

// governed counts the files under each rule of a base.
func governed(b *base.Base) []int {
	var names []string
	for _, f := range b.Files() {
		names = append(names, f.Name)
	}
	return knowledge.Governed(b.Rules(), names)
}

// evalBase measures how well a base's questions find their documents.
func (h *house) evalBase(ctx context.Context, q serve.Query) (any, error) {
	done, err := h.searching.take(ctx, q.Caller)
	if err != nil {
		return nil, err
	}
	defer done()
	var out knowledge.Evaluation
	err = h.reading(q, func(ix *knowledge.Index, access knowledge.Access) (err error) {
		out, err = ix.Evaluate(ctx, ix.Questions(100, access), access)
		return err
	})
	return out, err
}

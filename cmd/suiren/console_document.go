package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/knowledge/document"
	"suiren/knowledge/reader"
	"suiren/serve"
	"suiren/stage/data"
)

// mostWide bounds a page that is drawn for somebody, in pixels.
const mostWide = 2000

// basePage draws a page of a PDF of a base as a picture, or with boxes=true tells where
// its passages stand on it, for whoever may read all that the page says.
func (h *house) basePage(ctx context.Context, q serve.Query) (any, error) {
	file := q.Values.Get("file")
	var list []knowledge.Passage
	err := h.reading(q, func(ix *knowledge.Index, access knowledge.Access) error {
		for i := range ix.Len() {
			if p := ix.Passage(i); p.File == file {
				if !access.May(i) {
					return fs.ErrNotExist
				}
				list = append(list, p)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b, err := openBase(q.Name)
	if err != nil {
		return nil, err
	}
	f := holder(b.Files(), file)
	if len(list) == 0 || f == nil {
		return nil, fs.ErrNotExist
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Size() != f.Size || !info.ModTime().Equal(f.Changed) {
		return nil, errChanged(file)
	}
	return h.drawn(ctx, q, f.Name, f.Path, list)
}

// releasePage draws a page of a document that a release of the plan quotes, if it
// still is as it was when the release was made.
func (h *house) releasePage(ctx context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	at := slices.IndexFunc(h.made, func(r *serve.Release) bool { return r.Name == q.Name })
	var r *serve.Release
	if at >= 0 {
		r = h.made[at]
	}
	h.mu.Unlock()
	file := q.Values.Get("file")
	if r == nil || r.Document == nil {
		return nil, fs.ErrNotExist
	}
	found, err := r.Document(q.Readers, "", file)
	if err != nil {
		return nil, err
	}
	list, ok := found.([]knowledge.Passage)
	if !ok || len(list) == 0 {
		return nil, fs.ErrNotExist
	}
	for name := file; name != "."; name = filepath.ToSlash(filepath.Dir(name)) { // itself, or what packs it
		path, err := below(filepath.Dir(w.file.Path), name)
		if err != nil {
			continue
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			break
		}
		if info.ModTime().After(r.Made) {
			return nil, errChanged(file)
		}
		return h.drawn(ctx, q, name, path, list)
	}
	return nil, fs.ErrNotExist
}

func errChanged(file string) error {
	return &say.Error{Where: file, What: say.T("the file is not as it was read", "文件已不是读入时的样子"), Next: say.T("read what changed, then open it again; its text is here", "请先读入改动再打开；文字仍在此处")}
}

// holder is the file that a document lies in: itself, or what packs it.
func holder(files []base.File, name string) *base.File {
	for i := range files {
		if f := &files[i]; name == f.Name || strings.HasPrefix(name, f.Name+"/") {
			return f
		}
	}
	return nil
}

// drawn answers what is asked of a page of a document, of which list is all passages.
func (h *house) drawn(ctx context.Context, q serve.Query, name, path string, list []knowledge.Passage) (any, error) {
	part, page := q.Values.Get("file"), number(q, "page", 1, 1<<20)
	if q.Values.Get("boxes") != "true" {
		return h.inReader(ctx, path, part, func(r *reader.Pool, file []byte) (any, error) {
			png, err := r.Draw(ctx, name, file, part, page, number(q, "width", 1000, mostWide))
			return &serve.Picture{Type: "image/png", Bytes: png}, err
		})
	}
	var ids []string
	var sought []document.Sought
	for i := range list {
		p := &list[i]
		from, to := onPage(p, page)
		if from == to {
			continue
		}
		s := document.Sought{Text: p.Text[from:to]}
		if p.ID == q.Values.Get("id") {
			before := utf8.RuneCountInString(p.Text[:from])
			s.Spans = spansOf(q.Values["quote"], before)
		}
		ids, sought = append(ids, p.ID), append(sought, s)
	}
	return h.inReader(ctx, path, part, func(r *reader.Pool, file []byte) (any, error) {
		places, err := r.Locate(ctx, name, file, part, page, sought)
		out := boxesOfPage{Passages: map[string][][4]float32{}, Quoted: [][4]float32{}}
		for i := range places {
			out.Passages[ids[i]] = append(out.Passages[ids[i]], places[i].Boxes...)
			out.Quoted = append(out.Quoted, places[i].Spans...)
		}
		return out, err
	})
}

// boxesOfPage is where passages stand on a page, by their ids, and what is quoted:
// left, top, right, bottom as shares of the page.
type boxesOfPage struct {
	Passages map[string][][4]float32 `json:"passages"`
	Quoted   [][4]float32            `json:"quoted"`
}

// onPage is what of a passage's text stands on a page, in bytes.
func onPage(p *knowledge.Passage, page int) (from, to int) {
	on, at := p.Page == page, 0
	for _, t := range append(slices.Clone(p.Turns), knowledge.Turn{At: len(p.Text), Page: -1}) {
		if on && to == 0 {
			from, to = at, max(at, min(t.At, len(p.Text)))
		}
		on, at = t.Page == page, t.At
	}
	return from, to
}

// spansOf reads quotes of a passage, each as first-last in characters, and moves them by
// what of the passage is before the page.
func spansOf(list []string, before int) (spans [][2]int) {
	for _, text := range list[:min(len(list), 100)] {
		a, b, _ := strings.Cut(text, "-")
		from, err := strconv.Atoi(a)
		to, err2 := strconv.Atoi(b)
		if err == nil && err2 == nil {
			spans = append(spans, [2]int{from - before, to - before})
		}
	}
	return spans
}

// inReader does something with a file in a process of its own, one at a time.
func (h *house) inReader(ctx context.Context, path, part string, do func(*reader.Pool, []byte) (any, error)) (any, error) {
	h.drawing.Lock()
	defer h.drawing.Unlock()
	if err := ctx.Err(); err != nil { // nobody waits for it any more
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > document.Default.File {
		return nil, &say.Error{Where: part, What: say.T("the file is too long to be drawn", "文件过大，无法绘制"), Next: say.T("its text can be read", "可以阅读其文字")}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if h.drawer == nil {
		h.drawer = reader.New(reader.Options{Cache: data.MachineCode()})
	}
	v, err := do(h.drawer, text)
	if r, ok := errors.AsType[*document.Rejection](err); ok {
		return nil, &say.Error{Where: part, What: say.Text{En: r.En, Zh: r.Zh}}
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// closeDrawer ends the processes that draw.
func (h *house) closeDrawer() error {
	h.drawing.Lock()
	defer h.drawing.Unlock()
	if h.drawer != nil {
		h.drawer.Close()
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// basePage draws a page of a PDF of a base as a picture, for whoever may read all
// that the page says.
func (h *house) basePage(ctx context.Context, q serve.Query) (any, error) {
	file, page := q.Values.Get("file"), number(q, "page", 1, 1<<20)
	sees := false
	err := h.reading(q, func(ix *knowledge.Index, access knowledge.Access) error {
		for i := range ix.Len() {
			if p := ix.Passage(i); p.File == file {
				if !access.May(i) {
					return fs.ErrNotExist
				}
				sees = true
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
	if !sees || f == nil {
		return nil, fs.ErrNotExist
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Size() != f.Size || !info.ModTime().Equal(f.Changed) {
		return nil, errChanged(file)
	}
	return h.draw(ctx, f.Name, f.Path, file, page, number(q, "width", 1000, mostWide))
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
	if list, ok := r.Document(q.Readers, file).([]knowledge.Passage); !ok || len(list) == 0 {
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
		return h.draw(ctx, name, path, file, number(q, "page", 1, 1<<20), number(q, "width", 1000, mostWide))
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

// draw draws a page in a process of its own, one at a time.
func (h *house) draw(ctx context.Context, name, path, part string, page, width int) (any, error) {
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
	png, err := h.drawer.Draw(ctx, name, text, part, page, width)
	if r, ok := errors.AsType[*document.Rejection](err); ok {
		return nil, &say.Error{Where: part, What: say.Text{En: r.En, Zh: r.Zh}}
	}
	if err != nil {
		return nil, err
	}
	return &serve.Picture{Type: "image/png", Bytes: png}, nil
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

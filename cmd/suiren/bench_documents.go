package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/knowledge/document"
	"suiren/serve"
	"suiren/stage/data"
)

// documentFiles parts the files that are HTML or PDF from those that are texts.
func documentFiles(names []string) (texts []string, files map[string][]string) {
	files = map[string][]string{}
	for _, name := range names {
		switch ending := filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")); ending {
		case ".html", ".htm":
			files["html"] = append(files["html"], name)
		case ".pdf":
			files["pdf"] = append(files["pdf"], name)
		default:
			texts = append(texts, name)
		}
	}
	return texts, files
}

// A tally counts what was read.
type tally struct{ pages, rejected int }

func (t *tally) Document(d *document.Document) error  { t.pages += max(d.Pages, 1); return nil }
func (t *tally) Rejected(r *document.Rejection) error { t.rejected++; return nil }

// benchDocuments measures how fast HTML (megabytes, unpacked) and PDF (pages) are read, in this process, after all were read once. A file
// that is rejected costs time and counts no page.
func (a *app) benchDocuments(ctx context.Context, files map[string][]string, other *peerProcess, rounds int) error {
	for _, lane := range []struct {
		name, unit string
		what       say.Text
	}{
		{"html", "MB", say.T("main text of web pages", "网页正文")},
		{"pdf", "pages", say.T("PDF to blocks, warm", "PDF 转为文本块（预热后）")},
	} {
		var list [][]byte
		size := 0
		for _, name := range files[lane.name] {
			b, err := os.ReadFile(name)
			if err == nil && strings.HasSuffix(name, ".gz") {
				b, err = unpackGzip(b)
			}
			if err != nil {
				return err
			}
			list, size = append(list, b), size+len(b)
		}
		if len(list) == 0 {
			continue
		}
		r := document.Reader{Cache: data.MachineCode()}
		defer r.Close()
		read := func() (t tally, err error) {
			for i, b := range list {
				if err := ctx.Err(); err != nil {
					return t, err
				}
				err := r.Read(strings.TrimSuffix(filepath.Base(files[lane.name][i]), ".gz"), b, &t)
				if _, ok := errors.AsType[*document.Rejection](err); err != nil && !ok {
					return t, err
				}
			}
			return t, nil
		}
		if _, err := read(); err != nil { // what is made once
			return err
		}
		var ours, theirs, ratios []float64
		for range rounds {
			pages, n, from, start := 0, 0, serve.CPUSeconds(), time.Now()
			for time.Since(start) < time.Second {
				t, err := read()
				if err != nil {
					return err
				}
				pages, n = pages+t.pages, n+1
			}
			seconds := serve.CPUSeconds() - from
			if seconds <= 0 {
				seconds = time.Since(start).Seconds()
			}
			done := float64(pages)
			if lane.unit == "MB" {
				done = float64(n*size) / 1e6
			}
			ours = append(ours, done/seconds)
			if other == nil {
				continue
			}
			rate, err := other.askLane(lane.name)
			if err != nil {
				return err
			}
			if rate > 0 {
				theirs = append(theirs, rate)
				ratios = append(ratios, ours[len(ours)-1]/rate)
			}
		}
		a.rateLine(lane.name, lane.unit, lane.what, ours, theirs, ratios)
	}
	return nil
}

func unpackGzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, document.Default.File))
}

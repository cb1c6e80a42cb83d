package document

import (
	"bytes"
	"context"
	"errors"
	"image/png"

	"suiren/knowledge/document/pdfium"
)

// A drawing is what is asked for of a page: its picture, or where texts stand. As a Sink it hears of what
// was wrong with its PDF where that lies in another file.
type drawing struct {
	part   string                       // the document's name
	page   int                          // from 1
	do     func(*pdfium.Document) error // asks it
	done   bool
	png    []byte
	places []Located
	wrong  *Rejection
}

// Document implements Sink.
func (d *drawing) Document(*Document) error { return nil }

// Rejected implements Sink.
func (d *drawing) Rejected(r *Rejection) error {
	if r.Name == d.part {
		d.wrong = r
	}
	return nil
}

// Draw draws page page, from 1, of a PDF as a PNG at most width pixels wide (1 to
// pdfium.MaxWidth), on white. Part is the Name of the document, which is name itself
// unless the PDF lies in another file: mail.eml/plan.pdf. An error is a
// *Rejection.
//
// Fonts that the file does not hold are drawn with PDFium's own, which have no
// Chinese.
func (r *Reader) Draw(name string, data []byte, part string, page, width int) ([]byte, error) {
	d := &drawing{part: part, page: page}
	d.do = func(f *pdfium.Document) error {
		m, err := f.Draw(page-1, width)
		if err != nil {
			return broken("PDF", err)
		}
		var b bytes.Buffer
		err = png.Encode(&b, m)
		d.png = b.Bytes()
		return err
	}
	if err := r.draw(name, data, d); err != nil {
		return nil, err
	}
	return d.png, nil
}

// draw does what is asked of the page that a drawing names.
func (r *Reader) draw(name string, data []byte, d *drawing) error {
	l := r.Limits
	if l == (Limits{}) {
		l = Default
	}
	s := &source{Reader: r, limits: l, sink: d, left: l.Text, parts: l.Parts, packed: l.File, draw: d}
	err := s.read(name, data)
	switch {
	case d.done:
		return nil
	case d.wrong != nil:
		return d.wrong
	case err != nil:
		return err
	}
	return reject(Missing, "is no PDF in this file", "在此文件中没有这份 PDF").named(d.part)
}

// holders are the formats whose files hold others: what else there is needs no
// reading to find a PDF.
var holders = map[string]bool{"zip": true, "eml": true, "gzip": true, "zstd": true}

// openPDF opens a PDF, which the caller closes.
func (r *Reader) openPDF(data []byte) (*pdfium.Document, error) {
	if r.pdf == nil {
		l, err := pdfium.New(context.Background(), r.Cache)
		if err != nil {
			return nil, err
		}
		r.pdf = l
	}
	f, err := r.pdf.Open(data)
	switch {
	case errors.Is(err, pdfium.ErrPassword):
		return nil, reject(Encrypted, "asks for a password: save it without one", "需要密码：请去掉密码后另存")
	case err != nil:
		return nil, broken("PDF", err)
	}
	return f, nil
}

func (d *drawing) draw(s *source, name string, data []byte) error {
	if name != d.part || d.done {
		return nil
	}
	f, err := s.openPDF(data)
	if err != nil {
		return err
	}
	defer f.Close()
	if d.page < 1 || d.page > f.Pages {
		return reject(Missing, "has no page %d", "没有第 %d 页", d.page)
	}
	if err := d.do(f); err != nil {
		return err
	}
	d.done = true
	return nil
}

package pdfium

import "errors"

// A Char is one character of a page. Boxes are in points from the page's top
// left corner, as it is shown.
type Char struct {
	Rune                     rune
	Left, Top, Right, Bottom float32
	Base                     float32 // of its line of writing
	Size                     float32 // of its font
	Weight                   int     // of its font, 400 is regular; 0 unknown
	Made                     bool    // PDFium's: a space or an end of line that the file does not hold
	Unmapped                 bool    // the file does not say which character it is
}

// A Line is a straight line or the edge of a box, drawn across or down.
type Line struct{ X0, Y0, X1, Y1 float32 }

// A Page is what stands on a page.
type Page struct {
	Width, Height float32
	Chars         []Char
	Lines         []Line
	Pictures      float32 // share of the page that pictures cover, 0 to 1
}

// Bounds of a page.
const (
	maxChars   = 200_000
	maxObjects = 20_000
)

// Page reads page i, from 0.
func (d *Document) Page(i int) (*Page, error) {
	l := d.l
	page, err := l.call("FPDF_LoadPage", d.doc, uint64(i))
	if err != nil {
		return nil, err
	}
	if page = uint64(uint32(page)); page == 0 {
		return nil, ErrFormat
	}
	p := &Page{}
	if err = d.read(p, page); err == nil {
		_, err = l.call("FPDF_ClosePage", page)
	}
	return p, err
}

func (d *Document) read(p *Page, page uint64) error {
	l := d.l
	w, err := l.call("FPDF_GetPageWidthF", page)
	if err != nil {
		return err
	}
	p.Width = f32(w)
	h, err := l.call("FPDF_GetPageHeightF", page)
	if err != nil {
		return err
	}
	p.Height = f32(h)
	if !(p.Width > 0 && p.Height > 0 && p.Width < 1e5 && p.Height < 1e5) {
		return errors.New("a page has no size")
	}
	// Boxes of characters are in the page's own system: its media box moved
	// and turned gives the page as shown.
	t, err := d.turn(page, p.Width, p.Height)
	if err != nil {
		return err
	}
	text, err := l.call("FPDFText_LoadPage", page)
	if err != nil {
		return err
	}
	if text = uint64(uint32(text)); text != 0 {
		if err := d.chars(p, text, t); err != nil {
			return err
		}
		if _, err := l.call("FPDFText_ClosePage", text); err != nil {
			return err
		}
	}
	return d.objects(p, page, t)
}

func f32(v uint64) float32 { return float32frombits(uint32(v)) }

// chars reads the characters of a page.
func (d *Document) chars(p *Page, text uint64, t turn) error {
	l := d.l
	n, err := l.call("FPDFText_CountChars", text)
	if err != nil {
		return err
	}
	count := min(max(int(int32(n)), 0), maxChars)
	p.Chars = make([]Char, 0, count)
	s := l.scratch
	var object uint64
	var size float32
	var weight int
	for i := range uint64(count) {
		var c Char
		r, err := l.call("FPDFText_GetUnicode", text, i)
		if err != nil {
			return err
		}
		c.Rune = rune(uint32(r))
		// A character and its neighbours of one text object have one font.
		o, err := l.call("FPDFText_GetTextObject", text, i)
		if err != nil {
			return err
		}
		if o = uint64(uint32(o)); o == 0 {
			c.Made = true
		} else if o != object {
			object = o
			v, err := l.call("FPDFText_GetFontSize", text, i)
			if err != nil {
				return err
			}
			size = float32(float64frombits(v))
			v, err = l.call("FPDFText_GetFontWeight", text, i)
			if err != nil {
				return err
			}
			weight = int(int32(v))
		}
		if !c.Made && (c.Rune == 0 || c.Rune > 0x7f && c.Rune < 0x2000) { // where wrong guesses land
			v, err := l.call("FPDFText_HasUnicodeMapError", text, i)
			if err != nil {
				return err
			}
			c.Unmapped = c.Rune == 0 || uint32(v) == 1
		}
		c.Size, c.Weight = size, weight
		if _, err := l.call("FPDFText_GetLooseCharBox", text, i, s); err != nil {
			return err
		}
		box := [4]float32{l.f32(0), l.f32(4), l.f32(8), l.f32(12)} // left, top, right, bottom
		if _, err := l.call("FPDFText_GetCharOrigin", text, i, s, s+8); err != nil {
			return err
		}
		_, c.Base = t.point(float32(l.f64(0)), float32(l.f64(8)))
		c.Left, c.Top, c.Right, c.Bottom = t.box(box[0], box[1], box[2], box[3])
		p.Chars = append(p.Chars, c)
	}
	return nil
}

// objects reads lines and pictures.
func (d *Document) objects(p *Page, page uint64, t turn) error {
	l := d.l
	n, err := l.call("FPDFPage_CountObjects", page)
	if err != nil {
		return err
	}
	s := l.scratch
	for i := range uint64(min(max(int(int32(n)), 0), maxObjects)) {
		o, err := l.call("FPDFPage_GetObject", page, i)
		if err != nil {
			return err
		}
		if o = uint64(uint32(o)); o == 0 {
			continue
		}
		kind, err := l.call("FPDFPageObj_GetType", o)
		if err != nil {
			return err
		}
		const path, picture = 2, 3
		if kind = uint64(uint32(kind)); kind != path && kind != picture {
			continue
		}
		ok, err := l.call("FPDFPageObj_GetBounds", o, s, s+4, s+8, s+12) // left, bottom, right, top
		if err != nil {
			return err
		}
		if uint32(ok) == 0 {
			continue
		}
		x0, y0, x1, y1 := t.box(l.f32(0), l.f32(12), l.f32(8), l.f32(4))
		w, h := x1-x0, y1-y0
		switch {
		case kind == picture:
			x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, p.Width), min(y1, p.Height)
			if x1 > x0 && y1 > y0 {
				p.Pictures = min(1, p.Pictures+(x1-x0)*(y1-y0)/(p.Width*p.Height))
			}
		case h <= 3 && w >= 8 || w <= 3 && h >= 8:
			p.Lines = append(p.Lines, Line{x0, y0, x1, y1})
		case w >= 8 && h >= 8 && w < p.Width*0.98: // a box: four edges
			p.Lines = append(p.Lines, Line{x0, y0, x1, y0}, Line{x0, y1, x1, y1}, Line{x0, y0, x0, y1}, Line{x1, y0, x1, y1})
		}
	}
	return nil
}

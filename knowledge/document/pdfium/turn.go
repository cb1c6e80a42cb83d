package pdfium

import "math"

func float32frombits(b uint32) float32 { return math.Float32frombits(b) }
func float64frombits(b uint64) float64 { return math.Float64frombits(b) }

// A turn maps the coordinates of a page's content to the page as shown.
type turn struct {
	rotation     int // quarters, clockwise
	left, bottom float32
	right, top   float32
}

// turn reads how a page is cut and turned.
func (d *Document) turn(page uint64, width, height float32) (turn, error) {
	l := d.l
	r, err := l.call("FPDFPage_GetRotation", page)
	if err != nil {
		return turn{}, err
	}
	t := turn{rotation: int(uint32(r)) & 3, right: width, top: height}
	if t.rotation&1 == 1 {
		t.right, t.top = height, width
	}
	ok, err := l.call("FPDF_GetPageBoundingBox", page, l.scratch) // left, top, right, bottom
	if err != nil {
		return t, err
	}
	if uint32(ok) != 0 {
		t.left, t.top, t.right, t.bottom = l.f32(0), l.f32(4), l.f32(8), l.f32(12)
	}
	return t, nil
}

func (t turn) point(x, y float32) (float32, float32) {
	switch t.rotation {
	case 1:
		return y - t.bottom, x - t.left
	case 2:
		return t.right - x, y - t.bottom
	case 3:
		return t.top - y, t.right - x
	}
	return x - t.left, t.top - y
}

// box returns left, top, right, bottom as shown.
func (t turn) box(left, top, right, bottom float32) (x0, y0, x1, y1 float32) {
	x0, y0 = t.point(left, top)
	x1, y1 = t.point(right, bottom)
	return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
}

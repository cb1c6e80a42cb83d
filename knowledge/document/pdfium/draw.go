package pdfium

import (
	"errors"
	"image"
	"image/draw"
	"math"
)

// Bounds of a picture of a page, in pixels.
const (
	MaxWidth  = 4000
	maxPixels = 8 << 20 // 32 MiB of the module's memory
)

// What FPDF_RenderPageBitmap is asked for: notes and stamps too, and red first.
const (
	withNotes = 0x01
	redFirst  = 0x10
)

// Draw draws page i, from 0, on white, as many pixels wide; a page too long for
// that is drawn smaller. The picture is gray where the page has no colour.
func (d *Document) Draw(i, width int) (image.Image, error) {
	l := d.l
	page, err := l.call("FPDF_LoadPage", d.doc, uint64(i))
	if err != nil {
		return nil, err
	}
	if page = uint64(uint32(page)); page == 0 {
		return nil, ErrFormat
	}
	w, err := l.call("FPDF_GetPageWidthF", page)
	if err != nil {
		return nil, err
	}
	h, err := l.call("FPDF_GetPageHeightF", page)
	if err != nil {
		return nil, err
	}
	width, height, err := pixels(f32(w), f32(h), width)
	if err != nil {
		return nil, err
	}
	bitmap, err := l.call("FPDFBitmap_Create", uint64(width), uint64(height), 0)
	if err != nil {
		return nil, err
	}
	if bitmap = uint64(uint32(bitmap)); bitmap == 0 {
		return nil, errors.New("a page has no room in memory")
	}
	const white = 0xffffffff
	if _, err := l.call("FPDFBitmap_FillRect", bitmap, 0, 0, uint64(width), uint64(height), white); err != nil {
		return nil, err
	}
	if _, err := l.call("FPDF_RenderPageBitmap", bitmap, page, 0, 0, uint64(width), uint64(height), 0, withNotes|redFirst); err != nil {
		return nil, err
	}
	m, err := l.bitmap(bitmap, width, height)
	if err != nil {
		return nil, err
	}
	if _, err := l.call("FPDFBitmap_Destroy", bitmap); err != nil {
		return nil, err
	}
	_, err = l.call("FPDF_ClosePage", page)
	return m, err
}

// pixels bounds a picture: at most as wide as asked, and no more than maxPixels.
func pixels(w, h float32, width int) (int, int, error) {
	if !(w > 0 && h > 0 && w < 1e5 && h < 1e5) {
		return 0, 0, errors.New("a page has no size")
	}
	width = min(max(width, 1), MaxWidth)
	ratio := float64(h) / float64(w)
	if float64(width)*float64(width)*ratio > maxPixels {
		width = max(int(math.Sqrt(maxPixels/ratio)), 1)
	}
	return width, min(max(int(float64(width)*ratio+.5), 1), maxPixels/width), nil
}

// bitmap copies a bitmap out of the module.
func (l *Library) bitmap(bitmap uint64, width, height int) (image.Image, error) {
	buffer, err := l.call("FPDFBitmap_GetBuffer", bitmap)
	if err != nil {
		return nil, err
	}
	stride, err := l.call("FPDFBitmap_GetStride", bitmap)
	if err != nil {
		return nil, err
	}
	row := int(uint32(stride))
	if row < 4*width || row > 8*MaxWidth {
		return nil, errors.New("a picture has no rows")
	}
	b, ok := l.module.Memory().Read(uint32(buffer), uint32(row*height))
	if !ok {
		return nil, errors.New("a picture is not where it should be")
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	gray := true
	for y := range height {
		from, to := b[y*row:y*row+4*width], m.Pix[y*m.Stride:]
		for x := 0; x < len(from); x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x], from[x+1], from[x+2], 0xff
			gray = gray && from[x] == from[x+1] && from[x] == from[x+2]
		}
	}
	if !gray {
		return m, nil
	}
	g := image.NewGray(m.Bounds())
	draw.Draw(g, g.Bounds(), m, image.Point{}, draw.Src)
	return g, nil
}

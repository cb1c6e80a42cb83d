package document

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"strings"
	"testing"
)

// TestLocate finds texts on pages that are turned and cut, and compares where they
// are with where the ink of the drawn page is.
func TestLocate(t *testing.T) {
	// The cut page is 300 by 400 points of 595 by 842; beside it stands other text.
	content := line("F1", 20, 100, 300, "Here stands the kiln") + line("F1", 20, 100, 200, "It is fired on Mon-") + line("F1", 20, 100, 176, "day. Not on Friday") + line("F1", 20, 10, 700, "Here stands the kiln")
	for turned := 0; turned < 360; turned += 90 {
		file := bytes.ReplaceAll(writePDF([]string{content}, ""), []byte("/MediaBox [0 0 595 842]"), fmt.Appendf(nil, "/MediaBox [0 0 595 842] /CropBox [50 60 350 460] /Rotate %d", turned))
		width, height := 300, 400
		if turned%180 == 90 {
			width, height = height, width
		}
		m := picture(t, "a.pdf", file, "a.pdf", 1, width)
		if b := m.Bounds(); b.Dx() != width || b.Dy() != height {
			t.Fatalf("turned by %d the picture is %v", turned, b)
		}
		got, err := pdfReader.Locate("a.pdf", file, "a.pdf", 1, []Sought{{Text: "Here stands the kiln"}, {Text: "| It is fired | on Monday. |\nNot on Friday", Spans: [][2]int{{19, 25}, {29, 1000}}}, {Text: "It is fired on Tuesday"}, {Text: "…"}})
		if err != nil || len(got) != 4 {
			t.Fatal(got, err)
		}
		pixels := func(b [4]float32) image.Rectangle {
			return image.Rect(int(float64(b[0])*float64(width)), int(float64(b[1])*float64(height)), int(math.Ceil(float64(b[2])*float64(width))), int(math.Ceil(float64(b[3])*float64(height))))
		}
		// Where the words stand on the page as it is written, from its lower left, turned as the page is.
		known := func(left, bottom, right, top int) image.Rectangle {
			left, right, bottom, top = left-50, right-50, bottom-60, top-60
			switch turned {
			case 90:
				return image.Rect(bottom, left, top, right)
			case 180:
				return image.Rect(300-right, bottom, 300-left, top)
			case 270:
				return image.Rect(400-top, 300-right, 400-bottom, 300-left)
			}
			return image.Rect(left, 400-top, right, 400-bottom)
		}
		if len(got[0].Boxes) == 0 || len(got[1].Boxes) != 2 || len(got[1].Spans) != 3 || len(got[2].Boxes) != 0 || len(got[3].Boxes) != 0 {
			t.Fatalf("turned by %d: %+v", turned, got)
		}
		first := pixels(got[0].Boxes[0])
		if want := known(101, 300, 276, 314); !want.In(first.Inset(-2)) || first.Dx()*first.Dy() > 2*want.Dx()*want.Dy() {
			t.Errorf("turned by %d: the kiln is at %v, not %v", turned, first, want)
		}
		inside := 0
		for _, b := range append(got[0].Boxes[:1:1], got[1].Boxes...) {
			n := ink(m, pixels(b).Inset(-1))
			if inside += n; n < 200 {
				t.Errorf("turned by %d: %v has %d dark points", turned, pixels(b), n)
			}
		}
		if all := ink(m, m.Bounds()); inside < all-5 || inside > all {
			t.Errorf("turned by %d: of %d dark points %d are in the boxes", turned, all, inside)
		}
		// "Mon-", "day." and "Not on Friday": the two last stand on one line.
		monday, day, friday := pixels(got[1].Spans[0]), pixels(got[1].Spans[1]), pixels(got[1].Spans[2])
		for _, c := range []struct {
			name  string
			got   image.Rectangle
			known image.Rectangle
		}{{"Mon", monday, known(210, 200, 248, 214)}, {"day", day, known(100, 176, 136, 190)}, {"Friday", friday, known(145, 176, 262, 190)}} {
			if !c.known.In(c.got.Inset(-4)) || c.got.Dx()*c.got.Dy() > 3*c.known.Dx()*c.known.Dy() {
				t.Errorf("turned by %d: %s is at %v, not %v", turned, c.name, c.got, c.known)
			}
		}
		if day.Overlaps(friday.Inset(3)) {
			t.Errorf("turned by %d: %v and %v overlap", turned, day, friday)
		}
	}
	file := writePDF([]string{line("F1", 10, 72, 700, "Twice.") + line("F1", 10, 72, 600, "Twice.")}, "")
	got, err := pdfReader.Locate("a.pdf", file, "a.pdf", 1, []Sought{{Text: "Twice."}, {Text: "Twice."}})
	if err != nil || len(got) != 2 || len(got[1].Boxes) != 1 || got[0].Boxes[0][1] >= got[1].Boxes[0][1] {
		t.Errorf("a text that is there twice: %+v, %v", got, err)
	}
	if _, err := pdfReader.Locate("a.pdf", file, "a.pdf", 2, nil); !is(err, Missing) {
		t.Error(err)
	}
	if got, err := pdfReader.Locate("a.pdf", file, "a.pdf", 1, []Sought{{Text: strings.Repeat("x", 1<<20), Spans: [][2]int{{-5, 1 << 40}, {9, 3}}}}); err != nil || len(got[0].Spans) != 0 {
		t.Error(got, err)
	}
}

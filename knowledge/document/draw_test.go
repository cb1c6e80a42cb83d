package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"suiren/knowledge/document/pdfium"
)

// TestDraw draws a page of which it is known where the ink is: 595 by 842
// points, a black box, a red one, a word of the base fonts.
func TestDraw(t *testing.T) {
	page := "0 0 0 rg 100 642 200 100 re f\n1 0 0 rg 400 42 100 100 re f\n0 0 0 rg " + line("F1", 40, 100, 400, "Hello")
	file := writePDF([]string{"", page}, "")
	m := picture(t, "a.pdf", file, "a.pdf", 2, 595)
	if b := m.Bounds(); b.Dx() != 595 || b.Dy() != 842 {
		t.Errorf("the picture is %v", b)
	}
	white, black, red := color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255}, color.RGBA{255, 0, 0, 255}
	for at, want := range map[image.Point]color.RGBA{{5, 5}: white, {200, 150}: black, {95, 150}: white, {450, 750}: red, {450, 690}: white} {
		if got := color.RGBAModel.Convert(m.At(at.X, at.Y)); got != want {
			t.Errorf("at %v is %v, want %v", at, got, want)
		}
	}
	if n := ink(m, image.Rect(95, 400, 210, 450)); n < 500 || n > 3000 {
		t.Errorf("the word has %d dark points", n)
	}
	if n := ink(m, image.Rect(0, 460, 595, 690)); n != 0 {
		t.Errorf("below the word there are %d dark points", n)
	}
	if m, ok := picture(t, "a.pdf", file, "a.pdf", 1, 300).(*image.Gray); !ok || m.Bounds().Dy() != 425 || ink(m, m.Bounds()) != 0 {
		t.Error("an empty page is not a white picture in gray")
	}

	var z bytes.Buffer
	w := zip.NewWriter(&z)
	for name, b := range map[string][]byte{"plans/a.pdf": file, "b.txt": []byte("a text"), "broken.pdf": []byte("%PDF-1.4 nothing")} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(b)
	}
	w.Close()
	if m := picture(t, "all.zip", z.Bytes(), "all.zip/plans/a.pdf", 2, 100); m.Bounds().Dx() != 100 {
		t.Errorf("from a zip: %v", m.Bounds())
	}
	if m := picture(t, "a.pdf.gz", gz(t, file), "a.pdf.gz", 2, 100); m.Bounds().Dx() != 100 {
		t.Errorf("packed: %v", m.Bounds())
	}
	for _, c := range []struct {
		name, part string
		data       []byte
		page       int
		want       Cause
	}{
		{"a.pdf", "a.pdf", file, 3, Missing}, {"a.pdf", "a.pdf", file, 0, Missing}, {"a.pdf", "a.pdf", file, -1, Missing}, {"a.pdf", "b.pdf", file, 1, Missing},
		{"all.zip", "all.zip/b.txt", z.Bytes(), 1, Missing}, {"all.zip", "all.zip/broken.pdf", z.Bytes(), 1, Broken}, {"b.txt", "b.txt", []byte("a text"), 1, Missing},
		{"a.pdf", "a.pdf", []byte("%PDF-1.4 nothing"), 1, Broken},
	} {
		if b, err := pdfReader.Draw(c.name, c.data, c.part, c.page, 100); b != nil || !is(err, c.want) {
			t.Errorf("%s page %d: %v", c.part, c.page, err)
		}
	}
}

func is(err error, cause Cause) bool {
	r, ok := errors.AsType[*Rejection](err)
	return ok && r.Cause == cause && r.Zh != "" && r.Name != ""
}

func picture(t *testing.T, name string, data []byte, part string, page, width int) image.Image {
	t.Helper()
	b, err := pdfReader.Draw(name, data, part, page, width)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ink counts the points that are darker than half.
func ink(m image.Image, r image.Rectangle) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y < 128 {
				n++
			}
		}
	}
	return n
}

// A page of any size gives a picture of bounded size.
func TestDrawBounds(t *testing.T) {
	for _, c := range []struct{ box, name string }{{"[0 0 14400 3]", "flat"}, {"[0 0 3 14400]", "tall"}, {"[0 0 14400 14400]", "large"}} {
		file := bytes.ReplaceAll(writePDF([]string{line("F1", 11, 0, 0, "Hello")}, ""), []byte("[0 0 595 842]"), []byte(c.box))
		b, err := pdfReader.Draw("a.pdf", file, "a.pdf", 1, 1<<30)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil || m.Width*m.Height > 8<<20 || m.Width > pdfium.MaxWidth || m.Width < 1 || m.Height < 1 {
			t.Errorf("%s: %dx%d, %v", c.name, m.Width, m.Height, err)
		}
	}
}

// Every page of py-pdf's files has ink where its text is.
func TestDrawShared(t *testing.T) {
	for _, name := range []string{"google-doc-document.pdf", "habibi.pdf", "multicolumn.pdf", "pdflatex-image.pdf"} {
		b, err := os.ReadFile(filepath.Join(shared, "pdf", name))
		if err != nil {
			t.Skip("the PDFs are not here: ", err)
		}
		var c collect
		if err := pdfReader.Read(name, b, &c); err != nil {
			t.Fatal(err)
		}
		f, err := pdfReader.openPDF(b)
		if err != nil {
			t.Fatal(err)
		}
		page, err := f.Page(0)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		m := picture(t, name, b, name, 1, int(page.Width+.5)) // a point is a pixel
		for _, k := range c.documents[0].Blocks {
			if k.Page == 1 && ink(m, image.Rect(int(k.Box[0]), int(k.Box[1]), int(k.Box[2])+1, int(k.Box[3])+1)) == 0 {
				t.Errorf("%s: no ink at %v: %.40q", name, *k.Box, k.Text)
			}
		}
	}
}

func FuzzDraw(f *testing.F) {
	f.Add(writePDF([]string{line("F1", 11, 60, 700, "Hello")}, ""), 1, 100)
	for _, name := range []string{"minimal-document.pdf", "google-doc-document.pdf", "habibi.pdf"} {
		if b, err := os.ReadFile(filepath.Join(shared, "pdf", name)); err == nil {
			f.Add(b, 1, 200)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, page, width int) {
		b, err := pdfReader.Draw("x.pdf", data, "x.pdf", page, width)
		if err != nil {
			if _, ok := errors.AsType[*Rejection](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if _, err := png.Decode(bytes.NewReader(b)); err != nil {
			t.Error(err)
		}
	})
}

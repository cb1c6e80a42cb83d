package document

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// pdfReader is one Reader for all tests: compiling PDFium takes seconds.
var pdfReader = new(Reader)

// TestPDF compares what is read of py-pdf's awkward files with what a person
// sees in them.
func TestPDF(t *testing.T) {
	for name, want := range map[string]struct {
		cause    Cause
		pages    int
		title    string
		kinds    map[Kind]int // of blocks
		has      []string     // in this order, in Markdown
		hasNot   []string
		rejected []string
	}{
		"google-doc-document.pdf": {pages: 1, title: "PDF Example Document", kinds: map[Kind]int{Heading: 1, Table: 1},
			has: []string{"# Example document\n", "Beautiful is better than ugly.", "\nNow is better than never.\n\nAlthough never", "Namespaces are one honking great idea", "|  | Indonesia | Germany | Austria | France | Vatican |", "| Continent | Asia |", "| Capital | Jakarta | Berlin | Vienna | Paris | Vatican City |", "| 273.879.750¹ | 83,190,556² | 8,935,112³ | 67,413,000 | 453 |", "\n¹ 2021 estimate\n\n² 2020 estimate\n"}},
		"habibi.pdf":                      {pages: 1, has: []string{"habibi حَبيبي\n"}, hasNot: []string{"\u02f4", "حَبيبي habibi"}},
		"libreoffice-writer-password.pdf": {cause: Encrypted},
		"minimal-document.pdf":            {pages: 1, kinds: map[Kind]int{Paragraph: 1}, has: []string{"Lorem ipsum dolor sit amet, consetetur", "dolor sit amet.\n"}, hasNot: []string{"\n1\n"}},
		"multicolumn.pdf": {pages: 3, title: "Two-Column Document with Lorem Ipsum", has: []string{"# Two-Column Document with Lorem Ipsum", "\nYour Name\n", "## Abstract", "This is a sample document with two columns filled with Lorem Ipsum text.",
			"Lorem ipsum dolor sit amet, consectetuer", "Nam dui ligula", "Donec nonummy pellentesque ante.", "Quisque ullamcorper", "Fusce mauris", "Suspendisse vel felis", "| Country | Population (millions) | Area (km²) | Capital | Official Language |\n| --- |"}, hasNot: []string{"\n1\n", "\n2\n", "\n3\n"}},
		"pdflatex-4-pages.pdf": {pages: 4, has: []string{"Hello, here is some text without a meaning."}, hasNot: []string{"\n1\n", "\n4\n", "in-formation"}},
		"pdflatex-image.pdf":   {pages: 1, kinds: map[Kind]int{Heading: 1}, has: []string{"# 1 Your Chapter\n", "Lorem ipsum", "Stet clita"}},
		"pdflatex-outline.pdf": {pages: 4, kinds: map[Kind]int{Heading: 10}, has: []string{"# Contents", "# 1 Foo", "# 2 Bar", "# 9 Baz"}, hasNot: []string{"\n1\n", "\n2\n", "\n3\n"}},
		"with-attachment.pdf":  {pages: 1, kinds: map[Kind]int{Paragraph: 1}, has: []string{"Lorem ipsum"}, rejected: []string{"with-attachment.pdf/image.png"}},
	} {
		b, err := os.ReadFile(filepath.Join(shared, "pdf", name))
		if err != nil {
			t.Skip("the PDFs are not here: ", err)
		}
		var c collect
		err = pdfReader.Read(name, b, &c)
		if want.cause != "" {
			if r, ok := errors.AsType[*Rejection](err); !ok || r.Cause != want.cause || r.Zh == "" || len(c.documents) > 0 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(c.documents) != 1 {
			t.Errorf("%s: %v, %d documents", name, err, len(c.documents))
			continue
		}
		d := c.documents[0]
		m, places := d.Markdown()
		if d.Pages != want.pages || len(d.Scanned) > 0 || want.title != "" && d.Title != want.title || d.Title == "" {
			t.Errorf("%s: %d pages, %v scanned, title %q", name, d.Pages, d.Scanned, d.Title)
		}
		at := 0
		for _, w := range want.has {
			i := strings.Index(m[at:], w)
			if i < 0 {
				t.Errorf("%s: %q is not there, or not in order", name, w)
				continue
			}
			at += i
		}
		for _, w := range want.hasNot {
			if strings.Contains(m, w) {
				t.Errorf("%s: %q is there", name, w)
			}
		}
		kinds := map[Kind]int{}
		for i, b := range d.Blocks {
			kinds[b.Kind]++
			if b.Page < 1 || b.Page > d.Pages || b.Box == nil || b.Box[0] >= b.Box[2] || b.Box[1] >= b.Box[3] || places[i].Page != b.Page {
				t.Errorf("%s: block %d: page %d, box %v", name, i, b.Page, b.Box)
			}
		}
		for k, n := range want.kinds {
			if kinds[k] != n {
				t.Errorf("%s: %d blocks are %s, want %d", name, kinds[k], k, n)
			}
		}
		var rejected []string
		for _, r := range c.rejected {
			rejected = append(rejected, r.Name)
		}
		if fmt.Sprint(rejected) != fmt.Sprint(want.rejected) {
			t.Errorf("%s: rejected %v", name, rejected)
		}
		if t.Failed() && testing.Verbose() {
			t.Log(m)
		}
	}
}

// writePDF makes a PDF of pages, each a stream of content; objects follow
// number 4.
func writePDF(pages []string, resources string, objects ...string) []byte {
	var b bytes.Buffer
	var at []int
	put := func(s string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), s)
	}
	b.WriteString("%PDF-1.4\n")
	put("<< /Type /Catalog /Pages 2 0 R >>")
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 4+len(objects)+2*i+1)
	}
	put(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(pages), kids))
	put("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	put("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>")
	for _, o := range objects {
		put(o)
	}
	for _, p := range pages {
		put(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> %s >> >>", len(at)+2, resources))
		put(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(p), p))
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

func line(font string, size, x, y float64, text string) string {
	return fmt.Sprintf("BT /%s %g Tf %g %g Td (%s) Tj ET\n", font, size, x, y, text)
}

// TestPDFPages reads pages made for it: running heads and feet go, hyphens at
// the ends of lines too, a page that is a picture is reported.
func TestPDFPages(t *testing.T) {
	var pages []string
	for i := range 4 {
		p := line("F1", 9, 60, 810, fmt.Sprintf("Handbook of the house, edition %d", 3)) + line("F1", 9, 280, 30, fmt.Sprintf("Page %d of 5", i+1))
		p += line("F2", 18, 60, 760, fmt.Sprintf("Chapter %c", 'A'+i))
		for j := range 3 {
			p += line("F1", 11, 60, 720-float64(14*j), []string{"Whoever comes to work by bicycle may leave it in the yard, and who-", "ever comes by train is paid the ticket of the month that he shows to", "the office."}[j])
		}
		pages = append(pages, p)
	}
	pages = append(pages, "q 500 0 0 700 40 60 cm /Im Do Q")
	image := "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\nA\nendstream"
	var c collect
	if err := pdfReader.Read("a.pdf", writePDF(pages, "/XObject << /Im 5 0 R >>", image), &c); err != nil {
		t.Fatal(err)
	}
	d := c.documents[0]
	want := ""
	for i := range 4 {
		want += fmt.Sprintf("# Chapter %c\n\nWhoever comes to work by bicycle may leave it in the yard, and whoever comes by train is paid the ticket of the month that he shows to the office.\n\n", 'A'+i)
	}
	if m, _ := d.Markdown(); strings.TrimSpace(m) != strings.TrimSpace(want) {
		t.Errorf("%s", m)
	}
	if fmt.Sprint(d.Scanned) != "[5]" || d.Title != "Chapter A" {
		t.Errorf("scanned %v, title %q", d.Scanned, d.Title)
	}
	err := pdfReader.Read("scan.pdf", writePDF(pages[4:], "/XObject << /Im 5 0 R >>", image), &collect{})
	if r, ok := errors.AsType[*Rejection](err); !ok || r.Cause != Scanned || !strings.Contains(r.En, "OCR") {
		t.Errorf("a scan: %v", err)
	}
	for name, b := range map[string][]byte{"empty": {}, "head": []byte("%PDF-1.7\n"), "half": writePDF(pages, "")[:700]} {
		if r, ok := errors.AsType[*Rejection](pdfReader.Read(name+".pdf", b, &collect{})); !ok {
			t.Errorf("%s: %v", name, r)
		}
	}
}

// Columns without lines are a table where cells stand one below another; text in
// columns, and a list beside text, are none.
func TestPDFAligned(t *testing.T) {
	grid := func(y float64, xs []float64, rows ...[]string) (s string) {
		for _, row := range rows {
			for j, cell := range row {
				if cell != "" {
					s += line("F1", 10, xs[j], y, cell)
				}
			}
			y -= 14
		}
		return s
	}
	above := line("F1", 10, 60, 780, "The rooms of the house are let by the day, at the prices that follow here.")
	for name, c := range map[string]struct {
		page string
		want string // "": no table
	}{
		"three columns": {above + grid(740, []float64{60, 200, 330}, []string{"Room", "Beds", "Price"}, []string{"Garden", "2", "40.00"}, []string{"Tower, north", "3", "65.50"}, []string{"Cellar", "", "12.00"}),
			"[[Room Beds Price] [Garden 2 40.00] [Tower, north 3 65.50] [Cellar  12.00]]"},
		"numbers at the right": {grid(740, []float64{60, 300}, []string{"Coal", "1,200"}, []string{"Oil and gas", "950"}, []string{"Wind", "2,310"}, []string{"Sun", "1,745"}), "[[Coal 1,200] [Oil and gas 950] [Wind 2,310] [Sun 1,745]]"},
		"columns of text": {grid(740, []float64{60, 320}, []string{"Whoever comes to work by bicycle may leave", "The office is on the second floor, and is"}, []string{"it in the yard behind the house, where the", "open on all days but Sunday from eight in"},
			[]string{"porter keeps an eye on it until the evening,", "the morning until four in the afternoon, and"}, []string{"and may wash it there on Saturdays too.", "on the first Monday of a month until six."}), ""},
		"two words in a row": {grid(740, []float64{60, 300}, []string{"Signed", "Sealed"}, []string{"Mary", "John"}), ""},
		"ragged":             {line("F1", 10, 60, 740, "One") + line("F1", 10, 200, 740, "two") + line("F1", 10, 95, 726, "three") + line("F1", 10, 290, 726, "four") + line("F1", 10, 130, 712, "five") + line("F1", 10, 400, 712, "six"), ""},
	} {
		var got collect
		if err := pdfReader.Read("a.pdf", writePDF([]string{c.page}, ""), &got); err != nil {
			t.Fatal(err)
		}
		table := ""
		for _, b := range got.documents[0].Blocks {
			if b.Kind == Table {
				table += fmt.Sprint(b.Rows)
			}
		}
		if table != c.want {
			t.Errorf("%s: %q, want %q", name, table, c.want)
		}
		if strings.HasPrefix(c.page, above) && !strings.HasPrefix(got.documents[0].Blocks[0].Text, "The rooms of the house") {
			t.Errorf("%s: what stands above is lost: %+v", name, got.documents[0].Blocks[0])
		}
	}
}

func FuzzPDF(f *testing.F) {
	f.Add(writePDF([]string{line("F1", 11, 60, 700, "Hello")}, ""))
	for _, name := range []string{"minimal-document.pdf", "google-doc-document.pdf", "habibi.pdf"} {
		if b, err := os.ReadFile(filepath.Join(shared, "pdf", name)); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) { check(t, pdfReader, "x.pdf", b) })
}

// check reads anything and looks whether what comes out of it is well-formed.
func check(t *testing.T, r *Reader, name string, b []byte) {
	t.Helper()
	var c collect
	err := r.Read(name, b, &c)
	var whole *Rejection
	if err != nil && !errors.As(err, &whole) {
		t.Fatalf("%v", err)
	}
	if whole != nil {
		c.rejected = append(c.rejected, whole)
	}
	for _, r := range c.rejected {
		if r.En == "" || r.Zh == "" || r.Name == "" || r.Cause == "" || len(r.En) > 1000 {
			t.Errorf("%+v", r)
		}
	}
	for _, d := range c.documents {
		m, places := d.Markdown()
		if !utf8.ValidString(m) || strings.TrimSpace(m) == "" || d.Format == "" || !strings.HasPrefix(d.Name, strings.TrimSuffix(name, filepath.Ext(name))) {
			t.Errorf("%s %s: %.300q", d.Name, d.Format, m)
		}
		for i, p := range places {
			if b := d.Blocks[i]; p.Start > p.End || len(p.Turns) != len(b.Rest) || !slices.IsSorted(p.Turns) || p.End > len(m) || b.Kind == "" || b.Kind == Table && len(b.Rows) == 0 {
				t.Errorf("%s: %+v at %+v", d.Name, d.Blocks[i], p)
			}
		}
	}
}

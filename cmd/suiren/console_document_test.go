package main

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/knowledge/reader"
	"suiren/serve"
	"suiren/stage/data"
)

// A page of a PDF is drawn for whoever may read the document, and for nobody else.
func TestBasePage(t *testing.T) {
	file := onePage("The kiln is fired on the first Monday of each month.")
	h, docs := withKiln(t, map[string][]byte{"open/a.pdf": file, "secret/b.pdf": file}, knowledge.Rule{Path: "docs/secret", Allow: []string{"lin"}})
	// Where the passage stands, and what is quoted of it: 60 points from the left, 142 from the top.
	var id string
	err := h.reading(serve.Query{Name: "kiln", Owner: true}, func(ix *knowledge.Index, _ knowledge.Access) error {
		id = ix.Passage(0).ID
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	boxes := func(file string, owner bool) (boxesOfPage, error) {
		v, err := h.basePage(t.Context(), serve.Query{Name: "kiln", Owner: owner, Values: url.Values{"file": {file}, "page": {"1"}, "boxes": {"true"}, "id": {id}, "quote": {"0-8", "x", "32-38"}}})
		got, _ := v.(boxesOfPage)
		return got, err
	}
	got, err := boxes("docs/open/a.pdf", false)
	if err != nil || len(got.Passages[id]) != 1 || len(got.Quoted) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	whole, kiln, monday := got.Passages[id][0], got.Quoted[0], got.Quoted[1]
	if left, base := whole[0]*595, whole[3]*842; left < 58 || left > 62 || base < 142 || base > 148 || whole[1]*842 > 132 {
		t.Errorf("the passage is at %v", whole)
	}
	if kiln[0] != whole[0] || kiln[2] >= monday[0] || monday[2] >= whole[2] || kiln[1] != monday[1] {
		t.Errorf("the quotes are at %v and %v of %v", kiln, monday, whole)
	}
	if _, err := boxes("docs/secret/b.pdf", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("who may not read a document is told where it says what: %v", err)
	}
	ask := func(file, page string, owner bool, readers ...string) (*serve.Picture, error) {
		v, err := h.basePage(t.Context(), serve.Query{Name: "kiln", Readers: readers, Owner: owner, Values: url.Values{"file": {file}, "page": {page}, "width": {"300"}}})
		p, _ := v.(*serve.Picture)
		return p, err
	}
	for _, c := range []struct {
		file    string
		owner   bool
		readers []string
		shown   bool
	}{
		{"docs/open/a.pdf", false, nil, true},
		{"docs/secret/b.pdf", false, nil, false},
		{"docs/secret/b.pdf", false, []string{"mei"}, false},
		{"docs/secret/b.pdf", false, []string{"lin"}, true},
		{"docs/secret/b.pdf", true, nil, true},
		{"docs/open/../secret/b.pdf", false, nil, false},
		{"docs/open/a.pdf/secret/b.pdf", false, nil, false},
		{filepath.Join(docs, "open/a.pdf"), true, nil, false},
		{"", true, nil, false},
	} {
		p, err := ask(c.file, "1", c.owner, c.readers...)
		if !c.shown {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q for %v: %v", c.file, c.readers, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q for %v: %v", c.file, c.readers, err)
			continue
		}
		m, err := png.Decode(bytes.NewReader(p.Bytes))
		if err != nil || p.Type != "image/png" || m.Bounds().Dx() != 300 {
			t.Errorf("%q is no picture of 300 points: %v", c.file, err)
		}
	}
	if _, err := ask("docs/open/a.pdf", "7", true); !forPeople(err) {
		t.Errorf("a page that is not there: %v", err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(docs, "open/a.pdf"), later, later); err != nil {
		t.Fatal(err)
	}
	if _, err := ask("docs/open/a.pdf", "1", true); !forPeople(err) {
		t.Errorf("a file that changed since it was read: %v", err)
	}
}

// withKiln is a house with the base kiln, of files below docs, whose folder it returns.
func withKiln(t *testing.T, files map[string][]byte, rules ...knowledge.Rule) (*house, string) {
	t.Helper()
	t.Setenv("SUIREN_HOME", t.TempDir())
	docs := filepath.Join(t.TempDir(), "docs")
	for name, b := range files {
		path := filepath.Join(docs, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := openBase("kiln")
	if err != nil {
		t.Fatal(err)
	}
	pool := reader.New(reader.Options{Cache: data.MachineCode(), Time: time.Hour}) // PDFium is compiled anew, beside whatever else runs
	defer pool.Close()
	read, err := b.Add(t.Context(), []string{docs}, base.Files(pool))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range read.Aside {
		if filepath.Ext(f.Name) == ".pdf" {
			t.Fatalf("%s was not read: %s", f.Name, f.Aside.En)
		}
	}
	if err := b.SetRules(rules); err != nil {
		t.Fatal(err)
	}
	dir, err := bases()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{shelf: base.NewShelf(dir)}
	t.Cleanup(func() {
		h.closeDrawer()
		h.shelf.Close()
	})
	return h, docs
}

func forPeople(err error) bool {
	_, ok := errors.AsType[*say.Error](err)
	return ok
}

// onePage is a PDF of one page that says a line.
func onePage(line string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	said := fmt.Sprintf("BT /F1 14 Tf 60 700 Td (%s) Tj ET", line)
	var at []int
	for i, object := range []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(said), said)} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

package document

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPDFSamples(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared, "pdf/*.pdf"))
	if len(files) == 0 {
		t.Skip("the PDFs are not here")
	}
	r := &Reader{Cache: os.Getenv("PDFCACHE")}
	defer r.Close()
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var c collect
		err = r.Read(filepath.Base(f), b, &c)
		t.Logf("=== %s: %v", f, err)
		for _, d := range c.documents {
			m, _ := d.Markdown()
			t.Logf("%s %s %q %q %s %s pages %d scanned %v\n%s", d.Name, d.Format, d.Title, d.Author, d.Language, d.Date, d.Pages, d.Scanned, clip(m, 6000))
		}
		for _, r := range c.rejected {
			t.Log("rejected ", r)
		}
	}
}

package document

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkHTML is the lane html: MB of pages in a second of processor time.
func BenchmarkHTML(b *testing.B) {
	pages := benchmark(b)
	size := 0
	for _, p := range pages {
		size += len(p.html)
	}
	start := processorTime()
	for b.Loop() {
		for _, p := range pages {
			extract(b, p.html)
		}
	}
	b.ReportMetric(float64(size*b.N)/1e6/(processorTime()-start).Seconds(), "MB/s-cpu")
}

// BenchmarkPDF is the lane pdf: pages in a second of processor time, warm.
func BenchmarkPDF(b *testing.B) {
	files, _ := filepath.Glob(filepath.Join(shared, "pdf/*.pdf"))
	if len(files) == 0 {
		b.Skip("the PDFs are not here")
	}
	var data [][]byte
	for _, f := range files {
		d, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		data = append(data, d)
	}
	pages := 0
	read := func() {
		for _, d := range data {
			var c collect
			if pdfReader.Read("x.pdf", d, &c) == nil {
				pages += c.documents[0].Pages
			}
		}
	}
	read()
	pages = 0
	start := processorTime()
	for b.Loop() {
		read()
	}
	b.ReportMetric(float64(pages)/(processorTime()-start).Seconds(), "pages/s-cpu")
}

// BenchmarkOffice reads the files of the oracle.
func BenchmarkOffice(b *testing.B) {
	for _, name := range []string{"sample.docx", "sample.xlsx", "sample.pptx", "sample.odt", "sample.epub"} {
		data, err := os.ReadFile(filepath.Join(oracle, name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.TrimPrefix(filepath.Ext(name), "."), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := new(Reader).Read(name, bytes.Clone(data), &collect{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

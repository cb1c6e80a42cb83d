package document

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const shared = "../../../shared/data"

// A page is one of the article extraction benchmark's.
type page struct {
	id, want string
	html     []byte
}

// benchmark reads the shared part of scrapinghub/article-extraction-benchmark.
func benchmark(t testing.TB) []page {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, "html/ground-truth.json"))
	if err != nil {
		t.Skip("the pages are not here: ", err)
	}
	var truth map[string]struct{ ArticleBody string }
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	var list []page
	for id, want := range truth {
		b, err := os.ReadFile(filepath.Join(shared, "html", id+".html.gz"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page{id, want.ArticleBody, text})
	}
	slices.SortFunc(list, func(a, b page) int { return strings.Compare(a.id, b.id) })
	return list
}

var tokens = regexp.MustCompile(`[\pL\pN_]+`)

// shingles counts runs of four words, as the benchmark's evaluate.py does.
func shingles(s string) map[string]float64 {
	words, m := tokens.FindAllString(s, -1), map[string]float64{}
	if len(words) > 0 && len(words) < 4 {
		m[strings.Join(words, " ")]++
	}
	for i := 0; i+4 <= len(words); i++ {
		m[strings.Join(words[i:i+4], " ")]++
	}
	return m
}

// overlap returns precision and recall of a text.
func overlap(got, want string) (precision, recall float64) {
	a, b := shingles(got), shingles(want)
	var hit, all, should float64
	for k, n := range a {
		hit += min(n, b[k])
		all += n
	}
	for _, n := range b {
		should += n
	}
	return hit / max(all, 1), hit / max(should, 1)
}

func extract(t testing.TB, html []byte) string {
	var c collect
	if err := new(Reader).Read("page.html", html, &c); err != nil {
		return ""
	}
	d := c.documents[0]
	if len(d.Blocks) > 0 && d.Blocks[0].Kind == Heading && d.Blocks[0].Level == 1 {
		d.Blocks = d.Blocks[1:] // the truth is the body without its title
	}
	return d.Text()
}

type collect struct {
	documents []*Document
	rejected  []*Rejection
}

func (c *collect) Document(d *Document) error  { c.documents = append(c.documents, d); return nil }
func (c *collect) Rejected(r *Rejection) error { c.rejected = append(c.rejected, r); return nil }

func TestMainText(t *testing.T) {
	var p, r, all float64
	var size int
	for i, page := range benchmark(t) {
		size += len(page.html)
		text := extract(t, page.html)
		a, b := overlap(text, page.want)
		p, r, all = p+a, r+b, all+1
		if dir := os.Getenv("MAINTEXT"); dir != "" {
			os.WriteFile(filepath.Join(dir, page.id[:8]+".got"), []byte(text), 0o666)
			os.WriteFile(filepath.Join(dir, page.id[:8]+".want"), []byte(page.want), 0o666)
			os.WriteFile(filepath.Join(dir, page.id[:8]+".html"), page.html, 0o666)
		}
		if f := 2 * a * b / max(a+b, 1e-9); f < 0.95 {
			t.Logf("%d %s: P %.2f R %.2f", i%2, page.id[:8], a, b)
		}
	}
	p, r = p/all, r/all
	t.Logf("%d pages, %d bytes: precision %.3f, recall %.3f, F1 %.4f", int(all), size, p, r, 2*p*r/(p+r))
}

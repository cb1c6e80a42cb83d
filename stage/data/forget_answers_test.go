package data

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// A request comes from a forgotten document by its sources, by its words, or by repeating
// an answer that does; one from another document, or with one sentence alike, does not.
func TestRecall(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2))
	secret, public := newDocument("crawl/secret.txt", prose(r, 12)), newDocument("crawl/public.txt", prose(r, 12))
	file := filepath.Join(t.TempDir(), "forgotten.jsonl")
	if n, err := NoteForgotten(documentsOf(t, secret, public).Dir, "d", "secret", file, "none", "crawl/s*"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	notes, err := ReadForgotten(file, "secret")
	if err != nil {
		t.Fatal(err)
	}
	recall := NewRecall(notes)
	for i, c := range []struct {
		kept Kept
		want bool
	}{
		{Kept{Before: []string{"When?", "At noon."}}, false}, // nothing was said before
		{Kept{Files: []string{"crawl/public.txt"}, Answer: public.Text}, false},
		{Kept{Files: []string{"crawl/secret.txt.old"}, Answer: "Never."}, false},
		{Kept{Files: []string{"crawl/public.txt", "crawl/secret.txt"}, Answer: "At noon."}, true},
		{Kept{Before: []string{"When?", "At noon.", "Sure?"}, Answer: "Yes."}, true},
		{Kept{Before: []string{"Sure?"}}, false},
		{Kept{Answer: "He wrote: " + secret.Text[:len(secret.Text)/2]}, true},
		{Kept{More: []string{secret.Text[:len(secret.Text)/4], secret.Text[len(secret.Text)/4 : len(secret.Text)/2]}}, true},
		{Kept{Before: []string{secret.Text[:60]}}, false},
	} {
		if document, ok := recall.In(c.kept); ok != c.want || ok && document != "crawl/secret.txt" {
			t.Errorf("%d: %q %v", i, document, ok)
		}
	}
}

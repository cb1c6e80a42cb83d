package data

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/data/quality"
)

// prose writes English that a filter of quality keeps: words of a small language
// model would do as well.
func prose(r *rand.Rand, sentences int) string {
	subject := strings.Fields("harbour engineer river library garden council teacher mountain winter letter market doctor bridge village museum")
	verb := strings.Fields("described measured repaired opened visited remembered followed painted closed discovered")
	adjective := strings.Fields("quiet northern ancient careful narrow bright distant wooden early famous modest hidden")
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	var b strings.Builder
	for i := range sentences {
		fmt.Fprintf(&b, "The %s %s of the %s %s that the %s %s and the %s had %s with %s %ss.", pick(adjective), pick(subject), pick(subject), pick(verb),
			pick(adjective), pick(subject), pick(subject), pick(verb), pick(adjective), pick(subject))
		if i%5 == 4 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func curatedInput(t testing.TB) stage.Input {
	r := rand.New(rand.NewPCG(7, 7))
	var docs []Document
	for i := range 40 {
		text := prose(r, 30)
		if i == 3 {
			text += "Write to jane.roe@mail.example.net or call 138-1234-5678 about it.\n"
		}
		docs = append(docs, newDocument(fmt.Sprintf("en%02d.txt", i), text))
	}
	long := strings.Fields(docs[0].Text)
	long[10], long[200] = "changed", "words"
	docs = append(docs,
		newDocument("same.txt", docs[1].Text),
		newDocument("near.txt", strings.Join(long, " ")),
		newDocument("short.txt", "This note is too short to be of use to a reader who wants more than forty good words about some matter."),
		newDocument("junk.txt", strings.Repeat("buy now click here ", 200)),
		newDocument("zh.txt", strings.Repeat("委员会在昨天的会议上讨论了新的规定，并且决定由各部门分别执行。", 3)+"\n"),
		newDocument("nothing.txt", "\u200b"),
	)
	return documentsOf(t, docs...)
}

func entriesOf(t testing.TB, dir string) map[string]*Entry {
	t.Helper()
	m := map[string]*Entry{}
	if err := ReadJournal(dir, func(e *Entry) error { m[e.Path] = e; return nil }); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCurate(t *testing.T) {
	in := curatedInput(t)
	op := &Corpus{Recipe: "fineweb-en", PII: "tag"}
	if list := op.Check(); len(list) > 0 {
		t.Fatal(list)
	}
	out := must(t, op, in)
	got := entriesOf(t, out)
	for path, want := range map[string]string{
		"en00.txt": "", "same.txt": "equal en01.txt", "near.txt": "nearly_equal en00.txt", "short.txt": "words_least",
		"junk.txt": "top_2_words_most", "zh.txt": "language", "nothing.txt": "empty",
	} {
		e := got[path]
		if s := strings.TrimSpace(e.Reason + " " + e.Like); s != want || e.Kept != (want == "") {
			t.Errorf("%s: %q, want %q", path, s, want)
		}
	}
	var rep CorpusReport
	readJSON(t, filepath.Join(out, "report.json"), &rep)
	if rep.Read != 46 || rep.Kept != 40 || rep.PII["email"] != 1 || rep.PII["mobile"] != 1 || rep.Languages["en"].Kept != 40 || len(rep.Warnings) == 0 {
		t.Errorf("%+v", rep)
	}
	for _, d := range documentsIn(t, filepath.Join(out, "corpus.jsonl")) {
		if strings.Contains(d.Text, "jane.roe") || strings.Contains(d.Text, "1234-5678") || d.Path == "en03.txt" && !strings.Contains(d.Text, "Write to [EMAIL] or call [MOBILE] about it.") {
			t.Error(d.Text)
		}
	}
}

// The bytes do not depend on the number of workers, nor on an interruption.
func TestCurateIsRepeatable(t *testing.T) {
	var docs []Document
	r := rand.New(rand.NewPCG(8, 8))
	for i := range 3*shardDocuments + 5 {
		docs = append(docs, newDocument(fmt.Sprintf("%d.txt", i), prose(r, 4+r.IntN(4))))
		if i%7 == 3 {
			docs[i].Text = docs[r.IntN(i)].Text
		}
	}
	in := documentsOf(t, docs...)
	op := &Corpus{Recipe: "sft-clean"}
	run := func(threads int, work string, emit func(stage.Event), ctx context.Context) (string, error) {
		out := t.TempDir()
		job := &stage.Job{Inputs: []stage.Input{in}, Out: out, Work: work, Machine: stage.Machine{Threads: threads}, Emit: emit}
		return out, op.Run(ctx, job)
	}
	quiet := func(stage.Event) {}
	first, err := run(1, t.TempDir(), quiet, context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := digestOf(t, first)
	work := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	shards := 0
	if _, err := run(3, work, func(e stage.Event) {
		if e.Type == "progress" {
			if shards++; shards == 2 {
				cancel()
			}
		}
	}, ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(work, "shard-000000.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(3, work, quiet, context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := os.Stat(filepath.Join(work, "shard-000000.jsonl")); err != nil || !again.ModTime().Equal(info.ModTime()) {
		t.Error("the first shard was made again")
	}
	if digestOf(t, out) != want {
		t.Error("the bytes differ")
	}
	var rep CorpusReport
	readJSON(t, filepath.Join(out, "report.json"), &rep)
	if rep.Reasons[reasonEqual] < 100 {
		t.Errorf("%+v", rep.Reasons)
	}
}

// What the rules left out is told by rule, and what was equal is not laid to them.
func TestCorpusTellsTheRules(t *testing.T) {
	in := documentsOf(t, newDocument("short.txt", "Too short."), newDocument("a.txt", "One two three four five."), newDocument("b.txt", "One two three four five."), newDocument("spaces.txt", "a b c d e f g h i j k l m n o p q r s"))
	var told []string
	job := &stage.Job{Inputs: []stage.Input{in}, Out: t.TempDir(), Work: t.TempDir(), Machine: stage.Machine{Threads: 1}, Emit: func(e stage.Event) {
		if e.Type == "note" {
			told = append(told, e.Text.In(say.English))
		}
	}}
	if err := (&Corpus{Recipe: "sft-clean", Thresholds: map[string]float64{"spaces_most": .4}}).Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	want := []string{"3 of 4 documents were left out: 0 empty, 1 equal to another, 0 nearly equal, 2 by rules",
		"the rules: spaces_most 1, words_least 1; why one of them went: suiren data explain FILE"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestThresholdsOfThePlan(t *testing.T) {
	op := &Corpus{Recipe: "gopher", Thresholds: map[string]float64{"words_least": 7, "zh.words_least": 3, "language_least": .2, "en.language_least": .5}, Off: []string{"zh.stop_words_least", "hashes_most"}, PII: "drop"}
	r := op.recipe()
	if r.For("en")["words_least"] != 7 || r.For("zh")["words_least"] != 3 || r.For("xx")["words_least"] != 7 || r.Sure[""] != .2 || r.Sure["en"] != .5 {
		t.Error(r)
	}
	_, stop := r.For("zh")["stop_words_least"]
	_, hash := r.For("en")["hashes_most"]
	if stop || hash || r.For("en")["stop_words_least"] != 2 || quality.Named("gopher").For("en")["words_least"] != 50 {
		t.Error(r)
	}
	for _, bad := range []*Corpus{{Recipe: "gopher", Thresholds: map[string]float64{"wordsleast": 1}}, {Recipe: "gopher", Thresholds: map[string]float64{"words_least": -1}},
		{Recipe: "gopher", Off: []string{"x"}}, {Recipe: "gopher", PII: "hide"}, {Recipe: "gopher", Duplicates: "all"}, {Recipe: "gopher", Lines: "some"}} {
		if len(bad.Check()) != 1 {
			t.Error(bad)
		}
	}
}

// What holds a held-out text is left out, in either language, and its neighbour stays.
func TestHeldoutTextsAreLeftOut(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	question := "A farmer has seventeen sheep and buys nine more at the market, then sells four; how many sheep are left in the end?"
	frage := "小明有十七只羊，在集市上又买了九只，后来卖掉了四只，请问最后一共还剩下多少只羊？"
	docs := documentsOf(t,
		newDocument("clean.txt", prose(r, 10)),
		newDocument("en.txt", prose(r, 5)+strings.ToUpper(question)+"\n"+prose(r, 5)),
		newDocument("zh.txt", "这是一篇普通的文章。"+frage+"答案是二十二只。"),
		newDocument("zh2.txt", "这是另一篇普通的文章，讲的是集市上的事情。"),
	)
	dir := t.TempDir()
	line := fmt.Sprintf("{\"id\":\"k1\",\"prompt\":%q}\n{\"messages\":[{\"role\":\"user\",\"content\":%q}]}\n", question, frage)
	if err := os.WriteFile(filepath.Join(dir, "problems.jsonl"), []byte(line), 0o666); err != nil {
		t.Fatal(err)
	}
	op := &Corpus{Recipe: "sft-clean"}
	got := entriesOf(t, must(t, op, docs, stage.Input{Arg: "heldout", Ref: stage.Ref{Kind: "examples", Name: "sums"}, Dir: dir}))
	for path, want := range map[string]string{"clean.txt": "", "en.txt": "examples.sums: problems.jsonl:1", "zh.txt": "examples.sums: problems.jsonl:2", "zh2.txt": ""} {
		if got[path].Like != want {
			t.Errorf("%s: %+v", path, got[path])
		}
	}
}

// A corpus made from one that was measured is the corpus made from the documents,
// and does not measure again.
func TestDecideFromMeasures(t *testing.T) {
	in := curatedInput(t)
	for _, lines := range []string{"", "fineweb"} {
		once := must(t, &Corpus{Recipe: "measure", Lines: lines}, in)
		op := &Corpus{Recipe: "fineweb-en", Lines: lines, Thresholds: map[string]float64{"words_least": 60}}
		if lines == "" {
			op.Lines = "all"
		}
		a, b := must(t, op, in), must(t, op, stage.Input{Arg: "from", Dir: once})
		want, got := entriesOf(t, a), entriesOf(t, b)
		for path, e := range want {
			if path == "nothing.txt" { // was left out for good
				continue
			}
			if g := got[path]; g == nil || g.Kept != e.Kept || g.Reason != e.Reason || *g.Measures != *e.Measures && lines == "" {
				t.Errorf("%q %s: %+v, want %+v", lines, path, g, e)
			}
		}
		if lines == "" && string(read(t, filepath.Join(a, "corpus.jsonl"))) != string(read(t, filepath.Join(b, "corpus.jsonl"))) {
			t.Error("the corpora differ")
		}
		job := &stage.Job{Inputs: []stage.Input{{Arg: "from", Dir: once}}}
		c, err := newCurator(op, job)
		if err != nil || c.sources[0].journal == "" {
			t.Errorf("%q: %v %+v", lines, err, c.sources)
		}
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

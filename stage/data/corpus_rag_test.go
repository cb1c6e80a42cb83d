package data

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// What an owner relies on holds with rag, on whole texts.
func TestRagProtects(t *testing.T) {
	private := newDocument("private.md", "The library is open on weekdays.\n\nAsk jane.roe@mail.example.net for the key.\n\fThe second page.\n")
	private.Title, private.Pages = "Mail to john.doe@mail.example.net", []int{0, strings.Index(private.Text, "\f")}
	titled := newDocument("titled.md", "Nothing of anybody stands in the text of this document.\n")
	titled.Title = "From 192.0.2.17 and jim.poe@mail.example.net"
	exam := "Which of the seven bridges did the engineer close to traffic after the river rose in the spring of that year?"
	docs := []Document{private, titled, newDocument("exam.md", "It was asked once:\n\n"+exam+"\n"),
		newDocument("zh.md", "图书馆周一到周五开放，周末闭馆，请提前预约座位。\n"), newDocument("again.md", private.Text)}
	in := documentsOf(t, docs...)
	kept := func(op *Corpus, more ...stage.Input) (list []Document, names string) {
		t.Helper()
		if bad := op.Check(); len(bad) > 0 {
			t.Fatal(bad[0])
		}
		list = documentsIn(t, filepath.Join(must(t, op, append([]stage.Input{in}, more...)...), "corpus.jsonl"))
		for i := range list {
			names += list[i].Path + " "
		}
		return list, names
	}
	for action, want := range map[string]string{"mask": "****.***@****.*******.***", "tag": "[EMAIL]", "replace": "@example."} {
		list, names := kept(&Corpus{Recipe: "rag", PII: action})
		if names != "private.md titled.md exam.md zh.md " || !strings.Contains(list[0].Text, want) {
			t.Errorf("%s: %s%q", action, names, list[0].Text)
			continue
		}
		for i := range list[:2] {
			for _, name := range []string{"jane", "john", "jim"} {
				if strings.Contains(list[i].Text+list[i].Title, name) {
					t.Errorf("%s: %q %q", action, list[i].Title, list[i].Text)
				}
			}
		}
		if p := list[0].Pages; len(p) != 2 || !strings.HasPrefix(strings.TrimSpace(list[0].Text[p[1]:]), "The second page") {
			t.Errorf("%s: pages %v of %q", action, p, list[0].Text)
		}
	}
	against, heldout := documentsOf(t, newDocument("exam.txt", exam)), t.TempDir()
	against.Arg = "against"
	w, err := stage.CreateExamples(filepath.Join(heldout, stage.ExamplesFile))
	if err == nil {
		err = w.Write(&stage.Example{Messages: []stage.Message{{Role: "user", Content: exam}, {Role: "assistant", Content: "The third."}}})
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		op   Corpus
		more []stage.Input
		want string
	}{
		{Corpus{PII: "drop"}, nil, "exam.md zh.md "},
		{Corpus{Languages: []string{"en"}}, nil, "private.md titled.md exam.md "},
		{Corpus{Duplicates: "none"}, nil, "private.md titled.md exam.md zh.md again.md "},
		{Corpus{Duplicates: "exact", Lines: "all", Repeats: "keep"}, nil, "private.md titled.md exam.md zh.md "},
		{Corpus{}, []stage.Input{against}, "private.md titled.md zh.md "},
		{Corpus{}, []stage.Input{{Arg: "heldout", Dir: heldout}}, "private.md titled.md zh.md "},
	} {
		x.op.Recipe = "rag"
		if _, names := kept(&x.op, x.more...); names != x.want {
			t.Errorf("%+v: %s, want %s", x.op, names, x.want)
		}
	}
	if list, _ := kept(&Corpus{Recipe: "sft-clean"}); slices.ContainsFunc(list, func(d Document) bool { return strings.Contains(d.Title, "jim") }) {
		t.Error("a title whose text has no personal data keeps its own")
	}
}

// What rag would not do is refused, and so is a language that nothing is told to be in.
func TestCorpusWithoutEffect(t *testing.T) {
	for where, op := range map[string]*Corpus{
		"thresholds": {Recipe: "rag", Thresholds: map[string]float64{"words_least": 3}}, "off": {Recipe: "rag", Off: []string{"words_least"}},
		"labels": {Recipe: "rag", Labels: "a.jsonl"}, "lines": {Recipe: "rag", Lines: "c4"}, "repeats": {Recipe: "rag", Repeats: "lines"},
		"duplicates": {Recipe: "rag", Duplicates: "fast"},
	} {
		if list := op.Check(); len(list) != 1 || list[0].Where != where {
			t.Errorf("%s: %v", where, list)
		}
		if op.Recipe = "gopher"; len(op.Check()) != 0 {
			t.Errorf("%s: %v", where, op.Check())
		}
	}
	for given, next := range map[string]string{"english": "did you mean en?", "EN": "did you mean en?", "zh-CN": "did you mean zh?", "Greek": "did you mean el?",
		"": "choose among ar", "klingon": "choose among ar"} {
		for where, op := range map[string]*Corpus{"languages": {Recipe: "rag", Languages: []string{"zh", given}},
			"thresholds": {Recipe: "gopher", Thresholds: map[string]float64{given + ".words_least": 3}}, "off": {Recipe: "c4", Off: []string{given + ".words_least"}}} {
			if list := op.Check(); len(list) != 1 || list[0].Where != where || !strings.HasPrefix(list[0].Next.In(say.English), next) {
				t.Errorf("%s %q: %v", where, given, list)
			}
		}
	}
}

// Plans of which nothing changed keep their revision.
func TestCorpusRevision(t *testing.T) {
	for want, list := range map[int][]Corpus{
		3: {{Recipe: "rag"}, {Recipe: "gopher", Languages: []string{"zh"}}, {Recipe: "fineweb-en", PII: "keep"}, {Recipe: "nobody's"}},
		4: {{Recipe: "rag", PII: "mask"}, {Recipe: "rag", Languages: []string{"zh"}}, {Recipe: "rag", Duplicates: "none"}, {Recipe: "fineweb-en"}},
		5: {{Recipe: "rag", Split: .1}}, 6: {{Recipe: "rag", Split: .1, Heldout: []stage.Ref{{}}}},
	} {
		for i := range list {
			if got := list[i].Revision(); got != want {
				t.Errorf("%+v: %d, want %d", list[i], got, want)
			}
		}
	}
}

package knowledge

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	ix := index(t, []Document{{Path: "a.md", Title: "House", Text: "# Keys\n\nThe keys hang beside the door. 电脑在二楼，密码是一样的。\n"}, {Path: "b.md", Text: "# Tea\n\nTea is in the kitchen.\n"}})
	marked := func(question string) (string, []Match) {
		ask := Question{Text: question, K: 1}
		hits := ix.Find(ask)
		if len(hits) == 0 {
			return "", nil
		}
		ix.Explain(ask, hits)
		text, list := hits[0].Text, []string{}
		for _, s := range hits[0].Spans {
			list = append(list, text[s.Start:s.End])
		}
		return strings.Join(list, "|"), hits[0].Terms
	}
	got, why := marked("Which key opens the door of the house?")
	if got != "keys|door" {
		t.Errorf("%q", got)
	}
	at := slices.IndexFunc(why, func(m Match) bool { return m.Term == "key" })
	if at < 0 || !reflect.DeepEqual(why[at].In, []string{"text", "heading"}) {
		t.Errorf("%+v", why)
	}
	if got, _ := marked("電腦的密碼"); got != "电脑|密码" {
		t.Errorf("%q", got)
	}
	ask := Question{Text: "keys", K: 1}
	hits := ix.Find(ask)
	ask.Access = ix.Access([]Rule{{"a.md", nil}})
	if ix.Explain(ask, hits); hits[0].Spans != nil {
		t.Error("what may not be read is explained")
	}
}

// fakeJudge prefers texts that hold its word.
type fakeJudge struct {
	word  string
	asked int
}

func (f *fakeJudge) Rerank(_ context.Context, _ string, texts []string) (list []float64, err error) {
	f.asked += len(texts)
	for _, text := range texts {
		list = append(list, number(strings.Contains(text, f.word)))
	}
	return list, nil
}

func TestRerankAndEach(t *testing.T) {
	var docs []Document
	for _, name := range []string{"a", "b"} {
		var s strings.Builder
		for _, w := range []string{"one", "two", "three"} {
			s.WriteString("# Keys " + w + "\n\nThe keys of door " + w + " " + name + ".\n\n")
		}
		docs = append(docs, Document{Path: name + ".md", Text: s.String()})
	}
	ix := index(t, docs)
	judge := &fakeJudge{word: "three b"}
	hits := ix.Find(Question{Text: "keys door one", K: 6, Reranker: judge})
	if judge.asked != 6 || !strings.Contains(hits[0].Text, "three b") || hits[0].Rerank != 1 || hits[0].Ranks.Fused < 2 || hits[0].Ranks.Words < 2 {
		t.Errorf("%d asked, %+v", judge.asked, hits[0])
	}
	if !slices.IsSortedFunc(hits[1:], func(a, b Hit) int { return a.Ranks.Fused - b.Ranks.Fused }) {
		t.Error("what the reranker holds equal did not stay in order")
	}
	each := ix.Find(Question{Text: "keys door one", K: 6, Each: 1})
	if len(each) != 2 || each[0].File == each[1].File {
		t.Errorf("%+v", each)
	}
	hidden := ix.Access([]Rule{{"b.md", nil}})
	judge.asked = 0
	for _, h := range ix.Find(Question{Text: "keys door one", K: 6, Reranker: judge, Access: hidden}) {
		if h.File == "b.md" || judge.asked != 3 {
			t.Error("what may not be read is reranked")
		}
	}
}

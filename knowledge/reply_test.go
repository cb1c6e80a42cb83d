package knowledge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// A passage that reaches over the end of a page is cited by the page where the sentence stands.
func TestPageOfSentence(t *testing.T) {
	one, two, three := "# Rules\n\nThe tower opens at nine.\n\n", "Dogs wait at the gate beside the fountain.\n\n", "Lanterns are lent in winter for two euro.\n"
	ix := index(t, []Document{{Path: "a.pdf", Markdown: true, Text: one + two + three, Pages: []int{0, len(one), len(one), len(one + two)}}})
	if ix.Len() != 1 {
		t.Fatalf("%d passages", ix.Len())
	}
	for question, page := range map[string]int{"When does the tower open?": 1, "Where do dogs wait?": 3, "When are lanterns lent?": 4} {
		a := ix.Answer(Question{Text: question})
		if a.Refused {
			t.Errorf("%s: refused", question)
			continue
		}
		i := slices.IndexFunc(a.Sentences, func(s Sentence) bool { return s.Page == page })
		if i < 0 || a.Hits[0].Page != 1 {
			t.Errorf("%s: not on page %d: %+v", question, page, a.Sentences)
		}
	}
}

func TestAnswer(t *testing.T) {
	ix := index(t, []Document{
		{Path: "fees.md", Text: "# Fees\n\nThe entrance fee of the museum is 12 euro. Children pay half.\n\n## How much is the guided tour?\n\nThe guided tour costs 5 euro.\n"},
		{Path: "old/fees.md", Text: "# Prices\n\nThe entrance fee of the museum is 9 euro.\n"},
		{Path: "zh/hours.md", Text: "# 开放时间\n\n博物馆早上9点开门，下午5点关门。周一闭馆。\n"},
	})
	a := ix.Answer(Question{Text: "What is the entrance fee of the museum?"})
	if a.Refused || len(a.Sentences) == 0 || !a.Sentences[0].Supported {
		t.Fatalf("%+v", a)
	}
	if len(a.Differ) == 0 || !strings.Contains(a.Differ[0].One.Text+a.Differ[0].Two.Text, "9 euro") || !strings.Contains(a.Differ[0].One.Text+a.Differ[0].Two.Text, "12 euro") {
		t.Errorf("12 and 9 euro do not differ: %+v", a.Differ)
	}
	if a := ix.Answer(Question{Text: "How much is the guided tour?"}); a.Refused || !strings.HasSuffix(a.Hits[0].Heading, "How much is the guided tour?") || len(a.Differ) != 0 {
		t.Errorf("%+v", a)
	}
	if a := ix.Answer(Question{Text: "Who painted the ceiling of the chapel?"}); !a.Refused || len(a.Sentences) != 0 {
		t.Errorf("%+v", a)
	}
	secret := ix.Access([]Rule{{"fees.md", []string{"staff"}}}, "guest")
	if a := ix.Answer(Question{Text: "How much is the guided tour?", Access: secret}); !a.Refused {
		t.Errorf("a guest is answered from what only staff may read: %+v", a)
	}
	a = ix.Answer(Question{Text: "What is the entrance fee?", Access: secret})
	for _, s := range a.Sentences {
		if strings.Contains(s.Text, "12") {
			t.Errorf("leaked: %+v", s)
		}
	}
	if len(a.Differ) != 0 {
		t.Errorf("the difference tells of what is hidden: %+v", a.Differ)
	}
}

func TestCheck(t *testing.T) {
	ix := index(t, []Document{{Path: "a.md", Text: "# Oven\n\nThe oven is heated to 220 degrees before the bread goes in.\n"}, {Path: "b.md", Text: "# Tea\n\nTea is served at four.\n"}})
	ask := Question{Text: "oven bread tea", K: 5}
	hits := ix.Find(ask)
	for sentence, want := range map[string]bool{
		"The oven is heated to 220 degrees before the bread goes in.": true,
		"Before the bread goes in the oven is heated to 220 degrees":  true,
		"The oven is heated to 250 degrees before the bread goes in.": false,
		"Nobody knows what an oven is for.":                           false,
		"":                                                            true, // says nothing
	} {
		if s := ix.Check(ask, sentence, hits); s.Supported != want || s.Supported != (s.Hit >= 0) {
			t.Errorf("%q: %+v", sentence, s)
		}
	}
	hidden := ask
	hidden.Access = ix.Access([]Rule{{"a.md", nil}})
	if s := ix.Check(hidden, "The oven is heated to 220 degrees before the bread goes in.", hits); s.Supported {
		t.Error("a passage that may not be read is cited")
	}
}

func TestEvaluate(t *testing.T) {
	list, err := ReadLabelled(strings.NewReader("# ours\na.md\tWhere is the oven?\nb.md a.md\tWhen is tea?\n\tWho is the king of France?\nb.md\tWhere is the oven?\n"))
	if err != nil || len(list) != 4 {
		t.Fatal(list, err)
	}
	ix := index(t, []Document{{Path: "a.md", Text: "# Oven\n\nThe oven is in the kitchen.\n"}, {Path: "b.md", Text: "# Tea\n\nTea is served at four.\n"}})
	e, err := ix.Evaluate(t.Context(), list, Access{})
	if err != nil || e.Questions != 3 || e.Others != 1 || e.Refused.Mean != 1 || e.First.Mean != 2.0/3 || e.MRR.Mean < 2.0/3 || len(e.Missed) > 1 || e.First.Low > e.First.Mean || e.First.High < e.First.Mean {
		t.Errorf("%+v", e)
	}
	for _, bad := range []string{"no tab", "a.md\t"} {
		if _, err := ReadLabelled(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	own := ix.Questions(10, Access{})
	if e, err := ix.Evaluate(t.Context(), own, Access{}); len(own) != 2 || err != nil || e.First.Mean != 1 {
		t.Errorf("%+v %+v %v", own, e, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := ix.Evaluate(ended, own, Access{}); !errors.Is(err, context.Canceled) {
		t.Errorf("an evaluation that was stopped: %v", err)
	}
	if len(ix.Questions(10, ix.Access([]Rule{{"", nil}}))) != 0 {
		t.Error("questions about what may not be read")
	}
}

// Of a table the row is quoted that answers, and not the next, which says nothing about it.
func TestQuoteOfARow(t *testing.T) {
	ix := index(t, []Document{{Path: "a.md", Text: "| Drink | Price |\n| --- | --- |\n| Cocoa | 2.60 euro |\n| Lemonade | 2.20 euro |\n| Cider | 3.10 euro |\n"}})
	if a := ix.Answer(Question{Text: "What does cocoa cost?"}); a.Refused || a.Quote != "Cocoa | 2.60 euro" {
		t.Errorf("%+v", a.Quote)
	}
}

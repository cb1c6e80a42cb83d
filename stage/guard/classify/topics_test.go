package classify

import (
	"bytes"
	"fmt"
	"testing"

	"suiren/stage/guard/detect"
)

func bank(n int) (list []Sentence) {
	for i := range n {
		list = append(list, Sentence{fmt.Sprintf("How do I win level %d of the game?", i), "gaming"},
			Sentence{fmt.Sprintf("第%d道题的考试答案是什么", i), "cheating"},
			Sentence{fmt.Sprintf("请解释课本第%d页的光合作用", i), None}, Sentence{fmt.Sprintf("What does page %d of the book say about trees?", i), None})
	}
	return list
}

// What is learnt tells new sentences apart, is the same each time, and survives being
// written.
func TestTopics(t *testing.T) {
	learnt, report, err := Learn(bank(30))
	if err != nil {
		t.Fatal(err)
	}
	if len(report) != 2 || report[0] != (Topic{"cheating", 30, 6, 6, 18, 0}) || report[1] != (Topic{"gaming", 30, 6, 6, 18, 0}) {
		t.Errorf("%+v", report)
	}
	again, _, err := Learn(bank(30))
	if err != nil || !bytes.Equal(learnt.Marshal(), again.Marshal()) {
		t.Error("another model", err)
	}
	opened, err := OpenTopics(learnt.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"how do i win the game now": "gaming", "把考试的答案告诉我": "cheating", "请解释课本上的光合作用": None, "": None, "！？": None} {
		if got, p := opened.Of(text); got != want || (p >= .5) != (want != None) {
			t.Errorf("%q is %s, %.2f", text, got, p)
		}
	}
	text := "请解释课本第3页。把考试的答案告诉我！"
	hits := detect.Find(opened, text)
	if len(hits) != 1 || hits[0].Kind != "cheating" || text[hits[0].From:hits[0].To] != "把考试的答案告诉我！" {
		t.Errorf("%+v", hits)
	}
}

func TestTopicsLack(t *testing.T) {
	for name, list := range map[string][]Sentence{"few": bank(LeastSentences - 1), "none": nil, "one topic": {{"a", None}}} {
		if _, _, err := Learn(list); err == nil {
			t.Error(name)
		}
	}
	many := bank(LeastSentences)
	for i := range MostTopics {
		many = append(many, Sentence{"x", fmt.Sprint(i)})
	}
	if _, _, err := Learn(many); err == nil {
		t.Error("more topics than a model holds")
	}
	for _, b := range [][]byte{nil, []byte("{}\n"), model().Marshal()} { // the last knows no topic none
		if _, err := OpenTopics(b); err == nil {
			t.Errorf("%.20q is a model", b)
		}
	}
}

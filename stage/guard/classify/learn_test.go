package classify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/knowledge/linear"
	"suiren/stage/guard/detect"
)

func sentences(n int) (list []Sentence) {
	add := func(label, format string, i int) {
		list = append(list, Sentence{Text: fmt.Sprintf(format, i), Label: label, Where: fmt.Sprint("bank:", len(list)+1)})
	}
	for i := range n {
		name := string(rune('一' + 7*i)) // numbers are one word, so sentences differ in a character
		add("gaming", "How do I win level %d of the game with "+name+"?", i)
		add("cheating", "第%d道题的考试答案是"+name+"吗", i)
		add(None, "请解释课本第%d页的光合作用"+name, i)
		add(None, "What does page %d of the book say about trees and "+name+"?", i)
	}
	return list
}

func quiet(int, int) {}

// What is learnt tells new sentences apart, is the same each time, says how well it
// does, and survives being written.
func TestLearn(t *testing.T) {
	told := 0
	learnt, err := Learn(t.Context(), sentences(30), 0, func(done, of int) {
		if told++; done != told-1 || of != 6 {
			t.Errorf("training %d of %d", done, of)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(learnt.Kinds) != 2 || learnt.Sentences != 120 || told != 6 {
		t.Fatalf("%+v", learnt.Report)
	}
	for i, name := range []string{"cheating", "gaming"} {
		k := learnt.Kinds[i]
		if k.Threshold < leastThreshold || k.Threshold > mostThreshold {
			t.Errorf("%s counts from %v on", name, k.Threshold)
		}
		if k.Threshold = 0; k != (Kind{name, 0, 30, 6, 6, 18, 0}) {
			t.Errorf("%+v", k)
		}
	}
	again, err := Learn(t.Context(), sentences(30), 0, quiet)
	if err != nil || !bytes.Equal(learnt.Marshal(), again.Marshal()) {
		t.Error("another classifier", err)
	}
	opened, err := Open(learnt.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	text := "请解释课本第3页。把考试的答案告诉我！怎么毒死邻居不被发现？"
	found := map[string]bool{}
	for _, h := range detect.Find(With(opened), text) {
		found[h.Kind+" "+h.Class+" "+text[h.From:h.To]] = h.Confidence >= .5 && h.Confidence <= 1
	}
	if !found["cheating owner 把考试的答案告诉我！"] || found["cheating owner 请解释课本第3页。"] || !found["harm A.1.h 怎么毒死邻居不被发现？"] { // what is built in is heard too
		t.Errorf("%+v", found)
	}
}

// A threshold that is given is the one from which sentences count, with a confidence of
// one half.
func TestThreshold(t *testing.T) {
	for _, threshold := range []float64{.3, .9} {
		c, err := Learn(t.Context(), sentences(30), threshold, quiet)
		if err != nil {
			t.Fatal(err)
		}
		q := c.questions(0)[0]
		for _, s := range sentences(30) {
			sum := c.model.NewSum()
			sum.AddAll(Features(s.Text + " of the game"))
			if p, conf := sum.Share(q.label, q.among), q.confidence(&sum); (p >= threshold) != (conf >= .5) || conf < 0 || conf > 1 {
				t.Errorf("%q: probability %v, confidence %v, threshold %v", s.Text, p, conf, threshold)
			}
		}
	}
}

// Sentences of one template are kept apart together: one of which others were learnt
// tells nothing.
func TestGroups(t *testing.T) {
	var list []Sentence
	for _, label := range []string{"a", None} {
		for g := range 10 {
			for i := range 6 {
				list = append(list, Sentence{Text: fmt.Sprintf("%s %c%c word", label, 'a'+g, 'a'+i), Label: label, Group: fmt.Sprint(label, g)})
			}
		}
	}
	b, err := read(list)
	if err != nil {
		t.Fatal(err)
	}
	folds := map[string]int{}
	used := map[int]bool{}
	for i, s := range b.sentences {
		if f, ok := folds[list[i].Group]; ok && f != s.fold {
			t.Fatalf("group %s is in two folds", list[i].Group)
		}
		folds[list[i].Group] = s.fold
		used[s.fold] = true
	}
	if len(used) != 5 {
		t.Errorf("folds %v", used)
	}
}

// A kind of the owner's takes the place of one that is built in.
func TestOwnOffence(t *testing.T) {
	list := sentences(30)
	for i := range list {
		if list[i].Label != None {
			list[i].Label = Offence
		}
	}
	for i := range 30 { // to this owner they are none
		list = append(list, Sentence{Text: fmt.Sprintf("河南人都是骗子，滚出我们这%c。", '一'+7*i), Label: None})
	}
	c, err := Learn(t.Context(), list, 0, quiet)
	if err != nil {
		t.Fatal(err)
	}
	insult, game := "河南人都是骗子，滚出我们这里。", "How do I win level 4 of the game?"
	kinds := func(d detect.Detector, text string) string {
		var list []string
		for _, h := range detect.Find(d, text) {
			list = append(list, h.Kind+" "+h.Class)
		}
		return strings.Join(list, ", ")
	}
	if got := kinds(New(Offence), insult); got != "offence A.2" {
		t.Errorf("built in: %s", got)
	}
	if got := kinds(With(c), insult); strings.Contains(got, Offence) {
		t.Errorf("what is built in is still heard: %s", got)
	}
	if got := kinds(With(c), game); !strings.Contains(got, "offence A.2") {
		t.Errorf("the owner's: %s", got)
	}
}

// What cannot be learnt is told with its places, in both languages.
func TestLearnLacks(t *testing.T) {
	twice := append(sentences(30), Sentence{Text: "Twice, and equal", Label: "gaming", Where: "bank:500"}, Sentence{Text: "twice and EQUAL", Label: None, Where: "bank:501"})
	for name, c := range map[string]struct {
		list []Sentence
		want string
	}{
		"nothing":       {nil, "0 kinds besides none"},
		"one class":     {sentences(30)[:1], "too few"},
		"only none":     {[]Sentence{{Text: "a", Label: None}}, "0 kinds besides none"},
		"only a kind":   {[]Sentence{{Text: "a", Label: "x"}}, "labelled none: too few"},
		"few":           {sentences(LeastSentences - 1), "too few"},
		"contradiction": {twice, "bank:501: this sentence is labelled none, and at bank:500 gaming"},
		"no word":       {append(sentences(30), Sentence{Text: "！。", Label: None, Where: "bank:7"}), "bank:7: a sentence has no word"},
	} {
		_, err := Learn(t.Context(), c.list, 0, quiet)
		e, ok := errors.AsType[*say.Error](err)
		if !ok || e.What.Zh == "" || e.Next.IsZero() || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := sentences(LeastSentences)
	for i := range MostKinds {
		many = append(many, Sentence{Text: "x", Label: fmt.Sprint(i)})
	}
	if _, err := Learn(t.Context(), many, 0, quiet); err == nil {
		t.Error("more kinds than a model holds")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Learn(ended, sentences(30), 0, quiet); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOpenDistrusts(t *testing.T) {
	c, err := Learn(t.Context(), sentences(30), .5, quiet)
	if err != nil {
		t.Fatal(err)
	}
	good := string(c.Marshal())
	for _, bad := range []string{"", "{}\n", "\n\n", `{"format":2}` + "\n", strings.Replace(good, "gaming", "gamings", 1), strings.Replace(good, `"threshold":0.5`, `"threshold":1`, 1),
		strings.Replace(good, `"name":"gaming"`, `"name":"cheating"`, 1), good[:len(good)-1], string(c.model.Marshal())} {
		if _, err := Open([]byte(bad)); err == nil {
			t.Errorf("%.60q is a classifier", bad)
		}
	}
	if _, err := OpenTopics(linear.Train([]string{"a", "b"}, nil, linear.Options{Bits: 4}).Marshal()); err == nil {
		t.Error("topics without none")
	}
	if c, err := OpenTopics(linear.Train([]string{"a", None}, nil, linear.Options{Bits: 4}).Marshal()); err != nil || len(c.Kinds) != 1 || c.Kinds[0].Threshold != .5 {
		t.Error(c, err)
	}
}

func FuzzOpen(f *testing.F) {
	c, err := Learn(f.Context(), sentences(30), .5, quiet)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Open(b)
		if err != nil {
			return
		}
		for _, h := range detect.Find(With(c), "How do I win the game? 女人就是不如男人。") {
			if !(h.Confidence >= .5 && h.Confidence <= 1) {
				t.Error(h)
			}
		}
	})
}

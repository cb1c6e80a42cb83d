package cite

import (
	"fmt"
	"strings"
	"testing"

	"suiren/stage/guard/detect"
)

var passages = []Passage{
	{"Kitchen › Hours", "The kitchen closes at 18:00. On Fridays it stays open until 21:30."},
	{"图书馆", "图书馆每天上午8:30开门，晚上22:00闭馆。借书期限为30天，可以续借两次。"},
	{"Fines", "Late returns cost 0.50 a day. Members may borrow up to 12 books."},
}

// shown writes marks behind their sentences: {+1 "quote"} or {- …}.
func shown(w *Writer, pieces []string) string {
	var b strings.Builder
	show := func(items []Item) {
		for _, it := range items {
			b.WriteString(it.Text)
			m := it.Mark
			if m == nil {
				continue
			}
			b.WriteString("{")
			b.WriteString(map[bool]string{true: "+", false: "-"}[m.Supported])
			for _, c := range m.Cites {
				fmt.Fprintf(&b, " %d", c.Passage+1)
			}
			if m.Wrong > 0 {
				fmt.Fprintf(&b, " wrong %d", m.Wrong)
			}
			b.WriteString("}")
		}
	}
	for _, p := range pieces {
		show(w.Write(p))
	}
	show(w.Flush())
	return b.String()
}

var written = map[string]string{
	"The kitchen closes at 18:00 [1].":                                                                    "The kitchen closes at 18:00 [1].{+ 1}",
	"The kitchen closes at 18:00. [1] Members may borrow 12 books. [3]":                                   "The kitchen closes at 18:00. [1]{+ 1} Members may borrow 12 books. [3]{+ 3}",
	"The kitchen closes at 19:00 [1].":                                                                    "The kitchen closes at 19:00.{- wrong 1}", // the number is another
	"The kitchen closes at 18:00 [2].":                                                                    "The kitchen closes at 18:00 [1].{+ 1 wrong 1}",
	"The kitchen closes at 18:00 [7].":                                                                    "The kitchen closes at 18:00 [1].{+ 1 wrong 1}",
	"The director plays tennis with neighbours [1].":                                                      "The director plays tennis with neighbours.{- wrong 1}",
	"The director plays tennis with neighbours.":                                                          "The director plays tennis with neighbours.{-}",
	"The kitchen closes at 18:00.":                                                                        "The kitchen closes at 18:00.{+ 1}", // no number was written
	"The kitchen closes at 18:00 [1] and late returns cost 0.50 a day [3].":                               "The kitchen closes at 18:00 [1] and late returns cost 0.50 a day [3].{+ 1 3}",
	"The kitchen closes at 18:00 and late returns cost 0.50 a day [1, 3].":                                "The kitchen closes at 18:00 and late returns cost 0.50 a day [1, 3].{+ 1 3}",
	"The kitchen closes at 18:00 and late returns cost 0.50 a day [1][3].":                                "The kitchen closes at 18:00 and late returns cost 0.50 a day [1][3].{+ 1 3}",
	"The kitchen closes at 18:00 [1] and the director plays tennis with neighbours 7 times.":              "The kitchen closes at 18:00 [1] and the director plays tennis with neighbours 7 times.{- 1}",
	"图书馆上午8:30开门[2]。借书期限是45天[2]。":                                                                         "图书馆上午8:30开门[2]。{+ 2}借书期限是45天。{- wrong 1}",
	"图书馆上午8:30开门。[2]借书期限为30天。【2】":                                                                         "图书馆上午8:30开门。[2]{+ 2}借书期限为30天。【2】{+ 2}",
	"还想知道别的吗？":                                                                                            "还想知道别的吗？",
	"Yes. The fine is 0.5 a day for late returns.":                                                        "Yes. The fine is 0.5 a day for late returns.{+ 3}",
	"1. The kitchen closes at 18:00 [1]\n2. Members may borrow 12 books [3]\n":                            "1. The kitchen closes at 18:00 [1]\n{+ 1}2. Members may borrow 12 books [3]\n{+ 3}",
	"Here is what the passages say about it all:\n- The kitchen closes at 18:00 [1]":                      "Here is what the passages say about it all:\n- The kitchen closes at 18:00 [1]{+ 1}",
	"```go\na[1] = \"The director plays tennis with neighbours.\"\n```\nThe kitchen closes at 18:00 [9].": "```go\na[1] = \"The director plays tennis with neighbours.\"\n```\nThe kitchen closes at 18:00 [1].{+ 1 wrong 1}",
	"Write `list[7]` where the kitchen closes at 18:00.":                                                  "Write `list[7]` where the kitchen closes at 18:00.{+ 1}",
	"The kitchen [see below] closes at 18:00 [1":                                                          "The kitchen [see below] closes at 18:00 [1{-}",
	"[1] Kitchen › Hours":                                                                                 "[1] Kitchen › Hours",
	"See [1](a.html), the kitchen closes at 18:00 [1] [2]. Late returns cost 0.50 a day.":                 "See [1](a.html), the kitchen closes at 18:00 [1].{+ 1 wrong 1} Late returns cost 0.50 a day.{+ 3}",
	"": "",
}

func TestWriter(t *testing.T) {
	for text, want := range written {
		var runes, bytes []string
		for _, r := range text {
			runes = append(runes, string(r))
		}
		for i := range len(text) {
			bytes = append(bytes, text[i:i+1])
		}
		for name, pieces := range map[string][]string{"whole": {text}, "characters": runes, "bytes": bytes} {
			if got := shown(New(passages, nil, false), pieces); got != want {
				t.Errorf("%q in %s:\n got %q\nwant %q", text, name, got, want)
			}
		}
	}
}

// The mark says supported if, and only if, the rail ground lets the sentence pass.
func TestAgreesWithRail(t *testing.T) {
	var texts []string
	for i := range passages {
		texts = append(texts, passages[i].All())
	}
	for text := range written {
		w := New(passages, nil, true)
		for _, it := range append(w.Write(text), w.Flush()...) {
			m := it.Mark
			if c := detect.NewClaim(text); m == nil || len(detect.Find(detect.Loop(), text)) > 0 || !c.Says() {
				continue
			}
			if hits := detect.Find(detect.Ground(texts), m.Text); m.Supported != (len(hits) == 0) && m.Wrong == 0 {
				t.Errorf("%q: supported %v, and the rail says %v", m.Text, m.Supported, hits)
			}
		}
	}
}

// Numbers are left as they are written where the tokens of the text are told.
func TestKeep(t *testing.T) {
	if got := shown(New(passages, nil, true), []string{"The kitchen closes at 18:00 [2]."}); got != "The kitchen closes at 18:00 [2].{+ 1 wrong 1}" {
		t.Error(got)
	}
}

// What may no longer be read supports nothing.
func TestMay(t *testing.T) {
	may := true
	w := New(passages, func(int) bool { return may }, false)
	first := shown(w, []string{"The kitchen closes at 18:00 [1]."})
	may = false
	if second := shown(w, []string{"The kitchen closes at 18:00 [1]."}); first != "The kitchen closes at 18:00 [1].{+ 1}" || second != "The kitchen closes at 18:00.{- wrong 1}" {
		t.Errorf("%q %q", first, second)
	}
}

// A cite says which sentences of the passage say it, and no sentence waits to be passed on.
func TestQuotes(t *testing.T) {
	w := New(passages, nil, false)
	items := append(w.Write("On Fridays the kitchen stays open until 21:30 [1]."), w.Flush()...)
	m := items[len(items)-1].Mark
	if m == nil || len(m.Cites) != 1 || len(m.Cites[0].Quotes) == 0 {
		t.Fatalf("%+v", items)
	}
	q := m.Cites[0].Quotes[len(m.Cites[0].Quotes)-1]
	if got := string([]rune(passages[0].Text)[q[0]:q[1]]); got != "On Fridays it stays open until 21:30." {
		t.Error(got)
	}
	if m.Text != "On Fridays the kitchen stays open until 21:30 [1]." {
		t.Error(m.Text)
	}
	w = New(passages, nil, false)
	if items := w.Write("借书期限为30天"); len(items) != 1 || items[0].Text != "借书期限为30天" {
		t.Error("a sentence was held back", items)
	}
}

func FuzzWriter(f *testing.F) {
	for text := range written {
		f.Add(text, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		w := New(passages, nil, true)
		var got strings.Builder
		for at := 0; at < len(text); at += int(n) + 1 {
			for _, it := range w.Write(text[at:min(len(text), at+int(n)+1)]) {
				got.WriteString(it.Text)
			}
		}
		for _, it := range w.Flush() {
			got.WriteString(it.Text)
			if it.Mark != nil && !strings.Contains(strings.ToValidUTF8(text, "\uFFFD"), it.Mark.Text) && strings.ToValidUTF8(text, "") == text {
				t.Fatalf("%q is no sentence of %q", it.Mark.Text, text)
			}
		}
		if strings.ToValidUTF8(text, "") == text && got.String() != text {
			t.Fatalf("%q became %q", text, got.String())
		}
	})
}

package guard

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage"
)

const sampleList = `word,class,owner,review
# a comment
炸弹,A.1.d,wang,2027-01-31
炸 彈,A.1.d,wang,2027-01-31
自制炸弹,A.1.d,wang,2025-01-31
lotus club,,,
炸弹客户端,allow,wang,
`

func TestParseWords(t *testing.T) {
	list, err := ParseWords("w.csv", []byte(sampleList))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 5 || list[0].Where != "w.csv:3" || list[0].Owner != "wang" || list[3].Class != "owner" || list[4].Class != allowClass {
		t.Errorf("%+v", list)
	}
	list, err = ParseWords("w.txt", []byte("\ufeff荷花社\n\nlotus club\n"))
	if err != nil || len(list) != 2 || list[0].Text != "荷花社" || list[1].Where != "w.txt:3" {
		t.Errorf("%+v, %v", list, err)
	}
	list, err = ParseWords("e.csv", []byte("\ufeff关键词,类别,责任人,复核日期\n荷花社,A.1.a,王,2026/1/5\n"))
	if err != nil || len(list) != 1 || list[0].Class != "A.1.a" || list[0].Owner != "王" || list[0].Review.Format(time.DateOnly) != "2026-01-05" {
		t.Errorf("as a table is saved: %+v, %v", list, err)
	}
	if _, err = ParseWords("w", []byte("荷\n荷花社\n花\nab\n")); err == nil || !strings.HasSuffix(say.Err(say.English, err), "mend as well: 3, 4)") {
		t.Errorf("all lines are told at once: %v", err)
	}
	for text, want := range map[string]string{
		"word;class;owner\n荷花社;A.1.a;王\n": "f:1",
		"word\tclass\n荷花社\tA.1.a\n":       "f:1",
		"word,klass\nab c,x\n":            "f:1",
		"word,class\n荷花社,B.1\n":           "f:2",
		"word,review\n荷花社,soon\n":         "f:2",
		"荷花社,A.1.a\n":                     "f:1",
		"荷\n":                             "f:1",
		"word\n\"荷花社\n":                   "f:2",
		"\xff\xfe":                        "f",
		"":                                "f",
		"\ufeff关键词,类别\r\n":                "f",
		"# soon\n":                        "f",
		strings.Repeat("荷花社\n", maxList/10+1): "f",
	} {
		_, err := ParseWords("f", []byte(text))
		e, ok := errors.AsType[*say.Error](err)
		if !ok || e.Where != want || e.Next.IsZero() {
			t.Errorf("%.40q: %+v, want place %s and what to do", text, err, want)
		}
	}
}

func FuzzParseWords(f *testing.F) {
	f.Add([]byte(sampleList))
	f.Add([]byte("荷花社\n\"a\"\"b c\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		words, err := ParseWords("w", b)
		if err != nil {
			return
		}
		if _, err := (&Policy{Pack: "minimal"}).With(Lists{Words: words}, nil); err != nil {
			t.Errorf("%q: parsed, and refused by the policy: %v", b, err)
		}
	})
}

func TestLintWords(t *testing.T) {
	list, err := ParseWords("w.csv", []byte(sampleList))
	if err != nil {
		t.Fatal(err)
	}
	// The day of a review ends at the owner's midnight.
	west := time.FixedZone("UTC-8", -8*3600)
	for today, want := range map[time.Time]int{
		time.Date(2027, 1, 31, 23, 59, 0, 0, west):    1, // 2025-01-31
		time.Date(2027, 1, 31, 8, 0, 0, 0, time.UTC):  1,
		time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC):   3,
		time.Date(2025, 1, 31, 12, 0, 0, 0, time.UTC): 0,
	} {
		l, err := LintWords(list, today)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, f := range l.Findings {
			if f.Kind == "expired" {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d words past their review, want %d", today, n, want)
		}
	}
	l, err := LintWords(list, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range l.Findings {
		got = append(got, f.Kind+" "+f.Where+" "+f.Other)
	}
	want := []string{"duplicate w.csv:4 w.csv:3", "expired w.csv:5 ", "unowned w.csv:6 ", "covered w.csv:5 w.csv:3"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if l.Words != 3 || l.Allowed != 1 || l.Agreed != "" {
		t.Errorf("%+v", l)
	}
	if c := l.Counts[0]; c.Have != 3 || c.Least != 10000 {
		t.Errorf("in all: %+v", c)
	}
	if i := slices.IndexFunc(l.Counts, func(c Count) bool { return c.ID == "CN-03.A.1.d" }); l.Counts[i].Have != 2 {
		t.Errorf("A.1.d: %+v", l.Counts[i])
	}
}

// An owner's lists come into the policy by its plan, and allowed phrases hold
// whatever the cuts.
func TestWordsAndAllow(t *testing.T) {
	files, out := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(files, "words"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(files, "words", "a.csv"), []byte(sampleList), 0o666); err != nil {
		t.Fatal(err)
	}
	job := &stage.Job{Out: out, Inputs: []stage.Input{{Arg: "files", Dir: files}}}
	if err := (&Policy{Pack: "minimal", Words: "words/*.csv", Allow: []string{"拆炸弹专家", "the lotus club hotel"}}).Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	p, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	for text, rule := range map[string]string{
		"有炸弹":                                 "words/A.1.d",
		"炸弹客户端很好用":                            "",
		"炸弹客户":                                "words/A.1.d", // no more comes
		"炸弹客人":                                "words/A.1.d",
		"他是拆炸弹专家":                             "",
		"他是拆炸弹专家，也有炸弹。":                       "words/A.1.d",
		"拆炸弹的人":                               "words/A.1.d",
		"拆炸弹" + strings.Repeat("*", 9) + "专家": "words/A.1.d",
		"炸弹\xff客户端":                           "words/A.1.d",
		"the lotus club hotel":                "",
		"the lotus club house":                "words/owner",
		"a lotus club":                        "words/owner",
		"a lotus club.":                       "words/owner",
		"the lotus club, hotel":               "",
	} {
		for _, pieces := range [][]string{{text}, strings.Split(text, "")} {
			got, err := through(p.Rail(Output, Context{}), pieces...)
			refused, _ := errors.AsType[*Refusal](err)
			if (refused == nil) != (rule == "") || refused != nil && refused.Rule != rule || refused == nil && got != text {
				t.Errorf("%q: %q, %v; want rule %q", pieces, got, err, rule)
			}
		}
	}
}

func TestObserve(t *testing.T) {
	p := made(t, &Policy{Pack: "minors-zh", Mode: observe, Keywords: []string{"荷花社"}})
	r := p.Rail(Output, Context{})
	text := "荷花社，荷花社，怎么做炸弹，电话13812345678"
	got, err := through(r, strings.Split(text, "")...)
	if want := "荷花社，荷花社，怎么做炸弹，电话13812345678"; got != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	var rules []string
	for _, n := range r.Notes() {
		if !n.Observed {
			t.Errorf("%+v", n)
		}
		rules = append(rules, n.Rule+strconv.Itoa(n.Count))
	}
	if !slices.Equal(rules, []string{"owner2", "terrorism1", "numbers1"}) {
		t.Errorf("hits %q", rules)
	}
}

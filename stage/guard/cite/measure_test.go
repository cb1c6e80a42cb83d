package cite

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"suiren/knowledge"
	"suiren/stage/guard/detect"
)

// What is told true and false of sentences of the handbook's Markdown: as they stand,
// against six passages with their own among them; against six others of the same language; with one number
// another; with the words of half of it from another document; with a denial put in or taken
// out; and, true again, without one of their clauses and with the sentence that follows.
// With -v it tells the shares.
func TestMeasure(t *testing.T) {
	type sentence struct {
		text    string
		passage int
	}
	var list []knowledge.Passage
	files, err := filepath.Glob("../../../examples/handbook/docs/*/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no handbook", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, knowledge.Passages(knowledge.Document{Path: f, Text: string(text)})...)
	}
	var said []sentence
	for i, p := range list {
		for _, text := range knowledge.Sentences(p.Text) {
			if c := detect.NewClaim(text); c.Says() {
				said = append(said, sentence{text, i})
			}
		}
	}
	// others are six passages of other documents, of the same language; with own, it is one of them.
	others := func(i int, own bool) (out []Passage) {
		if own {
			out = append(out, Passage{list[i].Heading, list[i].Text})
		}
		for n := 1; n < len(list) && len(out) < 6; n++ {
			if o := list[(i+37*n)%len(list)]; o.File != list[i].File && o.Lang == list[i].Lang {
				out = append(out, Passage{o.Heading, o.Text})
			}
		}
		return out
	}
	rests := func(text string, from []Passage) bool {
		w := New(from, nil, true)
		for _, it := range append(w.Write(text), w.Flush()...) {
			if it.Mark != nil && !it.Mark.Supported {
				return false
			}
		}
		return true
	}
	number := regexp.MustCompile(`\d+`)
	right, n := map[string]int{}, map[string]int{}
	count := func(what string, ok bool) {
		n[what]++
		if ok {
			right[what]++
		}
	}
	for k, s := range said {
		count("as they stand", rests(s.text, others(s.passage, true)))
		count("of other documents", !rests(s.text, others(s.passage, false)))
		if at := number.FindStringIndex(s.text); at != nil {
			v, _ := strconv.Atoi(s.text[at[0]:at[1]])
			count("with another number", !rests(s.text[:at[0]]+strconv.Itoa(v+7919)+s.text[at[1]:], others(s.passage, true)))
		}
		if denied, ok := deny(s.text); ok {
			count("denied", !rests(denied, others(s.passage, true)))
		}
		for _, text := range shorter(s.text) {
			count("shorter", rests(text, others(s.passage, true)))
		}
		if k+1 < len(said) && said[k+1].passage == s.passage {
			both := strings.TrimRight(s.text, ".。") + map[bool]string{true: "，并且", false: ", and "}[list[s.passage].Lang == "zh"] + said[k+1].text
			count("with the next", rests(both, others(s.passage, true)))
		}
		if o := said[(k+53)%len(said)]; list[o.passage].File != list[s.passage].File && list[o.passage].Lang == list[s.passage].Lang {
			half := func(text string) []rune { r := []rune(strings.TrimRight(text, ".。")); return r[:len(r)/3] }
			count("a third of it from there", !rests(string(half(s.text))+" "+strings.TrimRight(o.text, ".。"), others(s.passage, true)))
		}
	}
	for what, least := range map[string]float64{"as they stand": 1, "of other documents": .95, "with another number": 1, "a third of it from there": .8, "denied": .8, "shorter": .98, "with the next": .98} {
		share := float64(right[what]) / float64(n[what])
		t.Logf("%s: %.3f of %d", what, share, n[what])
		if n[what] < 10 || share < least {
			t.Errorf("%s: %.3f of %d, at least %.2f is meant", what, share, n[what], least)
		}
	}
}

// deny says the contrary of a sentence.
func deny(text string) (string, bool) {
	for _, way := range [][2]string{{" is not ", " is "}, {" are not ", " are "}, {" may not ", " may "}, {" cannot ", " can "}, {"不得", "可以"}, {"不", ""}, {"无需", "需"},
		{" is ", " is not "}, {" are ", " are not "}, {" may ", " may not "}, {" can ", " cannot "}, {" must ", " must not "}, {" has ", " has no "},
		{"可以", "不可以"}, {"可", "不可"}, {"应当", "不应当"}, {"须", "无须"}, {"需要", "不需要"}, {"提供", "不提供"}, {"是", "不是"}} {
		if at := strings.Index(text, way[0]); at >= 0 {
			return text[:at] + way[1] + text[at+len(way[0]):], true
		}
	}
	return "", false
}

// shorter are a sentence's versions without one of its clauses.
func shorter(text string) (list []string) {
	mark := ", "
	if strings.Contains(text, "，") {
		mark = "，"
	}
	parts := strings.Split(text, mark)
	for i := range parts {
		if len(parts) > 1 {
			left := strings.Join(append(append([]string{}, parts[:i]...), parts[i+1:]...), mark)
			if c := detect.NewClaim(left); c.Says() {
				list = append(list, left)
			}
		}
	}
	return list
}

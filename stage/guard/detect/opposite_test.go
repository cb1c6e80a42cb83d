package detect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOppositeList(t *testing.T) {
	for w, sides := range opposites {
		if r := []rune(w); r[0] >= utf8.RuneSelf && len(r) > longestOpposite {
			t.Errorf("%s is longer than what is looked for", w)
		}
		for _, s := range sides {
			if slices.Contains(sides, s.opposite()) {
				t.Errorf("%s is its own opposite", w)
			}
		}
	}
}

// What opposites mark of true sentences, each beside the passage that it is of: as they stand, without one of
// their clauses, two as one, and of CMRC the question with its answer; of those that rest on the
// passage though it was taken out; and of sentences in which a word was put in place of its opposite. With -v
// it tells the shares.
func TestOpposites(t *testing.T) {
	const shared = "../../../../shared/data/"
	marked, n := map[string]int{}, map[string]int{}
	try := func(what, claim string, g *Grounds) {
		c := NewClaim(claim)
		all := []int{0, 1}[:len(g.list)]
		if !c.Says() || !g.Support(&c, all).Rests() {
			return
		}
		n[what]++
		if g.Denied(&c, all) {
			for i := range c.said.clauses { // without opposites?
				c.said.clauses[i].places = nil
			}
			if !g.Denied(&c, all) {
				marked[what]++
			}
		}
	}
	var words []string
	for w := range opposites {
		words = append(words, regexp.QuoteMeta(w))
	}
	slices.Sort(words)
	finder := regexp.MustCompile(`\b(?:` + strings.Join(words, "|") + `)\b|` + strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w[0] < utf8.RuneSelf }), "|"))
	swapped := func(text string) string {
		at := finder.FindStringIndex(text)
		if at == nil {
			return ""
		}
		s := opposites[text[at[0]:at[1]]][0]
		for _, w := range words {
			if slices.Contains(opposites[w], s.opposite()) {
				return text[:at[0]] + w + text[at[1]:]
			}
		}
		return ""
	}
	passage := func(lang, comma, text string) *Grounds {
		g := NewGrounds([]string{text})
		var list []string
		var s Sentences
		sentence := func(text string, _, _ int) { list = append(list, text) }
		s.Write(text, sentence)
		s.Flush(sentence)
		for i, text := range list {
			try(lang+" as it stands", text, g)
			if parts := strings.Split(text, comma); len(parts) > 1 {
				for i := range parts {
					try(lang+" shorter", strings.Join(append(slices.Clone(parts[:i]), parts[i+1:]...), comma), g)
				}
			}
			if i+1 < len(list) {
				try(lang+" with the next", strings.TrimRight(text, ".。")+comma+list[i+1], g)
			}
			try(lang+" taken out", text, NewGrounds([]string{strings.Join(list[:i], ""), strings.Join(list[i+1:], "")}))
			if other := swapped(text); other != "" {
				try(lang+" opposite", other, g)
			}
		}
		return g
	}
	b, err := os.ReadFile(shared + "cmrc2018/trial.json")
	if err != nil {
		t.Skip("no CMRC 2018 beside the repository: ", err)
	}
	var f struct {
		Data []struct {
			Paragraphs []struct {
				Context string
				QAs     []struct {
					Question string
					Answers  []struct{ Text string }
				}
			}
		}
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Data {
		for _, p := range d.Paragraphs {
			g := passage("zh", "，", p.Context)
			for _, q := range p.QAs {
				try("zh asked and answered", strings.TrimRight(q.Question, "？?")+q.Answers[0].Text+"。", g)
			}
		}
	}
	if b, err = os.ReadFile(shared + "wikitext2/test.txt"); err != nil {
		t.Skip("no WikiText-2 beside the repository: ", err)
	}
	for line := range strings.Lines(string(b[:min(len(b), 400_000)])) {
		passage("en", " , ", line)
	}
	for what, of := range n {
		share := float64(marked[what]) / float64(of)
		t.Logf("%s: %d of %d, %.4f", what, marked[what], of, share)
		least, most := 0., 0.
		switch {
		case strings.HasSuffix(what, "opposite"):
			least, most = .8, 1
		case strings.HasSuffix(what, "taken out"): // which the passage does not say
			most = .005
		}
		if share < least || share > most {
			t.Errorf("%s: %d of %d are marked", what, marked[what], of)
		}
	}
	if len(n) != 11 {
		t.Error("not all was looked at", n)
	}
}

// What opposites mark of answers that a person wrote from the handbook of examples in other words. None of
// the true ones is marked, and of the false at least 16 of 22.
func TestOppositesInAnswers(t *testing.T) {
	b, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	var g *Grounds
	var all []int
	marked, of := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(b)) {
		sign, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch sign {
		case "#", "":
			continue
		case "zh", "en":
			files, err := filepath.Glob("../../../examples/handbook/docs/" + sign + "/*.md")
			if err != nil || len(files) == 0 {
				t.Fatal("no handbook", err)
			}
			var passages []string
			all = all[:0]
			for i, name := range files {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				passages, all = append(passages, string(b)), append(all, i)
			}
			g = NewGrounds(passages)
			continue
		}
		c := NewClaim(text)
		of[sign]++
		if g.Denied(&c, all) {
			marked[sign]++
			if sign == "+" {
				t.Errorf("%s is true", text)
			}
		}
	}
	if t.Log(marked, of); of["+"] == 0 || of["-"] != 22 || marked["-"] < 16 {
		t.Errorf("of %d false answers %d are marked", of["-"], marked["-"])
	}
}

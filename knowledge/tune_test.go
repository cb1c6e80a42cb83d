package knowledge

import (
	"os"
	"slices"
	"strings"
	"testing"
	"fmt"
)

func handbookCross(t *testing.T) (list []judged) {
	b, _ := os.ReadFile("../examples/handbook/questions.tsv")
	for _, lang := range []string{"en", "zh"} {
		other := map[string]string{"en": "zh", "zh": "en"}[lang]
		var j judged
		ents, _ := os.ReadDir("../examples/handbook/docs/" + lang)
		for _, e := range ents {
			if strings.HasSuffix(e.Name(), ".docx") {
				continue
			}
			text, _ := os.ReadFile("../examples/handbook/docs/" + lang + "/" + e.Name())
			j.docs = append(j.docs, Document{Path: e.Name(), Text: string(text), Markdown: true})
		}
		for line := range strings.Lines(string(b)) {
			f, q, _ := strings.Cut(strings.TrimSpace(line), "\t")
			if strings.HasPrefix(f, "docs/"+other) && !strings.HasSuffix(f, "docx") {
				j.questions = append(j.questions, q)
				j.answers = append(j.answers, map[string]bool{strings.TrimPrefix(f, "docs/"+other+"/"): true})
			}
		}
		list = append(list, j)
	}
	return list
}

func TestTune(t *testing.T) {
	x := handbookCross(t)
	for _, c := range []struct {
		name string
		set  judged
	}{{"cmrc", cmrc(t).half(false)}, {"cranfield", cranfield(t).half(false)}, {"zh asks en", x[0]}, {"en asks zh", x[1]}} {
		ix := index(t, c.set.docs)
		run := func(by By) float64 {
			sum := 0.0
			for i, q := range c.set.questions {
				var ranked []string
				for _, h := range ix.Find(Question{Text: q, K: 30, By: by}) {
					if !slices.Contains(ranked, h.File) {
						ranked = append(ranked, h.File)
					}
				}
				var a []string
				for f := range c.set.answers[i] {
					a = append(a, f)
				}
				sum += NDCG(ranked, a)
			}
			return sum / float64(len(c.set.questions))
		}
		for tuneDoubt = range 5 {
		out := fmt.Sprintf("%s words %.4f meaning %.4f both", c.name, 0.,0.)
		for _, w := range []float64{0.05, 0.1, 0.2, 0.4, 0.8} {
			meaningWeight = w
			out += fmt.Sprintf(" %.2f:%.4f", w, run(ByBoth))
		}
		t.Log(tuneDoubt, out)
		}
	}
}

package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// topics is an embedder that knows which of 60 topics a text is about: its marks say so,
// which are no words.
type topics struct{}

func (topics) Name() string { return "topics" }
func (topics) Width() int   { return 64 }
func (topics) Embed(_ context.Context, texts []string) (list [][]float32, err error) {
	for _, t := range texts {
		v := make([]float32, 64)
		_, marks, _ := strings.Cut(t, "#")
		k, _ := strconv.ParseInt(strings.NewReplacer("!", "1", "?", "0").Replace(strings.TrimSpace(marks)), 2, 7)
		v[k] = 1
		list = append(list, v)
	}
	return list, nil
}

// TestFit fits weights where the words mislead and the vectors do not, and where nothing is to be
// gained. They are the same each time, and leave the index as it was.
func TestFit(t *testing.T) {
	var docs []Document
	var misled, plain []Labelled
	marks := func(i int) string {
		return "#" + strings.NewReplacer("1", "!", "0", "?").Replace(fmt.Sprintf("%06b", i))
	}
	for i := range 60 {
		docs = append(docs, Document{Path: fmt.Sprint(i), Text: fmt.Sprintf("The harbour of Name%c%c has a pier. %s", 'a'+i/8, 'a'+i%8, marks(i))})
		k := (i + 7) % 60
		misled = append(misled, Labelled{Question: fmt.Sprintf("Which quokka fishing harbour has Name%c%c? %s", 'a'+k/8, 'a'+k%8, marks(i)), Files: []string{fmt.Sprint(i)}})
		plain = append(plain, Labelled{Question: fmt.Sprintf("Which quokka fishing harbour has Name%c%c? %s", 'a'+i/8, 'a'+i%8, marks(i)), Files: []string{fmt.Sprint(i)}})
	}
	dir := t.TempDir()
	if err := Build(dir, All(docs), Options{Embedder: topics{}}); err != nil {
		t.Fatal(err)
	}
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	ix.Use(topics{})
	f, err := ix.Fit(t.Context(), misled, Access{})
	if err != nil || !f.Better || f.Weights.Meaning <= Usual.Meaning || f.Gain.Low <= 0 || f.After.Mean <= f.Before.Mean || f.Questions != 30 || f.Judged != 30 || ix.Weights() != Usual {
		t.Errorf("%+v %v", f, err)
	}
	if again, _ := ix.Fit(t.Context(), misled, Access{}); again != f {
		t.Errorf("%+v, and then %+v", f, again)
	}
	if err := ix.SetWeights(f.Weights); err != nil {
		t.Fatal(err)
	}
	if hits := ix.Search(misled[1].Question, 1); len(hits) == 0 || hits[0].File != "1" {
		t.Errorf("with the weights fitted: %+v", hits)
	}
	if err := ix.SetWeights(Weights{Meaning: 2}); err == nil {
		t.Error("a weight of 2 is taken")
	}
	if f, err := ix.Fit(t.Context(), plain, Access{}); err != nil || f.Better || f.Weights != Usual {
		t.Errorf("nothing to gain: %+v %v", f, err)
	}
	if _, err := ix.Fit(t.Context(), slices.Concat(plain[:19], []Labelled{{Question: "Who?"}}), Access{}); !errors.Is(err, ErrFewLabels) {
		t.Errorf("19 questions: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := ix.Fit(ended, plain, Access{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a fit that was stopped: %v", err)
	}
}

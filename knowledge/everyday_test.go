package knowledge

import (
	"slices"
	"testing"
)

func TestEverydayWords(t *testing.T) {
	groups, err := ParseSynonyms(everydayText)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, w := range g {
			if _, ok := single(w); !ok {
				t.Errorf("%q of %v is not one word", w, g)
			}
		}
	}
}

// A word that means two things brings nothing of the other: books are no reservations.
func TestTwoMeanings(t *testing.T) {
	for _, c := range [][2]string{{"books", "reservation"}, {"off", "vacation"}, {"give", "donation"}} {
		a, _ := single(c[0])
		if b, ok := single(c[1]); !ok || slices.Contains(everyday()[a], b) {
			t.Errorf("%q stands for %q", c[0], c[1])
		}
	}
}

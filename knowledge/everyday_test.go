package knowledge

import "testing"

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

package stage

import (
	"testing"

	"suiren/internal/say"
)

// Every family has a name in both languages, the owner's own problems too; one
// that nobody knows is called as it is.
func TestFamilyText(t *testing.T) {
	for _, name := range append(Families[:len(Families):len(Families)], "own") {
		if f := FamilyText(name); f.In(say.English) == f.In(say.Chinese) {
			t.Errorf("%s is %q in both languages", name, f.In(say.English))
		}
	}
	if f := FamilyText("who knows"); f.In(say.Chinese) != "who knows" {
		t.Errorf("%q", f.In(say.Chinese))
	}
}

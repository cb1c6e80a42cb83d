package plan

import (
	"errors"
	"strings"
	"testing"

	"suiren/internal/say"
)

// A missing file of one block does not hide what is wrong in the others, but in those that
// are made from it.
func TestFaultsTogether(t *testing.T) {
	h := newHouse(t, `
examples "first" { text = "foul" }
weights "a" {
  train = "tune"
  base  = "models/none"
}
weights "b" {
  train = "tune"
  base  = weights.a
}
weights "c" {
  train = "tune"
  base  = "models/neither"
}
examples "last" { text = "foul" }
`)
	_, err := h.tryPlan()
	if !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
	var places []string
	for line := range strings.Lines(lines(err, say.English)) {
		places = append(places, strings.Join(strings.SplitN(line, ":", 5)[1:4], ":"))
	}
	if got := strings.Join(places, ","); got != "2:27: text,5:11: base,13:11: base,15:26: text" {
		t.Errorf("%s\n%s", got, lines(err, say.English))
	}
}

package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"suiren/stage"
)

// What an operator says that holds where its plan says nothing is what the page
// says of it.
func TestSettled(t *testing.T) {
	defaults := map[string]string{} // by section and argument
	head := ""
	for line := range strings.Lines(readPage(t, "docs/plan.md")) {
		if strings.HasPrefix(line, "#") {
			head = strings.TrimSpace(strings.TrimLeft(line, "#"))
		} else if strings.HasPrefix(line, "| `") {
			cells := strings.Split(line, "|")
			defaults[head+" "+strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[3])
		}
	}
	follow := map[string]string{"width": "by depth", "hidden": "3·width", "heads": "by width", "kv_heads": "half of `heads`; of an odd number all", "alpha": "2·rank", "languages": "both", "families": "the first five"}
	n := 0
	for kind, choice := range vocabulary(0) {
		for value, make := range choice.Ops {
			s, ok := make().(stage.Settler)
			if !ok || value == "pretrain" {
				continue
			}
			head := string(kind)
			if choice.By != "" && value != "" {
				head += `, ` + choice.By + ` = "` + value + `"`
			}
			held := s.Settled()
			for _, name := range slices.Sorted(maps.Keys(held)) {
				n++
				want := defaults[head+" "+name]
				if follow[name] == want && want != "" {
					continue
				}
				want, _, _ = strings.Cut(want, ";")
				want, _, _ = strings.Cut(want, " up to")
				want = strings.Trim(want, "`\"")
				b, err := json.Marshal(held[name])
				if err != nil {
					t.Fatal(err)
				}
				got, err := strconv.Unquote(string(b))
				if err != nil {
					got = string(b)
				}
				if got != want {
					t.Errorf("%s: of %s holds %s, the page says %q", head, name, got, want)
				}
			}
		}
	}
	if n < 60 {
		t.Errorf("%d defaults were compared", n)
	}
}

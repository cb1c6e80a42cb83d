package knowledge

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

var conflictDay = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)

func conflicts(t *testing.T, ix *Index, access Access) *Conflicts {
	t.Helper()
	c, err := ix.Conflicts(t.Context(), access, conflictDay)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What was planted is found, and nothing else: not what differs in one document, what
// is of another thing by its heading, and the forms that documents fill in.
func TestConflicts(t *testing.T) {
	docs := []Document{
		{Path: "kiln.md", Text: "# The kiln\n\nIt is red. The kiln is fired on the first Monday of each month.\n"},
		{Path: "old.md", Text: "# Firing the kiln\n\nThe kiln is fired on the first Friday of each month!\n"},
		{Path: "same.md", Text: "# The kiln\n\nThe kiln is fired on the first Monday of each month.\n"},
		{Path: "窑炉.md", Text: "# 窑炉\n\n每袋陶土重12公斤，存放于东侧库房。\n"},
		{Path: "旧窑炉.md", Text: "# 窑炉\n\n每袋陶土重15公斤，存放于东侧库房。本规定有效期至2025年3月31日。\n"},
		{Path: "a.md", Text: "# Wheel A\n\nThe wheel turns at most 200 times in a minute.\n\nThe glaze is mixed with 3 cups of water.\n\nThe glaze is mixed with 4 cups of water.\n"},
		{Path: "b.md", Text: "# Scale B\n\nThe wheel turns at most 300 times in a minute.\n\nThese prices are valid until 31 December 2026.\n\nThe offer is valid until 2026-11-25.\n"},
	}
	for i := range 6 {
		docs = append(docs, Document{Path: fmt.Sprintf("bowl%d.md", i), Text: fmt.Sprintf("# Bowls\n\nThe bowl holds %d cups of tea and is made of clay.\n", i+1)})
	}
	ix := built(t, docs)
	c := conflicts(t, ix, Access{})
	got := map[string]bool{}
	for _, p := range c.Pairs {
		got[p.One.File+"|"+p.Two.File+"|"+p.One.Text] = true
	}
	want := map[string]bool{"kiln.md|old.md|The kiln is fired on the first Monday of each month.": true, "old.md|same.md|The kiln is fired on the first Friday of each month!": true,
		"窑炉.md|旧窑炉.md|每袋陶土重12公斤，存放于东侧库房。": true}
	if !reflect.DeepEqual(got, want) || c.Cut {
		t.Errorf("%+v", c.Pairs)
	}
	if len(c.Outdated) != 2 || c.Outdated[0].Until != "2025-03-31" || c.Outdated[0].File != "旧窑炉.md" || c.Outdated[1].Until != "2026-11-25" {
		t.Errorf("outdated: %+v", c.Outdated)
	}
	if again := conflicts(t, ix, Access{}); !reflect.DeepEqual(c, again) {
		t.Error("the same documents give another list")
	}
	// Of what may not be read nothing is told, neither of the other side.
	ix.rules = nil
	access := ix.Access([]Rule{{Path: "old.md", Allow: []string{"lin"}}, {Path: "旧窑炉.md", Allow: []string{"lin"}}}, "mei")
	if c := conflicts(t, ix, access); len(c.Pairs) != 0 || len(c.Outdated) != 1 {
		t.Errorf("who may read one side alone is told %+v", c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ix.Conflicts(ctx, Access{}, conflictDay); err == nil {
		t.Error("it goes on when nobody waits for it")
	}
}

// The join finds every pair that comparing each with each finds.
func TestConflictsAll(t *testing.T) {
	var docs []Document
	for i := range 60 {
		words := []string{"clay", "glaze", "kiln", "shelf", "water", "fire", "stone", "wheel", "brush"}
		own := strings.Repeat(string(rune('a'+i/2%26)), 4+i/52) // of two neighbours
		text := fmt.Sprintf("In %s, %s house %sx the %s has %d parts of %s near the %s.", own, own+"y", own, words[i%2], i, words[i/4%9], words[i*i%3])
		docs = append(docs, Document{Path: fmt.Sprintf("d%d.txt", i), Text: text})
	}
	ix := built(t, docs)
	found := map[string]bool{}
	for _, p := range conflicts(t, ix, Access{}).Pairs {
		found[p.One.File+" "+p.Two.File] = true
	}
	want := 0
	for i := range ix.Len() {
		for j := i + 1; j < ix.Len(); j++ {
			p, q := ix.Passage(i), ix.Passage(j)
			a, b := terms(values.ReplaceAllString(p.Text, " ")), terms(values.ReplaceAllString(q.Text, " "))
			both := 0
			for w := range a {
				if b[w] {
					both++
				}
			}
			if float64(both)/float64(len(a)+len(b)-both) >= alike {
				if want++; !found[p.File+" "+q.File] {
					t.Errorf("%s and %s were not found", p.Text, q.Text)
				}
			}
		}
	}
	if want == 0 || want != len(found) {
		t.Errorf("%d pairs, and %d were found", want, len(found))
	}
}

func TestHeldUntil(t *testing.T) {
	for text, want := range map[string]string{
		"It is valid until 2024-02-30.": "", "Valid through 2024-2-9": "2024-02-09", "It expires on 3 May 2024": "2024-05-03", "有效期至：2024年1月2日": "2024-01-02",
		"本办法自2023年6月1日起废止": "2023-06-01", "The kiln was built until 2024-01-01": "", strings.Repeat("valid ", 1000): "",
	} {
		if got := heldUntil(text); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

// built indexes documents.
func built(t *testing.T, docs []Document) *Index {
	t.Helper()
	dir := t.TempDir()
	if err := Build(dir, All(docs), Options{}); err != nil {
		t.Fatal(err)
	}
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return ix
}

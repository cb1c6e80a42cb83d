package data

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// Examples whose first questions are few leave a part empty: a plan that read them all says so
// as a run does, and a size of nothing is foretold.
func TestSpread(t *testing.T) {
	lines := func(n int, one func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(one(i) + "\n")
		}
		return b.String()
	}
	hello := lines(200, func(i int) string {
		return fmt.Sprintf(`{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"hi %d"}]}`, i)
	})
	differ := lines(24, func(i int) string { return fmt.Sprintf(`{"prompt":"what is %d","completion":"%[1]d"}`, i) })
	sums := lines(3, func(i int) string { return fmt.Sprintf(`{"prompt":"1+%d=?","verify":{"number":%d}}`, i, 1+i) })
	constant := lines(24, func(i int) string {
		return fmt.Sprintf(`{"instruction":"q %d","output":"o","history":[["hey","ho"]]}`, i)
	})
	for name, c := range map[string]struct {
		share float64
		text  string
		want  string // of the remark, or else of the error
		bad   bool
	}{
		"one question":  {0.4, hello, "nothing is held out or watched: the number of different first questions among the 200 examples is 1, and all of one question are of one part; bring more", false},
		"by chance":     {0.05, differ, "nothing is watched: the number of different first questions among the 24 examples is 24, and all of one question are of one part; raise heldout, or ", false},
		"problems":      {0.01, sums, "nothing is held out or watched: ", false},
		"all held out":  {0.4, constant, "no example is left to learn from, all are held out or watched: the number of different first questions among the 24 examples is 1, ", true},
		"all reserved":  {0.5, differ, "", false},
		"enough":        {0.4, differ, "", false},
		"none held out": {0, hello, "", false},
	} {
		op := &Conversations{Path: "a.jsonl", Heldout: &c.share}
		dir, path := t.TempDir(), filepath.Join(t.TempDir(), "a.jsonl")
		for _, p := range []string{path, filepath.Join(dir, "a.jsonl")} {
			if err := os.WriteFile(p, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		note := ""
		err := op.Run(context.Background(), &stage.Job{Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Out: t.TempDir(), Work: t.TempDir(), Emit: func(e stage.Event) {
			if e.Type == "note" {
				note = e.Text.In(say.English)
			}
		}})
		f := op.Forecast(map[string][]stage.Forecast{"files": {{Files: []string{path}, Folder: filepath.Dir(path), Size: map[string]float64{"bytes": float64(len(c.text))}}}}, stage.Machine{})
		if c.bad {
			if err == nil || len(f.Wrong) != 1 || strings.TrimPrefix(err.Error(), "a.jsonl: ") != strings.TrimPrefix(f.Wrong[0].Error(), "path: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: a run says %v, a plan %v", name, err, f.Wrong)
			}
			continue
		}
		if err != nil || len(f.Wrong) > 0 || note != f.Derived.In(say.English) || !strings.HasPrefix(note, c.want) || c.want == "" && note != "" {
			t.Errorf("%s: a run says %q, %v, a plan %v, %v", name, note, err, f.Derived, f.Wrong)
		}
		if (f.Size["watched"] == 0) != (c.want != "" || c.share == 0) {
			t.Errorf("%s: %g are foretold to be watched", name, f.Size["watched"])
		}
	}
}

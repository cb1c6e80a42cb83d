package data

import (
	"fmt"
	"path/filepath"
	"strings"

	"suiren/stage"
	"suiren/stage/data/duplicate"
)

// heldoutGrams collects what the inputs against and heldout hold; nil if there
// are none.
func heldoutGrams(job *stage.Job) (*duplicate.Grams, error) {
	var g *duplicate.Grams
	for _, in := range job.Inputs {
		if in.Arg != "against" && in.Arg != "heldout" {
			continue
		}
		if g == nil {
			g = duplicate.NewGrams()
		}
		name := in.Ref.String()
		if in.Arg == "against" {
			err := readLines(documentsFile(in.Dir), func(d Document) error { return g.Add(clean(d.Text), name+": "+d.Path) })
			if err != nil {
				return nil, err
			}
			continue
		}
		paths, err := filepath.Glob(filepath.Join(in.Dir, "*.jsonl"))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			n := 0
			err := readLines(path, func(line map[string]any) error {
				n++
				var b strings.Builder
				said(&b, line)
				return g.Add(clean(b.String()), fmt.Sprintf("%s: %s:%d", name, filepath.Base(path), n))
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return g, nil
}

// said writes what an example says: questions and answers, not its keys and roles.
func said(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range []string{"prompt", "messages", "content", "think", "reasoning_content", "answer", "chosen", "rejected"} {
			said(b, v[k])
		}
	case []any:
		for _, x := range v {
			said(b, x)
		}
	case string:
		b.WriteString(v + "\n")
	}
}

package weights

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// A Card is the model card: what README.md tells a reader, and a hub, about
// the weights beside it.
type Card struct {
	Name    string
	Tags    []string
	Summary string // Markdown
}

// WriteCard writes dir/README.md: YAML front matter, the name and the summary.
//
// Front matter: https://huggingface.co/docs/hub/model-cards
func WriteCard(dir string, c Card) error {
	var b strings.Builder
	b.WriteString("---\n")
	b.WriteString("library_name: transformers\npipeline_tag: text-generation\n")
	if len(c.Tags) > 0 {
		b.WriteString("tags:\n")
	}
	for _, s := range c.Tags {
		b.WriteString("- " + quote(s) + "\n")
	}
	b.WriteString("---\n\n# " + strings.Join(strings.Fields(c.Name), " ") + "\n")
	if s := strings.TrimSpace(c.Summary); s != "" {
		b.WriteString("\n" + s + "\n")
	}
	return os.WriteFile(filepath.Join(dir, "README.md"), []byte(b.String()), 0o644)
}

// quote returns s as a JSON string, which every YAML reader takes as a scalar.
func quote(s string) string {
	text, _ := json.Marshal(s) // a string always has a JSON form
	return string(text)
}

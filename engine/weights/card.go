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
	Name      string
	Languages []string // en, zh
	License   string   // SPDX identifier, lower case
	Tags      []string
	Summary   string // Markdown
}

// WriteCard writes dir/README.md: YAML front matter, the name and the summary.
//
// Front matter: https://huggingface.co/docs/hub/model-cards
func WriteCard(dir string, c Card) error {
	var b strings.Builder
	b.WriteString("---\n")
	list := func(key string, items []string) {
		if len(items) > 0 {
			b.WriteString(key + ":\n")
		}
		for _, s := range items {
			b.WriteString("- " + quote(s) + "\n")
		}
	}
	list("language", c.Languages)
	if c.License != "" {
		b.WriteString("license: " + quote(c.License) + "\n")
	}
	b.WriteString("library_name: transformers\npipeline_tag: text-generation\n")
	list("tags", c.Tags)
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

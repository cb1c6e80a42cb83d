package label

import (
	"bufio"
	"encoding/json"
	"html/template"
	"io"
	"strings"
)

// writeMarkdown puts the element into the front matter, as one YAML line: JSON is
// YAML.
func writeMarkdown(w io.Writer, c *Conversation, l *Label) error {
	b := bufio.NewWriter(w)
	if l != nil {
		b.WriteString("---\n" + key + ": " + l.text() + "\n---\n\n> " + Words + "\n\n")
	}
	if c.Title != "" {
		b.WriteString("# " + oneLine(c.Title) + "\n\n")
	}
	b.WriteString(oneLine(c.about()) + "\n")
	for _, t := range c.Turns {
		b.WriteString("\n## " + roleText(t.Role) + "\n\n" + t.Text + "\n")
	}
	return b.Flush()
}

// oneLine keeps a text on its line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">{{with .Label}}
<meta name="AIGC" content="{{.}}">{{end}}
<meta name="viewport" content="width=device-width"><title>{{or .Title .About}}</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;font:inherit;margin:0 0 1rem}.label{position:sticky;top:0;background:#fff;border-bottom:1px solid #ccc;padding:.4rem 0}h2{font-size:1rem;color:#666}</style>
</head><body><main>{{if .Label}}
<p class="label">{{.Words}}</p>{{end}}
{{with .Title}}<h1>{{.}}</h1>{{end}}<p>{{.About}}</p>
{{range .Turns}}<h2>{{.Who}}</h2><pre>{{.Text}}</pre>
{{end}}{{if .Label}}<p>{{.Words}}</p>
{{end}}</main></body></html>
`))

func writeHTML(w io.Writer, c *Conversation, l *Label) error {
	type turn struct{ Who, Text string }
	var turns []turn
	for _, t := range c.Turns {
		turns = append(turns, turn{roleText(t.Role), t.Text})
	}
	text := ""
	if l != nil {
		text = l.text()
	}
	return page.Execute(w, map[string]any{"Label": text, "Words": Words, "Title": c.Title, "About": c.about(), "Turns": turns})
}

func writeJSON(w io.Writer, c *Conversation, l *Label) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	words := ""
	if l != nil {
		words = Words
	}
	return e.Encode(struct {
		AIGC  *Label `json:"AIGC,omitempty"`
		Words string `json:"label,omitempty"`
		*Conversation
	}{l, words, c})
}

// Package label marks what a model wrote, as GB 45438-2025 asks: with words that
// a reader sees and, in a file's metadata, with the AIGC element that programs
// read. It writes conversations as Markdown, HTML, JSON, DOCX and PDF, and stamps
// PNG pictures.
//
// What the standard asks is told by ../../../docs/formats.md and is to be confirmed
// against its text.
package label

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"suiren/internal/say"
)

// A Label is the AIGC element: strings of the characters 0x21 to 0x7E.
type Label struct {
	Label             string `json:"Label"` // Generated
	ContentProducer   string `json:"ContentProducer"`
	ProduceID         string `json:"ProduceID"`
	ReservedCode1     string `json:"ReservedCode1"` // here: the digest of the text
	ContentPropagator string `json:"ContentPropagator"`
	PropagateID       string `json:"PropagateID"`
	ReservedCode2     string `json:"ReservedCode2"`
}

// Values of Label.Label.
const (
	Generated = "1"
	Possibly  = "2"
	Suspected = "3"
)

// key is the name of the element in every carrier.
const key = "AIGC"

// maxField bounds a field, in bytes.
const maxField = 512

// Check refuses a label that the standard does.
func (l *Label) Check() error {
	if l.Label != Generated && l.Label != Possibly && l.Label != Suspected {
		return bad("Label", l.Label)
	}
	for _, f := range []struct {
		name, value string
		needed      bool
	}{{"ContentProducer", l.ContentProducer, true}, {"ProduceID", l.ProduceID, true}, {"ReservedCode1", l.ReservedCode1, false},
		{"ContentPropagator", l.ContentPropagator, false}, {"PropagateID", l.PropagateID, false}, {"ReservedCode2", l.ReservedCode2, false}} {
		if f.needed && f.value == "" || len(f.value) > maxField || strings.ContainsFunc(f.value, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
			return bad(f.name, f.value)
		}
	}
	return nil
}

func bad(name, value string) error {
	if len(value) > 40 {
		value = value[:40] + "…"
	}
	return &say.Error{Where: name, What: say.T("%q cannot stand in the label of AI-generated content", "%q 不能写入 AI 生成内容标识", value),
		Next: say.T("use 1 to %d characters of ASCII without spaces; code a Chinese name, as by 统一社会信用代码", "请用 1 到 %d 个不含空格的 ASCII 字符；中文名称请编码，如统一社会信用代码", maxField)}
}

// text is the element's JSON on one line, in the order of the standard.
func (l *Label) text() string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(l) // strings do not fail
	return strings.TrimSuffix(b.String(), "\n")
}

// Words are what a reader sees: the AI element and the generation element, in both
// languages, because nobody knows who will read a file.
const Words = "AI 生成内容，请注意甄别 · AI-generated content"

// A Conversation is what is exported.
type Conversation struct {
	Title string    `json:"title"`
	Made  time.Time `json:"made"`
	Model string    `json:"model,omitempty"` // its name, and the beginning of its digest
	Turns []Turn    `json:"turns"`
}

// A Turn is one message.
type Turn struct {
	Role string `json:"role"` // user or assistant
	Text string `json:"text"`
}

// Bounds of a conversation.
const (
	maxTurns = 2000
	maxText  = 8 << 20 // bytes of all turns
)

// Check refuses a conversation that is too large or holds nothing.
func (c *Conversation) Check() error {
	n := len(c.Title)
	for _, t := range c.Turns {
		n += len(t.Text)
		if t.Role != "user" && t.Role != "assistant" {
			return &say.Error{Where: "turns", What: say.T("%q is not a role of a conversation", "%q 不是对话的角色", t.Role), Next: say.T("use user or assistant", "请用 user 或 assistant")}
		}
	}
	if len(c.Turns) == 0 || len(c.Turns) > maxTurns || n > maxText {
		return &say.Error{Where: "turns", What: say.T("a conversation of %d messages and %d bytes cannot be exported", "无法导出 %d 条消息、共 %d 字节的对话", len(c.Turns), n),
			Next: say.T("export 1 to %d messages of at most %d bytes", "请导出 1 到 %d 条消息，总计不超过 %d 字节", maxTurns, maxText)}
	}
	return nil
}

// Formats are what a conversation can be written as.
var Formats = []string{"md", "html", "json", "docx", "pdf"}

// Types are their media types.
var Types = map[string]string{
	"md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8", "json": "application/json", "pdf": "application/pdf", "png": "image/png",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

// Write writes a conversation. A nil label writes it without label and words,
// which only who has the right to may ask for.
func Write(w io.Writer, format string, c *Conversation, l *Label) error {
	if err := c.Check(); err != nil {
		return err
	}
	if l != nil {
		if err := l.Check(); err != nil {
			return err
		}
	}
	switch format {
	case "md":
		return writeMarkdown(w, c, l)
	case "html":
		return writeHTML(w, c, l)
	case "json":
		return writeJSON(w, c, l)
	case "docx":
		return writeDOCX(w, c, l)
	case "pdf":
		return writePDF(w, c, l)
	}
	return &say.Error{Where: format, What: say.T("a conversation cannot be written as %q", "对话不能写成 %q", format), Next: say.T("choose %s", "可选：%s", Formats)}
}

// roleText names who speaks, in both languages.
func roleText(role string) string {
	if role == "user" {
		return "问 · Question"
	}
	return "答 · Answer"
}

// about is the line under the title.
func (c *Conversation) about() string {
	line := c.Made.UTC().Format("2006-01-02 15:04 MST")
	if c.Model != "" {
		line = c.Model + " · " + line
	}
	return line
}

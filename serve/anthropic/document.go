package anthropic

import (
	"encoding/json"
	"regexp"
	"strings"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A source is where the text of a document comes from.
type source struct {
	Type    string          `json:"type"`
	Media   string          `json:"media_type"`
	Data    string          `json:"data"`
	Content json.RawMessage `json:"content"`
}

// marks is what in a document could be taken for the end of it, or the beginning of
// another.
var marks = regexp.MustCompile(`(?i)<(/?\s*(document|title|context)\b)`)

func unmarked(text string) string { return marks.ReplaceAllString(text, "‹$1") }

// document returns a document as text, between tags that nothing in it can close.
func (b *block) document() (string, error) {
	var title, context string
	var from source
	var citations struct {
		Enabled bool `json:"enabled"`
	}
	for _, f := range []struct {
		name string
		v    json.RawMessage
		to   any
	}{{"title", b.Title, &title}, {"context", b.Context, &context}, {"source", b.Source, &from}, {"citations", b.Citations, &citations}} {
		if len(f.v) > 0 && json.Unmarshal(f.v, f.to) != nil {
			return "", say.Errorf("%s of a document has the wrong type", "文档的 %s 类型不对", f.name)
		}
	}
	if citations.Enabled {
		return "", say.Errorf("citations of a document cannot be given here; leave citations out, or put the document into a knowledge base and name it in knowledge",
			"这里无法为文档给出引用；请去掉 citations，或将文档放入知识库并用 knowledge 指定")
	}
	text, err := from.text()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("<document>\n")
	for _, part := range [][2]string{{"title", title}, {"context", context}} {
		if part[1] != "" {
			out.WriteString("<" + part[0] + ">" + unmarked(part[1]) + "</" + part[0] + ">\n")
		}
	}
	out.WriteString(unmarked(text) + "\n</document>\n\n")
	return out.String(), nil
}

// text returns the text of the source.
func (s *source) text() (string, error) {
	switch s.Type {
	case "text":
		if s.Media != "" && s.Media != "text/plain" {
			return "", say.Errorf("a document with a source of type text must be text/plain, not %q", "source 为 text 类型的文档应为 text/plain，而不是 %q", form.Clip(s.Media))
		}
		return s.Data, nil
	case "content":
		list, err := blocks(s.Content)
		if err != nil {
			return "", say.Errorf("the content of a document must be a string, or a list of blocks of text", "文档的 content 应为字符串，或文本块的列表")
		}
		var parts []string
		for _, b := range list {
			if b.Type != "text" {
				return "", say.Errorf("a block of type %q in a document cannot be read here; send text", "这里无法读取文档中 %q 类型的块；请发送文本", form.Clip(b.Type))
			}
			parts = append(parts, b.Text)
		}
		return strings.Join(parts, "\n\n"), nil
	case "url":
		return "", say.Errorf("a document at a URL is not fetched: this server opens no connection; send its text, with a source of type text", "不会获取 URL 上的文档：本服务器不发起任何连接；请用 text 类型的 source 发送其文本")
	case "base64":
		return "", say.Errorf("a document in base64 is not read in a message; send its text, with a source of type text, or put the file into a knowledge base", "消息中的 base64 文档不会被读取；请用 text 类型的 source 发送其文本，或将文件放入知识库")
	}
	return "", say.Errorf("a document with a source of type %q cannot be read here; it must be of type text or content", "这里无法读取 source 为 %q 类型的文档；应为 text 或 content", form.Clip(s.Type))
}

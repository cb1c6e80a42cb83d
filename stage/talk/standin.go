package talk

import (
	"strings"

	"suiren/engine/chat"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
)

// A form is a built-in template that stands in for one that a model lacks.
type form struct {
	name string // chat.BuiltIn calls it so
	text say.Text
}

var forms = []form{
	{"chatml", say.T("ChatML", " ChatML")},
	{"llama2", say.T("the form of Llama 2", " Llama 2 的格式")},
	{"llama3", say.T("the form of Llama 3", " Llama 3 的格式")},
	{"gemma", say.T("the form of Gemma", " Gemma 的格式")},
	{"turns", say.T("User: and Assistant: before what is said", "在各轮前写 User: 与 Assistant: 的格式")},
}

// remark says of a model that is called name that the built-in form stands in; nothing if
// none does.
func remark(name, form string) say.Text {
	for _, f := range forms {
		if f.name == form {
			return say.T("%s has no chat template: it is talked to in one that is built in, %v", "%s 没有对话模板：使用内置的%v", name, f.text)
		}
	}
	return say.Text{}
}

// remark says of the model that is called name in which form it is talked to, if it has no
// template; nothing of others.
func (w *Writer) remark(name string) say.Text {
	if w.Template == nil {
		return say.Text{}
	}
	return remark(name, w.Template.Facts().BuiltIn)
}

// StandIn returns the built-in template by which a model without one is talked to; "" of
// one that has its own.
func (w *Words) StandIn() string {
	_, source := w.standIn()
	return source
}

// Copied returns the template that a copy of a model that was taught chats here says in the
// place of what the model's files say; "" if that is right. It is the built-in one where they
// have none; of our own chat it is the one by which others ask as the model was taught.
func (w *Words) Copied() string {
	if c, err := tokenizer.NewChat(w.Tokenizer); err == nil && c.Wrote(w.Template) {
		if template := c.Template(w.Direct); template != w.Template {
			return template
		}
		return ""
	}
	return w.StandIn()
}

func (w *Words) standIn() (name, source string) {
	if strings.TrimSpace(w.Template) == "" {
		name, source = chat.BuiltIn(vocabularyOf(w.Tokenizer))
	}
	return name, source
}

// Remark says of the model that is called name in which form it is talked to, if it has no
// template; nothing of others.
func (w *Words) Remark(name string) say.Text {
	built, _ := w.standIn()
	return remark(name, built)
}

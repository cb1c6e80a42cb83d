package tokenizer

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The special tokens of a chat.
const (
	endOfText  = "<|endoftext|>"
	turnStart  = "<|im_start|>"
	turnEnd    = "<|im_end|>"
	thinkStart = "<think>"
	thinkEnd   = "</think>"
)

// ChatSpecial are the special tokens that a Chat needs.
var ChatSpecial = []string{endOfText, turnStart, turnEnd, thinkStart, thinkEnd}

// A Message is one turn. The role is system, user or assistant.
type Message struct{ Role, Content string }

// A Chat writes conversations as tokens, the same for training and serving:
//
//	<|im_start|>user\n3+4<|im_end|>\n<|im_start|>assistant\n<think>3+4=7</think>7<|im_end|>
//
// Nothing stands between the thought, </think>, the answer and <|im_end|>.
// Earlier answers of a conversation are written without their thoughts.
type Chat struct {
	t                                  *Tokenizer
	start, end, thinkStart, thinkAfter int32
}

// NewChat returns the chat of a tokenizer, or an error if it lacks a token
// of ChatSpecial.
func NewChat(t *Tokenizer) (*Chat, error) {
	for _, name := range ChatSpecial {
		if _, ok := t.Special(name); !ok {
			return nil, fmt.Errorf("the tokenizer has no token %s, which a chat needs", name)
		}
	}
	return &Chat{t, t.names[turnStart], t.names[turnEnd], t.names[thinkStart], t.names[thinkEnd]}, nil
}

// Prompt appends msgs and the beginning of the answer to dst. Without think
// the thought is closed at once, so that the answer follows.
func (c *Chat) Prompt(dst []int32, msgs []Message, think bool) []int32 {
	for _, m := range msgs {
		dst = append(dst, c.start)
		dst = c.t.Encode(dst, m.Role+"\n"+m.Content) // as one text: pieces may span both
		dst = append(dst, c.end)
		dst = c.t.Encode(dst, "\n")
	}
	dst = append(dst, c.start)
	dst = c.t.Encode(dst, "assistant\n")
	dst = append(dst, c.thinkStart)
	if !think {
		dst = append(dst, c.thinkAfter)
	}
	return dst
}

// Blank reports whether a token says nothing: white space, or a mark of the chat.
func (c *Chat) Blank(id int32) bool {
	switch id {
	case c.start, c.end, c.thinkStart, c.thinkAfter:
		return true
	}
	return id >= 0 && int(id) < c.t.Vocab() && strings.TrimSpace(c.t.Decode([]int32{id})) == ""
}

// Example appends a prompt with its whole answer. Without think the thought
// is left out, and ended at once. supervised is the index in ids of the first
// token that the model has to write itself.
func (c *Chat) Example(dst []int32, prompt, thought, answer string, think bool) (ids []int32, supervised int) {
	dst = c.Prompt(dst, []Message{{"user", prompt}}, true)
	supervised = len(dst)
	if think {
		dst = c.t.Encode(dst, thought)
	}
	dst = append(dst, c.thinkAfter)
	return append(c.t.Encode(dst, answer), c.end), supervised
}

// End returns the id of <|im_end|>, which ends every turn.
func (c *Chat) End() int32 { return c.end }

// ThinkEnd returns the id of </think>.
func (c *Chat) ThinkEnd() int32 { return c.thinkAfter }

// Template returns the Jinja template that writes what Prompt writes. Its
// variable enable_thinking is true unless given, but in that of weights that are asked
// directly, where others would have them think whom nothing tells not to.
func (c *Chat) Template(direct bool) string {
	closes := "enable_thinking is defined and not enable_thinking"
	if direct {
		closes = "enable_thinking is not defined or not enable_thinking"
	}
	return `{%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\n<think>' -}}
{%- if ` + closes + ` -%}
{{- '</think>' -}}
{%- endif -%}
{%- endif -%}
`
}

// Wrote reports whether a template is one of Template.
func (c *Chat) Wrote(template string) bool {
	return template == c.Template(false) || template == c.Template(true)
}

// IsChat reports whether a folder's conversations are those of a Chat: its
// tokenizer has the tokens, and its template is Template.
func IsChat(dir string) bool {
	t, err := Load(dir)
	if err != nil {
		return false
	}
	c, err := NewChat(t)
	if err != nil {
		return false
	}
	text, err := readFile(filepath.Join(dir, "chat_template.jinja"))
	return err == nil && c.Wrote(string(text))
}

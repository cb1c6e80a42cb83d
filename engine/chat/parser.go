package chat

import (
	"encoding/json"
	"strconv"
	"strings"
)

// An EventKind says what the model wrote.
type EventKind int

const (
	Thought       EventKind = iota // Text is a piece of a thought
	Content                        // Text is a piece of the answer
	ToolCallStart                  // a call of Name begins: Index counts calls, ID names this one
	ToolArgs                       // Text is a piece of the arguments of call Index, a JSON object
	ToolCallEnd                    // call Index is over
)

// An Event is what the model wrote, in the order of writing.
type Event struct {
	Kind     EventKind
	Text     string
	Index    int
	ID, Name string
}

// A Parser reads what a model writes after a prompt. The pieces may be cut
// anywhere: the same text gives the same events, but for where Text is cut.
//
// What might become a tag is held back until it is one or not. What looks like
// a call and is none is content. White space around thoughts and before calls
// is dropped.
type Parser struct {
	t     *Template
	syn   *syntax // nil: there are no tools, so that no call is one
	tools map[string]params
	id    func(index int) string

	buf    string
	tokens []span // where in buf the special tokens stand
	final  bool   // nothing follows
	state  func(p *Parser) bool
	events []Event

	space string // white space held back
	spill bool   // … was too much of it
	fresh bool   // drop leading white space
	begun bool   // content was written
	index int    // of the next call
	call  call
}

type span struct{ from, to int }

// NewParser returns the parser for what follows a prompt of c. The id of a call
// is what id returns for its index, or "call_" and the index.
func (t *Template) NewParser(c Conversation, prompt Prompt, id func(index int) string) *Parser {
	p := &Parser{t: t, tools: map[string]params{}, id: id}
	for _, raw := range c.Tools {
		name, ps := readTool(raw)
		p.tools[name] = ps
	}
	if p.id == nil {
		p.id = func(i int) string { return "call_" + strconv.Itoa(i) }
	}
	if len(c.Tools) > 0 || t.syntax.start {
		p.syn = t.syntax
	}
	p.state = (*Parser).content
	switch {
	case prompt.Thinking:
		p.state, p.fresh = (*Parser).thought, true
	case t.syntax.Name == Channels:
		p.state = (*Parser).header
	case p.syn != nil && p.syn.start && strings.HasSuffix(prompt.String, p.syn.begin[0].text):
		p.buf = p.syn.begin[0].text
	}
	return p
}

// Feed takes the next piece. Special says that it is the text of one special
// token; one that means nothing here is dropped.
func (p *Parser) Feed(piece string, special bool) []Event {
	if special {
		p.tokens = append(p.tokens, span{len(p.buf), len(p.buf) + len(piece)})
	}
	p.buf += piece
	return p.steps()
}

// Close ends the turn: what is held back comes out, and an open call ends.
func (p *Parser) Close() []Event {
	p.final = true
	return p.steps()
}

func (p *Parser) steps() []Event {
	for p.state(p) {
	}
	events := p.events
	p.events = nil
	return events
}

// take removes the first n bytes from the buffer and returns their text without
// special tokens.
func (p *Parser) take(n int) string {
	var b strings.Builder
	at := 0
	for len(p.tokens) > 0 && p.tokens[0].from < n {
		b.WriteString(p.buf[at:p.tokens[0].from])
		at = min(p.tokens[0].to, n)
		p.tokens = p.tokens[1:]
	}
	b.WriteString(p.buf[at:n])
	p.buf = p.buf[n:]
	for i := range p.tokens {
		p.tokens[i].from -= n
		p.tokens[i].to -= n
	}
	return b.String()
}

// at reports whether the tag stands at buf[i:]. A tag that is a token of the
// vocabulary is only that token: its spelling in ordinary text is text.
func (p *Parser) at(i int, tag string) bool {
	if !strings.HasPrefix(p.buf[i:], tag) {
		return false
	}
	if !p.t.v.token(tag) {
		return true
	}
	for _, s := range p.tokens {
		if s == (span{i, i + len(tag)}) {
			return true
		}
	}
	return false
}

// find returns where the first of the tags stands, or -1, and how much of the
// buffer surely is before any tag.
func (p *Parser) find(tags ...string) (i int, tag string, sure int) {
	for i := range len(p.buf) {
		for _, tag := range tags {
			if tag != "" && p.at(i, tag) {
				return i, tag, i
			}
		}
		if p.final {
			continue
		}
		for _, tag := range tags {
			if rest := p.buf[i:]; len(rest) < len(tag) && tag[:len(rest)] == rest && !p.t.v.token(tag) {
				return -1, "", i
			}
		}
	}
	return -1, "", len(p.buf)
}

func (p *Parser) emit(e Event) {
	if n := len(p.events); n > 0 && e.Text != "" && p.events[n-1].Kind == e.Kind && p.events[n-1].Index == e.Index {
		p.events[n-1].Text += e.Text
		return
	}
	p.events = append(p.events, e)
}

const blank = " \t\r\n"

// write emits text of a kind, holding back white space at its end and dropping
// it at the beginning if fresh.
func (p *Parser) write(kind EventKind, text string) {
	if p.fresh {
		text = strings.TrimLeft(text, blank)
		p.fresh = text == ""
	}
	if text == "" {
		return
	}
	if body := strings.TrimRight(text, blank); body != "" {
		p.emit(Event{Kind: kind, Text: p.space + body})
		p.space, text, p.spill = "", text[len(body):], false
		p.begun = p.begun || kind == Content
	}
	if p.space += text; p.spill || len(p.space) > maxSpace {
		p.spill = true
		p.flush(kind)
	}
}

// maxSpace is how much white space is held back: a model may write nothing else.
const maxSpace = 1 << 10

// flush emits the white space held back.
func (p *Parser) flush(kind EventKind) {
	if p.space != "" {
		p.emit(Event{Kind: kind, Text: p.space})
		p.space = ""
	}
}

// content reads the answer up to a thought or a call.
func (p *Parser) content() bool {
	tags := p.t.facts.Thought
	open := tags.Open
	if p.begun && !p.t.v.token(strings.TrimSpace(open)) || tags.Close == "<|end|>" {
		open = "" // in an answer that was begun, the spelling of a tag is text
	}
	end := ""
	if !p.begun && tags.Close != "<|end|>" {
		end = tags.Close // of a thought that the prompt began and ended
	}
	var begins []string
	if p.syn != nil {
		begins = p.syn.begins()
		if p.syn.bare && !p.begun && strings.TrimLeft(p.buf, blank) != "" && strings.TrimLeft(p.buf, blank)[0] == '{' {
			return p.tryCall(len(p.buf)-len(strings.TrimLeft(p.buf, blank)), "")
		}
	}
	i, tag, sure := p.find(append(begins, open, end)...)
	switch {
	case i < 0:
		if sure > 0 {
			p.write(Content, p.take(sure))
		}
		if p.final {
			p.flush(Content)
		}
		return false
	case i > 0:
		p.write(Content, p.take(i))
		return true
	case tag == end:
		p.take(len(tag))
		p.space, p.fresh = "", true
		return true
	case tag == open:
		p.take(len(tag))
		p.space, p.fresh, p.state = "", true, (*Parser).thought
		return true
	}
	return p.tryCall(0, tag)
}

// begins returns the tags that a call may begin with.
func (s *syntax) begins() []string {
	var tags []string
	if s.opens != "" {
		tags = append(tags, s.opens)
	}
	if len(s.begin) > 0 && !s.begin[0].name && s.begin[0].text != s.opens {
		tags = append(tags, s.begin[0].text)
	}
	return tags
}

// thought reads up to the end of the thought.
func (p *Parser) thought() bool {
	tag := p.t.facts.Thought.Close
	i, _, sure := p.find(tag)
	if i < 0 {
		p.write(Thought, p.take(sure))
		return false
	}
	p.write(Thought, p.take(i))
	p.take(len(tag))
	p.space, p.fresh, p.state = "", true, (*Parser).content
	return true
}

// notACall makes the first n bytes content.
func (p *Parser) notACall(n int) bool {
	p.fresh = false
	p.emitRaw(n)
	p.state = (*Parser).content
	return true
}

// emitRaw writes the first n bytes of the buffer as content.
func (p *Parser) emitRaw(n int) {
	text := p.take(n)
	p.write(Content, text)
	if strings.TrimSpace(text) != "" {
		p.begun = true
	}
}

// header reads the head of a channel of gpt-oss: <|channel|>NAME<|message|>,
// with to=functions.TOOL somewhere before the message.
func (p *Parser) header() bool {
	i, tag, _ := p.find("<|message|>")
	if i < 0 {
		if p.final { // what stands outside of channels is an answer
			j, _, _ := p.find("<|channel|>", "<|start|>")
			if j < 0 {
				j = len(p.buf)
			}
			p.write(Content, p.take(j))
			p.flush(Content)
			p.take(len(p.buf))
		}
		return false
	}
	head := p.buf[:i]
	p.take(i + len(tag))
	_, channel, _ := strings.Cut(head, "<|channel|>")
	_, to, isCall := strings.Cut(head, "to=functions.")
	to, _, _ = strings.Cut(to, "<")
	to, _, _ = strings.Cut(to, " ")
	p.fresh = true
	switch {
	case isCall && p.syn != nil && to != "":
		p.fresh = false
		p.start(to)
		p.call.end = texts("<|call|>")
		p.state = (*Parser).args
	case strings.HasPrefix(channel, "analysis"):
		p.state = func(p *Parser) bool { return p.message(Thought) }
	default:
		p.state = func(p *Parser) bool { return p.message(Content) }
	}
	return true
}

// message reads the text of a channel.
func (p *Parser) message(kind EventKind) bool {
	i, tag, sure := p.find("<|end|>", "<|return|>", "<|call|>", "<|start|>")
	if i < 0 {
		p.write(kind, p.take(sure))
		if p.final && kind == Content {
			p.flush(kind)
		}
		return false
	}
	p.write(kind, p.take(i))
	if kind == Content {
		p.flush(kind)
	}
	p.take(len(tag))
	p.space, p.state = "", (*Parser).header
	return true
}

// params are the JSON types that a tool declares for its parameters.
type params map[string][]string

// readTool returns the name and the parameters of a tool; of what is no tool,
// nothing.
func readTool(raw json.RawMessage) (string, params) {
	var tool struct {
		Name     string
		Function struct {
			Name       string
			Parameters struct {
				Properties map[string]json.RawMessage
			}
		}
	}
	if json.Unmarshal(raw, &tool) != nil {
		return "", nil
	}
	ps := params{}
	for name, raw := range tool.Function.Parameters.Properties {
		var one struct{ Type string }
		var many struct{ Type []string }
		if json.Unmarshal(raw, &one) == nil && one.Type != "" {
			ps[name] = []string{one.Type}
		} else if json.Unmarshal(raw, &many) == nil {
			ps[name] = many.Type
		}
	}
	return tool.Function.Name, ps
}

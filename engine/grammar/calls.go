package grammar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Tool is what a model may call. Parameters is the JSON schema of its
// arguments, an object; empty: any object.
type Tool struct {
	Name       string
	Parameters []byte
}

// A CallForm says how calls are written:
//
//	Before  Begin name Middle arguments End  Between  Begin name … End  After
//
// Arguments are a JSON object or, if Key is not "", each by itself:
//
//	Key name Value value Done
//
// where a string stands as it is and everything else as JSON.
type CallForm struct {
	Before, Begin, End, Between, After string
	Middle                             []string // any of them
	Key, Value, Done                   string
}

// A Turn is what a model may write: calls of tools, an answer, or either.
type Turn struct {
	Form    CallForm
	Tools   []Tool
	Many    bool     // more than one call
	Trigger string   // the text is free until it, and need not call anything; calls begin with it. "": they come at once
	Begins  bool     // with a trigger: calls begin the text, or there are none
	Answer  *Grammar // instead of calls; nil: none
	Head    string   // before the answer
	Maybe   string   // may stand before all
	Tags    []string // that are special tokens: spelt in others they are text
}

// Compile compiles a turn. Errors are an *Error whose path begins with the
// tool's number.
func (t *Turn) Compile() (*Grammar, error) {
	f := &t.Form
	if len(t.Tools) == 0 {
		return nil, &Error{Code: NoTools}
	}
	p := &program{tags: t.Tags}
	cut := 0 // bytes of Begin that the trigger takes
	if t.Maybe != "" {
		split := p.add(inst{op: opSplit, x: len(p.list) + 1})
		p.text(t.Maybe)
		p.list[split].y = len(p.list)
	}
	answer := -1
	if t.Answer != nil || t.Begins {
		answer = p.add(inst{op: opSplit, x: len(p.list) + 1})
	}
	before := f.Before
	if t.Trigger != "" {
		rest, ok := strings.CutPrefix(f.Before+f.Begin, t.Trigger)
		if !ok {
			return nil, &Error{Code: BadTrigger, Text: t.Trigger}
		}
		if t.Begins {
			p.text(t.Trigger)
		} else {
			p.add(inst{op: opFree, text: t.Trigger, tag: p.tag(t.Trigger) == len(t.Trigger)})
		}
		before = f.Before[min(len(t.Trigger), len(f.Before)):]
		cut = len(f.Begin) - min(len(rest), len(f.Begin))
	}
	p.text(before)
	args := make([][]inst, len(t.Tools))
	for i, tool := range t.Tools {
		a := &program{tags: t.Tags}
		if err := a.arguments(f, tool); err != nil {
			if e, ok := err.(*Error); ok {
				e.Path = fmt.Sprintf("/%d%s", i, e.Path)
			}
			return nil, err
		}
		args[i] = a.list
	}
	first := len(p.list)
	p.calls(t, args, cut)
	if t.Many {
		split := p.add(inst{op: opSplit, x: len(p.list) + 1})
		p.text(f.Between)
		if cut == 0 {
			p.add(inst{op: opJump, x: first})
		} else { // the first call has begun with the trigger
			more := len(p.list)
			p.calls(t, args, 0)
			again := p.add(inst{op: opSplit, x: len(p.list) + 1})
			p.text(f.Between)
			p.add(inst{op: opJump, x: more})
			p.list[again].y = len(p.list)
		}
		p.list[split].y = len(p.list)
	}
	p.text(f.After)
	p.add(inst{op: opEnd})
	if answer >= 0 {
		p.list[answer].y = len(p.list)
		if p.text(t.Head); t.Answer != nil {
			p.join(t.Answer.prog)
		} else {
			p.add(inst{op: opUnless, text: t.Trigger})
		}
	}
	return newGrammar(p.list), nil
}

// Headed returns a form that stands behind a text, before which may stand
// another.
func Headed(g *Grammar, maybe, head string, tags []string) *Grammar {
	p := &program{tags: tags}
	split := p.add(inst{op: opSplit, x: 1})
	p.text(maybe)
	p.list[split].y = len(p.list)
	p.text(head)
	p.join(g.prog)
	return newGrammar(p.list)
}

// A program is instructions under way.
type program struct {
	list []inst
	tags []string
}

func (p *program) add(i inst) int {
	p.list = append(p.list, i)
	return len(p.list) - 1
}

// join adds the instructions of another program.
func (p *program) join(list []inst) {
	at := len(p.list)
	for _, i := range list {
		i.x, i.y = i.x+at, i.y+at
		if i.op == opFree {
			i.x -= at
		}
		p.list = append(p.list, i)
	}
}

// tag returns the length of the special token that a text begins with.
func (p *program) tag(s string) (n int) {
	for _, t := range p.tags {
		if strings.HasPrefix(s, t) {
			n = max(n, len(t))
		}
	}
	return n
}

// text adds a text of our own, in which tags are special tokens.
func (p *program) text(s string) {
	from := 0
	for i := 0; i < len(s); {
		n := p.tag(s[i:])
		if n == 0 {
			i++
			continue
		}
		p.plain(s[from:i])
		p.add(inst{op: opText, text: s[i : i+n], tag: true})
		i += n
		from = i
	}
	p.plain(s[from:])
}

// plain adds a text.
func (p *program) plain(s string) {
	if s != "" {
		p.add(inst{op: opText, text: s})
	}
}

// oneOf adds alternatives.
func (p *program) oneOf(n int, alternative func(i int)) {
	var ends []int
	for i := range n {
		split := -1
		if i+1 < n {
			split = p.add(inst{op: opSplit, x: len(p.list) + 1})
		}
		alternative(i)
		ends = append(ends, p.add(inst{op: opJump}))
		if split >= 0 {
			p.list[split].y = len(p.list)
		}
	}
	for _, at := range ends {
		p.list[at].x = len(p.list)
	}
}

// calls adds a call of one of the tools, of whose beginning cut bytes stand
// there already.
func (p *program) calls(t *Turn, args [][]inst, cut int) {
	f := &t.Form
	p.oneOf(len(t.Tools), func(i int) {
		p.text(f.Begin[cut:])
		p.plain(t.Tools[i].Name)
		p.oneOf(len(f.Middle), func(i int) { p.text(f.Middle[i]) })
		p.join(args[i])
		p.text(f.End)
	})
}

func (p *program) schema(schema []byte) error {
	nodes, err := compile(schema)
	if err != nil {
		return err
	}
	m := newMachine(nodes)
	if !m.alive(m.start) {
		return &Error{Code: Impossible}
	}
	p.add(inst{op: opSchema, schema: m})
	return nil
}

// arguments adds a call's arguments.
func (p *program) arguments(f *CallForm, t Tool) error {
	schema := t.Parameters
	if len(bytes.TrimSpace(schema)) == 0 || string(bytes.TrimSpace(schema)) == "null" {
		schema = []byte(`{}`)
	}
	if f.Key == "" {
		return p.schema([]byte(`{"allOf": [{"type": "object"}, ` + string(schema) + `]}`))
	}
	var s struct {
		Properties json.RawMessage `json:"properties"`
		Required   []string        `json:"required"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return &Error{Code: NotObject, Text: err.Error()}
	}
	names, of, err := members(s.Properties)
	if err != nil {
		return err
	}
	for _, name := range names {
		split := -1
		if !slices.Contains(s.Required, name) {
			split = p.add(inst{op: opSplit, x: len(p.list) + 1})
		}
		p.text(f.Key)
		p.plain(name)
		p.text(f.Value)
		if err := p.argument(f, of[name], schema); err != nil {
			if e, ok := err.(*Error); ok {
				e.Path = "/properties/" + escape(name) + e.Path
			}
			return err
		}
		if split >= 0 {
			p.list[split].y = len(p.list)
		}
	}
	for _, name := range s.Required {
		if !slices.Contains(names, name) {
			return &Error{Path: "/required", Code: NotProperty, Text: name}
		}
	}
	return nil
}

// argument adds one argument that stands by itself, and what ends it.
func (p *program) argument(f *CallForm, schema json.RawMessage, whole []byte) error {
	var s struct {
		Type string   `json:"type"`
		Enum []string `json:"enum"`
		Defs any      `json:"$defs"`
	}
	json.Unmarshal(schema, &s)
	switch {
	case s.Type == "string" && len(s.Enum) > 0:
		p.add(inst{op: opWords, words: newByteTrie(s.Enum)})
	case s.Type == "string": // anything up to what ends it
		n := p.tag(f.Done)
		if n == 0 {
			n = len(f.Done)
		}
		p.add(inst{op: opFree, text: f.Done[:n], x: 1, tag: p.tag(f.Done) > 0})
		p.text(f.Done[n:])
		return nil
	default:
		if err := p.schema(withDefinitions(schema, whole)); err != nil {
			return err
		}
	}
	p.text(f.Done)
	return nil
}

// withDefinitions puts the definitions of a schema beside a part of it, which
// may refer to them.
func withDefinitions(part json.RawMessage, whole []byte) []byte {
	var from, to map[string]json.RawMessage
	if json.Unmarshal(whole, &from) != nil || json.Unmarshal(part, &to) != nil || to == nil {
		return part
	}
	for _, key := range []string{"$defs", "definitions"} {
		if v, ok := from[key]; ok && to[key] == nil {
			to[key] = v
		}
	}
	b, err := json.Marshal(to)
	if err != nil {
		return part
	}
	return b
}

// members returns the members of an object in their order.
func members(raw json.RawMessage) (names []string, of map[string]json.RawMessage, err error) {
	of = map[string]json.RawMessage{}
	if len(raw) == 0 || string(raw) == "null" {
		return nil, of, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, &Error{Path: "/properties", Code: NotObject}
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, nil, &Error{Path: "/properties", Code: NotJSON, Text: err.Error()}
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, nil, &Error{Path: "/properties", Code: NotJSON, Text: err.Error()}
		}
		name := t.(string)
		if _, twice := of[name]; !twice {
			names = append(names, name)
		}
		of[name] = v
	}
	return names, of, nil
}

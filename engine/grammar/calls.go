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
	Before, Begin, Middle, End, Between, After string
	Key, Value, Done                           string
}

// Calls compiles calls of tools. With a trigger, the text is free until it
// comes, and need not call anything; what a call begins with begins with the
// trigger. many allows more than one call. Errors are an *Error whose path
// begins with the tool's number.
func Calls(f CallForm, tools []Tool, trigger string, many bool) (*Grammar, error) {
	if len(tools) == 0 {
		return nil, &Error{"", "there is no tool to call"}
	}
	p := &program{}
	open := f.Before
	if trigger != "" {
		rest, ok := strings.CutPrefix(f.Before+f.Begin, trigger)
		if !ok {
			return nil, &Error{"", fmt.Sprintf("a call begins with %q, not with %q", f.Before+f.Begin, trigger)}
		}
		p.add(inst{op: opFree, text: trigger})
		if len(trigger) <= len(f.Before) {
			open = f.Before[len(trigger):]
		} else { // the trigger takes a part of Begin, of the first call
			return nil, &Error{"", fmt.Sprintf("the trigger %q ends within a call; %q is left", trigger, rest)}
		}
	}
	p.text(open)
	first := len(p.list)
	var ends []int
	for i, t := range tools {
		split := -1
		if i+1 < len(tools) {
			split = p.add(inst{op: opSplit, x: len(p.list) + 1})
		}
		p.text(f.Begin + t.Name + f.Middle)
		if err := p.arguments(f, t); err != nil {
			if e, ok := err.(*Error); ok {
				e.Path = fmt.Sprintf("/%d%s", i, e.Path)
			}
			return nil, err
		}
		p.text(f.End)
		ends = append(ends, p.add(inst{op: opJump}))
		if split >= 0 {
			p.list[split].y = len(p.list)
		}
	}
	for _, at := range ends {
		p.list[at].x = len(p.list)
	}
	if many {
		split := p.add(inst{op: opSplit, x: len(p.list) + 1})
		p.text(f.Between)
		p.add(inst{op: opJump, x: first})
		p.list[split].y = len(p.list)
	}
	p.text(f.After)
	p.add(inst{op: opEnd})
	return newGrammar(p.list), nil
}

// A program is instructions under way.
type program struct{ list []inst }

func (p *program) add(i inst) int {
	p.list = append(p.list, i)
	return len(p.list) - 1
}

func (p *program) text(s string) {
	if s != "" {
		p.add(inst{op: opText, text: s})
	}
}

func (p *program) schema(schema []byte) error {
	nodes, err := compile(schema)
	if err != nil {
		return err
	}
	m := newMachine(nodes)
	if !m.alive(m.start) {
		return &Error{"", "no value is an instance of it"}
	}
	p.add(inst{op: opSchema, schema: m})
	return nil
}

// arguments adds a call's arguments.
func (p *program) arguments(f CallForm, t Tool) error {
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
		return &Error{"", fmt.Sprintf("it is not a schema of an object: %v", err)}
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
		p.text(f.Key + name + f.Value)
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
			return &Error{"/required", fmt.Sprintf("%q is not among the properties", name)}
		}
	}
	return nil
}

// argument adds one argument that stands by itself, and what ends it.
func (p *program) argument(f CallForm, schema json.RawMessage, whole []byte) error {
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
		p.add(inst{op: opFree, text: f.Done, x: 1})
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
		return nil, nil, &Error{"/properties", "it is not an object"}
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, nil, &Error{"/properties", err.Error()}
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, nil, &Error{"/properties", err.Error()}
		}
		name := t.(string)
		if _, twice := of[name]; !twice {
			names = append(names, name)
		}
		of[name] = v
	}
	return names, of, nil
}

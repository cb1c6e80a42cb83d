package grammar

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// A hostile schema is compiled or refused, and reads any text.
func FuzzSchema(f *testing.F) {
	f.Add(`{"type": "object", "properties": {"a": {"$ref": "#"}}}`, `{"a": {"a": {}}}`)
	f.Add(`{"enum": [1, "a", [1, {"b": null}]], "uniqueItems": true}`, `[1, {"b": null}]`)
	f.Add(`{"pattern": "^(a|b{2,3})*$", "maxLength": 1000000000, "multipleOf": 0.01}`, `"abb"`)
	f.Add(`{"allOf": [{"minItems": 3}, {"contains": {"minimum": 2}}], "items": {"type": ["number", "null"]}}`, `[1, 2, 3.5]`)
	f.Fuzz(func(t *testing.T, schema, text string) {
		if len(schema) > 4000 || len(text) > 400 {
			return
		}
		g, err := Schema([]byte(schema))
		if err != nil {
			return
		}
		s := g.start
		for i := 0; i < len(text) && s != nil; i++ {
			s = g.after(s, text[i])
		}
		if s != nil && s.end {
			var v any
			if json.Unmarshal([]byte(text), &v) != nil && strings.ToValidUTF8(text, "") == text {
				t.Errorf("%q is accepted and is not JSON", text)
			}
		}
	})
}

// Any expression compiles or is refused, and takes what Go's regexp does.
func FuzzRegex(f *testing.F) {
	f.Add(`(a|b)*c{2,5}[^d-f]`, "abcc")
	f.Add(`^\d+(?:\.\w*)?$`, "1.x")
	f.Add(`)|(`, "0")
	f.Add(`(?i)k|[^\x00-\x{10ffff}]|ſ$`, "K")
	f.Fuzz(func(t *testing.T, re, text string) {
		if len(re) > 300 || len(text) > 200 {
			return
		}
		g, err := Regex(re)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		plain, _ := fromECMA(re)
		if want := regexp.MustCompile(`\A(?:` + plain + `)\z`).MatchString(text); takes(g, text) != want {
			t.Errorf("%q and %q match: %t", re, text, want)
		}
	})
}

// A mask is what Accept takes, whatever the schema, along any text.
func FuzzMask(f *testing.F) {
	f.Add(`{"type": "object", "properties": {"a": {"$ref": "#"}}, "additionalProperties": {"pattern": "^a*b"}}`, `{"a": {"a": {}}, "é": "ab"}`)
	f.Add(`{"uniqueItems": true, "items": {"anyOf": [{"maxLength": 3, "pattern": "[^a]$"}, {"uniqueItems": true}]}}`, `["abc", ["x", 1, 12], "b"]`)
	f.Add(`{"not": {"items": {"enum": ["red", "é"]}}, "minimum": 2, "maximum": 345, "multipleOf": 3}`, `["red", "é", 12]`)
	f.Add(`{"patternProperties": {"^r.d": {"minimum": 1}}, "propertyNames": {"maxLength": 4}, "required": ["red", "甲"]}`, `{"red": 12, "甲": null}`)
	list := []string{`{"`, `":`, `": "`, `", "`, `"]`, `"a`, `name`, ` red`, `red"`, `12`, `345`, `0.`, `true`, `甲乙`, `é`, "\xe7\x94", "a\xe4", `\u00`, `\n`, `]}`, `[1`, `,2`, `,12`, `ab`, `b"`, `e5`, `1,1,`}
	v := NewVocab(256+len(list), func(id int32) []byte {
		if id < 256 {
			return []byte{byte(id)}
		}
		return []byte(list[id-256])
	}, nil)
	f.Fuzz(func(t *testing.T, schema, text string) {
		if len(schema) > 1000 || len(text) > 100 {
			return
		}
		g, err := Schema([]byte(schema))
		if err != nil {
			return
		}
		maskIsAccept(t, g, v, schema, text)
	})
}

// Calls of any tools, in the form of any template, compile or are refused, and read any
// text: the mask is what Accept takes.
func FuzzCalls(f *testing.F) {
	f.Add("add", `{"type": "object", "properties": {"x": {"type": "integer"}}}`, "<tool_call>\n", `{"name": "`, `", "arguments": `, "}", "\n", "</tool_call>", "", "", "<tool_call>", byte(1), "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"x\": 1}}")
	f.Add("get", `{"properties": {"s": {"type": "string"}, "n": {}}, "required": ["s"]}`, "", "<tool_call>", "", "</tool_call>", "", "", "<arg_key>", "</arg_key><arg_value>", "", byte(3), "<tool_call>get<arg_key>s</arg_key><arg_value>x")
	f.Add("", `{}`, "", "", "", "", "", "", "", "", "", byte(7), "{}{}")
	list := []string{"<tool_call>", "</tool_call>", `{"`, `": `, "add", "get", "</", "<arg"}
	v := NewVocab(256+len(list), func(id int32) []byte {
		if id < 256 {
			return []byte{byte(id)}
		}
		return []byte(list[id-256])
	}, func(id int32) bool { return id >= 256 && id < 258 })
	f.Fuzz(func(t *testing.T, name, schema, before, begin, middle, end, between, after, key, value, trigger string, how byte, text string) {
		if len(schema) > 1000 || len(text) > 100 || len(name)+len(before)+len(begin)+len(middle)+len(end)+len(between)+len(after)+len(key)+len(value)+len(trigger) > 300 || key != "" && end == "" {
			return
		}
		turn := Turn{Form: CallForm{Before: before, Begin: begin, Middle: []string{middle}, End: end, Between: between, After: after, Key: key, Value: value, Done: end},
			Tools: []Tool{{name, []byte(schema)}, {name + "2", nil}}, Many: how&1 != 0, Trigger: trigger, Begins: how&2 != 0 && trigger != "", Tags: list[:2]}
		if how&4 != 0 {
			turn.Answer, _ = Choice([]string{"yes", "no", text})
		}
		g, err := turn.Compile()
		if err != nil {
			return
		}
		maskIsAccept(t, g, v, turn, text)
	})
}

// maskIsAccept fails where a mask along text is not what Accept takes. what names the
// grammar.
func maskIsAccept(t *testing.T, g *Grammar, v *Vocab, what any, text string) {
	m := g.Start(v)
	for i := 0; i <= len(text); i++ {
		bits := make([]uint32, (v.Size()+31)/32)
		m.Mask(bits)
		for id := range int32(v.Size()) {
			if got, want := bits[id/32]>>(id%32)&1 == 1, m.Clone().Accept(id); got != want {
				t.Fatalf("%+v after %q: the mask says %t of %q, Accept %t", what, text[:i], got, v.tokens[id], want)
			}
		}
		m.CanEnd()
		if i == len(text) || !m.Accept(int32(text[i])) {
			return
		}
	}
}

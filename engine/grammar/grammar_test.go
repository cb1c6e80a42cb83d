package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// bytesVocab has the single bytes, and special tokens.
func bytesVocab(special ...string) *Vocab {
	return NewVocab(256+len(special), func(id int32) []byte {
		if id < 256 {
			return []byte{byte(id)}
		}
		return []byte(special[id-256])
	}, func(id int32) bool { return id >= 256 })
}

// takes feeds a text byte by byte.
func takes(g *Grammar, text string) bool {
	s := g.text(g.start, text)
	return s != nil && s.end
}

func TestSchemas(t *testing.T) {
	for _, c := range []struct {
		schema    string
		good, bad []string
	}{
		{`true`, []string{`1`, `"a"`, ` {"a": [1, 2.5e3, null]}`, `"\ud83d\ude00 \u0041"`}, []string{``, `01`, `"\ud83d"`, `[1,]`, `{"a"}`, "\"\x01\"", "\"\xff\""}},
		{`{"type": "integer", "minimum": 10, "exclusiveMaximum": 120, "multipleOf": 5}`, []string{`10`, `115`, `15.0`}, []string{`9`, `120`, `11`, `1`, `-10`, `15.5`}},
		{`{"type": "number", "minimum": -1.5, "maximum": 0}`, []string{`-1.5`, `-0.25`, `0`, `-1`}, []string{`-1.6`, `0.1`, `1`, `-2`}},
		{`{"enum": ["a", "ab", 1, null, {"x": [1]}, true]}`, []string{`"a"`, `"\u0061b"`, `1.0`, `null`, `{ "x" : [ 1 ] }`, `true`}, []string{`"b"`, `2`, `false`, `{"x": [2]}`, `{"x": [1], "y": 1}`, `"abc"`}},
		{`{"properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false}`, []string{`{"a": ""}`, `3`}, []string{`{}`, `{"a": 1}`, `{"a": "", "a": ""}`, `{"b": 1, "a": ""}`}},
		{`{"type": "object", "patternProperties": {"^x": {"type": "number"}}, "additionalProperties": {"type": "string"}}`, []string{`{"x1": 1, "y": "2"}`}, []string{`{"x1": "1"}`, `{"y": 2}`}},
		{`{"oneOf": [{"type": "string", "maxLength": 3}, {"type": "string", "minLength": 2}]}`, []string{`"a"`, `"abcd"`}, []string{`"ab"`, `1`}},
		{`{"not": {"type": "string"}}`, []string{`1`}, []string{`"a"`}},
		{`{"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["a"]}, "else": {"required": ["b"]}}`, []string{`{"k": 1, "a": 0}`, `{"k": 2, "b": 0}`}, []string{`{"k": 1, "b": 0}`, `{}`}},
		{`{"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "number"}, "minItems": 2, "maxItems": 3}`, []string{`["a", 1]`, `["a",1,2]`}, []string{`["a"]`, `[1, 1]`, `["a", "b"]`, `["a", 1, 2, 3]`}},
		{`{"uniqueItems": true}`, []string{`[1, "1", [1], {"a": 1, "b": 2}]`}, []string{`[1, 1.0]`, `[{"a": 1, "b": 2}, {"b": 2, "a": 1}]`, `["a", "\u0061"]`}},
		{`{"contains": {"const": 7}, "minContains": 2, "maxContains": 2}`, []string{`[7, 1, 7]`}, []string{`[7]`, `[7, 7, 7]`}},
		{`{"$defs": {"t": {"type": "object", "properties": {"next": {"$ref": "#/$defs/t"}}, "additionalProperties": false}}, "$ref": "#/$defs/t"}`, []string{`{"next": {"next": {}}}`}, []string{`{"next": 1}`, `{"next": {"x": {}}}`}},
		{`{"type": "string", "pattern": "^a+$", "maxLength": 3}`, []string{`"a"`, `"aaa"`}, []string{`"b"`, `"aaaa"`, `""`}},
		{`{"type": "string", "format": "date"}`, []string{`"2024-02-29"`}, []string{`"2023-02-29"`, `"x"`}},
		{`{"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}`, []string{`{"a": 1, "b": 1}`, `{"b": 1}`, `{"d": 0, "c": 0}`}, []string{`{"a": 1}`, `{"c": 1}`}},
		{`{"propertyNames": {"maxLength": 2}, "minProperties": 1, "maxProperties": 2}`, []string{`{"a": 1}`, `{"ab": 1, "b": 2}`}, []string{`{"abc": 1}`, `{}`, `{"a": 1, "b": 1, "c": 1}`}},
	} {
		g, err := Schema([]byte(c.schema))
		if err != nil {
			t.Errorf("%s: %v", c.schema, err)
			continue
		}
		for _, x := range c.good {
			if !takes(g, x) {
				t.Errorf("%s refuses %s", c.schema, x)
			}
		}
		for _, x := range c.bad {
			if takes(g, x) {
				t.Errorf("%s takes %s", c.schema, x)
			}
		}
	}
}

// The mask allows just the tokens that Accept takes: with tokens of many
// bytes, most of which the mask does not walk, along instances of schemas.
func TestMaskIsAccept(t *testing.T) {
	list := []string{`{"`, `":`, `": "`, `", "`, `"}`, `"]`, `"a`, `name`, `na`, `me"`, ` red`, `re`, `red"`, `12`, `345`, `0.`, `tr`, `true`, `e}`, `甲`, `甲乙`, `é`,
		"\xe7\x94", "\x94\xb2", "a\xe4", `\u00`, `\n`, `\"`, "\n ", `]}`, `}}`, `[1`, `,2`, `xyz`, `ab`, `aab`, `b"`, `-1`, `e5`, `nul`, `abcdefgh`}
	v := NewVocab(256+len(list), func(id int32) []byte {
		if id < 256 {
			return []byte{byte(id)}
		}
		return []byte(list[id-256])
	}, nil)
	for _, c := range []struct{ schema, text string }{
		{`{"properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}`, `{"name": "甲x", "n": -12, "zebra": [true]}`},
		{`{"properties": {"na": {"enum": ["red", "甲乙"]}, "é": {"maxLength": 9}}, "additionalProperties": false}`, `{"na": "甲乙", "é": "\u0041bcdé"}`},
		{`{"patternProperties": {"^a+b": {"pattern": "b.*[xy]$"}}}`, `{"aab": "ab xy", "é": "q"}`},
		{`{"items": {"type": "string", "pattern": "^.*$", "minLength": 1}, "uniqueItems": true}`, `["ab", "甲"]`},
		{`{"items": {"uniqueItems": true}, "uniqueItems": true}`, `[["a", 1, "\u0061b"], ["ab"], [1, 1.5, {"a": 12}], [[1], "ab"]]`},
		{`{"not": {"uniqueItems": true}}`, `[1, "ab", [12, 3], "a", "ab", 5]`},
		{`{"anyOf": [{"uniqueItems": true}, {"maxItems": 3}]}`, `["a", "red", "ab", "na"]`},
		{`{"anyOf": [{"uniqueItems": true}, {"maxItems": 3}]}`, `[12, 345, 12]`},
		{`{"items": {"pattern": "^.{3}$"}}`, `["abc", "甲乙é", 1]`},
		{`{"not": {"required": ["name"]}, "maxProperties": 2}`, `{"nam": 1, "ab": {"name": 2}}`},
	} {
		g, err := Schema([]byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		m := g.Start(v)
		for i := 0; i <= len(c.text); i++ {
			bits := make([]uint32, (v.Size()+31)/32)
			m.Mask(bits)
			for id := range int32(v.Size()) {
				if got, want := bits[id/32]>>(id%32)&1 == 1, m.Clone().Accept(id); got != want {
					t.Fatalf("%s after %s: the mask says %t of %q, Accept %t", c.schema, c.text[:i], got, v.tokens[id], want)
				}
			}
			if i < len(c.text) && !m.Accept(int32(c.text[i])) {
				t.Fatalf("%s refuses %s", c.schema, c.text[:i+1])
			}
		}
		if !m.CanEnd() {
			t.Errorf("%s refuses %s", c.schema, c.text)
		}
	}
}

// What is remembered of a grammar's texts has a bound, whatever the text.
func TestMemory(t *testing.T) {
	g, err := Schema([]byte(`{"type": "array", "uniqueItems": true, "items": {"type": "string", "pattern": "a.*b"}}`))
	if err != nil {
		t.Fatal(err)
	}
	m := g.Start(bytesVocab())
	most := 0
	for i := range 3000 {
		text := fmt.Sprintf(`"a%db", `, i)
		if i == 0 {
			text = "[" + text
		}
		for _, b := range []byte(text) {
			bits := make([]uint32, 8)
			if i%100 == 0 {
				m.Mask(bits)
			}
			if !m.Accept(int32(b)) {
				t.Fatalf("item %d: %q is refused", i, b)
			}
		}
		most = max(most, g.size, g.prog[0].schema.size)
	}
	if most > maxSize+1<<20 {
		t.Errorf("%d bytes are remembered", most)
	}
	if m.Accept('"') && m.Accept('a') && m.Accept('7') && m.Accept('b') && m.Accept('"') && m.Accept(']') {
		t.Error("an item came twice")
	}
}

// What is not enforced is refused, at its place.
func TestRefused(t *testing.T) {
	for schema, path := range map[string]string{
		`{"properties": {"a/b": {"unevaluatedProperties": false}}}`: "/properties/a~1b/unevaluatedProperties",
		`{"items": {"pattern": "(?=a)"}}`:                           "/items/pattern",
		`{"anyOf": [{}, {"format": "iri"}]}`:                        "/anyOf/1/format",
		`{"$ref": "https://elsewhere/x"}`:                           "/$ref",
		`{"$ref": "#"}`:                                             "",
		`{"type": "strin"}`:                                         "/type",
		`{"minLength": -1}`:                                         "/minLength",
		`false`:                                                     "",
		`[]`:                                                        "",
		`{"type": "string"`:                                         "",
	} {
		_, err := Schema([]byte(schema))
		var e *Error
		if !errors.As(err, &e) || e.Path != path {
			t.Errorf("%s: %v, not at %s", schema, err, path)
		}
	}
}

// A pattern that a finite automaton cannot tell within bounds is refused, soon.
func TestPatternBounds(t *testing.T) {
	for _, re := range []string{`.*a.{40}`, `(.{0,900}x.{0,900}){0,1}`, `(a?){1000}(b?){1000}c`, strings.Repeat(`[\pLa]`, 300), `(\pL{0,200}\d){1,5}z`} {
		g, err := Regex(re)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Code != PatternStates) {
			t.Errorf("%.20s: %v", re, err)
		}
		if g == nil && err == nil {
			t.Error("no grammar")
		}
	}
	if _, err := Regex(`.*a.{40}`); err == nil {
		t.Error("2^40 states were made")
	}
}

// Every code says something of its own.
func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for c := NotJSON; c <= BadTrigger; c++ {
		if why := reasons[c]; why == "" || seen[why] {
			t.Errorf("code %d says %q", c, why)
		} else {
			seen[why] = true
		}
	}
}

// Random tokens under the mask write instances, and whatever is refused by the
// mask is refused by Accept.
func TestRandomWalk(t *testing.T) {
	schema := `{"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}, "n": {"type": "integer", "minimum": 3, "maximum": 70},
		"tags": {"type": "array", "items": {"enum": ["red", "green"]}, "maxItems": 2}, "on": {"type": "boolean"}}, "required": ["n", "name"], "additionalProperties": false}`
	g, err := Schema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	v := bytesVocab("<|im_end|>")
	rng := rand.New(rand.NewPCG(1, 2))
	done := 0
	for range 40 {
		m := g.Start(v)
		var text []byte
		for range 400 {
			if m.CanEnd() {
				break
			}
			bits := make([]uint32, 9)
			m.Mask(bits)
			var may []int32
			for id := range int32(v.Size()) {
				ok := bits[id/32]>>(id%32)&1 == 1
				c := m.Clone()
				if c.Accept(id) != ok {
					t.Fatalf("after %q the mask says %t of token %d, Accept does not", text, ok, id)
				}
				if ok {
					may = append(may, id)
				}
			}
			if len(may) == 0 {
				t.Fatalf("nothing may follow %q", text)
			}
			id := may[rng.IntN(len(may))]
			m.Accept(id)
			text = append(text, byte(id))
		}
		if !m.CanEnd() {
			continue
		}
		done++
		var x struct {
			N    float64
			Name string
			Tags []string
		}
		if err := json.Unmarshal(text, &x); err != nil || x.N < 3 || x.N > 70 || len([]rune(x.Name)) > 5 || len(x.Tags) > 2 {
			t.Errorf("%s: %v", text, err)
		}
	}
	if done < 20 {
		t.Errorf("%d of 40 walks ended", done)
	}
}

// What no text can make match any more is over at once, also where the
// beginning is bound: a model must not be led into a string without an end.
func TestPatternEnds(t *testing.T) {
	for _, c := range []struct{ pattern, good, dead string }{
		{"^abc", `"abc and more"`, `"ax`}, {"^[a-z]+$", `"xyz"`, `"x1`}, {"^.{3}$", `"甲乙é"`, `"abcd`}, {"^(a|b$)", `"ax"`, `"bx`}, {"a$|^b", `"xxa"`, ``},
	} {
		g, err := Schema([]byte(`{"type": "string", "pattern": "` + c.pattern + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		if !takes(g, c.good) {
			t.Errorf("%s refuses %s", c.pattern, c.good)
		}
		if c.dead != "" && g.text(g.start, c.dead) != nil {
			t.Errorf("%s goes on after %s", c.pattern, c.dead)
		}
	}
}

// Random bytes under the mask of an expression lead to a match.
func TestRandomExpression(t *testing.T) {
	v := bytesVocab()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, re := range []string{`[a-f]{3}`, `(甲|乙x){2}[α-ω]?`, `\pL{1,4}`, `[^a-z]{2}!`} {
		g, err := Regex(re)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			m := g.Start(v)
			for n := 0; !m.CanEnd(); n++ {
				bits := make([]uint32, 8)
				m.Mask(bits)
				var may []int32
				for id := range int32(256) {
					if bits[id/32]>>(id%32)&1 == 1 {
						may = append(may, id)
					}
				}
				if len(may) == 0 || n > 100 {
					t.Fatalf("%s: nothing may follow after %d bytes", re, n)
				}
				m.Accept(may[rng.IntN(len(may))])
			}
		}
	}
}

func TestRollback(t *testing.T) {
	g, _ := Schema([]byte(`{"type": "array", "items": {"type": "boolean"}}`))
	v := bytesVocab()
	m := g.Start(v)
	for _, b := range []byte("[true") {
		if !m.Accept(int32(b)) {
			t.Fatal(string(b))
		}
	}
	m.Rollback(4)
	for _, b := range []byte("false]") {
		if !m.Accept(int32(b)) {
			t.Fatal(string(b))
		}
	}
	if !m.CanEnd() {
		t.Error("it is not over")
	}
}

func TestRegexAndChoice(t *testing.T) {
	g, err := Regex(`(\d{3}-)?\d{4}|[甲乙]+`)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"1234": true, "123-4567": true, "12": false, "甲乙甲": true, "丙": false, "": false} {
		if takes(g, text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
	g, _ = Choice([]string{"yes", "no", "not yet"})
	for text, want := range map[string]bool{"yes": true, "no": true, "not yet": true, "not": false, "maybe": false} {
		if takes(g, text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}

func TestCalls(t *testing.T) {
	hermes := CallForm{Before: "<tool_call>\n", Begin: `{"name": "`, Middle: []string{`", "arguments": `}, End: "}", Between: "\n</tool_call>\n<tool_call>\n", After: "\n</tool_call>"}
	tools := []Tool{{"add", []byte(`{"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": false}`)}, {"now", nil}}
	one := "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"x\": 1}}\n</tool_call>"
	two := "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>\n" + one
	for _, c := range []struct {
		trigger   string
		many      bool
		good, bad []string
	}{
		{"", false, []string{one}, []string{two, "hello", "hello " + one}},
		{"", true, []string{one, two}, []string{""}},
		{"<tool_call>", false, []string{"hello", "", "hm " + one, "a <tool b"}, []string{"<tool_call>", "<tool_call>\n{}", strings.Replace(one, "1", `"1"`, 1)}},
	} {
		g, err := (&Turn{Form: hermes, Tools: tools, Trigger: c.trigger, Many: c.many}).Compile()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range c.good {
			if !takes(g, x) {
				t.Errorf("trigger %q refuses %q", c.trigger, x)
			}
		}
		for _, x := range c.bad {
			if takes(g, x) {
				t.Errorf("trigger %q takes %q", c.trigger, x)
			}
		}
	}
	spark := CallForm{Begin: "<tool_call>", End: "</tool_call>", Middle: []string{""}, Key: "<arg_key>", Value: "</arg_key><arg_value>", Done: "</arg_value>"}
	g, err := (&Turn{Form: spark, Tools: []Tool{{"find", []byte(`{"properties": {"q": {"type": "string"}, "k": {"type": "integer"}}, "required": ["q"]}`)}}}).Compile()
	if err != nil {
		t.Fatal(err)
	}
	if x := "<tool_call>find<arg_key>q</arg_key><arg_value>a < b</arg_value><arg_key>k</arg_key><arg_value>3</arg_value></tool_call>"; !takes(g, x) {
		t.Errorf("refuses %s", x)
	}
	if x := "<tool_call>find<arg_key>k</arg_key><arg_value>3</arg_value></tool_call>"; takes(g, x) {
		t.Errorf("takes %s", x)
	}
	// A tag that is one special token comes as that token.
	m := func() *Matcher {
		g, _ := (&Turn{Form: hermes, Tools: tools, Tags: []string{"<tool_call>", "</tool_call>"}}).Compile()
		return g.Start(bytesVocab("<tool_call>", "</tool_call>"))
	}()
	bits := make([]uint32, 9)
	m.Mask(bits)
	if bits[8] != 1 || !m.Accept(256) {
		t.Errorf("the tag's token is not allowed: %b", bits[8])
	}
}

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
		m := g.Start(v)
		for i := 0; i <= len(text); i++ {
			bits := make([]uint32, (v.Size()+31)/32)
			m.Mask(bits)
			for id := range int32(v.Size()) {
				if got, want := bits[id/32]>>(id%32)&1 == 1, m.Clone().Accept(id); got != want {
					t.Fatalf("%s after %q: the mask says %t of %q, Accept %t", schema, text[:i], got, v.tokens[id], want)
				}
			}
			if i == len(text) || !m.Accept(int32(text[i])) {
				break
			}
		}
	})
}

// An object is what a parser makes of it: of members with one name the last.
// So a name that no schema knows counts once.
func TestNamesCountOnce(t *testing.T) {
	g, err := Schema([]byte(`{"type": "object", "properties": {"a": true}, "minProperties": 3}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`{"x": 1, "y": 1, "z": 1}`:                true,
		`{"x": 1, "x": 1, "x": 1}`:                false,
		`{"x": 1, "\u0078": 1, "z": 1, "a": 1}`:   true,
		`{"\u0000": 1, "\"": 1, "\\": 1}`:         true,
		`{"\u0000": 1, "\"": 1, "\u0000": 1}`:     false,
		`{"x": {"y": 1, "y": 1}, "y": 1, "z": 1}`: true, // members of a part are not counted
	} {
		if takes(g, text) != want {
			t.Errorf("takes %s: %t", text, !want)
		}
	}
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
		m := g.Start(v)
		for i := 0; i <= len(text); i++ {
			bits := make([]uint32, (v.Size()+31)/32)
			m.Mask(bits)
			for id := range int32(v.Size()) {
				if got, want := bits[id/32]>>(id%32)&1 == 1, m.Clone().Accept(id); got != want {
					t.Fatalf("%+v after %q: the mask says %t of %q, Accept %t", turn, text[:i], got, v.tokens[id], want)
				}
			}
			m.CanEnd()
			if i < len(text) && !m.Accept(int32(text[i])) {
				return
			}
		}
	})
}

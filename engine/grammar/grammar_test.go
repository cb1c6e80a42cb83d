package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
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

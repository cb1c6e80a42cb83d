package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// operators is an ordinary schema of expressions, of which the library by itself takes four
// times as long for each level.
const operators = `{"schema": {"$ref": "#/$defs/e", "$defs": {"e": {"anyOf": [{"type": "number"},
	{"type": "object", "properties": {"op": {"const": "+"}, "l": {"$ref": "#/$defs/e"}, "r": {"$ref": "#/$defs/e"}}, "required": ["op", "l", "r"]},
	{"type": "object", "properties": {"op": {"const": "-"}, "l": {"$ref": "#/$defs/e"}, "r": {"$ref": "#/$defs/e"}}, "required": ["op", "l", "r"]},
	{"type": "object", "properties": {"op": {"const": "*"}, "l": {"$ref": "#/$defs/e"}, "r": {"$ref": "#/$defs/e"}}, "required": ["op", "l", "r"]},
	{"type": "object", "properties": {"op": {"const": "/"}, "l": {"$ref": "#/$defs/e"}, "r": {"$ref": "#/$defs/e"}}, "required": ["op", "l", "r"]}]}}}}`

// What a reply can cost: one that has no bound ends the test.
func TestSchemaBounded(t *testing.T) {
	deep := func(n int, op string) string {
		return strings.Repeat(`{"op": "`+op+`", "l": `, n) + "1" + strings.Repeat(`, "r": 1}`, n)
	}
	const wide = `{"schema": {"allOf": [{"anyOf": [%s]}], "$defs": {"x": {"type": "object", "additionalProperties": {"anyOf": [%s]}}}}}`
	eight := strings.TrimSuffix(strings.Repeat(`{"$ref": "#/$defs/x"},`, 8), ",")
	for _, c := range []struct {
		spec, reply string
		want        float64
	}{
		{`{"schema": {"type": "number", "minimum": 0, "multipleOf": 0.01}}`, "1e9999999", 0},
		{`{"schema": {"type": "number", "minimum": 0, "multipleOf": 0.01}}`, "12.5e1", 1},
		{`{"schema": {"type": "number", "minimum": 0}}`, "1e99999999", 0},
		{`{"schema": {"type": "number", "minimum": 0}}`, "1e0401", 0},
		{`{"schema": {"type": "number", "minimum": 0}}`, "1e0400", 1},
		{`{"schema": {"type": "number", "minimum": 0}}`, "1E-99999999", 0},
		{`{"schema": {"type": "object", "properties": {"price": {"type": "number", "multipleOf": 0.01}}}}`, `{"price": 1e1000000000}`, 0},
		{`{"schema": {"type": "array", "uniqueItems": true}}`, "[1e9999999, 1]", 0},
		{`{"schema": {"type": "integer"}}`, strings.Repeat("9", 1000), 0},
		{operators, deep(14, "^"), 0}, {operators, deep(90, "^"), 0}, {operators, deep(90, "/"), 1}, {operators, deep(200, "/"), 0},
		{fmt.Sprintf(wide, eight, eight), strings.Repeat(`{"a":`, 30) + "1" + strings.Repeat("}", 30), 0},
		{fmt.Sprintf(wide, eight, eight), strings.Repeat(`{"a":`, 30) + "{}" + strings.Repeat("}", 30), 1},
		{`{"schema": {}}`, strings.Repeat("[", 200000), 0},
		{`{"schema": {"pattern": "(a{0,100}){0,10}b"}}`, `"` + strings.Repeat("a", 1000000) + `"`, 0},
		{`{"schema": {"pattern": "(a{0,100}){0,10}b"}}`, `"` + strings.Repeat("a", 900) + `b"`, 1},
		{`{"regex": "(a{0,100}){0,10}b"}`, strings.Repeat("a", 1000000), 0},
		{`{"regex": "(a{0,100}){0,10}b"}`, strings.Repeat("a", 900) + "b", 1},
		{`{"regex": "(?s).*"}`, strings.Repeat("a", 1000000), 1},
		{`{"schema": {}}`, strings.Repeat("[{", 200000), 0},
		{`{"schema": {"type": "array"}}`, strings.Repeat(`[1] {`, 100000), 0},
		{`{"schema": {"type": "array", "items": {"type": "string"}}}`, "[" + strings.Repeat("1,", 200000) + "1]", 0},
	} {
		if s := score(t, c.spec, c.reply); s != c.want {
			t.Errorf("%.80s: %.40q scores %g", c.spec, c.reply, s)
		}
	}
	for spec, want := range map[string]string{
		`{"schema": {"$ref": "#"}}`:                       "refers to itself",
		`{"schema": {"anyOf": [{"not": {"$ref": "#"}}]}}`: "refers to itself",
		`{"schema": {"minimum": 1e99999999}}`:             "more than 400 digits",
	} {
		if _, err := Parse([]byte(spec)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
	v, err := Parse([]byte(operators))
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Score(over, "", deep(20, "/")); err == nil {
		t.Error("a run that is over is judged")
	}
}

// A part that is asked once says what the library says.
func TestSchemaAsLibrary(t *testing.T) {
	values := []string{`1`, `-1`, `1.5`, `"a"`, `"2026-11-29"`, `null`, `true`, `[]`, `[1]`, `[1, 1]`, `["a", 2]`, `["a", 2, 3]`, `[[1], [[2]]]`, `{}`, `{"a": 1}`, `{"a": "x"}`, `{"a": 1, "b": 2}`, `{"a": 1, "b": "x", "c": 3}`, `{"a": {"a": {"a": 1}}}`, `{"a": {"a": {"a": {}}}}`, `{"kind": "dog", "barks": true}`, `{"kind": "cat", "barks": true}`, `{"foo": 1, "bar": [1, {"a": 2}]}`}
	for _, s := range []string{
		`true`, `false`, `{"type": ["integer", "string"]}`, `{"format": "date"}`, `{"enum": [1, "a", {"a": 1}]}`, `{"const": [1]}`, `{"not": {"type": "number"}}`,
		`{"properties": {"a": {"type": "integer"}}, "patternProperties": {"^b": {"type": "integer"}}, "additionalProperties": false}`, `{"additionalProperties": {"type": "integer"}}`,
		`{"propertyNames": {"maxLength": 1}}`, `{"dependentSchemas": {"b": {"required": ["c"]}}}`, `{"dependentRequired": {"b": ["c"]}}`,
		`{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}`, `{"contains": {"const": 1}, "minContains": 1, "maxContains": 1}`, `{"uniqueItems": true}`,
		`{"if": {"required": ["kind"]}, "then": {"properties": {"kind": {"const": "dog"}}}, "else": {"type": "object"}}`,
		`{"oneOf": [{"type": "integer"}, {"minimum": 0}]}`, `{"allOf": [{"type": "object"}, {"minProperties": 2}]}`, `{"anyOf": [{"type": "object"}, {"type": "null"}]}`,
		`{"properties": {"a": {"$ref": "#"}}, "type": ["object", "integer"]}`, `{"type": "object", "additionalProperties": {"$ref": "#"}}`,
		`{"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false}`, `{"anyOf": [{"properties": {"a": true}}, {"properties": {"b": true}}], "unevaluatedProperties": {"type": "string"}}`,
		`{"$ref": "#/$defs/x", "unevaluatedProperties": false, "$defs": {"x": {"properties": {"a": {"$ref": "#"}, "b": true}}}}`,
		`{"prefixItems": [true], "anyOf": [{"prefixItems": [true, {"type": "integer"}]}, true], "unevaluatedItems": false}`, `{"contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}}`,
		`{"$dynamicAnchor": "n", "properties": {"a": {"$dynamicRef": "#n"}}, "unevaluatedProperties": false}`, `{"type": "object", "$dynamicAnchor": "n", "additionalProperties": {"$dynamicRef": "#n"}}`,
		`{"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": true, "type": "object", "additionalProperties": {"$recursiveRef": "#"}}`,
		`{"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "additionalItems": {"type": "integer"}, "dependencies": {"b": {"required": ["c"]}, "foo": ["bar"]}}`,
		`{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"type": "integer"}}}`,
		`{"$ref": "http://json-schema.org/draft-07/schema#"}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(s))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource("verify:schema", doc); err != nil {
			t.Fatal(err)
		}
		library, err := c.Compile("verify:schema")
		if err != nil {
			t.Fatal(s, err)
		}
		spec, _ := json.Marshal(map[string]json.RawMessage{"schema": json.RawMessage(s)})
		for _, text := range values {
			v, _ := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if got := score(t, string(spec), text); (got == 1) != (library.Validate(v) == nil) {
				t.Errorf("%s: %s scores %g", s, text, got)
			}
		}
	}
}

// JSON as replies have it.
func TestSchemaReplies(t *testing.T) {
	const spec = `{"schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}}`
	for _, reply := range []string{`{"a": 1}`, "Here is the JSON:\n\n{\"a\": 1}", "{\"a\": 1}\n\nHope that helps!", "`{\"a\": 1}`", `<answer>{"a": 1}</answer>`, "<answer>\n```json\n{\"a\": 1}\n```\n</answer>", "\ufeff{\"a\": 1}", "```json {\"a\": 1} ```", "```{\"a\": 1}```", "```json{\"a\": 1}```",
		"```json\n{\"a\": 1}\n```\nSave it:\n```bash\nsave it\n```", "```json\n{\"a\": \"x\"}\n```\nBetter:\n```json\n{\"a\": 1}\n```", "{\"a\": 1}\nThat is:\n{\"a\": 1}", "以下是 JSON：\n{\n  \"a\": 1\n}\n完毕。", "{x} is a set, so:\n{\"a\": 1}"} {
		if s := score(t, spec, reply); s != 1 {
			t.Errorf("%q scores %g", reply, s)
		}
	}
	for _, reply := range []string{`{"a": "1"}`, `{"a": 1} or {"a": 2}`, `{"a": 1}, [2]`, `{"a": 1} and more`, "{\"a\": 1}\n[2]", `{"a": 1`, `"a": 1`, "```json\n{\"a\": 1}\n```\n```json\n{\"a\": \"x\"}\n```", `{"b": {"a": 1}}`} {
		if s := score(t, spec, reply); s != 0 {
			t.Errorf("%q scores %g", reply, s)
		}
	}
}

package grammar

import (
	"math/rand/v2"
	"testing"
)

// Where names need or exclude one another, no name may come after which
// nothing can: random walks along masks end, always.
func TestNoDeadEnds(t *testing.T) {
	for _, schema := range []string{
		`{"type": "object", "patternProperties": {"^[a-e]$": true}, "additionalProperties": false, "allOf": [{"dependencies": {"a": {"anyOf": [{"required": ["b"]}, {"required": ["c"]}]},
			"b": {"not": {"required": ["a"]}}, "c": {"not": {"required": ["a"]}}}}, {"required": ["d"]}], "minProperties": 2}`,
		`{"type": "object", "patternProperties": {"^[a-f]$": {"type": "array", "minItems": 2}}, "additionalProperties": false, "allOf": [{"dependencies": {
			"a": {"anyOf": [{"required": ["c"]}, {"required": ["b"]}]}, "b": {"not": {"required": ["c"]}}, "c": {"allOf": [{"required": ["e"]}, {"required": ["a"]}]},
			"d": {"not": {"required": ["e"]}}, "e": {"anyOf": [{"required": ["c"]}, {"required": ["d"]}]}}}, {"required": ["a"]}], "minProperties": 4}`,
		`{"type": "object", "properties": {"a": true, "b": true, "c": true}, "required": ["a", "b"], "maxProperties": 2}`,
		`{"type": "object", "properties": {"kind": {"enum": ["x", "y"]}, "x": true, "y": true}, "required": ["kind"], "additionalProperties": false,
			"oneOf": [{"required": ["x"]}, {"required": ["y"]}]}`,
		`{"type": "array", "items": {"type": "object", "properties": {"a": true, "b": true}, "minProperties": 1, "not": {"required": ["a", "b"]}, "additionalProperties": false}, "minItems": 1, "maxItems": 3}`,
	} {
		g, err := Schema([]byte(schema))
		if err != nil {
			t.Fatal(err)
		}
		v := bytesVocab()
		bits := make([]uint32, 8)
		ended := 0
		for seed := range uint64(150) {
			rng := rand.New(rand.NewPCG(seed, 1))
			m := g.Start(v)
			var text []byte
			for !m.CanEnd() && len(text) < 3000 {
				clear(bits)
				m.Mask(bits)
				var may, close []byte
				for b := range 256 {
					if bits[b/32]>>(b%32)&1 == 1 {
						may = append(may, byte(b))
						if b == '"' || b == '}' || b == ']' || b == '1' || b == ':' || b >= 'a' && b <= 'f' {
							close = append(close, byte(b))
						}
					}
				}
				if len(may) == 0 {
					t.Fatalf("nothing may follow %s\nof %s", text, schema)
				}
				if len(close) > 0 && (len(text) > 40 || rng.IntN(2) == 0) {
					may = close
				}
				b := may[rng.IntN(len(may))]
				if !m.Accept(int32(b)) {
					t.Fatalf("the mask allows %q after %s\nof %s", b, text, schema)
				}
				text = append(text, b)
			}
			if m.CanEnd() {
				ended++
			}
		}
		if ended < 20 {
			t.Errorf("%d of 150 walks end: %s", ended, schema)
		}
	}
}

// Values that are not read yet may make a condition fail that names alone
// would make hold.
func TestOutlookWaitsForValues(t *testing.T) {
	for _, c := range []struct{ schema, text string }{
		{`{"required": ["a"], "not": {"required": ["b"], "properties": {"b": {"type": "string"}}}}`, `{"b": 1, "a": 1}`},
		{`{"required": ["a"], "not": {"required": ["a"], "properties": {"a": {"type": "string"}}}}`, `{"a": 1}`},
		{`{"required": ["a"], "oneOf": [{"properties": {"b": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}`, `{"b": 2, "a": 0}`},
		{`{"minProperties": 1, "not": {"additionalProperties": {"type": "string"}, "properties": {"a": {}}}}`, `{"a": 1, "x": 1}`},
		{`{"required": ["a"], "if": {"patternProperties": {"^b": {"type": "string"}}}, "then": {"maxProperties": 1}}`, `{"a": 1, "b": 1}`},
	} {
		g, err := Schema([]byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		if !takes(g, c.text) {
			t.Errorf("%s refuses %s", c.schema, c.text)
		}
	}
}

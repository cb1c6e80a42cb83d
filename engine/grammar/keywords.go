package grammar

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// setters read the keywords that assert something.
var setters map[string]func(c *compiler, n *node, path string, v any, s map[string]any) error

func init() {
	setters = map[string]func(c *compiler, n *node, path string, v any, s map[string]any) error{
		"type": setType, "enum": setEnum, "const": setConst,
		"allOf": list(func(n *node) *[]int { return &n.allOf }), "anyOf": list(func(n *node) *[]int { return &n.anyOf }), "oneOf": list(func(n *node) *[]int { return &n.oneOf }),
		"not": one(func(n *node) *int { return &n.not }), "if": setIf,
		"minLength": count(func(n *node) *int { return &n.minLength }), "maxLength": count(func(n *node) *int { return &n.maxLength }),
		"pattern": setPattern, "format": setFormat, "multipleOf": setMultiple,
		"properties": setProperties, "patternProperties": setPatternProperties, "additionalProperties": one(func(n *node) *int { return &n.additional }),
		"propertyNames": one(func(n *node) *int { return &n.names }), "required": setRequired,
		"minProperties": count(func(n *node) *int { return &n.minProps }), "maxProperties": count(func(n *node) *int { return &n.maxProps }),
		"dependentRequired": setDependencies, "dependentSchemas": setDependencies, "dependencies": setDependencies,
		"items": setItems, "prefixItems": setPrefix, "minItems": count(func(n *node) *int { return &n.minItems }), "maxItems": count(func(n *node) *int { return &n.maxItems }),
		"contains": setContains, "uniqueItems": setUnique, "nullable": setNullable,
	}
}

func list(of func(n *node) *[]int) func(*compiler, *node, string, any, map[string]any) error {
	return func(c *compiler, n *node, path string, v any, _ map[string]any) error {
		all, ok := v.([]any)
		if !ok || len(all) == 0 {
			return bad(path, NotList, "")
		}
		for i, x := range all {
			m, err := c.at(path+"/"+strconv.Itoa(i), x)
			if err != nil {
				return err
			}
			*of(n) = append(*of(n), m)
		}
		return nil
	}
}

func one(of func(n *node) *int) func(*compiler, *node, string, any, map[string]any) error {
	return func(c *compiler, n *node, path string, v any, _ map[string]any) (err error) {
		*of(n), err = c.at(path, v)
		return err
	}
}

func count(of func(n *node) *int) func(*compiler, *node, string, any, map[string]any) error {
	return func(_ *compiler, n *node, path string, v any, _ map[string]any) error {
		return whole(path, v, of(n))
	}
}

// whole reads a number of things.
func whole(path string, v any, to *int) error {
	r, err := rational(path, v)
	if err != nil {
		return err
	}
	if !r.IsInt() || r.Sign() < 0 {
		return bad(path, NotCount, v)
	}
	*to = maxCount
	if n := r.Num(); n.IsInt64() && n.Int64() < maxCount {
		*to = int(n.Int64())
	}
	return nil
}

func rational(path string, v any) (*big.Rat, error) {
	text, ok := v.(json.Number)
	if !ok {
		return nil, bad(path, NotNumber, "")
	}
	r, ok := number(string(text))
	if !ok {
		return nil, bad(path, TooManyDigits, text)
	}
	return r, nil
}

const maxExponent = 400

// number reads a number of JSON, unless it is beyond reason.
func number(text string) (*big.Rat, bool) {
	if len(text) > 400 {
		return nil, false
	}
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if e, err := strconv.Atoi(text[at+1:]); err != nil || e > maxExponent || e < -maxExponent {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

var kindNames = map[string]kinds{"null": kindNull, "boolean": kindBool, "number": kindNumber, "integer": kindNumber, "string": kindString, "array": kindArray, "object": kindObject}

func setType(_ *compiler, n *node, path string, v any, _ map[string]any) error {
	names, ok := v.([]any)
	if !ok {
		names = []any{v}
	}
	n.kinds, n.whole = 0, true
	for _, x := range names {
		s, _ := x.(string)
		k, ok := kindNames[s]
		if !ok {
			return bad(path, NotType, x)
		}
		n.kinds |= k
		if s == "number" {
			n.whole = false
		}
	}
	return nil
}

// setNullable reads OpenAPI's keyword.
func setNullable(_ *compiler, n *node, path string, v any, s map[string]any) error {
	yes, ok := v.(bool)
	if _, typed := s["type"]; !ok || !yes || !typed {
		return nil
	}
	n.kinds |= kindNull
	return nil
}

func setConst(c *compiler, n *node, path string, v any, _ map[string]any) error {
	return c.values(n, path, []any{v})
}

func setEnum(c *compiler, n *node, path string, v any, _ map[string]any) error {
	all, ok := v.([]any)
	if !ok {
		return bad(path, NotList, "")
	}
	return c.values(n, path, all)
}

// values lets a value be one of a list. Scalars go into an enum; arrays and
// objects become schemas of their own, of which one must hold.
func (c *compiler) values(n *node, path string, all []any) error {
	e := &enum{strings: map[string]bool{}}
	var other []int
	for _, v := range all {
		switch v := v.(type) {
		case nil:
			e.kinds |= kindNull
		case bool:
			e.kinds |= kindBool
			e.yes, e.no = e.yes || v, e.no || !v
		case string:
			e.kinds |= kindString
			e.strings[v] = true
		case json.Number:
			r, err := rational(path, v)
			if err != nil {
				return err
			}
			e.kinds |= kindNumber
			e.numbers = append(e.numbers, r)
		default:
			m, err := c.constant(path, v)
			if err != nil {
				return err
			}
			other = append(other, m)
		}
	}
	if len(other) == 0 {
		if n.enum != nil { // enum and const
			m, err := c.make("", path, true)
			if err != nil {
				return err
			}
			c.nodes[m].enum = e
			n.allOf = append(n.allOf, m)
			return nil
		}
		n.enum = e
		return nil
	}
	m, err := c.make("", path, true)
	if err != nil {
		return err
	}
	if e.kinds != 0 {
		scalar, err := c.make("", path, true)
		if err != nil {
			return err
		}
		c.nodes[scalar].enum = e
		other = append(other, scalar)
	}
	c.nodes[m].anyOf = other
	n.allOf = append(n.allOf, m)
	return nil
}

// constant returns the schema of one array or object.
func (c *compiler) constant(path string, v any) (int, error) {
	m, err := c.make("", path, true)
	if err != nil {
		return 0, err
	}
	x := c.nodes[m]
	switch v := v.(type) {
	case []any:
		x.kinds, x.minItems, x.maxItems = kindArray, len(v), len(v)
		for _, e := range v {
			k, err := c.constant(path, e)
			if err != nil {
				return 0, err
			}
			x.prefix = append(x.prefix, k)
		}
	case map[string]any:
		x.kinds, x.properties = kindObject, map[string]int{}
		for key, e := range v {
			k, err := c.constant(path, e)
			if err != nil {
				return 0, err
			}
			x.properties[key] = k
			x.required = append(x.required, key)
		}
		if x.additional, err = c.make("", path, false); err != nil {
			return 0, err
		}
	default:
		err = c.values(&x, path, []any{v})
	}
	c.nodes[m] = x
	return m, err
}

func setIf(c *compiler, n *node, path string, v any, s map[string]any) (err error) {
	_, then := s["then"]
	_, other := s["else"]
	if !then && !other {
		return nil
	}
	if n.when, err = c.at(path, v); err != nil {
		return err
	}
	base := strings.TrimSuffix(path, "/if")
	if then {
		if n.then, err = c.at(base+"/then", s["then"]); err != nil {
			return err
		}
	}
	if other {
		n.other, err = c.at(base+"/else", s["else"])
	}
	return err
}

func setPattern(c *compiler, n *node, path string, v any, _ map[string]any) error {
	text, ok := v.(string)
	if !ok {
		return bad(path, NotString, "")
	}
	p, err := c.pattern(text)
	if err != nil {
		return located(path, err)
	}
	n.patterns = append(n.patterns, p)
	return nil
}

func setFormat(c *compiler, n *node, path string, v any, _ map[string]any) error {
	name, ok := v.(string)
	if !ok {
		return nil // an annotation of somebody's
	}
	text, known := formats[name]
	if !known {
		if standard[name] {
			return bad(path, Format, name)
		}
		return nil // not a format of the standard: an annotation
	}
	p, err := c.pattern(text)
	if err != nil {
		return located(path, err)
	}
	n.patterns = append(n.patterns, p)
	return nil
}

func setMultiple(_ *compiler, n *node, path string, v any, _ map[string]any) error {
	r, err := rational(path, v)
	if err == nil && r.Sign() <= 0 {
		err = bad(path, NotPositive, v)
	}
	n.multiple = r
	return err
}

// numbers reads the bounds of numbers, in the manner of drafts 4 and 6.
func (c *compiler) numbers(n *node, path string, s map[string]any) (err error) {
	read := func(key, openKey string, to **big.Rat, open *bool, tighter func(a, b *big.Rat) bool) error {
		if v, ok := s[key]; ok {
			if *to, err = rational(path+"/"+key, v); err != nil {
				return err
			}
		}
		switch v := s[openKey].(type) {
		case bool:
			*open = v
		case json.Number:
			r, err := rational(path+"/"+openKey, v)
			if err != nil {
				return err
			}
			if *to == nil || !tighter(*to, r) {
				*to, *open = r, true
			}
		}
		return nil
	}
	if err := read("minimum", "exclusiveMinimum", &n.low, &n.lowOpen, func(a, b *big.Rat) bool { return a.Cmp(b) > 0 }); err != nil {
		return err
	}
	return read("maximum", "exclusiveMaximum", &n.high, &n.highOpen, func(a, b *big.Rat) bool { return a.Cmp(b) < 0 })
}

func setProperties(c *compiler, n *node, path string, v any, _ map[string]any) error {
	all, ok := v.(map[string]any)
	if !ok {
		return bad(path, NotObject, "")
	}
	n.properties = map[string]int{}
	for key, x := range all {
		m, err := c.at(path+"/"+escape(key), x)
		if err != nil {
			return err
		}
		n.properties[key] = m
	}
	return nil
}

func setPatternProperties(c *compiler, n *node, path string, v any, _ map[string]any) error {
	all, ok := v.(map[string]any)
	if !ok {
		return bad(path, NotObject, "")
	}
	for _, key := range sortedKeys(all) {
		p, err := c.pattern(key)
		if err != nil {
			return located(path+"/"+escape(key), err)
		}
		m, err := c.at(path+"/"+escape(key), all[key])
		if err != nil {
			return err
		}
		n.patternProps = append(n.patternProps, patternProp{p, m})
	}
	return nil
}

func setRequired(_ *compiler, n *node, path string, v any, _ map[string]any) error {
	all, ok := v.([]any)
	if !ok {
		return nil // draft 3 had a boolean in the property
	}
	for _, x := range all {
		s, ok := x.(string)
		if !ok {
			return bad(path, NotName, x)
		}
		n.required = append(n.required, s)
	}
	return nil
}

func setDependencies(c *compiler, n *node, path string, v any, _ map[string]any) error {
	all, ok := v.(map[string]any)
	if !ok {
		return bad(path, NotObject, "")
	}
	for _, key := range sortedKeys(all) {
		switch x := all[key].(type) {
		case []any:
			for _, e := range x {
				s, ok := e.(string)
				if !ok {
					return bad(path+"/"+escape(key), NotName, e)
				}
				if n.needs == nil {
					n.needs = map[string][]string{}
				}
				n.needs[key] = append(n.needs[key], s)
			}
		default:
			m, err := c.at(path+"/"+escape(key), x)
			if err != nil {
				return err
			}
			n.deps = append(n.deps, dep{key, m})
		}
	}
	return nil
}

func setItems(c *compiler, n *node, path string, v any, s map[string]any) (err error) {
	all, ok := v.([]any)
	if !ok {
		n.items, err = c.at(path, v)
		return err
	}
	if err := c.prefix(n, path, all); err != nil {
		return err
	}
	if x, ok := s["additionalItems"]; ok {
		n.items, err = c.at(strings.TrimSuffix(path, "/items")+"/additionalItems", x)
	}
	return err
}

func setPrefix(c *compiler, n *node, path string, v any, _ map[string]any) error {
	all, ok := v.([]any)
	if !ok {
		return bad(path, NotList, "")
	}
	return c.prefix(n, path, all)
}

func (c *compiler) prefix(n *node, path string, all []any) error {
	for i, x := range all {
		m, err := c.at(path+"/"+strconv.Itoa(i), x)
		if err != nil {
			return err
		}
		n.prefix = append(n.prefix, m)
	}
	return nil
}

func setContains(c *compiler, n *node, path string, v any, s map[string]any) (err error) {
	if n.contains, err = c.at(path, v); err != nil {
		return err
	}
	base := strings.TrimSuffix(path, "contains")
	if x, ok := s["minContains"]; ok {
		if err := whole(base+"minContains", x, &n.minContains); err != nil {
			return err
		}
	}
	if x, ok := s["maxContains"]; ok {
		return whole(base+"maxContains", x, &n.maxContains)
	}
	return nil
}

func setUnique(_ *compiler, n *node, path string, v any, _ map[string]any) error {
	n.unique, _ = v.(bool)
	return nil
}

package grammar

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// kinds of JSON values, as bits.
type kinds uint8

const (
	kindNull kinds = 1 << iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
	anyKind = kindNull | kindBool | kindNumber | kindString | kindArray | kindObject
)

// A node is a schema: what it asserts itself, and which schemas it puts on
// the same value (in place) or on the parts of it. Nodes are named by number.
type node struct {
	never bool // the schema false
	kinds kinds
	whole bool // numbers must be integers

	// In place.
	allOf, anyOf, oneOf []int
	not                 int // -1: none
	when, then, other   int
	deps                []dep // schemas that hold if a key is there

	// Strings: lengths in code points.
	minLength, maxLength int // -1: no bound
	patterns             []*pattern

	// Numbers.
	low, high         *big.Rat // nil: no bound
	lowOpen, highOpen bool
	multiple          *big.Rat

	enum *enum // scalars

	// Objects.
	properties         map[string]int
	patternProps       []patternProp
	additional         int // -1: anything
	names              int // of keys; -1: anything
	required           []string
	minProps, maxProps int
	needs              map[string][]string // keys that a key needs

	// Arrays.
	prefix                   []int
	items                    int // after the prefix; -1: anything
	minItems, maxItems       int
	contains                 int
	minContains, maxContains int
	unique                   bool
}

type dep struct {
	key  string
	node int
}

type patternProp struct {
	p    *pattern
	node int
}

// An enum is the scalars that a value may be.
type enum struct {
	strings map[string]bool
	numbers []*big.Rat
	kinds   kinds // with null
	yes, no bool  // true, false
}

// Bounds of a schema: beyond them it is refused.
const (
	maxSchema = 4 << 20
	maxNodes  = 1 << 17
	maxDepth  = 256
	maxCount  = 1 << 30
)

// A compiler makes nodes of a schema.
type compiler struct {
	root  any
	nodes []node
	done  map[string]int // by pointer
	ids   map[string]string
	known map[string]*pattern
	work  int // of patterns
	table int // entries of their tables
	depth int
	alone bool // what stands beside a $ref does not count, as in drafts 3 to 7
}

// compile returns the nodes of a schema, of which the first is the root.
func compile(schema []byte) (list []node, err error) {
	if len(schema) > maxSchema {
		return nil, beyond("", TooLong, maxSchema)
	}
	d := json.NewDecoder(bytes.NewReader(schema))
	d.UseNumber()
	c := &compiler{done: map[string]int{}, ids: map[string]string{}, known: map[string]*pattern{}}
	if err := d.Decode(&c.root); err != nil {
		return nil, bad("", NotJSON, err)
	}
	if d.More() {
		return nil, bad("", NotJSON, "something follows")
	}
	if root, ok := c.root.(map[string]any); ok {
		draft, _ := root["$schema"].(string)
		for _, old := range []string{"draft-03", "draft-04", "draft-05", "draft-06", "draft-07"} {
			c.alone = c.alone || strings.Contains(draft, old)
		}
	}
	if err := c.findIDs(c.root, "", 0); err != nil {
		return nil, err
	}
	if _, err := c.at("", c.root); err != nil {
		return nil, err
	}
	return c.nodes, c.loops()
}

// pattern compiles a pattern once, within what a schema may cost.
func (c *compiler) pattern(text string) (*pattern, error) {
	if p := c.known[text]; p != nil {
		return p, nil
	}
	p, err := newPattern(text)
	if err != nil {
		return nil, err
	}
	c.known[text] = p
	c.work += p.work
	c.table += len(p.next)
	if c.work > 2*maxWork || c.table > 2*maxTable {
		return nil, bad("", PatternStates, text)
	}
	return p, nil
}

// findIDs notes the $anchor and $id of subschemas.
func (c *compiler) findIDs(v any, path string, depth int) error {
	if depth > maxDepth {
		return beyond(path, TooDeep, maxDepth)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"$id", "id", "$anchor"} {
			if s, ok := v[key].(string); ok && s != "" {
				if key == "$anchor" {
					s = "#" + s
				}
				if _, twice := c.ids[s]; !twice {
					c.ids[s] = path
				}
			}
		}
		for k, x := range v {
			if err := c.findIDs(x, path+"/"+escape(k), depth+1); err != nil {
				return err
			}
		}
	case []any:
		for i, x := range v {
			if err := c.findIDs(x, path+"/"+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func escape(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
}

func unescape(s string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
}

// at returns the node of the schema v at path.
func (c *compiler) at(path string, v any) (int, error) {
	if n, ok := c.done[path]; ok {
		return n, nil
	}
	return c.make(path, path, v)
}

// make compiles v, and remembers it under key if that is not "".
func (c *compiler) make(key, path string, v any) (int, error) {
	if len(c.nodes) >= maxNodes {
		return 0, beyond(path, TooManyParts, maxNodes)
	}
	if c.depth++; c.depth > maxDepth {
		return 0, beyond(path, TooDeep, maxDepth)
	}
	defer func() { c.depth-- }()
	n := len(c.nodes)
	c.nodes = append(c.nodes, node{kinds: anyKind, not: -1, when: -1, then: -1, other: -1, minLength: -1, maxLength: -1, additional: -1,
		names: -1, items: -1, contains: -1, minProps: -1, maxProps: -1, minItems: -1, maxItems: -1, minContains: 1, maxContains: -1})
	if key != "" || path == "" {
		c.done[key] = n
	}
	switch v := v.(type) {
	case bool:
		c.nodes[n].never = !v
		return n, nil
	case map[string]any:
		x := c.nodes[n]
		err := c.fill(&x, path, v)
		c.nodes[n] = x
		return n, err
	}
	return 0, bad(path, NotSchema, "")
}

// refused are keywords that assert what is not enforced here.
var refused = map[string]bool{
	"unevaluatedProperties": true, "unevaluatedItems": true, "$dynamicRef": true, "$recursiveRef": true, "extends": true, "disallow": true, "divisibleBy": true,
}

func (c *compiler) fill(n *node, path string, s map[string]any) error {
	if ref, ok := s["$ref"]; ok {
		t, err := c.ref(path, ref)
		if err != nil {
			return err
		}
		n.allOf = append(n.allOf, t)
		if c.alone {
			return nil
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		at := path + "/" + escape(key)
		set := setters[key]
		if refused[key] {
			return bad(at, Keyword, key)
		}
		if set == nil {
			continue // an annotation, of the standard or of its author
		}
		if err := set(c, n, at, s[key], s); err != nil {
			return err
		}
	}
	return c.numbers(n, path, s)
}

// ref returns the node that a reference within the schema names.
func (c *compiler) ref(path string, v any) (int, error) {
	path += "/$ref"
	text, ok := v.(string)
	if !ok {
		return 0, bad(path, NotString, "")
	}
	pointer, found := c.ids[text]
	switch {
	case text == "#":
		pointer = ""
	case strings.HasPrefix(text, "#/"):
		pointer = text[1:]
	case found:
	default:
		base, fragment, _ := strings.Cut(text, "#")
		if at, ok := c.ids[base]; ok && (fragment == "" || strings.HasPrefix(fragment, "/")) {
			pointer = at + fragment
			break
		}
		return 0, bad(path, NotHere, text)
	}
	target := c.root
	var clean strings.Builder
	if pointer != "" {
		for _, part := range strings.Split(pointer[1:], "/") {
			part = unescape(unquote(part))
			switch t := target.(type) {
			case map[string]any:
				target, ok = t[part]
			case []any:
				i, err := strconv.Atoi(part)
				if ok = err == nil && i >= 0 && i < len(t); ok {
					target = t[i]
				}
			default:
				ok = false
			}
			if !ok {
				return 0, bad(path, Nothing, text)
			}
			clean.WriteString("/" + escape(part))
		}
	}
	return c.at(clean.String(), target)
}

// unquote undoes the percent signs of a URI fragment.
func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// loops reports schemas that mean themselves.
func (c *compiler) loops() error {
	state := make([]uint8, len(c.nodes))
	var visit func(n int) bool
	visit = func(n int) bool {
		switch state[n] {
		case 1:
			return false
		case 2:
			return true
		}
		state[n] = 1
		for _, m := range c.nodes[n].inPlace() {
			if !visit(m) {
				return false
			}
		}
		state[n] = 2
		return true
	}
	for n := range c.nodes {
		if !visit(n) {
			return bad("", Itself, "")
		}
	}
	return nil
}

// inPlace lists the schemas that a node puts on its own value.
func (n *node) inPlace() []int {
	list := slices.Concat(n.allOf, n.anyOf, n.oneOf)
	for _, m := range []int{n.not, n.when, n.then, n.other} {
		if m >= 0 {
			list = append(list, m)
		}
	}
	for _, d := range n.deps {
		list = append(list, d.node)
	}
	return list
}

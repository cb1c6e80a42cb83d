package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"suiren/internal/say"
)

// Bounds of a schema and of the JSON it is asked about. Each part of a schema is
// asked at most once about each value of an answer, so that their product bounds
// time and memory.
const (
	maxSchema   = 1 << 20 // bytes
	maxDepth    = 100     // of an answer
	maxNesting  = 1000    // of a schema
	maxNumber   = 400     // digits, and power of ten: numbers are worked out exactly
	maxPairs    = 1 << 20
	maxInlined  = 1 << 10 // parts that are asked about a value together
	bytesAValue = 64      // so many bytes of a text cost as much as a value
)

// schema: the answer has JSON that the schema accepts.
func schema(raw json.RawMessage) (func(context.Context, string, string) (float64, error), error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil && len(raw) > maxSchema {
		err = say.Errorf("it is longer than %d bytes", "超过 %d 字节", maxSchema)
	}
	size, tame := measure(doc, maxNesting)
	if err == nil && !tame {
		err = say.Errorf("it has a number of more than %d digits, or is nested deeper than %d", "其中有超过 %d 位的数，或嵌套超过 %d 层", maxNumber, maxNesting)
	}
	const here = "verify:schema"
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // nothing but what stands here
	c.AssertFormat()                          // what an owner writes is meant, whatever the draft
	steps := 1
	c.UseRegexpEngine(func(re string) (jsonschema.Regexp, error) {
		steps += stepsOf(re)
		return regexp.Compile(re)
	})
	if err == nil {
		err = c.AddResource(here, doc)
	}
	var s *jsonschema.Schema
	if err == nil {
		s, err = c.Compile(here)
	}
	var check *checker
	if err == nil {
		check, err = newChecker(s)
	}
	if err != nil {
		return nil, schemaFault(err)
	}
	size = max(size, len(check.parts))
	return func(ctx context.Context, _, answer string) (float64, error) {
		v, ok := answerJSON(answer)
		if !ok {
			return 0, ctx.Err()
		}
		n, tame := measure(v, maxDepth)
		if !tame || n > maxPairs/size || len(answer) > maxSteps/steps {
			return 0, ctx.Err()
		}
		if check.accepts(ctx, v) && ctx.Err() == nil {
			return 1, nil
		}
		return 0, ctx.Err()
	}, nil
}

// A checker asks each part of a schema at most once about each value. The library by
// itself takes exponential time, and memory for what it tells of each failure, where
// parts refer to each other.
type checker struct {
	root  *jsonschema.Schema
	parts map[*jsonschema.Schema]*jsonschema.Schema // what stands for each
	whole map[inlined]*jsonschema.Schema

	mu    sync.Mutex
	ctx   context.Context
	known map[question]bool
}

// inlined is a part, and whether those that apply to the same value stand in it
// themselves: what they say of properties and items is then asked for.
type inlined struct {
	part *jsonschema.Schema
	all  bool
}

// A question is whether a part accepts a value.
type question struct {
	part  *jsonschema.Schema
	value any
}

var (
	errRefused = errors.New("refused")
	errCircle  = say.Errorf("a part of it refers to itself for the same value", "其中有部分对同一个值引用自身")
	errDynamic = say.Errorf("$dynamicRef and $recursiveRef are followed only within one schema without another $id", "$dynamicRef 与 $recursiveRef 只能用于不含其他 $id 的单个 Schema")
	errTangled = say.Errorf("an unevaluatedProperties or unevaluatedItems looks through more than %d parts", "unevaluatedProperties 或 unevaluatedItems 涉及超过 %d 个部分", maxInlined)
)

func newChecker(s *jsonschema.Schema) (*checker, error) {
	c := &checker{parts: map[*jsonschema.Schema]*jsonschema.Schema{}, whole: map[inlined]*jsonschema.Schema{}}
	if err := survey(s); err != nil {
		return nil, err
	}
	c.root = c.part(s)
	return c, nil
}

// survey says what of a schema has no bound.
func survey(root *jsonschema.Schema) error {
	var fault error
	homes, dynamic := map[string]bool{}, false
	sizes := map[*jsonschema.Schema]int{} // of what applies to the same value; 0 while it is counted
	var visit func(s *jsonschema.Schema) int
	later := []*jsonschema.Schema{root}
	visit = func(s *jsonschema.Schema) int {
		if n, there := sizes[s]; there {
			if n == 0 {
				fault = errCircle
			}
			return n
		}
		sizes[s] = 0
		home, _, _ := strings.Cut(s.Location, "#")
		homes[home] = true
		dynamic = dynamic || s.RecursiveRef != nil || s.DynamicRef != nil
		n := 1
		rewired(s, func(t *jsonschema.Schema) *jsonschema.Schema {
			n = min(n+visit(t), maxInlined+1)
			return t
		}, func(t *jsonschema.Schema) *jsonschema.Schema {
			later = append(later, t)
			return t
		})
		if n > maxInlined && (s.UnevaluatedProperties != nil || s.UnevaluatedItems != nil) {
			fault = errTangled
		}
		sizes[s] = n
		return n
	}
	for len(later) > 0 && fault == nil {
		s := later[len(later)-1]
		later = later[:len(later)-1]
		if _, there := sizes[s]; !there {
			visit(s)
		}
	}
	if fault == nil && dynamic && len(homes) > 1 {
		fault = errDynamic
	}
	return fault
}

// rewired returns a copy of s with other parts: in gives those that apply to the same
// value, out those that apply to values in it.
func rewired(s *jsonschema.Schema, in, out func(*jsonschema.Schema) *jsonschema.Schema) *jsonschema.Schema {
	n := *s
	n.RecursiveAnchor = false // of one schema, all that is dynamic leads to where it stands
	one := func(s **jsonschema.Schema, f func(*jsonschema.Schema) *jsonschema.Schema) {
		if *s != nil {
			*s = f(*s)
		}
	}
	for _, p := range []**jsonschema.Schema{&n.Ref, &n.RecursiveRef, &n.Not, &n.If, &n.Then, &n.Else} {
		one(p, in)
	}
	for _, p := range []**jsonschema.Schema{&n.PropertyNames, &n.Items2020, &n.Contains, &n.ContentSchema, &n.UnevaluatedProperties, &n.UnevaluatedItems} {
		one(p, out)
	}
	if n.DynamicRef != nil {
		n.DynamicRef = &jsonschema.DynamicRef{Ref: in(n.DynamicRef.Ref)}
	}
	all := func(list *[]*jsonschema.Schema, f func(*jsonschema.Schema) *jsonschema.Schema) {
		*list = slices.Clone(*list)
		for i, s := range *list {
			(*list)[i] = f(s)
		}
	}
	all(&n.AllOf, in)
	all(&n.AnyOf, in)
	all(&n.OneOf, in)
	all(&n.PrefixItems, out)
	either := func(v any, f func(*jsonschema.Schema) *jsonschema.Schema) any {
		switch v := v.(type) {
		case *jsonschema.Schema:
			return f(v)
		case []*jsonschema.Schema:
			all(&v, f)
			return v
		}
		return v
	}
	n.Items, n.AdditionalItems, n.AdditionalProperties = either(n.Items, out), either(n.AdditionalItems, out), either(n.AdditionalProperties, out)
	n.Properties, n.PatternProperties, n.DependentSchemas, n.Dependencies = maps.Clone(n.Properties), maps.Clone(n.PatternProperties), maps.Clone(n.DependentSchemas), maps.Clone(n.Dependencies)
	for k, s := range n.Properties {
		n.Properties[k] = out(s)
	}
	for k, s := range n.PatternProperties {
		n.PatternProperties[k] = out(s)
	}
	for k, s := range n.DependentSchemas {
		n.DependentSchemas[k] = in(s)
	}
	for k, v := range n.Dependencies {
		n.Dependencies[k] = either(v, in)
	}
	return &n
}

// part returns what stands for a part: a schema of nothing but a format, which asks
// the part itself unless it knows.
func (c *checker) part(s *jsonschema.Schema) *jsonschema.Schema {
	if p := c.parts[s]; p != nil {
		return p
	}
	p := &jsonschema.Schema{DraftVersion: s.DraftVersion}
	c.parts[s] = p
	body := c.body(s, false)
	p.Format = &jsonschema.Format{Name: "part", Validate: func(v any) error {
		if !c.holds(body, v) {
			return errRefused
		}
		return nil
	}}
	return p
}

func (c *checker) body(s *jsonschema.Schema, all bool) *jsonschema.Schema {
	all = all || s.UnevaluatedProperties != nil || s.UnevaluatedItems != nil
	if b := c.whole[inlined{s, all}]; b != nil {
		return b
	}
	in := c.part
	if all {
		in = func(t *jsonschema.Schema) *jsonschema.Schema { return c.body(t, true) }
	}
	b := rewired(s, in, c.part)
	c.whole[inlined{s, all}] = b
	return b
}

func (c *checker) holds(body *jsonschema.Schema, v any) bool {
	if c.ctx.Err() != nil {
		return false
	}
	q := question{body, v}
	switch v := v.(type) {
	case map[string]any:
		q.value = reflect.ValueOf(v).Pointer()
	case []any:
		q.value = 0
		if len(v) > 0 {
			q.value = &v[0]
		}
	}
	holds, known := c.known[q]
	if !known {
		holds = body.Validate(v) == nil
		c.known[q] = holds
	}
	return holds
}

// accepts reports whether the schema accepts a value. What the library makes of a value
// that it does not foresee is no more than a refusal.
func (c *checker) accepts(ctx context.Context, v any) (ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx, c.known = ctx, map[question]bool{}
	defer func() {
		c.ctx, c.known = nil, nil
		if recover() != nil {
			ok = false
		}
	}()
	return c.root.Validate(v) == nil
}

// measure counts the values of JSON, long texts as several; false if it is nested deeper
// than depth, or has a number that is too large to work with.
func measure(v any, depth int) (n int, ok bool) {
	if depth < 0 {
		return 0, false
	}
	n = 1
	add := func(v any) bool {
		m, ok := measure(v, depth-1)
		n += m
		return ok
	}
	switch v := v.(type) {
	case string:
		n += len(v) / bytesAValue
	case json.Number:
		return n, tameNumber(string(v))
	case []any:
		for _, item := range v {
			if !add(item) {
				return n, false
			}
		}
	case map[string]any:
		for name, item := range v {
			n += len(name) / bytesAValue
			if !add(item) {
				return n, false
			}
		}
	}
	return n, true
}

var power = regexp.MustCompile(`[eE][+-]?0*(\d*)$`)

func tameNumber(s string) bool {
	if len(s) > maxNumber {
		return false
	}
	m := power.FindStringSubmatch(s)
	return m == nil || len(m[1]) < 3 || len(m[1]) == 3 && m[1] <= "400"
}

// unset takes away what sets off an answer.
var unset = strings.NewReplacer("<answer>", "", "</answer>", "")

// answerJSON returns the JSON of an answer: all of it; else the last block of code that
// is JSON, or what stands between <answer> and </answer>; else the one object or list
// that has lines of its own.
func answerJSON(answer string) (v any, ok bool) {
	answer = strings.TrimPrefix(answer, "\ufeff")
	whole := []string{answer}
	for _, b := range slices.Backward(blocks(answer)) {
		whole = append(whole, b)
	}
	if list := answers.FindAllString(answer, -1); len(list) == 1 {
		whole = append(whole, unset.Replace(list[0]))
	}
	for _, text := range whole {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Trim(text, "` \t\r\n")))
		if err == nil {
			return v, true
		}
	}
	return onlyJSON(answer)
}

// maxStarts bounds how often a text is read for JSON, as each may be read to its end.
const maxStarts = 64

// starts is where JSON may begin a line.
var starts = regexp.MustCompile(`(?m)^[ \t]*[{\[]`)

// onlyJSON returns the object or list that begins a line of a text and ends one; false
// if there is none, or another that differs.
func onlyJSON(text string) (v any, ok bool) {
	for range maxStarts {
		at := starts.FindStringIndex(text)
		if at == nil {
			return v, ok
		}
		d := json.NewDecoder(strings.NewReader(text[at[1]-1:]))
		d.UseNumber()
		var w any
		_, rest, _ := strings.Cut(text[at[1]:], "\n")
		if d.Decode(&w) == nil {
			line, behind, _ := strings.Cut(text[at[1]-1+int(d.InputOffset()):], "\n")
			if rest = behind; strings.TrimSpace(line) != "" || ok && !reflect.DeepEqual(v, w) {
				return nil, false
			}
			v, ok = w, true
		}
		text = rest
	}
	return nil, false
}

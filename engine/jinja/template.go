// Package jinja renders chat templates as the transformers library does: Jinja2
// 3.1.6 with trim_blocks, lstrip_blocks, loop controls, generation blocks and a
// tojson without HTML escapes, over Python's notions of truth, text and order.
//
// Templates come with model files and are not trusted: a render is bounded in
// steps, bytes and depth, and sees nothing but its variables. Variables hold
// text of users. Each string knows which of its bytes a user wrote, through
// every operation, so that a special token's name typed by a user stays text.
//
// Left out, because no chat template has them: include, import, extends, block,
// autoescape, and the filters that serve web pages. Taken in beyond
// transformers, because llama.cpp's templates have them: from_json, and the
// list methods append, extend, insert and pop on lists a template made itself.
//
// Source: https://jinja.palletsprojects.com/en/stable/templates and
// transformers' utils/chat_template_utils.py.
package jinja

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a template's source.
const (
	maxSource  = 1 << 20 // bytes; the longest known has 40 KB
	maxNesting = 200     // expressions, blocks
)

// A Kind says what went wrong.
type Kind int

const (
	Syntax Kind = iota // the template is not well-formed, or needs what this package lacks
	Raised             // the template called raise_exception: Why is its own text
	Wrong              // the template does not fit the variables
	Limit              // the template wants more steps, bytes or depth than it may have
)

// An Error is one of a template. Why is a sentence in English without a full
// stop, except for Raised.
type Error struct {
	Name string // the template's
	Line int    // from 1
	Kind Kind
	Why  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Why) }

// A Template is a parsed template. It may render for many callers at once.
type Template struct {
	name  string
	body  []node
	names map[string]bool // variables it reads
	texts []string        // its literal text, in order

	lib *library
}

// A library holds what templates find by name. It hangs on the template since
// filters find filters.
type library struct {
	filters, sequences map[string]filter
	tests              map[string]test
	strs               map[string]strMethod
	maps               map[string]mapMethod
	lists              map[string]listMethod
}

// Parse reads a template. The name is for errors.
func Parse(name, source string) (t *Template, err error) {
	p := &parser{name: name, names: map[string]bool{}}
	defer func() {
		if e := p.caught(recover()); e != nil {
			t, err = nil, e
		}
	}()
	p.line = 1
	if len(source) > maxSource {
		p.fail("the template has %d bytes; at most %d are read", len(source), maxSource)
	}
	if !utf8.ValidString(source) {
		p.fail("the template is not UTF-8")
	}
	p.tokens = lex(p, source)
	body := p.statements(1)
	return &Template{name, body, p.names, p.texts, &library{filters, sequences, tests, strMethods, mapMethods, listMethods}}, nil
}

// Reads reports whether the template reads a variable of that name anywhere.
func (t *Template) Reads(name string) bool { return t.names[name] }

// Writes reports whether the template's own text holds s: in what it prints as
// it stands, or in a string literal.
func (t *Template) Writes(s string) bool {
	for _, text := range t.texts {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// Options bound a render. The zero value works.
type Options struct {
	Now   time.Time // what strftime_now tells
	Steps int       // nodes evaluated and items visited; 0 is 5 million, about a second
	Bytes int       // of all strings made on the way, not only the text; 0 is 256 MiB
	Depth int       // of calls and of values in values; 0 is 200
}

// A Span is a range of bytes, [From, To).
type Span struct{ From, To int }

// A Text is a rendered template.
type Text struct {
	String string
	// User holds the parts that came out of users' strings, in order, apart
	// from each other. A special token stands only where its name holds none of
	// their bytes. Everything else is text, encoded as one across these bounds.
	User []Span
	// Answers holds the parts inside generation blocks: what the model wrote,
	// for training. Empty if the template has no such blocks.
	Answers []Span
}

// Render writes the template with vars. It never changes them.
//
// Errors: *Error.
func (t *Template) Render(vars *Map, o Options) (text Text, err error) {
	r := &render{t: t, now: o.Now, steps: o.Steps, bytes: o.Bytes, depth: o.Depth, line: 1}
	r.steps = or(r.steps, 5_000_000)
	r.bytes = or(r.bytes, 256<<20)
	r.depth = or(r.depth, 200)
	defer func() {
		if e := r.recovered(recover()); e != nil {
			text, err = Text{}, e
		}
	}()
	top := &scope{}
	for _, e := range vars.list() {
		if k, ok := e.key.(Str); ok {
			top.set(k.text, e.value)
		}
	}
	var out builder
	r.out, r.root = &out, &out
	r.run(t.body, &scope{up: top})
	s := out.str()
	return Text{s.text, s.user, r.answers}, nil
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

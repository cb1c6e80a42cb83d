package jinja

import (
	"fmt"
	"slices"
)

// A parser turns tokens into nodes. It fails by panicking with an *Error.
type parser struct {
	name   string
	line   int
	tokens []token
	i      int
	depth  int
	loops  int // around the statement
	macros []*macroNode
	names  map[string]bool
	texts  []string
}

func (p *parser) fail(format string, args ...any) {
	panic(&Error{p.name, p.line, Syntax, fmt.Sprintf(format, args...)})
}

// caught returns what fail threw; other panics go on.
func (p *parser) caught(e any) *Error {
	if e == nil {
		return nil
	}
	if e, ok := e.(*Error); ok {
		return e
	}
	panic(e)
}

// deeper counts nesting; call what it returns when leaving.
func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxNesting {
		p.fail("more than %d levels of nesting", maxNesting)
	}
	return func() { p.depth-- }
}

func (p *parser) peek() token {
	t := p.tokens[p.i]
	p.line = t.line
	return t
}

func (p *parser) next() token {
	t := p.peek()
	if t.kind != tEOF {
		p.i++
	}
	return t
}

// look returns the token after the next.
func (p *parser) look() token { return p.tokens[min(p.i+1, len(p.tokens)-1)] }

// skip takes the next token if it is that name or operator.
func (p *parser) skip(text string) bool {
	ok := p.peek().is(text)
	if ok {
		p.i++
	}
	return ok
}

func (p *parser) expect(text string) {
	if !p.skip(text) {
		p.fail("expected %q, got %v", text, p.peek())
	}
}

func (p *parser) expectKind(kind tokenKind, what string) token {
	t := p.next()
	if t.kind != kind {
		p.fail("expected %s, got %v", what, t)
	}
	return t
}

func (p *parser) pos() pos { return pos(p.peek().line) }

// statements reads nodes up to a statement that begins with one of ends, or to
// the end of the template if there are none. The tag's name is not taken. The
// block was opened at open.
func (p *parser) statements(open pos, ends ...string) []node {
	defer p.deeper()()
	var body []node
	for {
		at := p.pos()
		switch t := p.next(); t.kind {
		case tEOF:
			if len(ends) > 0 {
				p.line = int(open)
				p.fail("the block that begins here is not closed: there is no %s", ends[len(ends)-1])
			}
			return body
		case tData:
			p.texts = append(p.texts, t.text)
			body = append(body, &textNode{at, Str{text: t.text}})
		case tPrintBegin:
			body = append(body, &printNode{at, []expr{p.tuple(true)}})
			p.expectKind(tPrintEnd, "the end of the print statement")
		case tBlockBegin:
			if t := p.peek(); t.kind == tName && slices.Contains(ends, t.text) {
				return body
			}
			body = append(body, p.statement())
			p.expectKind(tBlockEnd, "the end of the statement")
		default:
			p.fail("unexpected %v", t)
		}
	}
}

// body reads the rest of a tag and the statements up to one of ends, which it
// returns.
func (p *parser) body(ends ...string) ([]node, string) {
	p.skip(":")
	at := pos(p.expectKind(tBlockEnd, "the end of the statement").line)
	body := p.statements(at, ends...)
	return body, p.next().text
}

func (p *parser) statement() node {
	at := p.pos()
	switch t := p.expectKind(tName, "the name of a statement"); t.text {
	case "if":
		return p.ifStatement(at)
	case "for":
		return p.forStatement(at)
	case "set":
		return p.set(at)
	case "with":
		return p.with(at)
	case "macro":
		m := &macroNode{pos: at, name: p.expectKind(tName, "a name").text}
		p.signature(m)
		p.macro(m, "endmacro")
		return m
	case "call":
		m := &macroNode{pos: at, name: "caller"}
		if p.peek().is("(") {
			p.signature(m)
		}
		call, ok := p.expression().(*callExpr)
		if !ok {
			p.fail("expected a call")
		}
		p.macro(m, "endcall")
		return &callBlock{at, call, m}
	case "filter":
		f := p.filter(&caughtExpr{at})
		for p.skip("|") {
			f = p.filter(f)
		}
		body, _ := p.body("endfilter")
		return &filterBlock{at, f, body}
	case "generation":
		loops := p.loops
		p.loops = 0 // Jinja2 makes it a macro
		body, _ := p.body("endgeneration")
		p.loops = loops
		return &generationNode{at, body}
	case "print":
		n := &printNode{pos: at}
		for p.peek().kind != tBlockEnd {
			if n.values != nil {
				p.expect(",")
			}
			n.values = append(n.values, p.expression())
		}
		return n
	case "break", "continue":
		if p.loops == 0 {
			p.fail("%s outside of a loop", t.text)
		}
		if t.text == "break" {
			return &breakNode{at}
		}
		return &continueNode{at}
	case "include", "import", "from", "extends", "block", "autoescape":
		p.fail("a chat template stands alone: there is no %s", t.text)
	default:
		p.fail("unknown statement %q", t.text)
	}
	return nil
}

func (p *parser) ifStatement(at pos) node {
	n := &ifNode{pos: at, test: p.tuple(false)}
	var end string
	n.body, end = p.body("elif", "else", "endif")
	switch end {
	case "elif":
		defer p.deeper()()
		n.orElse = []node{p.ifStatement(p.pos())}
	case "else":
		n.orElse, _ = p.body("endif")
	}
	return n
}

func (p *parser) forStatement(at pos) node {
	n := &forNode{pos: at, target: p.target(false)}
	p.expect("in")
	n.over = p.tuple(false)
	if p.skip("if") {
		n.test = p.expression()
	}
	n.recursive = p.skip("recursive")
	p.loops++
	body, end := p.body("endfor", "else")
	p.loops--
	n.body = body
	if end == "else" {
		n.orElse, _ = p.body("endfor")
	}
	return n
}

func (p *parser) set(at pos) node {
	target := p.target(true)
	if p.skip("=") {
		return &setNode{at, target, p.tuple(true)}
	}
	n := &setBlock{pos: at, target: target}
	for p.skip("|") {
		if n.filter == nil {
			n.filter = &caughtExpr{at}
		}
		n.filter = p.filter(n.filter)
	}
	n.body, _ = p.body("endset")
	return n
}

func (p *parser) with(at pos) node {
	n := &withNode{pos: at}
	for p.peek().kind != tBlockEnd {
		if n.targets != nil {
			p.expect(",")
		}
		n.targets = append(n.targets, p.target(false))
		p.expect("=")
		n.values = append(n.values, p.expression())
	}
	n.body, _ = p.body("endwith")
	return n
}

func (p *parser) signature(m *macroNode) {
	p.expect("(")
	for !p.peek().is(")") {
		if m.params != nil {
			p.expect(",")
		}
		m.params = append(m.params, p.expectKind(tName, "a name").text)
		switch {
		case p.skip("="):
			m.defaults = append(m.defaults, p.expression())
		case m.defaults != nil:
			p.fail("a parameter without a default follows one with a default")
		}
	}
	p.expect(")")
}

func (p *parser) macro(m *macroNode, end string) {
	loops := p.loops
	p.loops = 0
	p.macros = append(p.macros, m)
	m.body, _ = p.body(end)
	p.macros = p.macros[:len(p.macros)-1]
	p.loops = loops
}

// target reads what an assignment assigns to.
func (p *parser) target(namespaces bool) expr {
	at := p.pos()
	one := func() expr {
		at := p.pos()
		if p.skip("(") {
			defer p.deeper()()
			t := p.target(namespaces)
			p.expect(")")
			return t
		}
		name := p.expectKind(tName, "a name to assign to").text
		if slices.Contains([]string{"true", "false", "none", "True", "False", "None"}, name) {
			p.fail("can't assign to %s", name)
		}
		if namespaces && p.skip(".") {
			p.names[name] = true
			return &nsRef{at, name, p.expectKind(tName, "a name").text}
		}
		return &nameExpr{at, name}
	}
	first := one()
	if !p.peek().is(",") {
		return first
	}
	list := &listExpr{pos: at, items: []expr{first}, tuple: true}
	for p.skip(",") {
		if t := p.peek(); t.kind != tName && !t.is("(") || t.is("in") {
			break
		}
		list.items = append(list.items, one())
	}
	return list
}

package jinja

import (
	"math/big"
	"slices"
	"strconv"
)

// tuple reads an expression, or several with commas between them. Source of
// this grammar: jinja2/parser.py, whose order of operators is not Python's.
func (p *parser) tuple(conditional bool) expr {
	at := p.pos()
	one := p.or
	if conditional {
		one = p.expression
	}
	if p.tupleEnds() {
		p.fail("expected an expression, got %v", p.peek())
	}
	first := one()
	if !p.peek().is(",") {
		return first
	}
	t := &listExpr{pos: at, items: []expr{first}, tuple: true}
	for p.skip(",") && !p.tupleEnds() {
		t.items = append(t.items, one())
	}
	return t
}

func (p *parser) tupleEnds() bool {
	t := p.peek()
	return t.kind == tPrintEnd || t.kind == tBlockEnd || t.is(")") || t.is("in") || t.is("recursive")
}

func (p *parser) expression() expr {
	defer p.deeper()()
	at := p.pos()
	x := p.or()
	for p.skip("if") {
		c := &condExpr{pos: at, test: p.or(), yes: x}
		if p.skip("else") {
			c.no = p.expression()
		}
		x = c
	}
	return x
}

func (p *parser) or() expr {
	at, x := p.pos(), p.and()
	for n := 0; p.skip("or"); n++ {
		p.long(n)
		x = &binaryExpr{at, "or", x, p.and()}
	}
	return x
}

func (p *parser) and() expr {
	at, x := p.pos(), p.not()
	for n := 0; p.skip("and"); n++ {
		p.long(n)
		x = &binaryExpr{at, "and", x, p.not()}
	}
	return x
}

// long bounds how deep a chain of operators or members makes the tree.
func (p *parser) long(n int) {
	if n > 1000 {
		p.fail("an expression with more than 1000 parts")
	}
}

func (p *parser) not() expr {
	at := p.pos()
	if p.skip("not") {
		defer p.deeper()()
		return &unaryExpr{at, "not", p.not()}
	}
	return p.compare()
}

func (p *parser) compare() expr {
	c := &compareExpr{pos: p.pos(), x: p.sum()}
	for {
		t := p.peek()
		op := t.text
		switch {
		case t.kind == tOperator && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, op), t.is("in"):
			p.next()
		case t.is("not") && p.look().is("in"):
			p.i += 2
			op = "not in"
		case c.ops == nil:
			return c.x
		default:
			return c
		}
		c.ops, c.ys = append(c.ops, op), append(c.ys, p.sum())
	}
}

func (p *parser) sum() expr { return p.chain(p.concat, "+", "-") }

func (p *parser) concat() expr {
	c := &concatExpr{pos: p.pos(), parts: []expr{p.product()}}
	for p.skip("~") {
		c.parts = append(c.parts, p.product())
	}
	if len(c.parts) == 1 {
		return c.parts[0]
	}
	return c
}

func (p *parser) product() expr { return p.chain(p.power, "*", "/", "//", "%") }

func (p *parser) power() expr {
	return p.chain(func() expr { return p.unary(true) }, "**")
}

// chain reads operands with operators of one rank between them, from the left.
func (p *parser) chain(operand func() expr, ops ...string) expr {
	at, x := p.pos(), operand()
	for n := 0; ; n++ {
		t := p.peek()
		if t.kind != tOperator || !slices.Contains(ops, t.text) {
			return x
		}
		p.long(n)
		p.next()
		x = &binaryExpr{at, t.text, x, operand()}
	}
}

func (p *parser) unary(filters bool) expr {
	at := p.pos()
	var x expr
	switch t := p.peek(); {
	case t.is("-"), t.is("+"):
		defer p.deeper()()
		p.next()
		x = &unaryExpr{at, t.text, p.unary(false)}
	default:
		x = p.primary()
	}
	x = p.postfix(x)
	if filters {
		x = p.filters(x)
	}
	return x
}

func (p *parser) primary() expr {
	at := p.pos()
	switch t := p.next(); {
	case t.kind == tName:
		switch t.text {
		case "true", "True":
			return &constExpr{at, true}
		case "false", "False":
			return &constExpr{at, false}
		case "none", "None":
			return &constExpr{at, nil}
		}
		p.names[t.text] = true
		for _, m := range p.macros {
			m.varargs = m.varargs || t.text == "varargs"
			m.kwargs = m.kwargs || t.text == "kwargs"
			m.caller = m.caller || t.text == "caller"
		}
		return &nameExpr{at, t.text}
	case t.kind == tString:
		text := t.text
		for p.peek().kind == tString {
			text += p.next().text
		}
		p.texts = append(p.texts, text)
		return &constExpr{at, Str{text: text}}
	case t.kind == tInteger:
		i, ok := new(big.Int).SetString(t.text, 0)
		if !ok || len(t.text) > 1000 {
			p.fail("%q is no number", t.text)
		}
		return &constExpr{at, normal(i)}
	case t.kind == tFloat:
		f, _ := strconv.ParseFloat(t.text, 64) // out of range is infinite, as in Python
		return &constExpr{at, f}
	case t.is("("):
		defer p.deeper()()
		if p.skip(")") {
			return &listExpr{pos: at, tuple: true}
		}
		x := p.tuple(true)
		p.expect(")")
		return x
	case t.is("["):
		l := &listExpr{pos: at}
		for !p.peek().is("]") {
			if l.items != nil {
				if p.expect(","); p.peek().is("]") {
					break
				}
			}
			l.items = append(l.items, p.expression())
		}
		p.expect("]")
		return l
	case t.is("{"):
		d := &dictExpr{pos: at}
		for !p.peek().is("}") {
			if d.keys != nil {
				if p.expect(","); p.peek().is("}") {
					break
				}
			}
			d.keys = append(d.keys, p.expression())
			p.expect(":")
			d.values = append(d.values, p.expression())
		}
		p.expect("}")
		return d
	default:
		p.fail("unexpected %v", t)
	}
	return nil
}

func (p *parser) postfix(x expr) expr {
	for n := 0; ; n++ {
		p.long(n)
		at := p.pos()
		switch {
		case p.skip("."):
			switch t := p.next(); t.kind {
			case tName:
				x = &attrExpr{at, x, t.text}
			case tInteger:
				i, _ := strconv.ParseInt(t.text, 0, 64)
				x = &itemExpr{at, x, &constExpr{at, i}}
			default:
				p.fail("expected a name or a number, got %v", t)
			}
		case p.skip("["):
			keys := &listExpr{pos: at, tuple: true}
			for !p.peek().is("]") {
				if keys.items != nil {
					p.expect(",")
				}
				keys.items = append(keys.items, p.subscript())
			}
			p.expect("]")
			if len(keys.items) == 1 {
				x = &itemExpr{at, x, keys.items[0]}
			} else {
				x = &itemExpr{at, x, keys}
			}
		case p.peek().is("("):
			x = &callExpr{at, x, p.args()}
		default:
			return x
		}
	}
}

func (p *parser) subscript() expr {
	s := &sliceExpr{pos: p.pos()}
	colon := false
	for i := range s.parts {
		if t := p.peek(); !t.is(":") && !t.is("]") && !t.is(",") {
			s.parts[i] = p.expression()
		}
		if i == 2 || !p.skip(":") {
			break
		}
		colon = true
	}
	if !colon {
		if s.parts[0] == nil {
			p.fail("expected an expression, got %v", p.peek())
		}
		return s.parts[0]
	}
	return s
}

func (p *parser) args() argList {
	var a argList
	p.expect("(")
	for first := true; !p.peek().is(")"); first = false {
		if !first {
			if p.expect(","); p.peek().is(")") {
				break
			}
		}
		t, ok := p.peek(), false
		switch {
		case t.is("*"):
			ok = a.more == nil && a.mapping == nil
			p.next()
			a.more = p.expression()
		case t.is("**"):
			ok = a.mapping == nil
			p.next()
			a.mapping = p.expression()
		case t.kind == tName && p.look().is("="):
			ok = a.mapping == nil && !slices.Contains(a.names, t.text)
			p.i += 2
			a.names, a.values = append(a.names, t.text), append(a.values, p.expression())
		default:
			ok = a.more == nil && a.mapping == nil && a.names == nil
			a.args = append(a.args, p.expression())
		}
		if !ok {
			p.fail("the arguments of a call are out of order")
		}
	}
	p.expect(")")
	return a
}

// filters reads filters, tests and calls behind x.
func (p *parser) filters(x expr) expr {
	for n := 0; ; n++ {
		p.long(n)
		at := p.pos()
		switch {
		case p.skip("|"):
			x = p.filter(x)
		case p.skip("is"):
			x = p.test(at, x)
		case p.peek().is("("):
			x = &callExpr{at, x, p.args()}
		default:
			return x
		}
	}
}

func (p *parser) filter(x expr) expr {
	at := p.pos()
	f := &filterExpr{pos: at, x: x, name: p.expectKind(tName, "the name of a filter").text}
	if p.peek().is("(") {
		f.args = p.args()
	}
	return f
}

func (p *parser) test(at pos, x expr) expr {
	negated := p.skip("not")
	t := &testExpr{pos: at, x: x, name: p.expectKind(tName, "the name of a test").text}
	switch n := p.peek(); {
	case n.is("("):
		t.args = p.args()
	case n.is("else"), n.is("or"), n.is("and"):
	case n.is("is"):
		p.fail("tests with is cannot be chained")
	case n.kind == tName, n.kind == tString, n.kind == tInteger, n.kind == tFloat, n.is("["), n.is("{"):
		t.args.args = []expr{p.postfix(p.primary())}
	}
	if negated {
		return &unaryExpr{at, "not", t}
	}
	return t
}

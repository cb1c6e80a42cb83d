package plan

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A plan says what is wanted and computes nothing: its values are literals
// and references, so what is read is what is meant.
var (
	notLiteral  = say.T("a plan computes nothing: no operators, conditions or loops", "计划文件不做计算：没有运算符、条件和循环")
	useLiterals = say.T("write the value itself, or a reference such as weights.tutor", "请直接写出值，或写引用，例如 weights.tutor")
)

// literal returns the string, number or truth value that e writes out.
func literal(e hclsyntax.Expression) (cty.Value, bool) {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val, !e.Val.IsNull()
	case *hclsyntax.UnaryOpExpr:
		v, ok := literal(e.Val)
		if ok && e.Op == hclsyntax.OpNegate && v.Type() == cty.Number {
			return v.Negate(), true
		}
	case *hclsyntax.TemplateExpr:
		var b strings.Builder
		for _, p := range e.Parts { // a text over many lines has a part for each
			l, ok := p.(*hclsyntax.LiteralValueExpr)
			if !ok || !isString(l.Val) {
				return cty.NilVal, false
			}
			b.WriteString(l.Val.AsString())
		}
		return cty.StringVal(b.String()), true
	}
	return cty.NilVal, false
}

func isString(v cty.Value) bool { return v.Type() == cty.String && !v.IsNull() }

// number returns v's number, if it is one.
func number(v cty.Value) (*big.Float, bool) {
	if v.Type() != cty.Number || v.IsNull() {
		return nil, false
	}
	return v.AsBigFloat(), true
}

// addExpr notes that e is not what the argument name wants.
func (r *reader) addExpr(e hclsyntax.Expression, want say.Text, f *field) {
	at, name := e.Range(), f.name
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		r.add(at, say.T("a plan has no functions such as %s", "计划文件里没有函数（%s）", clip(e.Name)), useLiterals)
		return
	case *hclsyntax.TemplateExpr:
		if _, ok := literal(e); !ok {
			r.add(at, say.T("a string holds no ${ } or %{ }", "字符串里不能有 ${ } 或 %{ }"),
				say.T("write the text itself; for the characters ${ write $${", "请直接写出文字；若要字符 ${ 本身，请写 $${"))
			return
		}
	case *hclsyntax.TemplateWrapExpr:
		r.add(at, say.T("a string holds no ${ }", "字符串里不能有 ${ }"), say.T("write a reference without quotes: weights.tutor", "引用不加引号：weights.tutor"))
		return
	case *hclsyntax.LiteralValueExpr:
		if e.Val.IsNull() {
			r.add(at, say.T("%s is null", "%s 是 null", name), say.T("leave the argument out", "请删去这个参数"))
			return
		}
	case *hclsyntax.UnaryOpExpr, *hclsyntax.ScopeTraversalExpr, *hclsyntax.TupleConsExpr, *hclsyntax.ObjectConsExpr:
	default: // operators, conditions, loops, indexes, parentheses
		r.add(at, notLiteral, useLiterals)
		return
	}
	r.add(at, say.T("%s is %s, and this is %s", "%s 应当是%s，这里是%s", name, want, form(e)), r.instead(e, want, f))
}

// instead says what to write where f is wanted and e stands: e without the quotes
// around it, if it is that; a block that reads the path that it is.
func (r *reader) instead(e hclsyntax.Expression, want say.Text, f *field) say.Text {
	other := r.within(f)
	switch {
	case len(f.known) > 0:
		other = oneOf(f.known)
	case f.isInput():
		other = say.T("write it like %v", "请写成 %v 这样", f.example())
	case f.optional && other.IsZero(): // of a number its range is told: not each has a default
		other = say.T("leave it out for its default", "省略即取默认值")
	}
	v, ok := literal(e)
	if !ok || !isString(v) {
		return other
	}
	s := v.AsString()
	kind, name, _ := strings.Cut(s, ".")
	_, named := r.found[stage.Ref{Kind: store.Kind(kind), Name: name}]
	_, err := strconv.ParseFloat(s, 64)
	switch {
	case strings.HasPrefix(want.En, "a reference") && named, strings.HasSuffix(want.En, "number") && err == nil, want.En == "true or false" && (s == "true" || s == "false"):
		return say.T("write it without quotes: %s", "请去掉引号：%s", clip(s))
	case f.isInput() && len(f.kinds) > 0 && (f.kinds[0] == store.Examples || f.kinds[0] == store.Documents):
		return say.T("make a block that reads it, %s \"name\" { path = %q }, and write %s = %s.name", "请用一个块读入它：%s \"名字\" { path = %q }，再写 %s = %s.名字", f.kinds[0], clip(s), f.name, f.kinds[0])
	}
	return other
}

// form names what e is.
func form(e hclsyntax.Expression) say.Text {
	if v, ok := literal(e); ok {
		switch v.Type() {
		case cty.String:
			return say.T("a string", "字符串")
		case cty.Number:
			if n, _ := number(v); n.IsInt() {
				return say.T("a whole number", "整数")
			}
			return say.T("a number with a fraction", "小数")
		case cty.Bool:
			return say.T("true or false", "true 或 false")
		}
	}
	switch e.(type) {
	case *hclsyntax.TupleConsExpr:
		return say.T("a list", "列表")
	case *hclsyntax.ObjectConsExpr:
		return say.T("a map", "映射")
	case *hclsyntax.ScopeTraversalExpr:
		return say.T("a reference", "引用")
	}
	return say.T("an expression", "表达式")
}

// key reads a key of a map.
func key(e hclsyntax.Expression) (string, bool) {
	k, ok := e.(*hclsyntax.ObjectConsKeyExpr)
	if !ok {
		return "", false
	}
	if word := hcl.ExprAsKeyword(k.Wrapped); word != "" {
		return word, true
	}
	v, ok := literal(k.Wrapped)
	if !ok || !isString(v) {
		return "", false
	}
	return v.AsString(), true
}

// ref reads a reference for argument f of block b, and notes what is wrong
// with it.
func (r *reader) ref(b *Block, f *field, e hclsyntax.Expression) (stage.Ref, bool) {
	t, ok := e.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		r.addExpr(e, f.want(), f)
		return stage.Ref{}, false
	}
	ref, ok := named(t)
	if !ok {
		r.add(e.Range(), say.T("a reference is a kind and a name with a dot between", "引用由种类和名字组成，中间是点号"),
			say.T("write it like %v", "请写成 %v 这样", f.example()))
		return stage.Ref{}, false
	}
	if !r.there(b, f, e, ref) {
		return ref, false
	}
	if !f.takes(ref.Kind) {
		r.add(e.Range(), say.T("%s of %s is %s, and %s is %s", "%s（%s）应当是%s，而 %s 是 %s", f.name, b.Kind, f.want(), ref, ref.Kind),
			r.suggestRef(b, ref, f))
		return ref, false
	}
	return ref, true
}

// named is the block that t names, if it is a kind and a name.
func named(t *hclsyntax.ScopeTraversalExpr) (stage.Ref, bool) {
	var words []string
	for _, step := range t.Traversal {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			words = append(words, s.Name)
		case hcl.TraverseAttr:
			words = append(words, s.Name)
		default:
			words = append(words, "")
		}
	}
	if len(words) != 2 || words[1] == "" {
		return stage.Ref{}, false
	}
	return stage.Ref{Kind: store.Kind(words[0]), Name: words[1]}, true
}

// there reports whether the plan has the block ref, which e names in block b, and notes it
// if it has not.
func (r *reader) there(b *Block, f *field, e hclsyntax.Expression, ref stage.Ref) bool {
	if _, ok := r.found[ref]; ok {
		return true
	}
	if !r.lost[ref.Name] {
		r.add(e.Range(), say.T("the plan has no block %s", "计划里没有块 %s", clip(ref.String())), r.suggestRef(b, ref, f))
	}
	return false
}

// suggestRef says which block was perhaps meant: one of a kind that f takes,
// and best of all one that has the given name.
func (r *reader) suggestRef(b *Block, given stage.Ref, f *field) say.Text {
	var names []string
	for ref := range r.found {
		if f.takes(ref.Kind) && ref != b.Ref { // it is not made of itself
			names = append(names, ref.String())
		}
	}
	slices.Sort(names)
	for _, n := range names {
		if strings.HasSuffix(n, "."+given.Name) {
			return say.T("did you mean %s?", "是否想写 %s？", n)
		}
	}
	if len(names) == 0 && f.takes(given.Kind) {
		return say.T("add the block %s %q", "请添加块 %s %q", given.Kind, clip(given.Name))
	}
	if len(names) == 0 {
		return say.T("add a block such as %s", "请添加一个块，例如 %s", f.block())
	}
	return suggest(given.String(), names)
}

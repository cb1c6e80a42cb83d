package plan

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"suiren/internal/say"
	"suiren/store"
)

// anyOf are the arguments that some operator of choice has, each with all that it may
// refer to.
func (c Choice) anyOf() []field {
	var list []field
	for _, name := range sortedKeys(c.Ops) {
		for _, f := range fieldsOf(c.Ops[name]()) {
			i := slices.IndexFunc(list, func(g field) bool { return g.name == f.name })
			switch {
			case i < 0:
				list = append(list, f)
			case len(f.kinds) == 0 || len(list[i].kinds) == 0:
				list[i].kinds = nil
			default:
				list[i].kinds = slices.Compact(slices.Sorted(slices.Values(slices.Concat[[]store.Kind](list[i].kinds, f.kinds))))
			}
		}
	}
	return list
}

// misspelt is the argument that was perhaps meant to choose the operator: one that no
// operator has, with a name near to it; nil: there is none.
func (r *reader) misspelt(choice Choice, args hclsyntax.Attributes) *hclsyntax.Attribute {
	any := choice.anyOf()
	for _, a := range inOrder(args) {
		if !slices.ContainsFunc(any, func(f field) bool { return f.name == a.Name }) && nearest(a.Name, []string{choice.By}) != "" {
			return a
		}
	}
	return nil
}

// unchosen notes what is wrong in block b whichever operator was meant: arguments that none
// has, and references to blocks that the plan does not have.
func (r *reader) unchosen(b *Block, args hclsyntax.Attributes, choice Choice) {
	fields, known := choice.anyOf(), []string{choice.By}
	for _, f := range fields {
		known = append(known, f.name)
	}
	for _, a := range inOrder(args) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == a.Name })
		switch {
		case a.Name == choice.By:
		case i < 0:
			r.add(a.NameRange, say.T("%s has no argument %s", "%s 没有参数 %s", b.Kind, clip(a.Name)), r.suggestArgument(a, choice, known, args, fields))
		case fields[i].isInput():
			list := []hclsyntax.Expression{a.Expr}
			if t, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
				list = t.Exprs
			}
			for _, e := range list {
				if t, ok := e.(*hclsyntax.ScopeTraversalExpr); ok {
					if ref, ok := named(t); ok {
						r.there(b, &fields[i], e, ref)
					}
				}
			}
		}
	}
}

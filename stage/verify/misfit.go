package verify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"suiren/internal/say"
)

// schemaFault says why a schema is none: where it does not fit what schemas are, what it
// refers to, or what cannot be checked. What else the library finds, it says in English.
func schemaFault(err error) error {
	refers := say.T("a schema refers to nothing outside of it", "Schema 不能引用外部内容")
	if e, ok := errors.AsType[*jsonschema.LoadURLError](err); ok {
		return &say.Error{What: say.T("this is no JSON schema: it refers to %q", "这不是 JSON Schema：它引用了 %q", clip(e.URL)), Next: refers}
	}
	missing := ""
	if e, ok := errors.AsType[*jsonschema.JSONPointerNotFoundError](err); ok {
		missing = e.URL
	} else if e, ok := errors.AsType[*jsonschema.AnchorNotFoundError](err); ok {
		missing = e.Reference
	}
	if _, place, ok := strings.Cut(missing, "#"); ok {
		return &say.Error{What: say.T("this is no JSON schema: it refers to %q, which it does not have", "这不是 JSON Schema：它引用了 %q，但其中没有", clip("#"+place)),
			Next: say.T("write it there, or correct the $ref", "请在该处写上它，或改正 $ref")}
	}
	if e, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		m := misfit(e)
		return &say.Error{What: say.T("this is no JSON schema: at %q, %v", "这不是 JSON Schema：%q 处，%v", "/"+strings.Join(m.Place, "/"), m), Err: m}
	}
	if slices.Contains([]error{errCircle, errDynamic, errTangled}, err) {
		return &say.Error{What: say.T("this schema cannot be checked: %v", "无法按此 Schema 检查：%v", err), Next: say.T("write it with $ref to $defs, of properties or items", "请改用指向 $defs 的 $ref，并放在属性或数组项中")}
	}
	return &say.Error{What: say.T("this is no JSON schema: %v", "这不是 JSON Schema：%v", err), Next: refers}
}

// A Misfit says at which place, of keys and numbers of items, a schema does not fit what
// schemas are, and why. The library's own words are English, and tell of all its ways there.
type Misfit struct {
	Place      []string
	What, Next say.Text
}

// Error and In say what is wrong, and what to do about it.
func (m *Misfit) Error() string           { return m.In(say.English) }
func (m *Misfit) In(lang say.Lang) string { return (&say.Error{What: m.What, Next: m.Next}).In(lang) }

// misfit tells of the first place that does not fit.
func misfit(v *jsonschema.ValidationError) *Misfit {
	var leaves []*jsonschema.ValidationError
	var gather func(v *jsonschema.ValidationError)
	gather = func(v *jsonschema.ValidationError) {
		if len(v.Causes) == 0 {
			leaves = append(leaves, v)
		}
		for _, c := range v.Causes {
			gather(c)
		}
	}
	gather(v)
	first := slices.MinFunc(leaves, func(a, b *jsonschema.ValidationError) int { // the library walks maps
		return cmp.Or(slices.Compare(a.InstanceLocation, b.InstanceLocation), cmp.Compare(rank(a), rank(b)))
	})
	what, next := say.T("a schema has no such value here", "Schema 在此处不能有这样的值"), say.T("see json-schema.org for what a schema may say", "Schema 的写法见 json-schema.org")
	switch k := first.ErrorKind.(type) {
	case *kind.Enum:
		var words []string
		for _, w := range k.Want {
			words = append(words, fmt.Sprint(w))
		}
		what, next = say.T("a schema has no %q here", "Schema 在此处不能写 %q", clip(fmt.Sprint(k.Got))), say.T("write one of %s", "请写其中之一：%s", words)
	case *kind.Format:
		what = say.T("%q is not of the format %s", "%q 不是 %s 格式", clip(fmt.Sprint(k.Got)), k.Want)
	case *kind.Type:
		what, next = say.T("this is of the type %s", "此处的类型是 %s", k.Got), say.T("it must be of the type %s", "应为 %s", k.Want)
	case *kind.Minimum:
		what, next = say.T("%s is too small", "%s 太小", clip(k.Got.RatString())), say.T("it must be at least %s", "至少应为 %s", k.Want.RatString())
	case *kind.ExclusiveMinimum:
		what, next = say.T("%s is too small", "%s 太小", clip(k.Got.RatString())), say.T("it must be more than %s", "应大于 %s", k.Want.RatString())
	case *kind.MinItems:
		what, next = say.T("this list has %d items", "此列表有 %d 项", k.Got), say.T("it must have at least %d", "至少应有 %d 项", k.Want)
	case *kind.UniqueItems:
		what, next = say.T("the items %d and %d of this list are equal", "此列表的第 %d 项与第 %d 项相同", k.Duplicates[0]+1, k.Duplicates[1]+1), say.T("write each of them once", "每项只写一次")
	case *kind.Pattern:
		what, next = say.T("%q is not what may stand here", "%q 不能写在此处", clip(k.Got)), say.T("it must match %s", "应匹配 %s", k.Want)
	}
	return &Misfit{first.InstanceLocation, what, next}
}

// rank puts what says most first.
func rank(v *jsonschema.ValidationError) string {
	if _, ok := v.ErrorKind.(*kind.Enum); ok {
		return ""
	}
	return fmt.Sprintf("%T%v", v.ErrorKind, v.ErrorKind)
}

package intake

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	faults "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"suiren/internal/say"
)

// schema says where a schema at n is none, if that is what the words of cause are
// filled with: the library's own speak English, at length. nil if it is something else.
func (r *record) schema(n *node, cause *say.Error) *say.Error {
	for _, a := range cause.What.Args {
		err, ok := a.(error)
		if !ok || n == nil {
			continue
		}
		if v, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
			err = v.Err
		}
		if v, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
			return r.misfit(n, v)
		}
		if _, ok := errors.AsType[*jsonschema.LoadURLError](err); !ok {
			return r.wrong(n, "verify.schema", cause.What, say.T("see json-schema.org for what a schema may say", "Schema 的写法见 json-schema.org"))
		}
	}
	return nil
}

// misfit tells of the first place that does not fit what schemas are.
func (r *record) misfit(n *node, v *jsonschema.ValidationError) *say.Error {
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
	case *faults.Enum:
		var words []string
		for _, w := range k.Want {
			words = append(words, fmt.Sprint(w))
		}
		what, next = say.T("a schema has no %q here", "Schema 在此处不能写 %q", clip(fmt.Sprint(k.Got))), say.T("write one of %s", "请写其中之一：%s", words)
	case *faults.Format:
		what = say.T("%q is not of the format %s", "%q 不是 %s 格式", clip(fmt.Sprint(k.Got)), k.Want)
	case *faults.Type:
		what, next = say.T("this is of the type %s", "此处的类型是 %s", k.Got), say.T("it must be of the type %s", "应为 %s", k.Want)
	}
	return r.wrong(n, strings.Join(append([]string{"verify.schema"}, first.InstanceLocation...), "."), what, next)
}

// rank puts what says most first.
func rank(v *jsonschema.ValidationError) string {
	if _, ok := v.ErrorKind.(*faults.Enum); ok {
		return ""
	}
	return fmt.Sprintf("%T%v", v.ErrorKind, v.ErrorKind)
}

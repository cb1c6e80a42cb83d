package intake

import (
	"errors"
	"strings"

	"suiren/internal/say"
	"suiren/stage/verify"
)

// schema says where a schema at n is none, if that is what the words of cause are
// filled with; nil if it is something else.
func (r *record) schema(n *node, cause *say.Error) *say.Error {
	if n == nil {
		return nil
	}
	if m, ok := errors.AsType[*verify.Misfit](cause); ok {
		return r.wrong(n, strings.Join(append([]string{"verify.schema"}, m.Place...), "."), m.What, m.Next)
	}
	for _, a := range cause.What.Args {
		if _, ok := a.(error); ok {
			return r.wrong(n, "verify.schema", cause.What, say.T("see json-schema.org for what a schema may say", "Schema 的写法见 json-schema.org"))
		}
	}
	return nil
}

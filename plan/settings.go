package plan

import (
	"encoding/json"
	"reflect"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// Settings returns what an artifact was made with as a plan would say it, name =
// value: the arguments that were said, and what held of those that were not, where
// that is known. Inputs are not among them. ok is false for a record of an operator
// that v does not have.
func (v Vocabulary) Settings(rec store.Record) (said, held []string, ok bool) {
	for _, make := range v[rec.Kind].Ops {
		op := make()
		if op.Name() != rec.Operator || json.Unmarshal(rec.Settings, op) != nil {
			continue
		}
		said, held = settings(op, rec)
		return said, held, true
	}
	return nil, nil, false
}

// withInputs notes in op which inputs a record has, as what holds of op and its revision
// may depend on that, and returns op's arguments.
func withInputs(op stage.Operator, rec store.Record) []field {
	fields := fieldsOf(op)
	for _, f := range fields {
		for _, u := range rec.Inputs {
			switch ref := (stage.Ref{Name: u.Arg}); {
			case u.Arg != f.name:
			case f.value.Type() == refType:
				f.value.Set(reflect.ValueOf(ref))
			case f.value.Type() == refsType:
				f.value.Set(reflect.ValueOf([]stage.Ref{ref}))
			}
		}
	}
	return fields
}

// Derived is what followed from the settings when the plan was made by which an artifact
// was, as a learning rate from the base; none if that is not recorded.
func Derived(rec store.Record) say.Text { return foretold(rec).Derived }

func settings(op stage.Operator, rec store.Record) (said, held []string) {
	fields := withInputs(op, rec)
	var settled map[string]any
	if s, ok := op.(stage.Settler); ok && rec.Revision == op.Revision() { // another revision had defaults of its own
		settled = s.Settled()
	}
	for _, f := range fields {
		if f.isInput() {
			continue
		}
		to, value := &said, f.value.Interface()
		if f.value.IsZero() || f.value.Kind() == reflect.Slice && f.value.Len() == 0 {
			v, ok := settled[f.name]
			if !ok {
				continue
			}
			to, value = &held, v
		}
		if b, err := json.Marshal(value); err == nil {
			*to = append(*to, f.name+" = "+asWritten(b))
		}
	}
	return said, held
}

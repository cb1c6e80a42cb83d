package model

import (
	"slices"

	"suiren/engine/weights"
)

// Instead returns the types of the matrices of a GGUF file in a mixture, if none has the
// type that most are to have: its blocks do not fit the rows. nil: some have.
func (f *File) Instead(x Mixture) ([]weights.Type, error) {
	list, err := f.tensors(x)
	if err != nil {
		return nil, err
	}
	var types []weights.Type
	for i := range list {
		switch t := list[i].Type; {
		case t == fileTypes[x].typ:
			return nil, nil
		case t != weights.F32 && !slices.Contains(types, t):
			types = append(types, t)
		}
	}
	slices.Sort(types)
	return types, nil
}

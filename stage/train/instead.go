package train

import (
	"suiren/engine/model"
	"suiren/internal/say"
)

// Instead says which matrices of f, a GGUF file, are in other types than was asked for, as
// blocks of 256 weights do not fit rows of another length; nothing if none are.
func Instead(f *model.File) (say.Text, error) {
	in, err := f.Instead()
	if err != nil || in.Matrices == 0 {
		return say.Text{}, err
	}
	types := say.T(in.Types[0].String(), "")
	for i, t := range in.Types[1:] {
		if i < len(in.Types)-2 {
			types = say.T("%v, %v", "%v、%v", types, t)
		} else {
			types = say.T("%v or %v", "%v 或 %v", types, t)
		}
	}
	if in.Matrices == 1 {
		return say.T("one of %d matrices is in %v: its rows are no multiples of %d", "%d 个矩阵中有一个写成 %v：其行长不是 %d 的倍数", in.Of, types, in.Block), nil
	}
	return say.T("%d of %d matrices are in %v: their rows are no multiples of %d", "%[2]d 个矩阵中有 %[1]d 个写成 %[3]v：其行长不是 %[4]d 的倍数", in.Matrices, in.Of, types, in.Block), nil
}

// InsteadIn is Instead of the model at path; nothing of a folder.
func InsteadIn(path string) (say.Text, error) {
	f, err := model.Open(path)
	if err != nil {
		return say.Text{}, err
	}
	defer f.Close()
	return Instead(f)
}

// insteadOf is that of files that are to be made, the Model of a forecast.
func insteadOf(made any) (in model.Instead) {
	if f, ok := made.(*model.File); ok {
		in, _ = f.Instead() // it is told when they are made
	}
	return in
}

// alsoInstead adds what Instead says of files that are to be made to what is derived.
func alsoInstead(derived say.Text, made any) say.Text {
	f, ok := made.(*model.File)
	if !ok {
		return derived
	}
	text, _ := Instead(f) // what is wrong is told when they are made
	return say.Join(derived, text)
}

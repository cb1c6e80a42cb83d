package train

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
)

// unread says in both languages why the model at path, which argument arg names, cannot be
// used: its files are not what they say, or say what is not read here. Another error it
// returns as it is.
func unread(arg, path string, err error) error {
	if _, ok := errors.AsType[*say.Error](err); ok || err == nil {
		return err
	}
	var what say.Text
	next := say.T("copy the model again and compare its files with the publisher's, or take another", "请重新复制该模型，并与发布者的文件核对，或改用其他模型")
	at := func(path, place string, why say.Text) say.Text {
		if place != "" {
			path += ": " + place
		}
		return say.T("%s: %v", "%s：%v", harmless(path), why)
	}
	if bad, ok := errors.AsType[*weights.GGUFError](err); ok {
		what = at(bad.Path, bad.Place, say.Engine(string(bad.Fault), bad.Args))
	} else if bad, ok := errors.AsType[*weights.FormatError](err); ok {
		what = at(bad.Path, bad.Place, say.Engine(bad.Why, bad.Args))
	} else if bad, ok := errors.AsType[*tokenizer.FormatError](err); ok {
		what = at(bad.Path, bad.Place, say.Engine("%v", []any{bad.Why}))
	} else if bad, ok := errors.AsType[*tokenizer.Fault](err); ok {
		what = at(path, "", say.Engine(bad.Said()))
	} else if bad, ok := errors.AsType[*model.ConfigError](err); ok {
		what = at(path, "", say.Engine(bad.Why, bad.Args))
	} else if bad, ok := errors.AsType[*model.ArchError](err); ok {
		what = at(path, "", say.T("models of the architecture %q are not read", "不支持 %q 架构的模型", bad.Name))
		next = say.T("take one of these forms: %s", "请改用以下结构之一的模型：%s", strings.Join(model.Architectures(), ", "))
	} else if bad, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		what = say.T("the model at %s has no %s", "%s 处的模型缺少 %s", harmless(path), harmless(filepath.Base(bad.Path)))
	} else {
		return err
	}
	return &say.Error{Where: arg, What: what, Next: next, Err: err}
}

// harmless writes a name from a file so that no terminal takes it for a command.
func harmless(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

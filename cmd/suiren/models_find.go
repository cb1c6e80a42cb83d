package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/models"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/store"
)

// A found model is what a name, a path or a block of the plan here says.
type found struct {
	path    string
	record  *models.Record // nil: it is not listed
	block   string         // name of the weights block that made it; "": none did
	adapter string         // folder of the block's adapter, over path; "": it is whole
	plain   bool           // it was taught plain text alone: the block, or what is a copy of one
}

// isBlock reports whether a model is named as a block of weights, and no file
// is called that.
func isBlock(name string) bool {
	_, err := os.Stat(name)
	return err != nil && strings.HasPrefix(name, string(store.Weights)+".")
}

// blockName is the name of the block of weights that ref says.
func blockName(ref string) string { return strings.TrimPrefix(ref, string(store.Weights)+".") }

// findModel finds a model given by name, path or block: weights.NAME is what
// the plan of this folder made.
func (a *app) findModel(name string) (*found, error) {
	l, err := library()
	if err != nil {
		return nil, err
	}
	path, record, err := l.Resolve(name)
	if errors.Is(err, models.ErrUnknown) && isBlock(name) {
		return a.madeModel(blockName(name))
	}
	if err != nil {
		return nil, err
	}
	return &found{path: path, record: record, plain: talk.Plain(path)}, nil
}

// resolveModel is findModel of a model that must be whole.
func (a *app) resolveModel(name string) (string, *models.Record, error) {
	f, err := a.findModel(name)
	if err != nil {
		return "", nil, err
	}
	if f.adapter != "" {
		return "", nil, &say.Error{Where: name, What: say.T("these weights are an adapter, and no model by themselves", "这份权重是适配器，本身不是完整的模型"),
			Next: say.T("add it to its base with train = \"merge\", and name that block", "请用 train = \"merge\" 把它并入基座，再指定那个块")}
	}
	return f.path, f.record, nil
}

// madeModel finds what stands of a block of weights; of an adapter, its base.
func (a *app) madeModel(block string) (*found, error) {
	w, err := a.openState(".")
	if err != nil {
		return nil, err
	}
	defer w.close()
	return w.madeModel(block)
}

// madeModel finds what stands of a block of weights here.
func (w *workspace) madeModel(block string) (*found, error) {
	b, err := w.standing(store.Weights, block)
	if err != nil {
		return nil, err
	}
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return nil, err
	}
	at := &found{path: servable(dir), block: block}
	if at.plain, err = w.taughtText(b.Output); err != nil || !isAdapter(dir) {
		return at, err
	}
	rec, _, err := w.st.Made(b.Key)
	if err != nil {
		return nil, err
	}
	for _, in := range rec.Inputs {
		if in.Arg == "base" {
			base, err := w.st.Model(in.Digest)
			at.path, at.adapter = servable(base), dir
			return at, err
		}
	}
	return nil, &say.Error{Where: stage.Ref{Kind: store.Weights, Name: block}.String(), What: say.T("its base is not known", "不知道它的基座"),
		Next: say.T("make it again with suiren apply", "请用 suiren apply 重新制作")}
}

// taughtText reports whether rows or weights were made here of corpora alone, with all
// that they go on from.
func (w *workspace) taughtText(made store.Digest) (bool, error) {
	list, err := w.st.MadeBy(made)
	if err != nil || len(list) == 0 {
		return false, err
	}
	text := false
	for _, in := range list[0].Inputs {
		if in.Arg == "tokenizer" || in.Arg == "watch" { // nothing is learnt from them
			continue
		}
		text = false
		switch kind, _, _ := strings.Cut(in.Block, "."); store.Kind(kind) {
		case store.Corpus:
			text = true
		case store.Tokens, store.Weights:
			text, err = w.taughtText(in.From)
		}
		if !text || err != nil {
			return false, err
		}
	}
	return text, nil
}

// servable is the file of a model in a folder as train writes it, or the
// folder itself.
func servable(dir string) string {
	if file := filepath.Join(dir, "model.gguf"); isFile(file) {
		return file
	}
	return dir
}

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/models"
	"suiren/plan"
	"suiren/stage"
	"suiren/store"
)

// A found model is what a name, a path or a block of the plan here says.
type found struct {
	path    string
	record  *models.Record // nil: it is not listed
	block   string         // name of the weights block that made it; "": none did
	adapter string         // folder of the block's adapter, over path; "": it is whole
}

// isBlock reports whether a model is named as a block of weights, and no file
// is called that.
func isBlock(name string) bool {
	_, err := os.Stat(name)
	return err != nil && strings.HasPrefix(name, string(store.Weights)+".")
}

// findModel finds a model given by name, path or block: weights.NAME is what
// the plan of this folder made.
func (a *app) findModel(name string) (*found, error) {
	l, err := library()
	if err != nil {
		return nil, err
	}
	path, record, err := l.Resolve(name)
	if errors.Is(err, models.ErrUnknown) && isBlock(name) {
		return a.madeModel(strings.TrimPrefix(name, string(store.Weights)+"."))
	}
	if err != nil {
		return nil, err
	}
	return &found{path: path, record: record}, nil
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
	b, err := w.standing(store.Weights, block)
	if err != nil {
		return nil, err
	}
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return nil, err
	}
	if !isFile(filepath.Join(dir, "adapter_config.json")) {
		return &found{path: servable(dir), block: block}, nil
	}
	rec, _, err := w.st.Made(b.Key)
	if err != nil {
		return nil, err
	}
	for _, in := range rec.Inputs {
		if in.Arg == "base" {
			base, err := w.st.Model(in.Digest)
			return &found{path: servable(base), block: block, adapter: dir}, err
		}
	}
	return nil, &say.Error{Where: stage.Ref{Kind: store.Weights, Name: block}.String(), What: say.T("its base is not known", "不知道它的基座"),
		Next: say.T("make it again with suiren apply", "请用 suiren apply 重新制作")}
}

// servable is the file of a model in a folder as train writes it, or the
// folder itself.
func servable(dir string) string {
	if file := filepath.Join(dir, "model.gguf"); isFile(file) {
		return file
	}
	return dir
}

// showNext says how what a plan made is used: its release is served; without
// one, the weights that no other block goes on from are talked with.
func (w *workspace) showNext(p *plan.Plan) {
	switch last, release := finished(p); {
	case w.a.format == formatJSONL:
	case release:
		w.a.screen.Note(say.T("serve it: suiren serve%s", "提供服务：suiren serve%s", folderOf(w.file.Dir)))
	case last != "":
		w.a.screen.Note(say.T("talk with it: suiren chat %[1]s%[2]s; serve it: suiren serve %[1]s%[2]s", "与它对话：suiren chat %[1]s%[2]s；提供服务：suiren serve %[1]s%[2]s", last, w.at()))
	}
}

// finished returns whether a plan has a release and, of a plan without one, the
// last weights that no other block goes on from; "" if it has none.
func finished(p *plan.Plan) (last string, release bool) {
	from := map[stage.Ref]bool{}
	steps := p.Steps()
	for _, s := range steps {
		for _, ref := range s.Needs {
			from[ref] = true
		}
	}
	for _, s := range steps {
		switch {
		case s.Action == plan.Remove:
		case s.Kind == store.Release:
			return "", true
		case s.Kind == store.Weights && !from[s.Ref]:
			last = s.Ref.String()
		}
	}
	return last, false
}

// at is how the state folder is named to a command that runs here.
func (w *workspace) at() string {
	switch folder := folderOf(w.file.Dir); {
	case w.a.state != "":
		return " -C " + w.a.state
	case folder != "":
		return " -C " + w.a.stateDir(strings.TrimSpace(folder))
	}
	return ""
}

// noRelease is err, of a release that does not stand, or, where the plan has
// none and has made weights, how those are served.
func (w *workspace) noRelease(ctx context.Context, m stage.Machine, err error) error {
	p, planErr := w.plan(ctx, m)
	if planErr != nil {
		return err
	}
	last, release := finished(p)
	if _, standErr := w.standing(store.Weights, strings.TrimPrefix(last, string(store.Weights)+".")); release || last == "" || standErr != nil {
		return err
	}
	return &say.Error{Where: w.file.Path, What: say.T("the plan has no release", "计划中没有发布版本"), Err: err,
		Next: say.T("serve its weights: suiren serve %s%s", "请提供其权重的服务：suiren serve %s%s", last, w.at())}
}

// folderOf is the folder of a plan as an argument; none if it is this one.
func folderOf(dir string) string {
	here, err := os.Getwd()
	if err != nil {
		return " " + dir
	}
	rel, err := filepath.Rel(here, dir)
	switch {
	case err != nil || strings.HasPrefix(rel, ".."):
		return " " + dir
	case rel == ".":
		return ""
	}
	return " " + rel
}

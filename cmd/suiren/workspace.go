package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/operate/ledger"
	"suiren/store"
)

// A workspace is a plan file and the state folder of what was made from it.
type workspace struct {
	a    *app
	file *plan.File // as it was opened: what it says now is in its path
	st   *store.Store
}

// open reads the plan file at path, "" being the current folder, and opens
// the state folder beside it.
func (a *app) open(path string) (*workspace, error) {
	if path == "" {
		path = "."
	}
	f, err := plan.Load(path, vocabulary(a.every))
	if err != nil {
		return nil, err
	}
	w := &workspace{a: a, file: f}
	w.st, err = store.Open(a.stateDir(f.Dir))
	return w, err
}

// openState opens the state folder of the plan at path, whose file need not
// be right.
func (a *app) openState(path string) (*workspace, error) {
	dir := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir = filepath.Dir(path)
	}
	state := a.stateDir(dir)
	if _, err := os.Stat(state); err != nil {
		return nil, &say.Error{Where: state, Err: err, What: say.T("there is no state folder: nothing was made here yet", "没有状态目录：这里还没有制作过任何东西"),
			Next: say.T("make the plan with suiren apply, or say where with --state", "请先运行 suiren apply，或用 --state 指明位置")}
	}
	st, err := store.Open(state)
	return &workspace{a: a, st: st}, err
}

func (a *app) stateDir(planDir string) string {
	if a.state != "" {
		return a.state
	}
	return filepath.Join(planDir, ".suiren")
}

func (w *workspace) close() { w.st.Close() }

// path is a file of the state folder.
func (w *workspace) path(names ...string) string {
	return filepath.Join(append([]string{w.st.Path()}, names...)...)
}

// plan makes the plan of the file.
func (w *workspace) plan(ctx context.Context, m stage.Machine) (*plan.Plan, error) {
	return plan.Make(ctx, w.file, w.st, m, w.env())
}

// env lets a plan read the answers of a release that runs.
func (w *workspace) env() plan.Env {
	return plan.Env{Pin: func(release stage.Ref) (func(dir string) error, error) {
		_, err := os.Stat(w.books().ledger())
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		l, err := w.books().openLedger()
		if err != nil {
			return nil, err
		}
		defer l.Close()
		list, err := l.Rated(release.Name)
		if err != nil {
			return nil, err
		}
		return func(dir string) error {
			f, err := os.Create(filepath.Join(dir, "traces.jsonl"))
			if err != nil {
				return err
			}
			defer f.Close()
			if err := ledger.WriteRated(f, list); err != nil {
				return err
			}
			return f.Close()
		}, nil
	}}
}

// books is where what runs writes, beside the store's own files.
func (w *workspace) books() bookDir { return bookDir(w.st.Path()) }

// standing returns the block of a kind and name that the last apply left; of
// name "" the only one.
func (w *workspace) standing(kind store.Kind, name string) (store.Block, error) {
	list, err := w.st.Blocks()
	if err != nil {
		return store.Block{}, err
	}
	var found []store.Block
	var names []string
	for _, b := range list {
		if b.Kind == kind && (name == "" || b.Name == name) {
			found, names = append(found, b), append(names, b.Name)
		}
	}
	ref := string(kind)
	if name != "" {
		ref += "." + name
	}
	switch {
	case len(found) == 0:
		return store.Block{}, &say.Error{Where: w.st.Path(), What: say.T("there is no %s here yet", "这里还没有 %s", ref),
			Next: say.T("make it with suiren apply", "请用 suiren apply 制作")}
	case len(found) > 1:
		return store.Block{}, usage("", say.T("there is more than one %s", "有不止一个 %s", ref), say.T("name one of %s", "请指明其中之一：%s", names))
	}
	return found[0], nil
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

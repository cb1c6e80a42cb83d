package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
	"suiren/store"
)

// A workspace is a plan file and the state folder of what was made from it.
type workspace struct {
	a    *app
	file *plan.File // as it was opened: what it says now is in its path
	st   *store.Store

	unlock func() // of the state folder; nil: it was not locked
}

// open reads the plan file at path, "" being the current folder, and opens
// the state folder beside it.
func (a *app) open(path string) (*workspace, error) {
	if path == "" {
		path = "."
	}
	f, err := plan.Load(path, vocabulary(a.every))
	if err == nil {
		f, err = f.Choose(a.only, a.anew)
	}
	if err != nil {
		return nil, elsewhere(path, err)
	}
	w := &workspace{a: a, file: f}
	w.st, err = openStore(a.stateDir(f.Dir))
	return w, err
}

// elsewhere is err, of a path that was given as a plan's folder, or what that is.
func elsewhere(path string, err error) error {
	kind, _, ok := strings.Cut(path, ".")
	switch _, there := os.Stat(path); {
	case strings.HasSuffix(path, planSuffix):
		return usage(path, say.T("this is a saved plan", "这是保存的计划"), say.T("look at it with suiren show %s, make it with suiren apply %[1]s", "用 suiren show %s 查看，用 suiren apply %[1]s 执行", path))
	case ok && stage.IsKind(store.Kind(kind)) && there != nil:
		return usage(path, say.T("this is a block, and no folder of a plan", "这是块名，不是计划目录"), say.T("to make it and what it needs, write suiren apply --only %s", "要制作它及其所需的块，请写 suiren apply --only %s", path))
	}
	return err
}

// openStore opens a state folder, and says what to do where it may not be written.
func openStore(dir string) (*store.Store, error) {
	st, err := store.Open(dir)
	if p, ok := errors.AsType[*fs.PathError](err); ok && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) {
		return nil, &say.Error{Where: shown(p.Path), What: say.T("nothing can be written there: %v", "此处无法写入：%v", p.Err),
			Next: say.T("name another folder for what is made with --state, or run as its owner", "请用 --state 为产物指定其他目录，或以其所有者身份运行"), Err: err}
	}
	return st, err
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
	st, err := openStore(state)
	return &workspace{a: a, st: st}, err
}

func (a *app) stateDir(planDir string) string {
	if a.state != "" {
		return a.state
	}
	return filepath.Join(planDir, ".suiren")
}

// openWritten is open of a plan that is to be made, which has a block.
func (a *app) openWritten(path string) (*workspace, error) {
	w, err := a.open(path)
	if err != nil {
		return nil, err
	}
	if err := w.file.HasBlocks(); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *workspace) close() {
	w.free()
	w.st.Close()
}

// lock makes w the one writer of plans. In a folder that is only read there is none, and
// what would write says so.
func (w *workspace) lock() (err error) {
	if w.unlock, err = w.st.Lock(); errors.Is(err, store.ErrReadOnly) {
		return nil
	}
	return err
}

// free lets another be the writer.
func (w *workspace) free() {
	if w.unlock != nil {
		w.unlock()
	}
}

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

// unplanned is the error of a block that the plan beside the state folder does not have;
// nil where it has, or cannot be read.
func (w *workspace) unplanned(ref string) error {
	f, err := plan.Load(filepath.Dir(w.st.Path()), vocabulary(0))
	if err != nil {
		return nil
	}
	_, err = f.Choose([]string{ref}, nil)
	if bad, ok := errors.AsType[*say.Error](err); ok {
		at := *bad
		at.Err = errNoneStands
		return &at
	}
	return nil
}

var errNoneStands = errors.New("no block of that kind and name stands")

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
	case len(found) == 0 && name != "" && w.unplanned(ref) != nil:
		return store.Block{}, w.unplanned(ref)
	case len(found) == 0:
		return store.Block{}, &say.Error{Where: w.st.Path(), What: say.T("there is no %s here yet", "这里还没有 %s", ref), Err: errNoneStands,
			Next: say.T("make it with suiren apply", "请用 suiren apply 制作")}
	case len(found) > 1:
		return store.Block{}, usage("", say.T("there is more than one %s", "有不止一个 %s", ref), say.T("name one of %s", "请指明其中之一：%s", names))
	}
	return found[0], nil
}

// showNext says how what a plan made is used: its release is served; without
// one, the weights that no other block goes on from are talked with, or go on with text.
func (w *workspace) showNext(p *plan.Plan) {
	last, release := finished(p)
	switch {
	case w.a.format == formatJSONL:
	case release && w.showCandidates():
	case release:
		w.a.screen.Note(say.T("serve it: suiren serve%s", "提供服务：suiren serve%s", folderOf(w.file.Dir)))
	case len(last) > 0 && w.goesOn(last[len(last)-1]):
		w.a.screen.Note(say.T("go on with a text: suiren run %[1]s%[2]s \"…\"; serve it: suiren serve %[1]s%[2]s", "续写文本：suiren run %[1]s%[2]s \"…\"；提供服务：suiren serve %[1]s%[2]s", last[len(last)-1], w.at()))
	case len(last) > 0:
		w.a.screen.Note(say.T("talk with it: suiren chat %[1]s%[2]s; serve it: suiren serve %[1]s%[2]s", "与它对话：suiren chat %[1]s%[2]s；提供服务：suiren serve %[1]s%[2]s", last[len(last)-1], w.at()))
	}
}

// goesOn reports whether what stands of a block of weights was taught plain text alone.
func (w *workspace) goesOn(ref string) bool {
	at, err := w.madeModel(blockName(ref))
	return err == nil && at.plain
}

// showCandidates says which releases stand behind one of their name that is live,
// and how they take its place; it reports whether there is any.
func (w *workspace) showCandidates() (any bool) {
	list, _, err := w.releases()
	if err != nil {
		return false // who serves is told
	}
	at := folderOf(w.file.Dir)
	if at != "" {
		at = " --plan" + at
	}
	for _, v := range list {
		i := slices.IndexFunc(list, func(o releaseView) bool { return o.Name == v.Name && o.Stage == operate.Live })
		if !v.Newest || v.Stage != operate.Candidate || i < 0 {
			continue
		}
		any = true
		w.a.screen.Note(say.T("release.%[1]s is %[2]s now, a candidate: a server that runs answers with %[3]s; to change that: suiren release check %[1]s%[4]s, then suiren release promote %[1]s%[4]s",
			"release.%[1]s 现为 %[2]s，是候选版本：运行中的服务器仍以 %[3]s 作答；要换用它：suiren release check %[1]s%[4]s，再 suiren release promote %[1]s%[4]s",
			v.Name, v.Digest.Short(), list[i].Digest.Short(), at))
	}
	return any
}

// finished returns whether a plan has a release and, of a plan without one, the
// weights that no other block goes on from.
func finished(p *plan.Plan) (last []string, release bool) {
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
			return nil, true
		case s.Kind == store.Weights && !from[s.Ref]:
			last = append(last, s.Ref.String())
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

// toServe finds fault with a plan after which no release of a name, or of name "" more
// than one, would stand: what serves it need not be made first to see that. A plan
// without releases is served for its pages, and its weights.
func (w *workspace) toServe(p *plan.Plan, name string) error {
	var names []string
	for _, b := range w.file.Blocks {
		if b.Ref.Kind == store.Release {
			names = append(names, b.Ref.Name)
		}
	}
	switch {
	case len(names) == 0 && name == "":
		return nil
	case len(names) == 0:
		return usage("--release", say.T("the plan has no release", "计划中没有发布版本"), say.T("leave it out", "请去掉此选项"))
	case name == "" && len(names) > 1:
		return usage("--release", say.T("the plan has more than one release", "计划中有不止一个发布版本"), say.T("name one of %s", "请指明其中之一：%s", names))
	case name != "" && !slices.Contains(names, name):
		return usage("--release", say.T("the plan has no release.%s", "计划中没有 release.%s", name), say.T("name one of %s", "请指明其中之一：%s", names))
	}
	if !slices.ContainsFunc(p.Steps(), func(s plan.Step) bool { return s.Kind == store.Release && (name == "" || s.Name == name) }) {
		_, err := w.standing(store.Release, name) // a saved plan of some blocks leaves it as it is
		return err
	}
	return nil
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

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/knowledge/base"
	"suiren/knowledge/reader"
	"suiren/plan"
	"suiren/serve"
	"suiren/serve/plain"
	"suiren/stage"
	"suiren/store"
)

// A house is what the pages of the console ask: everything of the owner's around
// one server.
type house struct {
	a     *app
	books *books
	cmd   *cobra.Command // for the origins of settings
	srv   *serve.Server
	model modelFlags // of models that are loaded later
	shelf *base.Shelf
	space func(dir string) (*service, error) // opens a plan's folder to make it here; nil: there is one

	mu       sync.Mutex
	svc      *service // of the plan; nil: there is none yet
	tasks    []*task
	made     []*serve.Release // of the plan
	loaded   []*serve.Release // models
	brought  []*plain.Model
	machine  *measuredMachine
	compared *comparison // the last one; nil: none

	planning sync.Mutex // of the plan file and what is made of it: one change at a time

	listing sync.Mutex // of rows
	rows    keptRows

	drawing   sync.Mutex   // of pages
	searching turns        // of what asks all of a base
	drawer    *reader.Pool // nil: no page was drawn yet

	curving sync.Mutex // of curves
	curves  []*keptCurve
}

// A task is something that takes a while, which a page began.
type task struct {
	ID    int       `json:"id"`
	Kind  string    `json:"kind"` // a key of taskOf
	Name  string    `json:"name"`
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended,omitzero"`
	Steps int       `json:"steps,omitempty"` // done, where they are counted
	Of    int       `json:"of,omitempty"`
	err   error
	done  say.Text
}

// taskOf says by kind what a caller must be allowed to do to see a task: it names what it is about.
var taskOf = map[string]serve.Action{"knowledge": serve.ReadBases, "model": serve.ReadLibrary, "load": serve.ReadLibrary, "plan": serve.ReadPlan,
	"assess": serve.ReadPolicy, "compare": serve.ReadReleases, "backup": serve.Keep}

// forget lets go of what is remembered of a caller besides the books: the last
// comparison too, which may have asked again what they asked.
func (h *house) forget(caller string) {
	h.srv.Forget(caller)
	h.mu.Lock()
	h.compared = nil
	h.mu.Unlock()
}

// Bounds of the tasks that are remembered, and of those under way: each may hold a
// model, or as much memory as one.
const (
	mostTasks  = 20
	mostAtOnce = 8
)

// begin runs f beside the server, and remembers how it ended.
func (h *house) begin(kind, name string, f func(ctx context.Context) (say.Text, error)) (any, error) {
	if taskOf[kind] == "" {
		panic("suiren: a task that nobody may see: " + kind)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id, running := 1, 0
	for _, t := range h.tasks {
		if t.Ended.IsZero() {
			running++
		}
		if t.Kind == kind && t.Name == name && t.Ended.IsZero() {
			return nil, say.Errorf("that is being done already", "这件事已在进行")
		}
		id = max(id, t.ID+1)
	}
	if running == mostAtOnce {
		return nil, say.Errorf("%d things are being done already", "已有 %d 件事在进行", running)
	}
	t := &task{ID: id, Kind: kind, Name: name, Began: time.Now()}
	h.tasks = append(h.tasks, t)
	if len(h.tasks) > mostTasks { // what is under way is not forgotten: it must not begin twice
		oldest := slices.IndexFunc(h.tasks, func(t *task) bool { return !t.Ended.IsZero() })
		h.tasks = slices.Delete(h.tasks, oldest, oldest+1)
	}
	go func() {
		done, err := f(context.Background())
		h.mu.Lock()
		defer h.mu.Unlock()
		t.Ended, t.done, t.err = time.Now(), done, err
	}()
	return map[string]int{"task": id}, nil
}

// progress notes how far a task is.
func (h *house) progress(kind, name string, steps, of int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.tasks {
		if t.Kind == kind && t.Name == name && t.Ended.IsZero() {
			t.Steps, t.Of = steps, of
		}
	}
}

// tasksPage lists what was begun and the caller may see, the newest first.
func (h *house) tasksPage(_ context.Context, q serve.Query) (any, error) {
	type shown struct {
		*task
		Done   string `json:"done,omitempty"`
		Failed string `json:"failed,omitempty"`
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	list := []shown{}
	for _, t := range slices.Backward(h.tasks) {
		if !q.May(taskOf[t.Kind]) {
			continue
		}
		c := *t
		s := shown{task: &c, Done: t.done.In(q.Lang)}
		if t.err != nil {
			s.Failed = say.Err(q.Lang, t.err)
		}
		list = append(list, s)
	}
	return list, nil
}

// pages are the pages that can be answered.
func (h *house) pages() serve.Pages {
	p := serve.Pages{
		Tasks: h.tasksPage, StartFirst: h.startFirst,
		PlanFile: orNothing(h.planFile), CheckPlan: h.checkPlan, SavePlan: h.savePlan, ApplyPlan: h.applyPlan,
		Library: h.library, Fit: h.fit, AddModel: h.addModel, LoadModel: h.loadModel, UnloadModel: h.unloadModel,
		Corpora: orNothing(h.corpora), Journal: orNothing(h.journal), Measure: orNothing(h.measure), Document: orNothing(h.document), Near: orNothing(h.near), Card: orNothing(h.card), Rows: orNothing(h.rowsPage),
		Curves: orNothing(h.curvesPage), Points: orNothing(h.points), Diagnose: orNothing(h.findings),
		Verdicts: orNothing(h.verdicts), Machine: h.machinePage, Settings: h.settings, ReleasePage: h.releasePage,
		PolicyOfPlan: orNothing(h.policyOfPlan), DraftPolicy: h.draftPolicy, Assessments: h.assessments,
		Lineage: orNothing(h.lineage), Compare: h.compareReleases, Compared: h.comparedPage, Replies: orNothing(h.replies), Correct: h.correct,
		Sets: h.sets, AddToSet: h.addToSet, RemoveFromSet: h.removeFromSet, Assess: h.assess,
		Care: h.carePage, SetCare: h.setCare, RunCare: h.runCare, Backups: orNothing(h.backups), MakeBackup: h.makeBackup, SetBackups: h.setBackups,
	}
	if shelf, done, err := h.a.openShelf(); err == nil {
		h.shelf = shelf
		h.books.opened = append(h.books.opened, done, h.closeDrawer)
		p.Bases, p.BaseFiles, p.BaseDocuments, p.BaseText, p.BasePage, p.FindInBase, p.BaseConflicts = h.bases, h.baseFiles, h.baseDocuments, h.baseText, h.basePage, h.findInBase, h.baseConflicts
		p.AddToBase, p.SetReaders, p.EvalBase = h.addToBase, h.setReaders, h.evalBase
	}
	return p
}

// orNothing answers null where there is no plan: a page then says what would be there.
func orNothing(f serve.View) serve.View {
	return func(ctx context.Context, q serve.Query) (any, error) {
		v, err := f(ctx, q)
		if errors.Is(err, errNoPlan) {
			return nil, nil
		}
		return v, err
	}
}

// server makes the server that the pages are of.
func (h *house) server(conf serve.Config) *serve.Server {
	conf.Pages = h.pages()
	conf.Plan, conf.Report, conf.Runs, conf.Events = h.planView, h.reportView, h.runsView, h.events
	conf.Releases, conf.ReleaseAct, conf.Health = h.releasesView, h.releaseDo, h.health
	conf.Record, conf.Rate = h.record, h.rate
	conf.NotYet = h.notYet
	h.srv = serve.New(conf)
	h.books.mu.Lock()
	h.books.forget = h.forget
	h.books.mu.Unlock()
	return h.srv
}

// openMade makes the server answer from the plan's releases, then the models.
func (h *house) openMade(list []*serve.Release) (ended <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.made = list
	return h.srv.Open(slices.Concat(h.made, h.loaded)...)
}

// openModel makes the server answer from one more model, instead of one of that name if
// there is one, which ends with its last answer.
func (h *house) openModel(r *serve.Release, m *plain.Model) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.brought, func(old *plain.Model) bool { return old.Name() == m.Name() })
	var old *plain.Model
	if i >= 0 {
		old, h.brought = h.brought[i], slices.Delete(slices.Clone(h.brought), i, i+1)
	}
	h.brought = append(h.brought, m)
	h.loaded = append(slices.DeleteFunc(slices.Clone(h.loaded), func(old *serve.Release) bool { return old.Name == r.Name }), r)
	ended := h.srv.Open(slices.Concat(h.made, h.loaded)...)
	if old != nil {
		go func() {
			<-ended
			old.Close()
		}()
	}
}

// plan is the service of the plan, if there is one.
func (h *house) planned() *service {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.svc
}

var errNoPlan = &say.Error{What: say.T("this server has no plan", "本服务器没有计划"),
	Next: say.T("begin one on the home page, or start suiren serve in the folder of a plan", "请在首页新建，或在计划目录中启动 suiren serve")}

// workspace is that of the plan.
func (h *house) workspace() (*workspace, error) {
	if s := h.planned(); s != nil {
		return s.w, nil
	}
	return nil, errNoPlan
}

func (h *house) planView(lang say.Lang) (json.RawMessage, error) {
	if s := h.planned(); s != nil {
		return s.planView(lang)
	}
	return nil, nil
}

func (h *house) reportView() (json.RawMessage, error) {
	if s := h.planned(); s != nil {
		return s.reportView()
	}
	return nil, nil
}

func (h *house) events(ctx context.Context, id string, after int64, lang say.Lang) iter.Seq2[serve.Event, error] {
	if s := h.planned(); s != nil {
		return s.events(ctx, id, after, lang)
	}
	return func(func(serve.Event, error) bool) {}
}

func (h *house) runsView() (json.RawMessage, error) {
	if s := h.planned(); s != nil {
		return s.runsView()
	}
	return json.RawMessage("[]"), nil
}

func (h *house) releasesView() (json.RawMessage, error) {
	if s := h.planned(); s != nil {
		return s.releasesView()
	}
	return json.RawMessage(`{"version":0,"releases":[]}`), nil
}

func (h *house) releaseDo(ctx context.Context, caller, act string, body json.RawMessage) (json.RawMessage, error) {
	s := h.planned()
	if s == nil {
		return nil, serve.BadAct(errNoPlan.What, errNoPlan.Next, false)
	}
	return s.releaseDo(ctx, caller, act, body)
}

// notYet says why nothing answers yet, and what to do.
func (h *house) notYet() (what, next say.Text) {
	if s := h.planned(); s != nil {
		return s.notYet()
	}
	return say.T("nothing is served yet: no model is loaded", "尚未提供任何服务：没有载入模型"), say.T("load one on the models page, or start suiren serve MODEL", "请在“模型”页面载入，或启动 suiren serve 模型")
}

func (h *house) health() []serve.Health {
	if s := h.planned(); s != nil {
		return s.health()
	}
	return nil
}

func (h *house) record(r *serve.Record) error {
	if s := h.planned(); s != nil {
		return s.record(r)
	}
	return h.books.record(r)
}

func (h *house) rate(r serve.Rating) error {
	if s := h.planned(); s != nil {
		return s.rate(r)
	}
	return h.books.rate(r)
}

// apply makes what the plan says, and serves its release, which may be made although
// other blocks failed, or of a plan without one its weights, as up does.
func (h *house) apply(ctx context.Context, s *service, p *plan.Plan, m stage.Machine) (say.Text, error) {
	err := s.w.a.apply(ctx, s.w, p, m, false)
	made := slices.ContainsFunc(p.Steps(), func(s plan.Step) bool {
		return s.Kind == store.Release && s.State == plan.Done && s.Action != plan.Keep
	})
	if err != nil && !made {
		return say.Text{}, err
	}
	if _, released := finished(p); !released {
		return h.talk(ctx, s, p, m), nil
	}
	return say.T("made", "已完成"), errors.Join(err, h.openStanding(s, m))
}

// talk loads the weights that a plan without a release made, if those of one block can be
// talked with, and says what came of it. What was made is made, though it does not answer.
func (h *house) talk(ctx context.Context, s *service, p *plan.Plan, m stage.Machine) say.Text {
	ref := s.talker(p, &h.model)
	if ref == "" {
		return say.T("made", "已完成")
	}
	spareProcessor(m.Threads)
	told, err := h.load(ctx, ref, &h.model)
	if err != nil {
		return say.T("made; %s does not answer: %v", "已完成；%s 未能作答：%v", ref, err)
	}
	return say.T("made; %v", "已完成；%v", told)
}

// number reads a whole number of a query, within bounds.
func number(q serve.Query, name string, usual, most int) int {
	var n int
	if _, err := fmt.Sscan(q.Values.Get(name), &n); err != nil || n < 0 {
		return usual
	}
	return min(n, most)
}

// read fills v from the body of a query.
func read(q serve.Query, v any) error {
	if err := json.Unmarshal(q.Body, v); err != nil {
		return &say.Error{What: say.T("the request is not the JSON that was expected", "请求不是所期望的 JSON"), Err: errors.Join(err)}
	}
	return nil
}

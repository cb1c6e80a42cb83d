package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"suiren/internal/say"
	"suiren/models"
	"suiren/serve"
	"suiren/serve/plain"
	"suiren/stage"
	"suiren/stage/compute"
	"suiren/stage/unread"
)

// library lists the models that have a name.
func (h *house) library(context.Context, serve.Query) (any, error) {
	l, err := library()
	if err != nil {
		return nil, err
	}
	records, err := l.List()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	type shown struct {
		*models.Record
		Changed []string `json:"changed"`
		Served  string   `json:"served"` // the name by which it answers; "": it is not loaded
		Fit     fitted   `json:"fit"`
	}
	out := []shown{}
	free := h.free()
	for _, r := range records {
		s := shown{Record: r, Changed: r.Changed()}
		if i := slices.IndexFunc(h.loaded, func(o *serve.Release) bool { return o.Digest == r.Digest.String() }); i >= 0 {
			s.Served = h.loaded[i].Name
		}
		s.Fit = fitted{Free: free, Fits: r.Bytes < free, Bytes: r.Bytes}
		out = append(out, s)
	}
	return map[string]any{"models": out, "free": free}, nil
}

// free is the memory that models may take besides those that are served. h.mu is held.
func (h *house) free() int64 {
	all, err := h.a.modelMemory(&h.model)
	if err != nil {
		return 0
	}
	for _, m := range h.brought {
		b, _ := m.Memory()
		all -= b
	}
	return max(all, 0)
}

// A fitted is whether a model fits, and what it would take.
type fitted struct {
	Fits    bool    `json:"fits"`
	Free    int64   `json:"free"`              // bytes
	Bytes   int64   `json:"bytes"`             // with keys and values, where they were planned
	Pages   int64   `json:"pages,omitempty"`   // of the bytes, those for keys and values
	Context int     `json:"context,omitempty"` // tokens
	Whole   float64 `json:"whole,omitempty"`   // conversations of the whole context at once
	Longest int     `json:"longest,omitempty"` // context of the model itself, tokens
	Why     string  `json:"why,omitempty"`
}

// chosen is how a model is to be loaded.
func (h *house) chosen(q serve.Query) modelFlags {
	f := h.model
	f.context = number(q, "context", f.context, 1<<24)
	f.slots = max(1, number(q, "slots", f.slots, 256))
	if kv := q.Values.Get("kv"); kv != "" {
		f.kv = kv
	}
	return f
}

// fit plans the memory of a model without reading its weights.
func (h *house) fit(_ context.Context, q serve.Query) (any, error) {
	if !q.Owner {
		return nil, errNotOwner
	}
	f := h.chosen(q)
	h.mu.Lock()
	free, beside := h.free(), len(h.brought) > 0
	h.mu.Unlock()
	p, err := h.prepare(q.Values.Get("model"), &f, beside)
	if err != nil {
		return fitted{Free: free, Why: say.Err(q.Lang, err)}, nil
	}
	defer p.Close()
	plan, err := p.Fit(free)
	out := fitted{Fits: err == nil, Free: free, Bytes: plan.Bytes, Pages: plan.Pages, Whole: plan.Whole, Context: plan.Context}
	if err != nil {
		out.Why = say.Err(q.Lang, err)
	}
	out.Longest = p.Facts().Context
	return out, nil
}

// addModel gives a model on this machine a name.
func (h *house) addModel(_ context.Context, q serve.Query) (any, error) {
	var in struct{ Path, Name string }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	if !q.Owner {
		return nil, errNotOwner
	}
	l, err := library()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(in.Path); err != nil {
		return nil, unread.Error("", in.Path, err)
	}
	return h.begin("model", in.Path, func(ctx context.Context) (say.Text, error) {
		r, err := l.Add(ctx, in.Path, in.Name, time.Now())
		if err != nil {
			return say.Text{}, unread.Error("", in.Path, err)
		}
		return say.T("it is called %s", "名称为 %s", r.Name), nil
	})
}

// mostAdapters bounds the adapters that a model is loaded with.
const mostAdapters = 16

// loadModel serves one more model.
func (h *house) loadModel(_ context.Context, q serve.Query) (any, error) {
	var in struct {
		Model    string
		Context  int
		KV       string
		Adapters map[string]string // name to folder
	}
	if err := read(q, &in); err != nil {
		return nil, err
	}
	if !q.Owner {
		return nil, errNotOwner
	}
	f := h.model
	if len(in.Adapters) > 0 {
		f.adapters = in.Adapters
	}
	for name, dir := range in.Adapters {
		if _, err := os.Stat(filepath.Join(dir, "adapter_config.json")); err != nil || !filepath.IsAbs(dir) || name == "" || len(name) > 64 || len(in.Adapters) > mostAdapters {
			return nil, &say.Error{Where: dir, What: say.T("there is no adapter with a name here", "这里没有带名称的适配器"), Next: say.T("give a name, and the whole path of a folder with adapter_config.json", "请给出名称，以及含 adapter_config.json 的目录的完整路径")}
		}
	}
	if in.Context > 0 {
		f.context = in.Context
	}
	if in.KV != "" {
		f.kv = in.KV
	}
	return h.begin("load", in.Model, func(ctx context.Context) (say.Text, error) { return h.load(ctx, in.Model, &f) })
}

// load serves one more model, and says so.
func (h *house) load(ctx context.Context, name string, f *modelFlags) (say.Text, error) {
	h.mu.Lock()
	free, beside := h.free(), len(h.brought) > 0
	h.mu.Unlock()
	p, err := h.prepare(name, f, beside)
	if err != nil {
		return say.Text{}, err
	}
	policy, err := h.a.policyBefore(ctx, f.policy)
	if err != nil {
		p.Close()
		return say.Text{}, err
	}
	r, err := h.a.load(ctx, p, free)
	if err == nil && policy != nil {
		r.Policy = rails{policy, policy.Title()}
	}
	if err == nil {
		inform(r, p.Model, h.shelf, f.knowledge)
	}
	if err == nil {
		err = h.books.begin(r.Name, r.Digest)
	}
	if err != nil {
		p.Close()
		return say.Text{}, err
	}
	h.openModel(r, p.Model)
	bytes, _ := p.Memory()
	return say.T("%s answers; it takes %s", "%s 已就绪，占用 %s", r.Name, size(bytes)), nil
}

// unloadModel takes a model out of memory when the last answer of it has ended.
func (h *house) unloadModel(_ context.Context, q serve.Query) (any, error) {
	var in struct{ Model string }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	if !q.Owner {
		return nil, errNotOwner
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	at := slices.IndexFunc(h.loaded, func(r *serve.Release) bool { return r.Name == in.Model })
	model := slices.IndexFunc(h.brought, func(m *plain.Model) bool { return m.Name() == in.Model })
	if at < 0 || model < 0 {
		return nil, &say.Error{Where: in.Model, What: say.T("it is not loaded", "它没有载入"), Next: say.T("a release of a plan is retired on the page of releases", "计划的发布版本请在发布页下线")}
	}
	if _, err := h.books.audit.Append(q.Caller, "model.unload", in.Model+" "+h.loaded[at].Digest, ""); err != nil {
		return nil, err
	}
	m := h.brought[model]
	h.loaded, h.brought = slices.Delete(slices.Clone(h.loaded), at, at+1), slices.Delete(slices.Clone(h.brought), model, model+1)
	ended := h.srv.Open(slices.Concat(h.made, h.loaded)...)
	go func() {
		<-ended
		m.Close()
	}()
	return map[string]bool{"ok": true}, nil
}

// A measuredMachine is this machine, as it was measured once.
type measuredMachine struct {
	stage.Machine
	Bandwidth float64 `json:"bandwidth"` // bytes a second read by all threads
	Checks    []check `json:"-"`
}

type check struct{ compute.Check }

// peak is the measured peak, 0 before it was measured.
func (h *house) peak() float64 {
	m, err := h.measured()
	if err != nil {
		return 0
	}
	return m.Peak
}

// measured measures the machine, once.
func (h *house) measured() (*measuredMachine, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.machine != nil {
		return h.machine, nil
	}
	m, err := h.a.measured()
	if err != nil {
		return nil, err
	}
	out := &measuredMachine{Machine: m}
	if out.Bandwidth, err = compute.Bandwidth(m.Threads); err != nil {
		return nil, err
	}
	for _, c := range compute.Doctor(m, string(h.books.dir), time.Now()) {
		out.Checks = append(out.Checks, check{c})
	}
	h.machine = out
	return out, nil
}

// machinePage tells of the machine: what it can do, what was checked, and who holds its memory.
func (h *house) machinePage(_ context.Context, q serve.Query) (any, error) {
	m, err := h.measured()
	if err != nil {
		return nil, err
	}
	type shownCheck struct {
		Status string `json:"status"`
		Name   string `json:"name"`
		Found  string `json:"found"`
		Next   string `json:"next,omitempty"`
	}
	type holder struct {
		Name  string  `json:"name"`
		Bytes int64   `json:"bytes"`
		Pages int64   `json:"pages"` // of the bytes, those for keys and values
		Whole float64 `json:"whole"`
	}
	checks, holders := []shownCheck{}, []holder{}
	for _, c := range m.Checks {
		checks = append(checks, shownCheck{statusMark[c.Status], c.Name.In(q.Lang), c.Found.In(q.Lang), c.Next.In(q.Lang)})
	}
	h.mu.Lock()
	for _, b := range h.brought {
		bytes, whole := b.Memory()
		holders = append(holders, holder{b.Name(), bytes, b.Pages(), whole})
	}
	free := h.free()
	h.mu.Unlock()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	return map[string]any{"machine": m, "checks": checks, "holders": holders, "free": free, "heap": heap.HeapInuse, "version": versionText(), "go": runtime.Version()}, nil
}

var errNotOwner = &say.Error{What: say.T("only the owner of this server may do that", "只有服务器的所有者可以这样做"),
	Next: say.T("open the address that suiren serve printed", "请打开 suiren serve 打印的网址")}

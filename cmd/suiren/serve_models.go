package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"slices"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/serve"
	"suiren/serve/plain"
	"suiren/stage/operate"
)

// serveModels serves models without a plan.
func (a *app) serveModels(c *cobra.Command, paths []string, f *serveFlags, mf *modelFlags) error {
	ctx := c.Context()
	b, err := openModelBooks(f.traces)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.sendTo(f.otlp, a); err != nil {
		return err
	}
	ln, keys, secret, err := b.listen(f.listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	if ln, err = f.secure(a, ln); err != nil {
		return err
	}
	conf := b.config(a, f.hosts)
	conf.Slots = max(slots, mf.slots)
	conf.Export = exporter(b.audit, func() (string, error) { return defaultProducer, nil })
	if keys != nil {
		door, err := b.door(a, keys, f.access)
		if err != nil {
			return err
		}
		door.Config(&conf)
	} else if conf.Shown, err = b.shown(); err != nil {
		return err
	}
	d := &desk{books: b}
	conf.Guard = d
	h := &house{a: a, books: b, cmd: c, model: *mf}
	h.model.context = 0
	h.space = h.openSpace
	s := h.server(conf)
	d.releases, d.space = s.Releases, h.workspace
	memory, done, err := h.openModels(ctx, paths, mf)
	defer done()
	if err != nil {
		return err
	}
	machine, err := a.machine()
	if err != nil {
		return err
	}
	spareProcessor(machine.Threads)
	s.Open(h.loaded...)
	go b.care(ctx, a, nil)
	base := f.scheme() + ln.Addr().String()
	url := base + s.OpenPath()
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "serving", "url": url, "address": ln.Addr().String(), "key": secret, "models": names(h.loaded), "memory": memory})
		return s.Serve(ctx, ln)
	}
	if secret != "" {
		fmt.Fprintln(a.stdout, a.t("API key (shown once): %s", "API 密钥（只显示一次）：%s", secret))
	}
	fmt.Fprintln(a.stdout, a.t("page: %s", "页面：%s", url))
	a.showAPIs(base)
	return s.Serve(ctx, ln)
}

// openModelBooks opens the books of models that were brought.
func openModelBooks(content bool) (*books, error) {
	dir, err := broughtBooks()
	if err != nil {
		return nil, err
	}
	b, err := openBooks(dir, content)
	if _, told := errors.AsType[*say.Error](err); err != nil && !told {
		return nil, &say.Error{Where: string(dir), What: say.T("what is used cannot be written down there: %v", "无法在此记录用量：%v", err),
			Next: say.T("set SUIREN_HOME to a folder that can be written", "请把 SUIREN_HOME 设为可写的目录"), Err: err}
	}
	return b, err
}

// openModels reads models to be served, which share the memory that there is, and
// returns how much they take. The caller calls done, on an error too.
func (h *house) openModels(ctx context.Context, paths []string, mf *modelFlags) (memory int64, done func(), err error) {
	var opened []*prepared
	done = func() {
		for _, p := range slices.Backward(opened) {
			p.Close()
		}
	}
	a := h.a
	policy, err := a.policyBefore(ctx, mf.policy)
	if err != nil {
		return 0, done, err
	}
	free, err := a.modelMemory(mf)
	if err != nil {
		return 0, done, err
	}
	if mf.knowledge != "" {
		if h.shelf == nil {
			return 0, done, fs.ErrNotExist
		}
		if err := h.shelf.With(mf.knowledge, nil, func(*knowledge.Index, knowledge.Access) error { return nil }); err != nil {
			return 0, done, err
		}
	}
	var wants []*plain.Model
	for i, path := range paths {
		p, err := h.prepare(path, mf, i > 0)
		if err != nil {
			return 0, done, err
		}
		opened, wants = append(opened, p), append(wants, p.Model)
	}
	for i, share := range plain.Share(free, wants) {
		p := opened[i]
		a.screen.Note(say.T("reading %s", "正在读取 %s", p.path))
		r, err := a.load(ctx, p, share)
		if err != nil {
			return 0, done, err
		}
		inform(r, p.Model, h.shelf, mf.knowledge)
		if policy != nil {
			r.Policy = rails{policy, policy.Title()}
		}
		bytes, whole := p.Memory()
		memory += bytes
		if p.Answers() {
			a.screen.Note(say.T("%s takes %s: %g conversations of %s tokens at once", "%s 占用 %s：可同时容纳 %g 段各 %s 词元的对话", r.Name, size(bytes), math.Round(10*whole)/10, count(float64(r.Context))))
		} else {
			a.screen.Note(say.T("%s takes %s", "%s 占用 %s", r.Name, size(bytes)))
		}
		if err := h.books.begin(r.Name, r.Digest); err != nil {
			return 0, done, err
		}
		h.loaded, h.brought = append(h.loaded, r), append(h.brought, p.Model)
	}
	return memory, done, nil
}

// prepare opens a model but for its weights; weights.NAME is of the server's plan, if
// it has one.
func (h *house) prepare(name string, mf *modelFlags, beside bool) (*prepared, error) {
	s := h.planned()
	if s == nil || !isBlock(name) {
		return h.a.prepare(name, mf, beside)
	}
	at, err := s.w.madeModel(blockName(name))
	if err != nil {
		return nil, err
	}
	return h.a.prepareFound(at, mf, beside)
}

// openSpace opens the folder of a plan beside models.
func (h *house) openSpace(dir string) (*service, error) {
	w, err := h.a.open(dir)
	if err != nil {
		return nil, err
	}
	s := newService(w, h.books)
	s.house, s.Server = h, h.srv
	if err := h.replanMeasured(context.Background(), s); err != nil {
		w.close()
		return nil, err
	}
	h.books.opened = append(h.books.opened, func() error {
		s.end()
		s.teller.close()
		w.close()
		return nil
	})
	return s, nil
}

func names(list []*serve.Release) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.Name
	}
	return out
}

// listen listens for callers of models. Those from other machines need a key.
func (b *books) listen(addr string) (ln net.Listener, keys *operate.Keys, secret string, err error) {
	if ln, err = serve.Listen(addr, false); err == nil {
		return ln, nil, "", nil
	}
	if ln, err = serve.Listen(addr, true); err != nil {
		return nil, nil, "", err
	}
	if keys, secret, err = b.openKeys(); err != nil {
		ln.Close()
	}
	return ln, keys, secret, err
}

// shown finds the holder of a key that need not be shown, to charge it.
func (b *books) shown() (func(secret string) (serve.Caller, bool), error) {
	keys, err := operate.OpenKeys(b.dir.keys())
	return func(secret string) (serve.Caller, bool) {
		k, ok := keys.Lookup(secret)
		return serve.Caller{Name: k.Name, Tenant: k.Tenant, Project: k.Project}, ok
	}, err
}

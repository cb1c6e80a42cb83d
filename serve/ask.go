package serve

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"suiren/internal/say"
	"suiren/serve/form"
)

// ask makes the handler of a surface's way to ask for answers: decode, check,
// wait for a turn, generate, tell.
func (s *Server) ask(parse func(body []byte) (*form.Request, form.Shape, error)) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := readBody(w, r)
		if err != nil {
			return err
		}
		req, shape, err := parse(body)
		if err != nil {
			return err
		}
		s.hear(r, req)
		rel, err := s.choose(r, req)
		if err != nil {
			return err
		}
		if err := rel.fits(req); err != nil {
			return err
		}
		if err := rel.consults(r, req); err != nil {
			return err
		}
		if s.conf.Barred != nil {
			if err := s.conf.Barred(caller(r)); err != nil {
				return err
			}
		}
		name := cmp.Or(rel.adapter(req.Model), rel.Name)
		if l, ok := shape.(interface{ Loaded(model string) any }); ok && len(req.Messages)+len(req.Prompts) == 0 {
			return WriteJSON(w, http.StatusOK, l.Loaded(name))
		}
		h := form.Head{ID: shape.Prefix() + rand.Text(), Model: name, Made: s.conf.Now(), Lang: language(r), Label: rel.Label,
			Fingerprint: "suiren-" + rel.Digest[:min(12, len(rel.Digest))], Request: req}
		w.Header().Set("X-Request-Id", h.ID) // what Ollama's replies have no place for
		list := s.exchanges(CallerOf(r), h.ID, h.Lang, rel, req)
		for _, x := range list {
			x.rec.Parent = parentOf(r)
		}
		release, err := s.reserve(list)
		if err != nil {
			return err
		}
		defer release()
		done, err := s.limits.begin(rel, caller(r), s.conf.Now())
		if err != nil {
			return err
		}
		defer done()
		came := s.conf.Now()
		if err := s.queue.enter(r.Context()); err != nil {
			return err
		}
		defer s.queue.leave()
		for _, x := range list {
			x.queued = s.conf.Now().Sub(came)
		}
		wait := s.conf.Now().Sub(list[0].start)
		run := func() error {
			defer s.judge(list)
			return all(r.Context(), list, wait, s.conf.Slots)
		}
		if shape.Streams() {
			return s.stream(w, r, shape, h, list, run)
		}
		for _, x := range list {
			x.emit = func(form.Event) error { return nil }
		}
		if err := run(); err != nil {
			return err
		}
		shape.Begin(h, nil)
		return WriteJSON(w, http.StatusOK, shape.Whole(replies(list)))
	}
}

// judge counts a request once, however many answers it asked for.
func (s *Server) judge(list []*exchange) {
	if s.conf.Judge == nil {
		return
	}
	var worst *Record
	for _, x := range list {
		if x.rec.Reason != "" && (worst == nil || x.rec.badness() > worst.badness()) { // of those that began
			worst = x.rec
		}
	}
	if worst == nil {
		return
	}
	if err := s.conf.Judge(worst); err != nil {
		s.conf.Log.Error("a request is not counted for its caller", "id", worst.ID, "err", err)
	}
}

// badness orders records by what they say of their caller.
func (r *Record) badness() int {
	switch {
	case r.Refusal == nil:
		return 0
	case r.Refusal.Suspend && r.Refusal.Stage == onInput:
		return 2
	}
	return 1
}

func replies(list []*exchange) []*form.Reply {
	out := make([]*form.Reply, len(list))
	for i, x := range list {
		out[i] = x.reply
	}
	return out
}

// fits refuses what the release cannot honour.
func (r *Release) fits(req *form.Request) error {
	if r.Answerer == nil {
		return form.Invalid("model", "unsupported_model", say.T("%q does not write answers: it makes vectors or scores", "%q 不生成回答：它只产生向量或评分", r.Name))
	}
	if e := r.Answerer.Can().Unmet(req.Needs); e != nil {
		return e
	}
	r.Limits.bound(req)
	if r.Context > 0 && req.Context > r.Context {
		return form.OutOfRange("num_ctx", say.T("at most %d, the context here", "至多 %d，即这里的上下文", r.Context))
	}
	return nil
}

// consults finds the knowledge base that is to be asked, if there is one, and whether
// the caller may search it.
func (rel *Release) consults(r *http.Request, req *form.Request) error {
	if req.Knowledge == "" && !req.NoKnowledge && len(req.Prompts) == 0 {
		req.Knowledge = rel.Knowledge
	}
	if req.Knowledge == "" {
		return nil
	}
	err := allow(r, Search, ABase, req.Knowledge)
	if errors.Is(err, ErrHidden) {
		return NoBase
	}
	return err
}

// A listed is a model as clients see it: a release, or with one of its adapters.
type listed struct {
	*Release
	Adapter string
}

func (l *listed) name() string { return cmp.Or(l.Adapter, l.Name) }

// listed are the models that the caller may know of, each name once, as pick finds it.
func (s *Server) listed(r *http.Request) (list []listed) {
	taken := map[string]bool{}
	visible := s.visible(r)
	for _, rel := range s.releases() { // one that the caller may know of and not ask is what its name means all the same
		taken[rel.Name] = s.conf.Decide == nil || !errors.Is(s.may(r, ReadModels, AModel, rel.Name), ErrHidden)
	}
	for _, rel := range visible {
		list = append(list, listed{rel, ""})
		for _, name := range rel.Adapters {
			if !taken[name] {
				taken[name] = true
				list = append(list, listed{rel, name})
			}
		}
	}
	return list
}

// visible are the releases that the caller may know of.
func (s *Server) visible(r *http.Request) []*Release {
	var list []*Release
	for _, rel := range s.releases() {
		if rel.Canary == nil && (s.conf.Decide == nil || s.may(r, ReadModels, AModel, rel.Name) == nil) {
			list = append(list, rel)
		}
	}
	return list
}

// first is the first release that fits with which the caller may do what the
// route does; failing that the first that fits.
func (s *Server) first(r *http.Request, fits func(*Release) bool) *Release {
	var any *Release
	for _, rel := range s.releases() {
		if rel.Canary != nil || !fits(rel) { // choose finds canaries, beside the live release
			continue
		}
		if s.may(r, scopeOf(r).action, AModel, rel.Name) == nil {
			return rel
		}
		if any == nil {
			any = rel
		}
	}
	return any
}

// pick finds the release that answers as model, failing that the one that has an adapter of
// that name, if the caller may do with it what the route does; "" is the first there is. What
// the caller may not know of is not there.
func (s *Server) pick(r *http.Request, model string) (*Release, error) {
	list := s.releases()
	if len(list) == 0 {
		e := &form.Error{Status: http.StatusServiceUnavailable, Type: "server_error", Code: "model_not_ready",
			Text: say.T("the model is still being made", "模型还在训练中"), Next: say.T("follow it on the plan page", "进度见“计划”页面")}
		if s.conf.NotYet != nil {
			e.Text, e.Next = s.conf.NotYet()
		}
		return nil, e
	}
	for _, means := range []func(*Release) bool{
		func(rel *Release) bool { return model == "" || called(model, rel.Name) },
		func(rel *Release) bool { return rel.adapter(model) != "" },
	} {
		if rel := s.first(r, means); rel != nil {
			if err := Allow(r, AModel, rel.Name); !errors.Is(err, ErrHidden) {
				return rel, err
			}
		}
	}
	e := &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "model_not_found", Param: "model",
		Text: say.T("there is no model %q here", "这里没有名为 %q 的模型", form.Clip(model))}
	if other := s.first(r, func(*Release) bool { return true }); other != nil && s.may(r, scopeOf(r).action, AModel, other.Name) == nil {
		e.Next = say.T("use %q", "请用 %q", other.Name)
	}
	return nil, e
}

// stream sends the answers as they come.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, shape form.Shape, h form.Head, list []*exchange, run func() error) error {
	events := newEventStream(w, heartbeat)
	events.lines = isLines(shape)
	defer events.close()
	shape.Begin(h, events.event)
	var mu sync.Mutex
	for i, x := range list {
		x.emit = func(e form.Event) error {
			mu.Lock()
			defer mu.Unlock()
			return shape.Event(i, e)
		}
	}
	if err := run(); err != nil {
		return s.broken(r, events, err)
	}
	shape.End(replies(list)) // fails when the client is gone: no one is left to tell
	return nil
}

// isLines reports whether a shape's stream is lines of JSON, not events.
func isLines(shape form.Shape) bool {
	l, ok := shape.(interface{ Lines() bool })
	return ok && l.Lines()
}

// broken ends a stream by an error: as a status while nothing is sent, else
// as an event, for the status has gone.
func (s *Server) broken(r *http.Request, events *eventStream, err error) error {
	err = ended(r, err)
	switch {
	case !events.started():
		return err
	case errors.Is(err, errLeft):
		return nil
	}
	dialect := dialectOf(r)
	events.event(dialect.event, dialect.body(s.public(r, err), language(r)))
	return nil
}

// A dialect is a surface's shape of errors.
type dialect struct {
	event string // the name of the event that tells one in a stream
	body  func(e *form.Error, lang say.Lang) any
	param string // the parameter that holds what is read
}

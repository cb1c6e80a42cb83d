package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/models"
	"suiren/plan"
	"suiren/serve"
	"suiren/stage"
	"suiren/stage/operate/care"
	"suiren/store"
)

// firstPlan is what a newcomer's first model is made from: it needs no file and
// no network, and is small enough to be made while one looks on.
//
//go:embed first.hcl
var firstPlan string

// firstPlanIn is the first plan with its comments in one language.
func firstPlanIn(lang say.Lang) string {
	var b strings.Builder
	for line := range strings.Lines(firstPlan) {
		indent, comment, ok := strings.Cut(line, "# ")
		if tag, text, tagged := strings.Cut(comment, ": "); ok && tagged && strings.TrimSpace(indent) == "" {
			if tag == string(lang) {
				b.WriteString(indent + "# " + text)
			}
			continue
		}
		b.WriteString(line)
	}
	return b.String()
}

// startFirst writes the first plan into a folder of the owner's and makes it.
func (h *house) startFirst(_ context.Context, q serve.Query) (any, error) {
	h.planning.Lock()
	defer h.planning.Unlock()
	if h.planned() != nil || h.space == nil {
		return nil, &say.Error{What: say.T("this server has a plan already", "本服务器已有计划"), Next: say.T("open it on the plan page", "请在计划页打开")}
	}
	home, err := models.Home()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(home, "plans", "first")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, plan.FileName)
	if _, err := os.Stat(file); err != nil {
		if err := os.WriteFile(file, []byte(firstPlanIn(q.Lang)), 0o600); err != nil {
			return nil, err
		}
	}
	s, err := h.space(dir)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.svc = s
	h.mu.Unlock()
	return h.beginApply(s, s.plan.Load())
}

// beginApply makes a plan beside the server.
func (h *house) beginApply(s *service, p *plan.Plan) (any, error) {
	applied := s.applying()
	begun, err := h.begin("plan", s.w.file.Name, func(ctx context.Context) (say.Text, error) {
		defer applied()
		m, err := h.a.measured()
		if err != nil {
			return say.Text{}, err
		}
		return h.apply(ctx, s, p, m)
	})
	if err != nil {
		applied()
	}
	return begun, err
}

// openStanding serves the release that stands; of several, the one that is served already.
func (h *house) openStanding(s *service, m stage.Machine) error {
	name := ""
	if f := s.follower.Load(); f != nil {
		name = f.name
	}
	b, err := s.w.standing(store.Release, name)
	if err != nil {
		return err
	}
	return s.openRelease(b, m)
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// planFile is the text of the plan file, and what it is told by.
func (h *house) planFile(context.Context, serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(w.file.Path)
	if err != nil {
		return nil, err
	}
	return map[string]string{"path": w.file.Path, "text": string(text), "sum": sumOf(text)}, nil
}

// A diagnostic is what is wrong in a plan file, and where.
type diagnostic struct {
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
	Next   string `json:"next,omitempty"`
}

func diagnostics(err error, lang say.Lang) (list []diagnostic) {
	for _, e := range unjoin(err) {
		d := diagnostic{What: say.Err(lang, e)}
		if s, ok := errors.AsType[*say.Error](e); ok {
			d.What, d.Next = s.What.In(lang), s.Next.In(lang)
			if at := strings.Split(s.Where, ":"); len(at) >= 2 {
				d.Line, _ = strconv.Atoi(at[1])
				if len(at) > 2 {
					d.Column, _ = strconv.Atoi(at[2])
				}
			}
		}
		list = append(list, d)
	}
	return list
}

// checkPlan says what is wrong in a text, or what would be made of it.
func (h *house) checkPlan(ctx context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	var in struct{ Text string }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	type checked struct {
		Diagnostics []diagnostic `json:"diagnostics"`
		View        *plan.View   `json:"view,omitempty"`
		Empty       bool         `json:"empty"`
	}
	f, err := h.parsePlan(in.Text)
	if err != nil {
		return checked{Diagnostics: diagnostics(err, q.Lang)}, nil
	}
	f = f.At(w.file.Path, []byte(in.Text))
	m, err := h.a.machine()
	if err != nil {
		return nil, err
	}
	m.Peak = h.peak()
	p, err := plan.Make(ctx, f, w.st, m, w.env())
	if err != nil {
		return checked{Diagnostics: diagnostics(err, q.Lang)}, nil
	}
	view := p.View(q.Lang)
	return checked{Diagnostics: []diagnostic{}, View: &view, Empty: p.Empty()}, nil
}

var errMovedFile = &say.Error{What: say.T("the plan file was changed meanwhile", "计划文件在此期间被改动"), Next: say.T("read it again, then change it", "请重新载入后再改")}

// savePlan writes the plan file, if it still is as the page read it and the text is right.
func (h *house) savePlan(ctx context.Context, q serve.Query) (any, error) {
	s := h.planned()
	if s == nil {
		return nil, errNoPlan
	}
	var in planText
	if err := read(q, &in); err != nil {
		return nil, err
	}
	if err := h.planTextFits(s, in); err != nil { // nobody is asked about what cannot be
		return nil, err
	}
	body, err := json.Marshal(in) // as it is compared, whatever else was sent
	if err != nil {
		return nil, err
	}
	if err := q.Second(care.Plan, plan.FileName+" sha256:"+first(sumOf([]byte(in.Text)), 12), body); err != nil {
		return nil, err
	}
	return h.writePlan(ctx, s, q.Caller, body)
}

// A planText is a text for the plan file, and the sum of the one that it was made of.
type planText struct {
	Text string `json:"text"`
	Sum  string `json:"sum"`
}

// planTextFits says why a text cannot become the plan file's: that was changed
// meanwhile, or the text is wrong.
func (h *house) planTextFits(s *service, in planText) error {
	old, err := os.ReadFile(s.w.file.Path)
	if err != nil {
		return err
	}
	if sumOf(old) != in.Sum {
		return errMovedFile
	}
	_, err = h.parsePlan(in.Text)
	return err
}

// parsePlan reads a text that may be made.
func (h *house) parsePlan(text string) (*plan.File, error) {
	f, err := plan.Parse([]byte(text), plan.FileName, vocabulary(h.a.every))
	if err != nil {
		return nil, err
	}
	return f, f.HasBlocks()
}

// writePlan writes the plan file in the name of who asked for it.
func (h *house) writePlan(ctx context.Context, s *service, by string, body []byte) (any, error) {
	var in planText
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	h.planning.Lock()
	defer h.planning.Unlock()
	if err := h.planTextFits(s, in); err != nil {
		return nil, err
	}
	info, err := os.Stat(s.w.file.Path)
	if err != nil {
		return nil, err
	}
	if err := durable.WriteFile(s.w.file.Path, []byte(in.Text), info.Mode().Perm()); err != nil {
		return nil, err
	}
	if _, err := h.books.audit.Append(by, "plan.save", sumOf([]byte(in.Text)), ""); err != nil {
		return nil, err
	}
	return map[string]string{"sum": sumOf([]byte(in.Text))}, h.replanMeasured(ctx, s)
}

// replanMeasured makes the plan of the file as it is now, at the speed of the machine. Who
// calls it holds planning.
func (h *house) replanMeasured(ctx context.Context, s *service) error {
	m, err := h.a.machine()
	if err != nil {
		return err
	}
	m.Peak = h.peak()
	return h.replan(ctx, s, m)
}

// replan makes the plan of the file as it is now. Who calls it holds planning.
func (h *house) replan(ctx context.Context, s *service, m stage.Machine) error {
	f, err := plan.Load(s.w.file.Path, vocabulary(h.a.every))
	if err != nil {
		return err
	}
	p, err := plan.Make(ctx, f, s.w.st, m, s.w.env())
	if err == nil {
		s.show(p, m)
	}
	return err
}

// applyPlan makes the plan of the file, if that still is as the page saw it.
func (h *house) applyPlan(ctx context.Context, q serve.Query) (any, error) {
	s := h.planned()
	if s == nil {
		return nil, errNoPlan
	}
	var in struct{ Sum string }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	h.planning.Lock()
	defer h.planning.Unlock()
	text, err := os.ReadFile(s.w.file.Path)
	if err != nil {
		return nil, err
	}
	if sumOf(text) != in.Sum {
		return nil, errMovedFile
	}
	if err := h.replanMeasured(ctx, s); err != nil {
		return nil, err
	}
	p := s.plan.Load()
	if err := p.File.HasBlocks(); err != nil {
		return nil, err
	}
	if err := p.Places(s.w.st); err != nil {
		return nil, err
	}
	if p.Empty() {
		return nil, say.Errorf("there is nothing to make: all of the plan stands", "没有需要制作的：计划的内容都已完成")
	}
	if _, err := h.books.audit.Append(q.Caller, "plan.apply", in.Sum, ""); err != nil {
		return nil, err
	}
	return h.beginApply(s, p)
}

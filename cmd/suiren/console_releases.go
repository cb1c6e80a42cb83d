package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/operate/origin"
	"suiren/store"
)

// lineage is all that a release was made from, down to the owner's files: its
// bill of origin, with whether its signature holds. Without a bill that was
// signed it is what the store's records say.
func (h *house) lineage(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	v, err := w.release(q.Values.Get("release"))
	if err != nil {
		return nil, err
	}
	bill, err := origin.Verify(w.st, v.Digest, "")
	why := ""
	if err != nil {
		why = say.Err(q.Lang, err)
		if bill, err = origin.New(w.st, v.Digest); err != nil {
			return nil, err
		}
	}
	// The program's modules are the bill's, not the page's.
	parts := []origin.Component{*bill.Metadata.Component}
	for _, c := range bill.Components {
		if c.PURL == "" {
			parts = append(parts, c)
		}
	}
	return map[string]any{"root": bill.Metadata.Component.Ref, "parts": parts, "made_of": bill.Dependencies, "signed": why == "", "why": why}, nil
}

// A comparison is that of the page, of two releases.
type comparison struct {
	*guard.Comparison
	Releases [2]string `json:"releases"`
}

// compareReleases puts the same questions to two releases, beside the server.
func (h *house) compareReleases(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	var in struct {
		First, Second string
		Last          int // of the requests; 0: the verdicts' questions
	}
	if err := read(q, &in); err != nil {
		return nil, err
	}
	for _, ref := range []string{in.First, in.Second} {
		if _, err := w.release(ref); err != nil {
			return nil, err
		}
	}
	return h.begin("compare", first(in.First, 12)+" | "+first(in.Second, 12), func(ctx context.Context) (say.Text, error) {
		c, err := w.compare(ctx, in.First, in.Second, "", in.Last)
		if err != nil {
			return say.Text{}, err
		}
		h.mu.Lock()
		h.compared = &comparison{c, [2]string{in.First, in.Second}}
		h.mu.Unlock()
		return outcomeTexts[c.Outcome], nil
	})
}

// A pairRow is one problem with what two sides said.
type pairRow struct {
	ID     string       `json:"id"`
	Family string       `json:"family"`
	Prompt string       `json:"prompt"`
	Want   string       `json:"want"`
	Change string       `json:"change"` // improved, regressed, same
	First  *guard.Given `json:"first"`
	Second *guard.Given `json:"second"`
}

// pairsOf are a part of the rows of a comparison.
func pairsOf(q serve.Query, each func(func(pairRow)) error) (any, error) {
	from, n, change, family := number(q, "from", 0, 1<<30), number(q, "n", 20, 100), q.Values.Get("change"), q.Values.Get("family")
	rows, total := []pairRow{}, 0
	err := each(func(r pairRow) {
		if change != "" && r.Change != change || family != "" && r.Family != family {
			return
		}
		if total++; total > from && len(rows) < n {
			rows = append(rows, r)
		}
	})
	return map[string]any{"total": total, "rows": rows}, err
}

var errNotTraces = &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "access_denied",
	Text: say.T("what was asked and answered is for those who may read traces", "问答内容只对有权查看轨迹的人开放")}

// comparedPage is the last comparison of releases: what it found, or with change, from
// and n its rows.
func (h *house) comparedPage(_ context.Context, q serve.Query) (any, error) {
	h.mu.Lock()
	c := h.compared
	h.mu.Unlock()
	if c == nil {
		return nil, nil
	}
	if !q.Values.Has("from") {
		short := *c.Comparison
		short.Rows = nil
		return comparison{&short, c.Releases}, nil
	}
	if !q.May(serve.ReadTraces) { // the questions may be what people asked
		return nil, errNotTraces
	}
	return pairsOf(q, func(f func(pairRow)) error {
		for i := range c.Rows {
			r := &c.Rows[i]
			f(pairRow{r.ID, r.Family, r.Prompt, r.Want, r.Change, &r.First, &r.Second})
		}
		return nil
	})
}

// replies are what two models of a verdict said to the same problems: over is
// the other one, beside the scenario that was judged.
func (h *house) replies(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	b, err := w.standing(store.Verdict, q.Values.Get("verdict"))
	if err != nil {
		return nil, err
	}
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return nil, err
	}
	report, err := guard.ReadReport(dir)
	if err != nil {
		return nil, err
	}
	other := -1
	for i, m := range report.Models {
		if m.Name == q.Values.Get("over") {
			other = i
		}
	}
	if other < 0 {
		return nil, fs.ErrNotExist
	}
	return pairsOf(q, func(f func(pairRow)) error {
		for r, err := range guard.Evidence(dir) {
			if err != nil {
				return err
			}
			if r.Part != "heldout" || len(r.Replies) <= other {
				continue
			}
			one, two := &r.Replies[other], &r.Replies[len(r.Replies)-1]
			change := guard.Same
			switch {
			case two.Right && !one.Right:
				change = guard.Improved
			case one.Right && !two.Right:
				change = guard.Regressed
			}
			f(pairRow{r.ID, r.Family, r.Prompt, r.Want, change, one, two})
		}
		return nil
	})
}

// correct is how often the answers of each release are right, by its verdict.
func (h *house) correct(context.Context, serve.Query) (any, error) {
	out := map[string]float64{}
	w, err := h.workspace()
	if errors.Is(err, errNoPlan) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	list, _, err := w.releases()
	if err != nil {
		return nil, err
	}
	share := h.a.correctness(h.books.dir, false)
	for _, r := range list {
		if s, ok := share(r.Digest.String()); ok {
			out[r.Digest.String()] = s
		}
	}
	return out, nil
}

// releasesView is what the page shows of the releases.
func (s *service) releasesView() (json.RawMessage, error) {
	list, version, err := s.w.releases()
	if err != nil {
		return nil, err
	}
	if list == nil {
		list = []releaseView{}
	}
	return json.Marshal(map[string]any{"version": version, "releases": list})
}

// releaseDo carries out what someone decided on the page.
func (s *service) releaseDo(ctx context.Context, caller, action string, body json.RawMessage) (json.RawMessage, error) {
	var d decision
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, serve.BadAct(say.T("the decision cannot be read: %v", "无法读取这项决定：%v", err), say.Text{}, false)
	}
	log := func(action, subject string) error {
		_, err := s.audit.Append(caller, action, subject, "")
		return err
	}
	if action == "check" {
		m, err := s.w.a.machine()
		if err != nil {
			return nil, err
		}
		checks, err := s.w.check(ctx, caller, d.Release, m)
		if err == nil {
			err = log("release.check", d.Release)
		}
		if err != nil {
			return nil, publicStep(err)
		}
		return json.Marshal(map[string]any{"checks": checks})
	}
	version, err := s.w.decide(caller, action, d, log)
	if err != nil {
		return nil, publicStep(err)
	}
	return json.Marshal(map[string]any{"version": version})
}

// publicStep makes an error that was made for people one for the client.
func publicStep(err error) error {
	if e, ok := errors.AsType[*say.Error](err); ok {
		return serve.BadAct(e.What, e.Next, errors.Is(err, stage.ErrRefused))
	}
	return err
}

package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/stage/operate/people"
)

// carePage is what is kept how long, and what is on hold.
func (h *house) carePage(_ context.Context, q serve.Query) (any, error) {
	s, err := h.books.dir.care().Read()
	if err != nil {
		return nil, err
	}
	type class struct {
		Name  string `json:"name"`
		Days  int    `json:"days"` // 0: ever
		Least int    `json:"least"`
		What  string `json:"what"`
	}
	list := []class{}
	for _, c := range care.Classes {
		list = append(list, class{c.Name, s.Keep[c.Name], c.Least, c.What.In(q.Lang)})
	}
	if s.Holds == nil {
		s.Holds = []care.Hold{}
	}
	return map[string]any{"classes": list, "holds": s.Holds, "last": s.Kept, "erased": len(s.Erased), "under_way": len(s.Under())}, nil
}

// A careChange is one change of that.
type careChange struct {
	Class  string `json:"class,omitempty"`
	Days   int    `json:"days"`
	Hold   string `json:"hold,omitempty"` // a name; *: everyone
	Reason string `json:"reason,omitempty"`
	Unhold string `json:"unhold,omitempty"`
}

func (h *house) setCare(_ context.Context, q serve.Query) (any, error) {
	var c careChange
	if err := read(q, &c); err != nil {
		return nil, err
	}
	dir := h.books.dir
	s, err := dir.care().Read()
	if err != nil {
		return nil, err
	}
	if c.Unhold != "" || c.Class != "" && s.Shorter(c.Class, c.Days) {
		b, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		if err := q.Second(care.Shorten, c.Class+c.Unhold, b); err != nil {
			return nil, err
		}
	}
	return map[string]bool{"ok": true}, dir.change(c, q.Caller)
}

// change carries out a change of care.
func (d bookDir) change(c careChange, by string) error {
	var err error
	action, subject := "care.keep", c.Class
	switch {
	case c.Hold != "":
		action, subject = "care.hold", operate.Name(c.Hold)
		err = d.care().AddHold(care.Hold{Name: c.Hold, Reason: c.Reason, By: by})
	case c.Unhold != "":
		action, subject = "care.unhold", operate.Name(c.Unhold)
		err = d.care().EndHold(c.Unhold)
	default:
		err = d.care().SetKeep(c.Class, c.Days)
	}
	if err != nil {
		return err
	}
	return d.logAs(by, action, subject)
}

// runCare deletes what is too old, or says what would go.
func (h *house) runCare(_ context.Context, q serve.Query) (any, error) {
	var in struct{ Dry bool }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	dir := h.books.dir
	if in.Dry {
		return dir.retain(q.Caller, true)
	}
	var r *retained
	ran, err := dir.alone(func() (err error) {
		r, err = dir.retain(q.Caller, false)
		return err
	})
	if err == nil && !ran {
		err = errBusy
	}
	return r, err
}

var errBusy = &say.Error{What: say.T("that is being done already", "这件事已在进行"), Next: say.T("try again in a moment", "请稍后再试")}

// backups are the schedule, and what was made.
func (h *house) backups(context.Context, serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	s, err := h.books.dir.care().Read()
	if err != nil {
		return nil, err
	}
	last, err := w.lastBackup()
	if err != nil {
		return nil, err
	}
	out := map[string]any{"last": last, "made": []care.Made{}, "schedule": nil}
	if c := s.Backup; c != nil {
		out["schedule"] = map[string]any{"hours": c.Hours, "folder": c.Folder, "keep": c.Keep, "to": c.To, "last": c.Last, "next": c.Next()}
		if c.Made != nil {
			out["made"] = c.Made
		}
	}
	return out, nil
}

func (h *house) setBackups(_ context.Context, q serve.Query) (any, error) {
	if _, err := h.workspace(); err != nil {
		return nil, err
	}
	var s care.Schedule
	if err := read(q, &s); err != nil {
		return nil, err
	}
	dir := h.books.dir
	if s.Hours == 0 {
		if err := dir.care().SetBackup(nil); err != nil {
			return nil, err
		}
		return map[string]bool{"ok": true}, dir.logAs(q.Caller, "care.backup", "off")
	}
	return map[string]bool{"ok": true}, dir.setBackup(&care.Schedule{Hours: s.Hours, Folder: s.Folder, Keep: s.Keep, To: s.To}, q.Caller)
}

// makeBackup makes one now, where the schedule says.
func (h *house) makeBackup(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	s, err := h.books.dir.care().Read()
	if err != nil {
		return nil, err
	}
	if s.Backup == nil {
		return nil, errNoSchedule
	}
	return h.begin("backup", s.Backup.Folder, func(ctx context.Context) (done say.Text, err error) {
		ran, err := h.books.dir.alone(func() error {
			m, err := w.scheduledBackup(ctx, q.Caller)
			if err == nil {
				done = say.T("%s, %s, read again", "%s，%s，已重新核对", m.Name, size(m.Bytes))
			}
			return err
		})
		if err == nil && !ran {
			err = errBusy
		}
		return done, err
	})
}

// perform does what a second person has approved.
func (s *service) perform(ctx context.Context, r care.Request) (any, error) {
	switch r.Act {
	case care.Plan:
		return s.house.writePlan(ctx, s, r.Asker, r.Body)
	case care.Shorten:
		var c careChange
		if err := json.Unmarshal(r.Body, &c); err != nil {
			return nil, err
		}
		return map[string]bool{"ok": true}, s.dir.change(c, r.Asker)
	}
	act, _, _ := strings.Cut(r.Subject, " ")
	return s.releaseDo(ctx, r.Asker, act, r.Body)
}

// glassBroken tells of a broken glass at once.
func (s *service) glassBroken(e people.Emergency) {
	s.tellAtOnce("emergency", operate.Fail, say.T("%s broke the glass, until %s", "%s 启用了紧急访问，截至 %s", e.Person, e.Ends.Local().Format(time.DateTime)))
}

// callerSuspended tells at once that a policy has suspended a caller.
func (s *service) callerSuspended(caller, rule string) {
	s.tellAtOnce("suspended", operate.Warn, say.T("%s is suspended after repeated requests that the policy forbids, the last by %s", "%s 因多次提出策略禁止的请求被暂停，最近一次违反 %s", caller, rule))
}

// tellAtOnce tells what has happened by every rule that hears of it.
func (s *service) tellAtOnce(name, level string, what say.Text) {
	rules, err := s.alertRules()
	if err != nil {
		return
	}
	s.teller.atOnce(rules, operate.Notice{Time: time.Now().UTC(), Name: name, Level: level, Text: what.In(s.w.a.lang)})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/guard"
	"suiren/stage/guard/watch"
	"suiren/stage/operate"
)

// policyOf is a release's policy, or nil.
func policyOf(r *serve.Release) *guard.Policy {
	p, ok := r.Policy.(rails)
	if !ok {
		return nil
	}
	return p.policy
}

// anyone is the caller of a server that asks for no key: all of them.
const anyone = "anyone"

// judge counts a request: a bad one against its caller; another ends a row of bad
// ones.
func (b *books) judge(r *serve.Record) error {
	p := policyOf(r.Release)
	switch {
	case p == nil || r.Caller == anyone || b.caller(r) != r.Caller: // erased meanwhile
		return nil
	case r.Refusal == nil:
		return b.watch.Good(r.Caller)
	case !r.Refusal.Suspend || r.Refusal.Stage != string(guard.Input):
		return nil
	}
	suspended, err := b.watch.Strike(r.Caller, r.Time, r.Refusal.Rule, p.Limit())
	if suspended {
		if b.suspended != nil {
			b.suspended(r.Caller, r.Refusal.Rule)
		}
		_, err = b.audit.Append("policy", "suspend", operate.Name(r.Caller)+" "+r.Refusal.Rule, "")
	}
	return err
}

// barred returns the error that a suspended caller gets.
func (b *books) barred(caller string) error {
	s, err := b.watch.Suspended(caller)
	if s == nil || err != nil {
		return err
	}
	until := s.Until.Format("2006-01-02 15:04 UTC")
	return &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "suspended",
		Text: say.T("this key is suspended until %s, after repeated requests that the policy forbids", "该密钥因多次提出策略禁止的请求，暂停使用至 %s", until),
		Next: say.T("appeal with POST /api/guard/appeals, or ask whoever runs this server", "可用 POST /api/guard/appeals 申诉，或联系管理员")}
}

// review asks a person.
func (b *books) review(ctx context.Context, r serve.Review) bool {
	q := &r.Question
	c := watch.Content{Answer: r.ID, Release: r.Release.Name, Stage: q.Stage, Class: q.Class, Before: q.Before, Found: q.Found, After: q.After,
		Refusal: &watch.Sentence{En: q.Refusal.In(say.English), Zh: q.Refusal.In(say.Chinese)}}
	for _, m := range r.Messages {
		c.Said = append(c.Said, watch.Said{Role: m.Role, Text: m.All()})
	}
	if r.Answer != "" {
		c.Said = append(c.Said, watch.Said{Role: "assistant", Text: r.Answer})
	}
	if r.Call != nil {
		c.Call = &watch.Call{Name: r.Call.Name, Args: r.Call.Args}
	}
	wait := 10 * time.Minute
	if p := policyOf(r.Release); p != nil {
		wait, c.Policy, c.Digest = p.Wait(), p.Title(), p.Digest()
	}
	ok, err := b.watch.Ask(ctx, r.Caller, r.Time, r.Question.Rule, c, wait)
	return ok && err == nil
}

// desk is what the page sees and does of policies.
type desk struct {
	*books
	releases func() []*serve.Release
	space    func() (*workspace, error) // of the plan, if there is one
}

// block is the name by which the traces of a release are kept.
func (d *desk) block(release string) string {
	for _, r := range d.releases() {
		if r.Name == release {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.names[r.Digest]
		}
	}
	return release
}

// watchError makes errors of the watch the client's.
func watchError(err error) error {
	own, ok := errors.AsType[*say.Error](err)
	if !ok || own.Err != nil && !errors.Is(err, watch.ErrNone) {
		return err
	}
	e := form.Invalid("", "not_waiting", own.What)
	if e.Next = own.Next; errors.Is(err, watch.ErrNone) {
		e.Status, e.Code = http.StatusNotFound, "not_found"
	}
	return e
}

func (d *desk) Reviews(all, names bool) (any, error) {
	list, err := d.watch.Items(all)
	for i := range list {
		if !names {
			list[i].Caller, list[i].Person = "", ""
		}
	}
	return list, err
}

func (d *desk) Decide(id, by string, allow bool, reason string) error {
	return decideReview(d.watch, d.audit, id, by, allow, reason)
}

// decideReview decides, and writes it into the audit log.
func decideReview(w *watch.Watch, audit *operate.Audit, id, by string, allow bool, reason string) error {
	text, err := w.Decide(id, by, allow, reason)
	if err != nil {
		return watchError(err)
	}
	action := "review.refuse"
	if allow {
		action = "review.allow"
	}
	salt, err := audit.Append(by, action, id, text+"\n"+reason)
	if err != nil {
		return err
	}
	return w.Salt(id, salt)
}

func (d *desk) Suspended(names bool) (any, error) {
	list, err := d.watch.Suspensions()
	for i := range list {
		if !names {
			list[i].Caller = ""
		}
	}
	return list, err
}

func (d *desk) Lift(caller, by string) error {
	if err := d.watch.Lift(caller, by); err != nil {
		return watchError(err)
	}
	_, err := d.audit.Append(by, "lift", operate.Name(caller), "")
	return err
}

func (d *desk) Appeal(caller, text string) (string, error) {
	id, err := d.watch.Appeal(caller, text)
	if err != nil {
		return "", watchError(err)
	}
	_, err = d.audit.Append(caller, "appeal", id, text)
	return id, err
}

// watched opens the watch and the audit log for a command.
func (a *app) watched(folder string, models bool, f func(*watch.Watch, *operate.Audit) error) error {
	dir, err := a.bookDir(folder, models)
	if err != nil {
		return err
	}
	w, err := watch.Open(dir.guard())
	if err != nil {
		return err
	}
	defer w.Close()
	audit, err := operate.OpenAudit(dir.audit())
	if err != nil {
		return err
	}
	defer audit.Close()
	return f(w, audit)
}

func (a *app) folderFlag(c *cobra.Command, folder *string) {
	c.Flags().StringVar(folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
}

// guardSuspendedCommand shows who is suspended, and lifts it.
func (a *app) guardSuspendedCommand() *cobra.Command {
	var folder, lift string
	var models bool
	c := &cobra.Command{
		Use: "suspended", Short: a.t("Show which callers are suspended, and lift it", "列出被暂停的调用者，或解除暂停"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return a.watched(folder, models, func(w *watch.Watch, audit *operate.Audit) error {
				if lift != "" {
					if err := w.Lift(lift, "cli"); err != nil {
						return err
					}
					_, err := audit.Append("cli", "lift", operate.Name(lift), "")
					return err
				}
				list, err := w.Suspensions()
				if err != nil {
					return err
				}
				for _, s := range list {
					if a.format == formatJSONL {
						a.line(struct {
							Type string `json:"type"`
							watch.Suspension
						}{"suspended", s})
						continue
					}
					fmt.Fprintln(a.stdout, strings.Join([]string{s.Caller, s.Why, a.t("until %s", "至 %s", s.Until.Local().Format("2006-01-02 15:04"))}, "  "))
				}
				if len(list) == 0 && a.format == formatText {
					fmt.Fprintln(a.stdout, a.t("nobody is suspended", "没有被暂停的调用者"))
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&lift, "lift", "", a.t("the caller whose suspension ends", "要解除暂停的调用者"))
	a.folderFlag(c, &folder)
	a.bookFlag(c, &models)
	return c
}

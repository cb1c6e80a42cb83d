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
	suspended, err := b.watch.Strike(r.Caller, r.Refusal.Rule, p.Limit())
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
	c := watch.Content{Answer: r.ID, Stage: r.Question.Stage, Found: r.Question.Text, Written: r.Answer}
	for _, m := range r.Messages {
		c.Asked = append(c.Asked, m.Role+": "+m.All())
	}
	wait := 10 * time.Minute
	if p := policyOf(r.Release); p != nil {
		wait = p.Wait()
	}
	ok, err := b.watch.Ask(ctx, r.Caller, r.Question.Rule, c, wait)
	return ok && err == nil
}

// desk is what the page sees and does of policies.
type desk struct {
	*books
	releases func() []*serve.Release
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

func (d *desk) Reviews(all bool) (any, error) { return d.watch.Items(all) }

func (d *desk) Decide(id, by string, allow bool, reason string) error {
	return decideReview(d.watch, d.audit, id, by, allow, reason)
}

// decideReview decides, and writes it into the audit log.
func decideReview(w *watch.Watch, audit *operate.Audit, id, by string, allow bool, reason string) error {
	if err := w.Decide(id, by, allow, reason); err != nil {
		return watchError(err)
	}
	action := "review.refuse"
	if allow {
		action = "review.allow"
	}
	_, err := audit.Append(by, action, id, reason)
	return err
}

func (d *desk) Suspended() (any, error) { return d.watch.Suspensions() }

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

// guardReviewCommand shows what waits for a person, and decides.
func (a *app) guardReviewCommand() *cobra.Command {
	var folder, allow, refuse, reason string
	var models, all bool
	c := &cobra.Command{
		Use: "review", Short: a.t("Show what waits for a person, and decide", "列出等待人工审核的内容，并作出决定"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return a.watched(folder, models, func(w *watch.Watch, audit *operate.Audit) error {
				if id := allow + refuse; id != "" {
					if allow != "" && refuse != "" {
						return usage("--allow --refuse", say.T("decide on one at a time", "一次只能决定一项"), say.Text{})
					}
					return decideReview(w, audit, id, "cli", allow != "", reason)
				}
				list, err := w.Items(all)
				if err != nil {
					return err
				}
				return a.showItems(list)
			})
		},
	}
	c.Flags().StringVar(&allow, "allow", "", a.t("id of what may pass", "准予放行的编号"))
	c.Flags().StringVar(&refuse, "refuse", "", a.t("id of what may not", "不予放行的编号"))
	c.Flags().StringVar(&reason, "reason", "", a.t("why", "理由"))
	c.Flags().BoolVar(&all, "all", false, a.t("what was decided too", "也列出已决定的"))
	a.folderFlag(c, &folder)
	a.bookFlag(c, &models)
	return c
}

func (a *app) folderFlag(c *cobra.Command, folder *string) {
	c.Flags().StringVar(folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
}

func (a *app) showItems(list []watch.Item) error {
	states := map[string]say.Text{watch.Waiting: say.T("waits until %s", "等待至 %s"), watch.Allowed: say.T("allowed", "已放行"), watch.Refused: say.T("refused", "已拒绝"), watch.Expired: say.T("nobody decided", "无人处理")}
	for _, i := range list {
		if a.format == formatJSONL {
			a.line(struct {
				Type string `json:"type"`
				watch.Item
			}{"review", i})
			continue
		}
		state := states[i.State]
		if i.State == watch.Waiting {
			state.Args = []any{i.Until.Local().Format("01-02 15:04:05")}
		}
		kind := a.t("answer", "回答")
		if i.Kind == watch.Appeal {
			kind = a.t("appeal", "申诉")
		}
		fmt.Fprintf(a.stdout, "%s  %s  %s  %s  %s\n", i.ID, kind, i.Caller, i.Rule, state.In(a.lang))
		for _, line := range append(i.Content.Asked, i.Content.Written, i.Content.Found, i.Content.Appealed) {
			if line != "" {
				fmt.Fprintln(a.stdout, "    "+shown(line))
			}
		}
	}
	if len(list) == 0 && a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("nothing waits", "没有待审内容"))
	}
	return nil
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

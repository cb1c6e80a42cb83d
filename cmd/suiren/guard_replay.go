package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/plan"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/guard"
	"suiren/stage/guard/classify"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
	"suiren/store"
)

// draftFile reads FILE or FILE#NAME.
func (a *app) draftFile(ctx context.Context, path string) (*guard.Policy, error) {
	path, name, _ := strings.Cut(path, "#")
	f, err := plan.Load(path, vocabulary(0))
	if err != nil {
		return nil, err
	}
	return newDrafts(f).named(ctx, name)
}

// policyBefore opens the policy that stands before models that were brought: a
// pack's, or a plan file's; nil if there is none.
func (a *app) policyBefore(ctx context.Context, name string) (*guard.Policy, error) {
	if name == "" {
		return nil, nil
	}
	if slices.Contains(guard.Packs(), name) {
		return (&guard.Policy{Pack: name}).With(guard.Lists{}, nil)
	}
	path, _, _ := strings.Cut(name, "#")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, usage(name, say.T("this is neither a policy pack nor a plan file", "这既不是策略包，也不是计划文件"),
			say.T("the packs are %s", "可用的策略包：%s", guard.Packs()))
	}
	p, err := a.draftFile(ctx, name)
	if err == nil {
		a.sayExpired(p)
	}
	return p, err
}

// sayExpired says aloud which rails have expired.
func (a *app) sayExpired(p *guard.Policy) {
	for _, f := range p.Facts(time.Now()) {
		if f.Expired {
			a.screen.Note(say.T("rail %s of the policy has expired; it goes on acting until its owner reviews it", "策略中的护栏 %s 已过期；在责任人复核之前仍然生效", f.ID))
		}
	}
}

// standingPolicy opens the policy that a standing release answers through.
func (w *workspace) standingPolicy(release string) (*guard.Policy, string, error) {
	b, err := w.standing(store.Release, release)
	if err != nil {
		return nil, "", err
	}
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return nil, "", err
	}
	m, err := operate.OpenRelease(dir)
	if err != nil {
		return nil, "", err
	}
	if dir, err = w.st.Dir(m.Policy); err != nil {
		return nil, "", err
	}
	p, err := guard.Open(dir)
	return p, b.Name, err
}

// Bounds of a replay.
const (
	someReplayed = 100
	mostReplayed = 10_000
)

// last reads the last requests that a release answered and whose content is kept.
func (d bookDir) last(release string, n int) ([]ledger.Trace, error) {
	l, err := d.openLedger()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.Last(release, n)
}

// past are they, as rails are passed.
func (d bookDir) past(release string, n int) ([]guard.Past, error) {
	traces, err := d.last(release, n)
	if err != nil {
		return nil, err
	}
	var list []guard.Past
	for _, t := range traces {
		r := guard.Past{ID: t.ID, Caller: t.Key, Time: t.Time, Thought: t.Content.Thought, Answer: t.Content.Answer}
		for _, m := range t.Content.Messages {
			r.Asked = append(r.Asked, guard.Turn{Role: m.Role, Text: m.Text})
		}
		list = append(list, r)
	}
	return list, nil
}

// guardReplayCommand says what a draft would change.
func (a *app) guardReplayCommand() *cobra.Command {
	var folder, file, release string
	last := someReplayed
	c := &cobra.Command{
		Use: "replay", Short: a.t("Pass the last requests through a draft of a policy, and say what would change", "用策略草案重放最近的请求，说明会有哪些变化"),
		Long: a.t(`Pass the last requests of a release through its policy and through a draft, and
say of which the two make different things. Requests are taken as they were kept,
after the rails of then: what was refused or masked is not in them.`,
			`用发布版本的策略和草案分别重放最近的请求，列出两者处理不同的请求。请求取自
当时保留的记录，已经过当时的护栏：被拒绝或遮盖的内容不在其中。`),
		Args: a.args(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			if file == "" {
				return usage("--draft", say.T("no draft is named", "没有指明草案"), say.T("write --draft FILE, a plan file with a policy block", "请写 --draft 文件，即含 policy 块的计划文件"))
			}
			if last < 1 || last > mostReplayed {
				return usage("--last", say.T("this is out of range", "超出范围"), say.T("1 to %d", "1 至 %d", mostReplayed))
			}
			w, err := a.openState(folder)
			if err != nil {
				return err
			}
			defer w.close()
			before, name, err := w.standingPolicy(release)
			if err != nil {
				return err
			}
			after, err := a.draftFile(c.Context(), file)
			if err != nil {
				return err
			}
			list, err := w.books().past(name, last)
			if err != nil {
				return err
			}
			a.showReplayed(guard.Replay(before, after, list))
			return nil
		},
	}
	c.Flags().IntVar(&last, "last", last, a.t("how many requests", "请求数"))
	c.Flags().StringVar(&file, "draft", "", a.t("a plan file with the draft: FILE, or FILE#NAME of its policy block", "含草案的计划文件：文件，或 文件#策略块名"))
	c.Flags().StringVar(&release, "release", "", a.t("name of the release (default: the only one)", "发布版本的名称（默认：唯一的那个）"))
	a.folderFlag(c, &folder)
	return c
}

func (a *app) showReplayed(c *guard.Replayed) {
	if a.format == formatJSONL {
		for _, d := range c.Differences {
			a.line(struct {
				Type string `json:"type"`
				guard.Difference
			}{"difference", d})
		}
		a.line(map[string]any{"type": "comparison", "requests": c.Requests, "tighter": c.Tighter, "looser": c.Looser, "changed": len(c.Differences), "rules": c.Rules})
		return
	}
	words := map[string]string{guard.Passed: a.t("passed", "放行"), guard.Changed: a.t("changed", "改动"), guard.Withdrawn: a.t("withdrawn", "撤回"), guard.Asked: a.t("a person is asked", "转人工"), guard.Barred: a.t("refused", "拒绝")}
	outcome := func(o guard.Outcome) string {
		return strings.TrimSpace(words[o.Verdict] + " " + o.Rule)
	}
	rows := [][]string{{a.t("request", "请求"), a.t("now", "现行"), a.t("draft", "草案")}}
	for _, d := range c.Differences {
		rows = append(rows, []string{d.ID, outcome(d.Before), outcome(d.After)})
	}
	if len(rows) > 1 {
		for _, l := range terminal.Table("lll", rows) {
			fmt.Fprintln(a.stdout, l)
		}
	}
	rows = [][]string{{a.t("rail", "护栏"), a.t("now", "现行"), a.t("draft", "草案"), a.t("only observed", "仅观察")}}
	for _, r := range c.Rules {
		rows = append(rows, []string{r.Rule, count(float64(r.Before)), count(float64(r.After)), count(float64(r.Observed))})
	}
	if len(rows) > 1 {
		for _, l := range terminal.Table("lrrr", rows) {
			fmt.Fprintln(a.stdout, l)
		}
	}
	fmt.Fprintln(a.stdout, a.t("of %d requests the draft judges %d otherwise: %d more strictly, %d less", "%d 个请求中，草案对 %d 个处理不同：更严 %d 个，更宽 %d 个", c.Requests, len(c.Differences), c.Tighter, c.Looser))
}

// Policies implements serve.Guard: the policies of what is served, and the packs.
func (d *desk) Policies(say.Lang) (any, error) {
	type policy struct {
		Release string          `json:"release"`
		Pack    string          `json:"pack"`
		Title   string          `json:"title"`
		Version string          `json:"version,omitempty"`
		Owner   string          `json:"owner,omitempty"`
		Expires string          `json:"expires,omitempty"`
		Mode    string          `json:"mode"`
		Hold    string          `json:"hold"`
		Rails   []guard.Fact    `json:"rails"`
		Kinds   []classify.Kind `json:"kinds,omitempty"` // that its classifiers learnt
	}
	list := []policy{}
	for _, r := range d.releases() {
		if p := policyOf(r); p != nil {
			list = append(list, policy{r.Name, p.Pack, p.Title(), p.Version, p.Owner, p.Expires, orElse(p.Mode, "enforce"), orElse(p.Hold, "suffix"), p.Facts(time.Now()), p.Kinds()})
		}
	}
	return map[string]any{"policies": list, "packs": guard.Packs(), "stages": guard.Stages}, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// named finds the policy that a trial or a replay names.
func (d *desk) named(ctx context.Context, name, text string) (*guard.Policy, error) {
	if text != "" {
		p, err := d.drafted(ctx, text)
		if err != nil {
			return nil, form.Invalid("draft", "invalid_draft", say.T("%v", "%v", err))
		}
		return p, nil
	}
	for _, r := range d.releases() {
		if p := policyOf(r); p != nil && (name == "" || name == r.Name) {
			return p, nil
		}
	}
	if slices.Contains(guard.Packs(), name) {
		return (&guard.Policy{Pack: name}).With(guard.Lists{}, nil)
	}
	return nil, &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "not_found", Param: "policy", Text: say.T("there is no policy %q here", "这里没有策略 %q", form.Clip(name))}
}

// Try implements serve.Guard: it passes a text through a policy, rune by rune,
// and tells what was found, decided, held back and let go.
func (d *desk) Try(ctx context.Context, t serve.Trial, lang say.Lang) (any, error) {
	p, err := d.named(ctx, t.Policy, t.Draft)
	if err != nil {
		return nil, err
	}
	on := guard.Stage(orElse(t.Stage, string(guard.Input)))
	if !slices.Contains(guard.Stages, on) {
		return nil, form.Invalid("stage", "invalid_value", say.T("there is no stage %q", "没有 %q 这个环节", form.Clip(t.Stage)))
	}
	type hold struct {
		At   int `json:"at"`   // bytes written
		Left int `json:"left"` // bytes that have left
	}
	var out struct {
		Verdict string       `json:"verdict"`
		Rule    string       `json:"rule,omitempty"`
		Class   string       `json:"class,omitempty"`
		Text    string       `json:"text,omitempty"` // for the reader
		From    int          `json:"from,omitempty"` // of what is withdrawn
		Left    string       `json:"left"`           // what leaves
		Steps   []guard.Step `json:"steps"`
		Holds   []hold       `json:"holds"`
		Most    int          `json:"most_held"` // bytes
	}
	out.Steps, out.Holds = []guard.Step{}, []hold{}
	const most = 500
	r := p.Rail(on, guard.Context{Labels: t.Labels, Trace: func(s guard.Step) {
		if len(out.Steps) < most {
			out.Steps = append(out.Steps, s)
		}
	}, Ask: func(q guard.Question) bool { out.Verdict = guard.Asked; return true }})
	written := 0
	note := func(left string) {
		out.Left += left
		out.Most = max(out.Most, written-len(out.Left))
		if len(out.Holds) < most {
			out.Holds = append(out.Holds, hold{written, len(out.Left)})
		}
	}
	for _, c := range t.Text {
		if err = ctx.Err(); err != nil {
			return nil, err
		}
		var left string
		left, err = r.Write(string(c))
		written += len(string(c))
		note(left)
		if err != nil {
			break
		}
	}
	if err == nil {
		var left string
		left, err = r.Flush()
		note(left)
	}
	if g, ok := errors.AsType[*guard.Refusal](err); ok {
		out.Verdict, out.Rule, out.Class, out.Text = guard.Barred, g.Rule, g.Class, g.In(lang)
		if on != guard.Thought && on != guard.Output { // the others are taken whole, or not at all
			out.Left = ""
		}
	} else if w, ok := errors.AsType[*guard.Retraction](err); ok {
		out.Verdict, out.Rule, out.Class, out.Text, out.From = guard.Withdrawn, w.Rule, w.Class, w.Text.In(lang), w.From
	} else if out.Verdict == "" && out.Left != t.Text {
		out.Verdict = guard.Changed
	} else if out.Verdict == "" {
		out.Verdict = guard.Passed
	}
	return out, nil
}

// Replay implements serve.Guard.
func (d *desk) Replay(ctx context.Context, r serve.Rerun) (any, error) {
	if r.Last == 0 {
		r.Last = someReplayed
	}
	if r.Last < 1 || r.Last > mostReplayed {
		return nil, form.OutOfRange("last", say.T("1 to %d", "1 至 %d", mostReplayed))
	}
	if r.Draft == "" {
		return nil, form.Invalid("draft", "missing_parameter", say.T("draft is missing: a policy block, as a plan file says it", "缺少 draft，即计划文件中的 policy 块"))
	}
	before, err := d.named(ctx, r.Release, "")
	if err != nil {
		return nil, err
	}
	after, err := d.named(ctx, "", r.Draft)
	if err != nil {
		return nil, err
	}
	name := r.Release
	if name == "" {
		name = d.releases()[0].Name
	}
	list, err := d.dir.past(d.block(name), r.Last)
	if err != nil {
		return nil, err
	}
	return guard.Replay(before, after, list), nil
}

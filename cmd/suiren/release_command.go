package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/store"
)

// releaseCommand says which release answers.
func (a *app) releaseCommand() *cobra.Command {
	c := a.group("release", a.t("Say which release answers: check, canary, promote, go back", "决定由哪个发布版本作答：检查、灰度、上线、回退"),
		a.releaseListCommand(), a.releaseShowCommand(), a.releaseCheckCommand(), a.releaseStepCommand("canary"), a.releaseStepCommand("promote"),
		a.releaseStepCommand("rollback"), a.releaseStepCommand("retire"), a.releaseCompareCommand(), a.releaseSignCommand(), a.releaseBillCommand(), a.releaseProveCommand())
	c.PersistentFlags().String("plan", ".", a.t("folder of the plan", "计划所在的目录"))
	return c
}

// releaseFolder opens the state folder that --plan names.
func (a *app) releaseFolder(c *cobra.Command) (*workspace, error) {
	folder, err := c.Flags().GetString("plan")
	if err != nil {
		return nil, err
	}
	return a.openState(folder)
}

var stageTexts = map[string]say.Text{
	operate.Candidate: say.T("candidate", "候选"), operate.Canary: say.T("canary", "灰度"),
	operate.Live: say.T("live", "在线"), operate.Retired: say.T("retired", "已下线"),
}

// namedRelease opens the state folder that --plan names, and finds a release in it. The
// caller closes the folder.
func (a *app) namedRelease(c *cobra.Command, ref string) (*workspace, *releaseView, error) {
	w, err := a.releaseFolder(c)
	if err != nil {
		return nil, nil, err
	}
	v, err := w.release(ref)
	if err != nil {
		w.close()
		return nil, nil, err
	}
	return w, v, nil
}

func (a *app) releaseListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.t("List the releases, the newest first", "列出发布版本，最新的在前"), Args: a.args(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			list, _, err := w.releases()
			if err != nil {
				return err
			}
			var rows [][]string
			for _, v := range list {
				if a.format == formatJSONL {
					a.line(struct {
						Type string `json:"type"`
						releaseView
					}{"release", v})
					continue
				}
				state := stageTexts[v.Stage].In(a.lang)
				if v.Rule != nil && v.Rule.Share > 0 {
					state += fmt.Sprintf(" %g%%", 100*v.Rule.Share)
				}
				var notes []string
				if !v.Present {
					notes = append(notes, a.t("files gone", "文件已清理"))
				}
				for _, ch := range v.Checks {
					notes = append(notes, map[bool]string{true: "✓ ", false: "✗ "}[ch.OK]+checkName(ch.Name).In(a.lang))
				}
				if v.Why != "" {
					notes = append(notes, v.Why)
				}
				rows = append(rows, []string{v.Name, v.Digest.Short(), state, v.Made.Local().Format(time.DateTime), strings.Join(notes, "  ")})
			}
			for _, l := range terminal.Table("lllll", rows) {
				fmt.Fprintln(a.stdout, strings.TrimRight(l, " "))
			}
			return nil
		},
	}
}

func (a *app) releaseShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show " + a.t("RELEASE", "版本"), Short: a.t("Show what a release is made of, and what it was checked for", "显示版本由什么组成、检查结果如何"), Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, v, err := a.namedRelease(c, args[0])
			if err != nil {
				return err
			}
			defer w.close()
			dir, err := w.st.Dir(v.Digest)
			if err != nil {
				return err
			}
			m, err := operate.OpenRelease(dir)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(struct {
					Type string `json:"type"`
					releaseView
					Manifest *operate.Manifest `json:"manifest"`
				}{"release", *v, m})
				return nil
			}
			var rows [][]string
			row := func(name, value string) { rows = append(rows, []string{name, value}) }
			row(a.t("release", "版本"), v.Name+"  "+v.Digest.String())
			row(a.t("stage", "阶段"), stageTexts[v.Stage].In(a.lang)+"  "+v.Why)
			for _, part := range []struct {
				name   string
				digest store.Digest
			}{{a.t("scenario", "场景"), m.Scenario}, {a.t("weights", "权重"), m.Weights}, {a.t("knowledge", "知识库"), m.Knowledge}, {a.t("policy", "策略"), m.Policy}, {a.t("verdict", "评测"), m.Verdict}} {
				if !part.digest.IsZero() {
					row(part.name, part.digest.String())
				}
			}
			if t := limitsText(m.Limits); !t.IsZero() {
				row(a.t("limits", "限制"), t.In(a.lang))
			}
			for _, ch := range v.Checks {
				row(checkName(ch.Name).In(a.lang), a.checkedText(ch))
			}
			for _, l := range terminal.Table("ll", rows) {
				fmt.Fprintln(a.stdout, strings.TrimRight(l, " "))
			}
			return nil
		},
	}
}

func (a *app) releaseCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check " + a.t("RELEASE", "版本"), Short: a.t("Check a release before anybody is answered by it", "在版本作答之前进行检查"),
		Long: a.t(`Check what a release must be known for before it is a canary or live:

  evaluation  the verdict of its plan passes, and is about this release
  policy      its policy finds the words that it lists, and lets ordinary sentences pass
  parity      opened as it is served, it gives the very replies that the verdict judged`,
			`检查版本在灰度或上线之前必须满足的条件：

  评测    计划中的评测通过，且针对的正是该版本
  策略    策略能命中自己列出的词，并放行普通句子
  一致性  以服务时的方式打开，回答与评测时逐字相同`),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			m, err := a.machine()
			if err != nil {
				return err
			}
			list, err := w.check(c.Context(), "cli", args[0], m)
			if err != nil {
				return err
			}
			var failed []string
			var names []say.Text
			for _, ch := range list {
				if !ch.OK {
					failed, names = append(failed, ch.Name), append(names, checkName(ch.Name))
				}
				if a.format == formatJSONL {
					a.line(struct {
						Type string `json:"type"`
						operate.Checked
					}{"check", ch})
				} else {
					fmt.Fprintln(a.stdout, terminal.Pad(checkName(ch.Name).In(a.lang), 12)+a.checkedText(ch))
				}
			}
			if err := w.books().log("release.check", args[0]+" failed: "+strings.Join(failed, ", ")); err != nil {
				return err
			}
			if len(failed) > 0 {
				return &say.Error{Where: args[0], Err: stage.ErrRefused, What: say.T("the release failed its check of the %s", "版本未通过检查：%s", say.Join(names...)),
					Next: say.T("what is above says why", "原因见上")}
			}
			return nil
		},
	}
}

// releaseSteps are the commands that change which release answers.
var releaseSteps = map[string]struct {
	short, next say.Text
	least       int
}{
	"canary":   {short: say.T("Have a release answer a part of the requests", "让版本回答一部分请求"), least: 1},
	"promote":  {short: say.T("Make a release live", "让版本上线"), least: 1},
	"rollback": {short: say.T("End the canaries or, if there are none, go back to the release before", "结束灰度；没有灰度时回到上一个版本")},
	"retire":   {short: say.T("Have a canary or candidate answer nobody any more", "让灰度或候选版本下线"), least: 1},
}

func (a *app) releaseStepCommand(action string) *cobra.Command {
	var d decision
	var share string
	var as string
	about := releaseSteps[action]
	use := action + " " + a.t("RELEASE", "版本")
	if about.least == 0 {
		use = action + " [" + a.t("NAME", "名称") + "]"
	}
	c := &cobra.Command{Use: use, Short: about.short.In(a.lang), Args: a.args(about.least, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			d.Release = strings.Join(args, "")
			if share != "" {
				if d.Share, err = operate.ParseShare(share); err != nil {
					return usage("--share", say.T("%q is not a share", "%q 不是比例", share), say.T("write it like 5%", "请写成 5% 的样子"))
				}
			}
			by := "cli"
			if action == "canary" || action == "promote" {
				b, err := json.Marshal(d)
				if err != nil {
					return err
				}
				if by, err = a.cleared(w.books(), care.Release, action+" "+string(b), as); err != nil {
					return err
				}
			}
			version, err := w.decide(by, action, d, func(action, subject string) error { return w.books().logAs(by, action, subject) })
			if err != nil {
				return err
			}
			return a.awaitServing(w, version)
		},
	}
	c.Flags().StringVar(&d.Why, "why", "", a.t("the reason, for the audit log", "理由，写入审计日志"))
	if action == "canary" {
		c.Flags().StringVar(&share, "share", "", a.t("share of the conversations, like 5%", "对话的比例，如 5%"))
		c.Flags().StringSliceVar(&d.Callers, "caller", nil, a.t("names of keys whose requests it answers", "由它作答的密钥名称"))
		c.Flags().StringSliceVar(&d.Tenants, "tenant", nil, a.t("tenants whose requests it answers", "由它作答的租户"))
		c.Flags().StringVar(&d.Header, "header", "", a.t("it answers requests with this value of the header Suiren-Canary", "由它回答请求头 Suiren-Canary 为此值的请求"))
	}
	if action == "canary" || action == "promote" {
		a.asFlag(c, &as)
		c.Flags().StringVar(&d.Stop, "stop", "", a.t("go back by itself beyond these shares: errors=2%,refused=10%,bad=20%,slow=5s", "超出这些限度时自动回退：errors=2%,refused=10%,bad=20%,slow=5s"))
	}
	return c
}

// awaitTime is how long a command waits for a server to follow.
const awaitTime = 30 * time.Second

// awaitServing waits until the server of the state folder, if one runs, answers
// as the tracks say.
func (a *app) awaitServing(w *workspace, version int64) error {
	began := time.Now()
	for store.Held(w.path("serving.lock")) {
		b, _, err := w.st.State(servingState)
		if err != nil {
			return err
		}
		var s serving
		if b != nil {
			if err := json.Unmarshal(b, &s); err != nil {
				return err
			}
		}
		if s.Version >= version {
			if s.Error != "" {
				return &say.Error{Where: w.st.Path(), What: say.T("the server stays with what it answered from: %s", "服务器仍使用原来的版本：%s", s.Error),
					Next: say.T("suiren release rollback takes the step back", "可用 suiren release rollback 撤回")}
			}
			return a.told(version, time.Since(began), say.T("the server answers so from now on", "服务器已按此作答"))
		}
		if time.Since(began) > awaitTime {
			return &say.Error{Where: w.st.Path(), What: say.T("the server has not followed within %v", "服务器在 %v 内未跟随", awaitTime), Next: say.T("it may still be opening the release; see suiren release list", "它可能仍在打开该版本；请查看 suiren release list")}
		}
		time.Sleep(followEvery / 4)
	}
	return a.told(version, time.Since(began), say.T("no server runs here; the next one answers so", "当前没有运行中的服务器；下次启动将按此作答"))
}

func (a *app) told(version int64, took time.Duration, what say.Text) error {
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "releases", "version": version, "seconds": took.Seconds(), "text": what.In(a.lang)})
	} else {
		fmt.Fprintln(a.stdout, what.In(a.lang))
	}
	return nil
}

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/stage/guard"
	"suiren/stage/guard/watch"
	"suiren/stage/operate"
)

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
		a.showContent(&i.Content)
	}
	if len(list) == 0 && a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("nothing waits", "没有待审内容"))
	}
	return nil
}

// speakers are who says a turn, and texts what the text is that a rail does not let pass.
var (
	speakers = map[string]say.Text{"system": say.T("system", "系统"), "developer": say.T("system", "系统"), "user": say.T("user", "用户"), "assistant": say.T("assistant", "助手"), "tool": say.T("tool", "工具")}

	texts = map[string]say.Text{string(guard.Input): say.T("asked", "提问"), string(guard.Retrieval): say.T("passage", "段落"), string(guard.ToolResult): say.T("tool returned", "工具返回"),
		string(guard.Thought): say.T("thought", "思考"), string(guard.ToolCall): say.T("argument", "参数"), string(guard.Output): say.T("answer", "回答")}
)

// showContent shows what a person decides on, and what comes of it.
func (a *app) showContent(c *watch.Content) {
	line := func(label say.Text, text string) {
		if text != "" {
			list := strings.Split(text, "\n")
			for i := range list {
				list[i] = strings.TrimPrefix(shown(list[i]), "-")
			}
			fmt.Fprintf(a.stdout, "    %s  %s\n", label.In(a.lang), strings.Join(list, "\n      "))
		}
	}
	line(say.T("policy", "策略"), strings.TrimSpace(c.Policy+" "+c.Digest[:min(12, len(c.Digest))]))
	for _, s := range c.Said {
		line(speakers[s.Role], s.Text)
	}
	if c.Call != nil {
		line(say.T("call", "调用"), c.Call.Name+c.Call.Args)
	}
	if c.Found != "" {
		line(texts[c.Stage], c.Before+"«"+c.Found+"»"+c.After)
	}
	line(say.T("appeal", "申诉"), c.Appealed)
	if c.Cut {
		line(say.T("cut", "有省略"), a.t("something is left out", "部分内容未显示"))
	}
	if c.Refusal != nil {
		allowed, refused := say.T("it goes on to the model", "交给模型"), say.T("the caller is told: %s", "告知调用者：%s", say.T(c.Refusal.En, c.Refusal.Zh))
		switch guard.Stage(c.Stage) {
		case guard.Thought, guard.ToolCall, guard.Output:
			allowed = say.T("it goes on to the caller", "发给调用者")
		case guard.ToolResult:
			refused = say.T("the model is told that it is withheld: %s", "告知模型不予提供：%s", say.T(c.Refusal.En, c.Refusal.Zh))
		case guard.Retrieval:
			refused = say.T("the passage is left out", "不使用该段落")
		}
		line(say.T("if allowed", "若放行"), allowed.In(a.lang))
		line(say.T("if refused", "若拒绝"), refused.In(a.lang))
	}
}

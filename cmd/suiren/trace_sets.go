package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve"
	"suiren/stage/operate/ledger"
)

// A chat is a request as an examples block reads it.
type chat struct {
	Messages []chatTurn `json:"messages"`
}

type chatTurn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func chatOf(t *ledger.Trace) chat {
	var c chat
	for _, m := range t.Content.Messages {
		c.Messages = append(c.Messages, chatTurn{m.Role, m.Text})
	}
	return chat{append(c.Messages, chatTurn{"assistant", t.Content.Answer})}
}

// traceSetCommand chooses requests for data. Its second command is the one that takes
// --where.
func (a *app) traceSetCommand(f *traceFlags) (group, add *cobra.Command) {
	add = a.traceSetAddCommand(f)
	return a.group("set", a.t("Choose requests for data", "把请求选作数据"), a.traceSetListCommand(f), add, a.traceSetRemoveCommand(f)), add
}

func (a *app) traceSetListCommand(f *traceFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.t("List the sets", "列出数据集"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return f.onLedger(a, func(_ bookDir, l *ledger.Ledger) error {
				sets, err := l.Sets()
				if err != nil {
					return err
				}
				rows := [][]string{{a.t("name", "名称"), a.t("requests", "请求"), a.t("content kept", "保留内容"), a.t("last added", "最近加入")}}
				for _, s := range sets {
					if a.format == formatJSONL {
						a.line(struct {
							Type string `json:"type"`
							ledger.Set
						}{"set", s})
						continue
					}
					rows = append(rows, []string{s.Name, strconv.FormatInt(s.Traces, 10), strconv.FormatInt(s.Kept, 10), s.Last.Local().Format("2006-01-02 15:04")})
				}
				if a.format == formatText {
					for _, line := range terminal.Table("lrrl", rows) {
						fmt.Fprintln(a.stdout, line)
					}
				}
				return nil
			})
		},
	}
}

func (a *app) traceSetAddCommand(f *traceFlags) *cobra.Command {
	return &cobra.Command{
		Use: "add " + a.t("SET [ID…]", "数据集 [编号…]"), Short: a.t("Choose requests for a set, by id or by --where", "把请求选入数据集：按编号，或用 --where"),
		Long: a.t(`Choose requests for a set, by id or by --where. A plan makes documents of them:
documents "hard" { traces = release.NAME, set = "SET" }. The set holds no copy: what is
erased, or was kept long enough, leaves it. suiren trace export --form messages --where set=SET
writes chats for an examples block; that file is yours to look after.`,
			`把请求选入数据集：按编号，或用 --where。计划可由此制作文档：
documents "hard" { traces = release.名称, set = "数据集" }。数据集不含副本：被清除或保留期满的
内容随之消失。suiren trace export --form messages --where set=数据集 输出供 examples 块使用的对话，
该文件由您自行保管。`),
		Args: a.args(1, ledger.MaxChosen),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.onLedger(a, func(dir bookDir, l *ledger.Ledger) error {
				ids := args[1:]
				if len(ids) == 0 {
					q, err := f.query()
					if err != nil {
						return err
					}
					q.Limit = ledger.MaxPage
					page, next, err := l.Traces(q)
					if err != nil {
						return err
					}
					if next > 0 {
						return usage("--where", say.T("more than %d requests are chosen", "选中的请求超过 %d 次", ledger.MaxPage), say.T("choose fewer, for example with from= and to=", "请缩小范围，例如用 from= 和 to="))
					}
					for i := range page {
						ids = append(ids, page[i].ID)
					}
				}
				c, err := l.Choose(args[0], "cli", ids)
				if err != nil {
					return err
				}
				if err := dir.log("set.add", fmt.Sprintf("%s added:%d", args[0], c.Added)); err != nil {
					return err
				}
				if a.format == formatJSONL {
					a.line(struct {
						Type string `json:"type"`
						Set  string `json:"set"`
						*ledger.Chosen
					}{"chosen", args[0], c})
					return nil
				}
				fmt.Fprintln(a.stdout, a.t("%s: %d added, %d were in it, %d left out because nothing of what was said is kept", "%s：加入 %d 次，已有 %d 次，因未保留内容而略过 %d 次", args[0], c.Added, c.Already, c.Empty))
				return nil
			})
		},
	}
}

func (a *app) traceSetRemoveCommand(f *traceFlags) *cobra.Command {
	return &cobra.Command{
		Use: "remove " + a.t("SET [ID…]", "数据集 [编号…]"), Short: a.t("Take requests out of a set, or without ids the set away; the requests stay", "从数据集移出请求；不给编号则删除数据集；请求本身保留"), Args: a.args(1, ledger.MaxChosen),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.onLedger(a, func(dir bookDir, l *ledger.Ledger) error {
				n, err := l.Unchoose(args[0], args[1:])
				if err != nil {
					return err
				}
				if err := dir.log("set.remove", fmt.Sprintf("%s removed:%d", args[0], n)); err != nil {
					return err
				}
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "removed", "set": args[0], "removed": n})
					return nil
				}
				fmt.Fprintln(a.stdout, a.t("%s: %d taken out", "%s：移出 %d 次", args[0], n))
				return nil
			})
		},
	}
}

// sets lists the sets of traces.
func (h *house) sets(context.Context, serve.Query) (any, error) {
	list, err := h.books.ledger.Sets()
	return map[string]any{"sets": list}, err
}

// chosenIDs are the traces that a page names.
func chosenIDs(q serve.Query) ([]string, error) {
	var in struct{ Traces []string }
	if len(q.Body) == 0 {
		return nil, nil
	}
	err := read(q, &in)
	return in.Traces, err
}

// addToSet chooses traces for a set.
func (h *house) addToSet(_ context.Context, q serve.Query) (any, error) {
	ids, err := chosenIDs(q)
	if err != nil {
		return nil, err
	}
	c, err := h.books.ledger.Choose(q.Name, q.Caller, ids)
	if err != nil {
		return nil, err
	}
	_, err = h.books.audit.Append(q.Caller, "set.add", fmt.Sprintf("%s added:%d", q.Name, c.Added), "")
	return c, err
}

// removeFromSet takes traces out of a set, or the set away.
func (h *house) removeFromSet(_ context.Context, q serve.Query) (any, error) {
	ids, err := chosenIDs(q)
	if err != nil {
		return nil, err
	}
	n, err := h.books.ledger.Unchoose(q.Name, ids)
	if err != nil {
		return nil, err
	}
	_, err = h.books.audit.Append(q.Caller, "set.remove", fmt.Sprintf("%s removed:%d", q.Name, n), "")
	return map[string]int64{"removed": n}, errors.Join(err)
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/operate/ledger"
	"suiren/stage/operate/otlp"
)

// traceFields are what traces are chosen by.
var traceFields = []string{"key", "person", "project", "tenant", "scenario", "model", "release", "operation", "reason", "rated", "parent", "text", "set", "from", "to", "slower", "before", "limit"}

// traceFlags say of which books, and of which of their requests, a command is.
type traceFlags struct {
	folder string
	models bool
	where  []string
}

// traceCommand looks at single requests.
func (a *app) traceCommand() *cobra.Command {
	var f traceFlags
	list, export := a.traceListCommand(&f), a.traceExportCommand(&f)
	set, add := a.traceSetCommand(&f)
	for _, c := range []*cobra.Command{list, export, add} {
		c.Flags().StringArrayVar(&f.where, "where", nil, a.t("a condition, like reason=error; one of %s", "筛选条件，如 reason=error；可用：%s", traceFields))
	}
	c := a.group("trace", a.t("Look at single requests; choose them for data; keep what is said, or not", "查看单次请求；选入数据集；决定是否保留内容"), list, a.traceShowCommand(&f), export, set, a.traceCaptureCommand(&f))
	c.PersistentFlags().StringVar(&f.folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
	a.bookFlagOf(c.PersistentFlags(), &f.models)
	return c
}

// query is what --where says.
func (f *traceFlags) query() (*ledger.Query, error) {
	v := map[string]string{}
	for _, w := range f.where {
		name, value, ok := strings.Cut(w, "=")
		if !ok || !slices.Contains(traceFields, name) {
			return nil, usage("--where", say.T("%q chooses nothing", "%q 不是筛选条件", w), say.T("write it like reason=error; one of %s", "请写成 reason=error 的样子；可用：%s", traceFields))
		}
		v[name] = value
	}
	q := new(ledger.Query)
	if t, ok := v["tenant"]; ok {
		q.Tenant = &t
	}
	return q, queryOf(func(name string) string { return v[name] }, q)
}

// onLedger runs do on the ledger of those books.
func (f *traceFlags) onLedger(a *app, do func(bookDir, *ledger.Ledger) error) error {
	return a.onLedger(f.folder, f.models, do)
}

// traceLine writes a request as a line of JSON.
func (a *app) traceLine(t *ledger.Trace) {
	a.line(struct {
		Type string `json:"type"`
		*ledger.Trace
	}{"trace", t})
}

func (a *app) traceListCommand(f *traceFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.t("List requests, the newest first", "列出请求，最新的在前"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			q, err := f.query()
			if err != nil {
				return err
			}
			return f.onLedger(a, func(_ bookDir, l *ledger.Ledger) error {
				page, next, err := l.Traces(q)
				if err != nil {
					return err
				}
				rows := [][]string{{a.t("time", "时间"), a.t("id", "编号"), a.t("key", "密钥"), a.t("model", "模型"), a.t("tokens", "词元"), a.t("total", "用时"), a.t("ended by", "结束原因")}}
				for i := range page {
					t := &page[i]
					if a.format == formatJSONL {
						a.traceLine(t)
						continue
					}
					rows = append(rows, []string{t.Time.Local().Format(time.DateTime), t.ID, t.Key, t.Model, count(float64(t.Amounts.Tokens())), a.seconds(t.Total.Seconds()), t.Reason})
				}
				if a.format == formatText {
					for _, line := range terminal.Table("llllrrl", rows) {
						fmt.Fprintln(a.stdout, line)
					}
					if next > 0 {
						a.screen.Note(say.T("there are more: --where before=%d", "还有更多：--where before=%d", next))
					}
				}
				return nil
			})
		},
	}
}

func (a *app) traceShowCommand(f *traceFlags) *cobra.Command {
	return &cobra.Command{
		Use: "show " + a.t("ID", "编号"), Short: a.t("Show one request whole: its times, tokens, rails and, where it is kept, what was said", "查看一次请求的全部：时间、词元、护栏，以及（若保留）内容"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.onLedger(a, func(_ bookDir, l *ledger.Ledger) error {
				t, err := l.Find(args[0])
				if errors.Is(err, ledger.ErrNoAnswer) {
					return &say.Error{Where: args[0], What: say.T("no request has this id", "没有这个编号的请求"), Next: say.T("suiren trace list shows the ids", "用 suiren trace list 查看编号")}
				}
				if err != nil {
					return err
				}
				if a.format == formatJSONL {
					a.traceLine(t)
				} else {
					a.showTrace(t)
				}
				return nil
			})
		},
	}
}

func (a *app) traceExportCommand(f *traceFlags) *cobra.Command {
	var form string
	c := &cobra.Command{
		Use: "export", Short: a.t("Write requests whole, the oldest first: JSON Lines, or with --form otlp spans, messages chats for an examples block", "导出完整的请求记录，最旧的在前：JSON Lines；--form otlp 为 span，--form messages 为 examples 块可读的对话"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			q, err := f.query()
			if err != nil {
				return err
			}
			if form != "jsonl" && form != "otlp" && form != "messages" {
				return usage("--form", say.T("%q is no form", "%q 不是导出形式", form), say.T("choose jsonl, otlp or messages", "请选 jsonl、otlp 或 messages"))
			}
			return f.onLedger(a, func(_ bookDir, l *ledger.Ledger) error {
				return l.Each(q, func(t *ledger.Trace) error {
					switch form {
					case "jsonl":
						a.line(t)
						return nil
					case "messages":
						if t.Content != nil && t.Reason == "stop" { // what was cut off or refused must not be learnt
							a.line(chatOf(t))
						}
						return nil
					}
					b, err := otlp.JSON([]*ledger.Trace{t}, versionText())
					if err == nil {
						_, err = fmt.Fprintln(a.stdout, string(b))
					}
					return err
				})
			})
		},
	}
	c.Flags().StringVar(&form, "form", "jsonl", a.t("jsonl, otlp or messages", "jsonl、otlp 或 messages"))
	return c
}

// traceCaptureCommand says whose content is kept.
func (a *app) traceCaptureCommand(f *traceFlags) *cobra.Command {
	var c ledger.Capture
	cmd := &cobra.Command{
		Use: "capture [on|off]", Short: a.t("Keep what is said from now on, or not; by default it is not kept", "从现在起是否保留内容；默认不保留"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			on := strings.Join(args, "") == "on"
			if len(args) == 1 && !on && args[0] != "off" {
				return usage(args[0], say.T("this is neither on nor off", "应为 on 或 off"), say.Text{})
			}
			return f.onLedger(a, func(dir bookDir, l *ledger.Ledger) error {
				if len(args) == 1 {
					if err := l.SetCapture(c, on); err != nil {
						return err
					}
					if err := dir.log("trace.capture", args[0]+" "+c.Model+" "+c.Tenant); err != nil {
						return err
					}
				}
				list, err := l.Captures()
				if err != nil {
					return err
				}
				if a.format == formatText && len(list) == 0 {
					fmt.Fprintln(a.stdout, a.t("what is said is not kept", "不保留内容"))
				}
				for _, c := range list {
					if a.format == formatJSONL {
						a.line(map[string]string{"type": "capture", "model": c.Model, "tenant": c.Tenant})
						continue
					}
					model, tenant := c.Model, c.Tenant
					if model == "" {
						model = a.t("all", "全部")
					}
					switch tenant {
					case "*":
						tenant = a.t("all", "全部")
					case "":
						tenant = a.t("the house itself", "主机构")
					}
					fmt.Fprintln(a.stdout, a.t("what is said is kept: release %s, tenant %s", "保留内容：发布版本 %s，租户 %s", model, tenant))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&c.Model, "release", "", a.t("of this release or model (default: all)", "只针对此发布版本或模型（默认：全部）"))
	cmd.Flags().StringVar(&c.Tenant, "tenant", "*", a.t("of this tenant; empty: of the house itself", "只针对此租户；为空表示主机构"))
	return cmd
}

// spanText are the parts of a request's time.
var spanText = map[string]say.Text{
	"reserve": say.T("reserve", "预留额度"), "queue": say.T("queue", "排队"), "input rails": say.T("input rails", "输入护栏"),
	"model": say.T("model", "模型"), "retrieval": say.T("retrieval", "检索段落"), "prefill": say.T("prefill", "读入提示"),
	"thought": say.T("thought", "思考"), "answer": say.T("answer", "回答"), "tool call": say.T("tool call", "工具调用"),
	"output rails": say.T("output rails", "输出护栏"), "send": say.T("send", "发送"),
}

// roleName names who wrote a message.
func (a *app) roleName(role string) string {
	switch role {
	case "system", "developer":
		return a.t("system", "系统")
	case "user":
		return a.t("user", "用户")
	case "assistant":
		return a.t("assistant", "助手")
	case "tool":
		return a.t("tool", "工具")
	}
	return terminal.Printable(role)
}

// showTrace prints a request as a tree of its times.
func (a *app) showTrace(t *ledger.Trace) {
	m := &t.Amounts
	p := func(en, zh string, args ...any) { fmt.Fprintln(a.stdout, a.t(en, zh, args...)) }
	p("%s  %s  %s, ended by %s", "%s  %s  %s，结束原因 %s", t.ID, t.Time.Local().Format(time.DateTime), t.Operation, t.Reason)
	p("key %s, model %s, release %s", "密钥 %s，模型 %s，发布版本 %s", t.Key, t.Model, t.Release)
	metered := t.Metered
	if metered == "model" { // of the processor's time, not read
		metered = a.t("model", "按功率估算")
	}
	p("tokens: %d read, %d cached, %d thought, %d answer; processor %.3f s; energy %.1f J (%s); money %s (price book %d)",
		"词元：读入 %d，缓存 %d，思考 %d，回答 %d；处理器 %.3f 秒；能耗 %.1f J（%s）；金额 %s（价目第 %d 版）",
		m.Prompt, m.Cached, m.Thought, m.Answer, float64(m.CPU)/1e6, float64(m.Energy)/1e6, metered, millionths(m.Money), t.Price)
	rows := [][]string{{a.t("request", "请求"), "0", a.seconds(t.Total.Seconds())}}
	for _, s := range t.Spans {
		indent := "  "
		if s.Parent != "" {
			indent = "    "
		}
		name := s.Name
		if own, ok := spanText[name]; ok {
			name = own.In(a.lang)
		}
		ms := func(d time.Duration) string { return a.t("%.1f ms", "%.1f 毫秒", d.Seconds()*1000) }
		rows = append(rows, []string{indent + name, ms(s.Start), ms(s.Total)})
	}
	for _, line := range terminal.Table("lrr", rows) {
		fmt.Fprintln(a.stdout, line)
	}
	for _, d := range t.Rails {
		p("rail %s (%s): %s", "护栏 %s（%s）：%s", d.Rule, d.Class, d.Action)
	}
	if c := t.Content; c != nil {
		for _, m := range c.Messages {
			fmt.Fprintf(a.stdout, "[%s] %s\n", a.roleName(m.Role), terminal.Printable(m.Text))
		}
		fmt.Fprintf(a.stdout, "[%s] %s\n", a.roleName("assistant"), terminal.Printable(c.Answer))
	}
	if t.Rating != nil {
		p("rated good: %v %s", "评价为好：%v %s", t.Rating.Good, terminal.Printable(t.Rating.Why))
	}
}

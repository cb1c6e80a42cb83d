package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/guard"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
	"suiren/store"
)

var groupText = map[string]say.Text{
	"key": say.T("key", "密钥"), "person": say.T("person", "人员"), "project": say.T("project", "项目"), "tenant": say.T("tenant", "租户"), "scenario": say.T("scenario", "场景"),
	"model": say.T("model", "模型"), "release": say.T("release", "发布版本"), "day": say.T("day", "日期"), "month": say.T("month", "月份"),
}

// usageCommand adds up the ledger.
func (a *app) usageCommand() *cobra.Command {
	var since, until, by string
	var models bool
	c := &cobra.Command{
		Use: "usage [" + a.t("FOLDER", "目录") + "]", Short: a.t("Add up what was used, by key, person, tenant, scenario, model or day", "按密钥、人员、租户、场景、模型或日期汇总用量"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, d := range []struct{ flag, v string }{{"--since", since}, {"--until", until}} {
				if _, err := time.Parse(time.DateOnly, d.v); d.v != "" && err != nil {
					return usage(d.flag, say.T("%q is not a day", "%q 不是日期", d.v), say.T("write it like %s", "请写成 %s 的样子", time.DateOnly))
				}
			}
			groups := strings.Split(by, ",")
			for _, g := range groups {
				if !slices.Contains(ledger.Groups, g) {
					return usage("--by", say.T("usage is not added up by %q", "不能按 %q 汇总用量", g), say.T("choose of %s", "可选：%s", ledger.Groups))
				}
			}
			dir, err := a.bookDir(strings.Join(args, ""), models)
			if err != nil {
				return err
			}
			l, err := dir.openLedger()
			if err != nil {
				return err
			}
			defer l.Close()
			list, err := l.Usage(groups, ledger.Days{From: since, To: until}, nil)
			if err != nil {
				return err
			}
			if err := a.showUsage(l, groups, list, a.correctness(dir, models)); err != nil {
				return err
			}
			_, err = a.showBudgets(l)
			return err
		},
	}
	c.Flags().StringVar(&since, "since", "", a.t("from this day on, like 2026-11-25", "从某日起，例如 2026-11-25"))
	c.Flags().StringVar(&until, "until", "", a.t("until this day, which is in it", "到某日为止（含当日）"))
	c.Flags().StringVar(&by, "by", "key", a.t("what to add up by, one or more of %s", "按什么汇总，可多选：%s", ledger.Groups))
	a.bookFlag(c, &models)
	c.AddCommand(a.usageExportCommand(), a.usageCheckCommand(), a.usageCloseCommand(), a.usageCorrectCommand(), a.usagePricesCommand())
	return c
}

// A usageSum is a sum of the ledger with what is said beside it.
type usageSum struct {
	*ledger.Total
	accuracy, right float64 // of a release's answers, and how many were right; 0 where no verdict tells
	closed          bool    // its month is
}

// usageColumns are the columns that not every table of sums has.
type usageColumns struct {
	groups   []string
	currency string // of the prices; "" if there are none
	right    bool   // what a right answer took
	closed   bool   // whether a month is
}

// showUsage prints sums. Where the verdict of a release tells how often its answers
// are right, a sum by release alone also says what a right one took.
func (a *app) showUsage(l *ledger.Ledger, groups []string, list []ledger.Total, correct func(release string) (float64, bool)) error {
	currency, _, err := currencyOf(l)
	if err != nil {
		return err
	}
	byMonth, lastClosed := slices.Index(groups, "month"), ""
	if byMonth >= 0 {
		months, err := l.Months()
		if err != nil {
			return err
		}
		if n := len(months); n > 0 {
			lastClosed = months[n-1].Month
		}
	}
	cols := usageColumns{groups, currency, slices.Equal(groups, []string{"release"}), lastClosed != ""}
	rows := [][]string{cols.head(a)}
	for i := range list {
		s := usageSum{Total: &list[i]}
		if cols.right {
			s.accuracy, _ = correct(s.By[0])
			s.right = float64(s.Requests) * s.accuracy
		}
		if byMonth >= 0 {
			s.closed = s.By[byMonth] <= lastClosed
		}
		if a.format == formatJSONL {
			a.line(cols.line(&s, byMonth >= 0))
			continue
		}
		rows = append(rows, cols.row(a, &s))
	}
	if a.format == formatText {
		align := strings.Repeat("l", len(groups)) + strings.Repeat("r", len(rows[0])-len(groups))
		if cols.closed {
			align = align[:len(align)-1] + "l"
		}
		for _, l := range terminal.Table(align, rows) {
			fmt.Fprintln(a.stdout, l)
		}
	}
	return nil
}

// head are the titles of the columns.
func (c *usageColumns) head(a *app) (head []string) {
	for _, g := range c.groups {
		head = append(head, groupText[g].In(a.lang))
	}
	head = append(head, a.t("requests", "请求"), a.t("prompt", "提示词元"), a.t("of it cached", "其中缓存"), a.t("completion", "生成词元"), a.t("of it thought", "其中思考"), a.t("processor", "处理器"), a.t("energy", "能耗"))
	if c.currency != "" {
		head = append(head, c.currency)
	}
	if c.right {
		head = append(head, a.t("per right answer", "每个正确回答"))
	}
	if c.closed {
		head = append(head, "")
	}
	return head
}

// row is a sum on one line of the table.
func (c *usageColumns) row(a *app, s *usageSum) []string {
	n := func(v int64) string { return count(float64(v)) }
	row := append(slices.Clone(s.By), n(s.Requests), n(s.Prompt+s.Cached), n(s.Cached), n(s.Thought+s.Answer), n(s.Thought), a.t("%.2f s", "%.2f 秒", float64(s.CPU)/1e6), fmt.Sprintf("%.3f Wh", float64(s.Energy)/3.6e9))
	if c.currency != "" {
		row = append(row, millionths(s.Money))
	}
	if c.right {
		each := "-"
		if s.right > 0 {
			each = a.t("%.2f s, %.4f Wh", "%.2f 秒，%.4f Wh", float64(s.CPU)/1e6/s.right, float64(s.Energy)/3.6e9/s.right)
			if c.currency != "" {
				each += fmt.Sprintf(", %.6f %s", float64(s.Money)/1e6/s.right, c.currency)
			}
		}
		row = append(row, each)
	}
	if c.closed {
		mark := ""
		if s.closed {
			mark = a.t("closed", "已结账")
		}
		row = append(row, mark)
	}
	return row
}

// line is a sum as a line of JSON.
func (c *usageColumns) line(s *usageSum, byMonth bool) map[string]any {
	line := map[string]any{"type": "usage", "requests": s.Requests, "prompt": s.Prompt + s.Cached, "cached": s.Cached, "completion": s.Thought + s.Answer, "reasoning": s.Thought,
		"cpu_seconds": float64(s.CPU) / 1e6, "energy_joules": float64(s.Energy) / 1e6, "money": millionths(s.Money), "currency": c.currency}
	for i, g := range c.groups {
		if g == "key" {
			g = "caller"
		}
		line[g] = s.By[i]
	}
	if byMonth {
		line["closed"] = s.closed
	}
	if s.right > 0 {
		line["accuracy"], line["tokens_per_right_answer"], line["cpu_seconds_per_right_answer"] = s.accuracy, float64(s.Tokens())/s.right, float64(s.CPU)/1e6/s.right
		line["joules_per_right_answer"], line["money_per_right_answer"] = float64(s.Energy)/1e6/s.right, float64(s.Money)/1e6/s.right
	}
	return line
}

// correctness finds how often the answers of a plan's release are right, by its verdict.
func (a *app) correctness(dir bookDir, models bool) func(release string) (float64, bool) {
	return func(release string) (share float64, ok bool) {
		d, err := store.ParseDigest(release)
		if err != nil || models {
			return 0, false
		}
		st, err := store.Open(string(dir))
		if err != nil {
			return 0, false
		}
		defer st.Close()
		made, err := st.Dir(d)
		if err != nil {
			return 0, false
		}
		m, err := operate.OpenRelease(made)
		if err != nil {
			return 0, false
		}
		if made, err = st.Dir(m.Verdict); err != nil {
			return 0, false
		}
		r, err := guard.ReadReport(made)
		if err != nil || len(r.Overall.Scores) == 0 {
			return 0, false
		}
		return r.Overall.Scores[len(r.Overall.Scores)-1].Accuracy, true // the tutor's
	}
}

// millionths writes an amount of money, all of it.
func millionths(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%06d", sign, n/1e6, n%1e6)
}

// onLedger runs f on the ledger of a plan's folder or of the models.
func (a *app) onLedger(path string, models bool, f func(bookDir, *ledger.Ledger) error) error {
	dir, err := a.bookDir(path, models)
	if err != nil {
		return err
	}
	l, err := dir.openLedger()
	if err != nil {
		return err
	}
	return errors.Join(f(dir, l), l.Close())
}

func (a *app) usageExportCommand() *cobra.Command {
	var days ledger.Days
	var models bool
	c := &cobra.Command{
		Use: "export [" + a.t("FOLDER", "目录") + "]", Short: a.t("Write every entry of the ledger, as CSV or with -o jsonl as JSON", "导出账本的每条分录：CSV，或用 -o jsonl 输出 JSON"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.onLedger(strings.Join(args, ""), models, func(_ bookDir, l *ledger.Ledger) error {
				if a.format == formatText {
					return l.WriteCSV(a.stdout, days, nil)
				}
				return l.Entries(days, nil, func(e *ledger.Entry) error {
					a.line(struct {
						Type string `json:"type"`
						*ledger.Entry
					}{"entry", e})
					return nil
				})
			})
		},
	}
	c.Flags().StringVar(&days.From, "since", "", a.t("from this day on, like 2026-11-25", "从某日起，例如 2026-11-25"))
	c.Flags().StringVar(&days.To, "until", "", a.t("until this day, which is in it", "到某日为止（含当日）"))
	a.bookFlag(c, &models)
	return c
}

func (a *app) usageCheckCommand() *cobra.Command {
	var models bool
	c := &cobra.Command{
		Use: "check [" + a.t("FOLDER", "目录") + "]", Short: a.t("Add the whole ledger up: every trace is charged once, and rightly", "核对整本账：每条记录计费一次且数额正确"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.onLedger(strings.Join(args, ""), models, func(_ bookDir, l *ledger.Ledger) error {
				sum, n, err := l.Check()
				if err != nil {
					return err
				}
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "ledger", "entries": n, "amounts": sum})
					return nil
				}
				fmt.Fprintln(a.stdout, a.t("the ledger adds up: %d entries, %s requests, %s tokens, %s", "账本平衡：%d 条分录，%s 次请求，%s 个词元，%s", n, count(float64(sum.Requests)), count(float64(sum.Tokens())), millionths(sum.Money)))
				return nil
			})
		},
	}
	a.bookFlag(c, &models)
	return c
}

func (a *app) usageCloseCommand() *cobra.Command {
	var models bool
	c := &cobra.Command{
		Use: "close " + a.t("MONTH", "月份") + " [" + a.t("FOLDER", "目录") + "]", Short: a.t("Close a month that is over, like 2026-10, and those before it: they take no more entries", "结清已结束的月份（如 2026-10）及此前各月：不再接受分录"), Args: a.args(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.onLedger(strings.Join(args[1:], ""), models, func(dir bookDir, l *ledger.Ledger) error {
				list, err := l.CloseMonth(args[0], "cli")
				if err != nil {
					return err
				}
				for i := range list {
					m := &list[i]
					if a.format == formatJSONL {
						a.line(struct {
							Type string `json:"type"`
							*ledger.Closed
						}{"month", m})
					} else {
						fmt.Fprintln(a.stdout, a.t("%s is closed: %d entries, %s requests, %s tokens, %s", "%s 已结账：%d 条分录，%s 次请求，%s 个词元，%s", m.Month, m.Entries, count(float64(m.Amounts.Requests)), count(float64(m.Amounts.Tokens())), millionths(m.Amounts.Money)))
					}
					if err := dir.log("month.close", fmt.Sprintf("%s %d entries", m.Month, m.Entries)); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	a.bookFlag(c, &models)
	return c
}

func (a *app) usageCorrectCommand() *cobra.Command {
	var models, void bool
	var why string
	var right ledger.Amounts
	amounts := []struct {
		flag string
		to   func(*ledger.Amounts) *int64
		say  string
	}{
		{"requests", func(n *ledger.Amounts) *int64 { return &n.Requests }, a.t("what is right: requests", "正确的请求数")},
		{"prompt", func(n *ledger.Amounts) *int64 { return &n.Prompt }, a.t("tokens that were read", "读入的词元")},
		{"cached", func(n *ledger.Amounts) *int64 { return &n.Cached }, a.t("tokens that had been read before", "此前已读的词元")},
		{"thought", func(n *ledger.Amounts) *int64 { return &n.Thought }, a.t("tokens of thoughts", "思考的词元")},
		{"answer", func(n *ledger.Amounts) *int64 { return &n.Answer }, a.t("tokens of answers", "回答的词元")},
		{"cpu", func(n *ledger.Amounts) *int64 { return &n.CPU }, a.t("microseconds of the processor", "处理器微秒")},
		{"energy", func(n *ledger.Amounts) *int64 { return &n.Energy }, a.t("microjoules", "微焦")},
	}
	c := &cobra.Command{
		Use: "correct " + a.t("ENTRY", "分录") + " [" + a.t("FOLDER", "目录") + "]", Short: a.t("Charge other amounts for a request; the entry stays, a correction is added", "更正一次请求的计费：原分录保留，另加更正分录"),
		Long: a.t("Charge other amounts for a request; the entry stays, a correction is added. What is not\ngiven stays as it is charged. Budgets keep what was counted.", "更正一次请求的计费：原分录保留，另加更正分录。未给出的数额保持不变。预算已计入的用量不变。"),
		Args: a.args(1, 2),
	}
	f := c.Flags()
	c.RunE = func(_ *cobra.Command, args []string) error {
		n, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || why == "" {
			return usage(args[0], say.T("a correction needs the number of an entry and --why", "更正需要分录编号和 --why"), say.T("suiren usage export shows the numbers", "用 suiren usage export 查看编号"))
		}
		given := 0
		for _, x := range amounts {
			if f.Changed(x.flag) {
				given++
			}
		}
		if void == (given > 0) {
			return usage(args[0], say.T("a correction says what is right, or --void", "更正需要给出正确的数额，或 --void"), say.T("as --answer 20, or --void to charge nothing", "例如 --answer 20；--void 表示不计费"))
		}
		return a.onLedger(strings.Join(args[1:], ""), models, func(dir bookDir, l *ledger.Ledger) error {
			is, err := l.Charged(n)
			if err != nil {
				return err
			}
			var want ledger.Amounts
			if !void {
				want, want.Money = is, 0 // which is priced
			}
			for _, x := range amounts {
				if f.Changed(x.flag) {
					*x.to(&want) = *x.to(&right)
				}
			}
			seq, err := l.Correct(n, want, "cli", why)
			if err != nil {
				return err
			}
			now, err := l.Charged(n)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "correction", "entry": seq, "corrects": n, "was": is, "is": now})
			} else {
				fmt.Fprintln(a.stdout, a.t("entry %d corrects entry %d: %s tokens, %s; before %s tokens, %s", "第 %d 条分录更正第 %d 条：现为 %s 个词元，%s；此前 %s 个词元，%s",
					seq, n, count(float64(now.Tokens())), millionths(now.Money), count(float64(is.Tokens())), millionths(is.Money)))
			}
			return dir.log("ledger.correct", fmt.Sprintf("%d corrects %d", seq, n))
		})
	}
	f.StringVar(&why, "why", "", a.t("the reason", "原因"))
	f.BoolVar(&void, "void", false, a.t("charge nothing", "不计费"))
	for _, x := range amounts {
		f.Int64Var(x.to(&right), x.flag, 0, x.say)
	}
	a.bookFlag(c, &models)
	return c
}

func (a *app) usagePricesCommand() *cobra.Command {
	var models bool
	var set string
	c := &cobra.Command{
		Use: "prices [" + a.t("FOLDER", "目录") + "]", Short: a.t("Show the price book in force, or set one", "查看现行价目，或设置新价目"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.onLedger(strings.Join(args, ""), models, func(dir bookDir, l *ledger.Ledger) error {
				if set != "" {
					f, err := os.Open(set)
					if err != nil {
						return err
					}
					defer f.Close()
					text, err := io.ReadAll(io.LimitReader(f, 2<<20))
					if err != nil {
						return err
					}
					v, err := l.SetPrices(set, text)
					if err != nil {
						return err
					}
					if err := dir.log("prices.set", fmt.Sprint(v)); err != nil {
						return err
					}
				}
				text, v, err := l.Prices()
				if err != nil {
					return err
				}
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "prices", "version": v, "book": string(text)})
					return nil
				}
				if v == 0 {
					fmt.Fprintln(a.stdout, a.t("there is no price book: everything is free", "没有价目：一切免费"))
					return nil
				}
				fmt.Fprintln(a.stdout, a.t("# version %d", "# 第 %d 版", v))
				fmt.Fprint(a.stdout, string(text))
				return nil
			})
		},
	}
	c.Flags().StringVar(&set, "set", "", a.t("the file of the new price book: HCL or JSON", "新价目的文件：HCL 或 JSON"))
	a.bookFlag(c, &models)
	return c
}

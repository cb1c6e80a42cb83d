package main

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/serve/form"
	"suiren/stage/operate"
)

// Units and periods of budgets, for people.
var (
	unitText = map[string]say.Text{
		operate.Requests: say.T("requests", "请求"), operate.Tokens: say.T("tokens", "词元"), operate.CPU: say.T("seconds of the processor", "秒处理器时间"),
	}
	periodText = map[string]say.Text{operate.Day: say.T("a day", "每天"), operate.Month: say.T("a month", "每月"), operate.Ever: say.T("in total", "总计")}
)

// amountText is an amount of a budget in its unit.
func amountText(b *operate.Budget, n int64) string {
	if b.Unit == operate.CPU {
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64)
	}
	return count(float64(n))
}

// exceeded is what a client is told of a budget that has no room.
func exceeded(e *operate.Exceeded) *form.Error {
	b := &e.Budget
	whose := say.T("this key's", "该密钥的")
	if b.Caller == operate.Everyone {
		whose = say.T("the common", "公用的")
	}
	f := &form.Error{Status: http.StatusTooManyRequests, Type: "insufficient_quota", Code: "insufficient_quota",
		Text: say.T("%s budget of %s %s %s has no room: %s are used or reserved", "%[1]s预算（%[4]s %[2]s %[3]s）已没有余量：已用或预留 %[5]s", whose, amountText(b, b.Amount), unitText[b.Unit], periodText[b.Period], amountText(b, b.Used)),
		Next: say.T("ask whoever keeps the keys for more", "请向密钥管理者申请提高"), After: 3600}
	if !e.Begins.IsZero() {
		f.After = int(max(time.Until(e.Begins).Seconds(), 1))
		f.Next = say.T("ask for less, or wait until %s", "请减少用量，或等到 %s", e.Begins.Format("2006-01-02 15:04"))
	}
	return f
}

// keyLimitCommand bounds what a key may use.
func (a *app) keyLimitCommand(ledger func() (bookDir, *operate.Ledger, error)) *cobra.Command {
	var requests, tokens, cpu, per string
	c := &cobra.Command{
		Use: "limit " + a.t("NAME", "名称"), Short: a.t("Bound what a key may use, or with * all of them together", "限制一个密钥的用量；名称为 * 时限制全部密钥的总用量"),
		Long: a.t(`Bound what a key may use, or with * all of them together. A request is refused
before it begins if its prompt, a token a character, and the answer that it asks
for have no room; an answer of no given length becomes as long as there is room
for. A request of which the client breaks off the stream is charged what was
generated; one that a crash ends is charged nothing, and holds its reservation
for an hour. Days and months begin at midnight of this machine's time zone.`,
			`限制一个密钥的用量；名称为 * 时限制全部密钥的总用量。请求开始之前，若提示（按每字
一个词元计）与所要求的回答长度超出余量，即被拒绝；未指定长度的回答以余量为限。客户端
中断的流按已生成的部分计费；因崩溃而结束的请求不计费，其预留一小时后释放。日与月从本机
时区的零点开始。`),
		Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			var list []operate.Budget
			for unit, text := range map[string]string{operate.Requests: requests, operate.Tokens: tokens, operate.CPU: cpu} {
				if text == "" {
					continue
				}
				b := operate.Budget{Caller: args[0], Unit: unit, Period: per, Amount: -1}
				if text != "none" {
					n, err := strconv.ParseInt(text, 10, 64)
					if err != nil || n < 0 || n > 1e15 {
						return usage("--"+unit, say.T("%q is no amount", "%q 不是数量", text), say.T("write a whole number, or none", "请写整数，或 none（取消限制）"))
					}
					if b.Amount = n; unit == operate.CPU {
						b.Amount *= 1e6
					}
				}
				list = append(list, b)
			}
			if _, ok := periodText[per]; !ok {
				return usage("--per", say.T("%q is no period", "%q 不是期限", per), say.T("day, month or total", "可用：day、month、total"))
			}
			if len(list) == 0 {
				return usage("", say.T("nothing is bounded", "没有给出限制"), say.T("give --requests, --tokens or --cpu", "请给出 --requests、--tokens 或 --cpu"))
			}
			dir, l, err := ledger()
			if err != nil {
				return err
			}
			defer l.Close()
			for _, b := range list {
				if err := l.SetBudget(b); err != nil {
					return err
				}
				if err := dir.log("key.limit", fmt.Sprintf("%s %d %s/%s", b.Caller, b.Amount, b.Unit, b.Period)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&requests, "requests", "", a.t("how many requests, or none", "请求数，或 none"))
	c.Flags().StringVar(&tokens, "tokens", "", a.t("how many tokens of prompts and answers, or none", "提示与回答的词元数，或 none"))
	c.Flags().StringVar(&cpu, "cpu", "", a.t("how many seconds of the processor, or none", "处理器秒数，或 none"))
	c.Flags().StringVar(&per, "per", operate.Day, a.t("day, month or total", "期限：day、month 或 total"))
	return c
}

// showBudgets prints what is left of budgets.
func (a *app) showBudgets(l *operate.Ledger) error {
	list, err := l.Budgets(time.Now())
	if err != nil || len(list) == 0 {
		return err
	}
	var rows [][]string
	for i := range list {
		b := &list[i]
		if a.format == formatJSONL {
			a.line(struct {
				Type string `json:"type"`
				*operate.Budget
			}{"budget", b})
			continue
		}
		rows = append(rows, []string{cmp.Or(strings.TrimSuffix(b.Caller, operate.Everyone), a.t("all keys", "全部密钥")), amountText(b, b.Used), a.t("of", "/"), amountText(b, b.Amount), unitText[b.Unit].In(a.lang), periodText[b.Period].In(a.lang)})
	}
	for _, line := range table("lrlrll", rows) {
		fmt.Fprintln(a.stdout, line)
	}
	return nil
}

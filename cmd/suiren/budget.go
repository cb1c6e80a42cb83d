package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve/account"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
	"suiren/stage/operate/people"
)

// Units, periods and scopes of budgets, for people.
var (
	unitText = map[string]say.Text{
		ledger.Requests: say.T("requests", "请求"), ledger.Tokens: say.T("tokens", "词元"), ledger.CPU: say.T("seconds of the processor", "秒处理器时间"),
		ledger.Energy: say.T("watt hours", "瓦时"), ledger.Money: say.T("of money", "金额"),
	}
	periodText = map[string]say.Text{ledger.Hours: say.T("in 5 hours", "每 5 小时"), ledger.Day: say.T("a day", "每天"), ledger.Month: say.T("a month", "每月"), ledger.Ever: say.T("in total", "总计")}
	scopeText  = map[string]say.Text{
		ledger.OfKey: say.T("this key's", "该密钥的"), ledger.OfPerson: say.T("this person's", "该人员的"), ledger.OfProject: say.T("this project's", "该项目的"), ledger.OfTenant: say.T("this tenant's", "该租户的"),
		ledger.OfScenario: say.T("this scenario's", "该场景的"), ledger.OfModel: say.T("this model's", "该模型的"), ledger.OfAll: say.T("the common", "公用的"),
	}
	unitPer = map[string]float64{ledger.Requests: 1, ledger.Tokens: 1, ledger.CPU: 1e6, ledger.Energy: 3600 * 1e6, ledger.Money: 1e6}
)

// amountText is an amount of a budget in its unit.
func amountText(b *ledger.Budget, n int64) string {
	switch b.Unit {
	case ledger.CPU:
		return decimals(float64(n)/unitPer[b.Unit], 1)
	case ledger.Energy:
		return decimals(float64(n)/unitPer[b.Unit], 3)
	case ledger.Money:
		text := strings.TrimRight(millionths(n), "0")
		return text + strings.Repeat("0", max(2-len(text[strings.Index(text, ".")+1:]), 0))
	}
	return count(float64(n))
}

// decimals writes an amount with so many decimals; one that they would show as nothing
// with two digits.
func decimals(v float64, n int) string {
	if v > 0 && v < math.Pow10(-n) {
		n = 1 - int(math.Floor(math.Log10(v)))
	}
	return strconv.FormatFloat(v, 'f', n, 64)
}

// budgetText names a budget: this key's budget of 1 request a day.
func budgetText(b *ledger.Budget) say.Text {
	unit := unitText[b.Unit]
	amount := say.T("%s "+unit.In(say.English), "%s "+unit.In(say.Chinese), amountText(b, b.Amount))
	if b.Currency != "" {
		amount = say.T("%s %s", "%s %s", amountText(b, b.Amount), b.Currency)
	}
	return say.T("%s budget of %s %s", "%[1]s预算（%[3]s %[2]s）", scopeText[b.Scope], amount, periodText[b.Period])
}

// exceeded is what a client is told of a budget that has no room.
func exceeded(e *ledger.Exceeded) *form.Error {
	b := &e.Budget
	f := &form.Error{Status: http.StatusTooManyRequests, Type: "insufficient_quota", Code: "insufficient_quota",
		Text: say.T("%s has no room: %s are used or reserved, and this request may need %s", "%s已没有余量：已用或预留 %s，本次请求可能需要 %s",
			budgetText(b), amountText(b, b.Used+b.Held), amountText(b, e.Wanted)),
		Next: say.T("ask whoever keeps the keys for more", "请向密钥管理者申请提高"), After: 3600}
	if !b.Next.IsZero() {
		f.After = int(max(time.Until(b.Next).Seconds(), 1))
		f.Next = say.T("ask for less, or wait until %s", "请减少用量，或等到 %s", b.Next.Local().Format("2006-01-02 15:04"))
	}
	return f
}

// bounds are the flags that say how much.
type bounds struct{ requests, tokens, cpu, energy, money, per string }

func (f *bounds) add(a *app, c *cobra.Command) {
	c.Flags().StringVar(&f.requests, "requests", "", a.t("how many requests, or none", "请求数，或 none"))
	c.Flags().StringVar(&f.tokens, "tokens", "", a.t("how many tokens of prompts and answers, or none", "提示与回答的词元数，或 none"))
	c.Flags().StringVar(&f.cpu, "cpu", "", a.t("how many seconds of the processor, or none", "处理器秒数，或 none"))
	c.Flags().StringVar(&f.energy, "energy", "", a.t("how many watt hours, or none", "瓦时数，或 none"))
	c.Flags().StringVar(&f.money, "money", "", a.t("how much of the price book's money, or none", "价目货币的金额，或 none"))
	c.Flags().StringVar(&f.per, "per", ledger.Day, a.t("5h, day, month or total", "期限：5h、day、month 或 total"))
}

// budgets are what the flags say of a scope.
func (f *bounds) budgets(scope, name string) ([]ledger.Budget, error) {
	if _, ok := periodText[f.per]; !ok {
		return nil, usage("--per", say.T("%q is no period", "%q 不是期限", f.per), say.T("5h, day, month or total", "可用：5h、day、month、total"))
	}
	var list []ledger.Budget
	for _, u := range []struct{ unit, text string }{{ledger.Requests, f.requests}, {ledger.Tokens, f.tokens}, {ledger.CPU, f.cpu}, {ledger.Energy, f.energy}, {ledger.Money, f.money}} {
		if u.text == "" {
			continue
		}
		b := ledger.Budget{Scope: scope, Name: name, Unit: u.unit, Period: f.per, Amount: -1}
		if u.text != "none" {
			n, err := strconv.ParseFloat(u.text, 64)
			whole := u.unit == ledger.Requests || u.unit == ledger.Tokens
			if err != nil || !(n >= 0 && n <= 1e12) || whole && n != math.Trunc(n) {
				return nil, usage("--"+u.unit, say.T("%q is no amount", "%q 不是数量", u.text), say.T("write a number, or none", "请写数字，或 none（取消限制）"))
			}
			b.Amount = int64(math.Round(n * unitPer[u.unit]))
		}
		list = append(list, b)
	}
	if len(list) == 0 {
		return nil, usage("", say.T("nothing is bounded", "没有给出限制"), say.T("give --requests, --tokens, --cpu, --energy or --money", "请给出 --requests、--tokens、--cpu、--energy 或 --money"))
	}
	return list, nil
}

func (a *app) budgetLong() string {
	return a.t(`A request is refused before it begins if its prompt, of a release counted as a token a
character and 16 more a message, and the answer that it asks for have no room in every
budget that it falls under; an answer of no given length becomes as long as there is room for. Processor time and energy
are estimated by what the model's tokens took in the last week. A request of which the client
breaks off the stream is charged what was generated; one that a crash ends is
charged nothing, and its reservation ends a minute after its process was last
seen. Days and months begin at midnight of this machine's time zone, five hours
with the first request after the last five ended.`,
		`请求开始之前，若提示（发布版本按每字一个词元、每条消息另加 16 计）与所要求的回答长度在它所属的任一预算中没有余量，
即被拒绝；未指定长度的回答以余量为限。处理器时间与能耗按该模型最近一周每个词元的消耗估算。
客户端中断的流按已生成的部分计费；因崩溃而结束的请求不计费，其预留在进程最后一次出现的
一分钟后释放。日与月从本机时区的零点开始；5 小时从上一个 5 小时结束后的第一个请求开始。`)
}

// budgetCommand bounds and shows.
func (a *app) budgetCommand() *cobra.Command {
	var folder string
	var models bool
	var f bounds
	set := &cobra.Command{
		Use: "set " + a.t("SCOPE", "范围"), Short: a.t("Bound key:NAME, person:, project:, tenant:, scenario:, model:NAME, or all", "限制 key:名称、person:、project:、tenant:、scenario:、model:名称，或 all"),
		Long: a.t("Bound what a scope may use: key:NAME, person:NAME, project:NAME, tenant:NAME, scenario:NAME, model:NAME, or all.\n\n", "限制一个范围的用量：key:名称、person:名称、project:名称、tenant:名称、scenario:名称、model:名称，或 all。\n\n") + a.budgetLong(),
		Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			scope, name, _ := strings.Cut(args[0], ":")
			if !slices.Contains(ledger.Scopes, scope) || (name == "") != (scope == ledger.OfAll) {
				return usage(args[0], say.T("this is no scope", "这不是范围"), say.T("write it like tenant:NAME; one of %s", "请写成 tenant:名称 的样子；可用：%s", ledger.Scopes))
			}
			list, err := f.budgets(scope, name)
			if err != nil {
				return err
			}
			return a.onLedger(folder, models, func(dir bookDir, l *ledger.Ledger) error { return a.setBudgets(dir, l, list, "budget.set") })
		},
	}
	f.add(a, set)
	list := &cobra.Command{
		Use: "list", Short: a.t("Show all budgets, and what is left of them", "查看全部预算及其余量"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return a.onLedger(folder, models, func(_ bookDir, l *ledger.Ledger) error {
				n, err := a.showBudgets(l)
				if err == nil {
					a.none(n, "there is no budget yet: suiren budget set SCOPE", "还没有预算：suiren budget set 范围")
				}
				return err
			})
		},
	}
	for _, c := range []*cobra.Command{set, list} {
		c.Flags().StringVar(&folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
		a.bookFlag(c, &models)
	}
	return a.group("budget", a.t("Bound what keys, persons, projects, tenants, scenarios and models may use", "限制密钥、人员、项目、租户、场景与模型的用量"), set, list)
}

func (a *app) setBudgets(dir bookDir, l *ledger.Ledger, list []ledger.Budget, action string) error {
	for i := range list {
		if err := l.SetBudget(list[i]); err != nil {
			return err
		}
		if err := dir.log(budgetNote(action, &list[i])); err != nil {
			return err
		}
		if err := a.noteIdle(dir, l, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// noteIdle says of a budget that bounds nothing yet, as of a name that was mistyped.
func (a *app) noteIdle(dir bookDir, l *ledger.Ledger, b *ledger.Budget) error {
	if b.Amount < 0 {
		return nil
	}
	if b.Unit == ledger.Money {
		if book, _, err := l.Book(); err != nil {
			return err
		} else if book == nil {
			a.screen.Note(say.T("there is no price book, so nothing costs money: suiren usage prices sets one", "没有价目，因此没有金额可计：用 suiren usage prices 设置"))
		}
	}
	if b.Scope != ledger.OfKey && b.Scope != ledger.OfPerson && b.Scope != ledger.OfTenant {
		return nil // projects are free words; models and scenarios come and go
	}
	known, err := dir.knows(b.Scope, b.Name)
	if err == nil && !known {
		a.screen.Note(say.T("nobody here is called %s yet: the budget holds once somebody is", "这里还没有 %s：有了之后预算才起作用", b.Scope+":"+b.Name))
	}
	return err
}

// knows reports whether there is a key, person or tenant of a name. What a person asks
// is also counted for a key of the same name, and what commands do for the key cli.
func (d bookDir) knows(scope, name string) (bool, error) {
	who, err := d.people()
	if err != nil {
		return false, err
	}
	defer who.Close()
	switch scope {
	case ledger.OfKey:
		keys, err := operate.OpenKeys(d.keys())
		return err == nil && account.Taken(keys, who, name), err
	case ledger.OfTenant:
		list, err := who.Tenants()
		return slices.ContainsFunc(list, func(t people.Tenant) bool { return t.Name == name }), err
	}
	if _, err = who.Find(name); errors.Is(err, people.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// keyLimitCommand bounds what a key may use.
func (a *app) keyLimitCommand(open func() (bookDir, *ledger.Ledger, error)) *cobra.Command {
	var f bounds
	c := &cobra.Command{
		Use: "limit " + a.t("NAME", "名称"), Short: a.t("Bound what a key may use, or with * all of them together", "限制一个密钥的用量；名称为 * 时限制全部密钥的总用量"),
		Long: a.t("Bound what a key may use, or with * all of them together.\n\n", "限制一个密钥的用量；名称为 * 时限制全部密钥的总用量。\n\n") + a.budgetLong(),
		Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			scope, name := ledger.OfKey, args[0]
			if name == "*" {
				scope, name = ledger.OfAll, ""
			}
			list, err := f.budgets(scope, name)
			if err != nil {
				return err
			}
			dir, l, err := open()
			if err != nil {
				return err
			}
			defer l.Close()
			return a.setBudgets(dir, l, list, "key.limit")
		},
	}
	f.add(a, c)
	return c
}

// showBudgets prints what is left of budgets, and counts them.
func (a *app) showBudgets(l *ledger.Ledger) (int, error) {
	list, err := l.Budgets()
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var rows [][]string
	for i := range list {
		b := &list[i]
		if a.format == formatJSONL {
			caller := "" // as earlier versions of the lines called it
			switch b.Scope {
			case ledger.OfAll:
				caller = "*"
			case ledger.OfKey:
				caller = b.Name
			}
			a.line(struct {
				Type   string `json:"type"`
				Caller string `json:"caller,omitempty"`
				*ledger.Budget
			}{"budget", caller, b})
			continue
		}
		name := b.Name
		switch b.Scope {
		case ledger.OfAll:
			name = a.t("all", "全部")
		case ledger.OfKey:
		default:
			name = b.Scope + ":" + name
		}
		rows = append(rows, []string{name, amountText(b, b.Used+b.Held), a.t("of", "/"), amountText(b, b.Amount), cmp.Or(b.Currency, unitText[b.Unit].In(a.lang)), periodText[b.Period].In(a.lang)})
	}
	for _, line := range terminal.Table("lrlrll", rows) {
		fmt.Fprintln(a.stdout, line)
	}
	return len(list), nil
}

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/stage/operate"
)

// usageCommand adds up the ledger.
func (a *app) usageCommand() *cobra.Command {
	var since string
	var models bool
	c := &cobra.Command{
		Use: "usage [" + a.t("FOLDER", "目录") + "]", Short: a.t("Add up tokens and processor time by key", "按密钥汇总词元与处理器用时"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			var from time.Time
			if since != "" {
				var err error
				if from, err = time.ParseInLocation(time.DateOnly, since, time.Local); err != nil {
					return usage("--since", say.T("%q is not a day", "%q 不是日期", since), say.T("write it like %s", "请写成 %s 的样子", time.DateOnly))
				}
			}
			dir, err := a.bookDir(strings.Join(args, ""), models)
			if err != nil {
				return err
			}
			l, err := operate.OpenLedger(dir.ledger())
			if err != nil {
				return err
			}
			defer l.Close()
			list, err := l.Totals(from)
			if err != nil {
				return err
			}
			rows := [][]string{{a.t("key", "密钥"), a.t("requests", "请求"), a.t("prompt", "提示词元"), a.t("completion", "生成词元"), a.t("of it thought", "其中思考"), a.t("processor", "处理器")}}
			for _, t := range list {
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "usage", "caller": t.Caller, "requests": t.Requests, "prompt": t.Prompt, "completion": t.Completion, "reasoning": t.Reasoning, "cpu_seconds": t.CPU.Seconds()})
					continue
				}
				n := func(v int64) string { return count(float64(v)) }
				rows = append(rows, []string{t.Caller, n(t.Requests), n(t.Prompt), n(t.Completion), n(t.Reasoning), a.t("%.2f s", "%.2f 秒", t.CPU.Seconds())})
			}
			if a.format == formatText {
				for _, l := range table("lrrrrr", rows) {
					fmt.Fprintln(a.stdout, l)
				}
			}
			return a.showBudgets(l)
		},
	}
	c.Flags().StringVar(&since, "since", "", a.t("from this day on, like 2026-11-25", "从某日起，例如 2026-11-25"))
	a.bookFlag(c, &models)
	return c
}

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/operate"
)

func (a *app) alertCommand() *cobra.Command {
	c := a.group("alert", a.t("Say who is told when something is not well", "设置出现问题时通知谁"), a.alertAddCommand(), a.alertListCommand(), a.alertRemoveCommand(), a.alertTestCommand())
	c.PersistentFlags().String("plan", ".", a.t("folder of the plan", "计划所在的目录"))
	return c
}

// alerts reads the rules, and their version.
func (w *workspace) alerts() ([]operate.Alert, int64, error) {
	b, version, err := w.st.State(operate.AlertsState)
	if err != nil {
		return nil, 0, err
	}
	list, err := operate.ParseAlerts(b)
	return list, version, err
}

func (w *workspace) setAlerts(list []operate.Alert, version int64) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return w.st.SetState(operate.AlertsState, version, b)
}

func (a *app) alertAddCommand() *cobra.Command {
	var rule operate.Alert
	var command string
	c := &cobra.Command{
		Use: "add " + a.t("NAME|any", "名称|any"), Short: a.t("Tell someone when a check is not well: ready, queue, kv, disk, memory, quota, backup, release, books, alert; or when a glass is broken: emergency, or a caller suspended: suspended", "检查项不正常时通知：ready、queue、kv、disk、memory、quota、backup、release、books、alert；启用紧急访问（emergency）或暂停调用者（suspended）时通知"),
		Long: a.t(`Tell someone when a check of /api/health is not well, each day that it stays so, and when it is well
again: a line of JSON to a webhook's address, which is the only one that is ever dialed, at the end of a
file, or to a command. A receiver that cannot be told is tried again, and the check alert warns of it.`,
			`当 /api/health 的检查项不正常时、持续不正常的每一天，以及恢复时通知：把一行 JSON 发往 webhook 地址
（只会连接该地址）、追加到文件，或交给命令。无法送达时会重试，并由检查项 alert 警告。`),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			rule.On, rule.Command = args[0], strings.Fields(command)
			if !slices.Contains(operate.Heard, rule.On) {
				return usage(rule.On, say.T("no check is called that", "没有这个检查项"), say.T("choose of %s", "可选：%s", operate.Heard))
			}
			if err := rule.Check(); err != nil {
				return err
			}
			var err error
			if rule.File != "" { // the server runs in another folder
				if rule.File, err = filepath.Abs(rule.File); err != nil {
					return err
				}
			}
			if len(rule.Command) > 0 && strings.ContainsRune(rule.Command[0], filepath.Separator) {
				if rule.Command[0], err = filepath.Abs(rule.Command[0]); err != nil {
					return err
				}
			}
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			list, version, err := w.alerts()
			if err != nil {
				return err
			}
			if err := w.setAlerts(append(list, rule), version); err != nil {
				return err
			}
			return w.books().log("alert.add", rule.On)
		},
	}
	c.Flags().StringVar(&rule.Level, "level", operate.Warn, a.t("from which level on: warn or fail", "从哪个级别起：warn 或 fail"))
	c.Flags().StringVar(&rule.Webhook, "webhook", "", a.t("address on your network", "您网络中的地址"))
	c.Flags().StringVar(&rule.File, "file", "", a.t("file to append to", "要追加的文件"))
	c.Flags().StringVar(&command, "command", "", a.t("program with arguments, given the line on its input", "程序及参数，由其标准输入得到该行"))
	return c
}

func (a *app) alertListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.t("List the rules", "列出规则"), Args: a.args(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			list, _, err := w.alerts()
			if err != nil {
				return err
			}
			var rows [][]string
			for i, r := range list {
				if a.format == formatJSONL {
					a.line(struct {
						Type string `json:"type"`
						N    int    `json:"n"`
						operate.Alert
					}{"alert", i + 1, r})
					continue
				}
				rows = append(rows, []string{strconv.Itoa(i + 1), r.On, r.Level, r.Webhook + r.File + strings.Join(r.Command, " ")})
			}
			for _, l := range terminal.Table("rlll", rows) {
				fmt.Fprintln(a.stdout, l)
			}
			a.none(len(list), "nobody is told of anything yet: suiren alert add any", "还没有规则：suiren alert add any")
			return nil
		},
	}
}

// alertAt reads the number of a rule.
func alertAt(text string, list []operate.Alert) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > len(list) {
		return 0, usage(text, say.T("this is not the number of a rule", "这不是规则编号"), say.T("see suiren alert list", "请查看 suiren alert list"))
	}
	return n - 1, nil
}

func (a *app) alertRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove " + a.t("NUMBER", "编号"), Short: a.t("Remove a rule", "删除规则"), Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			list, version, err := w.alerts()
			if err != nil {
				return err
			}
			i, err := alertAt(args[0], list)
			if err != nil {
				return err
			}
			on := list[i].On
			if err := w.setAlerts(slices.Delete(list, i, i+1), version); err != nil {
				return err
			}
			return w.books().log("alert.remove", on)
		},
	}
}

func (a *app) alertTestCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test " + a.t("NUMBER", "编号"), Short: a.t("Tell by a rule now, to see that it arrives", "立即按规则通知一次，确认能够送达"), Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			list, _, err := w.alerts()
			if err != nil {
				return err
			}
			i, err := alertAt(args[0], list)
			if err != nil {
				return err
			}
			return deliver(c.Context(), &list[i], operate.Notice{Time: time.Now().UTC(), Name: "test", Level: operate.OK, Text: a.t("this is a test", "这是一次测试")})
		},
	}
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/operate"
)

// auditCommand checks the audit log.
func (a *app) auditCommand() *cobra.Command {
	return a.group("audit", a.t("Check the audit log, prove what is in it, erase what persons have said", "检查审计日志，证明其中的内容，清除个人内容"),
		a.auditListCommand(), a.auditVerifyCommand(), a.auditCheckpointCommand(), a.auditProveCommand(), a.auditCheckCommand(),
		a.auditExportCommand(), a.auditEraseCommand(), a.auditForgetCommand())
}

func (a *app) auditListCommand() *cobra.Command {
	var models bool
	q := operate.AuditQuery{Limit: 100}
	c := &cobra.Command{
		Use: "list [" + a.t("FOLDER", "目录") + "]", Short: a.t("List the last lines of the audit log, the newest first", "列出审计日志的最后若干行，最新的在前"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := a.bookDir(strings.Join(args, ""), models)
			if err != nil {
				return err
			}
			list, next, err := operate.SearchAudit(dir.audit(), q)
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // nothing was logged
				return err
			}
			rows := [][]string{{a.t("line", "行"), a.t("time", "时间"), a.t("who", "谁"), a.t("did", "做了"), a.t("to what", "对象")}}
			for _, e := range list {
				if a.format == formatJSONL {
					a.line(struct {
						Type string `json:"type"`
						operate.AuditEntry
					}{"entry", e})
					continue
				}
				rows = append(rows, []string{strconv.FormatInt(e.N, 10), e.Time.Local().Format("2006-01-02 15:04:05"), e.Actor, e.Action, e.Subject})
			}
			a.none(len(list), "nothing has been logged", "还没有记录")
			if a.format == formatText && len(list) > 0 {
				for _, line := range terminal.Table("rllll", rows) {
					fmt.Fprintln(a.stdout, strings.TrimRight(line, " "))
				}
				if next > 0 {
					a.screen.Note(say.T("there are more: --before %d", "还有更多：--before %d", next))
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&q.Actor, "actor", "", a.t("only of this key, person or command", "只看此密钥、人员或命令"))
	c.Flags().StringVar(&q.Action, "action", "", a.t("only of this action; key.* is all that begin so", "只看此操作；key.* 表示以此开头的全部"))
	c.Flags().StringVar(&q.Text, "text", "", a.t("only with these words in the subject", "只看对象中含有这些字的"))
	c.Flags().Int64Var(&q.Before, "before", 0, a.t("only lines before this one", "只看此行之前的"))
	c.Flags().Int64Var(&q.Limit, "limit", q.Limit, a.t("at most so many, to 1000", "至多多少行，上限 1000"))
	a.bookFlag(c, &models)
	return c
}

func (a *app) auditVerifyCommand() *cobra.Command {
	var models bool
	var checkpoint string
	c := &cobra.Command{
		Use: "verify [" + a.t("FOLDER", "目录") + "]", Short: a.t("Walk the chain of the audit log and print its end", "核对审计日志的哈希链并显示链尾"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := a.bookDir(strings.Join(args, ""), models)
			if err != nil {
				return err
			}
			n, hash, err := operate.VerifyAudit(dir.audit())
			if err != nil {
				return err
			}
			var noted []byte
			if checkpoint != "" {
				if noted, err = os.ReadFile(checkpoint); err != nil {
					return err
				}
			}
			checkpoints, err := operate.VerifyCheckpoints(dir.audit(), string(noted))
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "audit", "lines": n, "hash": hash, "checkpoints": checkpoints})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("the audit log holds: %d lines, the last is %s", "审计日志完整：共 %d 行，链尾为 %s", n, hash))
			if checkpoints > 0 {
				fmt.Fprintln(a.stdout, a.t("it agrees with %d checkpoints", "与 %d 个检查点一致", checkpoints))
			}
			return nil
		},
	}
	c.Flags().StringVar(&checkpoint, "checkpoint", "", a.t("a checkpoint that was kept elsewhere", "另处保存的检查点文件"))
	a.bookFlag(c, &models)
	return c
}

func (a *app) auditCheckpointCommand() *cobra.Command {
	var models bool
	c := &cobra.Command{
		Use: "checkpoint [" + a.t("FOLDER", "目录") + "]", Short: a.t("Sign the size and the root of the log, to be kept elsewhere", "签署日志的长度与根哈希，供另处保存"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := a.bookDir(strings.Join(args, ""), models)
			if err != nil {
				return err
			}
			signed, key, err := operate.Checkpoint(dir.audit())
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]string{"type": "checkpoint", "checkpoint": signed, "key": key})
				return nil
			}
			fmt.Fprint(a.stdout, signed)
			fmt.Fprintln(a.screen, a.t("others verify it with the key %s", "他人用此密钥验证：%s", key))
			return nil
		},
	}
	a.bookFlag(c, &models)
	return c
}

func (a *app) auditProveCommand() *cobra.Command {
	var models bool
	c := &cobra.Command{
		Use: "prove " + a.t("LINE", "行号") + " [" + a.t("FOLDER", "目录") + "]", Short: a.t("Prove that a line is in the log, to someone who does not have it", "向没有日志的人证明某一行在日志中"), Args: a.args(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usage(args[0], say.T("this is not the number of a line", "这不是行号"), say.T("lines are counted from 1", "行号从 1 开始"))
			}
			dir, err := a.bookDir(strings.Join(args[1:], ""), models)
			if err != nil {
				return err
			}
			p, key, err := operate.Prove(dir.audit(), n)
			if err != nil {
				return err
			}
			a.line(p)
			fmt.Fprintln(a.screen, a.t("others check it with suiren audit check PROOF --key %s", "他人用 suiren audit check 证明文件 --key %s 核对", key))
			return nil
		},
	}
	a.bookFlag(c, &models)
	return c
}

func (a *app) auditCheckCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "check " + a.t("PROOF", "证明文件"), Short: a.t("Check a proof, without the log", "在没有日志的情况下核对证明"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if key == "" {
				return usage("--key", say.T("a proof is checked with the key of its log", "核对证明需要日志的密钥"),
					say.T("ask the log's keeper for it; audit prove shows it", "请向日志保管人索取；audit prove 会显示它"))
			}
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			p, err := operate.CheckProof(f, key)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "proof", "n": p.N, "line": p.Line})
				return nil
			}
			fmt.Fprintln(a.stdout, p.Line)
			fmt.Fprintln(a.stdout, a.t("this is line %d of the log", "这是日志的第 %d 行", p.N))
			return nil
		},
	}
	c.Flags().StringVar(&key, "key", "", a.t("the key that the log's keeper gave", "日志保管人给出的密钥"))
	return c
}

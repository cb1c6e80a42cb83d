package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/stage/data"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/stage/operate/ledger"
	"suiren/store"
)

// auditEraseCommand takes a person out of the books, and says so in the audit log.
func (a *app) auditEraseCommand() *cobra.Command {
	var models bool
	var as string
	c := &cobra.Command{
		Use: "erase " + a.t("NAME", "名称") + " [" + a.t("FOLDER", "目录") + "]", Short: a.t("Erase what a person, or the holder of a key, has said; the audit log holds as before", "清除某人（或某密钥持有人）说过的内容；审计日志仍然完整"),
		Long: a.t(`Erase what a person, or the holder of a key, has said and been answered: messages,
answers, sources, receipts, reasons of ratings, spans that were sent, and the copies of earlier
programs' books. A random name stands for the person's in the ledger; amounts and
times stay, so that the books add up. The audit log keeps salted digests of what
was said; with the salts nobody can test guesses any more. What was said in refused
requests is kept for 183 days, and goes with the first erase or forget after that.
Documents that were made of answers are named, to be made again. Who acted stays in the audit
log (suiren user erase takes the name out). Backups from before hold it until the next takes their place.`,
			`清除某人（或某密钥持有人）说过的与得到的内容：消息、回答、来源、回执、评价原因、发送的 span，
以及旧版账本的副本。账本中以随机名称代替其姓名；数额与时间保留，账目仍然平衡。审计日志只保存
加盐摘要；盐删除后，无法再以猜测验证内容。被拒绝请求的内容须保留 183 天，期满后随下一次 erase
或 forget 删除。由回答制成的文档会被列出，须重新制作。操作者的名称保留在审计日志中（suiren user erase 会去除）。此前的备份
在被下一次备份取代之前仍含有这些内容。`),
		Args: a.args(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.erasePerson(args[0], strings.Join(args[1:], ""), models, true, as)
		},
	}
	a.asFlag(c, &as)
	a.bookFlag(c, &models)
	return c
}

// auditForgetCommand deletes old content.
func (a *app) auditForgetCommand() *cobra.Command {
	var models bool
	var before string
	c := &cobra.Command{
		Use: "forget [" + a.t("FOLDER", "目录") + "]", Short: a.t("Delete what was said before a day; of refused requests after 183 days only", "删除某日之前的内容；被拒绝的请求须满 183 天"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if before == "" {
				return usage("--before", say.T("no day is named", "没有写日期"), say.T("write it like %s", "请写成 %s 的样子", time.DateOnly))
			}
			day, err := time.ParseInLocation(time.DateOnly, before, time.Local)
			if err != nil {
				return usage("--before", say.T("%q is not a day", "%q 不是日期", before), say.T("write it like %s", "请写成 %s 的样子", time.DateOnly))
			}
			return a.onLedger(strings.Join(args, ""), models, func(dir bookDir, l *ledger.Ledger) error {
				f, err := l.Forget(day)
				if err != nil {
					return err
				}
				if err := dir.log("forget", fmt.Sprintf("%s contents:%d held:%d", before, f.Contents, f.Held)); err != nil {
					return err
				}
				return a.showForgotten(f, 0)
			})
		},
	}
	c.Flags().StringVar(&before, "before", "", a.t("the day, like 2026-11-25", "日期，例如 2026-11-25"))
	a.bookFlag(c, &models)
	return c
}

// copies are what an upgrade of the records and the books left beside them: they
// hold what everybody said, and who decided.
func (d bookDir) copies() (list []string, err error) {
	for _, pattern := range []string{d.ledger() + ".v*", filepath.Join(string(d), "traces", "*.imported"), filepath.Join(string(d), "suiren.db.format*")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// removeCopies removes them.
func (d bookDir) removeCopies() ([]string, error) {
	list, err := d.copies()
	for _, f := range list {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return list, err
}

func (a *app) showForgotten(f *ledger.Forgotten, copies int) error {
	if a.format == formatJSONL {
		a.line(struct {
			Type string `json:"type"`
			*ledger.Forgotten
			Copies int `json:"copies"`
		}{"forgotten", f, copies})
		return nil
	}
	if f.Name != "" {
		fmt.Fprintln(a.stdout, a.t("%s stands for the name from now on", "今后以 %s 代替该姓名", f.Name))
	}
	fmt.Fprintln(a.stdout, a.t("gone: what was said in %d requests, %d spans, %d copies of earlier books", "已清除：%d 次请求的内容，%d 个 span，%d 个旧账本副本", f.Contents, f.Spans, copies))
	if f.Held > 0 {
		fmt.Fprintln(a.stdout, a.t("kept until %s: what was said in %d refused requests", "保留至 %s：%d 次被拒绝请求的内容", f.Until.Local().Format(time.DateOnly), f.Held))
	}
	return nil
}

// A holding is documents that were made of erased answers.
type holding struct {
	Block     string   `json:"block"`
	Documents int      `json:"documents"`
	From      []string `json:"made_from"` // what was made of them in turn
}

// learnt finds the documents that were made of erased answers, and notes that they are
// to be made again.
func (w *workspace) learnt(ids []string) (list []holding, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		if b.Kind != store.Documents {
			continue
		}
		dir, err := w.st.Dir(b.Output)
		if err != nil {
			return nil, err
		}
		h := holding{Block: "documents." + b.Name}
		for _, id := range ids {
			n, err := data.NoteForgotten(dir, b.Output.String(), "traces/"+id, w.path("forgotten.jsonl"), "traces/"+id)
			if err != nil {
				return nil, err
			}
			h.Documents += n
		}
		if h.Documents == 0 {
			continue
		}
		if h.From, err = w.madeFrom(b.Output); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

func (a *app) showHoldings(list []holding) {
	for _, h := range list {
		if a.format == formatJSONL {
			a.line(map[string]any{"type": "holds", "block": h.Block, "documents": h.Documents, "made_from": h.From})
			continue
		}
		fmt.Fprintln(a.stdout, a.t("%s holds %d of the answers; to be made again: %s", "%s 含有其中 %d 个回答；须重做：%s", h.Block, h.Documents, append([]string{h.Block}, h.From...)))
		fmt.Fprintln(a.stdout, a.t("run suiren apply, then suiren store gc, then suiren data forget 'traces/*' --check", "请运行 suiren apply，再运行 suiren store gc，最后运行 suiren data forget 'traces/*' --check"))
	}
}

// auditExportCommand writes the log and all that verifies it.
func (a *app) auditExportCommand() *cobra.Command {
	var models bool
	var as string
	c := &cobra.Command{
		Use: "export [" + a.t("FOLDER", "目录") + "]", Short: a.t("Verify the log and write it, with a fresh checkpoint and the key that verifies it, as lines of JSON", "核对日志并导出：附新的检查点与验证密钥，逐行 JSON"), Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := a.bookDir(strings.Join(args, ""), models)
			if err != nil {
				return err
			}
			if _, err := a.cleared(dir, care.Export, "", as); err != nil {
				return err
			}
			n, hash, err := operate.VerifyAudit(dir.audit())
			if err != nil {
				return err
			}
			if _, err := operate.VerifyCheckpoints(dir.audit(), ""); err != nil {
				return err
			}
			signed, key, err := operate.Checkpoint(dir.audit())
			if err != nil {
				return err
			}
			a.line(map[string]any{"type": "audit", "lines": n, "hash": hash, "checkpoint": signed, "key": key})
			if err := operate.ExportNames(dir.audit(), func(token, salt, name string) error {
				a.line(map[string]string{"type": "name", "token": token, "salt": salt, "name": name})
				return nil
			}); err != nil {
				return err
			}
			// Lines as they stand: their hashes are over their bytes.
			return operate.EachAuditLine(dir.audit(), func(line []byte) error {
				_, err := fmt.Fprintf(a.stdout, "%s\n", json.RawMessage(line))
				return err
			})
		},
	}
	a.asFlag(c, &as)
	a.bookFlag(c, &models)
	return c
}

package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/store"
)

// storeCommand keeps what was made.
func (a *app) storeCommand() *cobra.Command {
	folder := " [" + a.t("FOLDER", "目录") + "]"
	verify := &cobra.Command{
		Use: "verify" + folder, Short: a.t("Read every artifact again and compare it with its digest", "重新读取每个产物并核对摘要"), Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.openState(strings.Join(args, ""))
			if err != nil {
				return err
			}
			defer w.close()
			good, bad := 0, 0
			err = w.st.Verify(c.Context(), func(d store.Digest, p *store.Problem) {
				if p == nil {
					good++
					return
				}
				bad++
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "damaged", "digest": d, "what": p.What.In(a.lang), "next": p.Next.In(a.lang)})
					return
				}
				name := d.Short()
				if d.IsZero() {
					name = a.t("records", "记录")
				}
				fmt.Fprintf(a.stdout, "✗ %s  %s\n", name, p.In(a.lang))
			})
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "verified", "good": good, "damaged": bad})
			} else {
				fmt.Fprintln(a.stdout, a.t("%d artifacts are as they were made, %d are damaged", "%d 个产物完好，%d 个损坏", good, bad))
			}
			if bad > 0 {
				return say.Errorf("damaged artifacts were moved aside; suiren apply makes them again", "损坏的产物已移开；suiren apply 会重新制作")
			}
			return nil
		},
	}
	var dry bool
	gc := &cobra.Command{
		Use: "gc" + folder, Short: a.t("Remove artifacts that nothing standing was made from", "清理与现有内容无关的产物"), Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.openState(strings.Join(args, ""))
			if err != nil {
				return err
			}
			defer w.close()
			removed, bytes, err := w.st.GC(c.Context(), dry)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "gc", "removed": removed, "bytes": bytes, "dry": dry})
				return nil
			}
			for _, d := range removed {
				fmt.Fprintln(a.stdout, " -  "+d.Short())
			}
			if dry {
				fmt.Fprintln(a.stdout, a.t("%d artifacts would go, %s", "将清理 %d 个产物，共 %s", len(removed), held(bytes)))
			} else {
				fmt.Fprintln(a.stdout, a.t("%d artifacts are gone, %s", "已清理 %d 个产物，共 %s", len(removed), held(bytes)))
			}
			return nil
		},
	}
	gc.Flags().BoolVar(&dry, "dry-run", false, a.t("only say what would go", "只显示将清理什么"))
	return a.group("store", a.t("Check or tidy what was made", "检查或清理产物"), verify, gc, a.storeDowngradeCommand(), a.storeQuotaCommand())
}

// storeDowngradeCommand brings the records down for an older program.
func (a *app) storeDowngradeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "downgrade " + a.t("FORMAT", "格式") + " [" + a.t("FOLDER", "目录") + "]", Short: a.t("Bring the records to the format of an older suiren, after a copy", "先备份记录，再降到旧版 suiren 的格式"),
		Long: a.t("Bring the records to the format of an older suiren. A copy is made first; what the older format\ndoes not know is lost: of format 1, which releases are live. A newer suiren brings them up again.",
			"把记录降到旧版 suiren 的格式。会先制作副本；旧格式没有的内容会丢失：格式 1 不记录哪些版本\n正在服务。新版 suiren 打开时会自动升级。"),
		Args: a.args(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			to, err := strconv.Atoi(args[0])
			if err != nil {
				return usage(args[0], say.T("this is not the number of a format", "这不是格式编号"), say.T("give a whole number from 1", "请写不小于 1 的整数"))
			}
			w, err := a.openState(strings.Join(args[1:], ""))
			if err != nil {
				return err
			}
			defer w.close()
			if err := w.books().log("store.downgrade", args[0]); err != nil {
				return err
			}
			saved, err := w.st.Downgrade(to)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "downgraded", "format": to, "copy": saved})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("the records are of format %d; a copy of them as they were: %s", "记录已为格式 %d；原记录的副本：%s", to, saved))
			if old, err := filepath.Glob(w.books().ledger() + ".v*"); err == nil && len(old) > 0 {
				fmt.Fprintln(a.stdout, a.t("the ledger stays as it is; a program that is too old for it needs its copy, %s, in the place of %s", "账本保持不变；若旧版程序无法读取，请用其副本 %s 替换 %s", old[0], w.books().ledger()))
			}
			return nil
		},
	}
}

// storeQuotaCommand limits what the state folder may take.
func (a *app) storeQuotaCommand() *cobra.Command {
	var set, class string
	c := &cobra.Command{
		Use: "quota [" + a.t("FOLDER", "目录") + "]", Short: a.t("Show or set how much of the disk the state folder may take", "显示或设置状态目录可占用的磁盘空间"),
		Long: a.t(`Show or set how much of the disk the state folder may take, or a class of its files: made
(artifacts, checkpoints), books (records, ledger, traces, audit log), copies (from before upgrades).
Beyond it nothing more is made; of requests, amounts are still written down, what is said is not.`,
			`显示或设置状态目录或其中一类文件可占用的磁盘空间：made（产物、检查点）、books（记录、账本、
轨迹、审计日志）、copies（升级前的副本）。超出后不再制作新产物；请求的用量仍会记录，内容不再保留。`),
		Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			w, err := a.openState(strings.Join(args, ""))
			if err != nil {
				return err
			}
			defer w.close()
			if set != "" {
				n := uint64(0)
				if set != "none" {
					if n, err = humanize.ParseBytes(set); err != nil || n == 0 || n > math.MaxInt64 {
						return usage("--set", say.T("this is not a size", "这不是大小"), say.T("write it like 20GB, or none", "请写成 20GB 的样子，或 none"))
					}
				}
				if err := w.st.SetQuota(class, int64(n)); err != nil {
					return err
				}
				if err := w.books().log("store.quota", strings.TrimSpace(class+" "+set)); err != nil {
					return err
				}
			}
			used, err := w.st.Used()
			if err != nil {
				return err
			}
			for _, class := range append([]string{store.All}, store.QuotaClasses...) {
				quota, err := w.st.Quota(class)
				if err != nil {
					return err
				}
				n, label := used[class], ""
				if class != store.All {
					label = terminal.Pad(class, 8)
				}
				switch {
				case a.format == formatJSONL:
					a.line(map[string]any{"type": "quota", "class": class, "quota": quota, "used": n})
				case quota == 0:
					fmt.Fprintln(a.stdout, label+a.t("%s are taken, there is no limit", "已占用 %s，没有上限", held(n)))
				default:
					fmt.Fprintln(a.stdout, label+a.t("%s of %s are taken", "已占用 %s，上限 %s", held(n), size(quota)))
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&set, "set", "", a.t("the most it may take, like 20GB, or none", "上限，如 20GB，或 none"))
	c.Flags().StringVar(&class, "class", "", a.t("of this class of files alone: made, books, copies", "只针对此类文件：made、books、copies"))
	return c
}

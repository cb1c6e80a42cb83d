package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
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
				fmt.Fprintln(a.stdout, a.t("%d artifacts would go, %s", "将清理 %d 个产物，共 %s", len(removed), size(bytes)))
			} else {
				fmt.Fprintln(a.stdout, a.t("%d artifacts are gone, %s", "已清理 %d 个产物，共 %s", len(removed), size(bytes)))
			}
			return nil
		},
	}
	gc.Flags().BoolVar(&dry, "dry-run", false, a.t("only say what would go", "只显示将清理什么"))
	return a.group("store", a.t("Check or tidy what was made", "检查或清理产物"), verify, gc)
}

// keyCommand keeps the API keys.
func (a *app) keyCommand() *cobra.Command {
	var folder string
	var models bool
	keys := func() (bookDir, *operate.Keys, error) {
		dir, err := a.bookDir(folder, models)
		if err != nil {
			return "", nil, err
		}
		k, err := operate.OpenKeys(dir.keys())
		return dir, k, err
	}
	create := &cobra.Command{
		Use: "create " + a.t("NAME", "名称"), Short: a.t("Make a key and show it, once", "创建密钥，只显示这一次"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, k, err := keys()
			if err != nil {
				return err
			}
			secret, err := k.Make(args[0])
			if err != nil {
				return err
			}
			if err := dir.log("key.create", args[0]); err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]string{"type": "key", "name": args[0], "secret": secret})
			} else {
				fmt.Fprintln(a.stdout, secret)
			}
			return nil
		},
	}
	list := &cobra.Command{
		Use: "list", Short: a.t("List the keys, without their secrets", "列出密钥（不含内容）"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			_, k, err := keys()
			if err != nil {
				return err
			}
			var rows [][]string
			for _, key := range k.List() {
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "key", "name": key.Name, "made": key.Made, "revoked": key.Revoked})
					continue
				}
				state := a.t("made %s", "创建于 %s", key.Made.Format(time.DateOnly))
				if !key.Revoked.IsZero() {
					state = a.t("revoked %s", "撤销于 %s", key.Revoked.Format(time.DateOnly))
				}
				rows = append(rows, []string{key.Name, state})
			}
			for _, l := range table("ll", rows) {
				fmt.Fprintln(a.stdout, l)
			}
			return nil
		},
	}
	revoke := &cobra.Command{
		Use: "revoke " + a.t("NAME", "名称"), Short: a.t("End a key", "撤销密钥"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, k, err := keys()
			if err != nil {
				return err
			}
			if err := k.Revoke(args[0]); err != nil {
				return err
			}
			return dir.log("key.revoke", args[0])
		},
	}
	limit := a.keyLimitCommand(func() (bookDir, *ledger.Ledger, error) {
		dir, err := a.bookDir(folder, models)
		if err != nil {
			return "", nil, err
		}
		l, err := dir.openLedger()
		return dir, l, err
	})
	for _, c := range []*cobra.Command{create, list, revoke, limit} {
		c.Flags().StringVar(&folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
		a.bookFlag(c, &models)
	}
	return a.group("key", a.t("Make, list, bound and end API keys", "管理 API 密钥"), create, list, revoke, limit)
}

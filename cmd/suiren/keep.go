package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
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

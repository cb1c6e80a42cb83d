package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/terminal"
	"suiren/models"
	"suiren/stage/unread"
)

// library opens the library of the owner's models.
func library() (*models.Library, error) {
	home, err := models.Home()
	if err != nil {
		return nil, err
	}
	return models.Open(home), nil
}

func (a *app) modelsAdd() *cobra.Command {
	var name string
	var keep bool
	c := &cobra.Command{
		Use: "add " + a.t("PATH", "路径"), Short: a.t("Give a model a name; its files stay where they are", "为模型命名；文件留在原处"),
		Long: a.t("Give a model a name. PATH is a GGUF file (the first of a set), a Hugging Face folder, a folder of Hugging Face's cache, a manifest in Ollama's store, a .tar, .tar.gz or .tar.zst of either, or an OCI layout.\n\n"+
			"Files are read once, for their SHA-256, and stay where and as they are; only a bundle is unpacked, into the library's folder ($SUIREN_HOME/models), and --copy copies them there.",
			"为模型命名。路径可以是 GGUF 文件（分片则取第一片）、Hugging Face 目录、Hugging Face 缓存目录、Ollama 存储中的清单、它们的 .tar、.tar.gz 或 .tar.zst 包，或 OCI 布局目录。\n\n"+
				"文件只通读一次以计算 SHA-256，位置和内容都不变；只有归档会解包到库目录（$SUIREN_HOME/models），加 --copy 时复制到那里。"),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			l, err := library()
			if err != nil {
				return err
			}
			add := l.Add
			if keep {
				add = l.AddCopy
			}
			r, err := add(c.Context(), args[0], name, time.Now())
			if err != nil {
				return unread.Error("", args[0], err)
			}
			if a.format == formatJSONL {
				a.line(recordLine("model_added", r))
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("%s  %s  %s  %s", "%s  %s  %s  %s", r.Name, brief(r.Architecture), size(r.Bytes), r.Digest))
			return nil
		},
	}
	c.Flags().BoolVar(&keep, "copy", false, a.t("keep a copy of the files in the library", "在库中保留一份文件副本"))
	c.Flags().StringVar(&name, "name", "", a.t("what to call it (otherwise after its file)", "名称（默认取自文件名）"))
	return c
}

func recordLine(kind string, r *models.Record) map[string]any {
	return map[string]any{"type": kind, "name": r.Name, "path": r.Path, "format": r.Format, "architecture": r.Architecture,
		"parameters": r.Parameters, "bytes": r.Bytes, "digest": r.Digest, "changed": r.Changed()}
}

func (a *app) modelsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.t("List the models that have a name", "列出已命名的模型"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			l, err := library()
			if err != nil {
				return err
			}
			list, err := l.List()
			if err != nil {
				return err
			}
			var rows [][]string
			for _, r := range list {
				if a.format == formatJSONL {
					a.line(recordLine("model", r))
					continue
				}
				state := ""
				if len(r.Changed()) > 0 {
					state = a.t("changed", "已改动")
				}
				rows = append(rows, []string{r.Name, brief(r.Architecture), count(float64(r.Parameters)), size(r.Bytes), r.Digest.String()[:12], shown(r.Path), state})
			}
			switch {
			case a.format == formatJSONL:
			case len(rows) == 0:
				fmt.Fprintln(a.stdout, a.t("no model has a name yet: suiren models add PATH", "还没有模型：suiren models add 路径"))
			default:
				a.print(terminal.Table("llrrlll", rows))
			}
			return nil
		},
	}
}

func (a *app) modelsRemove() *cobra.Command {
	return &cobra.Command{
		Use: "rm " + a.t("NAME", "名称"), Short: a.t("Forget a model; files that you brought stay", "移除模型记录；自带的文件保留"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := library()
			if err != nil {
				return err
			}
			r, err := l.Remove(args[0])
			if err != nil {
				return err
			}
			switch {
			case a.format == formatJSONL:
				a.line(map[string]any{"type": "model_removed", "name": r.Name, "files_removed": r.Own})
			case r.Own:
				fmt.Fprintln(a.stdout, a.t("%s and its unpacked files are gone", "已删除 %s 及其解包文件", r.Name))
			default:
				fmt.Fprintln(a.stdout, a.t("%s is forgotten; its files stay at %s", "已移除 %s；文件仍在 %s", r.Name, shown(r.Path)))
			}
			return nil
		},
	}
}

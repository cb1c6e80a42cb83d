package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/engine/model"
	"suiren/engine/weights"
	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/models"
	"suiren/stage/talk"
	"suiren/stage/train"
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

func (a *app) modelsExport() *cobra.Command {
	var kind string
	var mixtures []string
	for _, m := range model.Mixtures {
		mixtures = append(mixtures, string(m))
	}
	c := &cobra.Command{
		Use: "export " + a.t("MODEL OUT", "模型 输出"), Short: a.t("Write a model as GGUF or as a Hugging Face folder, quantised if you like", "把模型写成 GGUF 或 Hugging Face 目录，可量化"),
		Long: a.t("Write a model as a GGUF file, if OUT ends in .gguf, or else as a Hugging Face folder (f32, f16, bf16; the tokenizer's files are copied from a folder). "+
			"What was written is read again and compared before it gets its name.",
			"输出以 .gguf 结尾时写成 GGUF 文件，否则写成 Hugging Face 目录（f32、f16、bf16；分词器文件从原目录复制）。写完后重新读取并比较，确认无误才使用该名称。"),
		Args: a.args(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(mixtures, kind) {
				return usage("--type", say.T("there is no type %q", "没有类型 %q", kind), say.T("choose among %s", "可选：%s", mixtures))
			}
			folders := []string{string(model.AsF32), string(model.AsF16), string(model.AsBF16)}
			if !strings.HasSuffix(args[1], ".gguf") && !slices.Contains(folders, kind) {
				return usage("--type", say.T("a folder is not written as %s", "目录不能写成 %s", kind), say.T("choose %s, or an OUT that ends in .gguf", "请选 %s，或让输出以 .gguf 结尾", folders))
			}
			return a.export(args[0], args[1], model.Mixture(kind))
		},
	}
	c.Flags().StringVar(&kind, "type", "f16", a.t("type of the weights: %s", "权重类型：%s", mixtures))
	return c
}

// export writes a model to out, which must not be there.
func (a *app) export(name, out string, kind model.Mixture) error {
	at, err := a.resolveWhole(name)
	if err != nil {
		return err
	}
	path := at.path
	if _, err := os.Lstat(out); err == nil {
		return &say.Error{Where: out, What: say.T("is there already", "已经存在"), Next: say.T("choose another name", "请换一个名称")}
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	f, err := model.Open(path)
	if err != nil {
		return unread.Error("", path, err)
	}
	defer f.Close()
	if strings.HasSuffix(out, ".gguf") {
		err = exportGGUF(f, at, out, kind, m.Threads)
	} else {
		err = exportFolder(f, at, out, kind, m.Threads)
	}
	if err != nil {
		return unread.Error("", path, err)
	}
	var types []weights.Type // a folder is written as it is asked for
	if strings.HasSuffix(out, ".gguf") {
		if types, err = f.Instead(kind); err != nil {
			return unread.Error("", path, err)
		}
	}
	if a.format == formatJSONL {
		line := map[string]any{"type": "model_exported", "path": out, "kind": kind}
		if len(types) > 0 {
			line["types"] = types
		}
		a.line(line)
	} else {
		if text := train.Instead(kind, types); !text.IsZero() {
			fmt.Fprintln(a.stdout, text.In(a.lang))
		}
		fmt.Fprintln(a.stdout, a.t("written, read again and compared: %s", "已写入、重读并比较：%s", shown(out)))
	}
	return nil
}

// unwritten is the error of an export for which there is no place.
func unwritten(out string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return &say.Error{Where: out, What: say.T("this cannot be written: %v", "无法写入：%v", err), Next: say.T("choose a folder that is there and that you may write to", "请选择已存在且可写的目录"), Err: err}
}

func exportGGUF(f *model.File, at *found, out string, kind model.Mixture, threads int) error {
	meta, err := describe(at)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(out), ".export-*.gguf")
	if err != nil {
		return unwritten(out, err)
	}
	defer os.Remove(tmp.Name())
	err = f.WriteGGUF(tmp, kind, meta, threads)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	g, err := model.Open(tmp.Name())
	if err != nil {
		return err
	}
	err = f.Compare(g, kind)
	if err := errors.Join(err, g.Close()); err != nil {
		return err
	}
	return durable.Rename(tmp.Name(), out)
}

// taughtForm returns the template by which others ask a copy of weights that were taught
// chats here as they were taught; "" where the weights' files say it, and of all else.
func taughtForm(at *found) (string, error) {
	if at.plain || !talk.Trained(at.path) {
		return "", nil
	}
	w, err := talk.Open(at.path)
	if err != nil {
		return "", err
	}
	return w.Copied(), nil
}

// describe returns what GGUF says of a folder's tokenizer, template and sampling.
func describe(at *found) ([]weights.Pair, error) {
	path := at.path
	direct, _ := talk.Direct(path)
	asked := talk.AskedMeta(direct, at.plain)
	form, err := taughtForm(at)
	if err != nil {
		return nil, err
	}
	if form != "" {
		asked = append(asked, weights.Pair{Key: weights.KeyTemplate, Value: form})
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return asked, err
	}
	w, err := talk.Open(path)
	if err != nil {
		return nil, err
	}
	list, err := w.Meta()
	if form != "" {
		list = slices.DeleteFunc(list, func(p weights.Pair) bool { return p.Key == weights.KeyTemplate })
	}
	return slices.Concat([]weights.Pair{{Key: "general.name", Value: filepath.Base(path)}}, list, asked), err
}

func exportFolder(f *model.File, at *found, out string, kind model.Mixture, threads int) error {
	tmp, err := os.MkdirTemp(filepath.Dir(filepath.Clean(out)), ".export-*")
	if err != nil {
		return unwritten(out, err)
	}
	defer os.RemoveAll(tmp)
	if err := f.WriteFolder(tmp, kind, threads); err != nil {
		return err
	}
	g, err := model.Open(tmp)
	if err != nil {
		return err
	}
	err = f.CompareFolder(g, kind)
	if err := errors.Join(err, g.Close()); err != nil {
		return err
	}
	if err := talk.Copy(at.path, tmp, "README.md"); err != nil {
		return err
	}
	if form, err := taughtForm(at); err != nil {
		return err
	} else if form != "" {
		if err := talk.WriteTemplate(tmp, form); err != nil {
			return err
		}
	}
	if err := talk.CopyAsked(at.path, tmp, at.plain); err != nil {
		return err
	}
	if err := durable.Tree(tmp); err != nil {
		return err
	}
	return durable.Rename(tmp, out)
}

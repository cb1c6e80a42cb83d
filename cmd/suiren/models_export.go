package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"suiren/engine/model"
	"suiren/engine/weights"
	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/train"
	"suiren/stage/unread"
)

func (a *app) modelsExport() *cobra.Command {
	var kind, adapter string
	c := &cobra.Command{
		Use: "export " + a.t("MODEL OUT", "模型 输出"), Short: a.t("Write a model as GGUF or as a Hugging Face folder, quantised if you like", "把模型写成 GGUF 或 Hugging Face 目录，可量化"),
		Long: a.t("Write a model as a GGUF file, if OUT ends in .gguf, or else as a Hugging Face folder (f32, f16, bf16; the tokenizer's files are copied from a folder). "+
			"Of weights that are an adapter, and with --adapter of one over MODEL, the adapter alone is written, as a GGUF file that llama.cpp adds to its base (f32 by itself, f16, bf16). "+
			"What was written is read again and compared before it gets its name.",
			"输出以 .gguf 结尾时写成 GGUF 文件，否则写成 Hugging Face 目录（f32、f16、bf16；分词器文件从原目录复制）。"+
				"权重本身是适配器时，或用 --adapter 指定了该模型的适配器时，只把适配器写成 GGUF 文件，供 llama.cpp 加在其基座上（默认 f32，可选 f16、bf16）。"+
				"写完后重新读取并比较，确认无误才使用该名称。"),
		Args: a.args(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if kind = strings.ToLower(kind); !slices.Contains(model.Mixtures, model.Mixture(kind)) { // llama.cpp writes Q4_K_M
				return usage("--type", say.T("there is no type %q", "没有类型 %q", kind), say.T("choose among %s", "可选：%s", named(model.Mixtures)))
			}
			at, err := a.findAdapter(args[0], adapter)
			if err != nil {
				return err
			}
			if at.adapter != "" && !c.Flags().Changed("type") {
				kind = string(model.AsF32)
			}
			return a.export(at, args[1], model.Mixture(kind))
		},
	}
	c.Flags().StringVar(&kind, "type", "f16", a.t("type of the weights: %s", "权重类型：%s", named(model.Mixtures)))
	c.Flags().StringVar(&adapter, "adapter", "", a.t("folder of a LoRA adapter over the model, which is written in its place", "该模型的 LoRA 适配器目录；改为写出它"))
	return c
}

// named are the names of mixtures.
func named(list []model.Mixture) (names []string) {
	for _, m := range list {
		names = append(names, string(m))
	}
	return names
}

// findAdapter finds a model, and the adapter over it that dir or the model's block says;
// "" if none does.
func (a *app) findAdapter(name, dir string) (*found, error) {
	at, err := a.findModel(name)
	switch {
	case err != nil || dir == "":
		return at, err
	case at.adapter != "":
		return nil, usage("--adapter", say.T("%s is an adapter itself", "%s 本身就是适配器", name), say.T("leave --adapter out, or name the base", "请去掉 --adapter，或改写基座"))
	}
	if bad := train.UnfitAdapter(stage.Forecast{Path: at.path}, stage.Forecast{Path: dir}); bad != nil {
		bad.Where = "--adapter"
		return nil, bad
	}
	at.adapter = dir
	return at, nil
}

// unexported finds fault with the form that a model, or an adapter, is to be written in.
func unexported(at *found, out string, kind model.Mixture) error {
	gguf := strings.HasSuffix(out, ".gguf")
	plain := slices.Contains(model.Plain, kind)
	switch {
	case at.adapter != "" && !gguf:
		return usage(out, say.T("an adapter is written as a GGUF file alone", "适配器只能写成 GGUF 文件"), say.T("choose an OUT that ends in .gguf; the folder %s is what PEFT reads", "请让输出以 .gguf 结尾；PEFT 可直接读取目录 %s", shown(at.adapter)))
	case at.adapter != "" && !plain:
		return usage("--type", say.T("an adapter is not written as %s", "适配器不能写成 %s", kind), say.T("choose among %s; or add it to its base first (train = \"merge\" in a plan), and export that", "可选：%s；或先把它并入基座（计划中 train = \"merge\"），再导出合并的模型", named(model.Plain)))
	case !gguf && !plain:
		return usage("--type", say.T("a folder is not written as %s", "目录不能写成 %s", kind), say.T("choose %s, or an OUT that ends in .gguf", "请选 %s，或让输出以 .gguf 结尾", named(model.Plain)))
	}
	return nil
}

// export writes a model, or its adapter, to out, which must not be there.
func (a *app) export(at *found, out string, kind model.Mixture) error {
	if err := unexported(at, out, kind); err != nil {
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
	whole := at.adapter == ""
	switch {
	case !whole:
		err = exportAdapter(f, at, out, kind, m.Threads)
	case strings.HasSuffix(out, ".gguf"):
		err = exportGGUF(f, at, out, kind, m.Threads)
	default:
		err = exportFolder(f, at, out, kind, m.Threads)
	}
	if err != nil {
		return unread.Error("", path, err)
	}
	var instead say.Text
	if whole {
		if instead, err = train.InsteadIn(out); err != nil {
			return unread.Error("", out, err)
		}
	}
	if a.format == formatJSONL {
		line := map[string]any{"type": "model_exported", "path": out, "kind": kind}
		if !instead.IsZero() {
			line["instead"] = instead.In(a.lang)
		}
		a.line(line)
	} else {
		if !instead.IsZero() {
			fmt.Fprintln(a.stdout, instead.In(a.lang))
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
	return exportFile(out, func(w io.Writer) error { return f.WriteGGUF(w, kind, meta, threads) }, func(path string) error {
		g, err := model.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Compare(g, kind), g.Close())
	})
}

func exportAdapter(f *model.File, at *found, out string, kind model.Mixture, threads int) error {
	return exportFile(out, func(w io.Writer) error { return f.WriteAdapterGGUF(w, at.adapter, kind, threads) },
		func(path string) error { return f.CompareAdapter(path, at.adapter, kind) })
}

// exportFile writes a file and checks it under another name before it is called out.
func exportFile(out string, write func(w io.Writer) error, check func(path string) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(out), ".export-*.gguf")
	if err != nil {
		return unwritten(out, err)
	}
	defer os.Remove(tmp.Name())
	err = write(tmp)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := check(tmp.Name()); err != nil {
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

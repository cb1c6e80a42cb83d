package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/data"
)

func (w *workspace) dataReview(name string, n int) error {
	rec, dir, err := w.corpus(name)
	if err != nil {
		return err
	}
	var inputs []string
	for _, in := range rec.Inputs {
		if in.Arg != "from" {
			continue
		}
		d, err := w.st.Dir(in.From)
		if err != nil {
			return err
		}
		inputs = append(inputs, d)
	}
	list, err := data.Review(dir, inputs, n)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w.a.stdout)
	e.SetEscapeHTML(false)
	for _, s := range list {
		if err := e.Encode(s); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) dataShares(files []string) error {
	if len(files) > 2 {
		return usage("--labels", say.T("there are %d files", "给出了 %d 个文件", len(files)), say.T("give one, or those of two people", "请给出一个文件，或两人各自的文件"))
	}
	for _, file := range files {
		list, err := data.Shares(file)
		if errors.Is(err, fs.ErrNotExist) {
			return usage(file, say.T("there is no such file", "没有这个文件"), say.Text{})
		}
		if err != nil {
			return err
		}
		var rows [][]string
		for _, s := range list {
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "share", "file": file, "share": s})
				continue
			}
			rows = append(rows, []string{s.Verdict, a.t("%d of %d good", "%d/%d 为好", s.Good, s.Labelled), fmt.Sprintf("%.0f–%.0f %%", 100*s.Low, 100*s.High)})
		}
		if len(files) > 1 && a.format == formatText {
			fmt.Fprintln(a.stdout, file)
		}
		for _, l := range terminal.Table("lrr", rows) {
			fmt.Fprintln(a.stdout, l)
		}
	}
	if len(files) < 2 {
		return nil
	}
	g, err := data.Agree(files[0], files[1])
	if err != nil {
		return err
	}
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "agreement", "agreement": g})
		return nil
	}
	kappa := a.t("no kappa: both gave one label alone", "无 kappa：两人都只用了一种标签")
	switch {
	case g.Both == 0:
		kappa = a.t("no kappa: no document has a label, good or bad, in both files", "无 kappa：没有一篇文档在两个文件里都填了 good 或 bad")
	case g.Kappa != nil:
		kappa = fmt.Sprintf("kappa %.2f", *g.Kappa)
	}
	fmt.Fprintln(a.stdout, a.t("both labelled %d, %d alike; %s", "两人都标注了 %d 篇，%d 篇一致；%s", g.Both, g.Alike, kappa))
	for _, p := range g.Other {
		fmt.Fprintln(a.stdout, "  ≠ "+p)
	}
	return nil
}

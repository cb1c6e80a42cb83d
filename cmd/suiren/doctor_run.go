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

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage/curve"
	"suiren/stage/train"
)

// curvesOf lists the folders of the curves that name means: a run's id or
// latest, a block's name (its newest curve), or a folder.
func (w *workspace) curvesOf(name string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(name, "curve.csv")); err == nil {
		return []string{name}, nil
	}
	if name == run.Latest {
		runs, err := run.Runs(w.st.Path())
		if err != nil {
			return nil, err
		}
		for _, r := range runs { // the newest that trained
			if list, err := w.curvesOf(r.ID); err != nil || len(list) > 0 {
				return list, err
			}
		}
		return nil, nil
	}
	all, err := filepath.Glob(filepath.Join(w.path("curves"), "*", "*", "curve.csv"))
	if err != nil {
		return nil, err
	}
	var list []string
	var newest int64
	for _, path := range all {
		dir := filepath.Dir(path)
		if filepath.Base(filepath.Dir(dir)) == name {
			info, err := os.Stat(path)
			if err != nil {
				return nil, err
			}
			if t := info.ModTime().UnixNano(); t >= newest {
				list, newest = []string{dir}, t
			}
			continue
		}
		if c, err := curve.Read(dir); err == nil && slices.Contains(c.Runs, name) {
			list = append(list, dir)
		}
	}
	return list, nil
}

// diagnoseRun says what looks wrong in the training of a run.
func (a *app) diagnoseRun(folder, name string) error {
	w, err := a.openState(folder)
	if err != nil {
		return err
	}
	defer w.close()
	dirs, err := w.curvesOf(name)
	if err != nil {
		return err
	}
	if len(dirs) == 0 {
		return &say.Error{Where: name, What: say.T("there is no curve of such a run or block", "没有该运行或块的训练曲线"), Err: fs.ErrNotExist, Next: w.curvesThere()}
	}
	for _, dir := range dirs {
		block := filepath.Base(filepath.Dir(dir))
		c, err := curve.Read(dir)
		if err != nil {
			return err
		}
		list := train.Diagnose(c)
		if a.format == formatJSONL {
			for _, f := range list {
				a.line(map[string]any{"type": "finding", "step": block, "code": f.Code, "what": f.What.In(a.lang), "next": f.Next.In(a.lang)})
			}
			a.line(map[string]any{"type": "diagnosed", "step": block, "points": len(c.Points), "findings": len(list)})
			continue
		}
		head := block + "  " + a.t("%d points of its curve", "曲线共 %d 个点", len(c.Points))
		if at, of := train.Progress(c); of > 0 && at < of {
			head += a.t("; step %d of %d", "；第 %d 步，共 %d 步", at, of)
		}
		if held := train.HeldOut(c); !held.IsZero() {
			head += a.t("; ", "；") + held.In(a.lang)
		}
		fmt.Fprintln(a.stdout, head)
		if why := train.Unjudged(c).In(a.lang); len(list) == 0 && why != "" {
			fmt.Fprintln(a.stdout, "  –   "+why)
		} else if len(list) == 0 {
			fmt.Fprintln(a.stdout, "  ok  "+a.t("nothing looks wrong", "未见异常"))
		}
		for _, l := range findingLines(a, list) {
			fmt.Fprintln(a.stdout, l)
		}
	}
	return nil
}

// curvesThere says what has a curve: what is merged, quantised or not yet trained has none.
func (w *workspace) curvesThere() say.Text {
	all, _ := filepath.Glob(filepath.Join(w.path("curves"), "*", "*", "curve.csv"))
	var names []string
	for _, path := range all {
		if name := filepath.Base(filepath.Dir(filepath.Dir(path))); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return say.T("nothing was trained here yet: suiren apply trains, and writes the curves", "这里还没有训练过：suiren apply 会训练并写出曲线")
	}
	return say.T("name what was trained: %s; a run's id, or latest", "请写训练过的块：%s；或运行编号、latest", names)
}

func findingLines(a *app, list []train.Finding) (lines []string) {
	for _, f := range list {
		lines = append(lines, "  !   "+f.What.In(a.lang), "      → "+f.Next.In(a.lang))
	}
	return lines
}

// looksWrong is what the curve of a step that has just ended says of what is watched, and
// against it, if the step told anything since a time.
func (a *app) looksWrong(w *workspace, step string, since time.Time) []string {
	dirs, err := w.curvesOf(step)
	if err != nil || len(dirs) == 0 || !strings.Contains(step, ".") {
		return nil
	}
	c, err := curve.Read(dirs[0])
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []string{say.Err(a.lang, err)}
	}
	if err != nil {
		return nil
	}
	if n := len(c.Points); n == 0 || c.Points[n-1].Time < float64(since.Unix()) {
		return nil
	}
	list := findingLines(a, train.Diagnose(c))
	if held := train.HeldOut(c); !held.IsZero() {
		list = slices.Insert(list, 0, "      "+held.In(a.lang))
	}
	return list
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
	"suiren/stage/data"
	"suiren/stage/operate"
	"suiren/stage/scenario"
	"suiren/store"
)

// Teacher implements data.Teachers: the weights of a release or a scenario,
// without its documents and its scope, or weights as they are.
func (opener) Teacher(job *stage.Job, in stage.Input) (data.Teacher, error) {
	dir, adapter, think := in.Dir, "", 0
	if in.Ref.Kind == store.Release {
		m, err := operate.OpenRelease(dir)
		if err != nil {
			return nil, err
		}
		if dir, err = job.Open(m.Scenario); err != nil {
			return nil, err
		}
	}
	if in.Ref.Kind == store.Release || in.Ref.Kind == store.Scenario {
		m, err := scenario.ReadManifest(dir)
		if err != nil {
			return nil, err
		}
		if dir, err = job.Open(m.Weights); err != nil {
			return nil, err
		}
		if think = m.Think; !m.Adapter.IsZero() {
			if adapter, err = job.Open(m.Adapter); err != nil {
				return nil, err
			}
		}
	} else {
		think = 1 << 16 // as much as a writing asks for
	}
	s, err := questioned(job).Bare(dir, adapter, think)
	return teacher{s}, err
}

type teacher struct{ *scenario.Scenario }

// Thinks implements data.Teacher.
func (t teacher) Thinks() bool { return t.Think > 0 }

func (t teacher) Write(ctx context.Context, asked []stage.Message, o data.Writing) (string, error) {
	most := o.Tokens
	if o.Think > 0 {
		most += o.Think + 1 // the token that ends the thought
	}
	var b strings.Builder
	for d, err := range t.Answer(ctx, asked, scenario.Options{MaxTokens: most, Think: o.Think, Temperature: &o.Temperature, Seed: o.Seed, Tools: o.Tools}) {
		if errors.Is(err, scenario.ErrTooLong) {
			return "", fmt.Errorf("%w: %w", data.ErrTooLong, err)
		}
		if err != nil {
			return "", err
		}
		if d.Kind == scenario.Answer {
			b.WriteString(d.Text)
		}
	}
	return b.String(), nil
}

// explainWritten says what a teacher wrote under an id, or of a passage, a
// problem or a document.
func (w *workspace) explainWritten(id string) (found bool, err error) {
	a := w.a
	blocks, err := w.st.Blocks()
	if err != nil {
		return false, err
	}
	for _, b := range blocks {
		if b.Kind != store.Examples {
			continue
		}
		dir, err := w.st.Dir(b.Output)
		if err != nil {
			return found, err
		}
		if _, err := os.Stat(filepath.Join(dir, "report", data.WrittenFile)); err != nil {
			continue // no teacher wrote these
		}
		list, err := data.FindWritten(dir, id)
		if err != nil {
			return found, err
		}
		from, err := w.madeFrom(b.Output)
		if err != nil {
			return found, err
		}
		for _, t := range list {
			found = true
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "explain", "examples": "examples." + b.Name, "artifact": b.Output, "try": t, "used_by": from})
				continue
			}
			a.showTry("examples."+b.Name+"  "+b.Output.Short(), &t, from)
		}
	}
	return found, nil
}

// showTry prints what a teacher was asked and wrote, and what came of it.
func (a *app) showTry(head string, t *data.Try, from []string) {
	fmt.Fprintln(a.stdout, head)
	verdict := a.t("kept in %s", "保留于 %s", t.Part)
	if !t.Kept {
		verdict = a.t("left out: %s", "去掉：%s", t.Reason)
	}
	rows := [][]string{{"  " + a.t("item", "条目"), t.Kind + "  " + t.ID}}
	if t.Document != "" {
		place := t.Document
		if t.Heading != "" {
			place += " › " + t.Heading
		}
		if t.Page > 0 {
			place += a.t("  page %d", "  第 %d 页", t.Page)
		}
		if t.End > 0 {
			place += fmt.Sprintf("  [%d, %d)", t.Start, t.End)
		}
		rows = append(rows, []string{"  " + a.t("from", "来自"), shown(place)}, []string{"  " + a.t("passage", "段落"), t.Passage})
	} else {
		rows = append(rows, []string{"  " + a.t("problem", "题目"), t.Problem})
	}
	rows = append(rows, []string{"  " + a.t("teacher", "教师"), t.Teacher}, []string{"  " + a.t("verdict", "结论"), verdict})
	if t.Rank > 0 {
		rows = append(rows, []string{"  " + a.t("finds its passage at", "检索到原段落的名次"), fmt.Sprint(t.Rank)})
	}
	if len(t.Scores) > 0 {
		rows = append(rows, []string{"  " + a.t("scores", "得分"), strings.Trim(fmt.Sprint(t.Scores), "[]")})
	}
	if len(from) > 0 && t.Kept {
		rows = append(rows, []string{"  " + a.t("used by", "用于"), say.List(a.lang, from)})
	}
	a.print(terminal.Table("ll", rows))
	for _, q := range t.Asked {
		fmt.Fprintf(a.stdout, "  %s  %s\n", a.t("asked", "提问"), a.t("seed %d, temperature %g", "种子 %d，温度 %g", q.Seed, q.Warmth))
		for _, part := range []struct{ mark, text string }{{"  > ", q.Prompt}, {"  < ", q.Wrote}} {
			for line := range strings.Lines(part.text) {
				fmt.Fprintln(a.stdout, part.mark+shown(strings.TrimRight(line, "\n")))
			}
		}
	}
}

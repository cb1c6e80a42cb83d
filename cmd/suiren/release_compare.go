package main

import (
	"context"
	"encoding/json"
	"html/template"
	"io"
	"os"

	"fmt"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
	"suiren/stage/guard"
)

func (a *app) releaseCompareCommand() *cobra.Command {
	var file, page string
	var last int
	c := &cobra.Command{
		Use: "compare " + a.t("FIRST SECOND", "版本一 版本二"), Short: a.t("Put the same questions to two releases", "向两个版本提相同的问题并比较"),
		Long: a.t(`Put the same questions to two releases, each through its own policy: those of the
second one's verdict, or those of a file. The difference comes with its 95% interval
for pairs; -o jsonl writes every reply of both. --last puts the last requests to both
whose content was kept (suiren trace capture), without telling anybody who asked: those
whose answer was rated good count as right if the answer is the same again; of all, how
many ended, how many no policy refused, and how many tokens they took.`,
			`向两个版本提相同的问题，各自经过自己的策略：默认用第二个版本的评测题，也可用文件中的题。
差值附配对的 95% 置信区间；-o jsonl 输出双方的每条回答。--last 取最近保留了内容的请求
（suiren trace capture）向双方重问，提问者不会得到任何回答：被评为好的回答若与原文相同即算正确；
对全部请求比较正常结束、未被策略拒绝的比例和所用词元数。`),
		Args: a.args(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.releaseFolder(c)
			if err != nil {
				return err
			}
			defer w.close()
			r, err := w.compare(c.Context(), args[0], args[1], file, last)
			if err != nil {
				return err
			}
			if page != "" {
				if err := writeFile(page, func(out io.Writer) error { return a.comparePage(out, r) }); err != nil {
					return err
				}
			}
			if a.format == formatJSONL {
				a.line(struct {
					Type string `json:"type"`
					*guard.Comparison
				}{"comparison", r})
				return nil
			}
			for _, l := range a.compareLines(r) {
				fmt.Fprintln(a.stdout, l)
			}
			return nil
		},
	}
	c.Flags().StringVar(&file, "questions", "", a.t("a file of problems instead, as heldout/problems.jsonl of examples", "改用题目文件，格式同 examples 的 heldout/problems.jsonl"))
	c.Flags().IntVar(&last, "last", 0, a.t("put so many of the last requests instead", "改用最近的若干次请求"))
	c.Flags().StringVar(&page, "html", "", a.t("also write a page with both replies side by side", "另写一个并列展示双方回答的网页"))
	return c
}

// compare opens two releases and puts the same questions to both.
func (w *workspace) compare(ctx context.Context, first, second, file string, last int) (*guard.Comparison, error) {
	if last < 0 || last > mostReplayed || last > 0 && file != "" {
		return nil, usage("--last", say.T("this is out of range, or there is a file already", "超出范围，或已给出题目文件"), say.T("1 to %d, without --questions", "1 至 %d，且不与 --questions 同用", mostReplayed))
	}
	machine, err := w.a.machine()
	if err != nil {
		return nil, err
	}
	var sides [2]*guard.Side
	var problems []stage.Problem
	name := ""
	for i, ref := range []string{first, second} {
		v, err := w.release(ref)
		if err != nil {
			return nil, err
		}
		s, m, err := w.side(v, machine)
		if err != nil {
			return nil, err
		}
		defer s.Answerer.Close()
		sides[i], name = s, v.Name
		if file == "" && last == 0 {
			if problems, err = w.problemsOf(m.Verdict); err != nil {
				return nil, err
			}
		}
	}
	if file != "" {
		if problems, err = stage.ReadProblems(file); err != nil {
			return nil, err
		}
	}
	if last > 0 {
		if problems, err = w.books().pastProblems(name, last); err != nil {
			return nil, err
		}
	}
	done, total := 0, 2*len(problems)
	what := say.T("asking both", "正在向双方提问")
	p := newProgress(w.a)
	return guard.Compare(ctx, *sides[0], *sides[1], problems, func() {
		done++
		p.event(stage.Event{Type: "progress", Step: "compare", Done: float64(done), Total: float64(total), Unit: "problems", Text: &what})
	})
}

// pastProblems are the last requests to a release whose content is kept, each with
// the tools that it offered, and the answer that was rated good, if one was.
func (d bookDir) pastProblems(release string, n int) ([]stage.Problem, error) {
	traces, err := d.last(release, n)
	if err != nil {
		return nil, err
	}
	var list []stage.Problem
	for _, t := range traces {
		p := stage.Problem{ID: t.ID}
		for _, m := range t.Content.Messages {
			p.Context = append(p.Context, stage.Message{Role: m.Role, Content: m.Text})
		}
		if len(p.Context) == 0 || p.Context[len(p.Context)-1].Role != "user" { // a tool's result: there is no question
			continue
		}
		last := len(p.Context) - 1
		if len(t.Content.Tools) > 0 {
			if err := json.Unmarshal(t.Content.Tools, &p.Tools); err != nil {
				return nil, err
			}
		}
		p.Prompt, p.Context = p.Context[last].Content, p.Context[:last]
		if t.Rating != nil && t.Rating.Good && t.Reason == "stop" {
			p.Answer = stage.Trimmed(t.Content.Answer)
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, &say.Error{Where: release, What: say.T("no request is kept with what was said", "没有保留内容的请求"),
			Next: say.T("suiren trace capture on keeps what is said from then on", "suiren trace capture on 会保留此后的内容")}
	}
	return list, nil
}

var outcomeTexts = map[string]say.Text{
	guard.Improved: say.T("improved", "变好"), guard.Regressed: say.T("regressed", "变差"), guard.Same: say.T("no difference shown", "未见差异"),
}

// compareLines is a comparison for people.
func (a *app) compareLines(r *guard.Comparison) []string {
	rows := [][]string{{"", r.First, r.Second, a.t("difference", "差值"), a.t("95% interval", "95% 区间"), a.t("better", "变好"), a.t("worse", "变差")}}
	share := func(right, n int) string { return fmt.Sprintf("%.1f%%", 100*float64(right)/float64(max(1, n))) }
	row := func(name string, p *guard.Paired) {
		n := p.Both + p.Gained + p.Lost + p.Neither
		rows = append(rows, []string{name, share(p.Both+p.Lost, n), share(p.Both+p.Gained, n), fmt.Sprintf("%+.1f", 100*p.Value),
			fmt.Sprintf("%+.1f … %+.1f", 100*p.Low, 100*p.High), fmt.Sprint(p.Gained), fmt.Sprint(p.Lost)})
	}
	for i := range r.Families {
		if r.Families[i].Name == "" { // requests have none
			continue
		}
		row(stage.FamilyText(r.Families[i].Name).In(a.lang), &r.Families[i])
	}
	o := &r.Overall
	judged := o.Both + o.Gained + o.Lost + o.Neither
	if judged > 0 {
		row(a.t("in all", "总计"), o)
	}
	row(a.t("ended", "正常结束"), &r.Ended)
	row(a.t("not refused", "未被拒绝"), &r.Allowed)
	rows = append(rows, []string{a.t("tokens", "词元"), fmt.Sprintf("%.1f", r.Tokens.First), fmt.Sprintf("%.1f", r.Tokens.Second), fmt.Sprintf("%+.1f", r.Tokens.Value),
		fmt.Sprintf("%+.1f … %+.1f", r.Tokens.Low, r.Tokens.High), "", ""})
	last := a.t("of %d questions nobody knows the right answer: only how they end is compared", "%d 题都没有已知的正确答案：只比较结束方式", len(r.Rows))
	if judged > 0 {
		last = a.t("%v of %d questions (McNemar p = %.3g)", "%v，共 %d 题（McNemar p = %.3g）", outcomeTexts[r.Outcome], judged, r.P)
	}
	return append(terminal.Table("lrrrlrr", rows), last)
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = write(f)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}

var comparePage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
pre{white-space:pre-wrap;font:inherit;margin:0}
table{border-collapse:collapse;width:100%}
th,td{border-top:1px solid #ccc;padding:.4rem .6rem;text-align:left;vertical-align:top}
.improved{background:#e6f4e6}.regressed{background:#fbe9e7}.thought{color:#666}
</style>
<h1>{{.Title}}</h1><pre>{{range .Lines}}{{.}}
{{end}}</pre>
<table><tr>{{range .Head}}<th>{{.}}{{end}}</tr>
{{range .Rows}}<tr class="{{.Change}}"><td><pre>{{.Prompt}}</pre>{{with .Want}}<p>→ {{.}}</p>{{end}}
<td><pre class="thought">{{.First.Thought}}</pre><pre>{{.First.Answer}}</pre>{{if ne .First.Finish "stop"}}<p>[{{.First.Finish}}]</p>{{end}}{{with .First.Called}}<p>[→ {{.}}]</p>{{end}}
<td><pre class="thought">{{.Second.Thought}}</pre><pre>{{.Second.Answer}}</pre>{{if ne .Second.Finish "stop"}}<p>[{{.Second.Finish}}]</p>{{end}}{{with .Second.Called}}<p>[→ {{.}}]</p>{{end}}
<td>{{.Change}}</tr>
{{end}}</table>
`))

// comparePage writes a page that loads nothing.
func (a *app) comparePage(w io.Writer, r *guard.Comparison) error {
	return comparePage.Execute(w, map[string]any{
		"Lang": map[say.Lang]string{say.Chinese: "zh-CN", say.English: "en"}[a.lang], "Title": r.First + " · " + r.Second, "Lines": a.compareLines(r), "Rows": r.Rows,
		"Head": []string{a.t("question", "问题"), r.First, r.Second, a.t("change", "变化")},
	})
}

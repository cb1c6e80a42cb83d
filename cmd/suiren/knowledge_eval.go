package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/knowledge"
)

func (a *app) knowledgeEval() *cobra.Command {
	var as []string
	var fit bool
	n := 200
	c := &cobra.Command{
		Use: "eval " + a.t("NAME [FILE]", "名称 [文件]"), Short: a.t("Measure how well questions find their documents", "测量问题能否找到对应的文档"),
		Long: a.t("Measure how well questions find their documents. A line of FILE is the documents that answer, a tab, and the question; a line that begins with the tab is a question that should be refused. Without FILE the questions are sentences of the base's own passages, which finds what is broken and is easier than what people ask. With --fit, what meaning counts beside words is first fitted to every other question of FILE, and kept for the base if it is better on the rest beyond noise.",
			"测量问题能否找到对应的文档。文件每行是能回答的文档、制表符和问题；以制表符开头的行是应当拒答的问题。不给文件时，用知识库自身段落里的句子作为问题，可查出故障，但比人的提问容易。加 --fit 则先用文件里一半的问题拟合“含义”相对于“词”的权重，在另一半上确有提高（超出误差）才为该知识库保留。"),
		Args: a.args(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := a.asking(c.Context(), args[0], as)
			if err != nil {
				return err
			}
			defer q.Close()
			if fit && len(args) < 2 {
				return usage("--fit", say.T("weights are fitted to questions that people ask, in FILE", "权重须按人们提的问题来拟合，请给出文件"), say.Text{})
			}
			list := q.Questions(n, q.access)
			if len(args) > 1 {
				f, err := os.Open(args[1])
				if err != nil {
					return err
				}
				defer f.Close()
				if list, err = knowledge.ReadLabelled(f); err != nil {
					return &say.Error{Where: args[1], Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err)}
				}
			}
			if fit {
				if err := a.fitted(c.Context(), q, list); err != nil {
					return err
				}
			}
			e, err := q.Evaluate(c.Context(), list, q.access)
			if err != nil {
				return err
			}
			a.showEvaluation(e)
			return nil
		},
	}
	c.Flags().BoolVar(&fit, "fit", false, a.t("fit what meaning counts to half of the questions, and keep it if it is better on the others", "用一半问题拟合“含义”的权重，在另一半上更好才保留"))
	c.Flags().IntVar(&n, "n", n, a.t("questions made of the passages, if no file is given", "不给文件时由段落生成的问题数"))
	asFlag(c, a, &as)
	return c
}

// fitted fits the weights of a base, and keeps them if they are better.
func (a *app) fitted(ctx context.Context, q *asking, list []knowledge.Labelled) error {
	f, err := q.Fit(ctx, list, q.access)
	if err != nil {
		return err
	}
	w := knowledge.Usual
	if f.Better {
		w = f.Weights
	}
	if err := errors.Join(q.SetWeights(w), q.base.Keep(w, q.Embedder())); err != nil {
		return err
	}
	if a.format == formatJSONL {
		a.line(struct {
			Type string `json:"type"`
			knowledge.Fit
		}{"fit", f})
		return nil
	}
	fmt.Fprintln(a.stdout, a.t("fitted to %d questions: meaning %g, near passages %g (usually %g, %g)", "按 %d 个问题拟合：含义 %g，相近段落 %g（通常为 %g、%g）", f.Questions, f.Weights.Meaning, f.Weights.Near, knowledge.Usual.Meaning, knowledge.Usual.Near))
	fmt.Fprintln(a.stdout, a.t("on %d others: %.3f before, %.3f after, %+.3f (%+.3f to %+.3f)", "在另外 %d 个问题上：之前 %.3f，之后 %.3f，%+.3f（%+.3f 至 %+.3f）", f.Judged, f.Before.Mean, f.After.Mean, f.Gain.Mean, f.Gain.Low, f.Gain.High))
	if f.Better {
		fmt.Fprintln(a.stdout, a.t("kept: this base is searched with them from now on", "已保留：此后检索该知识库使用这些权重"))
	} else {
		fmt.Fprintln(a.stdout, a.t("not kept: that may be chance; the usual weights stay", "未保留：这可能是偶然；仍用通常的权重"))
	}
	return nil
}

func (a *app) showEvaluation(e knowledge.Evaluation) {
	if a.format == formatJSONL {
		a.line(struct {
			Type string `json:"type"`
			knowledge.Evaluation
		}{"evaluation", e})
		return
	}
	row := func(name string, s knowledge.Score) []string {
		return []string{name, fmt.Sprintf("%.3f", s.Mean), fmt.Sprintf("%.3f–%.3f", s.Low, s.High)}
	}
	rows := [][]string{{a.t("questions", "问题"), fmt.Sprint(e.Questions), ""}}
	if e.Questions > 0 {
		rows = append(rows, row("recall@1", e.First), row("recall@3", e.Three), row("recall@10", e.Ten))
		if e.Worded > 0 {
			rows = append(rows, row(a.t("passage@3", "段落@3"), e.Passage))
		}
		rows = append(rows, row("nDCG@10", e.NDCG), row("MRR@10", e.MRR), row(a.t("answered", "已回答"), e.Answered))
	}
	if e.Others > 0 {
		rows = append(rows, []string{a.t("unanswerable", "不可回答"), fmt.Sprint(e.Others), ""}, row(a.t("refused", "已拒答"), e.Refused))
	}
	a.print(terminal.Table("lrl", rows))
	for _, m := range e.Missed {
		fmt.Fprintln(a.stdout, "✗ "+shown(m.Question)+"  "+a.t("want %s, got %s", "应为 %s，得到 %s", shown(cmp.Or(strings.Join(m.Want, " "), a.t("refusal", "拒答"))), shown(strings.Join(m.Got, " "))))
	}
}

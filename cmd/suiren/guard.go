package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/guard/classify"
)

func (a *app) guardCommand() *cobra.Command {
	return a.group("guard", a.t("Look at what keeps a model safe", "护栏：检查、试用、重放、人工审核、评估"), a.guardLintCommand(), a.guardCheckCommand(), a.guardReplayCommand(), a.guardReviewCommand(), a.guardSuspendedCommand(), a.guardAssessCommand())
}

// guardLintCommand judges lists of keywords.
func (a *app) guardLintCommand() *cobra.Command {
	return &cobra.Command{
		Use: "lint " + a.t("PATH", "路径") + "...", Short: a.t("Judge lists of keywords, and the rails of a plan file: doubles, what is past its review, counts by class", "检查关键词表和计划文件中的护栏：重复、过期未复核、各类数量"),
		Long: a.t("Judge lists of keywords: CSV in UTF-8 with the columns word, class, owner, review (or 关键词, 类别, 责任人, 复核日期), or one keyword a line; and of plan files (.hcl) the classifiers and the rails.\n\nExit code 1 if a rail has expired, or a word is there twice, is never found because a shorter one is, or is past its review.",
			"检查关键词表：UTF-8 的 CSV，列为 word、class、owner、review（或关键词、类别、责任人、复核日期），或每行一个关键词；以及计划文件（.hcl）中的分类器和护栏。\n\n护栏过期，或词表有重复、被更短的词覆盖、或超过复核日期的词时，退出码为 1。"),
		Args: a.args(1, 1000),
		RunE: func(c *cobra.Command, args []string) error {
			plans, lists := parted(args, isPlan)
			for _, path := range plans {
				if err := a.lintPlan(c.Context(), path); err != nil || len(lists) == 0 {
					return err
				}
			}
			read, err := readLists(lists)
			if err != nil {
				return err
			}
			l, err := guard.LintWords(read.Words, time.Now())
			if err != nil {
				return err
			}
			return a.showLint(l)
		},
	}
}

// isPlan reports whether a path is a plan file's.
func isPlan(path string) bool { return strings.HasSuffix(path, ".hcl") }

func parted(list []string, f func(string) bool) (yes, no []string) {
	for _, s := range list {
		if f(s) {
			yes = append(yes, s)
		} else {
			no = append(no, s)
		}
	}
	return yes, no
}

// lintPlan says how well a plan's classifiers do, which rails of its policies have
// expired, and which are nobody's.
func (a *app) lintPlan(ctx context.Context, path string) error {
	f, err := plan.Load(path, vocabulary(0))
	if err != nil {
		return err
	}
	drafts := newDrafts(f)
	for _, b := range f.Blocks {
		if op, ok := b.Op.(*guard.Classifier); ok {
			c, err := drafts.classifier(ctx, b.Ref, op)
			if err != nil {
				return err
			}
			a.showClassifier(b.Ref, &c.Report)
		}
	}
	expired, unowned, rails := 0, 0, 0
	for _, b := range f.Blocks {
		op, ok := b.Op.(*guard.Policy)
		if !ok {
			continue
		}
		lists, err := drafts.lists(ctx, op)
		if err != nil {
			return err
		}
		p, err := op.With(lists, nil)
		if err != nil {
			return err
		}
		with := 0 // expired, with the policy or its base
		for _, r := range p.Facts(time.Now()) {
			rails++
			if r.Owner == "" {
				unowned++
			}
			if a.format == formatJSONL {
				a.line(struct {
					Type   string `json:"type"`
					Policy string `json:"policy"`
					guard.Fact
				}{"rail", b.Name, r})
			}
			if !r.Expired {
				continue
			}
			if expired++; r.Expires == "" {
				with++
			} else if a.format == formatText {
				fmt.Fprintln(a.stdout, a.t("%s  rail %s has expired on %s", "%s  护栏 %s 已于 %s 过期", b.Ref, r.ID, r.Expires))
			}
		}
		if with > 0 && a.format == formatText {
			fmt.Fprintln(a.stdout, a.t("%s  the policy has expired, and with it %d rails that have no date of their own", "%s  策略已过期，其中 %d 条没有单独日期的护栏随之过期", b.Ref, with))
		}
	}
	if a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("%d rails, %d without an owner", "共 %d 条护栏，%d 条没有责任人", rails, unowned))
	}
	if expired > 0 {
		return &say.Error{Where: path, What: say.T("%d rails have expired", "有 %d 条护栏已过期", expired), Next: say.T("review them, and give them a new date; until then they go on acting", "请复核并更新日期；在此之前它们继续生效")}
	}
	return nil
}

// showClassifier says of each kind how well it is told from all others.
func (a *app) showClassifier(ref stage.Ref, r *classify.Report) {
	if a.format == formatJSONL {
		a.line(struct {
			Type string `json:"type"`
			Name string `json:"name"`
			*classify.Report
		}{"classifier", ref.Name, r})
		return
	}
	for i := range r.Kinds {
		fmt.Fprintf(a.stdout, "%s  %s\n", ref, guard.Told(&r.Kinds[i]).In(a.lang))
	}
}

// showLint prints what was found, and returns an error if words must be mended.
func (a *app) showLint(l *guard.Lint) error {
	kinds := map[string]say.Text{
		"duplicate": say.T("there already, in %s", "与 %s 重复"), "covered": say.T("never found: a shorter one is, in %s", "永远不会命中：%s 有更短的词"),
		"expired": say.T("past its review", "已过复核日期"), "unowned": say.T("has no owner", "没有责任人"),
	}
	bad, unowned := 0, 0
	for _, f := range l.Findings {
		if a.format == formatJSONL {
			a.line(struct {
				Type string `json:"type"`
				guard.Finding
			}{"word", f})
		}
		if f.Kind == "unowned" {
			unowned++
			continue
		}
		if bad++; a.format == formatText {
			text := kinds[f.Kind]
			if f.Other != "" {
				text.Args = []any{f.Other}
			}
			fmt.Fprintf(a.stdout, "%s  %s  %s\n", f.Where, f.Word, text.In(a.lang))
		}
	}
	if a.format == formatJSONL {
		for _, c := range l.Counts {
			a.line(map[string]any{"type": "count", "id": c.ID, "have": c.Have, "least": c.Least})
		}
		a.line(map[string]any{"type": "lint", "words": l.Words, "allowed": l.Allowed, "bad": bad, "unowned": unowned, "source": l.Source, "confirmed": l.Agreed})
	} else {
		rows := [][]string{{a.t("asked for", "要求"), a.t("there are", "现有"), a.t("least", "至少"), ""}}
		for _, c := range l.Counts {
			mark := ""
			if c.Have < c.Least {
				mark = a.t("too few", "不足")
			}
			rows = append(rows, []string{c.Name.In(a.lang), count(float64(c.Have)), count(float64(c.Least)), mark})
		}
		for _, line := range terminal.Table("lrrl", rows) {
			fmt.Fprintln(a.stdout, line)
		}
		agreed := l.Agreed
		if agreed == "" {
			agreed = a.t("not confirmed yet against its text", "尚未与标准原文核对")
		}
		fmt.Fprintln(a.stdout, a.t("%d keywords, %d allowed phrases, %d without an owner. Numbers after %s: %s.", "共 %d 个关键词、%d 个放行短语，%d 个没有责任人。数量要求依据 %s：%s。",
			l.Words, l.Allowed, unowned, l.Source, agreed))
	}
	if bad > 0 {
		return &say.Error{What: say.T("%d words want mending", "有 %d 个词需要修改", bad), Next: say.T("take them out, or review them", "请删除或复核这些词")}
	}
	return nil
}

// guardCheckCommand passes a text through the rails of a policy.
func (a *app) guardCheckCommand() *cobra.Command {
	var lists []string
	var place string
	c := &cobra.Command{
		Use: "check " + a.t("PACK | FILE", "策略包 | 文件"), Short: a.t("Pass standard input through the rails of a pack, or of a plan file, and say what leaves", "让标准输入通过策略包或计划文件的护栏，显示能通过的内容"),
		Long: a.t("Pass standard input through the rails of a pack, and print what leaves. Exit code 3 if a rule refuses it; what would be refused stands on standard error.",
			"让标准输入通过策略包，输出能通过的内容。被规则拒绝时退出码为 3，拒绝的原因写到标准错误。"),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			words, err := readLists(lists)
			if err != nil {
				return err
			}
			var p *guard.Policy
			if isPlan(strings.SplitN(args[0], "#", 2)[0]) {
				p, err = a.draftFile(c.Context(), args[0])
			} else if !slices.Contains(guard.Packs(), args[0]) {
				err = usage(args[0], say.T("there is neither a policy pack nor a plan file of that name", "没有这个名称的策略包，也没有这个计划文件"), say.T("the packs are %s", "可用的策略包：%s", guard.Packs()))
			} else {
				p, err = (&guard.Policy{Pack: args[0]}).With(words, nil)
			}
			if err != nil {
				return err
			}
			on := guard.Stage(place)
			if !slices.Contains(guard.Stages, on) {
				return usage("--on", say.T("%q is no place where rails stand", "%q 不是护栏所在的环节", place), say.T("it may be %s", "可用：%s", stageNames()))
			}
			r := p.Rail(on, guard.Context{})
			if _, err = io.Copy(railWriter{r, a.stdout}, os.Stdin); err == nil {
				err = railWriter{r, a.stdout}.flush()
			}
			if g, ok := errors.AsType[*guard.Refusal](err); ok {
				return &say.Error{Where: g.Class + " " + g.Rule, Err: stage.ErrRefused, What: g.Text}
			}
			if w, ok := errors.AsType[*guard.Retraction](err); ok {
				return &say.Error{Where: w.Class + " " + w.Rule, Err: stage.ErrRefused, What: say.T("withdrawn: %s", "已撤回：%s", w.Text)}
			}
			return err
		},
	}
	c.Flags().StringSliceVar(&lists, "words", nil, a.t("lists of keywords besides the pack's", "策略包之外的关键词表"))
	c.Flags().StringVar(&place, "on", string(guard.Input), a.t("whose rails: %s", "哪个环节的护栏：%s", stageNames()))
	return c
}

func stageNames() (list []string) {
	for _, s := range guard.Stages {
		list = append(list, string(s))
	}
	return list
}

// readLists reads lists of keywords, and those in folders.
func readLists(paths []string) (l guard.Lists, err error) { return l, l.ReadFiles(paths) }

// A railWriter writes what a rail lets through.
type railWriter struct {
	rail *guard.Rail
	w    io.Writer
}

func (w railWriter) Write(b []byte) (int, error) {
	out, err := w.rail.Write(string(b))
	_, err2 := io.WriteString(w.w, out)
	return len(b), errors.Join(err, err2)
}

func (w railWriter) flush() error {
	out, err := w.rail.Flush()
	_, err2 := io.WriteString(w.w, out)
	return errors.Join(err, err2)
}

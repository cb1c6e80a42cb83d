package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/guard"
)

func (a *app) guardCommand() *cobra.Command {
	return a.group("guard", a.t("Look at what keeps a model safe", "查看安全措施"), a.guardLintCommand(), a.guardCheckCommand(), a.guardAssessCommand())
}

// guardLintCommand judges lists of keywords.
func (a *app) guardLintCommand() *cobra.Command {
	return &cobra.Command{
		Use: "lint " + a.t("PATH", "路径") + "...", Short: a.t("Judge lists of keywords: doubles, words past their review, counts by class", "检查关键词表：重复、过期未复核、各类数量"),
		Long: a.t("Judge lists of keywords: CSV with the columns word, class, owner, review, or one keyword a line.\n\nExit code 1 if a word is there twice, is never found because a shorter one is, or is past its review.",
			"检查关键词表：带 word、class、owner、review 列的 CSV，或每行一个关键词。\n\n有重复、被更短的词覆盖、或超过复核日期的词时，退出码为 1。"),
		Args: a.args(1, 1000),
		RunE: func(_ *cobra.Command, args []string) error {
			words, err := readLists(args)
			if err != nil {
				return err
			}
			l, err := guard.LintWords(words, time.Now())
			if err != nil {
				return err
			}
			return a.showLint(l)
		},
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
		for _, line := range table("lrrl", rows) {
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
	var output bool
	c := &cobra.Command{
		Use: "check " + a.t("PACK", "策略包"), Short: a.t("Pass standard input through a pack's rails, and say what leaves", "让标准输入通过策略包，显示能通过的内容"),
		Long: a.t("Pass standard input through the rails of a pack, and print what leaves. Exit code 3 if a rule refuses it; what would be refused stands on standard error.",
			"让标准输入通过策略包，输出能通过的内容。被规则拒绝时退出码为 3，拒绝的原因写到标准错误。"),
		Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			words, err := readLists(lists)
			if err != nil {
				return err
			}
			p, err := (&guard.Policy{Pack: args[0]}).With(words)
			if err != nil {
				return err
			}
			r := p.Input()
			if output {
				r = p.Output()
			}
			if _, err = io.Copy(railWriter{r, a.stdout}, os.Stdin); err == nil {
				err = railWriter{r, a.stdout}.flush()
			}
			if g, ok := errors.AsType[*guard.Refusal](err); ok {
				return &say.Error{Where: g.Class + " " + g.Rule, Err: stage.ErrRefused, What: g.Text}
			}
			return err
		},
	}
	c.Flags().StringSliceVar(&lists, "words", nil, a.t("lists of keywords besides the pack's", "策略包之外的关键词表"))
	c.Flags().BoolVar(&output, "answer", false, a.t("the rails of answers, not of questions", "使用回答的规则，而非提问的规则"))
	return c
}

// readLists reads lists of keywords, and those in folders.
func readLists(paths []string) ([]guard.Word, error) {
	var words []guard.Word
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			list, err := guard.ParseWords(path, b)
			words = append(words, list...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return words, nil
}

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

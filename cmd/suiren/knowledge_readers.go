package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/knowledge"
)

func (a *app) knowledgeReaders() *cobra.Command {
	var nobody, all bool
	c := &cobra.Command{
		Use: "readers " + a.t("NAME [PATH [WHO...]]", "名称 [路径 [人或组...]]"), Short: a.t("Show or set who may read a document or a folder", "查看或设定谁可读一个文档或目录"),
		Long: a.t("Show or set who may read a document or a folder with all below it. The rule with the longest path counts; what has none may be read by all. It counts from the next question on.",
			"查看或设定谁可读一个文档，或一个目录及其下的全部。以路径最长的规则为准；没有规则的人人可读。下一个问题起生效。"),
		Args: a.args(1, 1000),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := openBase(args[0])
			if err != nil {
				return err
			}
			if len(b.Roots()) == 0 {
				return noBase(args[0], fs.ErrNotExist)
			}
			rules := b.Rules()
			if len(args) > 1 {
				if len(args) == 2 && !nobody && !all {
					return usage("", say.T("say who may read %s", "请写明谁可读 %s", args[1]), say.T("name people or groups, or --all, or --nobody", "请写人或组，或用 --all、--nobody"))
				}
				kept := []knowledge.Rule{}
				path := strings.Trim(args[1], "/")
				for _, r := range rules {
					if strings.Trim(r.Path, "/") != path {
						kept = append(kept, r)
					}
				}
				if !all {
					kept = append(kept, knowledge.Rule{Path: path, Allow: args[2:]})
				}
				rules = kept
				if err := b.SetRules(rules); err != nil {
					return err
				}
			}
			under := governed(b)
			for i, r := range rules {
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "rule", "path": r.Path, "allow": r.Allow, "files": under[i]})
				} else {
					fmt.Fprintln(a.stdout, shown(r.Path)+"  "+cmp.Or(shown(strings.Join(r.Allow, " ")), "-")+"  "+a.t("%d files", "%d 个文件", under[i]))
				}
			}
			a.none(len(rules), "there is no rule: everybody may read everything", "没有规则：人人可读全部内容")
			return nil
		},
	}
	c.Flags().BoolVar(&nobody, "nobody", false, a.t("nobody may read it", "任何人都不可读"))
	c.Flags().BoolVar(&all, "all", false, a.t("take the rule away", "去掉规则"))
	return c
}

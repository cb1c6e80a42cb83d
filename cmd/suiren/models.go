package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"suiren/engine/weights"
	"suiren/internal/terminal"
	"suiren/stage/unread"
)

// modelsCommand looks at models that were made elsewhere, or here.
func (a *app) modelsCommand() *cobra.Command {
	path := " " + a.t("MODEL", "模型")
	var tensors bool
	show := &cobra.Command{
		Use: "show" + path, Short: a.t("Show what a GGUF file or a Hugging Face folder holds", "显示 GGUF 文件或 Hugging Face 目录的内容"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			path, _, err := a.resolveModel(args[0])
			if err != nil {
				return err
			}
			m, err := a.openModel(path)
			if err != nil {
				return err
			}
			defer m.Close()
			if a.format == formatJSONL {
				a.modelJSON(m, tensors)
			} else {
				a.modelText(m, tensors)
			}
			return nil
		},
	}
	show.Flags().BoolVar(&tensors, "tensors", false, a.t("list every tensor", "列出每个张量"))
	verify := &cobra.Command{
		Use: "verify" + path, Short: a.t("Read all of a model: ranges, types, weights that are no numbers, SHA-256", "通读一个模型：核对范围、类型与非数值权重，计算 SHA-256"), Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			path, record, err := a.resolveModel(args[0])
			if err != nil {
				return err
			}
			m, err := a.openModel(path)
			if err != nil {
				return err
			}
			defer m.Close()
			return a.verifyModel(c.Context(), m, path, record)
		},
	}
	return a.group("models", a.t("Models that you bring: GGUF, Hugging Face", "自带的模型：GGUF、Hugging Face"),
		a.modelsAdd(), a.modelsList(), show, verify, a.modelsExport(), a.modelsRemove())
}

// openModel opens a model, and says in both languages why not.
func (a *app) openModel(path string) (*weights.Model, error) {
	m, err := weights.OpenModel(path)
	if err != nil {
		return nil, unread.Error("", path, err)
	}
	return m, nil
}

// A typeSum adds up the tensors of one type.
type typeSum struct {
	Type    string  `json:"type"`
	Tensors int     `json:"tensors"`
	Weights int64   `json:"parameters"`
	Bytes   int64   `json:"bytes"`
	Share   float64 `json:"share"` // of the bytes
}

// typeSums adds up a model's tensors by type, the most bytes first.
func typeSums(m *weights.Model) (list []typeSum, all typeSum) {
	by := map[string]*typeSum{}
	for _, t := range m.Tensors {
		s := by[t.Type]
		if s == nil {
			s = &typeSum{Type: t.Type}
			by[t.Type] = s
		}
		for _, s := range []*typeSum{s, &all} {
			s.Tensors++
			s.Weights += t.Weights
			s.Bytes += t.Bytes
		}
	}
	for _, s := range by {
		if all.Bytes > 0 {
			s.Share = float64(s.Bytes) / float64(all.Bytes)
		}
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b typeSum) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Type, b.Type))
	})
	return list, all
}

// modelFormat names a model's format.
func modelFormat(m *weights.Model) string {
	if m.Format == "gguf" {
		return fmt.Sprintf("GGUF %d", m.Version)
	}
	return m.Format
}

// modelText writes what a model holds for the terminal.
func (a *app) modelText(m *weights.Model, tensors bool) {
	types, all := typeSums(m)
	bits := ""
	if all.Weights > 0 {
		bits = a.t("  %.2f bits each", "  平均 %.2f 位", 8*float64(all.Bytes)/float64(all.Weights))
	}
	template := a.t("none", "无")
	if m.Template {
		template = a.t("there", "有")
	}
	rows := [][]string{
		{a.t("format", "格式"), modelFormat(m)},
		{a.t("architecture", "架构"), brief(m.Architecture)},
		{a.t("parameters", "参数量"), count(float64(all.Weights)) + bits},
		{a.t("weights", "权重"), a.t("%s in %d tensors", "%s，共 %d 个张量", size(all.Bytes), len(m.Tensors))},
		{a.t("context", "上下文"), contextText(a, m.Context)},
		{a.t("tokenizer", "分词器"), brief(m.Tokenizer)},
		{a.t("chat template", "对话模板"), template},
	}
	for i, p := range m.Paths {
		name := ""
		if i == 0 {
			name = a.t("files", "文件")
		}
		rows = append(rows, []string{name, shown(filepath.Base(p))})
	}
	a.print(terminal.Table("ll", rows))
	rows = [][]string{{a.t("type", "类型"), a.t("tensors", "张量"), a.t("parameters", "参数量"), a.t("bytes", "字节"), a.t("share", "占比")}}
	for _, s := range types {
		rows = append(rows, []string{s.Type, count(float64(s.Tensors)), count(float64(s.Weights)), count(float64(s.Bytes)), fmt.Sprintf("%.1f%%", 100*s.Share)})
	}
	fmt.Fprintln(a.stdout)
	a.print(terminal.Table("lrrrr", rows))
	if tensors {
		rows = [][]string{{a.t("tensor", "张量"), a.t("type", "类型"), a.t("shape", "形状"), a.t("bytes", "字节")}}
		for _, t := range m.Tensors {
			rows = append(rows, []string{shown(t.Name), t.Type, shape(t.Shape), count(float64(t.Bytes))})
		}
		fmt.Fprintln(a.stdout)
		a.print(terminal.Table("lllr", rows))
	}
}

// shape writes a tensor's dimensions.
func shape(dims []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(dims), "[]"), " ", "×")
}

func contextText(a *app, n int64) string {
	if n <= 0 {
		return "-"
	}
	return a.t("%s tokens", "%s 个词元", count(float64(n)))
}

// print writes lines to standard output.
func (a *app) print(lines []string) {
	for _, l := range lines {
		fmt.Fprintln(a.stdout, l)
	}
}

// shown writes a file's own words so that they cannot command a terminal; a
// dash for none.
func shown(s string) string {
	if s == "" {
		return "-"
	}
	quoted := fmt.Sprintf("%q", s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// brief writes a name that may be anything, and at most 100 bytes of it.
func brief(s string) string {
	if len(s) > 100 {
		return shown(s[:100]) + "…"
	}
	return shown(s)
}

// modelJSON writes what a model holds as lines of JSON.
func (a *app) modelJSON(m *weights.Model, tensors bool) {
	types, all := typeSums(m)
	var files []string
	for _, p := range m.Paths {
		files = append(files, filepath.Base(p))
	}
	a.line(struct {
		Type         string    `json:"type"`
		Format       string    `json:"format"`
		Version      int       `json:"version,omitempty"`
		Architecture string    `json:"architecture"`
		Parameters   int64     `json:"parameters"`
		Bytes        int64     `json:"bytes"`
		Tensors      int       `json:"tensors"`
		Context      int64     `json:"context"`
		Tokenizer    string    `json:"tokenizer"`
		Template     bool      `json:"chat_template"`
		Files        []string  `json:"files"`
		Types        []typeSum `json:"types"`
	}{"model", m.Format, m.Version, m.Architecture, all.Weights, all.Bytes, len(m.Tensors), m.Context, m.Tokenizer, m.Template, files, types})
	if tensors {
		for _, t := range m.Tensors {
			a.line(map[string]any{"type": "tensor", "name": t.Name, "dtype": t.Type, "shape": t.Shape, "bytes": t.Bytes})
		}
	}
}

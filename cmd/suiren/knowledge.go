package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/knowledge/reader"
	"suiren/models"
	"suiren/serve/plain"
	"suiren/stage/data"
	"suiren/stage/guard"
)

// knowledgeCommand asks folders of documents, without a plan and without a model.
func (a *app) knowledgeCommand() *cobra.Command {
	return a.group("knowledge", a.t("Ask your own documents: answers with their sources", "问自己的文档：回答附出处"),
		a.knowledgeAdd(), a.knowledgeList(), a.knowledgeSearch(), a.knowledgeAsk(), a.knowledgeConflicts(), a.knowledgeEval(), a.knowledgeReaders(), a.knowledgeRemove())
}

func bases() (string, error) {
	home, err := models.Home()
	return filepath.Join(home, "knowledge"), err
}

func openBase(name string) (*base.Base, error) {
	dir, err := bases()
	if err != nil {
		return nil, err
	}
	return base.Open(dir, name)
}

func (a *app) knowledgeAdd() *cobra.Command {
	var synonyms, embedder, policy string
	c := &cobra.Command{
		Use: "add " + a.t("NAME [PATH...]", "名称 [路径...]"), Short: a.t("Read files and folders into a base; without a path, what changed since", "把文件和目录读入知识库；不写路径则读入其后的改动"),
		Args: a.args(1, 1000),
		RunE: func(c *cobra.Command, args []string) error {
			b, err := openBase(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 && len(b.Roots()) == 0 {
				return usage(args[0], say.T("there is no such knowledge base, and no documents are named to make it", "没有这个知识库，也没有给出用来建立它的文档"),
					say.T("name files or folders: suiren knowledge add NAME PATH", "请给出文件或目录：suiren knowledge add 名称 路径"))
			}
			if synonyms != "" {
				text, err := os.ReadFile(synonyms)
				if err != nil {
					return err
				}
				if err := b.SetSynonyms(string(text)); err != nil {
					return &say.Error{Where: synonyms, Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err),
						Next: say.T("write phrases that mean the same in a line, parted by commas", "每行写意思相同的词，用逗号隔开")}
				}
			}
			switch {
			case embedder == "default":
				b.Use("", nil)
			case embedder != "" || b.Embedder() != "":
				name := modelPath(cmp.Or(embedder, b.Embedder()))
				by, m, err := a.embedder(c.Context(), name)
				if err != nil {
					return err
				}
				defer m.Close()
				b.Use(name, by)
			}
			pool := reader.New(reader.Options{Cache: data.MachineCode()})
			defer pool.Close()
			books, err := broughtBooks()
			if err != nil {
				return err
			}
			rails, err := a.ingestInto(c.Context(), b, args[0], policy, books.log)
			if err != nil {
				return err
			}
			if rails != nil {
				rails.marked = a.marked
			}
			r, err := b.Add(c.Context(), args[1:], rails.through(base.Files(pool)))
			if err != nil {
				return err
			}
			for _, f := range r.Aside {
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "set_aside", "file": f.Name, "why": f.Aside.In(a.lang)})
				} else {
					fmt.Fprintln(a.stderr, a.t("set aside: %s: %s", "未读入：%s：%s", shown(f.Name), shown(f.Aside.In(a.lang))))
				}
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "knowledge", "name": args[0], "files": r.Files, "documents": r.Documents, "passages": r.Passages, "read": r.Read, "embedded": r.Embedded, "set_aside": len(r.Aside), "unchanged": r.Unchanged})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("%s: %d files, %d documents, %d passages; %d files were read, the others are as before", "%s：%d 个文件，%d 篇文档，%d 个段落；读入 %d 个文件，其余未变",
				args[0], r.Files, r.Documents, r.Passages, r.Read))
			return nil
		},
	}
	c.Flags().StringVar(&embedder, "embedder", "", a.t("embedding model whose vectors are used: a name or a path; default is the one in this program", "使用哪个向量模型：名称或路径；default 为程序自带的"))
	c.Flags().StringVar(&policy, "policy", "", a.t("rails through which documents enter, from now on: a pack, or a plan file, #NAME of the policy block; none for none", "文档从此须经的护栏：策略包，或计划文件，可加 #策略块名；none 为不用"))
	c.Flags().StringVar(&synonyms, "synonyms", "", a.t("file of phrases that mean the same", "同义词文件"))
	return c
}

// marked says what the rails did to a document that entered.
func (a *app) marked(file string, n guard.Note) {
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "rail", "file": file, "rule": n.Rule, "class": n.Class, "action": n.Action, "observed": n.Observed, "failed": n.Failed, "count": n.Count})
		return
	}
	fmt.Fprintln(a.stderr, a.t("%s: rail %s (%s), %s, %d times", "%s：护栏 %s（%s），%s，%d 处", shown(file), n.Rule, n.Class, n.Action, n.Count))
}

func (a *app) knowledgeList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.t("List the knowledge bases", "列出知识库"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			dir, err := bases()
			if err != nil {
				return err
			}
			names, err := base.List(dir)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, n := range names {
				b, err := base.Open(dir, n)
				if err != nil {
					return err
				}
				if a.format == formatJSONL {
					a.line(map[string]any{"type": "knowledge", "name": n, "files": len(b.Files()), "roots": b.Roots(), "stale": b.Stale()})
					continue
				}
				stale := ""
				if s := len(b.Stale()); s > 0 {
					stale = a.t("%d changed since", "其后改动 %d 个", s)
				}
				rows = append(rows, []string{n, a.t("%d files", "%d 个文件", len(b.Files())), shown(strings.Join(b.Roots(), " ")), stale})
			}
			if a.format == formatText && len(rows) == 0 {
				fmt.Fprintln(a.stdout, a.t("there is no knowledge base yet: suiren knowledge add NAME PATH", "还没有知识库：suiren knowledge add 名称 路径"))
			}
			a.print(terminal.Table("lrll", rows))
			return nil
		},
	}
}

// A reader of a base: who asks, and what they may read.
type asking struct {
	*knowledge.Index
	base   *base.Base
	access knowledge.Access
	models []*plain.Model
}

// Close closes the index and the models it was asked with.
func (q *asking) Close() error {
	err := q.Index.Close()
	for _, m := range q.models {
		m.Close()
	}
	return err
}

// asking opens a base for somebody. Whoever has the files and names nobody
// reads everything.
func (a *app) asking(ctx context.Context, name string, as []string) (*asking, error) {
	b, err := openBase(name)
	if err != nil {
		return nil, err
	}
	ix, err := b.Index()
	if err != nil {
		return nil, err
	}
	q := &asking{Index: ix, base: b}
	if b.Embedder() != "" {
		by, m, err := a.embedder(ctx, b.Embedder())
		if err != nil {
			ix.Close()
			return nil, err
		}
		q.models = append(q.models, m)
		ix.Use(by)
	}
	if len(as) > 0 {
		q.access = ix.Access(b.Rules(), as...)
	}
	return q, nil
}

func asFlag(c *cobra.Command, a *app, as *[]string) {
	c.Flags().StringSliceVar(as, "as", nil, a.t("ask as this person or group, who may not read everything", "以此人或组的身份提问，只看其可读的内容"))
}

func (a *app) knowledgeSearch() *cobra.Command {
	var as []string
	var by, rerank string
	k, each := 10, 0
	c := &cobra.Command{
		Use: "search " + a.t("NAME QUESTION", "名称 问题"), Short: a.t("Show the passages a question finds, and why", "显示一个问题找到的段落及原因"), Args: a.args(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if k < 1 || k > 1000 {
				return usage("--k", say.T("%d is not a number of passages from 1 to 1000", "%d 不是 1 到 1000 之间的段落数", k), say.Text{})
			}
			if each < 0 {
				return usage("--each", say.T("%d is not a number of passages", "%d 不是段落数", each), say.Text{})
			}
			way, ok := map[string]knowledge.By{"": knowledge.ByBoth, "both": knowledge.ByBoth, "words": knowledge.ByWords, "meaning": knowledge.ByMeaning}[by]
			if !ok {
				return usage("--by", say.T("%s is none of both, words and meaning", "%s 不是 both、words、meaning 之一", by), say.Text{})
			}
			q, err := a.asking(c.Context(), args[0], as)
			if err != nil {
				return err
			}
			defer q.Close()
			ask := knowledge.Question{Text: args[1], K: k, Access: q.access, By: way, Each: each}
			if rerank != "" {
				r, m, err := a.reranker(c.Context(), rerank)
				if err != nil {
					return err
				}
				q.models = append(q.models, m)
				ask.Reranker = r
			}
			hits := q.Find(ask)
			q.Explain(ask, hits)
			for i, h := range hits {
				if a.format == formatJSONL {
					line := hitLine(i, &h)
					line["weights"] = q.Weights()
					a.line(line)
					continue
				}
				var why []string
				for _, m := range h.Terms[:min(len(h.Terms), 8)] {
					why = append(why, fmt.Sprintf("%s %.2f", m.Term, m.Score))
				}
				fmt.Fprintf(a.stdout, "%d. %s\n   %s\n   %s\n   %s\n", i+1, shown(a.place(&h.Passage)), a.t("score %.2f, covers %.0f%% of the question: %s", "得分 %.2f，覆盖问题的 %.0f%%：%s", h.Score, 100*h.Coverage, shown(say.List(a.lang, why))),
					a.ranks(&h), shown(first(h.Text, 160)))
			}
			if w := q.Weights(); w != knowledge.Usual && way == knowledge.ByBoth && len(hits) > 0 && a.format == formatText {
				fmt.Fprintln(a.stdout, a.t("weights fitted to your questions: meaning %g, near passages %g (usually %g, %g)", "权重由您的问题拟合：含义 %g，相近段落 %g（通常为 %g、%g）", w.Meaning, w.Near, knowledge.Usual.Meaning, knowledge.Usual.Near))
			}
			if len(hits) == 0 && a.format == formatText {
				fmt.Fprintln(a.stdout, a.t("nothing was found", "没有找到"))
			}
			return nil
		},
	}
	c.Flags().IntVarP(&k, "k", "k", k, a.t("most passages", "最多段落数"))
	c.Flags().IntVar(&each, "each", 0, a.t("most passages of one document; 0 is any number", "每篇文档最多段落数；0 为不限"))
	c.Flags().StringVar(&by, "by", "both", a.t("search by words, by meaning or by both", "按词（words）、按含义（meaning）或两者（both）检索"))
	c.Flags().StringVar(&rerank, "rerank", "", a.t("reranking model that orders the best fifty: a name or a path", "对前五十段重新排序的模型：名称或路径"))
	asFlag(c, a, &as)
	return c
}

// ranks says where a hit stood by each part of the search.
func (a *app) ranks(h *knowledge.Hit) string {
	at := func(rank int) string {
		if rank == 0 {
			return "-"
		}
		return fmt.Sprint(rank)
	}
	s := a.t("by words %s (%.2f), by meaning %s (%.2f)", "按词第 %s（%.2f），按含义第 %s（%.2f）", at(h.Ranks.Words), h.Words, at(h.Ranks.Meaning), h.Meaning)
	if h.Rerank != 0 {
		s += a.t(", before reranking %d (%.2f)", "，重排前第 %d（%.2f）", h.Ranks.Fused, h.Rerank)
	}
	return s
}

func hitLine(i int, h *knowledge.Hit) map[string]any {
	return map[string]any{"type": "hit", "rank": i + 1, "id": h.ID, "file": h.File, "page": h.Page, "start": h.Start, "end": h.End, "heading": h.Heading,
		"score": h.Score, "coverage": h.Coverage, "words": h.Words, "meaning": h.Meaning, "rerank": h.Rerank, "ranks": h.Ranks, "terms": h.Terms, "spans": h.Spans, "text": h.Text}
}

// longestHeading is how many characters of a passage's headings are shown.
const longestHeading = 80

// place says where a passage stands.
func (a *app) place(p *knowledge.Passage) string {
	where := p.File
	if p.Page > 0 {
		where += a.t(", page %d", "，第 %d 页", p.Page)
	}
	if p.Heading != "" {
		where += a.t(", %s", "，%s", first(p.Heading, longestHeading)) // of a text without marks it is the first line
	}
	return where
}

// first returns the beginning of a text.
func first(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

func (a *app) knowledgeAsk() *cobra.Command {
	var as []string
	var model string
	c := &cobra.Command{
		Use: "ask " + a.t("NAME QUESTION", "名称 问题"), Short: a.t("Answer with sentences of the documents and their source, or have a model write from them", "用文档里的原句回答，或由模型据此撰写，并给出出处"), Args: a.args(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := a.asking(c.Context(), args[0], as)
			if err != nil {
				return err
			}
			defer q.Close()
			if model != "" {
				return a.askWritten(c.Context(), q, args[0], args[1], model, as)
			}
			a.answerQuoted(q, args[0], args[1])
			return nil
		},
	}
	c.Flags().StringVar(&model, "model", "", a.t("have this model write the answer from the passages found: a name or a path", "由这个模型根据找到的段落撰写回答：名称或路径"))
	asFlag(c, a, &as)
	return c
}

// answerQuoted answers with sentences of the documents.
func (a *app) answerQuoted(q *asking, name, question string) {
	ans := q.Answer(knowledge.Question{Text: question, Access: q.access})
	stale := q.staleOf(ans)
	if a.format == formatJSONL {
		a.answerLine(ans, stale)
		return
	}
	a.answerText(name, ans, stale)
}

// staleOf returns the cited files that changed since they were read.
func (q *asking) staleOf(ans knowledge.Answer) (list []string) {
	cited := map[string]bool{}
	for _, s := range ans.Sentences {
		if s.Hit >= 0 {
			cited[ans.Hits[s.Hit].File] = true
		}
	}
	for _, name := range q.base.Stale() {
		for file := range cited {
			if file == name || strings.HasPrefix(file, name+"/") || strings.HasPrefix(file, name+"#") {
				list = append(list, name)
				break
			}
		}
	}
	return list
}

func (a *app) answerLine(ans knowledge.Answer, stale []string) {
	type sentence struct {
		Text      string `json:"text"`
		ID        string `json:"id,omitempty"`
		File      string `json:"file,omitempty"`
		Page      int    `json:"page,omitempty"`
		Heading   string `json:"heading,omitempty"`
		Start     int    `json:"start"`
		End       int    `json:"end"`
		Supported bool   `json:"supported"`
	}
	cite := func(s knowledge.Sentence) sentence {
		out := sentence{Text: s.Text, Supported: s.Supported}
		if s.Hit >= 0 {
			h := ans.Hits[s.Hit]
			out.ID, out.File, out.Page, out.Heading, out.Start, out.End = h.ID, h.File, s.Page, h.Heading, h.Start, h.End
		}
		return out
	}
	sentences, differ := []sentence{}, [][2]sentence{}
	for _, s := range ans.Sentences {
		sentences = append(sentences, cite(s))
	}
	for _, p := range ans.Differ {
		differ = append(differ, [2]sentence{cite(p.One), cite(p.Two)})
	}
	a.line(map[string]any{"type": "answer", "refused": ans.Refused, "sentences": sentences, "differ": differ, "stale": stale})
}

func (a *app) answerText(name string, ans knowledge.Answer, stale []string) {
	if ans.Refused {
		if len(ans.Hits) == 0 {
			fmt.Fprintln(a.stdout, a.t("The documents do not say.", "文档里没有答案。"))
			return
		}
		fmt.Fprintln(a.stdout, a.t("The documents do not say. Nearest:", "文档里没有答案。最接近的段落："))
		for _, h := range ans.Hits[:min(len(ans.Hits), 3)] {
			fmt.Fprintln(a.stdout, "  "+shown(a.place(&h.Passage)))
		}
		return
	}
	for _, s := range ans.Sentences {
		mark := ""
		if !s.Supported {
			mark = a.t(" [unsupported]", " [无依据]")
		}
		fmt.Fprintln(a.stdout, terminal.Printable(s.Text)+mark)
	}
	cited := func(s knowledge.Sentence) string {
		p := ans.Hits[max(s.Hit, 0)].Passage
		p.Page = cmp.Or(s.Page, p.Page)
		return shown(a.place(&p))
	}
	fmt.Fprintln(a.stdout, "\n"+a.t("Source: %s", "出处：%s", cited(ans.Sentences[0])))
	for _, p := range ans.Differ {
		fmt.Fprintln(a.stdout, a.t("Another document says otherwise: %s (%s)", "另一文档的说法不同：%s（%s）", shown(p.Two.Text), cited(p.Two)))
	}
	for _, f := range stale {
		fmt.Fprintln(a.stdout, a.t("%s changed since it was read: suiren knowledge add %s", "%s 在读入后有改动：suiren knowledge add %s", shown(f), name))
	}
}

func noBase(name string, err error) error {
	return &say.Error{Where: name, What: say.T("there is no such knowledge base", "没有这个知识库"), Next: say.T("suiren knowledge list names them", "用 suiren knowledge list 查看名称"), Err: err}
}

func (a *app) knowledgeRemove() *cobra.Command {
	return &cobra.Command{
		Use: "rm " + a.t("NAME", "名称"), Short: a.t("Remove a base; the documents stay", "删除知识库；文档保留"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := openBase(args[0])
			if err == nil {
				err = b.Remove()
			}
			if errors.Is(err, fs.ErrNotExist) {
				return noBase(args[0], err)
			}
			return err
		},
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/data"
	"suiren/stage/data/quality"
	"suiren/store"
)

func (a *app) dataCommand() *cobra.Command {
	var folder string
	flag := func(c *cobra.Command) *cobra.Command {
		c.Flags().StringVar(&folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
		return c
	}
	with := func(f func(w *workspace, args []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error {
			w, err := a.openState(folder)
			if err != nil {
				return err
			}
			defer w.close()
			return f(w, args)
		}
	}
	count, labels, set := 20, []string{}, map[string]string{}
	review := flag(&cobra.Command{
		Use: "review " + a.t("CORPUS", "语料"), Short: a.t("Draw documents for people to judge, kept and left out", "抽取文档供人工判断，含保留的与去掉的"),
		Long: a.t("Write documents of each verdict as JSON Lines, to be given a label, good or bad. With --labels the labelled file is counted: the share of good texts of each verdict, with its 95 % interval. With the files of two people it says how far they agree too (Cohen's kappa), and on which documents they do not. A file can be the labels of a corpus.",
			"按各种结论抽取文档，写成 JSON Lines，供填写 label（good 或 bad）。用 --labels 统计填好的文件：每种结论中好文本的占比及其 95% 区间。给出两人各自的文件时，还说明两人的一致程度（Cohen's kappa）及意见不同的文档。文件也可用作语料的 labels。"),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(labels) > 0 {
				return a.dataShares(labels)
			}
			if len(args) == 0 {
				return a.args(1, 1)(c, args)
			}
			return with(func(w *workspace, args []string) error { return w.dataReview(args[0], count) })(c, args)
		},
	})
	review.Flags().IntVar(&count, "count", 20, a.t("documents of each verdict", "每种结论的文档数"))
	review.Flags().StringArrayVar(&labels, "labels", nil, a.t("a labelled file to count; twice for two people", "要统计的已标注文件；两人标注时写两次"))
	try := flag(&cobra.Command{
		Use: "try " + a.t("CORPUS", "语料"), Short: a.t("Say what other thresholds would decide, from the measures alone", "只凭度量，说明换用其他阈值的判定"),
		Args: a.args(1, 1), RunE: with(func(w *workspace, args []string) error { return w.dataTry(args[0], set) }),
	})
	try.Flags().StringToStringVar(&set, "set", nil, a.t("a threshold: words_least=30, zh.words_least=20", "阈值：words_least=30、zh.words_least=20"))
	check := false
	forget := flag(&cobra.Command{
		Use: "forget " + a.t("SOURCE", "来源"), Short: a.t("Say what must be made again without a source, and prove that it is gone", "说明去掉某个来源后须重做的内容，并证明已无残留"),
		Long: a.t("Say what must be made again without a source, and prove that it is gone. SOURCE is the path of a document, of a file with several, or of a folder, or a pattern of paths. The first run lists what was made from it, down to releases, and notes fingerprints of its words. Remove it from your files, run suiren apply and suiren store gc, then run it again with --check: it searches the lineage of everything that stands, the words of every artifact, and the answers that were kept (suiren trace capture).",
			"说明去掉某个来源后须重做的内容，并证明已无残留。来源是文档、含多篇文档的文件或目录的路径，或路径模式。第一次运行会列出由它制作的一切，直至发布版本，并记下其文字的指纹。从您的文件中删除它、运行 suiren apply 和 suiren store gc 之后，再加 --check 运行：它会检查现有一切的来历、每个产物的文字，以及保留的回答（suiren trace capture）。"),
		Args: a.args(1, 1), RunE: with(func(w *workspace, args []string) error { return w.dataForget(args[0], check) }),
	})
	forget.Flags().BoolVar(&check, "check", false, a.t("prove that it is gone", "证明已无残留"))
	return a.group("data", a.t("Look into what corpora keep and leave out, and why", "查看语料保留与去掉的内容及原因"),
		flag(&cobra.Command{Use: "explain ID", Short: a.t("Say what was decided about a document, and why", "说明对某篇文档的判定及原因"),
			Args: a.args(1, 1), RunE: with(func(w *workspace, args []string) error { return w.dataExplain(args[0]) })}),
		flag(&cobra.Command{Use: "diff A B", Short: a.t("List the documents about which two corpora decided differently", "列出两份语料判定不同的文档"),
			Long: a.t("List the documents about which two corpora decided differently. A and B are corpora that stand (corpus.clean), or the digests of artifacts.", "列出两份语料判定不同的文档。A 和 B 是现有语料（corpus.clean）或产物的摘要。"),
			Args: a.args(2, 2), RunE: with(func(w *workspace, args []string) error { return w.dataDiff(args[0], args[1]) })}),
		try, review, forget,
		flag(&cobra.Command{Use: "card " + a.t("CORPUS", "语料"), Short: a.t("Write the data card of a corpus", "生成语料的数据卡"),
			Args: a.args(1, 1), RunE: with(func(w *workspace, args []string) error { return w.dataCard(args[0]) })}),
		&cobra.Command{Use: "rules [" + a.t("RECIPE", "配方") + "]", Short: a.t("List recipes, or the rules and thresholds of one", "列出配方，或某个配方的规则与阈值"),
			Args: a.args(0, 1), RunE: func(_ *cobra.Command, args []string) error { return a.dataRules(strings.Join(args, "")) }},
	)
}

// corpus finds a corpus by the name of its block or by its digest.
func (w *workspace) corpus(name string) (store.Record, string, error) {
	kind, block, ok := strings.Cut(name, ".")
	if !ok {
		kind, block = string(store.Corpus), name
	}
	blocks, err := w.st.Blocks()
	if err != nil {
		return store.Record{}, "", err
	}
	for _, b := range blocks {
		if string(b.Kind) == kind && b.Name == block {
			rec, _, err := w.st.Made(b.Key)
			if err != nil {
				return rec, "", err
			}
			dir, err := w.st.Dir(b.Output)
			return rec, dir, err
		}
	}
	if d, err := store.ParseDigest(name); err == nil {
		made, err := w.st.MadeBy(d)
		if err != nil {
			return store.Record{}, "", err
		}
		dir, err := w.st.Dir(d)
		if len(made) > 0 {
			return made[0], dir, err
		}
		return store.Record{}, dir, err
	}
	return store.Record{}, "", usage(name, say.T("there is no corpus of this name", "没有这个名字的语料"), say.T("suiren show lists what stands", "用 suiren show 查看现有内容"))
}

// corpora are those that stand and have a journal.
func (w *workspace) corpora(f func(name string, rec store.Record, dir string) error) error {
	blocks, err := w.st.Blocks()
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if b.Kind != store.Corpus {
			continue
		}
		rec, ok, err := w.st.Made(b.Key)
		if err != nil {
			return err
		}
		dir, err := w.st.Dir(b.Output)
		if !ok || err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, data.JournalFile)); err != nil {
			continue // of an earlier version
		}
		if err := f("corpus."+b.Name, rec, dir); err != nil {
			return err
		}
	}
	return nil
}

func (w *workspace) dataExplain(id string) error {
	a := w.a
	found := false
	err := w.corpora(func(name string, rec store.Record, dir string) error {
		e, err := data.FindEntry(dir, id)
		if err != nil || e == nil {
			return err
		}
		found = true
		asked, err := data.Explain(rec.Settings, e)
		if err != nil {
			return err
		}
		from, err := w.madeFrom(rec.Output)
		if err != nil {
			return err
		}
		if a.format == formatJSONL {
			a.line(map[string]any{"type": "explain", "corpus": name, "artifact": rec.Output, "entry": e, "rules": asked, "used_by": from})
			return nil
		}
		fmt.Fprintf(a.stdout, "%s  %s\n", name, rec.Output.Short())
		rows := [][]string{
			{"  " + a.t("document", "文档"), e.Path + "  " + e.ID}, {"  " + a.t("from", "来自"), e.Source},
			{"  " + a.t("language", "语言"), fmt.Sprintf("%s  %.3f", e.Lang, e.Sure)}, {"  " + a.t("verdict", "结论"), a.verdict(e)},
			{"  " + a.t("text", "文本"), e.Before + " → " + e.After},
		}
		for kind, n := range e.PII {
			rows = append(rows, []string{"  " + kind, strconv.Itoa(n)})
		}
		if len(from) > 0 && e.Kept {
			rows = append(rows, []string{"  " + a.t("used by", "用于"), say.List(a.lang, from)})
		}
		for _, l := range terminal.Table("ll", rows) {
			fmt.Fprintln(a.stdout, l)
		}
		rows = nil
		for _, r := range asked {
			sign, mark := "≥", " "
			if r.Most {
				sign = "≤"
			}
			if r.Dropped {
				mark = "✗"
			}
			rows = append(rows, []string{"  " + mark + " " + r.Rule, fmt.Sprintf("%.4g", r.Value), sign, fmt.Sprintf("%.4g", r.Limit)})
		}
		for _, l := range terminal.Table("lrll", rows) {
			fmt.Fprintln(a.stdout, l)
		}
		return nil
	})
	if err == nil {
		written, e := w.explainWritten(id)
		found, err = found || written, e
	}
	if err == nil {
		aside, e := w.explainAside(id)
		found, err = found || aside, e
	}
	if err == nil && !found {
		err = usage(id, say.T("no corpus that stands has read such a document", "现有语料没有读过这样的文档"), say.T("give its id or its path, as in a journal", "请给出文档的 id 或路径，与日志中一致"))
	}
	return err
}

// explainAside says why documents did not take in a file, or records of it.
func (w *workspace) explainAside(id string) (found bool, err error) {
	a := w.a
	blocks, err := w.st.Blocks()
	if err != nil {
		return false, err
	}
	for _, b := range blocks {
		if b.Kind != store.Documents {
			continue
		}
		dir, err := w.st.Dir(b.Output)
		if err != nil {
			return found, err
		}
		list, err := data.FindAside(dir, id)
		if err != nil {
			return found, err
		}
		for i := range list {
			s := &list[i]
			found = true
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "explain", "documents": "documents." + b.Name, "artifact": b.Output, "aside": s})
				continue
			}
			if i == 0 {
				fmt.Fprintf(a.stdout, "documents.%s  %s\n", b.Name, b.Output.Short())
			}
			fmt.Fprintln(a.stdout, "  "+a.t("set aside: %s: %s", "未读入：%s：%s", shown(s.Path), shown(say.Text{En: s.En, Zh: s.Zh}.In(a.lang))))
		}
	}
	return found, nil
}

func (a *app) verdict(e *data.Entry) string {
	if e.Kept && e.Heldout {
		return a.t("kept, and held out by split", "保留，由 split 留出")
	}
	if e.Pieces > 0 {
		return a.t("kept in %d pieces, %d of them held out by split", "保留，切成 %d 段，其中 %d 段由 split 留出", e.Pieces, e.Aside)
	}
	if e.Kept {
		return a.t("kept", "保留")
	}
	s := a.t("left out: %s", "去掉：%s", e.Reason)
	if e.Like != "" {
		s += "  (" + e.Like + ")"
	}
	return s
}

func (w *workspace) dataDiff(before, after string) error {
	_, old, err := w.corpus(before)
	if err != nil {
		return err
	}
	_, now, err := w.corpus(after)
	if err != nil {
		return err
	}
	n := 0
	err = data.Diff(old, now, func(c data.Change) error {
		n++
		if w.a.format == formatJSONL {
			w.a.line(map[string]any{"type": "change", "change": c})
			return nil
		}
		_, err := fmt.Fprintf(w.a.stdout, "%s  %s → %s\n", shown(c.Path), w.a.decided(c.Before), w.a.decided(c.After))
		return err
	})
	if err == nil && w.a.format == formatText {
		fmt.Fprintln(w.a.stdout, w.a.t("%d documents are decided differently", "%d 篇文档的判定不同", n))
	}
	return err
}

func (w *workspace) dataTry(name string, set map[string]string) error {
	rec, dir, err := w.corpus(name)
	if err != nil {
		return err
	}
	var settings map[string]any
	if err := json.Unmarshal(rec.Settings, &settings); err != nil {
		return err
	}
	if settings["Recipe"] == "rag" {
		return usage(name, say.T("it was made with rag, which keeps whole texts and asks no rules of them", "它用 rag 配方制成，保留整篇，不使用任何规则"),
			say.T("make one with recipe = \"measure\" and try thresholds on that", "请用 recipe = \"measure\" 另做一份，在它上面试阈值"))
	}
	thresholds, _ := settings["Thresholds"].(map[string]any)
	if thresholds == nil {
		thresholds = map[string]any{}
	}
	for k, v := range set {
		x, err := strconv.ParseFloat(v, 64)
		lang, rule, ok := strings.Cut(k, ".")
		if !ok {
			rule = k
		} else if e := data.NoLanguage("--set", lang); e != nil {
			return usage(e.Where, e.What, e.Next)
		}
		if err != nil || x < 0 || quality.Find(rule) == nil {
			return usage("--set", say.T("%q is not a threshold", "%q 不是阈值", k+"="+v), say.T("write it like words_least=30; suiren data rules RECIPE lists the rules", "请写成 words_least=30；suiren data rules 配方 列出全部规则"))
		}
		thresholds[k] = x
	}
	settings["Thresholds"] = thresholds
	text, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	changes, total := map[string]int{}, 0
	err = data.ReadJournal(dir, func(e *data.Entry) error {
		total++
		why, err := data.Judge(text, e)
		if err != nil {
			return err
		}
		was := e.Reason
		if was != why {
			changes[orKept(was)+" → "+orKept(why)]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range slices.Sorted(maps.Keys(changes)) {
		if w.a.format == formatJSONL {
			w.a.line(map[string]any{"type": "try", "change": c, "documents": changes[c]})
		} else {
			was, why, _ := strings.Cut(c, " → ")
			fmt.Fprintf(w.a.stdout, "%8d  %s → %s\n", changes[c], w.a.decided(was), w.a.decided(why))
		}
	}
	if w.a.format == formatText {
		fmt.Fprintln(w.a.stdout, w.a.t("of %d documents, by their measures alone; which of several alike stays is decided when it is made", "共 %d 篇，只凭度量；近似文档中留下哪一篇，要到制作时才定", total))
	}
	return nil
}

// decided says a verdict of a journal for people.
func (a *app) decided(verdict string) string {
	switch verdict {
	case data.VerdictKept:
		return a.t("kept", "保留")
	case data.VerdictAbsent:
		return a.t("absent", "没有")
	}
	return verdict
}

func orKept(reason string) string {
	if reason == "" {
		return data.VerdictKept
	}
	return reason
}

func (a *app) dataRules(name string) error {
	if name == "" {
		var rows [][]string
		for _, r := range quality.Recipes {
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "recipe", "recipe": r.Name, "what": r.What.In(a.lang)})
			}
			rows = append(rows, []string{r.Name, r.What.In(a.lang)})
		}
		if a.format == formatText {
			for _, l := range terminal.Table("ll", rows) {
				fmt.Fprintln(a.stdout, l)
			}
		}
		return nil
	}
	r := quality.Named(name)
	if r == nil {
		return usage(name, say.T("there is no such recipe", "没有这个配方"), say.T("suiren data rules lists them", "用 suiren data rules 查看全部"))
	}
	langs := slices.Sorted(maps.Keys(r.Thresholds))
	var rows [][]string
	for _, lang := range langs {
		limits := r.Thresholds[lang]
		for _, rule := range quality.Rules {
			limit, ok := limits[rule.Name]
			if !ok {
				continue
			}
			full := rule.Name
			if lang != "" {
				full = lang + "." + full
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "threshold", "name": full, "value": limit, "most": rule.Most})
			}
			rows = append(rows, []string{full, fmt.Sprintf("%g", limit)})
		}
	}
	if a.format == formatJSONL {
		return nil
	}
	fmt.Fprintln(a.stdout, r.What.In(a.lang))
	for _, l := range terminal.Table("lr", rows) {
		fmt.Fprintln(a.stdout, "  "+l)
	}
	for _, t := range r.Warnings {
		fmt.Fprintln(a.stdout, a.t("careful", "注意")+"  "+t.In(a.lang))
	}
	return nil
}

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/stage/data"
	"suiren/stage/data/quality"
	"suiren/store"
)

// dataCard writes the data card of a corpus in Markdown: what it is, where it comes
// from and under which licences, what was left out, and where it may do harm.
func (w *workspace) dataCard(name string) error {
	a := w.a
	rec, dir, err := w.corpus(name)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		return err
	}
	var r data.CorpusReport
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	licences, err := w.licences(rec.Output, map[store.Digest]bool{}, map[string][]string{})
	if err != nil {
		return err
	}
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "card", "corpus": name, "digest": rec.Output, "licences": licences, "report": r})
		return nil
	}
	var b strings.Builder
	line := func(en, zh string, args ...any) { b.WriteString(a.t(en, zh, args...) + "\n") }
	line("# Data card: %s", "# 数据卡：%s", name)
	b.WriteByte('\n')
	line("Artifact `%s`, recipe `%s`, made by suiren %s.", "产物 `%s`，配方 `%s`，由 suiren %s 制作。", rec.Output, r.Recipe, rec.Version)
	if q := quality.Named(r.Recipe); q != nil {
		line("%s.", "%s。", q.What.In(a.lang))
	}
	b.WriteByte('\n')
	kept := r.Kept
	if r.Mix == nil { // a mixture is counted without those held out
		kept += r.Pieces - r.Heldout
	}
	line("%d documents, %s, of %d that were read.", "%d 篇文档，%s，共读入 %d 篇。", kept, size(int64(r.Bytes)), r.Read)
	section := func(en, zh string) { b.WriteString("\n## " + a.t(en, zh) + "\n\n") }
	counts := func(m map[string]*data.LanguageCount) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			shown := k
			if shown == "" {
				shown = a.t("no letters", "无文字")
			}
			line("- %s: %d of %d", "- %s：%d/%d", shown, m[k].Kept, m[k].Read)
		}
	}
	if r.Pieces > 0 {
		b.WriteByte('\n')
		line("Long ones were cut into pieces, which counts %d more, so that the split holds out its share.", "长文档切成了几段，因此多计 %d 篇，使 split 能按比例留出。", r.Pieces)
	}
	if r.Heldout > 0 {
		b.WriteByte('\n')
		line("%d more are held out (`heldout.jsonl`).", "另有 %d 篇留出（`heldout.jsonl`）。", r.Heldout)
	}
	if r.Learnt != nil {
		b.WriteByte('\n')
		line("What is good was learnt from %d good and %d bad texts; of %d others, %d were told right.", "何为好文本学自 %d 条好文本与 %d 条差文本；另外 %d 条中判对 %d 条。", r.Learnt.Good, r.Learnt.Bad, r.Learnt.Asked, r.Learnt.Right)
	}
	section("Sources", "来源")
	counts(r.Sources)
	section("Licences", "许可")
	for _, l := range slices.Sorted(maps.Keys(licences)) {
		shown := l
		if shown == "" {
			shown = a.t("not stated", "未注明")
		}
		line("- %s: %s", "- %s：%s", shown, licences[l])
	}
	section("Languages", "语言")
	counts(r.Languages)
	section("Left out", "去掉的内容")
	for _, k := range slices.Sorted(maps.Keys(r.Reasons)) {
		line("- %s: %d", "- %s：%d", k, r.Reasons[k])
	}
	if len(r.Reasons) == 0 {
		line("Nothing.", "没有。")
	}
	if len(r.PII) > 0 {
		section("Personal data found", "发现的个人信息")
		for _, k := range slices.Sorted(maps.Keys(r.PII)) {
			line("- %s: %d", "- %s：%d", k, r.PII[k])
		}
	}
	if len(r.Mix) > 0 {
		section("Mixture", "混合")
		for _, k := range slices.Sorted(maps.Keys(r.Mix)) {
			line("- %s: %.1f %% of the bytes, %.2f epochs", "- %s：占字节数 %.1f%%，%.2f 轮", k, 100*r.Mix[k].Share, r.Mix[k].Epochs)
		}
	}
	if len(r.Warnings) > 0 {
		section("Where it may do harm", "可能的损害")
		for _, s := range r.Warnings {
			line("- %s", "- %s", a.t(strings.ReplaceAll(s.En, "%", "%%"), strings.ReplaceAll(s.Zh, "%", "%%")))
		}
	}
	_, err = fmt.Fprint(a.stdout, b.String())
	return err
}

// licences adds up the licences of the documents that an artifact was made from.
func (w *workspace) licences(d store.Digest, seen map[store.Digest]bool, m map[string][]string) (map[string][]string, error) {
	if seen[d] {
		return m, nil
	}
	seen[d] = true
	made, err := w.st.MadeBy(d)
	if err != nil || len(made) == 0 {
		return m, err
	}
	r := made[0]
	if r.Kind == store.Documents || r.Kind == store.Examples {
		var s struct{ License string }
		if err := json.Unmarshal(r.Settings, &s); err != nil {
			return m, err
		}
		if n := string(r.Kind) + "." + r.Name; !slices.Contains(m[s.License], n) {
			m[s.License] = append(m[s.License], n)
		}
	}
	for _, in := range r.Inputs {
		if in.Arg == "against" || in.Arg == "heldout" { // it is judged by them, and holds none of them
			continue
		}
		if m, err = w.licences(in.From, seen, m); err != nil {
			return m, err
		}
	}
	return m, nil
}

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
	"suiren/stage/data"
	"suiren/stage/operate/ledger"
	"suiren/store"
)

// madeFrom lists the blocks that stand and were made from an artifact, however far
// away, in the order of the loop.
func (w *workspace) madeFrom(d store.Digest) ([]string, error) {
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, err
	}
	var list []string
	for _, b := range blocks {
		if b.Output == d {
			continue
		}
		ok, err := w.comesFrom(b.Output, d, map[store.Digest]bool{})
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, string(b.Kind)+"."+b.Name)
		}
	}
	return list, nil
}

// comesFrom reports whether an artifact was made from d.
func (w *workspace) comesFrom(a, d store.Digest, seen map[store.Digest]bool) (bool, error) {
	if a == d {
		return true, nil
	}
	if seen[a] {
		return false, nil
	}
	seen[a] = true
	made, err := w.st.MadeBy(a)
	if err != nil {
		return false, err
	}
	for _, r := range made {
		for _, in := range r.Inputs {
			if ok, err := w.comesFrom(in.From, d, seen); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// dataForget lists what was made from a source; with check it proves that nothing
// of it is left.
func (w *workspace) dataForget(source string, check bool) error {
	a := w.a
	prints := w.path("forgotten.jsonl")
	if check {
		return w.checkForgotten(source, prints)
	}
	held, again, err := w.noteForgotten(source, source)
	if err != nil {
		return err
	}
	if held == 0 {
		return usage(source, say.T("no documents that stand hold such a path", "现有文档中没有这样的路径"), say.T("give a path as in documents.jsonl, or a pattern such as crawl/*", "请给出 documents.jsonl 中的路径，或 crawl/* 这样的模式"))
	}
	notes, err := data.ReadForgotten(prints, source)
	if err != nil {
		return err
	}
	kept, err := w.answersFrom(notes)
	if err != nil {
		return err
	}
	if len(kept) > 0 {
		patterns := make([]string, len(kept))
		for i, k := range kept {
			patterns[i] = "traces/" + k.ID
		}
		_, more, err := w.noteForgotten(source, patterns...)
		if err != nil {
			return err
		}
		for _, name := range more {
			if !slices.Contains(again, name) {
				again = append(again, name)
			}
		}
	}
	w.showKept(kept)
	if a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("to be made again: %s", "须重做：%s", again))
		fmt.Fprintln(a.stdout, a.t("remove it from your files, run suiren apply, then suiren store gc, then suiren data forget --check", "请从您的文件中删除它，运行 suiren apply，再运行 suiren store gc，最后运行 suiren data forget --check"))
	}
	return nil
}

// noteForgotten notes the documents of all blocks that match a pattern, and returns how many
// there are and what is to be made again without them.
func (w *workspace) noteForgotten(source string, patterns ...string) (held int, again []string, err error) {
	a := w.a
	blocks, err := w.st.Blocks()
	if err != nil {
		return 0, nil, err
	}
	for _, b := range blocks {
		if b.Kind != store.Documents {
			continue
		}
		dir, err := w.st.Dir(b.Output)
		if err != nil {
			return 0, nil, err
		}
		n, err := data.NoteForgotten(dir, b.Output.String(), source, w.path("forgotten.jsonl"), patterns...)
		if err != nil {
			return 0, nil, err
		}
		if n == 0 {
			continue
		}
		held += n
		name := "documents." + b.Name
		from, err := w.madeFrom(b.Output)
		if err != nil {
			return 0, nil, err
		}
		if a.format == formatJSONL {
			a.line(map[string]any{"type": "holds", "block": name, "documents": n, "made_from": from})
		} else {
			fmt.Fprintln(a.stdout, a.t("%s holds %d such documents", "%s 含有 %d 篇这样的文档", name, n))
		}
		for _, f := range append([]string{name}, from...) {
			if !slices.Contains(again, f) {
				again = append(again, f)
			}
		}
	}
	return held, again, nil
}

// A keptAnswer is a request of which what was kept comes from a forgotten document.
type keptAnswer struct {
	ID       string    `json:"id"`
	Document string    `json:"document"`
	Time     time.Time `json:"time"`
	Sets     []string  `json:"sets,omitempty"` // that it was chosen for
}

// answersFrom lists the requests in the books, the oldest first, of which what was kept
// comes from forgotten documents.
func (w *workspace) answersFrom(notes []data.Forgotten) (list []keptAnswer, err error) {
	books := w.books()
	if old, err := filepath.Glob(filepath.Join(string(books), "traces", "*")); err != nil || len(old) == 0 {
		if _, err := os.Stat(books.ledger()); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	l, err := books.openLedger()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	recall := data.NewRecall(notes)
	at := map[string]int{}
	err = l.Each(&ledger.Query{}, func(t *ledger.Trace) error {
		if t.Content == nil {
			return nil
		}
		kept := data.Kept{Answer: t.Content.Answer, More: []string{t.Content.Thought}}
		for _, m := range t.Content.Messages {
			kept.Before = append(kept.Before, m.Text)
		}
		var sources []form.Source
		if len(t.Content.Sources) > 0 {
			if err := json.Unmarshal(t.Content.Sources, &sources); err != nil {
				return fmt.Errorf("%s: %w", t.ID, err)
			}
		}
		for _, s := range sources {
			kept.Files, kept.More = append(kept.Files, s.File), append(kept.More, s.Text)
		}
		if document, ok := recall.In(kept); ok {
			at[t.ID] = len(list)
			list = append(list, keptAnswer{ID: t.ID, Document: document, Time: t.Time})
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	sets, err := l.Sets()
	if err != nil {
		return nil, err
	}
	for _, s := range sets {
		if err := l.Each(&ledger.Query{Set: s.Name}, func(t *ledger.Trace) error {
			if i, ok := at[t.ID]; ok {
				list[i].Sets = append(list[i].Sets, s.Name)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// showKept prints answers that come from forgotten documents.
func (w *workspace) showKept(list []keptAnswer) {
	a := w.a
	for i, k := range list {
		switch {
		case a.format == formatJSONL:
			a.line(struct {
				Type string `json:"type"`
				keptAnswer
			}{"kept", k})
		case i == mostShown:
			fmt.Fprintln(a.stdout, a.t("and %d more; -o jsonl lists all", "另有 %d 个；-o jsonl 列出全部", len(list)-i))
			return
		case len(k.Sets) > 0:
			fmt.Fprintln(a.stdout, a.t("kept answer %s comes from %s; chosen for %s", "保留的回答 %s 出自 %s；已选入 %s", k.ID, k.Document, k.Sets))
		default:
			fmt.Fprintln(a.stdout, a.t("kept answer %s comes from %s", "保留的回答 %s 出自 %s", k.ID, k.Document))
		}
	}
	if len(list) > 0 && a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("what was said goes by suiren audit forget --before DAY; the last of these answers is of %s", "内容由 suiren audit forget --before 日期 删除；其中最后一个回答的日期为 %s", list[len(list)-1].Time.Local().Format(time.DateOnly)))
	}
}

// mostShown answers are listed for people.
const mostShown = 20

// checkForgotten searches all artifacts, those that no block needs included, for
// the words of what was noted.
func (w *workspace) checkForgotten(source, prints string) error {
	a := w.a
	notes, err := data.ReadForgotten(prints, source)
	if err != nil {
		return err
	}
	if len(notes) == 0 {
		return usage(source, say.T("nothing was noted of this source", "没有记录过这个来源"), say.T("run suiren data forget without --check first, while it is there", "请在它还在时先不加 --check 运行一次"))
	}
	left, files, err := data.SearchForgotten(w.st.Path(), notes)
	if err != nil {
		return err
	}
	made, err := w.madeOfForgotten(notes)
	if err != nil {
		return err
	}
	left = append(left, made...)
	kept, err := w.answersFrom(notes)
	if err != nil {
		return err
	}
	w.showKept(kept)
	held := map[string][]data.Left{}
	for _, l := range left {
		held[l.File] = append(held[l.File], l)
		if a.format == formatJSONL {
			a.line(map[string]any{"type": "left", "file": l.File, "document": l.Document, "share": l.Share})
		}
	}
	if a.format == formatText {
		for _, file := range slices.Sorted(maps.Keys(held)) {
			most := slices.MaxFunc(held[file], func(a, b data.Left) int { return cmp.Compare(a.Share, b.Share) })
			s := a.t("%s: %.0f %% of the fingerprints of %s", "%s：含有 %[3]s 指纹的 %.0[2]f%%", file, 100*most.Share, most.Document)
			if n := len(held[file]) - 1; n > 0 {
				s += a.t(", and of %d more", "，另有 %d 篇", n)
			}
			fmt.Fprintln(a.stdout, s)
		}
	}
	if len(left) == 0 && len(kept) > 0 {
		return &say.Error{Where: source, What: say.T("%d kept answers still come from it", "仍有 %d 个保留的回答出自它", len(kept)), Next: say.T("run suiren audit forget --before DAY; those of refused requests stay as long as they are held", "请运行 suiren audit forget --before 日期；被拒绝请求的内容在留存期内不会删除")}
	}
	if len(left) > 0 {
		return &say.Error{Where: source, What: say.T("it is still in %d files", "仍有 %d 个文件含有它", len(held)), Next: say.T("run suiren apply and suiren store gc; the live release and the one before it hold it until others take their places (suiren release list); what stands in backups and in logs is yours to remove", "请运行 suiren apply 和 suiren store gc；正在服务的发布版本及其上一版本，要到被新版本取代后才会清除（suiren release list）；备份与日志中的内容需自行删除")}
	}
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "gone", "source": source, "documents": len(notes), "files": files})
	} else {
		fmt.Fprintln(a.stdout, a.t("gone: %d documents, no trace in %d files; no artifact that was made from them is left", "已清除：%d 篇文档，在 %d 个文件中均无痕迹；由它们制作的产物均已不在", len(notes), files))
	}
	return nil
}

// madeOfForgotten lists the artifacts in the store, needed or not, that were made
// from one that held a forgotten document.
func (w *workspace) madeOfForgotten(notes []data.Forgotten) (left []data.Left, err error) {
	list, err := os.ReadDir(w.path("artifacts"))
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		d, err := store.ParseDigest(e.Name())
		if err != nil {
			continue // a list, or not ours
		}
		for _, n := range notes {
			from, err := store.ParseDigest(n.Artifact)
			if err != nil {
				return nil, err
			}
			ok, err := w.comesFrom(d, from, map[store.Digest]bool{})
			if err != nil {
				return nil, err
			}
			if ok {
				left = append(left, data.Left{File: "artifacts/" + e.Name(), Document: n.Path, Share: 1})
			}
		}
	}
	return left, nil
}

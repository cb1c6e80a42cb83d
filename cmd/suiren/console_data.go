package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/pii"
	"suiren/serve"
	"suiren/stage"
	"suiren/stage/data"
	"suiren/stage/data/quality"
	"suiren/store"
)

// corpora lists the corpora that stand, with their reports.
func (h *house) corpora(context.Context, serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	type shown struct {
		Name   string          `json:"name"`
		Digest string          `json:"digest"`
		Report json.RawMessage `json:"report"`
		UsedBy []string        `json:"used_by"`
	}
	list := []shown{}
	err = w.corpora(func(name string, rec store.Record, dir string) error {
		report, err := os.ReadFile(filepath.Join(dir, "report.json"))
		if err != nil {
			return err
		}
		used, err := w.madeFrom(rec.Output)
		list = append(list, shown{strings.TrimPrefix(name, "corpus."), rec.Output.String(), report, used})
		return err
	})
	rules := []string{}
	for _, r := range quality.Rules {
		rules = append(rules, r.Name)
	}
	return map[string]any{"corpora": list, "rules": rules}, err
}

// corpusOf opens the corpus that a query names.
func (h *house) corpusOf(q serve.Query) (*workspace, store.Record, string, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, store.Record{}, "", err
	}
	rec, dir, err := w.corpus(q.Name)
	return w, rec, dir, err
}

// A journalRow is what a table shows of a document.
type journalRow struct {
	ID     string         `json:"id"`
	Path   string         `json:"path"`
	Source string         `json:"source"`
	Lang   string         `json:"lang"`
	Kept   bool           `json:"kept"`
	Reason string         `json:"reason,omitempty"`
	Like   string         `json:"like,omitempty"`
	Chars  int32          `json:"chars"`
	PII    map[string]int `json:"pii,omitempty"`
}

// mostRows bounds the rows of a journal that are kept from one page of a table to
// the next: an artifact does not change, and to read it takes a while.
const mostRows = 200_000

type keptRows struct {
	of   string // folder, reason and words
	rows []journalRow
}

// journal lists what was decided of documents, a page at a time.
func (h *house) journal(ctx context.Context, q serve.Query) (any, error) {
	_, _, dir, err := h.corpusOf(q)
	if err != nil {
		return nil, err
	}
	reason, words := q.Values.Get("reason"), strings.ToLower(q.Values.Get("q"))
	from, n := number(q, "from", 0, math.MaxInt32), number(q, "n", 100, 500)
	of := strings.Join([]string{dir, reason, words}, "\x00")
	h.listing.Lock() // many pages are asked for at once, and one reads for all
	defer h.listing.Unlock()
	if k := h.rows; k.of == of {
		from = min(from, len(k.rows))
		return map[string]any{"total": len(k.rows), "rows": k.rows[from:min(len(k.rows), from+n)]}, nil
	}
	rows, total, all := []journalRow{}, 0, []journalRow{}
	err = data.ReadJournal(dir, func(e *data.Entry) error {
		switch {
		case reason == "kept" && !e.Kept, reason == "left" && e.Kept, reason == "pii" && len(e.PII) == 0,
			!slices.Contains([]string{"", "kept", "left", "pii"}, reason) && e.Reason != reason,
			words != "" && !strings.Contains(strings.ToLower(e.Path), words) && e.ID != words:
			return nil
		}
		s := journalRow{ID: e.ID, Path: e.Path, Source: e.Source, Lang: e.Lang, Kept: e.Kept, Reason: e.Reason, Like: e.Like, PII: e.PII}
		if e.Measures != nil {
			s.Chars = e.Measures.Chars
		}
		if total++; total > from && len(rows) < n {
			rows = append(rows, s)
		}
		if total <= mostRows {
			all = append(all, s)
		}
		return ctx.Err()
	})
	if err == nil && total <= mostRows {
		h.rows = keptRows{of, all}
	}
	return map[string]any{"total": total, "rows": rows}, err
}

// bars is the number of bars of a histogram.
const bars = 40

// measure is how the documents of a corpus spread over the values of a rule, its
// limits, and those documents that lie nearest to one.
func (h *house) measure(ctx context.Context, q serve.Query) (any, error) {
	_, rec, dir, err := h.corpusOf(q)
	if err != nil {
		return nil, err
	}
	rule := quality.Find(q.Values.Get("rule"))
	if rule == nil {
		return nil, fs.ErrNotExist
	}
	type near struct {
		ID    string  `json:"id"`
		Path  string  `json:"path"`
		Value float64 `json:"value"`
	}
	var values []near
	limits := map[string]float64{}
	err = data.ReadJournal(dir, func(e *data.Entry) error {
		if e.Measures == nil {
			return nil
		}
		v := rule.Value(e.Measures)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		values = append(values, near{e.ID, e.Path, v})
		if _, ok := limits[e.Lang]; !ok && len(limits) < 8 {
			asked, err := data.Explain(rec.Settings, e)
			if err != nil {
				return err
			}
			for _, a := range asked {
				if a.Rule == rule.Name {
					limits[e.Lang] = a.Limit
				}
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(values, func(a, b near) int { return cmp.Compare(a.Value, b.Value) })
	low, high, counts := 0.0, 1.0, make([]int, bars)
	if len(values) > 0 {
		low, high = values[0].Value, values[len(values)-1].Value
		// A few huge documents must not press all others into one bar.
		high = min(high, 4*max(values[len(values)*95/100].Value, 1e-9))
		high = max(high, low+1e-9)
	}
	for _, v := range values {
		counts[min(bars-1, max(0, int((v.Value-low)/(high-low)*bars)))]++
	}
	at := low // where nothing is left out
	if rule.Most {
		at = high
	}
	if _, err := json.Number(q.Values.Get("at")).Float64(); err == nil {
		at, _ = json.Number(q.Values.Get("at")).Float64()
	} else {
		for _, lang := range slices.Sorted(maps.Keys(limits)) {
			at = limits[lang]
		}
	}
	i, _ := slices.BinarySearchFunc(values, at, func(v near, at float64) int { return cmp.Compare(v.Value, at) })
	for rule.Most && i < len(values) && values[i].Value == at { // as much as is allowed
		i++
	}
	around := values[max(0, i-4):min(len(values), i+4)]
	below := i
	return map[string]any{"rule": rule.Name, "most": rule.Most, "low": low, "high": high, "counts": counts, "limits": limits, "at": at, "total": len(values), "below": below, "samples": around}, nil
}

// mostHits bounds the personal data that is shown of a document.
const mostHits = 200

// mostText bounds the text of a document that is shown, in bytes.
const mostText = 64 << 10

// document is one document: its text, each rule that was asked of it, and all
// that was made from it.
func (h *house) document(_ context.Context, q serve.Query) (any, error) {
	w, rec, dir, err := h.corpusOf(q)
	if err != nil {
		return nil, err
	}
	e, err := data.FindEntry(dir, q.Values.Get("id"))
	if err == nil && e == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	asked, err := data.Explain(rec.Settings, e)
	if err != nil {
		return nil, err
	}
	used, err := w.madeFrom(rec.Output)
	if err != nil {
		return nil, err
	}
	var inputs []string
	for _, in := range rec.Inputs {
		if d, err := w.st.Dir(in.From); err == nil && in.Arg == "from" {
			inputs = append(inputs, d)
		}
	}
	text, err := data.TextOf(inputs, e.ID)
	if err != nil {
		return nil, err
	}
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "")
	}
	type found struct {
		Kind pii.Kind `json:"kind"`
		Text string   `json:"text"`
	}
	hits := []found{}
	for _, f := range pii.Find(nil, text) {
		if len(hits) < mostHits {
			hits = append(hits, found{f.Kind, text[f.Lo:f.Hi]})
		}
	}
	e.Keys, e.Measures = nil, nil
	return map[string]any{"entry": e, "rules": asked, "used_by": used, "text": text, "pii": hits}, nil
}

// mostClusters bounds the clusters that are shown.
const mostClusters = 200

// near lists the clusters of documents that are nearly the same, the largest first.
func (h *house) near(ctx context.Context, q serve.Query) (any, error) {
	_, _, dir, err := h.corpusOf(q)
	if err != nil {
		return nil, err
	}
	type member struct {
		ID      string  `json:"id"`
		Path    string  `json:"path"`
		Jaccard float64 `json:"jaccard,omitempty"`
		Reason  string  `json:"reason"`
	}
	by, names := map[string][]member{}, map[string]string{}
	err = data.ReadJournal(dir, func(e *data.Entry) error {
		names[e.ID] = e.Path
		if e.Like != "" {
			by[e.Like] = append(by[e.Like], member{e.ID, e.Path, e.Jaccard, e.Reason})
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	type cluster struct {
		Kept    string   `json:"kept"`
		Path    string   `json:"path"`
		Count   int      `json:"count"`
		Members []member `json:"members"`
	}
	list := []cluster{}
	for id, m := range by {
		list = append(list, cluster{id, names[id], len(m), m[:min(len(m), 50)]})
	}
	slices.SortFunc(list, func(a, b cluster) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Kept, b.Kept)) })
	return map[string]any{"total": len(list), "clusters": list[:min(len(list), mostClusters)]}, nil
}

// card is the data card of a corpus, in Markdown.
func (h *house) card(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	a := &app{lang: q.Lang, format: formatText, stdout: &b, stderr: &b, screen: h.a.screen}
	shown := &workspace{a: a, file: w.file, st: w.st}
	if err := shown.dataCard(q.Name); err != nil {
		return nil, err
	}
	return map[string]string{"markdown": b.String()}, nil
}

// rowsPage are rows of tokens as a model reads them, with what of them is learnt;
// without the name of a block, the blocks that there are.
func (h *house) rowsPage(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, b := range blocks {
		if b.Kind != store.Tokens {
			continue
		}
		if names = append(names, b.Name); b.Name == q.Values.Get("block") {
			return w.rowsOf(b, number(q, "from", 0, math.MaxInt32))
		}
	}
	if q.Values.Get("block") != "" {
		return nil, fs.ErrNotExist
	}
	return map[string]any{"blocks": names}, nil
}

// A learnt part of a row's text, or one that is only read.
type rowPart struct {
	Text  string `json:"text"`
	Learn bool   `json:"learn"`
}

func (w *workspace) rowsOf(b store.Block, at int) (any, error) {
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return nil, err
	}
	tok, err := w.vocabularyOf(b)
	if err != nil {
		return nil, err
	}
	rows, err := stage.OpenRows(dir)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if rows.Vocab() != tok.Vocab() {
		return nil, say.Errorf("the rows are over another vocabulary than the tokenizer", "数据行与分词器的词表不同")
	}
	info := rows.Info()
	documents := [][]rowPart{}
	if at < rows.Len() {
		ids, start, weight := rows.Row(at)
		for at := 0; at < len(ids) && start[at] >= 0; {
			end := at + 1
			for end < len(ids) && int(start[end]) == at {
				end++
			}
			documents = append(documents, parts(tok, ids[at:end], weight[at:end]))
			at = end
		}
	}
	return map[string]any{"rows": info.Rows, "length": info.Length, "documents": info.Documents, "dropped": info.Dropped,
		"learnt": float64(info.Supervised) / float64(max(info.Tokens, 1)), "row": at, "parts": documents}, nil
}

// parts are the runs of tokens that are learnt, and those that are not.
func parts(tok *tokenizer.Tokenizer, ids []int32, weight []uint8) (list []rowPart) {
	for at := 0; at < len(ids); {
		end := at
		for end < len(ids) && weight[end] == weight[at] {
			end++
		}
		list, at = append(list, rowPart{tok.Decode(ids[at:end]), weight[at] > 0}), end
	}
	return list
}

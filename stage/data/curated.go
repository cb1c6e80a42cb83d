package data

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/pii"
	"suiren/stage"
	"suiren/stage/data/duplicate"
	"suiren/stage/data/quality"
)

// A dropped is a document that is not in the corpus because of another.
type dropped struct {
	Path    string  `json:"path"`
	Like    string  `json:"like"`
	Jaccard float64 `json:"jaccard,omitempty"` // of near duplicates, to two digits
}

// A CorpusReport is report.json of a corpus.
type CorpusReport struct {
	Format    int                       `json:"format"` // 1
	Recipe    string                    `json:"recipe"`
	Lines     string                    `json:"lines,omitempty"` // the rules of lines
	Read      int                       `json:"read"`
	Kept      int                       `json:"kept"`
	Bytes     int                       `json:"bytes"`
	Reasons   map[string]int            `json:"reasons,omitempty"` // of leaving documents out
	Languages map[string]*LanguageCount `json:"languages,omitempty"`
	Sources   map[string]*LanguageCount `json:"sources,omitempty"`
	PII       map[string]int            `json:"pii,omitempty"`     // found in what was read
	Learnt    *ClassifierReport         `json:"learnt,omitempty"`  // from the owner's labels
	Heldout   int                       `json:"heldout,omitempty"` // texts in heldout.jsonl
	Pieces    int                       `json:"pieces,omitempty"`  // texts more than documents, since long ones were cut for the split
	Cut       int                       `json:"cut,omitempty"`     // bytes of passages that came before
	Mix       map[string]*Mixed         `json:"mix,omitempty"`     // what is in corpus.jsonl then is counted by kept and bytes
	Warnings  []Said                    `json:"warnings,omitempty"`
	Empty     []string                  `json:"empty"`
	Exact     []dropped                 `json:"exact_duplicates"` // the first of each list
	Near      []dropped                 `json:"near_duplicates"`
}

// A LanguageCount counts documents of one language, or of one source.
type LanguageCount struct {
	Read int `json:"read"`
	Kept int `json:"kept"`
}

// A Said is a sentence in both languages.
type Said struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// listed bounds the documents that a report names; the journal names all.
const listed = 1000

// alarming is the share of a language that, when one reason drops it, is a sign of a
// rule that does not suit the language.
const alarming = .5

// asideFile has the documents of a corpus that its split holds out.
const asideFile = "heldout.jsonl"

// write writes the documents that are left, the journal and the report; of a split whose
// share is far off once more.
func (c *curator) write(ctx context.Context) error {
	most, p := math.MaxInt, &parting{}
	if c.plan.Split > 0 {
		var err error
		if most, err = c.longest(ctx); err != nil {
			return err
		}
		p = newParting(c.plan.Split)
	}
	x, err := c.writeParted(ctx, p, most)
	for err == nil {
		next := p.again()
		if next == nil {
			break
		}
		p = next
		x, err = c.writeParted(ctx, p, most)
	}
	if err != nil {
		return err
	}
	x.tell()
	if err := p.tell(c.job, most); err != nil {
		return err
	}
	x.report.Learnt = c.learnt
	if c.mixes() {
		if err := x.mix(ctx); err != nil {
			return err
		}
	}
	if filepath.Dir(c.job.Work) == c.job.Out {
		if err := os.RemoveAll(c.job.Work); err != nil {
			return err
		}
	}
	return stage.WriteJSON(filepath.Join(c.job.Out, "report.json"), &x.report)
}

// writeParted writes the documents that are left, in pieces of most bytes, and the journal.
func (c *curator) writeParted(ctx context.Context, p *parting, most int) (*writer, error) {
	w, err := createDocuments(filepath.Join(c.job.Out, "corpus.jsonl"))
	if err != nil {
		return nil, err
	}
	defer w.f.Close()
	var aside *documentWriter
	if c.plan.Split > 0 {
		if aside, err = createDocuments(filepath.Join(c.job.Out, asideFile)); err != nil {
			return nil, err
		}
		defer aside.f.Close()
	}
	journal, err := createJournal(filepath.Join(c.job.Out, JournalFile), true)
	if err != nil {
		return nil, err
	}
	defer journal.f.Close()
	if c.plan.Repeats == repeatsPassages {
		if c.passages, err = duplicate.NewPassages(filepath.Join(c.job.Work, "passages")); err != nil {
			return nil, err
		}
	}
	next, stop := iter.Pull2(func(yield func(*Entry, error) bool) {
		done := errors.New("done")
		if err := c.entries(ctx, func(e *Entry) error {
			if !yield(e, nil) {
				return done
			}
			return nil
		}); err != nil && !errors.Is(err, done) {
			yield(nil, err)
		}
	})
	defer stop()
	x := &writer{c: c, first: map[uint32]uint32{}, paths: map[uint32]string{}, near: newNearIndex(), exact: map[[sha256.Size]byte]string{}, size: map[string]int64{}}
	x.meter.Lines = c.recipe.Lines
	x.report = CorpusReport{Format: 1, Recipe: c.recipe.Name, Lines: string(c.recipe.Lines), Reasons: map[string]int{}, Languages: map[string]*LanguageCount{},
		Sources: map[string]*LanguageCount{}, PII: map[string]int{}, Empty: []string{}, Exact: []dropped{}, Near: []dropped{}}
	for _, t := range c.recipe.Warnings {
		x.report.Warnings = append(x.report.Warnings, Said{t.In(say.English), t.In(say.Chinese)})
	}
	err = c.again(ctx, func(n uint32, d *Document) error {
		e, err, ok := next()
		if !ok {
			err = errors.New("data: fewer entries than documents")
		}
		if err != nil {
			return err
		}
		x.decide(n, e, d)
		if e.Kept {
			e.After = digits(d.Text)
			list := pieces(d, most)
			heldout := p.of(list, e.Lang)
			for i := range list {
				if err := x.put(&list[i], e, heldout[i], w, aside); err != nil {
					return err
				}
			}
			if e.Heldout = e.Aside > 0 && e.Aside == e.Pieces; e.Pieces == 1 {
				e.Pieces, e.Aside = 0, 0
			}
		}
		x.count(e)
		return journal.write(e)
	})
	if aside != nil {
		err = errors.Join(err, aside.close())
	}
	if c.passages != nil {
		err = errors.Join(err, c.passages.Close())
	}
	if err := errors.Join(err, w.close(), journal.close()); err != nil {
		return nil, err
	}
	return x, nil
}

// mixes reports whether the plan asks for a mixture.
func (c *curator) mixes() bool { return len(c.plan.Mix) > 0 || c.plan.Temper > 0 || c.plan.Epochs > 0 }

// mix makes the mixture of what was written.
func (x *writer) mix(ctx context.Context) error {
	p := x.c.plan
	weights := map[string]float64{}
	for _, ref := range p.From {
		if w, ok := p.Mix[ref.Name]; ok {
			weights[ref.String()] = w
		}
	}
	positive := func(v float64) float64 {
		if v == 0 {
			return 1
		}
		return v
	}
	x.report.Mix = mixture(x.size, weights, positive(p.Temper), positive(p.Epochs))
	var err error
	x.report.Kept, x.report.Bytes, err = mix(ctx, x.c.job.Out, x.sources, x.report.Mix)
	return err
}

// A writer decides about documents in order, where the decision depends on others.
type writer struct {
	c      *curator
	meter  quality.Meter
	found  []pii.Finding
	first  map[uint32]uint32 // of each cluster with several texts: the one that stays
	paths  map[uint32]string // of those
	near   *nearIndex        // for search
	exact  map[[sha256.Size]byte]string
	report CorpusReport

	sources []string         // of a mixture: where each document came from
	size    map[string]int64 // and the bytes of each
}

// put writes a document that is kept, or a piece of it.
func (x *writer) put(d *Document, e *Entry, heldout bool, w, aside *documentWriter) error {
	if e.Pieces++; e.Pieces > 1 {
		x.report.Pieces++
	}
	if heldout {
		e.Aside++
		x.report.Heldout++
		return aside.write(d)
	}
	x.report.Bytes += len(d.Text)
	if x.c.mixes() {
		x.sources = append(x.sources, e.Source)
		x.size[e.Source] += int64(len(d.Text))
	}
	return w.write(d)
}

// decide completes the entry of document n and its text; d is nil if it is left out.
func (x *writer) decide(n uint32, e *Entry, d *Document) {
	if e.Reason != "" {
		return
	}
	r := &x.c.recipe
	if r.Name == ragRecipe {
		if x.search(e, d); e.Kept {
			x.redact(e, d)
		}
		return
	}
	root := x.c.near.Find(n)
	if !x.c.kept[n] {
		e.Reason, e.Like = reasonNear, x.paths[root]
		if x.c.equal.Find(x.first[root]) == x.c.equal.Find(n) {
			e.Reason = reasonEqual
		}
		return
	}
	if x.c.several[root] {
		x.first[root], x.paths[root] = n, d.Path
	}
	e.Kept = true
	read := d.Text
	if text := x.c.cut(n, d.Text); len(text) < len(d.Text) {
		e.Cut = len(d.Text) - len(text)
		x.report.Cut += e.Cut
		if d.Text = text; strings.TrimSpace(text) == "" {
			e.Kept, e.Reason = false, reasonRepeats
			return
		}
	}
	if r.Lines != quality.NoLines {
		d.Text = x.meter.KeepLines(d.Text, e.Lang)
	}
	if d.Text != read {
		d.Pages = pagesAfterCuts(read, d.Text, d.Pages)
	}
	if e.Lang != "" {
		d.Lang = e.Lang
	}
	x.redact(e, d)
}

// redact takes personal data out of a document as the plan has it.
func (x *writer) redact(e *Entry, d *Document) {
	action := pii.Action(x.c.recipe.PII)
	if action == pii.Keep {
		return
	}
	if len(e.PII) > 0 {
		x.found = pii.Find(x.found[:0], d.Text)
		for i, p := range d.Pages {
			d.Pages[i] = len(pii.Redact(d.Text[:p], until(x.found, p), action, x.c.key))
		}
		d.Text = pii.Redact(d.Text, x.found, action, x.c.key)
	}
	x.found = pii.Find(x.found[:0], d.Title)
	d.Title = pii.Redact(d.Title, x.found, action, x.c.key)
}

// until returns the findings that end before byte p.
func until(found []pii.Finding, p int) []pii.Finding {
	n := 0
	for n < len(found) && found[n].Hi <= p {
		n++
	}
	return found[:n]
}

// pagesAfterCuts tells where pages begin in a text of which pieces were cut out: as
// if of equal bytes the first had stayed.
func pagesAfterCuts(before, after string, pages []int) []int {
	moved := make([]int, 0, len(pages))
	at := 0 // in before
	for i := range len(after) {
		for at < len(before) && before[at] != after[i] {
			at++
		}
		for len(moved) < len(pages) && pages[len(moved)] <= at {
			moved = append(moved, i)
		}
		at++
	}
	for len(moved) < len(pages) {
		moved = append(moved, len(after))
	}
	return moved
}

// search leaves out what equals an earlier document that stayed, or nearly so.
func (x *writer) search(e *Entry, d *Document) {
	if x.c.recipe.Duplicates == dupNone {
		e.Kept = true
		return
	}
	sum := sha256.Sum256([]byte(d.Text))
	if like, ok := x.exact[sum]; ok {
		e.Reason, e.Like = reasonEqual, like
		return
	}
	x.exact[sum] = d.Path
	if x.c.recipe.Duplicates == dupNear {
		if like, jaccard, ok := x.near.add(d.Path, d.Text); ok {
			e.Reason, e.Like, e.Jaccard = reasonNear, like, jaccard
			return
		}
	}
	e.Kept = true
}

func (x *writer) count(e *Entry) {
	r := &x.report
	r.Read++
	for counts, key := range map[*map[string]*LanguageCount]string{&r.Languages: e.Lang, &r.Sources: e.Source} {
		if (*counts)[key] == nil {
			(*counts)[key] = &LanguageCount{}
		}
		(*counts)[key].Read++
		if e.Kept {
			(*counts)[key].Kept++
		}
	}
	for kind, n := range e.PII {
		r.PII[kind] += n
	}
	if e.Kept {
		r.Kept++
		return
	}
	r.Reasons[e.Reason]++
	d := dropped{Path: e.Path, Like: e.Like, Jaccard: e.Jaccard}
	switch e.Reason {
	case reasonEmpty:
		r.Empty = appendSome(r.Empty, e.Path)
	case reasonEqual:
		r.Exact = appendSome(r.Exact, d)
	case reasonNear:
		r.Near = appendSome(r.Near, d)
	}
}

func appendSome[T any](list []T, v T) []T {
	if len(list) == listed {
		return list
	}
	return append(list, v)
}

// tell reports what was left out, and warns where a language lost most of its texts.
func (x *writer) tell() {
	r := &x.report
	note := func(text say.Text) { x.c.job.Emit(stage.Event{Type: "note", Text: &text}) }
	if n := r.Read - r.Kept; n > 0 {
		others := n - r.Reasons[reasonEmpty] - r.Reasons[reasonEqual] - r.Reasons[reasonNear]
		var rules []string
		for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
			if reason != reasonEmpty && reason != reasonEqual && reason != reasonNear {
				rules = append(rules, fmt.Sprintf("%s %d", reason, r.Reasons[reason]))
			}
		}
		note(say.T("%d of %d documents were left out: %d empty, %d equal to another, %d nearly equal, %d by rules", "%[2]d 篇文档中去掉了 %[1]d 篇：%[3]d 篇为空，%[4]d 篇重复，%[5]d 篇近似重复，%[6]d 篇不合规则",
			n, r.Read, r.Reasons[reasonEmpty], r.Reasons[reasonEqual], r.Reasons[reasonNear], others))
		if len(rules) > 0 {
			note(say.T("the rules: %s; why one of them went: suiren data explain FILE", "所违规则：%s；某篇为何去掉：suiren data explain 文件", rules))
		}
	}
	for lang, n := range r.Languages {
		wanted := len(x.c.recipe.Languages) == 0 || strings.Contains(" "+strings.Join(x.c.recipe.Languages, " ")+" ", " "+lang+" ")
		if wanted && n.Read >= 20 && float64(n.Kept) < alarming*float64(n.Read) {
			t := say.T("of %d documents in language %q, %d are left: look at the reasons in report.json before you use this corpus", "语言为 %[2]q 的 %[1]d 篇文档只剩 %[3]d 篇：使用这份语料前，请先看 report.json 里的原因", n.Read, lang, n.Kept)
			r.Warnings = append(r.Warnings, Said{t.In(say.English), t.In(say.Chinese)})
			note(t)
		}
	}
}

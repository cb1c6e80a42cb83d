package data

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"suiren/internal/say"
	"suiren/knowledge/chinese"
	"suiren/knowledge/language"
	"suiren/pii"
	"suiren/stage"
	"suiren/stage/data/duplicate"
	"suiren/stage/data/quality"
)

// A shard is so many documents in a row, or bytes if they are long: what one
// interruption costs.
const (
	shardDocuments = 512
	shardBytes     = 8 << 20
)

// sortPairs is how many hashes are sorted in memory; more go to the disk.
const sortPairs = 4 << 20 // 64 MiB for each of two sorts

// maxCurated bounds the documents of a corpus: their numbers have 32 bits.
const maxCurated = math.MaxUint32

// A curator makes a corpus: it measures all documents, shard by shard, joins those
// that are alike, and writes what is left.
type curator struct {
	recipe  quality.Recipe
	job     *stage.Job
	sources []source
	plan    *Corpus
	heldout *duplicate.Grams
	good    *classifier // nil without labels
	learnt  *ClassifierReport
	key     []byte // of stand-ins for personal data

	shards int
	n      int                 // documents
	equal  *duplicate.Clusters // of survivors and others alike
	near   *duplicate.Clusters

	kept     []bool              // of documents: nothing but what follows can leave it out
	several  []bool              // of the least of a cluster: it is not alone
	before   map[uint32][]uint32 // lines of a document that came before
	passages *duplicate.Passages // nil if they may
}

type source struct {
	name, file string
	journal    string // folder of one that has all that would be measured; or ""
}

func newCurator(plan *Corpus, job *stage.Job) (*curator, error) {
	c := &curator{recipe: plan.recipe(), plan: plan, job: job}
	h := sha256.New()
	for _, in := range job.Inputs {
		fmt.Fprintln(h, in.Arg, in.Digest)
		if in.Arg != "from" {
			continue
		}
		name := in.Ref.String()
		if in.Ref.IsZero() {
			name = "documents"
		}
		s := source{name: name, file: documentsFile(in.Dir)}
		if measured(in.Dir, c.recipe.Lines) {
			s.journal = in.Dir
		}
		c.sources = append(c.sources, s)
	}
	c.key = h.Sum(nil)
	var err error
	if c.heldout, err = heldoutGrams(job); err == nil && plan.Labels != "" {
		c.good, c.learnt, err = trainClassifier(job.Dir("files"))
	}
	return c, err
}

// documentsFile is where an artifact of documents, or a corpus, has them.
func documentsFile(dir string) string {
	name := filepath.Join(dir, "corpus.jsonl")
	if _, err := os.Stat(name); err == nil {
		return name
	}
	return filepath.Join(dir, "documents.jsonl")
}

// measured reports whether a folder is a corpus that was made to be measured, with
// these rules of lines.
func measured(dir string, lines quality.LineRules) bool {
	b, err := os.ReadFile(filepath.Join(dir, "report.json"))
	var r CorpusReport
	return err == nil && json.Unmarshal(b, &r) == nil && r.Recipe == measureRecipe && r.Lines == string(lines) && r.Mix == nil && r.Heldout == 0
}

const measureRecipe = "measure"

// documents calls f with all documents in order, the block they came from, and what
// was measured of them before, or nil.
func (c *curator) documents(ctx context.Context, f func(source string, d *Document, known *Entry) error) error {
	for _, s := range c.sources {
		next, stop := func() (*Entry, error, bool) { return nil, nil, false }, func() {}
		if s.journal != "" {
			next, stop = iter.Pull2(func(yield func(*Entry, error) bool) {
				err := ReadJournal(s.journal, func(e *Entry) error {
					if e.Kept && !yield(e, nil) {
						return errFound
					}
					return nil
				})
				if err != nil && !errors.Is(err, errFound) {
					yield(nil, err)
				}
			})
		}
		err := eachLine(s.file, func(line int, text []byte) error {
			known, err, _ := next()
			if err := errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			var d Document
			if err := d.parse(text); err != nil {
				return badLine(s.file, line, err)
			}
			d.clean()
			return f(s.name, &d, known)
		})
		stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// again calls f with all documents once more, when it is known which may stay; of
// one that is left out it gives the number alone, and does not parse it.
func (c *curator) again(ctx context.Context, f func(n uint32, d *Document) error) error {
	n := uint32(0)
	for _, s := range c.sources {
		err := eachLine(s.file, func(line int, text []byte) error {
			var d *Document
			if int(n) >= c.n {
				return errors.New("data: fewer entries than documents")
			}
			if c.kept[n] {
				d = new(Document)
				if err := d.parse(text); err != nil {
					return badLine(s.file, line, err)
				}
				d.clean()
			}
			n++
			return errors.Join(f(n-1, d), ctx.Err())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) clean() { d.Title, d.Text = strings.TrimSpace(clean(d.Title)), clean(d.Text) }

func (c *curator) shard(i int) string {
	return filepath.Join(c.job.Work, fmt.Sprintf("shard-%06d.jsonl", i))
}

// measure measures all documents. A shard that is there already was made by a run
// that was interrupted, with the same inputs and settings, and is not made again.
func (c *curator) measure(ctx context.Context) error {
	if c.job.Work == "" {
		c.job.Work = filepath.Join(c.job.Out, ".work")
		if err := os.MkdirAll(c.job.Work, 0o700); err != nil {
			return err
		}
	}
	var batch []Document
	var from []origin
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		name := c.shard(c.shards)
		c.shards++
		c.n += len(batch)
		if c.n > maxCurated {
			return say.Errorf("the documents are more than %d", "文档超过 %d 篇", maxCurated)
		}
		if _, err := os.Stat(name); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err := c.writeShard(name, from, batch); err != nil {
				return err
			}
		}
		c.job.Emit(stage.Event{Type: "progress", Done: float64(c.n), Unit: "documents"})
		batch, from, size = batch[:0], from[:0], 0
		return nil
	}
	err := c.documents(ctx, func(source string, d *Document, known *Entry) error {
		batch, from = append(batch, *d), append(from, origin{source, known})
		if size += len(d.Text); len(batch) == shardDocuments || size >= shardBytes {
			return flush()
		}
		return nil
	})
	return errors.Join(err, flush())
}

// An origin is where a document came from, and what is known of it.
type origin struct {
	source string
	known  *Entry
}

// writeShard measures some documents, many at a time, and renames the file into
// its place when it is whole.
func (c *curator) writeShard(name string, from []origin, docs []Document) error {
	entries := make([]Entry, len(docs))
	var next sync.Mutex
	at := 0
	var team sync.WaitGroup
	for range max(1, c.job.Machine.Threads) {
		team.Go(func() {
			memory := new(chinese.Memory)
			m := &judge{c: c, meter: quality.Meter{Lines: c.recipe.Lines, Memory: memory}, signer: duplicate.Signer{Memory: memory}}
			for {
				next.Lock()
				i := at
				at++
				next.Unlock()
				if i >= len(docs) {
					return
				}
				entries[i] = m.entry(from[i], &docs[i])
			}
		})
	}
	team.Wait()
	if err := writeKeys(name+keysEnding, entries); err != nil {
		return err
	}
	w, err := createJournal(name+".part", false)
	if err != nil {
		return err
	}
	for i := range entries {
		if c.recipe.Name != measureRecipe {
			entries[i].Keys = nil // they stand in their own file
		}
		if err := w.write(&entries[i]); err != nil {
			w.f.Close()
			return err
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// A judge measures one document at a time and decides what can be decided by the
// document alone.
type judge struct {
	c      *curator
	meter  quality.Meter
	signer duplicate.Signer
	found  []pii.Finding
}

func digits(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:6])
}

func (j *judge) entry(from origin, d *Document) Entry {
	r := &j.c.recipe
	e := Entry{ID: d.ID, Path: d.Path, Source: from.source, Before: digits(d.Text)}
	if d.Text == "" {
		e.Reason = reasonEmpty
		return e
	}
	known := from.known
	if known != nil && (known.ID != e.ID || known.After != e.Before || known.Measures == nil) {
		known = nil
	}
	if known != nil {
		e.Lang, e.Sure = known.Lang, known.Sure
	} else {
		lang, sure := language.Identify(d.Text)
		e.Lang, e.Sure = lang, math.Round(1000*sure)/1000
	}
	kept := d.Text
	if r.Name == ragRecipe { // whole documents: nothing is measured of them
	} else if known != nil {
		if e.Measures = known.Measures; r.Lines != quality.NoLines {
			kept = j.meter.KeepLines(d.Text, e.Lang)
		}
	} else {
		var m quality.Measures
		m, kept = j.meter.Measure(d.Text, e.Lang)
		e.Measures = &m
	}
	e.Reason = Decide(r, &e)
	if j.c.good != nil {
		e.Good = j.c.good.good(kept)
		if e.Reason == "" && e.Good < j.c.plan.leastQuality() {
			e.Reason = reasonQuality
		}
	}
	if e.Reason == "" && j.c.heldout != nil {
		if like := j.c.heldout.Find(kept); like != "" {
			e.Reason, e.Like = reasonHeldout, like
		}
	}
	if r.PII != string(pii.Keep) {
		j.found = pii.Find(j.found[:0], kept)
		for _, f := range j.found {
			if e.PII == nil {
				e.PII = map[string]int{}
			}
			e.PII[string(f.Kind)]++
		}
		if e.Reason == "" && r.PII == string(pii.Drop) && (len(j.found) > 0 || len(pii.Find(nil, d.Title)) > 0) {
			e.Reason = reasonPII
		}
	}
	if r.Name == ragRecipe || r.Duplicates == dupNone && r.Name != measureRecipe {
		return e
	}
	if known != nil && len(known.Keys) > 0 && len(known.Keys) <= mostKeys && r.Duplicates == dupNear {
		e.Keys = known.Keys
		return e
	}
	h := sha256.Sum256([]byte(kept))
	e.Keys = append(e.Keys, binary.LittleEndian.Uint64(h[:]))
	if r.Duplicates == dupExact {
		return e
	}
	var sig duplicate.Signature
	sign := duplicate.Sign
	if r.Duplicates == dupFast {
		sign = duplicate.SignOnce
	}
	if sign(&sig, j.signer.Shingles(kept, e.Lang)) {
		keys := sig.BandKeys()
		e.Keys = append(e.Keys, keys[:]...)
	}
	return e
}

// Decide tells by its measures and its language why a recipe leaves a document
// out, or "".
func Decide(r *quality.Recipe, e *Entry) string {
	if len(r.Languages) > 0 && !slices.Contains(r.Languages, e.Lang) {
		return reasonLanguage
	}
	least, ok := r.Sure[e.Lang]
	if !ok {
		least = r.Sure[""]
	}
	if e.Sure < least {
		return reasonUncertain
	}
	return r.For(e.Lang).Decide(e.Measures)
}

// cluster joins the documents that are alike, by the keys of the shards.
func (c *curator) cluster(ctx context.Context) error {
	c.kept, c.several = make([]bool, c.n), make([]bool, c.n)
	c.equal, c.near = duplicate.NewClusters(c.n), duplicate.NewClusters(c.n)
	var sorters [2]duplicate.Sorter // by the whole text, by that and the bands
	for i, name := range []string{"equal", "near"} {
		dir := filepath.Join(c.job.Work, name)
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
			return err
		}
		sorters[i] = duplicate.Sorter{Dir: dir, Limit: sortPairs}
	}
	n := 0
	err := c.keys(ctx, func(kept bool, keys []uint64) error {
		c.kept[n] = kept
		for i, k := range keys {
			if i == 0 {
				if err := sorters[0].Add(duplicate.Pair{Key: k, Value: uint64(n)}); err != nil {
					return err
				}
			}
			if err := sorters[1].Add(duplicate.Pair{Key: k, Value: uint64(n)}); err != nil {
				return err
			}
		}
		n++
		return nil
	})
	if err != nil || c.recipe.Duplicates == dupNone {
		return err
	}
	for i, clusters := range []*duplicate.Clusters{c.equal, c.near} {
		err := sorters[i].Each(func(_ uint64, values []uint64) error {
			for _, v := range values[1:] {
				clusters.Join(uint32(values[0]), uint32(v))
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	c.choose()
	return nil
}

// choose keeps of each cluster the first that the rules keep.
func (c *curator) choose() {
	taken := make([]bool, c.n)
	for n := range uint32(c.n) {
		root := c.near.Find(n)
		if root != n {
			c.several[root] = true
		}
		c.kept[n] = c.kept[n] && !taken[root]
		taken[root] = taken[root] || c.kept[n]
	}
}

// entries calls f with the entries of all shards.
func (c *curator) entries(ctx context.Context, f func(*Entry) error) error {
	for i := range c.shards {
		file, err := os.Open(c.shard(i))
		if err != nil {
			return err
		}
		err = readEntries(file, c.shard(i), func(e *Entry) error { return errors.Join(f(e), ctx.Err()) })
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}

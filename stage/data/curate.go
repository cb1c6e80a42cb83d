package data

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"suiren/internal/say"
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
const sortPairs = 4 << 20 // 64 MiB

// maxCurated bounds the documents of a corpus: their numbers have 32 bits.
const maxCurated = math.MaxUint32

// A curator makes a corpus: it measures all documents, shard by shard, joins those
// that are alike, and writes what is left.
type curator struct {
	recipe  quality.Recipe
	job     *stage.Job
	sources []source
	heldout *duplicate.Grams
	key     []byte // of stand-ins for personal data

	shards   int
	n        int // documents
	verdicts []uint8
	equal    *duplicate.Clusters // of survivors and others alike
	near     *duplicate.Clusters
}

type source struct {
	name, file string
}

func newCurator(recipe quality.Recipe, job *stage.Job) (*curator, error) {
	c := &curator{recipe: recipe, job: job}
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
		c.sources = append(c.sources, source{name, documentsFile(in.Dir)})
	}
	c.key = h.Sum(nil)
	var err error
	c.heldout, err = heldoutGrams(job)
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

// documents calls f with all documents in order, and the block they came from.
func (c *curator) documents(ctx context.Context, f func(source string, d *Document) error) error {
	for _, s := range c.sources {
		err := readLines(s.file, func(d Document) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			d.Title, d.Text = strings.TrimSpace(clean(d.Title)), clean(d.Text)
			return f(s.name, &d)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

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
	var from []string
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
	err := c.documents(ctx, func(source string, d *Document) error {
		batch, from = append(batch, *d), append(from, source)
		if size += len(d.Text); len(batch) == shardDocuments || size >= shardBytes {
			return flush()
		}
		return nil
	})
	return errors.Join(err, flush())
}

// writeShard measures some documents, many at a time, and renames the file into
// its place when it is whole.
func (c *curator) writeShard(name string, from []string, docs []Document) error {
	entries := make([]Entry, len(docs))
	var next sync.Mutex
	at := 0
	var team sync.WaitGroup
	for range max(1, c.job.Machine.Threads) {
		team.Go(func() {
			m := &judge{c: c, meter: quality.Meter{Lines: c.recipe.Lines}}
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
	w, err := createJournal(name+".part", false)
	if err != nil {
		return err
	}
	for i := range entries {
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

func (j *judge) entry(from string, d *Document) Entry {
	r := &j.c.recipe
	e := Entry{ID: d.ID, Path: d.Path, Source: from, Before: digits(d.Text)}
	if d.Text == "" {
		e.Reason = reasonEmpty
		return e
	}
	lang, sure := language.Identify(d.Text)
	e.Lang, e.Sure = lang, math.Round(1000*sure)/1000
	if r.Name == "rag" { // whole documents: nothing is asked of them
		return e
	}
	m, kept := j.meter.Measure(d.Text, lang)
	e.Measures = &m
	e.Reason = j.decide(&e)
	if e.Reason == "" && j.c.heldout != nil {
		if like := j.c.heldout.Find(kept, lang); like != "" {
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
		if e.Reason == "" && r.PII == string(pii.Drop) && len(j.found) > 0 {
			e.Reason = reasonPII
		}
	}
	if r.Duplicates == dupNone {
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
	if sign(&sig, j.signer.Shingles(kept, lang)) {
		keys := sig.BandKeys()
		e.Keys = append(e.Keys, keys[:]...)
	}
	return e
}

// decide asks the rules; it needs the entry alone.
func (j *judge) decide(e *Entry) string { return Decide(&j.c.recipe, e) }

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
	c.verdicts = make([]uint8, c.n)
	c.equal, c.near = duplicate.NewClusters(c.n), duplicate.NewClusters(c.n)
	join := func(clusters *duplicate.Clusters, dir string, keys func(*Entry) []uint64) error {
		dir = filepath.Join(c.job.Work, dir)
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
			return err
		}
		s := &duplicate.Sorter{Dir: dir, Limit: sortPairs}
		n := uint64(0)
		err := c.entries(ctx, func(e *Entry) error {
			if e.Reason == "" {
				c.verdicts[n] = survives
			}
			for _, k := range keys(e) {
				if err := s.Add(duplicate.Pair{Key: k, Value: n}); err != nil {
					return err
				}
			}
			n++
			return nil
		})
		if err != nil {
			return err
		}
		return s.Each(func(_ uint64, values []uint64) error {
			for _, v := range values[1:] {
				clusters.Join(uint32(values[0]), uint32(v))
			}
			return ctx.Err()
		})
	}
	if err := join(c.equal, "equal", func(e *Entry) []uint64 { return e.Keys[:min(1, len(e.Keys))] }); err != nil {
		return err
	}
	if c.recipe.Duplicates != dupNear && c.recipe.Duplicates != dupFast {
		c.near = c.equal
		return nil
	}
	return join(c.near, "near", func(e *Entry) []uint64 { return e.Keys })
}

const survives = 1

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

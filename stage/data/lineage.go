package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/data/quality"
)

// An Asked is one rule that a corpus asks of a document.
type Asked struct {
	Rule    string  `json:"rule"`
	Value   float64 `json:"value"`
	Limit   float64 `json:"limit"`
	Most    bool    `json:"most"` // the limit is the most that stays; else the least
	Dropped bool    `json:"dropped"`
}

// Explain tells by the settings of a corpus (of its record) what its rules say of a
// document: all that are asked, in their order.
func Explain(settings json.RawMessage, e *Entry) ([]Asked, error) {
	c, err := corpusOf(settings)
	if err != nil {
		return nil, err
	}
	r := c.recipe()
	var list []Asked
	least, ok := r.Sure[e.Lang]
	if !ok {
		least = r.Sure[""]
	}
	if least > 0 {
		list = append(list, Asked{languageRule, e.Sure, least, false, e.Sure < least})
	}
	if e.Measures == nil {
		return list, nil
	}
	limits := r.For(e.Lang)
	for _, rule := range quality.Rules {
		limit, ok := limits[rule.Name]
		if !ok {
			continue
		}
		v := rule.Value(e.Measures)
		list = append(list, Asked{rule.Name, v, limit, rule.Most, rule.Most && v > limit || !rule.Most && v < limit})
	}
	if c.Labels != "" {
		least := c.leastQuality()
		list = append(list, Asked{reasonQuality, e.Good, least, false, e.Good < least})
	}
	return list, nil
}

func corpusOf(settings json.RawMessage) (*Corpus, error) {
	var c Corpus
	d := json.NewDecoder(bytes.NewReader(settings))
	if err := d.Decode(&struct {
		From, Against, Heldout any // references, which are not kept
		*Corpus
	}{Corpus: &c}); err != nil {
		return nil, err
	}
	if quality.Named(c.Recipe) == nil {
		return nil, say.Errorf("the corpus was made with the recipe %q, which this version does not know", "语料使用的配方 %q 不为此版本所知", c.Recipe)
	}
	return &c, nil
}

// Judge tells how a corpus with these settings would decide about a document that
// was measured: the reason for leaving it out, or "" if its measures keep it. What
// depends on other documents stands as it was.
func Judge(settings json.RawMessage, e *Entry) (string, error) {
	c, err := corpusOf(settings)
	if err != nil || e.Measures == nil {
		return e.Reason, err
	}
	r := c.recipe()
	if why := Decide(&r, e); why != "" {
		return why, nil
	}
	switch e.Reason {
	case reasonEmpty, reasonPII, reasonHeldout, reasonEqual, reasonNear, reasonQuality, reasonRepeats:
		return e.Reason, nil
	}
	return "", nil
}

// A Change is a document about which two corpora decided differently.
type Change struct {
	Path   string `json:"path"`
	ID     string `json:"id"`
	Before string `json:"before"` // kept, the reason, or absent
	After  string `json:"after"`
}

const (
	VerdictKept   = "kept"
	VerdictAbsent = "absent"
)

func verdict(e *Entry) string {
	if e.Kept {
		return VerdictKept
	}
	return e.Reason
}

// Diff calls f with each document about which the corpora in two folders decided
// differently: those of the second in its order, then those that only the first
// had. It holds 16 bytes for each document of the first.
func Diff(before, after string, f func(Change) error) error {
	type was struct {
		verdict uint16
		met     bool
	}
	var verdicts []string
	number := func(v string) uint16 {
		i := slices.Index(verdicts, v)
		if i < 0 {
			i = len(verdicts)
			verdicts = append(verdicts, v)
		}
		return uint16(i)
	}
	key := func(e *Entry) uint64 { return xxhash.Sum64String(e.Source + "\x00" + e.ID) }
	old := map[uint64]was{}
	if err := ReadJournal(before, func(e *Entry) error {
		old[key(e)] = was{verdict: number(verdict(e))}
		return nil
	}); err != nil {
		return err
	}
	err := ReadJournal(after, func(e *Entry) error {
		w, ok := old[key(e)]
		c := Change{e.Path, e.ID, VerdictAbsent, verdict(e)}
		if ok {
			c.Before = verdicts[w.verdict]
			w.met = true
			old[key(e)] = w
		}
		if c.Before == c.After {
			return nil
		}
		return f(c)
	})
	if err != nil {
		return err
	}
	return ReadJournal(before, func(e *Entry) error {
		if old[key(e)].met {
			return nil
		}
		return f(Change{e.Path, e.ID, verdict(e), VerdictAbsent})
	})
}

// errFound ends a search.
var errFound = errors.New("found")

// FindEntry returns the entry of the document with an id or a path, or nil.
func FindEntry(dir, name string) (found *Entry, err error) {
	err = ReadJournal(dir, func(e *Entry) error {
		if e.ID == name || e.Path == name {
			found = e
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return found, err
}

// FindAside returns what of a file the documents in dir set aside: all of it, or
// records (file#3), and why.
func FindAside(dir, name string) (list []Aside, err error) {
	path := filepath.Join(dir, "report.json")
	b, err := stage.ReadFile(path, maxReport)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // of an earlier version
	}
	if err != nil {
		return nil, err
	}
	var r documentsReport
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, badLine(path, 1, err)
	}
	for _, a := range r.SetAside {
		if file, _, _ := strings.Cut(a.Path, "#"); a.Path == name || file == name {
			list = append(list, a)
		}
	}
	return list, nil
}

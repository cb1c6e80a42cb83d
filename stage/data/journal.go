package data

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"suiren/stage/data/quality"
)

// JournalFile is the file of a corpus that tells of each document that was read.
const JournalFile = "journal.jsonl.zst"

// An Entry is a line of the journal: what was measured of a document, what was
// decided, and why.
type Entry struct {
	ID       string            `json:"id"`
	Path     string            `json:"path"`
	Source   string            `json:"source"` // the block that it came from
	Lang     string            `json:"lang"`   // found; "" if there are no letters
	Sure     float64           `json:"sure"`   // 0 to 1, to three digits
	Kept     bool              `json:"kept"`
	Reason   string            `json:"reason,omitempty"` // of leaving it out: a rule, or one of those below
	Like     string            `json:"like,omitempty"`   // the document that it equals, or the example it holds
	Jaccard  float64           `json:"jaccard,omitempty"`
	Good     float64           `json:"good,omitempty"` // by the owner's labels, 0 to 1, to three digits
	Heldout  bool              `json:"heldout,omitempty"`
	Pieces   int               `json:"pieces,omitempty"` // that a long text was cut into for the split
	Aside    int               `json:"aside,omitempty"`  // of them, held out
	Cut      int               `json:"cut,omitempty"`    // bytes of passages that came before
	Before   string            `json:"before"`           // 12 digits of the SHA-256 of the text that was read
	After    string            `json:"after,omitempty"`  // and of what is in the corpus
	PII      map[string]int    `json:"pii,omitempty"`    // how often each kind was found
	Measures *quality.Measures `json:"measures,omitempty"`

	Keys []uint64 `json:"keys,omitempty"` // of what was only measured: the hash of the text, then of the bands
}

// Reasons that are no rules of package quality.
const (
	reasonEmpty     = "empty"
	reasonLanguage  = "language"
	reasonPII       = "personal_data"
	reasonHeldout   = "holds_heldout"
	reasonEqual     = "equal"
	reasonNear      = "nearly_equal"
	reasonRepeats   = "only_repeats"
	reasonUncertain = languageRule
)

// ReadJournal calls f with each entry of the journal of a corpus.
func ReadJournal(dir string, f func(*Entry) error) error {
	return unpackLines(filepath.Join(dir, JournalFile), longestEntry, f)
}

// longestEntry bounds a line of a journal.
const longestEntry = 1 << 20

func readEntries(r io.Reader, name string, f func(*Entry) error) error {
	return scanLines(r, name, longestEntry, parsed(name, f))
}

// A journalWriter writes entries; packed, as zstd.
type journalWriter struct {
	f *os.File
	b *bufio.Writer
	z *zstd.Encoder
	e *json.Encoder
}

func createJournal(name string, packed bool) (*journalWriter, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	w := &journalWriter{f: f}
	if packed {
		if w.z, err = zstd.NewWriter(f, zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		w.b = bufio.NewWriterSize(w.z, 1<<16)
	} else {
		w.b = bufio.NewWriterSize(f, 1<<16)
	}
	w.e = json.NewEncoder(w.b)
	w.e.SetEscapeHTML(false)
	return w, nil
}

func (w *journalWriter) write(e *Entry) error { return w.e.Encode(e) }

func (w *journalWriter) close() error {
	err := w.b.Flush()
	if w.z != nil {
		err = errors.Join(err, w.z.Close())
	}
	return errors.Join(err, w.f.Close())
}

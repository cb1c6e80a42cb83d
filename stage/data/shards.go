package data

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"suiren/internal/say"
	"suiren/stage"
)

// What was read is kept in shards of so many bytes of text, or items, so that an
// interruption costs one shard.
const (
	intakeBytes = 32 << 20
	intakeItems = 1 << 14
)

// maxAside bounds the parts that a report names.
const maxAside = 10_000

// A place is where reading stands: so many items of a file were read.
type place struct {
	File  int `json:"file"`
	Items int `json:"items"`
}

// standing is what is known when a shard is whole: documents-000000.json.
type standing struct {
	documentsReport
	At place `json:"at"`
}

// A reading writes documents in shards, in job.Work, and puts them together.
type reading struct {
	job    *stage.Job
	pass   Pass // nil: there is no policy
	own    bool // the folder of shards is removed when it is done
	shards int  // that are whole
	w      *documentWriter
	report standing
	size   int // of the shard that is written
	items  int
}

// newReading goes on behind the last whole shard of a run with the same inputs.
func newReading(job *stage.Job) (*reading, error) {
	s := &reading{job: job, report: standing{documentsReport: newReport()}}
	if job.Work == "" {
		s.own = true
		job.Work = filepath.Join(job.Out, ".work")
		if err := os.MkdirAll(job.Work, 0o700); err != nil {
			return nil, err
		}
	}
	for ; ; s.shards++ {
		b, err := os.ReadFile(s.name(".json"))
		if errors.Is(err, fs.ErrNotExist) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		r := standing{documentsReport: newReport()}
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, badLine(s.name(".json"), 1, err)
		}
		s.report = r
	}
}

func (s *reading) name(ending string) string {
	return filepath.Join(s.job.Work, fmt.Sprintf("documents-%06d%s", s.shards, ending))
}

func (s *reading) close() {
	if s.w != nil {
		s.w.f.Close()
	}
	if s.own {
		os.RemoveAll(s.job.Work)
	}
}

// add takes an item; at is where reading stands behind it.
func (s *reading) add(it item, at place) error {
	r := &s.report
	if it.document != nil {
		if held := r.through(s.pass, it.document); held != nil {
			r.aside(held)
			it.document = nil
		}
	}
	if it.aside != nil {
		r.aside(it.aside)
	}
	if d := it.document; d != nil {
		for _, m := range it.remarks[:min(len(it.remarks), maxAside-len(r.Remarks))] {
			r.Remarks = append(r.Remarks, Aside{d.Path, string(m.Cause), m.En, m.Zh})
		}
		if s.w == nil {
			var err error
			if s.w, err = createDocuments(s.name(".part")); err != nil {
				return err
			}
		}
		if r.count(d, it.format); r.Bytes > maxAll || r.Documents > maxDocuments {
			return &say.Error{What: say.T("the documents are more than %d, or longer than %d bytes together", "文档超过 %d 篇，或总长超过 %d 字节", maxDocuments, int64(maxAll)),
				Next: say.T("make several documents blocks of them", "请分成几个 documents 块")}
		}
		if err := s.w.write(d); err != nil {
			return err
		}
		s.size += len(d.Text)
		if len(it.scanned) > 0 {
			r.Scanned = append(r.Scanned, scannedPages{d.Path, it.scanned})
		}
	}
	r.At = at
	if s.items++; s.items < intakeItems && s.size < intakeBytes {
		return nil
	}
	return s.flush()
}

// flush ends a shard: first the documents are there, then what says so.
func (s *reading) flush() error {
	if s.items == 0 {
		return nil
	}
	if s.w == nil { // nothing but what was set aside
		var err error
		if s.w, err = createDocuments(s.name(".part")); err != nil {
			return err
		}
	}
	err := errors.Join(s.w.b.Flush(), s.w.f.Sync(), s.w.f.Close())
	s.w = nil
	if err != nil {
		return err
	}
	if err := os.Rename(s.name(".part"), s.name(".jsonl")); err != nil {
		return err
	}
	if err := stage.WriteJSON(s.name(".new"), &s.report); err != nil {
		return err
	}
	if err := os.Rename(s.name(".new"), s.name(".json")); err != nil {
		return err
	}
	s.shards++
	s.size, s.items = 0, 0
	return nil
}

// finish puts the shards together.
func (s *reading) finish(ctx context.Context) error {
	if err := s.flush(); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(s.job.Out, "documents.jsonl"))
	if err != nil {
		return err
	}
	defer out.Close()
	n := s.shards
	for s.shards = 0; s.shards < n; s.shards++ {
		f, err := os.Open(s.name(".jsonl"))
		if err != nil {
			return err
		}
		_, err = io.Copy(out, f)
		if err := errors.Join(err, f.Close(), ctx.Err()); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return stage.WriteJSON(filepath.Join(s.job.Out, "report.json"), &s.report.documentsReport)
}

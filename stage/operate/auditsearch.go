package operate

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"time"

	"suiren/internal/flock"
)

// An AuditQuery chooses lines of the audit log. What is zero chooses all.
type AuditQuery struct {
	Before int64  // number of a line: those before it
	Limit  int64  // at most 1000
	Actor  string // its name
	Action string // with a * at its end, all that begin so
	Text   string // in the subject
}

// An AuditEntry is a line of the audit log.
type AuditEntry struct {
	N       int64     `json:"n"`
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Content string    `json:"content,omitempty"` // keyed digest
	Hash    string    `json:"hash"`
}

func (q *AuditQuery) wants(e *AuditEntry) bool {
	begin, begins := strings.CutSuffix(q.Action, "*")
	return (q.Before == 0 || e.N < q.Before) && (q.Actor == "" || e.Actor == q.Actor) &&
		(e.Action == q.Action || q.Action == "" || begins && strings.HasPrefix(e.Action, begin)) && strings.Contains(e.Subject, q.Text)
}

// SearchAudit returns the last lines that a query chooses, the newest first, and the
// Before of the next page; 0: there is none. It reads the log as it stands, and
// does not verify it.
func SearchAudit(path string, q AuditQuery) (list []AuditEntry, next int64, err error) {
	most := int(min(max(q.Limit, 1), 1000))
	ring := []AuditEntry{}
	more := false
	err = EachAudit(path, func(e *AuditEntry) error {
		if !q.wants(e) {
			return nil
		}
		if len(ring) == most {
			copy(ring, ring[1:])
			ring, more = ring[:most-1], true
		}
		ring = append(ring, *e)
		return nil
	})
	list = make([]AuditEntry, 0, len(ring))
	for i := len(ring) - 1; i >= 0; i-- {
		list = append(list, ring[i])
	}
	if more {
		next = list[len(list)-1].N
	}
	return list, next, err
}

// EachAudit hands the lines of a log to see, in their order, with names.
func EachAudit(path string, see func(*AuditEntry) error) error {
	names := naming{path: namesPath(path)}
	if err := names.look(); err != nil {
		return err
	}
	n := int64(0)
	return EachAuditLine(path, func(b []byte) error {
		n++
		var e AuditEntry
		if err := json.Unmarshal(b, &e); err != nil {
			return broken(path, n, err)
		}
		e.Actor, e.Subject = names.show(e.Actor), names.show(e.Subject)
		return see(&e)
	})
}

// EachAuditLine hands the lines of a log to see as they stand, good until see returns.
func EachAuditLine(path string, see func([]byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := flock.Lock(f); err != nil {
		return err
	}
	info, err := f.Stat()
	flock.Unlock(f) // what is there stays, and a slow reader stops nobody
	if err != nil {
		return err
	}
	_, err = lines(io.NewSectionReader(f, 0, info.Size()), see)
	return err
}

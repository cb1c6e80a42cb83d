package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"suiren/internal/say"
)

// A Record says how an artifact was made.
type Record struct {
	Key      Digest // what was asked for; one record for each
	Kind     Kind   // of the block
	Name     string // of the block
	Operator string
	Revision int
	Settings json.RawMessage
	Inputs   []Used
	Output   Digest
	Bytes    int64 // of all files
	Machine  json.RawMessage
	Version  string // of the program
	Began    time.Time
	Seconds  float64
	Memory   int64   // peak resident bytes of the process
	FLOPs    float64 // of training; 0 where it was not counted
	Forecast json.RawMessage
	Run      string // whose events tell of it
}

// A Used is one input of a step.
type Used struct {
	Arg    string // the argument that named it
	Block  string // "kind.name"; "" for what no block made
	Part   string // the sub-folder that was read; "" for all of it
	Digest Digest // of what was read
	From   Digest // the artifact that it lies in: Digest itself if Part is ""
}

// A Block is what stands: what the last applied plan made of a block.
type Block struct {
	Kind        Kind
	Name        string
	Key, Output Digest
}

// schema makes the tables of version 1. Digests are in hexadecimal, for people
// who look with sqlite3.
const schema = `
CREATE TABLE records (
	key TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
	operator TEXT NOT NULL, revision INTEGER NOT NULL, settings TEXT NOT NULL,
	output TEXT NOT NULL, bytes INTEGER NOT NULL, machine TEXT NOT NULL, version TEXT NOT NULL,
	began TEXT NOT NULL, seconds REAL NOT NULL, memory INTEGER NOT NULL, flops REAL NOT NULL,
	forecast TEXT NOT NULL, run TEXT NOT NULL
) STRICT;
CREATE INDEX records_output ON records (output);
CREATE INDEX records_operator ON records (operator, revision);
CREATE TABLE inputs (
	key TEXT NOT NULL REFERENCES records ON DELETE CASCADE, place INTEGER NOT NULL,
	arg TEXT NOT NULL, block TEXT NOT NULL, part TEXT NOT NULL, digest TEXT NOT NULL, artifact TEXT NOT NULL,
	PRIMARY KEY (key, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (
	kind TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, output TEXT NOT NULL,
	PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
`

// migrate brings the database to the schema.
func (s *Store) migrate() error {
	var version int
	if err := s.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch version {
	case 0:
		return s.change(func(tx *sql.Tx) error {
			if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version > 0 {
				return err // another process was faster
			}
			_, err := tx.Exec(schema + upgrades[1])
			return err
		})
	case Schema:
		return nil
	}
	if version > 0 && version < Schema {
		return s.upgrade(version)
	}
	return &say.Error{Where: s.dir, What: say.T("this state folder was written by a newer suiren (format %d)", "此状态目录由更新版本的 suiren 写成（格式 %d）", version),
		Next: say.T("use that version, or choose another folder with --state", "请使用那个版本，或用 --state 换一个目录")}
}

// change runs f in a transaction that is on the disk when change returns nil,
// and undone otherwise.
func (s *Store) change(f func(tx *sql.Tx) error) error {
	if err := s.writable(); err != nil {
		return err
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

// Record keeps how an artifact was made. A record with the same key is
// replaced. It is on the disk when Record returns.
func (s *Store) Record(r Record) error {
	for name, raw := range map[string]*json.RawMessage{"settings": &r.Settings, "machine": &r.Machine, "forecast": &r.Forecast} {
		if len(*raw) == 0 {
			*raw = json.RawMessage("null")
		}
		if !json.Valid(*raw) {
			return fmt.Errorf("store: record of %s.%s: its %s is not JSON", r.Kind, r.Name, name)
		}
	}
	return s.dbError(s.change(func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM records WHERE key = ?", r.Key.String()); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			r.Key.String(), string(r.Kind), r.Name, r.Operator, r.Revision, string(r.Settings),
			r.Output.String(), r.Bytes, string(r.Machine), r.Version,
			r.Began.UTC().Format(timeForm), r.Seconds, r.Memory, r.FLOPs, string(r.Forecast), r.Run)
		if err != nil {
			return err
		}
		for i, in := range r.Inputs {
			if in.From.IsZero() && in.Part == "" {
				in.From = in.Digest
			}
			if _, err := tx.Exec("INSERT INTO inputs VALUES (?,?,?,?,?,?,?)", r.Key.String(), i,
				in.Arg, in.Block, in.Part, in.Digest.String(), in.From.String()); err != nil {
				return err
			}
		}
		return nil
	}))
}

// timeForm has a fixed width, so that text sorts as time.
const timeForm = "2006-01-02T15:04:05.000000000Z"

// Made returns the record of key, and whether there is one whose output is
// still in the store.
func (s *Store) Made(key Digest) (Record, bool, error) {
	list, err := s.records("key = ?", key.String())
	if err != nil || len(list) == 0 {
		return Record{}, false, err
	}
	if _, err := s.Dir(list[0].Output); err != nil {
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return list[0], false, err
	}
	return list[0], true, nil
}

// MadeBy returns the records of all that made output, newest first.
func (s *Store) MadeBy(output Digest) ([]Record, error) {
	return s.records("output = ?", output.String())
}

// Earlier returns the records of one operator with the same settings, newest
// first, whether their outputs are still there or not: what it cost before.
func (s *Store) Earlier(operator string, revision int, settings json.RawMessage) ([]Record, error) {
	return s.records("operator = ? AND revision = ? AND settings = ?", operator, revision, string(settings))
}

// records returns the records for which the condition holds, newest first.
func (s *Store) records(where string, args ...any) (list []Record, err error) {
	defer func() { err = s.dbError(err) }()
	rows, err := s.db.Query("SELECT * FROM records WHERE "+where+" ORDER BY began DESC, key", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r Record
		var key, output, began, settings, machine, forecast string
		if err := rows.Scan(&key, &r.Kind, &r.Name, &r.Operator, &r.Revision, &settings, &output, &r.Bytes, &machine, &r.Version,
			&began, &r.Seconds, &r.Memory, &r.FLOPs, &forecast, &r.Run); err != nil {
			return nil, err
		}
		var errs [3]error
		r.Key, errs[0] = ParseDigest(key)
		r.Output, errs[1] = ParseDigest(output)
		r.Began, errs[2] = time.Parse(timeForm, began)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		r.Settings, r.Machine, r.Forecast = json.RawMessage(settings), json.RawMessage(machine), json.RawMessage(forecast)
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Inputs, err = s.inputs(list[i].Key); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) inputs(key Digest) ([]Used, error) {
	rows, err := s.db.Query("SELECT arg, block, part, digest, artifact FROM inputs WHERE key = ? ORDER BY place", key.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Used
	for rows.Next() {
		var u Used
		var digest, from string
		if err := rows.Scan(&u.Arg, &u.Block, &u.Part, &digest, &from); err != nil {
			return nil, err
		}
		var errs [2]error
		u.Digest, errs[0] = ParseDigest(digest)
		u.From, errs[1] = ParseDigest(from)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

// Blocks returns what stands, by kind and name.
func (s *Store) Blocks() (list []Block, err error) {
	defer func() { err = s.dbError(err) }()
	rows, err := s.db.Query("SELECT kind, name, key, output FROM blocks ORDER BY kind, name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var b Block
		var key, output string
		if err := rows.Scan(&b.Kind, &b.Name, &key, &output); err != nil {
			return nil, err
		}
		var errs [2]error
		b.Key, errs[0] = ParseDigest(key)
		b.Output, errs[1] = ParseDigest(output)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// SetBlock makes b stand, in the place of the block of its kind and name.
func (s *Store) SetBlock(b Block) error {
	return s.dbError(s.change(func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT OR REPLACE INTO blocks VALUES (?,?,?,?)", string(b.Kind), b.Name, b.Key.String(), b.Output.String())
		return err
	}))
}

// RemoveBlock makes a block stand no more. Its artifact stays until GC.
func (s *Store) RemoveBlock(kind Kind, name string) error {
	return s.dbError(s.change(func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM blocks WHERE kind = ? AND name = ?", string(kind), name)
		return err
	}))
}

package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"suiren/internal/durable"
	"suiren/internal/say"
)

// ErrChanged is returned by SetState when another process was faster.
var ErrChanged = errors.New("the state was changed meanwhile")

// maxState bounds a state's value, in bytes.
const maxState = 4 << 20

// State returns a small document that says how things stand, such as which
// release is live, and its version, which grows with every change. Of a name
// that was never set the version is 0.
func (s *Store) State(name string) (value json.RawMessage, version int64, err error) {
	var text string
	err = s.db.QueryRow("SELECT value, version FROM states WHERE name = ?", name).Scan(&text, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	return json.RawMessage(text), version, s.dbError(err)
}

// SetState puts a document in the place of that of version, and keeps the
// artifacts that it names from GC. It is on the disk, whole, when SetState
// returns nil. If the version is no longer that one, the error is ErrChanged.
func (s *Store) SetState(name string, version int64, value json.RawMessage, keep ...Digest) error {
	if !json.Valid(value) || len(value) > maxState {
		return fmt.Errorf("store: state %s: %d bytes are no JSON, or too many", name, len(value))
	}
	return s.dbError(s.change(func(tx *sql.Tx) error {
		var have int64
		if err := tx.QueryRow("SELECT version FROM states WHERE name = ?", name).Scan(&have); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if have != version {
			return ErrChanged
		}
		if _, err := tx.Exec("INSERT OR REPLACE INTO states VALUES (?,?,?)", name, version+1, string(value)); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM kept WHERE name = ?", name); err != nil {
			return err
		}
		for _, d := range keep {
			if _, err := tx.Exec("INSERT OR IGNORE INTO kept VALUES (?,?)", name, d.String()); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Scrub empties the journal of the records of what was there before the last
// change; what is freed in the file itself is overwritten (secure_delete).
func (s *Store) Scrub() error {
	var busy, frames, done int
	err := s.db.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done)
	if err == nil && busy != 0 {
		err = say.Errorf("what was deleted is still in the journal of the records: another program is reading", "删除的内容仍在记录库日志中：另一个程序正在读取")
	}
	return s.dbError(err)
}

// kept returns the artifacts that states name.
func (s *Store) kept() (list []Digest, err error) {
	defer func() { err = s.dbError(err) }()
	rows, err := s.db.Query("SELECT DISTINCT artifact FROM kept")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		d, err := ParseDigest(text)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// Of returns the records of all blocks of a kind, newest first.
func (s *Store) Of(kind Kind) ([]Record, error) { return s.records("kind = ?", string(kind)) }

// Schema is the version of the records that this program writes.
const Schema = 2

// upgrades bring the records from one version to the next; downgrades back.
// What a version does not know is lost on the way back.
var (
	upgrades = map[int]string{1: `
CREATE TABLE states (name TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE kept (name TEXT NOT NULL, artifact TEXT NOT NULL, PRIMARY KEY (name, artifact)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 2;
`}
	downgrades = map[int]string{2: `
DROP TABLE kept;
DROP TABLE states;
PRAGMA user_version = 1;
`}
)

// Version returns the version of the records as they are.
func (s *Store) Version() (v int, err error) {
	err = s.db.QueryRow("PRAGMA user_version").Scan(&v)
	return v, s.dbError(err)
}

// upgrade brings the records to Schema, after a copy of them was made.
func (s *Store) upgrade(version int) error {
	if _, err := s.copyRecords(version); err != nil {
		return err
	}
	return s.change(func(tx *sql.Tx) error {
		if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		for ; version < Schema; version++ { // none, if another process was faster
			if _, err := tx.Exec(upgrades[version]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Downgrade brings the records to an older version, for an older program, after
// a copy of them was made, whose path it returns. The store cannot be used
// afterwards: opening it would bring the records back up.
func (s *Store) Downgrade(to int) (saved string, err error) {
	unlock, err := s.Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	version, err := s.Version()
	if err != nil {
		return "", err
	}
	if to < 1 || to >= version {
		return "", &say.Error{Where: s.dir, What: say.T("the records are of format %d and cannot be brought down to %d", "记录为格式 %d，无法降到 %d", version, to),
			Next: say.T("choose a format from 1 to %d", "请选 1 到 %d", version-1)}
	}
	if saved, err = s.copyRecords(version); err != nil {
		return "", s.dbError(err)
	}
	return saved, s.dbError(s.change(func(tx *sql.Tx) error {
		for ; version > to; version-- {
			if _, err := tx.Exec(downgrades[version]); err != nil {
				return err
			}
		}
		return nil
	}))
}

// copyRecords writes a copy of the records beside them, while others read and
// write.
func (s *Store) copyRecords(version int) (string, error) {
	path := filepath.Join(s.dir, fmt.Sprintf("suiren.db.format%d.%s", version, time.Now().UTC().Format("20060102T150405.000000000")))
	return path, s.CopyRecords(context.Background(), path)
}

// CopyRecords writes the records as they are now to a new file, while others
// read and write.
func (s *Store) CopyRecords(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600) // SQLite takes an empty file as it is
	if err != nil {
		return err
	}
	f.Close()
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return durable.Sync(path)
}

// StateVersion returns the version of a state alone.
func (s *Store) StateVersion(name string) (version int64, err error) {
	err = s.db.QueryRow("SELECT version FROM states WHERE name = ?", name).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return version, s.dbError(err)
}

// wholeMost is the largest file that Whole reads, in bytes: settings,
// templates, tokenizers and small models.
const wholeMost = 16 << 20

// Whole reports what is wrong with an artifact as far as can be told at once:
// its list must be what its name says, its files there with their sizes, and
// those of up to 16 MiB as they were made. Verify reads all of them.
func (s *Store) Whole(d Digest) error {
	dir, err := s.Dir(d)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(dir + listSuffix)
	if err != nil {
		return err
	}
	if Digest(sha256.Sum256(text)) != d {
		return say.Errorf("the list of its files was changed", "文件清单被改动过")
	}
	files, err := parseList(text)
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || info.Size() != f.Size {
			return say.Errorf("%s was changed", "%s 被改动过", f.Path)
		}
		if f.Size > wholeMost {
			continue
		}
		now, err := sumFile(context.Background(), filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return err
		}
		if now.Sum != f.Sum {
			return say.Errorf("%s was changed", "%s 被改动过", f.Path)
		}
	}
	return nil
}

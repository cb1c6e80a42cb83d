package people

import (
	"encoding/json"
	"time"

	"suiren/internal/say"
)

// Erase takes a person out: the account with all that it signs in with, and the
// name, for which as stands where a glass was broken. Of somebody who has no
// account it does nothing.
func (s *Store) Erase(name, as string) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`delete from people where name = ?`, name); err != nil {
		return err
	}
	// What is left of a session, a key's too, names nobody: a browser that comes back
	// with it is told to forget what it keeps.
	if _, err := tx.Exec(`update sessions set person = '', kind = ? where person = ?`, OfErased, name); err != nil {
		return err
	}
	if err := s.end(tx, name); err != nil {
		return err
	}
	if _, err := tx.Exec(`update emergencies set person = ? where person = ?`, as, name); err != nil {
		return err
	}
	if err := s.db.failed(tx.Commit()); err != nil {
		return err
	}
	return s.scrub()
}

// scrub empties the file's journal of what was written before; deleted rows are
// overwritten (secure_delete).
func (s *Store) scrub() error {
	var busy, frames, done int
	err := s.db.QueryRow(`pragma wal_checkpoint(truncate)`).Scan(&busy, &frames, &done)
	if err == nil && busy != 0 {
		err = say.Errorf("what was deleted is still in the journal of the accounts: another program is reading", "删除的内容仍在账户文件日志中：另一个程序正在读取")
	}
	return err
}

// Retain deletes the broken glasses that are over since a time, but of some persons
// none. Dry only counts.
func (s *Store) Retain(before time.Time, except []string, dry bool) (n int64, err error) {
	names, err := json.Marshal(append([]string{}, except...))
	if err != nil {
		return 0, err
	}
	const from = `from emergencies where ends < ? and person not in (select value from json_each(?))`
	if dry {
		return n, s.db.QueryRow(`select count(*) `+from, before.UnixMicro(), string(names)).Scan(&n)
	}
	r, err := s.db.Exec(`delete `+from, before.UnixMicro(), string(names))
	if err != nil {
		return 0, err
	}
	if n, err = r.RowsAffected(); err != nil || n == 0 {
		return n, err
	}
	return n, s.scrub()
}

// Names are all persons and keys that the file knows.
func (s *Store) Names() (list []string, err error) {
	rows, err := s.db.Query(`select name from people union select person from sessions where person != '' union select person from emergencies`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, rows.Err()
}

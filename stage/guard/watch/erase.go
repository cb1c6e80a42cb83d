package watch

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"suiren/internal/say"
)

// erasedContent is that of an item of somebody who was erased: no salt is put there.
const erasedContent = "null"

// Erase takes a caller out: what was to be reviewed, and the name, for which as
// stands from then on. That there were suspensions and reviews stays.
func (w *Watch) Erase(name, as string) error {
	err := w.tx(func(tx *sql.Tx) error {
		now := w.Now().UnixMilli()
		if _, err := tx.Exec(`update items set state = iif(state = 'waiting', 'expired', state), until = min(until, ?), content = ?, reason = '' where caller = ?`, now, erasedContent, name); err != nil {
			return w.failed(err)
		}
		for _, q := range []string{`update items set caller = ?2 where caller = ?1`, `update items set person = ?2 where person = ?1`,
			`update suspended set caller = ?2 where caller = ?1`, `update suspended set lifted = ?2 where lifted = ?1`, `update strikes set caller = ?2 where caller = ?1`,
			`update or replace runs set caller = ?2 where caller = ?1`} {
			if _, err := tx.Exec(q, name, as); err != nil {
				return w.failed(err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.scrub()
}

// Retain deletes what is over since a time, but of some callers nothing. Dry only
// counts.
func (w *Watch) Retain(before time.Time, except []string, dry bool) (n int64, err error) {
	names, err := json.Marshal(append([]string{}, except...))
	if err != nil {
		return 0, err
	}
	if !dry {
		if err := w.expire(); err != nil {
			return 0, err
		}
	}
	err = w.tx(func(tx *sql.Tx) error {
		for _, from := range []string{`items where until < ?1`, `suspended where until < ?1`, `strikes where time < ?1`} {
			from += ` and caller not in (select value from json_each(?2))`
			var rows int64
			if err := tx.QueryRow(`select count(*) from `+from, before.UnixMilli(), string(names)).Scan(&rows); err != nil {
				return w.failed(err)
			}
			n += rows
			if dry || rows == 0 {
				continue
			}
			if _, err := tx.Exec(`delete from `+from, before.UnixMilli(), string(names)); err != nil {
				return w.failed(err)
			}
		}
		return nil
	})
	if err != nil || dry || n == 0 {
		return n, err
	}
	return n, w.scrub()
}

// Names are all callers and reviewers that the file knows.
func (w *Watch) Names() (list []string, err error) {
	rows, err := w.db.Query(`select caller from items union select person from items union select caller from suspended union select lifted from suspended union select caller from strikes union select caller from runs`)
	if err != nil {
		return nil, w.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, w.failed(err)
		}
		if name != "" {
			list = append(list, name)
		}
	}
	return list, w.failed(rows.Err())
}

// scrub empties the file's journal of what was written before. A reader that is in
// the way is waited for, as all writers are.
func (w *Watch) scrub() error {
	var busy, frames, done int
	err := w.db.QueryRowContext(context.Background(), `pragma wal_checkpoint(truncate)`).Scan(&busy, &frames, &done)
	if err == nil && busy != 0 {
		return say.Errorf("%s: what was deleted is still in its journal: another program is reading", "%s：删除的内容仍在文件日志中：另一个程序正在读取", w.path)
	}
	return w.failed(err)
}

package ledger

import "time"

// Outcomes hands what came of a release since a time to see: how each answer ended,
// after how long, the first first, and then each rating.
func (l *Ledger) Outcomes(release string, since time.Time, ended func(reason string, took time.Duration), rated func(good bool)) error {
	rows, err := l.read.Query(`select t.reason, t.total from traces t join supplies s on s.id = t.supply
		where s.release = ? and t.time >= ? and t.operation = 'chat' order by t.seq`, release, micro(since))
	if err != nil {
		return l.failed(err)
	}
	if err := eachRow(rows, func(scan func(...any) error) error {
		var reason string
		var total int64
		err := scan(&reason, &total)
		ended(reason, time.Duration(total)*time.Microsecond)
		return err
	}); err != nil {
		return l.failed(err)
	}
	if rows, err = l.read.Query(`select r.good from ratings r join traces t on t.seq = r.trace join supplies s on s.id = t.supply
		where s.release = ? and r.time >= ? order by r.time`, release, micro(since)); err != nil {
		return l.failed(err)
	}
	return l.failed(eachRow(rows, func(scan func(...any) error) error {
		var good bool
		err := scan(&good)
		rated(good)
		return err
	}))
}

// ReleaseOf returns the digest of the release that gave an answer. It returns
// ErrNoAnswer for an id it does not know.
func (l *Ledger) ReleaseOf(id string) (release string, err error) {
	err = l.read.QueryRow(`select s.release from traces t join supplies s on s.id = t.supply where t.id = ?`, id).Scan(&release)
	if isNone(err) {
		return "", ErrNoAnswer
	}
	return release, l.failed(err)
}

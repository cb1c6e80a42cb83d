package ledger

// known is what the writer has read and need not read again. It stays true until
// another connection writes, which SQLite tells (pragma data_version), or this one
// changes it: then it is emptied.
type known struct {
	read     bool   // the rest was
	version  int64  // of the data
	bounded  bool   // there are budgets
	prices   int64  // the version in force, 0 if there is none
	closed   string // the last month that is closed
	accounts map[Account]int64
	supplies map[Supply]int64
}

// maxKnown bounds each map.
const maxKnown = 4096

func remember[K comparable](m map[K]int64, k K, id int64) map[K]int64 {
	if m == nil || len(m) >= maxKnown {
		m = map[K]int64{}
	}
	m[k] = id
	return m
}

// look reads what is not known, when a transaction has begun.
func (t *tx) look() error {
	var version int64
	if err := t.get(`pragma data_version`, nil, &version); err != nil || t.l.known.read && version == t.l.known.version {
		return err
	}
	k := known{read: true, version: version}
	err := t.get(`select exists (select 1 from budgets), (select coalesce(max(version), 0) from prices), (select coalesce(max(month), '') from months)`, nil, &k.bounded, &k.prices, &k.closed)
	if err == nil {
		t.l.known = k
	}
	return err
}

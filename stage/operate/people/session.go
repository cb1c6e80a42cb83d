package people

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"suiren/internal/say"
)

// A Session is a browser that signed in.
type Session struct {
	ID     string    `json:"id"` // tells a person's sessions apart, and opens none
	Name   string    `json:"name"`
	Kind   string    `json:"kind"` // person, key, page
	Second bool      `json:"two_factors,omitempty"`
	Made   time.Time `json:"made"`
	Ends   time.Time `json:"ends"`
}

// Kinds of sessions.
const (
	OfPerson = "person"
	OfKey    = "key"
	OfPage   = "page" // of the address that the terminal printed

	OfErased = "erased" // whose it was is erased; it opens nothing
)

// secretHash is what is kept of a secret that is random and long.
func secretHash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// sessionID is the beginning of a secret's hash.
func sessionID(hash string) string { return hash[:16] }

// Begin makes a session and returns its secret.
func (s *Store) Begin(x Session) (secret string, err error) {
	secret = rand.Text() + rand.Text()
	now := s.Now()
	if _, err := s.db.Exec(`delete from sessions where ends <= ?`, now.UnixMicro()); err != nil {
		return "", err
	}
	_, err = s.db.Exec(`insert into sessions values (?,?,?,?,?,?)`, secretHash(secret), x.Name, x.Kind, x.Second, now.UnixMicro(), x.Ends.UnixMicro())
	return secret, err
}

// Session finds a session by its secret.
func (s *Store) Session(secret string) (*Session, bool) {
	var x Session
	var made, ends int64
	err := s.db.QueryRow(`select person, kind, second, made, ends from sessions where hash = ?`, secretHash(secret)).Scan(&x.Name, &x.Kind, &x.Second, &made, &ends)
	if err != nil || ends <= s.Now().UnixMicro() {
		return nil, false
	}
	x.ID, x.Made, x.Ends = sessionID(secretHash(secret)), time.UnixMicro(made).UTC(), time.UnixMicro(ends).UTC()
	return &x, true
}

// End ends a session.
func (s *Store) End(secret string) error {
	_, err := s.db.Exec(`delete from sessions where hash = ?`, secretHash(secret))
	return err
}

// EndAll ends all sessions of a person or key, and returns how many there were.
func (s *Store) EndAll(name string) (int64, error) {
	r, err := s.db.Exec(`delete from sessions where person = ?`, name)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// EndOne ends one session of a person or key, by its id.
func (s *Store) EndOne(name, id string) error {
	r, err := s.db.Exec(`delete from sessions where person = ? and substr(hash, 1, 16) = ?`, name, id)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNone)
	}
	return nil
}

// Sessions lists the sessions of a person or key, the newest first.
func (s *Store) Sessions(name string) ([]Session, error) {
	rows, err := s.db.Query(`select hash, person, kind, second, made, ends from sessions where person = ? and ends > ? order by made desc`, name, s.Now().UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Session{}
	for rows.Next() {
		var x Session
		var made, ends int64
		var hash string
		if err := rows.Scan(&hash, &x.Name, &x.Kind, &x.Second, &made, &ends); err != nil {
			return nil, err
		}
		x.ID, x.Made, x.Ends = sessionID(hash), time.UnixMicro(made).UTC(), time.UnixMicro(ends).UTC()
		list = append(list, x)
	}
	return list, rows.Err()
}

// linkTime is how long a one-time link works.
const linkTime = 24 * time.Hour

// Link makes a token with which a person can set a password, once. It replaces
// the one before.
func (s *Store) Link(name string) (token string, err error) {
	if _, err := s.Find(name); err != nil {
		return "", err
	}
	token = rand.Text() + rand.Text()
	tx, err := s.db.Begin()
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`delete from links where person = ?`, name); err != nil {
		return "", err
	}
	if _, err := tx.Exec(`insert into links values (?,?,?)`, secretHash(token), name, s.Now().Add(linkTime).UnixMicro()); err != nil {
		return "", err
	}
	return token, s.db.failed(tx.Commit())
}

// ErrLink is for a token that is spent, too old or none.
var ErrLink = &say.Error{What: say.T("the link was used, or is older than a day", "链接已使用过，或已超过一天"), Next: say.T("ask for a new one: suiren user link NAME", "请重新获取：suiren user link 名称")}

// Join sets a password by a link's token, and returns whose it is.
func (s *Store) Join(token, password string) (*Person, error) {
	var name string
	var ends int64
	err := s.db.QueryRow(`select person, ends from links where hash = ?`, secretHash(token)).Scan(&name, &ends)
	if errors.Is(err, sql.ErrNoRows) || err == nil && ends <= s.Now().UnixMicro() {
		return nil, ErrLink
	}
	if err != nil {
		return nil, err
	}
	if err := CheckPassword(name, password); err != nil {
		return nil, err
	}
	r, err := s.db.Exec(`delete from links where hash = ?`, secretHash(token))
	if err != nil {
		return nil, err
	}
	if n, _ := r.RowsAffected(); n == 0 { // somebody was quicker
		return nil, ErrLink
	}
	if err := s.SetPassword(name, password); err != nil {
		return nil, err
	}
	return s.Find(name)
}

// An Emergency is a broken glass: for a while the rules know that there is one.
type Emergency struct {
	Person string    `json:"person"`
	Reason string    `json:"reason"`
	Began  time.Time `json:"began"`
	Ends   time.Time `json:"ends"`
}

// MaxEmergency bounds how long a glass stays broken.
const MaxEmergency = 4 * time.Hour

// Break breaks the glass.
func (s *Store) Break(name, reason string, long time.Duration) (Emergency, error) {
	e := Emergency{Person: name, Reason: reason, Began: s.Now().UTC()}
	if len([]rune(reason)) < 10 || len(reason) > 4000 {
		return e, &say.Error{Where: "reason", What: say.T("a reason of 10 to 1000 characters is asked for", "须写明 10 到 1000 字的理由"), Next: say.T("say what happened and for whom it is", "请说明发生了什么、为谁使用")}
	}
	if long <= 0 || long > MaxEmergency {
		return e, &say.Error{Where: "minutes", What: say.T("1 to %d minutes", "1 到 %d 分钟", int(MaxEmergency.Minutes())), Next: say.T("ask again when they have passed", "到期后可再次申请")}
	}
	e.Ends = e.Began.Add(long)
	_, err := s.db.Exec(`insert into emergencies values (?,?,?,?)`, name, reason, e.Began.UnixMicro(), e.Ends.UnixMicro())
	return e, err
}

// Mend ends a person's emergency.
func (s *Store) Mend(name string) error {
	_, err := s.db.Exec(`update emergencies set ends = ?2 where person = ?1 and ends > ?2`, name, s.Now().UnixMicro())
	return err
}

// Emergencies lists those under way; of one person, if a name is given.
func (s *Store) Emergencies(name string) ([]Emergency, error) {
	rows, err := s.db.Query(`select person, reason, began, ends from emergencies where ends > ?1 and ?2 in ('', person) order by began`, s.Now().UnixMicro(), name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Emergency{}
	for rows.Next() {
		var e Emergency
		var began, ends int64
		if err := rows.Scan(&e.Person, &e.Reason, &began, &ends); err != nil {
			return nil, err
		}
		e.Began, e.Ends = time.UnixMicro(began).UTC(), time.UnixMicro(ends).UTC()
		list = append(list, e)
	}
	return list, rows.Err()
}

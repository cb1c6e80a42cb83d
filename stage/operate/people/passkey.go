package people

import (
	"database/sql"
	"errors"
	"time"

	"suiren/internal/say"
)

// A Passkey is a WebAuthn credential of a person.
type Passkey struct {
	ID     []byte    `json:"id"`
	Person string    `json:"person"`
	Label  string    `json:"label"`
	Data   string    `json:"-"` // the credential, as who verifies it writes it
	Made   time.Time `json:"made"`
	Used   time.Time `json:"used,omitzero"`
}

// maxPasskeys bounds the passkeys of a person.
const maxPasskeys = 16

// AddPasskey keeps a passkey.
func (s *Store) AddPasskey(k Passkey) error {
	list, err := s.Passkeys(k.Person)
	if err != nil {
		return err
	}
	if len(list) >= maxPasskeys {
		return &say.Error{Where: k.Person, What: say.T("an account has at most %d passkeys", "每个账户至多 %d 个通行密钥", maxPasskeys), Next: say.T("remove one", "请删除一个")}
	}
	_, err = s.db.Exec(`insert into passkeys (id, person, label, data, made) values (?,?,?,?,?)`, k.ID, k.Person, k.Label, k.Data, s.Now().UnixMicro())
	return err
}

// Passkeys lists those of a person, the oldest first.
func (s *Store) Passkeys(person string) ([]Passkey, error) {
	rows, err := s.db.Query(`select id, person, label, data, made, used from passkeys where person = ? order by made`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Passkey{}
	for rows.Next() {
		k, err := scanPasskey(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, *k)
	}
	return list, rows.Err()
}

func scanPasskey(row interface{ Scan(...any) error }) (*Passkey, error) {
	var k Passkey
	var made, used int64
	if err := row.Scan(&k.ID, &k.Person, &k.Label, &k.Data, &made, &used); err != nil {
		return nil, err
	}
	k.Made = time.UnixMicro(made).UTC()
	if used != 0 {
		k.Used = time.UnixMicro(used).UTC()
	}
	return &k, nil
}

// Passkey finds one; ErrSignIn if there is none.
func (s *Store) Passkey(id []byte) (*Passkey, error) {
	k, err := scanPasskey(s.db.QueryRow(`select id, person, label, data, made, used from passkeys where id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrSignIn
	}
	return k, err
}

// UsePasskey keeps what a sign-in changed of a credential: its counter.
func (s *Store) UsePasskey(id []byte, data string) error {
	_, err := s.db.Exec(`update passkeys set data = ?, used = ? where id = ?`, data, s.Now().UnixMicro(), id)
	return err
}

// RemovePasskey takes a passkey of a person away.
func (s *Store) RemovePasskey(person string, id []byte) error {
	r, err := s.db.Exec(`delete from passkeys where id = ? and person = ?`, id, person)
	if err != nil {
		return err
	}
	if n, _ := r.RowsAffected(); n == 0 {
		return &say.Error{Where: person, What: say.T("there is no such passkey", "没有这个通行密钥"), Next: say.T("list them first", "请先查看列表")}
	}
	return nil
}

package account

import (
	"database/sql"
	"encoding/base64"
	"fmt"
	"path/filepath"

	"golang.org/x/crypto/argon2"
)

// setGood gives an account the password good, hashed at the least cost: what a
// hash has cost stands in it, and these tests compare passwords, not costs.
func (h *house) setGood(name string) error {
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "people.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	salt := make([]byte, 16)
	b := base64.RawStdEncoding
	hash := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, b.EncodeToString(salt), b.EncodeToString(argon2.IDKey([]byte(good), salt, 1, 8, 1, 32)))
	_, err = db.Exec(`update people set hash = ? where name = ?`, hash, name)
	return err
}

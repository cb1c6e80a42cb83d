package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"suiren/internal/say"
)

// Argon2id (RFC 9106) with the second recommended set, halved in lanes: 64 MiB,
// three passes. What was hashed with other numbers says so in its text.
const (
	argonTime   = 3
	argonMemory = 64 << 10 // KiB
	argonLanes  = 2
	argonKey    = 32
)

// hashing bounds how many passwords are hashed at once, and so the memory.
var hashing = make(chan struct{}, 2)

// Bounds of a password, in characters (NIST SP 800-63B: no rules about which).
const (
	minPassword = 12
	maxPassword = 256
)

// CheckPassword refuses a password that could be guessed at once.
func CheckPassword(name, password string) error {
	n := utf8.RuneCountInString(password)
	kinds := map[rune]bool{}
	for _, c := range strings.ToLower(password) {
		kinds[c] = true
	}
	var what say.Text
	switch {
	case n < minPassword:
		what = say.T("it has fewer than %d characters", "少于 %d 个字符", minPassword)
	case n > maxPassword:
		what = say.T("it has more than %d characters", "多于 %d 个字符", maxPassword)
	case len(kinds) < 5:
		what = say.T("it repeats the same few characters", "只重复几个相同的字符")
	case strings.Contains(strings.ToLower(password), strings.ToLower(name)):
		what = say.T("it holds the name", "包含账户名")
	default:
		return nil
	}
	return &say.Error{Where: name, What: say.T("the password is too weak: %s", "密码太弱：%s", what), Next: say.T("take a sentence of a few words", "请用由几个词组成的短句")}
}

func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	hashing <- struct{}{}
	defer func() { <-hashing }()
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b.EncodeToString(salt), b.EncodeToString(key))
}

// verifyPassword compares a password with the text of a hash.
func verifyPassword(ctx context.Context, text, password string) bool {
	var version, memory, passes, lanes int
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if n, _ := fmt.Sscanf(parts[2], "v=%d", &version); n != 1 || version != argon2.Version {
		return false
	}
	if n, _ := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); n != 3 || memory < 8 || memory > 1<<20 || passes < 1 || passes > 16 || lanes < 1 || lanes > 16 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) < 16 || len(key) > 64 {
		return false
	}
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	defer func() { <-hashing }()
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1
}

// nobody is the hash that a password for no account is compared with, so that
// its answer takes as long.
var nobody = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
	base64.RawStdEncoding.EncodeToString(make([]byte, 16)), base64.RawStdEncoding.EncodeToString(make([]byte, argonKey)))

// SetPassword sets a password and ends the person's sessions and links.
func (s *Store) SetPassword(name, password string) error {
	p, err := s.Find(name)
	if err != nil {
		return err
	}
	if p.Source != "" {
		return &say.Error{Where: name, What: say.T("this account signs in at %s", "该账户通过 %s 登录", p.Source), Next: say.T("change the password there", "请在那里修改密码")}
	}
	if err := CheckPassword(name, password); err != nil {
		return err
	}
	return s.each(name, `update people set hash = ?2 where name = ?1`, name, hashPassword(password))
}

// ErrSignIn is for a name and password that do not go together; it does not say
// which of them is wrong.
var ErrSignIn = say.Errorf("the name or the password is wrong", "账户名或密码不正确")

// SignIn checks a password that came from an address. After some failures for
// the name or the address it refuses to look for a while: a *Wait.
func (s *Store) SignIn(ctx context.Context, name, password, from string) (*Person, error) {
	if len(password) > 4*maxPassword || len(name) > 256 {
		return nil, ErrSignIn
	}
	done, err := s.tries.begin(s.Now(), "name:"+name, "from:"+from)
	if err != nil {
		return nil, err
	}
	hash := nobody
	p, err := s.Find(name)
	if err == nil && p.hash != "" {
		hash = p.hash
	}
	ok := verifyPassword(ctx, hash, password) && hash != nobody && p.Suspended.IsZero()
	done(ok)
	if !ok {
		return nil, ErrSignIn
	}
	return p, nil
}

// Verify checks somebody by another way than a password of ours, with the same
// patience.
func (s *Store) Verify(name, from string, check func() (*Person, error)) (*Person, error) {
	done, err := s.tries.begin(s.Now(), "name:"+name, "from:"+from)
	if err != nil {
		return nil, err
	}
	p, err := check()
	if err == nil && !p.Suspended.IsZero() {
		err = ErrSignIn
	}
	done(err == nil)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// A Wait says when somebody may try again.
type Wait struct{ For time.Duration }

func (w *Wait) Error() string { return "too many failed attempts; wait " + w.For.String() }

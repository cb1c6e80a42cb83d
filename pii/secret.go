package pii

import (
	"math"
	"strings"
)

// Kinds of secret. They are not personal data: Find does not look for them, Secrets does.
const (
	APIKey     Kind = "api_key"     // by the prefix that its issuer gives it: sk-, ghp_, AKIA
	Token      Kind = "token"       // a JSON Web Token (RFC 7519), or what is called a token or secret and looks random
	PrivateKey Kind = "private_key" // PEM (RFC 7468)
	Connection Kind = "connection"  // an address with a password in it
	Password   Kind = "password"    // what is called a password
)

// SecretKinds are all kinds of secret.
var SecretKinds = []Kind{APIKey, Token, PrivateKey, Connection, Password}

// An issuer's prefix, and how many signs follow.
type keyForm struct {
	prefix string
	least  int
	mixed  bool // digits are among them: the prefix alone is common in words
}

// keyForms are prefixes that issuers document.
var keyForms = []keyForm{
	{"sk-", 20, true}, {"sk_live_", 16, true}, {"sk_test_", 16, true}, {"rk_live_", 16, true}, {"pk_live_", 16, true}, {"whsec_", 16, true},
	{"ghp_", 30, true}, {"gho_", 30, true}, {"ghu_", 30, true}, {"ghs_", 30, true}, {"ghr_", 30, true}, {"github_pat_", 30, true},
	{"glpat-", 16, true}, {"AKIA", 12, false}, {"ASIA", 12, true}, {"AIza", 30, true}, {"ya29.", 20, true}, {"LTAI", 12, true}, {"AKID", 28, true},
	{"xoxb-", 20, true}, {"xoxp-", 20, true}, {"xoxa-", 20, true}, {"xapp-", 20, true}, {"hf_", 28, true}, {"npm_", 30, true}, {"pypi-", 32, true},
	{"SG.", 30, true}, {"dop_v1_", 40, true}, {"gsk_", 30, true}, {"xai-", 30, true}, {"r8_", 30, true}, {"tvly-", 20, true}, {"AGE-SECRET-KEY-1", 40, true},
}

// Words that announce a secret.
var (
	passwordWords = []string{"password", "passwd", "passphrase", "pwd", "密码", "口令"}
	tokenWords    = []string{"token", "secret", "api_key", "apikey", "api-key", "access_key", "accesskey", "secret_key", "private_key", "bearer", "密钥", "令牌", "授权码"}
)

var (
	formsBy = byFirst(len(keyForms), func(i int) string { return keyForms[i].prefix })
	wordsBy = byFirst(len(passwordWords)+len(tokenWords), func(i int) string { return secretWord(i) })
)

func secretWord(i int) string {
	if i < len(passwordWords) {
		return passwordWords[i]
	}
	return tokenWords[i-len(passwordWords)]
}

func byFirst(n int, name func(int) string) (t [256][]int) {
	for i := range n {
		t[name(i)[0]] = append(t[name(i)[0]], i)
	}
	return t
}

// KeyMayBegin reports whether a word is, or may be the beginning of, a secret that
// is known by how it begins.
func KeyMayBegin(word string) bool {
	if len(word) < 2 {
		return false
	}
	for _, i := range formsBy[word[0]] {
		if p := keyForms[i].prefix; strings.HasPrefix(word, p) || strings.HasPrefix(p, word) {
			return true
		}
	}
	return strings.HasPrefix(word, "eyJ") || strings.HasPrefix(word, "-----") || strings.HasPrefix("-----", word) || strings.Contains(word, "://")
}

// Secrets appends the secrets that a text holds to list, in order and without
// overlaps.
func Secrets(list []Finding, text string) []Finding {
	for i := 0; i < len(text); {
		if !secretSign[text[i]] {
			i++
			continue
		}
		if kind, lo, hi := secretAt(text, i); hi > 0 {
			list = append(list, Finding{kind, lo, hi})
			i = hi
			continue
		}
		i++
	}
	return list
}

// secretSign are the bytes with which a secret, or a word that announces one, begins.
var secretSign = func() (t [256]bool) {
	for c := range 256 {
		b := byte(c)
		t[c] = b == ':' || b == '-' || b == 'e' || formsBy[b] != nil || wordsBy[lower(b)] != nil
	}
	return t
}()

func secretAt(s string, i int) (kind Kind, lo, hi int) {
	b := s[i]
	begins := i == 0 || !alnum(s[i-1])
	switch {
	case b == ':' && strings.HasPrefix(s[i:], "://"):
		if lo, hi := connection(s, i); hi > 0 {
			return Connection, lo, hi
		}
	case b == '-' && strings.HasPrefix(s[i:], "-----BEGIN"):
		if hi := privateKey(s, i); hi > 0 {
			return PrivateKey, i, hi
		}
	case begins && b == 'e' && strings.HasPrefix(s[i:], "eyJ"):
		if hi := jwt(s, i); hi > 0 {
			return Token, i, hi
		}
	}
	if begins {
		for _, k := range formsBy[b] {
			if f := &keyForms[k]; strings.HasPrefix(s[i:], f.prefix) {
				at := i + len(f.prefix)
				hi := at + span(s[at:], keySign)
				hi -= len(s[at:hi]) - len(strings.TrimRight(s[at:hi], "-_."))
				if hi-at >= f.least && (!f.mixed || strings.ContainsAny(s[at:hi], "0123456789") && letters(s[at:hi])) {
					return APIKey, i, hi
				}
			}
		}
	}
	for _, k := range wordsBy[lower(b)] {
		w := secretWord(k)
		if len(s)-i < len(w) || lower(s[i+1]) != w[1] || !strings.EqualFold(s[i:i+len(w)], w) {
			continue
		}
		if lo, hi := announced(s, i+len(w), k < len(passwordWords), w == "bearer"); hi > 0 {
			if k < len(passwordWords) {
				return Password, lo, hi
			}
			return Token, lo, hi
		}
	}
	return "", 0, 0
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b | 0x20
	}
	return b
}

func keySign(b byte) bool { return alnum(b) || b == '-' || b == '_' || b == '.' }

// longestPart bounds what one look at a secret reads.
const longestPart = 1024

// span is how many bytes, of at most longestPart, f holds for.
func span(s string, f func(byte) bool) int {
	s = s[:min(len(s), longestPart)]
	for i := range len(s) {
		if !f(s[i]) {
			return i
		}
	}
	return len(s)
}

func letters(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' })
}

// jwt is the end of the token at i: three parts, of which the last may be missing.
func jwt(s string, i int) int {
	part := func(at int) int {
		return at + span(s[at:], func(b byte) bool { return alnum(b) || b == '-' || b == '_' })
	}
	head := part(i)
	if head-i < 12 || head >= len(s) || s[head] != '.' {
		return 0
	}
	body := part(head + 1)
	if body-head < 12 {
		return 0
	}
	if body < len(s) && s[body] == '.' {
		return part(body + 1)
	}
	return body
}

// maxPEM bounds a private key.
const maxPEM = 16 << 10

func privateKey(s string, i int) int {
	s = s[:min(len(s), i+maxPEM)]
	head := s[i:min(len(s), i+48)]
	if !strings.Contains(head, "PRIVATE") || !strings.Contains(head, "KEY") {
		return 0
	}
	if end := strings.Index(s[i:], "-----END"); end >= 0 {
		at := i + end + 8
		if last := strings.Index(s[at:min(len(s), at+48)], "-----"); last >= 0 {
			return at + last + 5
		}
	}
	return len(s)
}

// connection finds user:password@host around the :// at i.
func connection(s string, i int) (lo, hi int) {
	lo = i
	for lo > 0 && i-lo < 20 && (alnum(s[lo-1]) || s[lo-1] == '+' || s[lo-1] == '-') {
		lo--
	}
	end := i + 3 + span(s[i+3:], func(b byte) bool {
		return b > ' ' && b < 0x7f && b != '"' && b != '\'' && b != '<' && b != '>' && b != '`' && b != '/'
	})
	user, _, at := strings.Cut(s[i+3:end], "@")
	_, password, colon := strings.Cut(user, ":")
	if lo == i || !at || !colon || password == "" || strings.Trim(password, "*x") == "" {
		return 0, 0
	}
	hi = end
	for hi < len(s) && s[hi] > ' ' && s[hi] < 0x7f && strings.IndexByte("\"'<>`),;", s[hi]) < 0 {
		hi++
	}
	return lo, hi
}

// announced finds the value after a word that announces it.
func announced(s string, at int, password, bearer bool) (lo, hi int) {
	lo = at
	said := bearer
	for n := 0; n < 8 && lo < len(s); n++ {
		switch rest := s[lo:]; {
		case strings.IndexByte(" \t\n\"'`>*|", s[lo]) >= 0:
			lo++
		case s[lo] == ':' || s[lo] == '=':
			lo, said = lo+1, true
		case strings.HasPrefix(rest, "：") || strings.HasPrefix(rest, "＝") || strings.HasPrefix(rest, "是") || strings.HasPrefix(rest, "为"):
			lo, said = lo+3, true
		case strings.HasPrefix(rest, "is ") || strings.HasPrefix(rest, "is:"):
			lo, said = lo+2, true
		default:
			n = 8
		}
	}
	if !said {
		return 0, 0
	}
	hi = lo + span(s[lo:], func(b byte) bool { return b > ' ' && b < 0x7f && strings.IndexByte("\"'`<>,;()[]{}", b) < 0 })
	hi -= len(s[lo:hi]) - len(strings.TrimRight(s[lo:hi], ".:!?*"))
	v := s[lo:hi]
	if strings.Contains(v, "***") || strings.Contains(strings.ToLower(v), "xxxx") || strings.HasPrefix(v, "$") || strings.HasPrefix(v, "%") {
		return 0, 0 // a placeholder
	}
	digits, marks := strings.ContainsAny(v, "0123456789"), strings.ContainsAny(v, "!@#$%^&*_+=-?")
	if password && len(v) >= 6 && letters(v) && (digits || marks) || password && len(v) >= 6 && digits && strings.Trim(v, "0123456789") == "" ||
		!password && len(v) >= 12 && digits && letters(v) && entropy(v) >= 3 {
		return lo, hi
	}
	return 0, 0
}

// entropy is that of the signs of s, in bits for each.
func entropy(s string) (bits float64) {
	var count [256]int
	for i := range len(s) {
		count[s[i]]++
	}
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

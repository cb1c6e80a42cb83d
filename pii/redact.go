package pii

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
)

// An Action is what happens to what is found.
type Action string

// The actions. A text is dropped by its owner, not here.
const (
	Keep    Action = "keep"
	Mask    Action = "mask"    // each letter and digit a star
	Tag     Action = "tag"     // [EMAIL]
	Replace Action = "replace" // one of the same kind that belongs to nobody, the same for the same
	Drop    Action = "drop"    // the whole text
)

// Actions are all actions.
var Actions = []Action{Keep, Mask, Tag, Replace, Drop}

// Redact returns the text with each finding as the action wants it. Under Replace
// the key decides which stands for which: without it nobody can tell what was
// there, and with another key it is another.
func Redact(text string, found []Finding, action Action, key []byte) string {
	if len(found) == 0 || action == Keep || action == Drop {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	last := 0
	for _, f := range found {
		b.WriteString(text[last:f.Lo])
		value := text[f.Lo:f.Hi]
		switch action {
		case Mask:
			b.WriteString(strings.Map(func(c rune) rune {
				if unicode.IsLetter(c) || unicode.IsDigit(c) {
					return '*'
				}
				return c
			}, value))
		case Tag:
			b.WriteString("[" + strings.ToUpper(string(f.Kind)) + "]")
		case Replace:
			b.WriteString(StandIn(f.Kind, value, key))
		}
		last = f.Hi
	}
	b.WriteString(text[last:])
	return b.String()
}

// StandIn makes a value of a kind that is in nobody's use: names that are reserved
// for examples (RFC 2606, RFC 5737), and numbers of provinces, prefixes and
// issuers that do not exist. The same value has the same under one key, however it is
// spaced.
func StandIn(kind Kind, value string, key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind))
	for _, c := range strings.ToLower(value) {
		if c >= '０' && c <= 'ｚ' {
			c -= '！' - '!'
		}
		if c == '.' || c == '@' || c == ':' || unicode.IsLetter(c) || unicode.IsDigit(c) { // however it is spaced
			fmt.Fprint(mac, string(c))
		}
	}
	n := binary.BigEndian.Uint64(mac.Sum(nil))
	switch kind {
	case Email:
		return fmt.Sprintf("user%08x@example.com", n%(1<<32))
	case IP:
		return fmt.Sprintf("192.0.2.%d", n%254+1)
	case Phone:
		return fmt.Sprintf("+999 %08d", n%1e8)
	case Mobile:
		return fmt.Sprintf("100%08d", n%1e8)
	case Landline:
		return fmt.Sprintf("000-%08d", n%1e8)
	case ResidentID:
		return fmt.Sprintf("000000%012d", n%1e12)
	case CreditCode:
		return fmt.Sprintf("00000000%010d", n%1e10)
	case BankCard:
		return fmt.Sprintf("0000%012d", n%1e12)
	case Passport:
		return fmt.Sprintf("X%08d", n%1e8)
	case Permit:
		return fmt.Sprintf("X%010d", n%1e10)
	case Plate:
		return fmt.Sprintf("〇Z%05d", n%1e5)
	case Medical:
		return fmt.Sprintf("M%010d", n%1e10)
	case Case:
		return fmt.Sprintf("（0000）某%04d例%05d号", n/1e5%1e4, n%1e5)
	case Address:
		return fmt.Sprintf("某省某市某路%08d号", n%1e8)
	}
	return fmt.Sprintf("user_%08x", n%(1<<32))
}

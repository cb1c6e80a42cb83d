// Package pii finds what identifies a person in a text, and takes it out: e-mail
// and IP addresses, telephone numbers, and the numbers of China with their
// checksums. It is for training data, logs and answers alike.
//
// A number with a checksum (resident ID, bank card, credit code) is found by it;
// one without is found by its form and, where the form is common, by a word before
// it. A Chinese postal address is found after a word such as 住址 or 家住. Names are
// not found.
package pii

import (
	"cmp"
	"slices"
	"strings"
)

// A Kind is a kind of what identifies a person.
type Kind string

// The kinds.
const (
	Email      Kind = "email"
	IP         Kind = "ip"          // public ones alone
	Phone      Kind = "phone"       // with + and country, or in the form of North America
	Mobile     Kind = "mobile"      // 手机号
	Landline   Kind = "landline"    // 固定电话
	ResidentID Kind = "resident_id" // 居民身份证, GB 11643
	CreditCode Kind = "credit_code" // 统一社会信用代码, GB 32100
	BankCard   Kind = "bank_card"   // ISO/IEC 7812, Luhn
	Passport   Kind = "passport"
	Permit     Kind = "permit"  // 港澳台通行证
	Plate      Kind = "plate"   // 车牌, GA 36
	Account    Kind = "account" // QQ, WeChat
	Medical    Kind = "medical" // number of a patient's record: 病历号, 住院号
	Case       Kind = "case"    // number of a court's case: （2023）京0105民初12345号
	Address    Kind = "address" // where somebody lives, down to a number
)

// Kinds are all kinds.
var Kinds = []Kind{Email, IP, Phone, Mobile, Landline, ResidentID, CreditCode, BankCard, Passport, Permit, Plate, Account, Medical, Case, Address}

// A Finding is where a text holds something: bytes Lo to Hi.
type Finding struct {
	Kind   Kind
	Lo, Hi int
}

// trigger are the bytes at which something may be found: digits of half and full
// width, and the sign of mail.
var trigger = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	t['@'], t[0xef] = true, true
	return t
}()

// Find appends what a text holds to list, in order and without overlaps. It
// reads the text once.
func Find(list []Finding, text string) []Finding {
	begin := len(list)
	f := finder{text: text}
	for i := 0; i < len(text); {
		if !trigger[text[i]] {
			i++
			continue
		}
		if text[i] == '@' {
			if lo, hi := f.email(i); hi > 0 {
				list = cut(list, begin, lo)
				list = append(list, Finding{Email, lo, hi})
				f.done, f.mailed, i = hi, hi, hi
				continue
			}
			i++
			continue
		}
		if text[i] == 0xef && wide(text, i) == 0 {
			i++
			continue
		}
		found, end := f.number(i)
		if found.Hi > 0 {
			list = append(list, found)
			f.done = found.Hi
		}
		i = max(end, i+1)
	}
	return f.addresses(f.accounts(list, begin), begin)
}

// cut removes findings that reach beyond lo: digits of an address's user.
func cut(list []Finding, begin, lo int) []Finding {
	for len(list) > begin && list[len(list)-1].Hi > lo {
		list = list[:len(list)-1]
	}
	return list
}

type finder struct {
	text   string
	done   int // everything before was dealt with
	mailed int // the end of the last address of mail
}

func alnum(b byte) bool { return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' }
func digit(b byte) bool { return b >= '0' && b <= '9' }

// longestUser bounds the part of an address before @ (RFC 5321).
const longestUser = 64

var userSign = func() (t [256]bool) {
	for c := range 256 {
		t[c] = alnum(byte(c)) || strings.IndexByte("!#$%&'*+/=?^_`{|}~-.", byte(c)) >= 0 && c < 128
	}
	return t
}()

// email returns the address around the @ at i; hi is 0 if there is none.
func (f *finder) email(i int) (lo, hi int) {
	s := f.text
	lo = i
	for lo > f.mailed && i-lo < longestUser && userSign[s[lo-1]] {
		lo--
	}
	for lo < i && (s[lo] == '.' || !alnum(s[lo]) && (lo == 0 || !alnum(s[lo-1]))) {
		lo++
	}
	user := s[lo:i]
	if dots := strings.LastIndex(user, ".."); dots >= 0 {
		lo += dots + 2
		user = s[lo:i]
	}
	if user == "" || user[len(user)-1] == '.' {
		return 0, 0
	}
	end, dots, label := i+1, 0, i+1
	for at := i + 1; at <= len(s); at++ {
		if at < len(s) && (alnum(s[at]) || s[at] == '-') && at-i < 255 {
			continue
		}
		if at == label || s[label] == '-' {
			break
		}
		last := at
		for last > label && s[last-1] == '-' {
			last--
		}
		if dots > 0 {
			end = last
		}
		if at == len(s) || s[at] != '.' || last != at {
			break
		}
		dots, label = dots+1, at+1
	}
	if end == i+1 {
		return 0, 0
	}
	return lo, end
}

// before reports whether one of the words stands shortly before byte lo, without
// regard to case.
func (f *finder) before(lo int, words ...string) bool {
	from := max(0, lo-36)
	near := strings.ToLower(f.text[from:lo])
	if at := strings.LastIndexAny(near, "\n。，；,;"); at >= 0 {
		near = near[at:]
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(near, w) })
}

// accounts finds the names that stand after QQ and WeChat.
func (f *finder) accounts(list []Finding, begin int) []Finding {
	n := len(list)
	for _, mark := range accountMarks {
		for at := 0; ; {
			i := strings.Index(f.text[at:], mark)
			if i < 0 {
				break
			}
			at += i + len(mark)
			lo := at
			for _, skip := range []string{"号码", "号", "：", ":", " ", "为", "是", "ID", "id"} {
				lo += len(f.text[lo:]) - len(strings.TrimPrefix(f.text[lo:], skip))
			}
			for lo < len(f.text) && (f.text[lo] == ' ' || f.text[lo] == ':') {
				lo++
			}
			hi := lo
			for hi < len(f.text) && hi-lo <= 20 && (alnum(f.text[hi]) || f.text[hi] == '_' || f.text[hi] == '-') {
				hi++
			}
			name := f.text[lo:hi]
			numbers := strings.Trim(name, "0123456789") == ""
			ok := len(name) >= 6 && len(name) <= 20 && !numbers && !digit(name[0]) && strings.ContainsAny(name, "0123456789_-") && lo > at
			if mark == "QQ" || mark == "qq" {
				ok = numbers && len(name) >= 5 && len(name) <= 11 && name[0] != '0'
			}
			if ok && !slices.ContainsFunc(list[begin:], func(x Finding) bool { return x.Lo < hi && lo < x.Hi }) {
				list = append(list, Finding{Account, lo, hi})
			}
		}
	}
	if len(list) > n {
		return ordered(list, begin)
	}
	return list
}

// ordered sorts the findings from begin on, and drops what lies within, or
// overlaps, an earlier and longer one.
func ordered(list []Finding, begin int) []Finding {
	slices.SortFunc(list[begin:], func(a, b Finding) int { return cmp.Or(a.Lo-b.Lo, b.Hi-a.Hi) })
	kept := list[:begin]
	for _, f := range list[begin:] {
		if len(kept) == begin || f.Lo >= kept[len(kept)-1].Hi {
			kept = append(kept, f)
		}
	}
	return kept
}

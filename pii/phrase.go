package pii

import (
	"slices"
	"strings"
	"unicode/utf8"
)

var medicalWords = []string{"病历号", "病案号", "住院号", "门诊号", "就诊卡", "医保卡", "医保号", "medical record", "mrn", "patient id", "hospital no"}

var (
	passportWords = []string{"护照", "passport"}
	permitWords   = []string{"通行证", "回乡证", "港澳", "permit"}
	taiwanWords   = []string{"台胞证", "台湾居民来往大陆通行证"}
	accountMarks  = []string{"微信", "WeChat", "wechat", "Wechat", "QQ", "qq"}
)

// Announces reports whether a text holds a word behind which a few letters and digits
// are something that they are not by themselves: an account, a passport, a password.
func Announces(text string) bool {
	for i := range len(text) {
		for _, w := range announcing[lower(text[i])] {
			if len(text)-i >= len(w) && lower(text[i+1]) == lower(w[1]) && strings.EqualFold(text[i:i+len(w)], w) {
				return true
			}
		}
	}
	return false
}

// announcing are the words of Announces by their first bytes, small.
var announcing = func() (t [256][]string) {
	for _, w := range slices.Concat(medicalWords, passportWords, permitWords, taiwanWords, passwordWords, tokenWords, accountMarks) {
		t[lower(w[0])] = append(t[lower(w[0])], w)
	}
	return t
}()

// caseNumber finds the number of a court's case (法〔2015〕137号) whose year begins
// at i: （2023）京0105民初12345号. to is 0 if there is none.
func (f *finder) caseNumber(i int) (from, to int) {
	for _, open := range []string{"（", "(", "〔", "["} {
		if strings.HasSuffix(f.text[f.done:i], open) {
			from = i - len(open)
			if n := CaseNumber(f.text[from:]); n > 0 {
				return from, from + n
			}
		}
	}
	return 0, 0
}

// CaseNumber returns how many bytes of text, from its beginning, are the number of a
// court's case, or 0.
func CaseNumber(text string) int {
	rest := text
	next := func(set string) bool {
		c, n := utf8.DecodeRuneInString(rest)
		if c == utf8.RuneError || !strings.ContainsRune(set, c) {
			return false
		}
		rest = rest[n:]
		return true
	}
	digits := func(least, most int) bool {
		n := 0
		for n < most {
			_, size := at(rest, 0)
			if size == 0 || !next("0123456789０１２３４５６７８９") {
				break
			}
			n++
		}
		return n >= least
	}
	if !next("（(〔[") || !digits(4, 4) || !next("）)〕]") || !next(provinces+"最兵军知") {
		return 0
	}
	digits(0, 4)
	kind := 0
	for kind < 8 && !digits(1, 6) {
		c, n := utf8.DecodeRuneInString(rest)
		if c < 0x4e00 || c > 0x9fff || c == '号' {
			return 0
		}
		rest = rest[n:]
		kind++
	}
	if kind == 0 || !next("号") {
		return 0
	}
	return len(text) - len(rest)
}

// LongestAddress bounds the characters of an address that are looked at.
const LongestAddress = 60

const (
	areas   = "省市区县旗州盟镇乡村"
	roads   = "路街巷弄道村屯庄里胡同园苑寓厦城镇乡组湾"
	details = "号栋幢楼室单元层户座"
)

// AddressAfter returns which bytes of text are an address that begins there, after
// a word that announced it; hi is 0 if there is none. An address names an area or a
// road and ends with a number and its unit: 朝阳区建国路88号3单元502室.
func AddressAfter(text string) (lo, hi int) {
	for _, skip := range []string{"：", ":", " ", "　", "为", "是", "在", "于", "：", ":", " "} {
		lo += len(text[lo:]) - len(strings.TrimPrefix(text[lo:], skip))
	}
	named, since, last, runes := false, 0, rune(0), 0
	for i, c := range text[lo:] {
		if runes++; runes > LongestAddress {
			break
		}
		number := c >= '0' && c <= '9' || c >= '０' && c <= '９' || strings.ContainsRune("一二三四五六七八九十零〇百", c)
		han := c >= 0x4e00 && c <= 0x9fff
		if !han && !number && !strings.ContainsRune("-－—#＃ ·", c) && (c > 'z' || !alnum(byte(c))) {
			break
		}
		if since++; since > 14 {
			break
		}
		end := lo + i + utf8.RuneLen(c)
		counted := last >= '0' && last <= '9' || last >= '０' && last <= '９' || strings.ContainsRune("一二三四五六七八九十单", last) || last < 'z' && last > 0 && alnum(byte(last))
		switch {
		case named && counted && strings.ContainsRune(details, c):
			hi, since = end, 0
		case strings.ContainsRune(areas+roads, c) && runes > 1:
			named, since = true, 0
		}
		if c != ' ' {
			last = c
		}
	}
	return lo, hi
}

// addresses finds what stands after the words that announce an address.
func (f *finder) addresses(list []Finding, begin int) []Finding {
	n := len(list)
	for _, mark := range []string{"址", "住"} {
		for at := 0; ; {
			i := strings.Index(f.text[at:], mark)
			if i < 0 {
				break
			}
			at += i + len(mark)
			if lo, hi := AddressAfter(f.text[at:min(len(f.text), at+4*LongestAddress)]); hi > 0 {
				list = append(list, Finding{Address, at + lo, at + hi})
				at += hi
			}
		}
	}
	if len(list) == n {
		return list
	}
	return ordered(list, begin)
}

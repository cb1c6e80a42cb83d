package leak

import (
	"strings"
	"unicode/utf8"

	"suiren/pii"
)

// A phrase is something that is written with Chinese characters, and so ends the
// runs that units are: a case number, an address.
type phrase struct {
	open  bool
	from  int
	n     int // runes
	since int // an address: runes since something that belongs to one
	text  []byte
	raw   []byte // with Chinese numerals as they stand
	at    []int  // of each byte of text: the place of its rune, or the end of the one before
}

const (
	caseNumber = iota
	address
)

// phrase gives a rune to the phrases that are open, and opens them.
func (s *stream) phrase(c, v rune, from, to int) {
	for i := range s.phrases {
		p := &s.phrases[i]
		if p.open {
			if i == caseNumber {
				s.caseRune(p, c, v, from, to)
			} else {
				s.addressRune(p, c, v, from, to)
			}
		}
	}
	if p := &s.phrases[caseNumber]; !p.open && (v == '(' || v == '[' || c == '〔') {
		*p = phrase{open: true, from: from, text: p.text[:0], raw: p.raw[:0], at: p.at[:0]}
		p.add('(', from)
	}
	if p := &s.phrases[address]; !p.open && (c == '址' || c == '住') && s.private(c) {
		*p = phrase{open: true, from: to, text: p.text[:0], raw: p.raw[:0], at: p.at[:0]}
	}
}

func (p *phrase) add(c rune, from int) {
	p.n++
	p.text = utf8.AppendRune(p.text, c)
	p.raw = utf8.AppendRune(p.raw, c)
	for len(p.at) < len(p.text) {
		p.at = append(p.at, from)
	}
}

func (s *stream) caseRune(p *phrase, c, v rune, from, to int) {
	digit := v >= '0' && v <= '9' && v < utf8.RuneSelf
	switch {
	case v == ' ' || v == '\n':
		p.n++
	case p.n < 5 && !digit, p.n == 5 && v != ')' && v != ']' && c != '〕', p.n > longestCase, !isHan(c) && !digit && v != ')' && v != ']' && c != '〕':
		p.open = false
	case p.n == 5:
		p.add(')', from)
	case digit:
		p.add(v, from)
		if isHan(c) { // it may be a number, or part of a word: 民一终
			p.raw = append(p.raw[:len(p.raw)-1], string(c)...)
		}
	default:
		p.add(c, from)
		if c == '号' {
			if text := string(p.text); s.kinds[pii.Case] && (pii.CaseNumber(text) > 0 || pii.CaseNumber(string(p.raw)) > 0) {
				s.hit(pii.Case, p.from, to, 1, text)
			}
			p.open = false
		}
	}
	if p.n > longestCase {
		p.open = false
	}
}

func (s *stream) addressRune(p *phrase, c, v rune, from, to int) {
	r := c
	if v < utf8.RuneSelf && !isHan(c) {
		r = v
	}
	ends := strings.ContainsRune("，。；！？,;!?\n", c) || p.n >= pii.LongestAddress || p.since > 20
	if p.since++; v >= '0' && v <= '9' || strings.ContainsRune("省市区县镇乡村路街巷弄道号栋幢楼室单元层座", c) {
		p.since = 0
	}
	if ends {
		s.endPhrase(address)
		return
	}
	p.add(r, from)
	p.at = append(p.at[:len(p.text)], to)
}

// endPhrase looks at an address that ends here.
func (s *stream) endPhrase(i int) {
	p := &s.phrases[i]
	if i == address && p.open && s.kinds[pii.Address] {
		if lo, hi := pii.AddressAfter(string(p.text)); hi > 0 {
			s.hit(pii.Address, p.at[lo], p.at[hi], .8, string(p.text[lo:hi]))
		}
	}
	p.open = false
}

func isHan(c rune) bool { return c >= 0x4e00 && c <= 0x9fff || c == '〇' }

// private reports whether the words before 址 or 住 are of a person's home and not of
// an institution, which tells everybody where it is.
func (s *stream) private(c rune) bool {
	n := len(s.context)
	before := string(s.context[max(0, n-4):])
	words := []string{"家", "现", "居", "我", "他", "她", "户", "人", "者"}
	if c == '址' {
		words = []string{"住", "家庭地", "收货地", "收件地", "邮寄地", "通讯地", "联系地", "户籍地", "家地", "居住地"}
	}
	for _, w := range words {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}

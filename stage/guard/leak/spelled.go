package leak

import (
	"strings"

	"suiren/pii"
	"suiren/stage/guard/detect"
	"suiren/stage/guard/fold"
)

// longestSpelled is the letters of the longest word of a digit.
const longestSpelled = 5

// A spelling is a number whose digits are words: one three eight, yāo sān bā. Digits may
// stand between them. It begins with a word.
type spelling struct {
	open     bool
	from, to int
	digits   []byte
	gaps     int // in a row

	word  [longestSpelled]byte
	n     int // letters of the word so far; more than longestSpelled: it is none of a digit
	at    int // where it begins
	after int // and ends
}

// digitOf is the digit that a word is: of English, or Pinyin without its tones.
func digitOf(word string) (byte, bool) {
	switch word {
	case "zero", "oh", "ling":
		return '0', true
	case "one", "yi", "yao":
		return '1', true
	case "two", "er", "liang":
		return '2', true
	case "three", "san":
		return '3', true
	case "four", "si":
		return '4', true
	case "five", "wu":
		return '5', true
	case "six", "liu":
		return '6', true
	case "seven", "qi":
		return '7', true
	case "eight", "ba":
		return '8', true
	case "nine", "jiu":
		return '9', true
	case "x", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9":
		return word[0], true
	}
	return 0, false
}

// spelled are the lengths, by bits, of the words of digits, by their first two letters.
var spelled = func() (t [1 << 10]uint8) {
	for _, w := range strings.Fields("zero oh ling one yi yao two er liang three san four si five wu six liu seven qi eight ba nine jiu") {
		t[pairOf(rune(w[0]), rune(w[1]))] |= 1 << len(w)
	}
	return t
}()

func pairOf(a, b rune) uint { return uint(a&31)<<5 | uint(b&31) }

// noDigits returns how many characters cs begins with among which no number begins. A word
// of ASCII takes what ends it along.
func noDigits(cs []detect.Char) (i int) {
	for i < len(cs) {
		c := &cs[i]
		if c.Word == 0 {
			if c.Joined {
				return i
			}
			i += max(int(c.Han), 1)
			continue
		}
		e := i + int(c.Word)
		if e >= len(cs) || cs[e].Kind != fold.Skipped || spelled[pairOf(c.F, cs[i+1].F)]>>c.Word&1 != 0 {
			return i
		}
		i = e + 1
	}
	return i
}

// spell reads characters.
func (s *stream) spell(cs []detect.Char) {
	p := &s.spelling
	for i := 0; i < len(cs); i++ {
		if p.n == 0 && !p.open {
			if i += noDigits(cs[i:]); i == len(cs) {
				return
			}
		}
		c := &cs[i]
		switch {
		case c.Word > 0: // cut, or part of a word of other letters too
			letters := cs[i : i+int(c.Word)]
			if p.n == 0 {
				p.at = c.From
			}
			if p.n+len(letters) > longestSpelled {
				p.n = longestSpelled + 1
			} else {
				for k := range letters {
					p.word[p.n] = byte(letters[k].F)
					p.n++
				}
			}
			p.after = letters[len(letters)-1].To()
			i += len(letters) - 1
		case c.Joined && !c.More:
			if p.n == 0 {
				p.at = c.From
			}
			if p.n < longestSpelled && c.F < 0x80 && (p.open || p.n > 0 || c.F > '9') {
				p.word[p.n] = byte(c.F)
				p.n++
			} else {
				p.n = longestSpelled + 1
			}
			p.after = c.To()
		case c.Kind == fold.Invisible:
		default:
			if p.n > 0 {
				s.takeWord()
			}
			if p.open && (c.Kind != fold.Skipped || p.gaps == maxGap || c.C > ' ' && !isOneOf(c.C, ",.-_") && c.C != '、' && c.C != '，') {
				s.endSpelling()
			}
			p.gaps++
			i += c.Row() - 1
		}
	}
}

// takeWord takes the word that ends.
func (s *stream) takeWord() {
	p := &s.spelling
	n := p.n
	p.n = 0
	if n <= longestSpelled {
		d, ok := digitOf(string(p.word[:n]))
		if ok && (d != 'x' || p.open && len(p.digits) == 17) {
			if !p.open && n > 1 {
				p.open, p.from, p.digits = true, p.at, p.digits[:0]
			}
			if p.open && len(p.digits) < longestNumber {
				p.digits, p.to, p.gaps = append(p.digits, d), p.after, 0
				return
			}
		}
	}
	s.endSpelling()
}

// endSpelling looks at the number.
func (s *stream) endSpelling() {
	p := &s.spelling
	if !p.open {
		return
	}
	p.open = false
	value := string(p.digits)
	if n := len(value); n == 18 && value[n-1] == 'x' {
		value = value[:n-1] + "X"
	}
	if k := pii.NumberKind(value); k != "" && s.kinds[k] {
		s.hit(k, p.from, p.to, .9, value)
	}
}

// settled is where a number begins that may still go on, or at.
func (p *spelling) settled(at int) int {
	if p.open {
		return min(at, p.from)
	}
	if p.n > 0 && p.n <= longestSpelled {
		return min(at, p.at)
	}
	return at
}

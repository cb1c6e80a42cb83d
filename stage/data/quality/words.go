package quality

import (
	_ "embed"
	"iter"
	"strings"
	"sync"
	"unicode/utf8"

	"suiren/knowledge/chinese"
)

// A Word is a stretch of a text, bytes Lo to Hi.
type Word struct{ Lo, Hi int32 }

// Words appends the words of a text to list, in order. Punctuation marks are
// words of their own, as in the filters that Gopher and FineWeb describe: their
// thresholds were chosen by counts that include them.
//
// Chinese ("zh") is taken apart by the dictionary of knowledge/chinese; all other
// languages by spaCy's rules for English, which differ little among languages
// that put spaces between words.
func Words(list []Word, text, lang string) []Word {
	if lang == "zh" {
		return chineseWords(list, text, chinese.Words(text))
	}
	return englishWords(list, text)
}

// WordsAgain is Words of a text that is much like the one that a Meter with this
// memory measured last.
func WordsAgain(list []Word, text, lang string, m *chinese.Memory) []Word {
	if lang == "zh" && m != nil {
		return chineseWords(list, text, m.Again(text))
	}
	return Words(list, text, lang)
}

// chineseWords gives, besides the words, each mark between them alone.
func chineseWords(list []Word, text string, words iter.Seq2[int, int]) []Word {
	gap := func(lo, hi int) {
		for lo < hi {
			c, size := utf8.DecodeRuneInString(text[lo:])
			if !space(c) {
				list = append(list, Word{int32(lo), int32(lo + size)})
			}
			lo += size
		}
	}
	last := 0
	for lo, hi := range words {
		gap(last, lo)
		list = append(list, Word{int32(lo), int32(hi)})
		last = hi
	}
	gap(last, len(text))
	return list
}

//go:embed english.tsv
var englishList string

// longestSpecial is the length of the longest word of the list, in bytes.
const longestSpecial = 16

// specials are the words that a list takes apart, with the lengths of their parts.
var specials = sync.OnceValue(func() map[string][]uint8 {
	m := map[string][]uint8{}
	for line := range strings.Lines(englishList) {
		word, parts, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		for p := range strings.FieldsSeq(parts) {
			m[word] = append(m[word], uint8(len(p)))
		}
	}
	return m
})

// maySpecial tells by its length, and its first and its last byte, that a word may
// be in the list.
var maySpecial = sync.OnceValue(func() *[2][256]uint32 {
	t := &[2][256]uint32{}
	for w := range specials() {
		t[0][w[0]] |= 1 << len(w)
		t[1][w[len(w)-1]] |= 1 << len(w)
	}
	return t
})

type english struct {
	text    string
	list    []Word
	special map[string][]uint8
	may     *[2][256]uint32
	after   []Word // suffixes of the word at hand, last first
}

func englishWords(list []Word, text string) []Word {
	e := english{text: text, list: list, special: specials(), may: maySpecial()}
	for i := 0; i < len(text); {
		c, size := decode(text, i)
		if space(c) {
			i += size
			continue
		}
		lo, plain := i, true
		for i < len(text) {
			if b := text[i]; b|0x20 >= 'a' && b|0x20 <= 'z' {
				i++
				continue
			}
			c, size := decode(text, i)
			if space(c) {
				break
			}
			i, plain = i+size, false
		}
		e.chunk(lo, i, plain)
	}
	return e.list
}

func decode(s string, i int) (rune, int) {
	if b := s[i]; b < utf8.RuneSelf {
		return rune(b), 1
	}
	return utf8.DecodeRuneInString(s[i:])
}

// chunk takes apart what stands between spaces. A plain one is letters of ASCII.
func (e *english) chunk(lo, hi int, plain bool) {
	if e.listed(lo, hi) {
		return
	}
	if plain {
		e.push(lo, hi)
		return
	}
	e.after = e.after[:0]
	lo, hi = e.affixes(lo, hi)
	if lo < hi && !e.listed(lo, hi) {
		if isURL(e.text[lo:hi]) {
			e.push(lo, hi)
		} else {
			e.infixes(lo, hi)
		}
	}
	for i := len(e.after) - 1; i >= 0; i-- {
		e.list = append(e.list, e.after[i])
	}
}

func (e *english) push(lo, hi int) { e.list = append(e.list, Word{int32(lo), int32(hi)}) }

// listed pushes the parts of a word of the list.
func (e *english) listed(lo, hi int) bool {
	if !e.mayBeListed(lo, hi) {
		return false
	}
	parts := e.special[e.text[lo:hi]]
	for _, n := range parts {
		e.push(lo, lo+int(n))
		lo += int(n)
	}
	return parts != nil
}

func (e *english) mayBeListed(lo, hi int) bool {
	n := hi - lo
	return n > 0 && n <= longestSpecial && e.may[0][e.text[lo]]&e.may[1][e.text[hi-1]]>>n&1 != 0
}

func (e *english) isListed(lo, hi int) bool {
	return e.mayBeListed(lo, hi) && e.special[e.text[lo:hi]] != nil
}

// affixes pushes prefixes, keeps suffixes, and returns what is left.
func (e *english) affixes(lo, hi int) (int, int) {
	for lo < hi && !e.isListed(lo, hi) {
		pre := prefix(e.text[lo:hi])
		if pre > 0 && e.isListed(lo+pre, hi) {
			e.push(lo, lo+pre)
			return lo + pre, hi
		}
		suf := suffix(e.text[lo+pre : hi])
		if suf > 0 && e.isListed(lo, hi-suf) {
			e.after = append(e.after, Word{int32(hi - suf), int32(hi)})
			return lo, hi - suf
		}
		if pre == 0 && suf == 0 {
			break
		}
		if pre > 0 {
			e.push(lo, lo+pre)
		}
		if suf > 0 {
			e.after = append(e.after, Word{int32(hi - suf), int32(hi)})
		}
		lo, hi = lo+pre, hi-suf
	}
	return lo, hi
}

// infixes cuts what is left of a word at the marks within it.
func (e *english) infixes(lo, hi int) {
	s := e.text[lo:hi]
	start := 0
	before := rune(-1)
	for i := 0; i < len(s); {
		c, size := decode(s, i)
		if sign(c)&isCut == 0 {
			i, before = i+size, c
			continue
		}
		n := infix(s, i, before, c, size)
		if n == 0 {
			i, before = i+size, c
			continue
		}
		if i > 0 {
			if i > start {
				e.push(lo+start, lo+i)
			}
			e.push(lo+i, lo+i+n)
			start = i + n
		}
		before, _ = utf8.DecodeLastRuneInString(s[:i+n])
		i += n
	}
	if start < len(s) {
		e.push(lo+start, hi)
	}
}

const hyphens = "-–—~"

// cuts are the signs at which infix may cut, besides the icons.
const cuts = ".…+*^,:<>=/" + hyphens

// infix returns the length of the mark at s[i], character c, if the word is cut there.
func infix(s string, i int, before, c rune, size int) int {
	if c == '.' {
		n := 1
		for i+n < len(s) && s[i+n] == '.' {
			n++
		}
		if n > 1 {
			return n
		}
	}
	if c == '…' || icon(c) {
		return size
	}
	next, _ := utf8.DecodeRuneInString(s[i+size:])
	switch {
	case strings.ContainsRune("+-*^", c) && digit(before) && (digit(next) || next == '-'),
		c == '.' && (lower(before) || quote(before)) && (upper(next) || quote(next)),
		c == ',' && letter(before) && letter(next),
		strings.ContainsRune(":<>=/", c) && (letter(before) || digit(before)) && letter(next):
		return size
	}
	if strings.ContainsRune(hyphens, c) && (letter(before) || digit(before)) {
		for _, h := range []string{"-", "–", "—", "--", "---", "——", "~"} {
			if strings.HasPrefix(s[i:], h) {
				if next, _ := utf8.DecodeRuneInString(s[i+len(h):]); letter(next) {
					return len(h)
				}
			}
		}
	}
	return 0
}

func digit(c rune) bool { return c >= '0' && c <= '9' }

func letter(c rune) bool { return sign(c)&isLetter != 0 }

// lower and upper hold for letters that have no case, too.
func lower(c rune) bool { return sign(c)&(isLetter|isUpper) == isLetter }
func upper(c rune) bool { return sign(c)&(isLetter|isLower) == isLetter }

func quote(c rune) bool { return sign(c)&isQuote != 0 }

func icon(c rune) bool { return sign(c)&isIcon != 0 }

const (
	quotes     = `'"”“` + "`" + `‘´’‚,„»«「」『』（）〔〕【】《》〈〉⟦⟧`
	affixes    = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪" // before and after words
	prefixes   = "§%=—–"
	currencies = "$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿"
)

var dollars = []string{"US$", "C$", "A$"}

// prefix returns the length of the mark that a word begins with.
func prefix(s string) int {
	c, size := decode(s, 0)
	is := sign(c)
	if is&(isAffix|isPrefix|isQuote|isMoney|isIcon) != 0 {
		return size
	}
	if c == '.' {
		n := 1
		for n < len(s) && s[n] == '.' {
			n++
		}
		if n > 1 {
			return n
		}
		return 0
	}
	switch c {
	case 'U', 'C', 'A':
		for _, d := range dollars {
			if strings.HasPrefix(s, d) {
				return len(d)
			}
		}
	case '+':
		if !(len(s) > 1 && digit(rune(s[1]))) {
			return 1
		}
	}
	return 0
}

// units stand apart from the number before them; the longest first.
var units = strings.Fields("km² km³ dm² dm³ cm² cm³ mm² mm³ mbar км² км³ дм² дм³ см² см³ мм² мм³ кПа мбар " +
	"km/h kmh mph hPa km/ч км/ч m/s м/с m² m³ м² м³ km dm cm mm ha µm nm yd in ft kg mg µg lb oz Pa mb MB kb KB gb GB tb TB " +
	"км дм см мм нм кг мг Па Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ m g t T G M K % м г")

// suffix returns the length of the longest mark that a word ends with.
func suffix(s string) int {
	c, size := utf8.DecodeLastRuneInString(s)
	if size == 0 {
		return 0
	}
	head := s[:len(s)-size]
	last, _ := utf8.DecodeLastRuneInString(head)
	if c == '.' {
		n := 1
		for n < len(s) && s[len(s)-1-n] == '.' {
			n++
		}
		if n > 1 {
			return n
		}
		beforeLast, _ := utf8.DecodeLastRuneInString(head[:max(0, len(head)-utf8.RuneLen(max(last, 0)))])
		switch {
		case digit(last), lower(last), last == '%', last == '²', last == '-', last == '+', quote(last), sign(last)&isAffix != 0,
			upper(last) && upper(beforeLast),
			strings.ContainsRune("FfCcKk", last) && beforeLast == '°':
			return 1
		}
		return 0
	}
	if c == 's' || c == 'S' {
		if last == '\'' {
			return 2
		}
		if last == '’' {
			return size + len("’")
		}
	}
	if c == '…' && last == '…' {
		return 2 * size
	}
	if afterDigit(s) {
		for _, u := range units {
			if strings.HasSuffix(s, u) && len(s) > len(u) && digit(rune(s[len(s)-len(u)-1])) {
				return len(u)
			}
		}
	}
	if c < 128 && (letter(c) || digit(c)) {
		return 0
	}
	is := sign(c)
	if c < 128 && is&(isAffix|isQuote) != 0 {
		return 1
	}
	for _, d := range dollars {
		if strings.HasSuffix(s, d) && len(s) > len(d) && digit(rune(s[len(s)-len(d)-1])) {
			return len(d)
		}
	}
	switch {
	case is&(isAffix|isQuote|isIcon) != 0, c == '—', c == '–':
		return size
	case (c == '+' || is&isMoney != 0) && digit(last):
		return size
	}
	return 0
}

// longestURL bounds what is looked at, so that a text of one word costs no more.
const longestURL = 2048

// afterDigit reports whether the last signs of a word that are no digits stand
// after one, and are not more than those of a unit.
func afterDigit(s string) bool {
	i := len(s)
	for i > 0 && len(s)-i <= 10 && !digit(rune(s[i-1])) {
		i--
	}
	return i > 0 && i < len(s) && digit(rune(s[i-1]))
}

// isURL reports whether a word is an address of the web or of mail, which stays
// whole: scheme, user, host with a top domain of lower case, port, path.
func isURL(s string) bool {
	if len(s) > longestURL || !strings.Contains(s, ".") {
		return false
	}
	rest := s
	if scheme, after, ok := strings.Cut(s, "://"); ok && len(scheme) > 1 && strings.IndexFunc(scheme, func(c rune) bool {
		return !letter(c) && !digit(c) && c != '_' && c != '+' && c != '-' && c != '.'
	}) < 0 {
		rest = after
	}
	if isHost(rest) {
		return true
	}
	for i := len(rest) - 1; i > 0; i-- { // the user may hold any sign
		if rest[i] == '@' && isHost(rest[i+1:]) {
			return true
		}
	}
	return false
}

func isHost(s string) bool {
	if end := strings.IndexAny(s, "/?#"); end >= 0 {
		s = s[:end]
	}
	if host, port, ok := strings.Cut(s, ":"); ok {
		if len(port) < 2 || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return false
		}
		s = host
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(labels) > 127 {
		return false
	}
	top := labels[len(labels)-1]
	if len(labels) == 4 && strings.Trim(s, "0123456789.") == "" {
		return isPublic(labels)
	}
	if n := utf8.RuneCountInString(top); n < 2 || n > 63 || strings.IndexFunc(top, func(c rune) bool { return !lower(c) }) >= 0 {
		return false
	}
	for _, l := range labels[:len(labels)-1] {
		if l == "" || len(l) > 256 || strings.HasPrefix(l, "-") || strings.HasPrefix(l, "_") || strings.HasSuffix(l, "-") || strings.HasSuffix(l, "_") ||
			strings.IndexFunc(l, func(c rune) bool {
				return c < 128 && !letter(c) && !digit(c) && c != '-' && c != '_' || c >= 128 && c <= 0xa0
			}) >= 0 {
			return false
		}
	}
	return true
}

// isPublic reports whether four numbers are an address outside the private ranges.
func isPublic(labels []string) bool {
	var n [4]int
	for i, l := range labels {
		if l == "" || len(l) > 3 || len(l) > 1 && l[0] == '0' {
			return false
		}
		for _, d := range l {
			n[i] = n[i]*10 + int(d-'0')
		}
		if n[i] > 255 {
			return false
		}
	}
	return n[0] >= 1 && n[0] <= 223 && n[0] != 10 && n[0] != 127 && !(n[0] == 169 && n[1] == 254) && !(n[0] == 192 && n[1] == 168) &&
		!(n[0] == 172 && n[1] >= 16 && n[1] <= 31) && n[3] >= 1 && n[3] <= 254
}

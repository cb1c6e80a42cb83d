package quality

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// LineRules say which lines of a text stay.
type LineRules string

// The rules of lines.
const (
	NoLines      LineRules = ""        // all stay
	C4Lines      LineRules = "c4"      // those that end like a sentence, have 3 words, and name no policy or script
	FineWebLines LineRules = "fineweb" // the same, but they may end as they like
)

// mayEnd has the bytes with which the end of a line begins.
var mayEnd = [256]bool{'\n': true, '\v': true, '\f': true, '\r': true, 0x1c: true, 0x1d: true, 0x1e: true, 0xc2: true, 0xe2: true}

// splitLines calls f with bytes lo to hi of each line, as Python's str.splitlines
// has them. In most texts newlines alone end lines.
func splitLines(text string, newlines bool, f func(lo, hi int)) {
	lo := 0
	for i := 0; i < len(text); {
		if newlines {
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				break
			}
			i += n
		}
		b := text[i]
		if !mayEnd[b] {
			i++
			continue
		}
		size, ends := 1, false
		switch {
		case b == '\n' || b == '\v' || b == '\f' || b >= 0x1c && b <= 0x1e:
			ends = true
		case b == '\r':
			ends = true
			if i+1 < len(text) && text[i+1] == '\n' {
				size = 2
			}
		case b == 0xc2 && strings.HasPrefix(text[i:], "\u0085"):
			size, ends = 2, true
		case b == 0xe2 && (strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029")):
			size, ends = 3, true
		}
		if ends {
			f(lo, i)
			lo = i + size
		}
		i += size
	}
	if lo < len(text) {
		f(lo, len(text))
	}
}

// newlinesAlone reports whether nothing else ends the lines of a text, whose bytes
// were counted.
func newlinesAlone(count *[256]int32, text string) bool {
	for b, may := range mayEnd[:utf8.RuneSelf] {
		if may && b != '\n' && count[b] > 0 {
			return false
		}
	}
	return (count[0xc2] == 0 || !strings.Contains(text, "\u0085")) &&
		(count[0xe2] == 0 || !strings.Contains(text, "\u2028") && !strings.Contains(text, "\u2029"))
}

func trimSpace(s string) string { return strings.TrimFunc(s, space) }

func (m *Meter) lines(r *Measures, text string) {
	splitLines(text, m.newlines, func(lo, hi int) {
		line := text[lo:hi]
		r.Lines++
		if s := strings.TrimLeftFunc(line, space); strings.HasPrefix(s, "•") || strings.HasPrefix(s, "-") {
			r.BulletLines++
		}
		if s := strings.TrimRightFunc(line, space); strings.HasSuffix(s, "...") || strings.HasSuffix(s, "…") {
			r.EllipsisEnds++
		}
		if len(line) > int(r.LongestLine) { // characters are no more than bytes
			r.LongestLine = max(r.LongestLine, int32(utf8.RuneCountInString(line)))
		}
	})
	whole := trimSpace(text)
	r.Paragraphs, r.DupParas, r.DupParaChars = m.duplicates(whole, 2)
	r.Rows, r.DupRows, r.DupRowChars = m.duplicates(text, 1)
}

// duplicates splits a text where at least so many newlines stand together, and
// counts the parts, those that came before, and their characters.
func (m *Meter) duplicates(text string, newlines int) (n, dup, chars int32) {
	m.table.reset(strings.Count(text, "\n") + 1)
	part := func(s string) {
		n++
		if m.table.add(xxhash.Sum64String(s)) > 1 {
			dup++
			chars += int32(utf8.RuneCountInString(s))
		}
	}
	lo := 0
	for i := 0; i < len(text); {
		at := strings.IndexByte(text[i:], '\n')
		if at < 0 {
			break
		}
		at += i
		end := at
		for end < len(text) && text[end] == '\n' {
			end++
		}
		if end-at >= newlines {
			part(text[lo:at])
			lo = end
		}
		i = end
	}
	part(text[lo:])
	return n, dup, chars
}

var citation = regexp.MustCompile(`\[[0-9]*\]|\[edit\]|\[citation needed\]`)

var policies = []string{"terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"}

// mayName reports whether a line may hold, in any case, lorem ipsum, javascript or
// one of policies: three letters of each in a row.
func mayName(line string) bool {
	key, kelvin := uint32(0), false
	for i := range len(line) {
		b := line[i]
		key = key<<8&0xffffff | uint32(b|0x20)
		switch key {
		case 'j'<<16 | 'a'<<8 | 'v', 'o'<<16 | 'o'<<8 | 'k', 'r'<<16 | 'i'<<8 | 'v', 'r'<<16 | 'm'<<8 | 's', 'r'<<16 | 'e'<<8 | 'm':
			return true
		}
		kelvin = kelvin || b == 0xaa
	}
	return kelvin && strings.Contains(line, "\u212a") // whose lower case is k
}

// longestWord is that of a line that stays.
const longestWord = 1000

// keepLines applies C4's rules of lines and counts what its rules of documents ask.
// m.words are the text's.
func (m *Meter) keepLines(r *Measures, text, lang string) string {
	m.line.Reset()
	m.line.Grow(len(text))
	any := false
	r.KeptWords = 0
	at := 0 // the first word of the line
	splitLines(text, m.newlines, func(lo, hi int) {
		first := at
		for at < len(m.words) && int(m.words[at].Lo) < hi {
			at++
		}
		line := trimSpace(text[lo:hi])
		few, long := countWords(line)
		if long {
			return
		}
		words, base := m.words[first:at], text
		if strings.IndexByte(line, '[') >= 0 {
			if cut := citation.ReplaceAllString(line, ""); cut != line {
				m.kept = Words(m.kept[:0], cut, lang)
				line, words, base = cut, m.kept, cut
			}
		}
		if m.Lines == C4Lines && !endsSentence(line, lang) || few && lang != "zh" && lang != "ja" {
			return
		}
		low := ""
		if mayName(line) {
			low = strings.ToLower(line)
		}
		switch {
		case strings.Contains(low, "lorem ipsum"):
			r.Lorem++
			return
		case strings.Contains(low, "javascript"):
			return
		case strings.IndexByte(line, '{') >= 0:
			r.Braces++
			return
		}
		if low != "" && slices.ContainsFunc(policies, func(p string) bool { return strings.Contains(low, p) }) {
			return
		}
		r.Sentences += sentences(words, base)
		r.KeptWords += int32(len(words))
		if any {
			m.line.WriteByte('\n')
		}
		any = true
		m.line.WriteString(line)
	})
	kept := trimSpace(m.line.String())
	if kept != text {
		r.KeptChars = int32(utf8.RuneCountInString(kept))
	}
	return kept
}

// countWords tells whether a line has fewer than three words, as they stand between
// spaces, and whether one is too long.
func countWords(line string) (few, long bool) {
	n, start := 0, -1
	for i := 0; i < len(line); {
		if b := line[i]; start >= 0 && b > ' ' && b < utf8.RuneSelf {
			i++
			continue
		}
		c, size := decode(line, i)
		switch {
		case !space(c):
			if start < 0 {
				start = i
				n++
				if n < 3 {
					break
				}
				if len(line)-i <= longestWord {
					return false, long
				}
				if last := strings.LastIndexByte(line[i:i+longestWord], ' '); last > 0 { // what is before it is not long
					start, i, size = -1, i+last, 0
				}
			}
		case start >= 0:
			long = long || i-start > longestWord && utf8.RuneCountInString(line[start:i]) > longestWord
			start = -1
		}
		i += size
	}
	if start >= 0 {
		long = long || len(line)-start > longestWord && utf8.RuneCountInString(line[start:]) > longestWord
	}
	return n < 3, long
}

// endsSentence knows the marks of C4, and those of the languages that write others.
func endsSentence(line, lang string) bool {
	if line == "" || strings.HasSuffix(line, "...") {
		return false
	}
	marks := `.?!"'`
	if lang == "zh" || lang == "ja" {
		marks = `.?!"'。？！”’」』…；：`
	}
	c, _ := utf8.DecodeLastRuneInString(line)
	return strings.ContainsRune(marks, c)
}

// sentences counts sentences: one ends with a word that is a mark that ends
// sentences, and the marks after it.
func sentences(words []Word, text string) int32 {
	if len(words) == 0 {
		return 0
	}
	n, ended := int32(1), false
	for _, w := range words {
		if text[w.Lo] < utf8.RuneSelf && plain[text[w.Lo]]&1 != 0 {
			if ended {
				n++
				ended = false
			}
			continue
		}
		c, size := utf8.DecodeRuneInString(text[w.Lo:w.Hi])
		single := size == int(w.Hi-w.Lo)
		end := single && isTerminal(c)
		if ended && !end && !(single && sign(c)&isPunct != 0) {
			n++
			ended = false
		}
		ended = ended || end
	}
	return n
}

// shortLine is the length of a line that FineWeb calls short, in characters.
const shortLine = 30

// keptLines measures the lines that stayed.
func (m *Meter) keptLines(r *Measures, text string) {
	r.Newlines = int32(strings.Count(text, "\n"))
	r.TextChars = r.KeptChars - r.Newlines
	m.table.reset(int(r.Newlines) + 1)
	for line := range strings.SplitSeq(text, "\n") {
		if trimSpace(line) == "" {
			continue
		}
		r.FullLines++
		if c, _ := utf8.DecodeLastRuneInString(line); isTerminal(c) {
			r.PunctLines++
			r.SentenceLines++
		} else if strings.ContainsAny(line, "。！？") || strings.Contains(line, ". ") {
			r.SentenceLines++
		}
		if len(line) <= utf8.UTFMax*shortLine && utf8.RuneCountInString(line) <= shortLine {
			r.ShortLines++
		}
		if m.table.add(xxhash.Sum64String(line)) > 1 {
			r.DupLineChars += int32(utf8.RuneCountInString(line))
		}
	}
}

// KeepLines returns what the rules of lines leave of a text.
func (m *Meter) KeepLines(text, lang string) string {
	var r Measures
	m.words, m.newlines = m.words[:0], false
	return m.keepLines(&r, text, lang)
}

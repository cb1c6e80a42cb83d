package detect

import (
	"maps"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"suiren/stage/guard/fold"
)

// A said is a sentence as far as its denials and units are compared.
type said struct {
	words   map[string]bool
	clauses []clause
	denies  bool // in any of them
}

// A clause is what stands between two commas.
type clause struct {
	words   map[string]bool
	numbers []string
	negs    int      // negations
	denied  []string // the words that stand behind them
	places  []place  // of words that have an opposite
}

// Times and thousands are one number, and part no clauses: 17:00 is 17, 9:30 is 930.
var (
	onTheHour = regexp.MustCompile(`(\d)[:：]00\b`)
	inNumber  = regexp.MustCompile(`(\d)[:：,，](\d)`)
)

// saying reads the clauses of a sentence.
func saying(text string) said {
	s := said{words: map[string]bool{}}
	text = inNumber.ReplaceAllString(onTheHour.ReplaceAllString(folded(text), "$1"), "$1$2")
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",，;；:：()（）—\n", c) }) {
		c := clause{words: map[string]bool{}}
		var list []string
		list, c.numbers = terms(part)
		for _, w := range list {
			if !strings.ContainsAny(w, negating) {
				c.words[w], s.words[w] = true, true
			}
		}
		for _, m := range compared.FindAllStringSubmatch(part, -1) {
			c.words[m[0]] = true
		}
		c.negations(part)
		c.places = places(part)
		s.denies = s.denies || len(c.denied) > 0
		s.clauses = append(s.clauses, c)
	}
	return s
}

// negating are the characters with which negations are written: what they join is
// no word of its own.
const negating = "不没无未勿非"

var (
	// negation finds negations. Its first group holds words that only look like one, or that
	// deny nothing of what follows; its second what an exception is of.
	negation = regexp.MustCompile(`(不得不|不仅|不但|不只|不光|不论|不管|无论|不同|不断|不过|不锈|不久|非常|非洲|未来|除非|是否|能否|not only|not just|not until|no later|no more|no less|no fewer|no longer than)` +
		`|除了?([^除]{1,24}?)(?:以外|之外|外)` +
		`|禁止|严禁|请勿|没有|并非|不是|[` + negating + `]|\b(?:not|no|never|without|except(?: for| on)?|neither|nor|cannot|[a-z]+n['’]t)\b`)

	// modal is what may stand between a negation and what it denies.
	modal = regexp.MustCompile(`^(?:能够|可以|应该|允许|准许|必须|需要|予以|[能可会得应许准必需用要再予曾有被是让])+`)

	// compared finds what compares with a number. A negation denies that, and neither the number
	// nor what is counted: not older than ten is less than ten, or ten.
	compared  = regexp.MustCompile(`\b([a-z]+) than\b`)
	bound     = regexp.MustCompile(`^(?: ?[a-z]+){0,2}? ([a-z]+) than\b`)
	boundHan  = regexp.MustCompile(`^(?:[大小高低多少早晚]于|超过|达到|[满足到][\d一二两三四五六七八九十百千万半])`)
	numberful = regexp.MustCompile(`\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|hundred|thousand)\b`)
)

// mostDenied is how many words behind a negation it denies.
const mostDenied = 2

func (c *clause) negations(text string) {
	for _, m := range negation.FindAllStringSubmatchIndex(text, -1) {
		if m[2] >= 0 {
			continue
		}
		c.negs++
		behind := text[m[1]:]
		if m[4] >= 0 {
			behind = text[m[4]:m[5]]
		} else if r, _ := utf8.DecodeRuneInString(behind); unicode.Is(unicode.Han, r) {
			behind = modal.ReplaceAllString(behind, "")
			if at := boundHan.FindString(behind); at != "" {
				behind = at
			}
			behind = firstHan(behind, mostDenied+1)
		} else if m := bound.FindStringSubmatch(behind); m != nil {
			c.denied = append(c.denied, m[1]+" than")
			continue
		}
		list, _ := terms(behind)
		if at := numberful.FindStringIndex(behind); at != nil {
			if before, _ := terms(behind[:at[0]]); len(before) > 0 {
				list = before
			}
		}
		c.denied = append(c.denied, list[:min(len(list), mostDenied)]...)
	}
	if c.negs%2 == 0 { // not without: it takes more than words to say what is meant
		c.denied = nil
	}
}

// firstHan returns the Chinese characters with which a text begins, at most n.
func firstHan(s string, n int) string {
	for i, r := range s {
		if n == 0 || !unicode.Is(unicode.Han, r) {
			return s[:i]
		}
		n--
	}
	return s
}

// folded is a text in the form in which it is compared, with its marks.
func folded(text string) string {
	var b strings.Builder
	var rs []rune
	for _, c := range text {
		if rs, _ = fold.Rune(rs[:0], c); len(rs) == 0 {
			b.WriteRune(c)
		}
		for _, r := range rs {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// leastShared is the share of a claim's words that a sentence holds which is about the
// same thing.
const leastShared = .5

// Denied reports whether, of the sentences of these passages that are about the same
// thing as a claim, those nearest to it say the contrary: what is denied in one stands
// in the other, and nothing there denies it, or where one says open the other says closed. It knows a denial by the
// words around it, and opposites by the list opposites.txt.
func (g *Grounds) Denied(c *Claim, among []int) bool {
	own := &c.said
	yes, no := 0., 0.
	for _, i := range among {
		sentences := g.list[i].sentences
		alone := own.alone(sentences)
		for k := range sentences {
			other := &sentences[k]
			near := shared(own.words, other.words)
			if near < leastShared {
				continue
			}
			if (own.denies || other.denies) && (own.against(other, true) || other.against(own, false)) || other.opposes(alone) {
				no = max(no, near)
			} else {
				yes = max(yes, near)
			}
		}
	}
	return no > yes
}

// shared is the share of a that is in b.
func shared(a, b map[string]bool) float64 {
	n := 0
	for w := range a {
		if b[w] {
			n++
		}
	}
	if len(a) == 0 {
		return 0
	}
	return float64(n) / float64(len(a))
}

// against reports whether s denies what other says. With whole, the clause that denies
// must be about the same thing: a claim may say more than one.
func (s *said) against(other *said, whole bool) bool {
	for i := range s.clauses {
		c := &s.clauses[i]
		if other.saysOpposite(c) { // not open is closed
			continue
		}
		if whole {
			about := maps.Clone(c.words)
			for _, w := range c.denied {
				delete(about, w)
			}
			if shared(about, other.words) < leastShared {
				continue
			}
		}
		for _, w := range c.denied {
			if other.affirms(w) && !s.affirms(w) {
				return true
			}
		}
	}
	return false
}

// affirms reports whether a word stands only in clauses without a negation.
func (s *said) affirms(word string) (found bool) {
	for i := range s.clauses {
		if c := &s.clauses[i]; c.words[word] {
			if c.negs > 0 {
				return false
			}
			found = true
		}
	}
	return found
}

// units are those in which quantities are told, each by the word for it that comes first.
var units = func() map[string]string {
	m := map[string]string{}
	for _, line := range []string{"day days 天 日 个工作日", "week weeks 周 星期 个星期", "month months 个月", "year years 年", "hour hours 小时 个小时", "minute minutes min 分钟", "second seconds 秒 秒钟",
		"km kilometre kilometres kilometer kilometers 公里 千米", "m metre metres meter meters 米", "cm centimetre centimetres 厘米", "mm millimetre millimetres 毫米", "kg kilogram kilograms 千克 公斤", "g gram grams 克", "ton tons tonne tonnes 吨",
		"l litre litres liter liters 升", "ml 毫升", "percent % per cent", "yuan 元 块", "万元", "亿元", "dollar dollars 美元", "euro euros 欧元", "kb", "mb", "gb", "tb"} {
		words := strings.Fields(strings.TrimSuffix(line, " per cent"))
		for _, w := range words {
			m[w] = words[0]
		}
	}
	return m
}()

var quantity = regexp.MustCompile(`(\d[\d,]*(?:\.\d+)?)[ -]?(个工作日|个星期|个小时|小时|分钟|秒钟|个月|星期|公里|千米|厘米|毫米|千克|公斤|毫升|万元|亿元|美元|欧元|[天日周年秒米克吨升元块%]|[a-z]+\b)?`)

// quantities returns the units in which each number of a text is told; "" stands for
// none that is known.
func quantities(text string) map[string][]string {
	m := map[string][]string{}
	for _, q := range quantity.FindAllStringSubmatch(folded(text), -1) {
		if _, numbers := terms(q[1]); len(numbers) == 1 {
			m[numbers[0]] = append(m[numbers[0]], units[q[2]])
		}
	}
	return m
}

package verify

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// This file reads numbers in words, Chinese and English, and those of digits and words.

const numerals = `[零一二两三四五六七八九十百千万亿]{1,16}`

// things are characters of what an answer counts.
const things = `[个只条本张支枝颗棵朵人名位辆台件套双对间层箱盒包袋瓶杯块片页次天年月日周岁度倍元角分秒米克吨斤升里时小钟千厘毫公平立方顷]`

// opening is what may stand before an answer that is a number in Chinese.
const opening = `^[\s"“'(]*(?:最后|最终)?(?:答案?|结果)?(?:应该?)?(?:是|为|等于)?[\s:=]*(?:一?共有?)?(负|零下)?`

var (
	// inWords is an answer that is a number in Chinese and what it counts. 三点五分 may be a time.
	inWords = regexp.MustCompile(opening + `(` + numerals + `)(?:点([零一二三四五六七八九]{1,9})|分之(` + numerals + `))?(` + things + `{0,4})[\s"”').。!]*$`)
	// inHalves is one with a half, as 两个半小时. 两点半 is a time.
	inHalves = regexp.MustCompile(opening + `(?:(` + numerals + `)` + wholes + `半(?:小时|钟头|月)?|一?半(?:个?小时|个?钟头|个?月|` + things + `)?)[\s"”').。!]*$`)
)

// wholes are units of which there is a half.
const wholes = `(?:小时|钟头|[个天年周岁倍元块斤里米吨升碗杯瓶箱盒包袋页圈])`

// chineseNumber reads an answer that is a number in words.
func chineseNumber(s string) (f figure, ok bool) {
	value := new(big.Rat)
	m := inWords.FindStringSubmatch(s)
	switch half := inHalves.FindStringSubmatch(s); {
	case half != nil:
		n, read := int64(0), half[2] == ""
		if !read {
			n, read = hanInteger(half[2], false)
		}
		if !read {
			return f, false
		}
		m = half
		value.SetFrac64(2*n+1, 2)
	case m == nil || m[3] != "" && m[5] == "分" || strings.HasSuffix(m[2]+m[4], "千") && m[5] != "" && strings.ContainsAny(m[5][:len("米")], "米克"):
		return f, false // 三千米 are 3000 metres, or 3 kilometres
	default:
		below, above := int64(1), m[2]
		if m[4] != "" {
			if below, ok = hanInteger(m[2], false); !ok {
				return f, false
			}
			above = m[4]
		}
		n, ok := hanInteger(above, m[3]+m[4]+m[5] == "")
		if !ok || below == 0 {
			return f, false
		}
		value.SetFrac64(n, below)
		f.percent = m[4] != "" && m[2] == "百"
		if m[3] != "" {
			value.Add(value, decimals(strings.Split(m[3], ""), func(sign string) int64 { n, _ := hanInteger(sign, false); return n }))
		}
	}
	if m[1] != "" {
		value.Neg(value)
	}
	f.value = value
	return f, true
}

// decimals is the number of digits in words behind the point.
func decimals(words []string, digit func(string) int64) *big.Rat {
	sum, place := new(big.Rat), big.NewRat(1, 1)
	for _, w := range words {
		place.Quo(place, big.NewRat(10, 1))
		sum.Add(sum, new(big.Rat).Mul(place, big.NewRat(digit(w), 1)))
	}
	return sum
}

// units of Chinese numbers, from the greatest.
var hanUnits = []struct {
	sign     string
	is, most int64 // of how many there may be
}{{"亿", 1e8, 1e8}, {"万", 1e4, 1e4}, {"千", 1000, 10}, {"百", 100, 10}, {"十", 10, 10}}

// hanInteger reads a number like 四十二, 三亿零五十万 or 3万5千. Where it is said without what
// it counts, the last unit may be left out: 三万五 is 35000. 三万五个 is none.
func hanInteger(s string, said bool) (int64, bool) {
	for _, unit := range hanUnits {
		left, right, ok := strings.Cut(s, unit.sign)
		if !ok {
			continue
		}
		many, rest := int64(1), int64(0)
		if left != "" {
			many, ok = hanInteger(left, false)
		}
		if right != "" && ok {
			exact, zero := strings.CutPrefix(right, "零")
			rest, ok = hanInteger(exact, said && !zero)
			switch {
			case zero, unit.is == 10, rest >= unit.is/10, len(right) > 1 && digits.MatchString(right):
			case said && rest > 0 && right != "两" && utf8.RuneCountInString(right) == 1:
				rest *= unit.is / 10
			default:
				ok = false
			}
		}
		return many*unit.is + rest, ok && many < unit.most && rest < unit.is
	}
	if s == "两" {
		return 2, true
	}
	if digits.MatchString(s) {
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	}
	i := strings.Index("零一二三四五六七八九", s)
	return int64(i / len("零")), i >= 0 && len(s) == len("零")
}

var (
	digits = regexp.MustCompile(`^\d{1,9}$`)
	// parted is a number of several units, in digits: 3万5千, 1亿2千万, 3万5.
	parted = regexp.MustCompile(`\d{1,9}(?:[百千]?[万亿]|[百千])[\d零一二两三四五六七八九][\d零一二两三四五六七八九十百千万亿]{0,16}`)
	// notParted is what before such a number, or behind it, makes it part of another.
	notParted       = regexp.MustCompile(`[.,/^]\s?$`)
	notPartedBehind = regexp.MustCompile(`^(?:\.\d|,\d|\s?[%‰^/])`)
	// ofUnit is 千 or 百 that may be part of what is counted: 3万5千米.
	ofUnit = regexp.MustCompile(`^(?:.*千[米克瓦卡帕焦赫伏安字]|.*百帕)`)
	// said is what may stand behind a number whose last unit is left out.
	said = regexp.MustCompile(`^\s*(?:$|[。;!)"'”’\n]|[.,](?:\D|$))`)
)

// summed writes 3万5千 as 3.5*10^(4): as a multiple of its greatest unit, as multiplied does.
func summed(s string) string {
	return replaced(s, parted, func(found, before, behind string) string {
		last, _ := utf8.DecodeLastRuneInString(found)
		next, _ := utf8.DecodeRuneInString(behind)
		if notParted.MatchString(before) || notPartedBehind.MatchString(behind) || ofUnit.MatchString(string(last)+string(next)) {
			return found
		}
		n, ok := hanInteger(found, said.MatchString(behind))
		if !ok || n == 0 {
			return found
		}
		for _, unit := range hanUnits {
			if strings.Contains(found, unit.sign) {
				power := zeros[unit.sign]
				many := big.NewRat(n, unit.is).FloatString(power)
				return fmt.Sprintf("%s*10^(%d)", strings.TrimRight(strings.TrimRight(many, "0"), "."), power)
			}
		}
		return found
	})
}

// englishWords are the words of which English makes numbers, with their values.
var englishWords = func() map[string]int64 {
	words := map[string]int64{"hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
	for i, w := range strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen") {
		words[w] = int64(i)
	}
	for i, w := range strings.Fields("twenty thirty forty fifty sixty seventy eighty ninety") {
		words[w] = int64(i+2) * 10
	}
	return words
}()

// parts are the fractions that English has a word for, with how many make one.
var parts = func() map[string]int64 {
	words := map[string]int64{"half": 2, "halves": 2, "quarter": 4, "quarters": 4}
	for i, w := range strings.Fields("third fourth fifth sixth seventh eighth ninth tenth") {
		words[w], words[w+"s"] = int64(i+3), int64(i+3)
	}
	return words
}()

// inEnglish is an answer that is a number in English and what it counts, in a word: with a
// fraction of one numerator in a word, which a half may lack, or whole or with decimals.
var inEnglish = func() *regexp.Regexp {
	any := func(words map[string]int64, below int64) string {
		var list []string
		for w, n := range words {
			if n < below {
				list = append(list, w)
			}
		}
		slices.Sort(list)
		return `(?:` + strings.Join(list, "|") + `)`
	}
	digit, few, words := any(englishWords, 10), any(englishWords, 20), any(englishWords, 1e15)
	number := words + `(?:[\s-]+(?:and\s+)?` + words + `)*`
	return regexp.MustCompile(`(?i)^[\s"“'(]*(?:(?:so|thus|hence|therefore)\b,?\s+)?(?:(?:(?:the|my|final|correct|answer|result|total|sum|value|number|it|that|there|they)\s+){0,4}(?:answer|result|total|it|that|there|they|sum|value|number)(?:\s+(?:is|are|equals)\b:?|\s*[:=])\s*)?` +
		`(minus\s+|negative\s+)?(?:(?:(` + number + `)\s+and\s+)?(?:(` + few + `|an?)[\s-]+)?(` + any(parts, 20) + `)(?:\s+(?:of\s+)?an?)?|` +
		`((?:an?\s+)?` + number + `)(?:\s+point((?:[\s-]+` + digit + `)+))?)(?:\s+([a-z]{1,16}))?[\s"”').!]*$`)
}()

// noThing is a word behind a number that makes another number of it, or none.
var noThing = regexp.MustCompile(`(?i)^(?:half|halves|(?:third|fourth|quarter|fifth|sixth|seventh|eighth|ninth|tenth|hundredth|thousandth|millionth)s?|hundred|(?:m|b|tr)illion|thousand|dozen|past|squared|cubed|point|plus|minus|and|or|of|more|less|fewer|an?)$`)

// englishNumber reads an answer that is a number in words.
func englishNumber(s string) (f figure, ok bool) {
	m := inEnglish.FindStringSubmatch(s)
	if m == nil || noThing.MatchString(m[7]) {
		return f, false
	}
	words := func(s string) []string { return strings.Fields(strings.ReplaceAll(strings.ToLower(s), "-", " ")) }
	f.value = new(big.Rat)
	if whole := words(m[2] + m[5]); len(whole) > 0 {
		n, ok := englishInteger(whole)
		if !ok {
			return f, false
		}
		f.value.SetInt64(n)
	}
	f.value.Add(f.value, decimals(words(m[6]), func(w string) int64 { return englishWords[w] }))
	if part := strings.ToLower(m[4]); part != "" {
		above, below := max(1, englishWords[strings.ToLower(m[3])]), parts[part]
		plural := part == "halves" || strings.HasSuffix(part, "s")
		bare := m[3] == "" && part != "half" // a third may be an order
		if bare || plural != (above > 1) || m[2] != "" && above >= below {
			return f, false
		}
		if m[2] == "" {
			f.parts = [2]string{fmt.Sprint(above), fmt.Sprint(below)}
		}
		f.value.Add(f.value, big.NewRat(above, below))
	}
	if m[1] != "" {
		f.value.Neg(f.value)
	}
	if strings.EqualFold(m[7], "percent") {
		f.percent = true
		f.value.Quo(f.value, big.NewRat(100, 1))
	}
	return f, true
}

// englishInteger reads words like one hundred and five. Each hundred, thousand and so on
// multiplies what stands before it, and is less than the one before.
func englishInteger(words []string) (int64, bool) {
	total, part, least := int64(0), int64(0), int64(1e15)
	for i, w := range words {
		n := englishWords[w]
		switch {
		case w == "a" || w == "an": // a hundred
			if i+1 == len(words) || englishWords[words[i+1]] < 100 {
				return 0, false
			}
			part = 1
		case w == "and": // behind a hundred or thousand
			if englishWords[words[i-1]] < 100 {
				return 0, false
			}
		case w == "zero":
			if len(words) > 1 {
				return 0, false
			}
		case n < 100:
			if part%10 != 0 || part%100 != 0 && (n >= 10 || part%100 < 20) {
				return 0, false
			}
			part += n
		case n == 100:
			if part == 0 || part >= 100 {
				return 0, false
			}
			part *= 100
		default:
			if part == 0 || part >= 1000 || n >= least {
				return 0, false
			}
			total, part, least = total+part*n, 0, n
		}
	}
	return total + part, part < least
}

// wordNumber reads a text without digits that is a number in words.
func wordNumber(s string) (figure, bool) {
	if f, ok := chineseNumber(s); ok {
		return f, true
	}
	return englishNumber(s)
}

package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file reads what words and letters say of a number: its sign, how many
// thousands it counts, that it is only part of a quantity or of an expression.

var (
	below     = regexp.MustCompile(`(?i)(?:负|零下|\bnegative)\s*([\d(.])`)
	less      = regexp.MustCompile(`(?i)\bminus\s+([\d(.])`)
	dollars   = regexp.MustCompile(`\$\s?(\d[\d,.]*)([KMB])([^$\w]|$)`)
	magnitude = regexp.MustCompile(`(?i)(\d)(?:\s?(万亿|十亿|亿|千万|百万|十万|万|千|百)|[\s-]?(hundred|thousand|million|billion|trillion)\b|(k)\b)([-米克瓦卡帕焦赫伏安字分]?)`)
	recurring = regexp.MustCompile(`(\d{0,6})\.(\d{0,6})\\(?:overline|bar|dot)\s?\{(\d{1,6})\}`)
)

// zeros of the words for powers of ten.
var zeros = map[string]int{"百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "万亿": 12,
	"hundred": 2, "thousand": 3, "k": 3, "million": 6, "billion": 9, "trillion": 12}

// signed writes a sign in words as one.
func signed(s string) string {
	return less.ReplaceAllString(below.ReplaceAllString(s, "-$1"), "- $1")
}

// multiplied writes 7万 and 7 million as powers of ten. 5千米 are kilometres,
// and a million-dollar home is one of a kind. Only number reads it so: of an
// equation the words stay units.
func multiplied(s string) string {
	return magnitude.ReplaceAllStringFunc(s, func(found string) string {
		m := magnitude.FindStringSubmatch(found)
		word := strings.ToLower(m[2] + m[3] + m[4])
		kelvin := m[4] == "K"
		unit := m[5] != "" && m[5] != "-" && (word == "千" || word == "百")
		hyphen := m[5] == "-" && m[2] == ""
		if kelvin || unit || hyphen {
			return found
		}
		return fmt.Sprintf("%s*10^(%d)%s", m[1], zeros[word], m[5])
	})
}

// group is a whole number whose thousands are parted by spaces, as 250 000.
var group = regexp.MustCompile(`[1-9]\d{0,2}(?: \d{3})+`)

var (
	// noGroup is what before such digits makes the first of them part of another number.
	noGroup = regexp.MustCompile(`(?:[0-9A-Za-z.,/)^_%]|\d[ :])$`)
	// noGroupBehind is what behind them makes the last a number or a word of its own: 2 100/200, 12 300-page.
	noGroupBehind = regexp.MustCompile(`^(?:\d|,\d|\s?/| \d|[%^(]|-[A-Za-z])`)
)

// ungrouped takes away the spaces between thousands. Where two numbers were meant, as 3 250,
// none of them was the only one.
func ungrouped(s string) string {
	return replaced(s, group, func(found, before, behind string) string {
		head, rest, _ := strings.Cut(found, " ")
		if noGroup.MatchString(before) || noGroupBehind.MatchString(behind) || head == rest { // 250 250 may be 250, twice
			return found
		}
		return strings.ReplaceAll(found, " ", "")
	})
}

// replaced replaces what re finds in s by what f makes of it, of up to eight bytes before it
// and of what stands behind it.
func replaced(s string, re *regexp.Regexp, f func(found, before, behind string) string) string {
	var out strings.Builder
	end := 0
	for _, at := range re.FindAllStringIndex(s, -1) {
		out.WriteString(s[end:at[0]])
		out.WriteString(f(s[at[0]:at[1]], s[max(0, at[0]-8):at[0]], ahead(s, at[1])))
		end = at[1]
	}
	return out.String() + s[end:]
}

// dollarWords writes $70K and $3M in words.
func dollarWords(s string) string {
	return dollars.ReplaceAllStringFunc(s, func(found string) string {
		m := dollars.FindStringSubmatch(found)
		return m[1] + map[string]string{"K": " thousand", "M": " million", "B": " billion"}[m[2]] + m[3]
	})
}

// unrecurred writes 0.1\overline{6} as a fraction.
func unrecurred(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return recurring.ReplaceAllStringFunc(s, func(found string) string {
		m := recurring.FindStringSubmatch(found)
		number := func(digits string) int64 { n, _ := strconv.ParseInt("0"+digits, 10, 64); return n }
		nines := strings.Repeat("9", len(m[3])) + strings.Repeat("0", len(m[2]))
		return fmt.Sprintf("(%d/%s)", number(m[1]+m[2]+m[3])-number(m[1]+m[2]), nines)
	})
}

var countedIn = regexp.MustCompile(`(?i)(?:(?:多少|几|单位|[用以])["“(:\s]{0,2}(万亿|十亿|亿|千万|百万|十万|万|千|百)([米克瓦卡帕焦赫伏安字]?)|\b(?:how (?:many|much)|in) (hundred|thousand|million|billion|trillion)s?\b)`)

// counted reports whether a prompt asks for a number in such powers of ten, as
// 多少万元 does: there the word is a unit like any other.
func counted(prompt string, power int) bool {
	for _, m := range countedIn.FindAllStringSubmatch(tail(prompt), -1) {
		ofUnit := m[2] != "" && (m[1] == "千" || m[1] == "百") // 多少千米
		if !ofUnit && zeros[strings.ToLower(m[1]+m[3])] == power {
			return true
		}
	}
	return false
}

var (
	// algebra is a letter behind a number that is no unit: 7x, 5i, 2ab.
	algebra = regexp.MustCompile(`^(?:\s?[xyz]|[abefijnoqruvwPQRXYZ]|[abxyz]{2,3})(?:[^\p{L}]|$)`)
	// goesOn is an operator behind a number, and a letter: 7+x, and 7/x in a fraction.
	goesOn = regexp.MustCompile(`^\)*\s?(?:[-+]\s?\(*[b-zB-HJ-Z]|/\s?\(*[abcefijknopqruvwxyzA-Z])(?:[^\p{L}]|$)`)
	// letter is one that something is subtracted from: x-7.
	letter = regexp.MustCompile(`(?:^|[^A-Za-z])[A-Za-z]$`)
)

// compounds are units of one kind that make one quantity together, as 1 hour 30
// minutes.
var compounds = func() (list []*regexp.Regexp) {
	for _, units := range []string{
		`years?|months?|weeks?|days?|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|年|个?月|周|天|小时|时|点|分钟?|秒`,
		`miles?|yards?|yd|feet|foot|ft|inch(?:es)?|in|km|m|dm|cm|mm|公里|千米|米|分米|厘米|毫米`,
		`tons?|tonnes?|kg|g|mg|kilograms?|grams?|pounds?|lbs?|ounces?|oz|吨|千克|公斤|克|斤|两`,
		`dollars?|cents?|元|块|角|毛|分`,
		`gallons?|quarts?|pints?|cups?|lit(?:er|re)s?|l|ml|升|毫升|公顷|平方[千分厘毫]?米|立方[分厘毫]?米`,
	} {
		list = append(list, regexp.MustCompile(`(?i)^\s?(?:`+units+`)(?:,|,? and|零|又)?\s*$`))
	}
	return list
}()

var (
	// remainder is what stands between a quotient and what is left over.
	remainder = regexp.MustCompile(`(?i)^\s?(?:\p{Han}{0,2}余|r|rem|remainder)\s*$`)
	// word is a unit, in either writing.
	word = regexp.MustCompile(`^\s?(?:[A-Za-z]+|分钟|小时|个月|[平立]方[千分厘毫]?米|[千分厘毫公][米克里斤]|毫升|公顷|\p{Han})?`)
	over = regexp.MustCompile(`^\s*(?:[.,;)。\n]|$)`)
)

// compound reports whether two numbers are parts of one quantity, which neither
// of them is.
func compound(s string, before, at []int) bool {
	between, after := s[before[1]:at[0]], ahead(s, at[1])
	if len(between) > 40 || remainder.MatchString(between) {
		return len(between) <= 40
	}
	return slices.ContainsFunc(compounds, func(re *regexp.Regexp) bool {
		return re.MatchString(between) && (over.MatchString(after) || re.MatchString(word.FindString(after)))
	})
}

package verify

import (
	"regexp"
	"slices"
	"strings"
)

// An answer that names several candidates settles on none of them: a model
// that is rewarded for it learns to name all. This file holds the words by
// which that is noticed. What is not noticed is no gain either: which number or
// choice is read is decided by its place, never by what is wanted.

const (
	// or are words between two answers of which either may be meant, maybe those
	// before one that is not sure: between two answers they are no better.
	or      = `\b(?:or|either|alternatively|otherwise|(?:could|might|may) also be)\b`
	maybe   = `\b(?:maybe|perhaps|possibly|(?:could|might|may) be)\b`
	orZh    = `(?:或者?|还是|要么|抑或|也可能|不然|否则|也可以?|也是)`
	maybeZh = `(?:可能|也许|大概)`
	few     = `([^\d\n,;.。]{0,24})` // words, in which no sentence ends
	fewZh   = `([^\d\n,;.。]{0,8})`
)

var (
	orBefore    = regexp.MustCompile(`(?i)(?:` + or + few + `|` + orZh + fewZh + `)$`)
	maybeBefore = regexp.MustCompile(`(?i)(?:` + maybe + few + `|` + maybeZh + fewZh + `)$`)
	maybeNear   = regexp.MustCompile(`(?i)^[^\d\n]{0,12}?(?:` + maybe + few + `|` + maybeZh + fewZh + `)$`)
	orMore      = regexp.MustCompile(`(?i)^\s*(?:more|less|fewer|so|later|not|over|under|above|below|many|以上|以下|更|多|少|的|性)`)
	otherwise   = regexp.MustCompile(`(?i)^[\s$)*,;.。、()（]*(?:(?:` + or + `|` + maybe + `)` + few + `|(?:` + orZh + `|` + maybeZh + `)` + fewZh + `)[-(\s]*\.?\d`)
	list        = regexp.MustCompile(`(?i)^(?:[\s,;、。.…&|"'\x60*()!?~/-]|\b(?:and|or|to)\b|和|与|及|以|或|者|还是|至|到|又)*$`)
	sameName    = regexp.MustCompile(`(?:^|[^0-9A-Za-z])([A-Za-z]\s?=\s?)$`)
	unit        = regexp.MustCompile(`^\s?[\p{L}°]{1,12}`)
	asks        = regexp.MustCompile(`^\s?[\p{L}°]{0,6}[)\s]*(?:\?|吗)`)
	unequal     = regexp.MustCompile(`(?:[≠<≤≥]=?|(?:^|[^-=\s])\s*>=?)\s*\(*$`) // not -> and =>
	not         = regexp.MustCompile(`(?i)(?:\bnot|\bnever|n't|n’t|不是|并非|不为|不等于|不应该?[是为]|不会是|不可能是|≠)[\s:"'*(]*(?:equal to |equal |think (?:that )?it(?:['’]s| is) ?|是)?$|\b(?:rather than|instead of)\s*$`)
	untrue      = regexp.MustCompile(`(?i)^[)*"'\s]*(?:(?:is|was) (?:wrong|incorrect|false)\b|(?:is|was)(?:n['’]t| not) (?:the answer|right|correct)\b|不对|不正确|不是(?:正确)?答案|是?错)`)
	related     = regexp.MustCompile(`(?i)(?:\b(?:half of|twice|(?:more|less|fewer|greater|larger|smaller|higher|lower) than|over|under|above|below|exceed(?:s|ing)?)|不到|超过了?|多于|少于|大于|小于|高于|低于|不足|不满)\s*\$?\s*$`)
	separate    = regexp.MustCompile(`(?i)[,;、\n]|\b(?:or|and)\b|或|还是|和|与|及`)
	first       = regexp.MustCompile(`(?:^|\n)[\s(*#-]*$`)
	then        = regexp.MustCompile(`^\s?[.):、]`)
	announces   = regexp.MustCompile(`(?i)(?:(?:^|[^/A-Za-z])answer|答案|答)(?:\s*(?:is|are|should be|equals|应是|应为|是|为|等于|[:=*]))*\s*(` + literal + `)\s?[\p{L}°]{0,12}?\s*(?:[.。,;!(\n]|\b(?:because|since|as)\b|因为|$)`)
	reconsiders = regexp.MustCompile(`(?i)\b(?:but|however|wait|actually|correction|sorry|mistake|oops|instead|hmm|alternatively|otherwise|maybe|perhaps|possibly)\b|但是?|然而|等等|不对|更正|纠正|抱歉|重新|或者|不然|否则|也许|可能|大概`)
	concludes   = regexp.MustCompile(`(?i)\b(?:so|thus|hence|therefore|finally)\b|所以|因此|综上|最后|最终`)
	explains    = regexp.MustCompile(`(?i)^\s?[\p{L}°]{0,12}?[\s.,;:*(#!。]*(?:\b(?:explanation|because|since|reason|note)\b|因为|解释|解析|说明|理由)`)
)

// orElse reports whether a word like or stands before a place of s, behind the
// one before it.
func orElse(s string, before, at []int) bool {
	between := s[max(before[1], at[0]-120):at[0]]
	says := func(re *regexp.Regexp, s string) bool {
		m := re.FindStringSubmatch(s)
		return m != nil && !orMore.MatchString(m[1]+m[2])
	}
	return says(orBefore, between) || says(maybeNear, between) ||
		says(maybeBefore, between) && says(maybeBefore, s[max(0, before[0]-96):before[0]])
}

// listed reports whether nothing but what makes a list stands between two
// places of s; units that both have do not count.
func listed(s string, before, at []int) bool {
	between := s[before[1]:at[0]]
	if len(between) > 200 {
		return false
	}
	if u := unit.FindString(ahead(s, at[1])); u != "" {
		if rest, ok := strings.CutPrefix(between, u); ok {
			between = rest
		}
	}
	if m := sameName.FindStringSubmatch(between); m != nil { // x = 1, x = 2
		if n := sameName.FindStringSubmatch(s[max(0, before[0]-8):before[0]]); n != nil && n[1] == m[1] {
			between = strings.TrimSuffix(between, m[1])
		}
	}
	return list.MatchString(between)
}

// isResult reports whether a number is what something was worked out to be, or
// an operand of it: a step, not an answer of its own.
func isResult(s string, at []int) bool {
	before := strings.TrimRight(s[max(0, at[0]-40):at[0]], " (")
	if before == "" || sameName.MatchString(before) {
		return false
	}
	return strings.HasSuffix(before, "=") || strings.HasSuffix(before, "≈") || inExpression(s, at)
}

// ordinal reports whether a number counts a line: 1. or (2).
func ordinal(s string, at []int) bool {
	return at[1]-at[0] == 1 && then.MatchString(ahead(s, at[1])) && first.MatchString(s[max(0, at[0]-40):at[0]])
}

// askedOrRelated reports whether what stands from one place to another is asked
// for, or only said to be unequal to something, or half of it.
func askedOrRelated(s string, from, to []int) bool {
	return asks.MatchString(ahead(s, to[1])) || related.MatchString(s[max(0, from[0]-24):from[0]]) && boundAt(s, from) == 0 || unequal.MatchString(s[max(0, from[0]-8):from[0]])
}

// denied reports whether it is said that a number is not the answer.
func denied(s string, at []int) bool {
	return not.MatchString(s[max(0, at[0]-24):at[0]]) || untrue.MatchString(ahead(s, at[1]))
}

// onlyAnnounced reports whether all numbers that a text calls its answer are f.
func onlyAnnounced(s string, f figure) bool {
	for _, m := range announces.FindAllStringSubmatch(s, -1) {
		if g, ok := numberOf(m[1:]); ok && g.value.Cmp(f.value) != 0 {
			return false
		}
	}
	return true
}

// announced returns which of the numbers of s is the last that is called the
// answer, if what stands behind it only explains it, without another candidate or
// a second thought; else -1.
func announced(s string, all [][]int) int {
	found := announces.FindAllStringSubmatchIndex(s, -1)
	if len(found) == 0 {
		return -1
	}
	start := found[len(found)-1][2]
	n := slices.IndexFunc(all, func(at []int) bool { return at[1] > start })
	if n < 0 || n == len(all)-1 {
		return -1
	}
	behind := s[all[n][1]:]
	if reconsiders.MatchString(behind) || concludes.MatchString(behind) && !explains.MatchString(behind) || askedOrRelated(s, all[n], all[n]) || listed(s, all[n], all[n+1]) || compound(s, all[n], all[n+1]) {
		return -1
	}
	for i := n + 1; i < len(all); i++ {
		if orElse(s, all[i-1], all[i]) {
			return -1
		}
	}
	return n
}

// aside is the head of what only explains or checks a result before it.
var aside = regexp.MustCompile(`(?im)(?:^[\s#*]*|[.。!]\s*)(?:(?:explanation|check|verification|reason|note)s?[\s*]*:|(?:验算|检验|解释|解析|说明|理由)[\s*]*:)`)

// mainPart returns s without what only explains or checks its result behind it: it neither
// announces, concludes nor reconsiders anything.
func mainPart(s string) string {
	at := aside.FindStringIndex(s)
	if at == nil || !literals.MatchString(s[:at[0]]) {
		return s
	}
	if behind := s[at[1]:]; announces.MatchString(behind) || concludes.MatchString(behind) || reconsiders.MatchString(behind) || otherwise.MatchString(behind) {
		return s
	}
	return s[:at[0]]
}

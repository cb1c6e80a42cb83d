package verify

import "regexp"

// An answer that is taken back for another settles on the other one: what stands behind
// the words by which it is taken back replaces what stands before them.

// corrects are those words. 等等 and 不对 are such only where they begin a clause: elsewhere
// they are "and so on", and said of something.
var corrects = regexp.MustCompile(`(?i)(?:\b(?:wait|correction|sorry|oops|hmm+|actually|scratch that|on second thoughts?|let me re[a-z-]+|(?:made|is|was) an? (?:mistake|error)|that(?:['’]s| is| was) (?:wrong|not right|incorrect))\b|` +
	`[.?!…]\s*no[,.]|(?:^|[\s,.。!?;:…、—])(?:不对|不,|等等|更正|纠正|抱歉|重新|我?算?错了))[\s,.:;!。…]*(?:no\b[\s,.:!…-]*)?`)

// restates is what may stand before an answer that replaces another.
const restates = `(?i)^[\s,.:;!。…'"*(]*(?:so |then |i think |i mean )?(?:it|that|this|the (?:answer|result))?(?:\s?(?:['’]s|is|should be|must be|would be))?\s*(?:应该?|正确(?:答案)?)?(?:是|为|选|等于)?[\s:*("'$]*`

var (
	restatesNumber = regexp.MustCompile(restates + `(?:` + literal + `)`)
	restatesChoice = regexp.MustCompile(restates + `(?-i:[A-J])\s*(?:[.,;:!)。*"'\n]|$|is\b|because\b|since\b|正确|对|项)`)
)

// corrected returns what stands behind the last correction of s that gives another answer,
// else s.
func corrected(s string, gives func(behind string) bool) string {
	places := corrects.FindAllStringIndex(s, -1)
	for i := len(places) - 1; i >= max(0, len(places)-maxCorrections); i-- {
		if behind := s[places[i][1]:]; gives(behind) {
			return behind
		}
	}
	return s
}

// maxCorrections bounds the work for a text of many.
const maxCorrections = 8

// givesNumber reports whether a text announces a number, begins with its only one, or is one
// in words.
func givesNumber(s string) bool {
	if _, ok := wordNumber(s); ok {
		return true
	}
	return announces.MatchString(s) || restatesNumber.MatchString(s) && len(literals.FindAllStringIndex(s, 2)) == 1
}

// givesChoice reports whether a text announces a choice, or begins with one.
func givesChoice(s string) bool {
	for _, p := range picks(s) {
		if settles.MatchString(behindOf(s, p.at)) && !p.denied(s) {
			return true
		}
	}
	return restatesChoice.MatchString(s)
}

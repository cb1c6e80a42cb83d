package verify

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"

	"suiren/internal/say"
)

// choice: the letters that the answer settles on.
func choice(want string) (func(context.Context, string, string) (float64, error), error) {
	if lowerChoice.MatchString(want) {
		want = strings.ToUpper(want)
	}
	letters := lettersOf(want)
	if letters == "" || letters != sortedLetters(want) {
		return nil, &say.Error{What: say.T("%q is no choice", "%q 不是选项", clip(want)), Next: say.T("write the letters of the right answers, like B or ACD", "请写正确选项的字母，例如 B 或 ACD")}
	}
	return exact(func(answer string) bool { return answerChoice(answer) == letters }), nil
}

// answerChoice returns the letters that an answer settles on, "" if none: those
// of its boxes, of which all must be the same; else those of what settled returns.
func answerChoice(answer string) string {
	boxes, rest, behind := settled(answer)
	var letters string
	if len(boxes) == 0 {
		letters = chosen(answerTag.Replace(tail(rest)))
	}
	for i, b := range boxes {
		l := chosen(tail(unwrapped.Replace(b)))
		if l == "" || i > 0 && l != letters {
			return ""
		}
		letters = l
	}
	behind = tail(behind)
	if other := corrected(behind, givesChoice); other != behind && chosen(other) != letters {
		return ""
	}
	for _, p := range picks(behind) {
		if p.letters != letters && p.alternative(behind) {
			return ""
		}
	}
	return letters
}

// lowerChoice is a choice in lower case; a word is none.
var lowerChoice = regexp.MustCompile(`^[a-h](?:[ ,、]+[a-h])*$`)

// answerTag writes <answer>B</answer> in words.
var answerTag = strings.NewReplacer("<answer>", " answer: ", "</answer>", "\n")

// unwrapped takes LaTeX from the text of a box.
var unwrapped = strings.NewReplacer(`\textbf`, "", `\text`, "", `\mathrm`, "", `\mathbf`, "", `\mbox`, "", "{", "", "}", "", `\ `, " ", `\,`, " ", `\quad`, " ", "$", "")

// A pick is letters that a text names together.
type pick struct {
	at, end int
	letters string
	doubt   bool // joined by or
}

var (
	capitals = regexp.MustCompile(`[A-Z]+`)
	pronoun  = regexp.MustCompile(`^(?:['’]| +[a-z])`)
	article  = regexp.MustCompile(`^ +([a-z]+)`)
	joined   = regexp.MustCompile(`^[ ()*]*(?:[,、&+]|,?[ ]*\b(?i:and)\b|和|与|及|以及)?[ ()*]*(?:选项|项)?[ ()*]*$`)
	eitherOf = regexp.MustCompile(`^[ ()*,、项]*(?:\b(?i:or|and/or)\b|或者?|还是|/|\|)[ ()*]*(?:\b(?i:option|maybe|perhaps)\b|选项|是|选)?[ ()*]*$`)
)

// picks returns the letters that a text names, in order. Words in capitals,
// the pronoun I and the article A are none, but for an A that is announced.
func picks(s string) (list []pick) {
	for _, at := range capitals.FindAllStringIndex(s, -1) {
		word := s[at[0]:at[1]]
		if at[0] > 0 && alnum(s[at[0]-1]) || at[1] < len(s) && alnum(s[at[1]]) {
			continue
		}
		after := ahead(s, at[1])
		switch {
		case len(word) > 1 && (len(lettersOf(word)) < len(word) || lettersOf(word)[len(word)-1] > 'J'):
			continue
		case word == "I" && pronoun.MatchString(after):
			continue
		case word == "A" && !settles.MatchString(behindOf(s, at[0])) && !prefers.MatchString(behindOf(s, at[0])):
			if m := article.FindStringSubmatch(after); m != nil && !slices.Contains([]string{"is", "and", "or", "are", "was", "because", "since", "as", "but", "if"}, m[1]) {
				continue
			}
		}
		p := pick{at[0], at[1], lettersOf(word), false}
		if n := len(list) - 1; n >= 0 && p.at-list[n].end <= 40 {
			switch between := s[list[n].end:p.at]; {
			case eitherOf.MatchString(between):
				list[n] = pick{list[n].at, p.end, lettersOf(list[n].letters + p.letters), true}
				continue
			case joined.MatchString(between) && strings.TrimSpace(between) != "(": // D (A and B) is D
				list[n] = pick{list[n].at, p.end, lettersOf(list[n].letters + p.letters), list[n].doubt}
				continue
			}
		}
		list = append(list, p)
	}
	return list
}

var (
	settles = regexp.MustCompile(`(?i)` + settling + to + `$`)
	prefers = regexp.MustCompile(`(?i)` + preferring + to + `$`)
	noPick  = regexp.MustCompile(`(?i)(?:不|别|非|未|没有?|难|勿|not|n't|never)\s?(?:能|应|该|可|会|要)*\s?(?:选项?|选择|choose|select|pick|go with|option|choice|the answer|答案|答案是|正确(?:的)?(?:选项|答案)?)` + to + `$`)
	refused = regexp.MustCompile(`(?i)(?:\bnot|n't|n’t|\bnever|\bexcept|\bexcluding|\bvitamin|\bhepatitis|维生素|\bwithout|\bunlike|\ball but|\bother than|\brather than|\binstead of|无法|不确定|难以|不知道|不是|不选|并非|非|排除|除了?|不可能是|不会是)[^A-Za-z\n.。,;]{0,8}$`)
	wrong   = regexp.MustCompile(`(?i)^(?:[)*\s]*(?:(?:项|选项)\s*)?(?:is|are|was|were)(?: also| clearly| simply)?(?:n't| not| wrong| incorrect| false| impossible)|[)*\s]*(?:cannot|can't)|` +
		`(?:[)*\s]*(?:项|选项)|[*\s]*)\s*(?:wrong|incorrect|false|错|有误|均错|都错|排除|也错|不(?:对|正确|是|符|成立|选|行|能选|可选|合|应选)))`)
	open    = regexp.MustCompile(`^[\s(*"'#>-]*(?i:option|choice|选项)?[\s:(*]*$`)
	mark    = regexp.MustCompile(`^[)*"']*(?:[.:、,;。)]|\n|$|\s+[-—]|\s*(?:\(|(?:because|since|as|for)\b|因为|由于))`)
	heading = regexp.MustCompile(`^[)*"']*(?:[.:、]|\))\s*[^\s.。]`)
	bare    = regexp.MustCompile(`^[\s()*"'.。;,!]*$`)
	ends    = regexp.MustCompile(`^[\s)*"'.。;,!]*(?:[A-Z]|$)`)
	also    = regexp.MustCompile(`(?i)^[)*\s]*(?:项|选项)?\s*(?:(?:也|亦|同样)(?:可|许|行|对|有可能|是答案|应选|选|算)|(?:is|are)\b[^.\n]{0,20}\b(?:also\b|too\s*(?:[.,;!)\n]|$)|possible\b)|also\b|too\b|as well|` +
		`(?:could|might|may) (?:also )?be (?:right|correct|the answer|it|possible)|可能(?:也)?(?:是)?(?:对|正确|答案))`)
	ended  = regexp.MustCompile(`(?:^|[.。;!\n])[\s(*"']*$`)
	orPick = regexp.MustCompile(`(?i)(?:` + or + `|` + maybe + `|\balso\b|` + orZh + `|` + maybeZh + `)(?:[\s:,("'*]|\b(?:it|is|be|the|answer|option|choice|could|might|may|else|also|that|would|even|maybe|perhaps)\b|答案|选项?|应该?|可以|能|就|是|为)*$`)
)

// settling are words behind which the answer stands; preferring, words of a choice
// that may also be spoken of.
const (
	settling   = `(?:\banswers?\b|答案|(?:故|应|因此|所以|题)选(?:择|项)?|正确的?(?:选项|答案)|正确的(?:一项)?是|\bcorrect (?:option|choice|one)s?\b)`
	preferring = `(?:\b(?:choice|option|choose|select|pick|go with)s?\b|选项?|选择)`
)

// to is what may stand between a word that announces a choice and its letters.
const to = `(?:\s*(?:is|are|should|would|be|must|therefore|thus|clearly|option|choice|选项|选择|选|是|为|就|应该|应|该|:))*[\s:*("']*`

func ahead(s string, at int) string { return s[at:min(len(s), at+64)] }

func behindOf(s string, at int) string { return s[max(0, at-96):at] }

// alternative reports whether a text offers a pick beside another.
func (p pick) alternative(s string) bool {
	if p.denied(s) {
		return false
	}
	return orPick.MatchString(behindOf(s, p.at)) || also.MatchString(ahead(s, p.end))
}

// denied reports whether a text says that a pick is not right.
func (p pick) denied(s string) bool {
	return refused.MatchString(behindOf(s, p.at)) || noPick.MatchString(behindOf(s, p.at)) || wrong.MatchString(ahead(s, p.end))
}

// heads reports whether a pick begins a line, or is marked as the head of what
// follows it, as options are when they are told again.
func (p pick) heads(s string) bool {
	return heading.MatchString(ahead(s, p.end)) && (p.at == 0 || !alnum(s[p.at-1]))
}

// follows reports whether a pick stands beside another without a word. Two letters
// together may be what an option says: D. A and B.
func (p pick) follows(s string, q pick) bool {
	return len(p.letters) == 1 && p.at > q.end && p.at-q.end < 20 && bare.MatchString(s[q.end:p.at]) && ends.MatchString(ahead(s, p.end))
}

// alone reports whether a pick is the last sentence of a text by itself.
func (p pick) alone(s string) bool {
	return ended.MatchString(behindOf(s, p.at)) && bare.MatchString(s[p.end:])
}

var (
	// lone are letters and nothing else, also of lower case.
	lone = regexp.MustCompile(`^[\s(*'"\[]*[A-Ja-h](?:[\s,;、&()*'"]+[A-Ja-h])*[\s)*'"\].。]*$`)
	// lower are letters of lower case that are marked as a choice.
	lower = []*regexp.Regexp{
		regexp.MustCompile(`(?:^|[^0-9A-Za-z])\(([a-h])\)`),
		regexp.MustCompile(`^[\s*"']*([a-h])[*"']*[.:、)]`),
		regexp.MustCompile(`(?i)(?:` + settling + `|` + preferring + `)` + to + `(?:([b-h])(?:[^0-9A-Za-z'’]|$)|(a)(?:[.,;:)。\n]|\sis\b|$))`),
	}
)

// capitalised writes choices of lower case in capitals.
func capitalised(s string) string {
	b := []byte(s)
	for _, re := range lower {
		for _, m := range re.FindAllSubmatchIndex(b, -1) {
			for i := 2; i < len(m); i += 2 {
				if m[i] >= 0 {
					copy(b[m[i]:m[i+1]], bytes.ToUpper(b[m[i]:m[i+1]]))
				}
			}
		}
	}
	return string(b)
}

// chosen returns the letters that a text settles on: of what it corrects, those behind
// the correction; those it announces; else those it begins with; else the only ones it names.
func chosen(s string) string {
	s = corrected(s, givesChoice)
	if lone.MatchString(s) {
		return lettersOf(strings.ToUpper(s))
	}
	s = capitalised(s)
	all := picks(s)
	agreed := func(of func(pick) bool) (letters string, found bool) {
		for _, p := range all {
			if !of(p) {
				continue
			}
			if p.doubt || asks.MatchString(ahead(s, p.end)) || found && p.letters != letters {
				return "", true
			}
			letters, found = p.letters, true
		}
		return letters, found
	}
	announced := func(re *regexp.Regexp) func(pick) bool {
		return func(p pick) bool { return re.MatchString(behindOf(s, p.at)) && !p.denied(s) }
	}
	letters, found := agreed(announced(settles))
	if !found {
		letters, found = agreed(announced(prefers))
		for _, p := range all {
			if found && p.letters != letters && p.alone(s) { // Option B is a trap. C
				return ""
			}
		}
	}
	if !found && len(all) > 0 && open.MatchString(s[:all[0].at]) && mark.MatchString(ahead(s, all[0].end)) && !all[0].denied(s) {
		letters, found = agreed(func(p pick) bool { return p == all[0] || p.heads(s) || p.follows(s, all[0]) })
	}
	if !found {
		letters, _ = agreed(func(p pick) bool { return !p.denied(s) })
	}
	if letters == "" && !found { // A is thought about, and denied behind
		letters, _ = agreed(func(p pick) bool {
			return !slices.ContainsFunc(all, func(q pick) bool { return q.at >= p.at && q.letters == p.letters && q.denied(s) })
		})
	}
	for _, p := range all {
		if p.letters != letters && p.alternative(s) {
			return ""
		}
	}
	return letters
}

// lettersOf returns the letters A to Z of s, sorted, each once.
func lettersOf(s string) string {
	var list []byte
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			list = append(list, s[i])
		}
	}
	slices.Sort(list)
	return string(slices.Compact(list))
}

// sortedLetters returns all but the separators of s, sorted.
func sortedLetters(s string) string {
	list := []byte(strings.NewReplacer(",", "", " ", "", "、", "").Replace(s))
	slices.Sort(list)
	return string(list)
}

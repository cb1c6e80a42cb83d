package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A preStep is one step of the way from normalised text to pieces.
type preStep struct {
	scan  scanner    // nil leaves the text in one piece
	drop  bool       // pieces of white space are left out
	space bool       // text that does not begin with a space gets one
	meta  *metaspace // spaces become ▁
}

const lowLine = "▁" // U+2581, which stands for a space

// A metaspace writes spaces as ▁. Source: tokenizers/src/pre_tokenizers/metaspace.rs.
type metaspace struct {
	always bool // each text gets a ▁ at its start
	first  bool // only one at the start of the whole text does
	twice  bool // also if it begins with a space
}

func (m *metaspace) apply(s string, first bool) string {
	s = strings.ReplaceAll(s, " ", lowLine)
	if (m.always || m.first && first) && (m.twice || !strings.HasPrefix(s, lowLine)) {
		s = lowLine + s
	}
	return s
}

// atLowLine scans for pieces that begin with ▁.
func atLowLine(s string) int {
	if n := strings.Index(s[1:], lowLine); n >= 0 {
		return n + 1
	}
	return len(s)
}

// atLowLines scans for pieces that begin with ▁, one or more, unless what
// comes before is in joined.
func atLowLines(joined map[rune]bool) scanner {
	return func(s string) int {
		n := len(s) - len(strings.TrimLeft(s, lowLine))
		for n < len(s) {
			i := strings.Index(s[n:], lowLine)
			if i < 0 {
				break
			}
			n += i
			r, k := utf8.DecodeLastRuneInString(s[:n])
			if !joined[r] || r == utf8.RuneError && k == 1 {
				return n
			}
			n += len(s[n:]) - len(strings.TrimLeft(s[n:], lowLine))
		}
		return len(s)
	}
}

// afterString scans for pieces that end with sep.
func afterString(sep string) scanner {
	return func(s string) int {
		if n := strings.Index(s, sep); n >= 0 {
			return n + len(sep)
		}
		return len(s)
	}
}

// total lists the patterns that match all text, so that it is the same
// whether matches or what lies between them are kept.
var total = []string{patternQwen2, patternQwen35, patternLlama3, patternBailing, patternCl100k, patternMiniCPM, patternUfak, patternGPT2, patternGPT4o, patternTekken}

// preSteps reads a pre_tokenizer. level says that the pieces are in
// byte-level form. The error is without the place, which is returned.
func preSteps(s *stepJSON, place string) (steps []preStep, level bool, at string, err error) {
	bad := func(format string, a ...any) ([]preStep, bool, string, error) {
		return nil, false, place, fault(format, a...)
	}
	is := func(b *bool, absent bool) bool { return b == nil && absent || b != nil && *b }
	if s == nil {
		return nil, false, "", nil
	}
	switch s.Type {
	case "Sequence":
		for i := range s.PreTokenizers {
			if level { // as in Falcon's
				scan := leveled(&s.PreTokenizers[i])
				if scan == nil {
					return bad("ByteLevel is not the last step; only Digits and %s are read after it", patternThree)
				}
				steps = append(steps, preStep{scan: scan})
				continue
			}
			sub, l, at, err := preSteps(&s.PreTokenizers[i], fmt.Sprintf("%s.pretokenizers[%d]", place, i))
			if err != nil {
				return nil, false, at, err
			}
			if len(steps) > 0 && len(sub) > 0 && sub[0].space {
				return bad("add_prefix_space is read in the first step only")
			}
			steps, level = append(steps, sub...), l
		}
		return steps, level, "", nil
	case "ByteLevel":
		step := preStep{space: is(s.AddPrefix, true)}
		if is(s.UseRegex, true) {
			step.scan = gpt2
		}
		if step.scan == nil && !step.space {
			return nil, true, "", nil
		}
		return []preStep{step}, true, "", nil
	case "Split":
		if s.Pattern == nil || s.Pattern.Regex == nil && s.Pattern.String == nil {
			return bad("Split has no pattern")
		}
		if str := s.Pattern.String; str != nil {
			if *str == "" || s.Behavior != "MergedWithPrevious" || is(s.Invert, false) {
				return bad("a Split at the text %q is read as MergedWithPrevious only", *str)
			}
			return []preStep{{scan: afterString(*str)}}, false, "", nil
		}
		scan := patterns[*s.Pattern.Regex]
		if scan == nil {
			place += ".pattern"
			return bad("is a pattern that is not known: %s", *s.Pattern.Regex)
		}
		inverted := s.Behavior == "Removed" && is(s.Invert, false) && slices.Contains(total, *s.Pattern.Regex)
		if (s.Behavior != "Isolated" || is(s.Invert, false)) && !inverted {
			place += ".behavior"
			return bad("is not Isolated without invert; no other is read")
		}
		return []preStep{{scan: scan}}, false, "", nil
	case "Digits":
		n := 0
		if is(s.Individual, false) {
			n = 1
		}
		return []preStep{{scan: digitGroups(n)}}, false, "", nil
	case "Punctuation":
		if s.Behavior != "" && s.Behavior != "Isolated" && s.Behavior != "Contiguous" {
			return bad("the behavior %q is not read; Isolated and Contiguous are", s.Behavior)
		}
		return []preStep{{scan: between(punctuation(s.Behavior == "Contiguous", ""))}}, false, "", nil
	case "WhitespaceSplit":
		return []preStep{{scan: spaceOrNot, drop: true}}, false, "", nil
	case "Whitespace":
		return []preStep{{scan: between(words), drop: true}}, false, "", nil
	case "BertPreTokenizer":
		return []preStep{{scan: spaceOrNot, drop: true}, {scan: between(punctuation(false, ""))}}, false, "", nil
	case "Metaspace":
		if s.Replacement != "" && s.Replacement != lowLine {
			return bad("the replacement %q is not read; %q is", s.Replacement, lowLine)
		}
		m := &metaspace{always: s.Scheme == "always" || s.Scheme == "" && is(s.AddPrefix, true), first: s.Scheme == "first"}
		if s.Scheme != "" && s.Scheme != "always" && s.Scheme != "first" && s.Scheme != "never" {
			return bad("the prepend_scheme %q is not known", s.Scheme)
		}
		step := preStep{meta: m}
		if is(s.Split, true) {
			step.scan = atLowLine
		}
		return []preStep{step}, false, "", nil
	}
	return bad("%q is not read", s.Type)
}

// leveled returns the scanner of a step that sees text in byte-level form:
// bytes that are written as digits, such as ² for 0xb2, are digits to it.
func leveled(s *stepJSON) scanner {
	switch {
	case s.Type == "Digits" && s.Individual != nil && !*s.Individual:
		return func(s string) int {
			first, n := levelDigit(s[0]), 1
			for n < len(s) && levelDigit(s[n]) == first {
				n++
			}
			return n
		}
	case s.Type == "Split" && s.Pattern != nil && s.Pattern.Regex != nil && *s.Pattern.Regex == patternThree && s.Behavior == "Isolated":
		return patterns[patternThree]
	}
	return nil
}

func levelDigit(b byte) bool { return classes[levels[b]]&number != 0 }

package verify

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/width"

	"suiren/internal/say"
)

// final returns the part of an answer that gives its result: what stands in the
// last \boxed{}, or behind the last ####, as data sets of the field have it;
// otherwise all of it. Full-width characters become ASCII ones.
func final(answer string) string {
	answer = width.Fold.String(answer)
	if i := strings.LastIndex(answer, `\boxed{`); i >= 0 {
		rest := answer[i+len(`\boxed{`):]
		depth := 1
		for j, c := range rest {
			switch c {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth == 0 {
				return rest[:j]
			}
		}
	}
	if i := strings.LastIndex(answer, "####"); i >= 0 {
		return answer[i+len("####"):]
	}
	return answer
}

// lastBlock returns the last block of code between lines of three backticks.
func lastBlock(answer string) (string, bool) {
	var block, last strings.Builder
	inside, found := false, false
	for line := range strings.Lines(answer) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			if inside {
				last.Reset()
				last.WriteString(block.String())
				found = true
			}
			inside = !inside
			block.Reset()
			continue
		}
		if inside {
			block.WriteString(line)
		}
	}
	if inside && block.Len() > 0 { // not closed
		return block.String(), true
	}
	return last.String(), found
}

// announced is a choice behind a word that announces it.
var announced = regexp.MustCompile(`(?i:answer|choice|option|答案|选项|选择|应选|故选|选)\s*(?i:is|are|should be|是|为|应为|:)*[\s:*(（]*([A-Z](?:[\s,，、]*[A-Z])*)(?:[^A-Za-z]|$)`)

// alone is a choice that stands by itself.
var alone = regexp.MustCompile(`(?:^|[^A-Za-z])([A-Z](?:(?:[,，、]\s*)?[A-Z])*)(?:[^A-Za-z]|$)`)

// choice: the letters that the answer settles on.
func choice(want string) (func(context.Context, string, string) (float64, error), error) {
	letters := lettersOf(want)
	if letters == "" || letters != sortedLetters(want) {
		return nil, &say.Error{What: say.T("%q is no choice", "%q 不是选项", clip(want)), Next: say.T("write the letters of the right answers, like B or ACD", "请写正确选项的字母，例如 B 或 ACD")}
	}
	return exact(func(answer string) bool { return chosen(final(answer)) == letters }), nil
}

// chosen returns the letters that an answer settles on, "" if none.
func chosen(answer string) string {
	for _, re := range []*regexp.Regexp{announced, alone} {
		if all := re.FindAllStringSubmatch(answer, -1); len(all) > 0 {
			return lettersOf(all[len(all)-1][1])
		}
	}
	return ""
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

package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// A Known is what a problem calls right, and an answer that its owner gave; "" if none.
type Known struct {
	Verify json.RawMessage
	Answer string
}

// Apart reports whether two problems that ask the same want different answers: by
// verifiers of one kind, each calls an answer right that the other calls wrong. It is the
// one that a verifier names (a number, an equation, a choice, a regular expression of
// letters alone), else the owner's.
//
// It does not know where no such answer is, and asks no program: then it says false.
func Apart(ctx context.Context, prompt string, a, b Known) (bool, error) {
	var v [2]*Verifier
	var answers [2]string
	var kinds [2][]string
	for i, k := range []Known{a, b} {
		s, err := read(k.Verify)
		if err != nil {
			return false, err
		}
		if s.Code != nil || s.URL != "" {
			return false, nil
		}
		answers[i], kinds[i] = cmp.Or(s.named(), k.Answer), s.kinds()
		if v[i], err = Parse(k.Verify); err != nil || answers[i] == "" {
			return false, err
		}
	}
	if !slices.Equal(kinds[0], kinds[1]) {
		return false, nil
	}
	for i := range v {
		for j, answer := range answers {
			score, err := v[i].Score(ctx, prompt, answer)
			if err != nil || Passes(score) != (i == j) {
				return false, err
			}
		}
	}
	return true, nil
}

// named is an answer that s names as right; "" if it names none.
func (s *Spec) named() string {
	switch {
	case s.Number != nil:
		return text(s.Number)
	case s.Equation != nil && s.Equation[0] == '"':
		return text(s.Equation)
	case s.Regex != "":
		re, err := regexp.Compile(strings.TrimSuffix(strings.TrimPrefix(s.Regex, "^"), "$"))
		if err != nil {
			return ""
		}
		letters, all := re.LiteralPrefix()
		if !all {
			return ""
		}
		return letters
	}
	return s.Choice
}

// text is a string of JSON without its marks, and all else as it stands.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

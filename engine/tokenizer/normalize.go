package tokenizer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A normalStep rewrites text. first says that it is the start of a segment,
// which is what stands between two added tokens.
type normalStep func(s string, first bool) string

// normalSteps reads a normalizer. The error is without the place, which is returned.
func normalSteps(s *stepJSON, place string) (steps []normalStep, at string, err error) {
	bad := func(format string, a ...any) ([]normalStep, string, error) {
		return nil, place, fault(format, a...)
	}
	one := func(f func(string) string) ([]normalStep, string, error) {
		return []normalStep{func(s string, _ bool) string { return f(s) }}, "", nil
	}
	is := func(b *bool, absent bool) bool { return b == nil && absent || b != nil && *b }
	if s == nil {
		return nil, "", nil
	}
	if s.growth() > maxGrowth {
		return bad("makes a text more than %d times as long", maxGrowth)
	}
	switch s.Type {
	case "Sequence":
		for i := range s.Normalizers {
			sub, at, err := normalSteps(&s.Normalizers[i], fmt.Sprintf("%s.normalizers[%d]", place, i))
			if err != nil {
				return nil, at, err
			}
			steps = append(steps, sub...)
		}
		return steps, "", nil
	case "NFC":
		return one(norm.NFC.String)
	case "NFD":
		return one(norm.NFD.String)
	case "NFKC":
		return one(norm.NFKC.String)
	case "NFKD":
		return one(norm.NFKD.String)
	case "Lowercase":
		return one(lowerCase)
	case "StripAccents":
		return one(func(s string) string { return without(s, unicode.Mn) })
	case "Strip":
		left, right := is(s.StripLeft, false), is(s.StripRight, false)
		return one(func(s string) string {
			if left {
				s = strings.TrimLeftFunc(s, unicode.IsSpace)
			}
			if right {
				s = strings.TrimRightFunc(s, unicode.IsSpace)
			}
			return s
		})
	case "Prepend":
		return []normalStep{func(text string, first bool) string {
			if !first || text == "" {
				return text
			}
			return s.Prepend + text
		}}, "", nil // growth bounds it
	case "Replace":
		if s.Content == nil || s.Pattern == nil {
			return bad("Replace has no pattern or no content")
		}
		content := *s.Content
		if str := s.Pattern.String; str != nil {
			if *str == "" {
				return bad("Replace has an empty pattern")
			}
			return one(func(s string) string { return strings.ReplaceAll(s, *str, content) })
		}
		if re := s.Pattern.Regex; re == nil || *re != " {2,}" {
			return bad("Replace is read with a text, or with the pattern %q", " {2,}")
		}
		return one(func(s string) string { return collapse(s, content) })
	case "BertNormalizer":
		lower := is(s.Lower, true)
		return []normalStep{bertNormal{is(s.Clean, true), is(s.Chinese, true), is(s.Accents, lower), lower}.apply}, "", nil
	case "Precompiled":
		m, err := newCharsMap(s.CharsMap)
		if err != nil {
			return bad("precompiled_charsmap: %v", err)
		}
		if m == nil {
			return nil, "", nil
		}
		return one(m.byGrapheme)
	}
	return bad("%q is not read", s.Type)
}

// maxGrowth bounds how much longer all steps together make a text, and how
// much they put before it, so that no file turns a line into gigabytes.
const maxGrowth = 64

// growth returns by how much s makes a text longer, as a factor. The forms of
// Unicode count as one, since they do not add to one another.
func (s *stepJSON) growth() int {
	n := 1
	switch s.Type {
	case "Sequence":
		for i := range s.Normalizers {
			if n = min(n*s.Normalizers[i].growth(), 1<<20); i > maxGrowth {
				return 1 << 20
			}
		}
	case "Prepend":
		if len(s.Prepend) > maxGrowth {
			return 1 << 20
		}
	case "Precompiled":
		return 9 // so that two of them are refused
	case "BertNormalizer":
		return 3
	case "Replace":
		least := 2 // of the pattern " {2,}"
		if s.Pattern != nil && s.Pattern.String != nil {
			least = max(len(*s.Pattern.String), 1)
		}
		if s.Content != nil {
			return max(1, (len(*s.Content)+least-1)/least)
		}
	}
	return n
}

// lowerCase is the lower case of each rune. Source: Unicode's UnicodeData and,
// for İ, SpecialCasing.
func lowerCase(s string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		if r == 'İ' {
			return r
		}
		return unicode.ToLower(r)
	}, s), "İ", "i̇")
}

func without(s string, set *unicode.RangeTable) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf && unicode.Is(set, r) {
			return -1
		}
		return r
	}, s)
}

// collapse replaces each run of two or more spaces.
func collapse(s, by string) string {
	if !strings.Contains(s, "  ") {
		return s
	}
	var out strings.Builder
	for s != "" {
		i := strings.Index(s, "  ")
		if i < 0 {
			break
		}
		out.WriteString(s[:i])
		out.WriteString(by)
		s = strings.TrimLeft(s[i:], " ")
	}
	out.WriteString(s)
	return out.String()
}

// A bertNormal is the cleaning of BERT. Source:
// https://github.com/google-research/bert/blob/master/tokenization.py
type bertNormal struct{ clean, chinese, accents, lower bool }

func (b bertNormal) apply(s string, _ bool) string {
	var out strings.Builder
	out.Grow(len(s) + len(s)/2)
	for _, r := range s {
		if b.clean {
			switch {
			case r == '\t' || r == '\n' || r == '\r':
				r = ' '
			case r == 0 || r == utf8.RuneError || r < ' ' || r == 0x7f || r >= utf8.RuneSelf && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
				continue
			case unicode.Is(unicode.White_Space, r):
				r = ' '
			}
		}
		if b.chinese && isChinese(r) {
			out.WriteByte(' ')
			out.WriteRune(r)
			out.WriteByte(' ')
			continue
		}
		out.WriteRune(r)
	}
	s = out.String()
	if b.accents {
		s = without(norm.NFD.String(s), unicode.Mn)
	}
	if b.lower {
		s = lowerCase(s)
	}
	return s
}

// isChinese tells whether r is a CJK ideograph as BERT lists them.
func isChinese(r rune) bool {
	return r >= 0x3400 && (r <= 0x4DBF || r >= 0x4E00 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF || r >= 0x2F800 && r <= 0x2FA1F)
}

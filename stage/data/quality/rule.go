package quality

import "math"

// A Rule compares one value of a text with a threshold. A text is dropped if the
// value is more than a threshold of a Most rule, or less than that of the others.
type Rule struct {
	Name  string
	Most  bool
	Value func(m *Measures) float64
}

// ratio divides counts: the same number on every machine.
func ratio(a, b int32) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Rules are all rules, in the order in which they are asked. The first that
// drops a text is the reason.
var Rules = []Rule{
	{"duplicate_paragraphs_most", true, func(m *Measures) float64 { return ratio(m.DupParas, m.Paragraphs) }},
	{"duplicate_paragraph_chars_most", true, func(m *Measures) float64 { return ratio(m.DupParaChars, m.Chars) }},
	{"duplicate_lines_most", true, func(m *Measures) float64 { return ratio(m.DupRows, m.Rows) }},
	{"duplicate_line_chars_most", true, func(m *Measures) float64 { return ratio(m.DupRowChars, m.Chars) }},
	{"top_2_words_most", true, func(m *Measures) float64 { return ratio(m.Top[0], m.Chars) }},
	{"top_3_words_most", true, func(m *Measures) float64 { return ratio(m.Top[1], m.Chars) }},
	{"top_4_words_most", true, func(m *Measures) float64 { return ratio(m.Top[2], m.Chars) }},
	{"repeated_5_words_most", true, func(m *Measures) float64 { return ratio(m.Dup[0], m.Chars) }},
	{"repeated_6_words_most", true, func(m *Measures) float64 { return ratio(m.Dup[1], m.Chars) }},
	{"repeated_7_words_most", true, func(m *Measures) float64 { return ratio(m.Dup[2], m.Chars) }},
	{"repeated_8_words_most", true, func(m *Measures) float64 { return ratio(m.Dup[3], m.Chars) }},
	{"repeated_9_words_most", true, func(m *Measures) float64 { return ratio(m.Dup[4], m.Chars) }},
	{"repeated_10_words_most", true, func(m *Measures) float64 { return ratio(m.Dup[5], m.Chars) }},

	{"words_least", false, func(m *Measures) float64 { return float64(m.RealWords) }},
	{"words_most", true, func(m *Measures) float64 { return float64(m.RealWords) }},
	{"word_length_least", false, func(m *Measures) float64 { return ratio(m.RealChars, m.RealWords) }},
	{"word_length_most", true, func(m *Measures) float64 { return ratio(m.RealChars, m.RealWords) }},
	{"hashes_most", true, func(m *Measures) float64 { return ratio(m.Hashes, m.Words) }},
	{"ellipses_most", true, func(m *Measures) float64 { return ratio(m.Ellipses, m.Words) }},
	{"bullet_lines_most", true, func(m *Measures) float64 { return ratio(m.BulletLines, m.Lines) }},
	{"ellipsis_lines_most", true, func(m *Measures) float64 { return ratio(m.EllipsisEnds, m.Lines) }},
	{"alphabetic_words_least", false, func(m *Measures) float64 { return ratio(m.AlphaWords, m.Words) }},
	{"stop_words_least", false, func(m *Measures) float64 { return float64(m.StopKinds) }},

	{"placeholder_lines_most", true, func(m *Measures) float64 { return float64(m.Lorem) }},
	{"brace_lines_most", true, func(m *Measures) float64 { return float64(m.Braces) }},
	{"sentences_least", false, func(m *Measures) float64 { return float64(m.Sentences) }},

	{"full_lines_least", false, func(m *Measures) float64 { return float64(m.FullLines) }},
	{"punctuated_lines_least", false, func(m *Measures) float64 { return ratio(m.PunctLines, m.FullLines) }},
	{"sentence_lines_least", false, func(m *Measures) float64 { return ratio(m.SentenceLines, m.FullLines) }},
	{"short_lines_most", true, func(m *Measures) float64 { return ratio(m.ShortLines, m.FullLines) }},
	{"repeated_line_chars_most", true, func(m *Measures) float64 { return ratio(m.DupLineChars, m.TextChars) }},
	{"newlines_most", true, func(m *Measures) float64 { return ratio(m.Newlines, m.KeptWords) }},

	{"function_words_least", false, func(m *Measures) float64 { return ratio(m.StopWords, m.RealWords) }},
	{"mean_line_least", false, func(m *Measures) float64 { return ratio(m.Chars, m.Lines) }},
	{"longest_line_most", true, func(m *Measures) float64 { return float64(m.LongestLine) }},
	{"symbols_most", true, func(m *Measures) float64 { return ratio(m.Chars-m.Alnum-m.Spaces, m.Chars) }},
	{"digits_most", true, func(m *Measures) float64 { return ratio(m.Digits, m.Chars) }},
	{"addresses_most", true, func(m *Measures) float64 { return ratio(m.URLChars, m.Chars) }},
	{"spaces_most", true, func(m *Measures) float64 { return ratio(m.Spaces, m.Chars) }},
	{"parentheses_most", true, func(m *Measures) float64 { return ratio(m.Parens, m.Chars) }},
}

// Find returns the rule of a name, or nil.
func Find(name string) *Rule {
	for i := range Rules {
		if Rules[i].Name == name {
			return &Rules[i]
		}
	}
	return nil
}

// Thresholds are those of one language, by the name of the rule. A rule without
// one is not asked.
type Thresholds map[string]float64

// Decide returns the name of the first rule that drops a text, or "".
func (t Thresholds) Decide(m *Measures) string {
	for i := range Rules {
		r := &Rules[i]
		limit, ok := t[r.Name]
		if !ok || math.IsNaN(limit) {
			continue
		}
		if v := r.Value(m); r.Most && v > limit || !r.Most && v < limit {
			return r.Name
		}
	}
	return ""
}

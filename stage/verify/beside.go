package verify

import (
	"math/big"
	"regexp"
	"strings"
)

// This file reads numbers that have another beside them, which they are rounded to.

// roughly is what stands between a number and what it is rounded to.
var roughly = regexp.MustCompile(`(?i)^\s?[\p{L}°]{0,12}?\s?[,(]?\s?(?:which is |that is )?(?:≈|≒|大?约(?:等于|为|是)?|approximately\b|approx\b\.?|about\b|roughly\b)[\s(:]*$`)

// near returns the number beside that of place i which is the same one, rounded or not
// yet: 1/3 or 0.333 of 1/3 ≈ 0.333; nil if there is none. A text that says ≈ of two
// numbers that are not each other's rounding names two.
func near(s string, all [][]int, i int) *figure {
	for _, j := range []int{i - 1, i + 1} {
		if j < 0 || j == len(all) {
			continue
		}
		exact, rounded := all[min(i, j)], all[max(i, j)]
		if between := s[exact[1]:rounded[0]]; len(between) > 60 || !roughly.MatchString(between) {
			continue
		}
		a, ok := figureAt(s, exact)
		b, also := figureAt(s, rounded)
		if !ok || !also || inExpression(s, all[j]) || denied(s, all[j]) || askedOrRelated(s, all[j], all[j]) || !rounds(a, b, s[rounded[0]:rounded[1]]) {
			continue
		}
		if j < i {
			return &a
		}
		return &b
	}
	return nil
}

// rounds reports whether b, as it is written, is a rounded to its last digit.
func rounds(a, b figure, written string) bool {
	m := literals.FindStringSubmatch(written)
	if m == nil || m[11] == "" || m[12]+m[13]+m[14] != "" {
		return false
	}
	_, decimals, _ := strings.Cut(m[11], ".")
	half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(decimals))), nil))
	half.Quo(half, map[string]*big.Rat{"": big.NewRat(2, 1), "%": big.NewRat(200, 1), "‰": big.NewRat(2000, 1)}[m[15]])
	off := new(big.Rat).Sub(a.value, b.value)
	return off.Abs(off).Cmp(half) <= 0
}

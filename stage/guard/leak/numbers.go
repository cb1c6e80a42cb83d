package leak

import (
	"slices"

	"suiren/pii"
)

// A group is digits without anything between them: units i to j.
type group struct {
	i, j   int
	digits string
	sep    rune // what stands before it: a gap is ' ' or a new line
}

// longestNumber is the digits of the longest number that is looked for.
const longestNumber = 19

// numbers finds numbers whose digits are in groups, whatever marks stand between
// them. A number begins and ends where groups do. Groups of one or two digits only
// count when the number is all there is: 1 3 8 … in a longer list is arithmetic.
func (s *stream) numbers(list []found) []found {
	var run []group
	part := s.part && s.units[0].v >= '0' && s.units[0].v <= '9'
	between := 0
	sep := rune(0)
	end := func() {
		list = sequence(list, run, part)
		run, part, between = run[:0], false, 0
	}
	for k := 0; k < len(s.units); k++ {
		u := &s.units[k]
		switch {
		case u.v >= '0' && u.v <= '9':
			e := k
			digits := []byte{}
			for e < len(s.units) && s.units[e].v >= '0' && s.units[e].v <= '9' {
				digits = append(digits, byte(s.units[e].v))
				e++
			}
			if e < len(s.units) && s.units[e].v|0x20 == 'x' && (e+1 == len(s.units) || !isAlnum(s.units[e+1].v)) {
				digits = append(digits, 'X')
				e++
			}
			run = append(run, group{k, e, string(digits), sep})
			k, between = e-1, 0
		case u.v|0x20 == 'x' && len(run) > 0 && (k+1 == len(s.units) || !isAlnum(s.units[k+1].v)):
			run = append(run, group{k, k + 1, "X", sep})
			between = 0
		case isAlnum(u.v) || u.s == place:
			end()
		case u.v == '<' && s.tag(k) > 0:
			k, sep = s.tag(k), '<'
		default:
			if between++; between > 5 {
				end()
			}
			if sep = u.v; between > 1 && sep == ' ' {
				sep = '.'
			}
		}
	}
	end()
	return list
}

// sequence looks at groups in a row.
func sequence(list []found, run []group, part bool) []found {
	if len(run) < 2 {
		return list // one group is found without this
	}
	decimal := len(run) == 2 && run[1].sep == '.' && len(run[0].digits) < 3
	for i := 0; i < len(run); i++ {
		digits, short := "", false
		best := -1
		var kind pii.Kind
		var value string
		for j := i; j < len(run) && len(digits) <= longestNumber; j++ {
			digits += run[j].digits
			short = short || len(run[j].digits) < 3
			whole := !part && i == 0 && j == len(run)-1
			if short && (part || i > 0) {
				break
			}
			if j == i || short && !whole || decimal {
				continue
			}
			k := pii.NumberKind(digits)
			if sum(run[i+1:j+1]) || k == pii.Mobile && !mobileGroups(run[i:j+1], whole) {
				k = ""
			}
			if k != "" {
				best, kind, value = j, k, digits
			}
		}
		if best >= 0 {
			list = append(list, found{kind, run[i].i, run[best].j, 1, value})
			i = best
		}
	}
	return list
}

// sum reports whether groups are terms: what is added and what it comes to is not one
// number. A number with one sign between all its digits is found as that.
func sum(run []group) bool {
	return slices.ContainsFunc(run, func(g group) bool { return isOneOf(g.sep, "+=(") })
}

// mobileGroups reports whether a mobile number is grouped as one: it has no check
// digit, and years and amounts in a row have as many digits.
func mobileGroups(run []group, whole bool) bool {
	first, last := len(run[0].digits), len(run[len(run)-1].digits)
	ones := true
	for _, g := range run {
		ones = ones && len(g.digits) <= 2
	}
	switch {
	case ones:
		return whole
	case len(run) == 3 && first == 3 && last == 4, len(run) == 4 && first <= 4 && len(run[1].digits) == 3 && last == 4:
		return true
	case len(run) == 2:
		return whole && (run[1].sep == '\n' || run[1].sep == '<' || isOneOf(run[1].sep, "*~`|_") || first == 3 || first == 7 || first == 2)
	}
	return whole && run[1].sep != ' '
}

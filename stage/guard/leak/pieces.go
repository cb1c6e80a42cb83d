package leak

import "unicode/utf8"

// What is written in pieces: strings of source code that are added, and encoded texts in
// groups of the same length.

const quotes = "\"'`"

// mostIndent is how much white space may stand before a line that goes on with a string, or
// with the next row of an encoded text.
const mostIndent = 16

// longestRow is how many signs a line has at least that may be a row of an encoded text.
const longestRow = 16

// indents reports whether the white space at the end may be an indentation of what goes on.
func (s *stream) indents() bool {
	k := len(s.units) - 1
	n := s.runBefore(k, longHold)
	return s.gaps <= mostIndent && (n >= longestRow || s.units[k].v == '\n' && (s.coded(k-n, k) || s.aligned(k-n, k)) || s.seam(k))
}

// runBefore is the length of the run that ends before unit k, or most+1.
func (s *stream) runBefore(k, most int) (n int) {
	for n <= most && n < k && s.units[k-1-n].s != gap {
		n++
	}
	return n
}

// seam reports whether the units before k are the end of a string and what adds another one
// to it: "a" + or, in C and Python, "a" alone.
func (s *stream) seam(k int) bool { return s.seamFrom(k) > 0 }

// seamFrom is the place of the quote that ends that string, or 0.
func (s *stream) seamFrom(k int) int {
	k = s.beforeGap(k)
	for n := 0; n < 2 && k > 0 && isOneOf(s.units[k-1].v, "+.&"); n++ { // .. of Lua
		k--
	}
	if k = s.beforeGap(k); k > 1 && isOneOf(s.units[k-1].v, quotes) {
		return k - 1
	}
	return 0
}

func (s *stream) beforeGap(k int) int {
	if k > 0 && s.units[k-1].s == gap {
		k--
	}
	return k
}

// added finds what stands in strings that are added.
func (s *stream) added(list []found) []found {
	var idx []int32
	cut := false
	for k := range s.units {
		if isOneOf(s.units[k].v, quotes) {
			if from := s.seamFrom(k); from > 0 && from+1 < k {
				for len(idx) > 0 && idx[len(idx)-1] >= int32(from) {
					idx = idx[:len(idx)-1]
				}
				cut = true
				continue
			}
		}
		idx = append(idx, int32(k))
	}
	if !cut {
		return list
	}
	v := s.view(idx, true)
	for _, f := range v.search(nil, true) {
		if f.j-f.i > utf8.RuneCountInString(f.value) {
			list = append(list, f)
		}
	}
	return list
}

// Encoded texts of fewer signs hold nothing, and their groups have at least so many.
const (
	fewestCoded = 12
	fewestGroup = 4
)

// aligned reports whether the run of units i to j is as long as the one before it, or the two
// before, of which one is of encoded text: then it may be a part of that, although it looks
// like a word.
func (s *stream) aligned(i, j int) bool {
	n := j - i
	for range 2 {
		end := i - 1 // a gap
		if n < fewestGroup || s.runBefore(max(end, 0), n) != n {
			return false
		}
		if i = end - n; s.coded(i, end) {
			return true
		}
	}
	return false
}

// lastRow reports whether the run of units i to j is shorter than the one before it, which is of
// encoded text.
func (s *stream) lastRow(i, j int) bool {
	n := s.runBefore(max(i-1, 0), longHold)
	return n > j-i && n >= fewestGroup && (s.coded(i-1-n, i-1) || s.aligned(i-1-n, i-1))
}

// coded reports whether units i to j look like encoded text: not like a word, or a number.
func (s *stream) coded(i, j int) bool {
	var buf [longestRow]byte
	run, letters := buf[:0], false
	for _, u := range s.units[i:min(j, i+len(buf))] {
		if !isAlnum(u.v) && !isOneOf(u.v, "+/-_=") {
			return false
		}
		letters = letters || isLetter(u.v)
		run = append(run, byte(u.v))
	}
	return letters && mixed(run)
}

// runEnd is the end of the run at unit k, without marks of the sentence behind it.
func (s *stream) runEnd(k, end int) int {
	j := k
	for j < end && s.units[j].s != gap {
		j++
	}
	for j > k+1 && isOneOf(s.units[j-1].v, ",.;:!?)") {
		j--
	}
	return j
}

// inPieces reports whether the units may be strings that are added, or groups of an encoded text.
func (s *stream) inPieces() bool {
	of, last := 0, 0 // signs of groups in a row, and of the last one
	for k := 0; k < len(s.units); k++ {
		if isOneOf(s.units[k].v, quotes) {
			if from := s.seamFrom(k); from > 0 && from+1 < k {
				return true
			}
		}
		if s.units[k].s == gap || k > 0 && s.units[k-1].s != gap {
			continue
		}
		j := s.runEnd(k, len(s.units))
		switch n := j - k; {
		case n >= fewestGroup && s.coded(k, j), of > 0 && n == last, of > last && n < last:
			of += n
		default:
			of = 0
		}
		if last = j - k; of >= fewestCoded && of > last {
			return true
		}
	}
	return false
}

// rows finds encoded texts in groups of the same length, of which the last may be shorter.
func (s *stream) rows(list []found) []found {
	type row struct{ i, j int }
	var of []row
	end := s.end()
	for k := 0; k < end; k++ {
		if s.units[k].s == gap {
			continue
		}
		of = append(of, row{k, s.runEnd(k, end)})
		for k+1 < end && s.units[k+1].s != gap {
			k++
		}
	}
	for a := 0; a < len(of); {
		n, b := of[a].j-of[a].i, a+1
		for b < len(of) && of[b].j-of[b].i == n {
			b++
		}
		more := b
		if b < len(of) && of[b].j-of[b].i < n {
			more++
		}
		for last := more; n >= fewestGroup && last >= b-1 && last > a+1; last-- { // words as long may stand behind
			var run []byte
			for _, r := range of[a:last] {
				for _, u := range s.units[r.i:r.j] {
					if u.v < utf8.RuneSelf {
						run = append(run, byte(u.v))
					}
				}
			}
			if f, ok := s.decoded(run, s.part || n%4 > 0); ok {
				list = append(list, found{f.kind, of[a].i, of[last-1].j, f.confidence, f.value})
				break
			}
		}
		a = b
	}
	return list
}

// decoded finds what an encoded text holds, of which the first groups may have been words.
func (s *stream) decoded(run []byte, part bool) (f found, ok bool) {
	for len(run) > 0 && run[len(run)-1] == '=' {
		run = run[:len(run)-1]
	}
	if len(run) < fewestCoded || !mixed(run) {
		return f, false
	}
	for _, text := range decode(string(run), part) {
		if hits := s.inside(text); len(hits) > 0 {
			return found{kind: kindOf(hits[0]), confidence: hits[0].Confidence, value: hits[0].Value}, true
		}
	}
	return f, false
}

package infer

// A loopFinder notices that a thought goes round in circles: that its last
// tokens are one phrase of up to maxPhrase tokens, at least loopTimes times
// and at least loopTokens long. Lists, tables and proofs repeat themselves,
// but not word for word that often.
type loopFinder struct {
	last []int32 // tokens, at most 2·maxPhrase
	same [maxPhrase + 1]int32
}

const (
	maxPhrase  = 256
	loopTimes  = 4
	loopTokens = 96
)

// add notes the next token of the thought and reports whether it circles.
// Cost: maxPhrase comparisons.
func (l *loopFinder) add(id int32) bool {
	loops := false
	for p := 1; p <= min(maxPhrase, len(l.last)); p++ {
		if l.last[len(l.last)-p] != id {
			l.same[p] = 0
			continue
		}
		l.same[p]++ // so many tokens in a row equal the one p before them
		if run := int(l.same[p]) + p; run >= loopTimes*p && run >= loopTokens {
			loops = true
		}
	}
	if len(l.last) == 2*maxPhrase {
		l.last = append(l.last[:0], l.last[maxPhrase:]...)
	}
	l.last = append(l.last, id)
	return loops
}

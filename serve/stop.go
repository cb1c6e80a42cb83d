package serve

import "strings"

// A stopper finds the first of some strings in a text that comes in pieces.
// It holds back what could still begin one, so that none ever leaves.
type stopper struct {
	stops []string
	held  string
	by    string // the stop string that was met
}

// met reports whether a stop string was.
func (s *stopper) met() bool { return s.by != "" }

// write returns what may leave, and whether a stop string was met: the text
// then ends before it.
func (s *stopper) write(piece string) (text string, stopped bool) {
	s.held += piece
	first := -1
	for _, stop := range s.stops {
		if i := strings.Index(s.held, stop); i >= 0 && (first < 0 || i < first) {
			first, s.by = i, stop
		}
	}
	if first >= 0 {
		text, s.held = s.held[:first], ""
		return text, true
	}
	keep := 0
	for _, stop := range s.stops {
		for n := min(len(stop)-1, len(s.held)); n > keep; n-- {
			if strings.HasSuffix(s.held, stop[:n]) {
				keep = n
			}
		}
	}
	cut := len(s.held) - keep
	text, s.held = s.held[:cut], s.held[cut:]
	return text, false
}

// flush returns what was held back when the text has ended.
func (s *stopper) flush() string {
	text := s.held
	s.held = ""
	return text
}

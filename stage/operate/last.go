package operate

import "io"

// LastTraces returns the last n answers in a traces.jsonl of OpenTraces, in the
// order in which they were given. A half-written last line is left out.
func LastTraces(r io.Reader, n int) ([]Trace, error) {
	var list []Trace
	_, err := lines(r, func(b []byte) error {
		l, err := parseLine(b)
		if err == nil && l.trace != nil {
			if list = append(list, *l.trace); len(list) > 2*n { // not at every line
				list = append(list[:0], list[len(list)-n:]...)
			}
		}
		return err
	})
	return list[max(0, len(list)-n):], err
}

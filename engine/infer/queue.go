package infer

// A queue holds the sequences that wait, by caller. The next one is of the
// caller who has the fewest running, and of those who asked longest ago to be
// served: many requests of one caller do not delay another's few.
type queue struct {
	lines   map[string][]*sequence
	order   []string       // callers with a line, the one served longest ago first
	running map[string]int // sequences in the batch
	n       int
}

func newQueue() *queue {
	return &queue{lines: map[string][]*sequence{}, running: map[string]int{}}
}

// push adds s to the end of its caller's line, or to its front.
func (q *queue) push(s *sequence, front bool) {
	line, ok := q.lines[s.req.Caller]
	if !ok {
		q.order = append(q.order, s.req.Caller)
	}
	if front {
		line = append([]*sequence{s}, line...)
	} else {
		line = append(line, s)
	}
	q.lines[s.req.Caller] = line
	q.n++
}

// peek returns the next sequence, or nil.
func (q *queue) peek() *sequence {
	var best *sequence
	for _, caller := range q.order {
		if s := q.lines[caller][0]; best == nil || q.running[caller] < q.running[best.req.Caller] {
			best = s
		}
	}
	return best
}

// pop takes s, which peek returned, and counts it as running.
func (q *queue) pop(s *sequence) {
	caller := s.req.Caller
	q.remove(s)
	q.running[caller]++
	if _, waits := q.lines[caller]; waits {
		for i, c := range q.order {
			if c == caller {
				q.order = append(append(q.order[:i], q.order[i+1:]...), caller)
				break
			}
		}
	}
}

// remove takes s out of its line.
func (q *queue) remove(s *sequence) {
	caller := s.req.Caller
	line := q.lines[caller]
	for i := range line {
		if line[i] == s {
			line = append(line[:i], line[i+1:]...)
			q.n--
			break
		}
	}
	if len(line) > 0 {
		q.lines[caller] = line
		return
	}
	delete(q.lines, caller)
	for i, c := range q.order {
		if c == caller {
			q.order = append(q.order[:i], q.order[i+1:]...)
			break
		}
	}
}

// done says that a sequence popped before no longer runs.
func (q *queue) done(s *sequence) {
	if q.running[s.req.Caller]--; q.running[s.req.Caller] <= 0 {
		delete(q.running, s.req.Caller)
	}
}

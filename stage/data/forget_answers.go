package data

// A Kept is what was kept of a request that was answered.
type Kept struct {
	Files  []string // in which its sources lie
	Before []string // messages before the answer
	Answer string
	More   []string // thoughts, passages of sources
}

// A Recall looks for forgotten documents in what was kept of requests.
type Recall struct {
	notes []Forgotten
	want  map[uint64][]int
	said  map[string]int // answers in which one was found: what is said next repeats them
}

// NewRecall returns a Recall for documents that were noted.
func NewRecall(notes []Forgotten) *Recall {
	r := &Recall{notes: notes, want: map[uint64][]int{}, said: map[string]int{}}
	for i, n := range notes {
		for _, p := range n.Prints {
			r.want[p] = append(r.want[p], i)
		}
	}
	return r
}

// In returns the document that an answer comes from, and whether there is one: its
// sources name it, it repeats an answer that does, or its texts have the words. Requests must
// come in the order in which they were answered.
func (r *Recall) In(k Kept) (document string, ok bool) {
	i, ok := r.find(k)
	if !ok {
		return "", false
	}
	if k.Answer != "" {
		r.said[k.Answer] = i
	}
	return r.notes[i].Path, true
}

func (r *Recall) find(k Kept) (int, bool) {
	for i, n := range r.notes {
		for _, f := range k.Files {
			if f == n.Path {
				return i, true
			}
		}
	}
	for _, m := range k.Before {
		if i, ok := r.said[m]; ok {
			return i, true
		}
	}
	hits, seen := make([]int, len(r.notes)), map[uint64]bool{}
	for _, list := range [][]string{k.Before, {k.Answer}, k.More} {
		for _, text := range list {
			for _, p := range allPrints(text) {
				if seen[p] {
					continue
				}
				seen[p] = true
				for _, i := range r.want[p] {
					hits[i]++
				}
			}
		}
	}
	for i, n := range r.notes {
		if n := len(n.Prints); n > 0 && float64(hits[i]) >= stillThere*float64(n) {
			return i, true
		}
	}
	return 0, false
}

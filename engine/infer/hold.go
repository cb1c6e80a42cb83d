package infer

import "slices"

// holding is what a sequence holds of the cache: the pages of its first at
// tokens, of which the first len(path) are also in the tree.
type holding struct {
	tree   *tree
	root   *node
	at     int     // tokens whose keys and values are there
	full   []int32 // pages of the full layers
	win    []int32 // pages of the sliding layers; −1 before back, and where a state was not kept
	back   int     // first page held in win
	path   []*node
	points []int // pages after which others may resume
	peak   int   // most pages of the full layers held
}

// adopt takes the pages of a prefix of ids from the tree, if h is whole. It
// returns how many tokens of ids stand there and why h does not hold more.
func (h *holding) adopt(ids []int32) (shared int, why Miss) {
	t := h.tree
	if !h.whole() {
		return h.at, ""
	}
	limit := (len(ids) - 1) / pageTokens
	path, resume := t.match(h.root, ids, limit)
	shared, why = t.why(h.root, path, resume, ids, limit)
	if resume > len(h.path) {
		for i := len(h.path); i < resume; i++ {
			t.use(path[i])
			h.path, h.full = append(h.path, path[i]), append(h.full, path[i].full)
		}
		h.at = resume * pageTokens
		if t.window != nil {
			h.slide()
			for i := len(h.win); i < resume; i++ {
				page := int32(-1)
				if i >= h.back {
					page = path[i].window
					t.view(path[i])
				}
				h.win = append(h.win, page)
			}
		}
		h.peak = max(h.peak, len(h.full))
	}
	if n := shared / pageTokens; n > resume && t.window != nil {
		h.point(n) // what was read before and cannot be resumed now can be next time
	}
	return shared, why
}

// whole reports whether all it holds is in the tree.
func (h *holding) whole() bool { return len(h.full) == len(h.path) }

// copyOf makes h, which is whole, hold what o holds of the same tokens: its
// whole pages with it, and a copy of the last. If there is no page for that,
// h holds the whole ones.
func (h *holding) copyOf(o *holding, copyPage func(class int, dst, src int32)) {
	t := h.tree
	for _, n := range o.path[len(h.path):] {
		t.use(n)
		h.path, h.full = append(h.path, n), append(h.full, n.full)
	}
	h.at = len(h.path) * pageTokens
	if t.window != nil {
		h.slide()
		for i := len(h.win); i < len(h.path); i++ {
			page := int32(-1)
			if i >= h.back {
				o.lend(i)
				page = h.path[i].window
				t.view(h.path[i])
			}
			h.win = append(h.win, page)
		}
	}
	if o.at == h.at || !h.grow(o.at-h.at) {
		return
	}
	last := len(h.path)
	copyPage(0, h.full[last], o.full[last])
	if t.window != nil {
		copyPage(1, h.win[last], o.win[last])
	}
	h.at = o.at
}

// grow makes room for n tokens after at; false if there is not enough.
func (h *holding) grow(n int) bool {
	need := (h.at + n + pageTokens - 1) / pageTokens
	for len(h.full) < need {
		page, ok := h.tree.takeFull()
		if !ok {
			return false
		}
		h.full = append(h.full, page)
	}
	h.peak = max(h.peak, len(h.full))
	if h.tree.window == nil {
		return true
	}
	for len(h.win) < need {
		i := len(h.win)
		// Of states, the last is needed, and the one at the end of the last whole page.
		needed := !h.tree.states || i == need-1 || i == (h.at+n)/pageTokens-1
		page := int32(-1)
		if needed || slices.Contains(h.points, i+1) {
			var ok bool
			if page, ok = h.tree.takeWindow(); !ok && needed {
				return false
			} else if !ok {
				page = -1
			}
		}
		h.win = append(h.win, page)
	}
	return true
}

// advance counts n tokens as held, all that were read if there are states, of which ids says what they are, puts the
// pages they fill into the tree and frees those the window leaves behind.
func (h *holding) advance(ids []int32, n int) {
	h.at += n
	t := h.tree
	for (len(h.path)+1)*pageTokens <= h.at {
		i, parent := len(h.path), h.root
		if i > 0 {
			parent = h.path[i-1]
		}
		child, mine := t.insert(parent, tokens(ids[i*pageTokens:]), h.full[i])
		if !mine { // someone else read the same meanwhile
			t.full.give(h.full[i])
			h.full[i] = child.full
		}
		t.use(child)
		h.path = append(h.path, child)
		if slices.ContainsFunc(h.points, func(p int) bool { return i < p && i >= t.back(p*pageTokens) }) {
			h.lend(i)
		}
	}
	h.slide()
}

// point lets others resume after n pages, if they are not read yet.
func (h *holding) point(n int) {
	if h.tree.window == nil || n <= 0 || slices.Contains(h.points, n) {
		return
	}
	h.points = append(h.points, n)
	for i := h.tree.back(n * pageTokens); i < min(n, len(h.path)); i++ {
		h.lend(i)
	}
}

// lend puts the window page i, which is whole, into the tree.
func (h *holding) lend(i int) {
	n := h.path[i]
	switch {
	case i < h.back || h.win[i] < 0 || n.window == h.win[i]:
		return
	case n.window < 0:
		n.window = h.win[i]
		n.viewers = 1
		return
	}
	h.tree.window.give(h.win[i])
	h.win[i] = n.window
	h.tree.view(n)
}

// slide frees the window pages that neither the next token reads nor one who
// resumes after the last whole page.
func (h *holding) slide() {
	if h.tree.window == nil {
		return
	}
	for to := h.tree.back(h.at / pageTokens * pageTokens); h.back < to; h.back++ {
		if h.back < len(h.win) {
			h.dropWindow(h.back)
		}
	}
}

func (h *holding) dropWindow(i int) {
	switch n := h.win[i]; {
	case n < 0:
	case i < len(h.path) && h.path[i].window == n:
		h.tree.unview(h.path[i])
	default:
		h.tree.window.give(n)
	}
	h.win[i] = -1
}

// release lets everything go. Whole pages stay in the tree.
func (h *holding) release() {
	t := h.tree
	if t.window != nil {
		h.point(len(h.path))
		for i := h.back; i < len(h.win); i++ {
			h.dropWindow(i)
		}
	}
	for _, page := range h.full[len(h.path):] {
		t.full.give(page)
	}
	for i := len(h.path) - 1; i >= 0; i-- {
		t.leave(h.path[i])
	}
	*h = holding{tree: t, root: h.root, peak: h.peak}
}

package infer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A ledger is what pages hold, as a definition: for every token, the hash of
// the sequence up to it.
type ledger struct{ full, window []uint64 }

func newLedger(full, window int) *ledger {
	return &ledger{make([]uint64, full*pageTokens), make([]uint64, window*pageTokens)}
}

// states, in place of a width, says that a window's page holds the state after the
// last of its tokens.
const states = -1

// keep is read of the layers with a state, for one of end tokens.
func (l *ledger) keep(pos, at, end int, window []int32, h uint64) error {
	page := window[pos/pageTokens]
	switch {
	case pos == at-1 && (page < 0 || l.window[page] != h):
		return fmt.Errorf("the state after token %d is gone, or another", pos)
	case pos == end-1 && page < 0:
		return fmt.Errorf("there is no page for the state after token %d", pos)
	case pos >= at && page >= 0 && (pos == end-1 || pos%pageTokens == pageTokens-1):
		l.window[page] = h
	}
	return nil
}

func chain(h uint64, id int32) uint64 { return h*0x9e3779b97f4a7c15 + uint64(id) + 1 }

// read appends tokens to pages as a model would, having read every key that
// the first and the last of them see, and returns the hash after the last.
func (l *ledger) read(ids []int32, at int, full, window []int32, width int) (uint64, error) {
	var h uint64
	for pos, id := range ids {
		h = chain(h, id)
		slot := int(full[pos/pageTokens])*pageTokens + pos%pageTokens
		if pos < at && l.full[slot] != h {
			return 0, fmt.Errorf("full page %d of token %d holds something else", full[pos/pageTokens], pos)
		}
		l.full[slot] = h
		if width == states {
			if err := l.keep(pos, at, len(ids), window, h); err != nil {
				return 0, err
			}
			continue
		}
		if width == 0 || pos < at+1-width {
			continue
		}
		slot = int(window[pos/pageTokens])*pageTokens + pos%pageTokens
		if slot < 0 {
			return 0, fmt.Errorf("window page of token %d is gone, %d held", pos, at)
		}
		if pos < at && l.window[slot] != h {
			return 0, fmt.Errorf("window page %d of token %d holds something else", window[pos/pageTokens], pos)
		}
		l.window[slot] = h
	}
	return h, nil
}

// checkPages says which page is not exactly one of free, a holding's and the
// tree's, and which count is wrong.
func checkPages(t *tree, holdings []*holding) error {
	owners := [2][]string{make([]string, t.full.size), nil}
	if t.window != nil {
		owners[1] = make([]string, t.window.size)
	}
	var err error
	own := func(kind int, page int32, who string) {
		if err == nil && owners[kind][page] != "" {
			err = fmt.Errorf("page %d of kind %d is %s and %s", page, kind, owners[kind][page], who)
		}
		owners[kind][page] = who
	}
	for _, p := range t.full.free {
		own(0, p, "free")
	}
	users, viewers := map[*node]int{}, map[*node]int{}
	for i, h := range holdings {
		for j, n := range h.path {
			users[n]++
			if h.full[j] != n.full {
				return fmt.Errorf("holding %d: page %d is not its node's", i, j)
			}
		}
		for _, p := range h.full[len(h.path):] {
			own(0, p, fmt.Sprint("held by ", i))
		}
		for j, p := range h.win {
			switch {
			case j < h.back && p >= 0:
				return fmt.Errorf("holding %d: window page %d was not dropped", i, j)
			case j < h.back || p < 0 && t.states:
			case j < len(h.path) && h.path[j].window == p:
				viewers[h.path[j]]++
			default:
				own(1, p, fmt.Sprint("held by ", i))
			}
		}
	}
	idle, spare := 0, 0
	var walk func(n *node)
	walk = func(n *node) {
		for key, c := range n.children {
			if c.parent != n || c.key != key || err != nil {
				err = fmt.Errorf("a node is not its parent's child: %v", err)
				return
			}
			own(0, c.full, "in the tree")
			if c.window >= 0 {
				own(1, c.window, "in the tree")
			}
			if c.users != users[c] || c.viewers != viewers[c] || (c.users == 0) != (c.idle != nil) || (c.window >= 0 && c.viewers == 0) != (c.spare != nil) {
				err = fmt.Errorf("node: %d users counted %d, %d viewers counted %d, idle %v, spare %v", users[c], c.users, viewers[c], c.viewers, c.idle, c.spare)
			}
			if c.idle != nil {
				idle++
			}
			if c.spare != nil {
				spare++
			}
			walk(c)
		}
	}
	for _, r := range t.roots {
		walk(r)
	}
	if t.window != nil {
		for _, p := range t.window.free {
			own(1, p, "free")
		}
	}
	for kind := range owners {
		for p, who := range owners[kind] {
			if who == "" && err == nil {
				err = fmt.Errorf("page %d of kind %d is lost", p, kind)
			}
		}
	}
	if err == nil && (idle != t.idle.Len() || spare != t.spare.Len()) {
		err = fmt.Errorf("%d idle nodes, listed %d; %d spare windows, listed %d", idle, t.idle.Len(), spare, t.spare.Len())
	}
	return err
}

// Sequences that begin alike come, grow and go at random. Every page they
// read holds what they are, and no page is lost or shared wrongly.
func TestPagesSimulation(t *testing.T) {
	for _, width := range []int{0, 1, 5, 16, 40, 100, states} {
		t.Run(fmt.Sprint("window ", width), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(int64(width))))
			const live = 5
			full := newPool(640 / pageTokens)
			var window *pool
			windows := 0
			if width > 0 {
				windows = live*((width-1)/pageTokens+2+40/pageTokens+2) + 7
				window = newPool(windows)
			}
			if width == states {
				windows = 3*live + 2
				window = newPool(windows)
			}
			tr := newTree(full, window, width)
			if tr.states = width == states; tr.states {
				tr.width = 2
			}
			book := newLedger(full.size, windows)
			var held []*holding
			var ids [][]int32
			hits, evicted, refused := 0, 0, 0
			for step := range 20000 {
				switch {
				case len(held) < live && r.IntN(4) == 0: // comes
					n := 1 + r.IntN(200)
					list := make([]int32, n)
					for i := range list {
						if list[i] = int32(i % 7); i%48 == 47 {
							list[i] = int32(r.IntN(2)) // beginnings that are shared
						}
					}
					h := &holding{tree: tr, root: tr.root(r.IntN(2) == 0)}
					_, why := h.adopt(list)
					if h.at > 0 {
						hits++
					}
					if why == Evicted {
						evicted++
					}
					h.point((n - 1) / pageTokens)
					held, ids = append(held, h), append(ids, list)
				case len(held) > 0 && r.IntN(12) == 0: // goes
					i := r.IntN(len(held))
					held[i].release()
					held[i], ids[i] = held[len(held)-1], ids[len(held)-1]
					held, ids = held[:len(held)-1], ids[:len(held)-1]
				case len(held) > 0: // grows
					i := r.IntN(len(held))
					h := held[i]
					if h.at == len(ids[i]) {
						ids[i] = append(ids[i], int32(r.IntN(7)))
					}
					n := 1 + r.IntN(min(40, len(ids[i])-h.at))
					if !h.grow(n) {
						refused++
						h.release()
						continue
					}
					if _, err := book.read(ids[i][:h.at+n], h.at, h.full, h.win, width); err != nil {
						t.Fatalf("step %d: %v", step, err)
					}
					if !tr.states {
						n = 1 + r.IntN(n) // as if the rest had been a wrong guess
					}
					h.advance(ids[i], n)
				}
				if err := checkPages(tr, held); err != nil {
					t.Fatalf("step %d: %v", step, err)
				}
			}
			if hits == 0 || evicted == 0 || refused == 0 {
				t.Errorf("%d hits, %d evicted, %d refused: the simulation does not reach all of them", hits, evicted, refused)
			}
			for _, h := range held {
				h.release()
			}
			tr.reset()
			if n := len(full.free); n != full.size {
				t.Errorf("%d pages of %d are free at the end", n, full.size)
			}
			if window != nil && len(window.free) != windows {
				t.Errorf("%d window pages of %d are free at the end", len(window.free), windows)
			}
		})
	}
}

// A prompt that was read is not read again, also where layers slide, and the
// reason is given where it is.
func TestPrefix(t *testing.T) {
	const P = pageTokens
	tr := newTree(newPool(32), newPool(32), 2*P+P/4)
	prompt := make([]int32, 6*P+4)
	for i := range prompt {
		prompt[i] = int32(i)
	}
	read := func(ids []int32) (cached, shared int, why Miss) {
		h := &holding{tree: tr, root: tr.root(nil)}
		shared, why = h.adopt(ids)
		cached = h.at
		n := (len(ids) - 1) / pageTokens
		h.point(n - 1)
		h.point(n)
		for h.at < len(ids) {
			n := min(30, len(ids)-h.at)
			if !h.grow(n) {
				t.Fatal("no page")
			}
			h.advance(ids, n)
		}
		h.release()
		return cached, shared, why
	}
	other := slices.Concat(prompt[:2*P+P/2], make([]int32, P))
	for i, c := range []struct {
		ids            []int32
		cached, shared int
		why            Miss
	}{
		{prompt, 0, 0, Unseen},
		{prompt, 6 * P, 6 * P, ""},
		{slices.Concat(prompt, prompt), 6 * P, 6 * P, Ended},
		{other, 0, 2 * P, Window},          // the window at 2P was not kept
		{other, 3 * P, 3 * P, ""},          // its own end is
		{prompt[:2*P+9], 2 * P, 2 * P, ""}, // nor is 2P forgotten, where the two part
		{prompt[5 : 2*P], 0, 0, Unseen},
	} {
		if cached, shared, why := read(c.ids); cached != c.cached || shared != c.shared || why != c.why {
			t.Errorf("%d: %d cached, %d shared, %q; want %d, %d, %q", i, cached, shared, why, c.cached, c.shared, c.why)
		}
	}

	h := &holding{tree: tr, root: tr.root("grows")}
	if !h.grow(6*P + 10) {
		t.Fatal("no page")
	}
	h.advance(make([]int32, 6*P+10), 6*P+10)
	h.release()
	if path, resume := tr.match(tr.root("grows"), make([]int32, 7*P), 6); len(path) != 6 || resume != 6 {
		t.Errorf("of 6 pages %d are held, and %d can be resumed after", len(path), resume)
	}
}

// Where states were kept, a prompt that was read is not read again: at its last whole
// pages, where others wait for it, and where an answer ended. In between it is, from
// the last state before.
func TestStatesPrefix(t *testing.T) {
	const P = pageTokens
	tr := newTree(newPool(64), newPool(9), 2)
	tr.states = true
	prompt := make([]int32, 6*P+4)
	for i := range prompt {
		prompt[i] = int32(i)
	}
	// read reads ids at once, as a prompt of n tokens and an answer.
	read := func(ids []int32, n int) (cached, shared int, why Miss) {
		h := &holding{tree: tr, root: tr.root(nil)}
		shared, why = h.adopt(ids)
		cached = h.at
		h.point((n-1)/P - 1)
		h.point((n - 1) / P)
		if !h.grow(len(ids) - h.at) {
			t.Fatal("no page")
		}
		h.advance(ids, len(ids)-h.at)
		h.release()
		if err := checkPages(tr, nil); err != nil {
			t.Fatal(err)
		}
		return cached, shared, why
	}
	answered := append(slices.Clone(prompt), make([]int32, 2*P)...)
	for i, c := range []struct {
		ids            []int32
		prompt         int
		cached, shared int
		why            Miss
	}{
		{answered, len(prompt), 0, 0, Unseen},
		{append(slices.Clone(answered), 1), len(prompt), 8 * P, 8 * P, ""}, // where the answer ended
		{prompt, len(prompt), 6 * P, 6 * P, ""},                            // the prompt's last whole page
		{prompt[:6*P-1], 6*P - 1, 5 * P, 5 * P, ""},                        // and the one before
		{prompt[:3*P+2], 3*P + 2, 0, 3 * P, Window},                        // there was none
		{prompt[:3*P+2], 3*P + 2, 3 * P, 3 * P, ""},                        // now there is
	} {
		if cached, shared, why := read(c.ids, c.prompt); cached != c.cached || shared != c.shared || why != c.why {
			t.Errorf("%d: %d cached, %d shared, %q; want %d, %d, %q", i, cached, shared, why, c.cached, c.shared, c.why)
		}
	}
}

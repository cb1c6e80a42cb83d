package infer

import (
	"container/list"
	"math/rand/v2"

	"suiren/engine/model"
)

const pageTokens = model.PageTokens

// tokens is what a page holds.
type tokens [pageTokens]int32

// A tree keeps the pages of what was read, by its tokens, so that whatever
// begins alike is read once. A node is one page of every full-attention
// layer. The sliding layers' page of the same tokens is there only where a
// later request may resume: they see a window, so that resuming at a page
// takes the pages of the window before it.
//
// A layer that has a state in place of keys and values is one that slides and sees
// two tokens: its page holds the state after the last of the page's tokens, and
// what comes after begins with that. Of several pages that are read in one step it
// need not have been kept.
type tree struct {
	full, window *pool // window is nil if no layer slides
	width        int   // keys that a sliding layer sees, the token's own among them
	states       bool  // what slides is states
	roots        map[any]*node

	idle  *list.List // nodes that no sequence holds, the last used first: a node stands before its children
	spare *list.List // nodes whose window page no sequence holds, the last used first

	ghosts map[uint64]bool // evicted nodes, to say why a prefix missed
	recent []uint64        // the same in order, a ring
	oldest int
}

// A node is a page of tokens that follow those of its parent.
type node struct {
	parent   *node
	children map[tokens]*node
	key      tokens
	hash     uint64 // of the tokens from the root to here; a root's is secret, so that nobody meets another owner's ghosts
	full     int32
	window   int32 // −1: none
	users    int   // sequences that hold it
	viewers  int   // sequences that hold its window page
	idle     *list.Element
	spare    *list.Element
}

// maxGhosts bounds the memory of what was evicted.
const maxGhosts = 1 << 14

func newTree(full, window *pool, width int) *tree {
	t := &tree{full: full, window: window, width: width}
	t.reset()
	return t
}

// reset forgets everything. No sequence may hold a page of the tree.
func (t *tree) reset() {
	for t.evict() {
	}
	t.roots, t.idle, t.spare = map[any]*node{}, list.New(), list.New()
	t.ghosts, t.recent, t.oldest = map[uint64]bool{}, nil, 0
}

// An owner is whose prefixes they are: pages read with an adapter, or for a
// tenant, are no other's.
type owner struct {
	adapter *model.Adapter
	tenant  string
}

// root returns the node of no tokens. Prefixes under different owners never meet.
func (t *tree) root(owner any) *node {
	r := t.roots[owner]
	if r == nil {
		r = &node{children: map[tokens]*node{}, hash: rand.Uint64(), full: -1, window: -1}
		t.roots[owner] = r
	}
	return r
}

// back returns the first page that a sliding layer reads when tokens are
// appended after at others.
func (t *tree) back(at int) int { return max(0, at+1-t.width) / pageTokens }

// A Miss says why a prompt's prefix was not found in the cache beyond Usage.Cached.
type Miss string

// What a Miss may be.
const (
	Unseen   Miss = "unseen"   // nothing read before begins like it
	Diverged Miss = "diverged" // what was read before goes on otherwise; Usage.Shared says where
	Ended    Miss = "ended"    // what was read before ends there
	Evicted  Miss = "evicted"  // it was read before, and its memory was needed
	Window   Miss = "window"   // the part of the layers that slide or have a state was not kept there
	Echoed   Miss = "echoed"   // logits of the prompt were asked for, which are not kept
)

// match returns the nodes of the longest prefix of ids that is held, at most
// limit of them, and how many of them a sequence may resume after.
func (t *tree) match(root *node, ids []int32, limit int) (path []*node, resume int) {
	n, seen := root, 0
	for len(path) < limit {
		if n = n.children[tokens(ids[len(path)*pageTokens:])]; n == nil {
			break
		}
		if n.window >= 0 {
			seen++
		} else {
			seen = 0
		}
		path = append(path, n)
		if t.window == nil || seen >= len(path)-t.back(len(path)*pageTokens) {
			resume = len(path)
		}
	}
	return path, resume
}

// why returns what is known of the tokens after those that match let a
// sequence resume after: how many of ids stand in the tree all the same, and
// why they cannot be had.
func (t *tree) why(root *node, path []*node, resume int, ids []int32, limit int) (shared int, why Miss) {
	shared = len(path) * pageTokens
	n := root
	if len(path) > 0 {
		n = path[len(path)-1]
	}
	switch {
	case resume < len(path):
		return shared, Window
	case len(path) == limit:
		return shared, ""
	}
	next := tokens(ids[shared:])
	if t.ghosts[extend(n.hash, next)] {
		return shared, Evicted
	}
	most := 0
	for key := range n.children {
		same := 0
		for same < pageTokens && key[same] == next[same] {
			same++
		}
		most = max(most, same)
	}
	switch shared += most; {
	case shared == 0:
		return 0, Unseen
	case len(n.children) == 0:
		return shared, Ended
	}
	return shared, Diverged
}

// extend returns the hash of a node's tokens with those of a page after it.
func extend(h uint64, key tokens) uint64 {
	for _, id := range key { // FNV-1a, by token
		h = (h ^ uint64(uint32(id))) * 0x100000001b3
	}
	return h ^ h>>29
}

// insert returns the child of n that holds key. If there is none, it makes
// one that owns the given page; mine says so.
func (t *tree) insert(n *node, key tokens, page int32) (child *node, mine bool) {
	if child = n.children[key]; child != nil {
		return child, false
	}
	child = &node{parent: n, children: map[tokens]*node{}, key: key, hash: extend(n.hash, key), full: page, window: -1}
	n.children[key] = child
	child.idle = t.idle.PushFront(child)
	return child, true
}

// use and leave say that a sequence holds n, or no longer does. A sequence
// holds a whole path, and leaves it from its end.
func (t *tree) use(n *node) {
	if n.users++; n.idle != nil {
		t.idle.Remove(n.idle)
		n.idle = nil
	}
}

func (t *tree) leave(n *node) {
	if n.users--; n.users == 0 {
		n.idle = t.idle.PushFront(n)
	}
}

// view and unview say that a sequence holds n's window page, or no longer does.
func (t *tree) view(n *node) {
	if n.viewers++; n.spare != nil {
		t.spare.Remove(n.spare)
		n.spare = nil
	}
}

func (t *tree) unview(n *node) {
	if n.viewers--; n.viewers == 0 {
		n.spare = t.spare.PushFront(n)
	}
}

// takeFull returns a page of the full layers, evicting the node that was
// unused the longest if none is free.
func (t *tree) takeFull() (int32, bool) {
	if len(t.full.free) == 0 && !t.evict() {
		return 0, false
	}
	return t.full.take()
}

// evict frees the node that was unused the longest. It has no children: they
// were used no later and went before it.
func (t *tree) evict() bool {
	if t.idle == nil || t.idle.Len() == 0 {
		return false
	}
	n := t.idle.Remove(t.idle.Back()).(*node)
	t.full.give(n.full)
	if n.spare != nil {
		t.dropWindow(n)
	}
	delete(n.parent.children, n.key)
	if len(t.recent) < maxGhosts {
		t.recent = append(t.recent, n.hash)
	} else {
		delete(t.ghosts, t.recent[t.oldest])
		t.recent[t.oldest] = n.hash
		t.oldest = (t.oldest + 1) % maxGhosts
	}
	t.ghosts[n.hash] = true
	return true
}

// takeWindow returns a page of the sliding layers, taking the one that was
// unused the longest from its node if none is free.
func (t *tree) takeWindow() (int32, bool) {
	if len(t.window.free) == 0 {
		if t.spare.Len() == 0 {
			return 0, false
		}
		t.dropWindow(t.spare.Back().Value.(*node))
	}
	return t.window.take()
}

func (t *tree) dropWindow(n *node) {
	t.spare.Remove(n.spare)
	t.window.give(n.window)
	n.spare, n.window = nil, -1
}

// room returns how many pages of the full layers can be had.
func (t *tree) room() int { return len(t.full.free) + t.idle.Len() }

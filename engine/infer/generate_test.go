package infer

import (
	"slices"
	"testing"

	"suiren/engine/tensor"
)

// A thought that goes round in circles is noticed, one that only repeats
// words is not.
func TestLoopFinder(t *testing.T) {
	fill := func(n int, f func(i int) int32) (list []int32) {
		for i := range n {
			list = append(list, f(i))
		}
		return list
	}
	for _, c := range []struct {
		name string
		ids  []int32
		at   int // tokens after which it is noticed; 0: never
	}{
		{"one token", fill(200, func(int) int32 { return 4 }), loopTokens},
		{"a phrase of 10", fill(200, func(i int) int32 { return int32(i % 10) }), loopTokens},
		{"a phrase of 100", fill(1200, func(i int) int32 { return int32(i % 100) }), 400},
		{"the longest phrase", fill(1200, func(i int) int32 { return int32(i % maxPhrase) }), loopTimes * maxPhrase},
		{"longer", fill(3000, func(i int) int32 { return int32(i % (maxPhrase + 1)) }), 0},
		{"after other words", fill(1200, func(i int) int32 {
			if i < 500 {
				return int32(i)
			}
			return int32(i % 20)
		}), 500 + loopTokens},
		{"a list", fill(900, func(i int) int32 {
			if i%9 == 4 {
				return int32(100 + i)
			}
			return int32(i % 9)
		}), 0},
		{"three times", fill(900, func(i int) int32 { return int32(i%100 + i/300*1000) }), 0},
		{"a dash line", fill(95, func(int) int32 { return 4 }), 0},
	} {
		var l loopFinder
		at := 0
		for i, id := range c.ids {
			if l.add(id) {
				at = i + 1
				break
			}
		}
		if at != c.at {
			t.Errorf("%s: noticed after %d tokens, want %d", c.name, at, c.at)
		}
	}
}

// A guess is what followed the last time, and a drafter that guesses wrong
// guesses less.
func TestDrafter(t *testing.T) {
	ids := []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3}
	var d drafter
	if got := d.propose(ids, 99); !slices.Equal(got, []int32{4, 5, 6}) {
		t.Errorf("guessed %v", got)
	}
	d.learn(3, 3)
	if got := d.propose(ids, 99); !slices.Equal(got, []int32{4, 5, 6, 7, 8, 9, 1}) {
		t.Errorf("after a good guess: %v", got)
	}
	if got := d.propose(ids, 2); !slices.Equal(got, []int32{4, 5}) {
		t.Errorf("of two at most: %v", got)
	}
	if got := d.propose([]int32{4, 5, 4, 5, 4}, 99); !slices.Equal(got, []int32{5, 4, 5, 4, 5, 4, 5}) {
		t.Errorf("of a run: %v", got)
	}
	for _, none := range [][]int32{nil, {1, 2}, {1, 2, 3}, {1, 2, 3, 4, 5, 6}} {
		if got := d.propose(none, 99); len(got) > 0 {
			t.Errorf("of %v: %v", none, got)
		}
	}
	tries := 0
	for range 1000 {
		if got := d.propose(ids, 99); len(got) > 0 {
			tries++
			d.learn(len(got), 0)
		}
	}
	if tries < 5 || tries > 20 {
		t.Errorf("%d guesses of 1000, all wrong", tries)
	}
}

// speakAll has a voice choose until its end; want is the token that has most
// by far of the logits.
func speakAll(t *testing.T, r Request, want func(n int) int32) (list []Token) {
	t.Helper()
	const vocab, limit = 40, 1000
	if err := r.check(vocab, limit, false); err != nil {
		t.Fatal(err)
	}
	c, v := newChooser(vocab), newVoice(&r, limit)
	for {
		z := make([]float32, vocab)
		z[want(v.n)] = 10
		tok, err := v.next(c, z)
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, tok); tok.Finish != "" {
			return list
		}
	}
}

func idsOf(list []Token) (ids []int32) {
	for _, t := range list {
		ids = append(ids, t.ID)
	}
	return ids
}

// A thought ends at its budget, where it circles, or where the room for an
// answer begins, and then comes an answer.
func TestThought(t *testing.T) {
	counting := func(n int) int32 { return int32(20 + n%20) }
	varied := func(n int) int32 { return 13 + int32(tensor.Rand(1, 2, uint64(n))%25) }
	circling := func(int) int32 { return 20 }
	open := func(think, most int) Request {
		return Request{Prompt: []int32{1}, MaxTokens: most, Open: true, Think: think, ThinkEnd: []int32{11, 12}, Stop: []int32{2}}
	}
	for _, c := range []struct {
		name   string
		r      Request
		want   func(int) int32
		at     int // of ThinkEnd
		forced string
	}{
		{"budget", open(7, 50), counting, 7, Budget},
		{"room", open(0, 50), counting, 50 - 2 - 12, Budget},
		{"budget beyond the room", open(100, 50), counting, 50 - 2 - 12, Budget},
		{"much room", open(0, 500), varied, 500 - 2 - 32, Budget},
		{"its own answer room", func() Request { r := open(0, 500); r.Answer = 100; return r }(), varied, 500 - 2 - 100, Budget},
		{"circles", open(400, 500), circling, loopTokens, Loop},
		{"ends in its thought", open(30, 50), func(n int) int32 {
			if n == 5 {
				return 2
			}
			return 20
		}, 5, Unanswered},
		{"by itself", open(30, 50), func(n int) int32 {
			if n == 5 || n == 6 {
				return int32(6 + n)
			}
			return 20
		}, 5, ""},
	} {
		list := speakAll(t, c.r, c.want)
		ids := idsOf(list)
		if !slices.Equal(ids[c.at:c.at+2], []int32{11, 12}) || list[c.at].Forced != c.forced || list[c.at+1].Forced != c.forced {
			t.Errorf("%s: %v", c.name, list)
		}
		for i, tok := range list {
			if tok.Thought != (i < c.at+2) || tok.Forced != "" && i != c.at && i != c.at+1 {
				t.Errorf("%s: token %d: %+v", c.name, i, tok)
			}
		}
		if len(list) == c.at+2 {
			t.Errorf("%s: no answer", c.name)
		}
	}
}

// only allows a list of tokens, one after the other, and then the end.
type only struct {
	list []int32
	n    int
}

func (c *only) Mask(bits []uint32) {
	if c.n < len(c.list) {
		setBit(bits, c.list[c.n], true)
	}
}
func (c *only) Accept(id int32) bool {
	if c.n == len(c.list) || c.list[c.n] != id {
		return false
	}
	c.n++
	return true
}
func (c *only) CanEnd() bool            { return c.n == len(c.list) }
func (c *only) Fits(int32, int) bool    { return true }
func (c *only) Ending() ([]int32, bool) { return c.list[c.n:], true }

// A constraint binds the answer and leaves the thought alone, wherever the
// thought begins; MinTokens keeps the end away.
func TestConstraint(t *testing.T) {
	long := []int32{20, 21, 22, 23}
	base := Request{Prompt: []int32{1}, MaxTokens: 50, Stop: []int32{2}, ThinkEnd: []int32{11}}
	for _, c := range []struct {
		name string
		edit func(*Request)
		want func(n int) int32
		ids  []int32
	}{
		{"no thought", func(*Request) {}, func(int) int32 { return 2 }, []int32{20, 21, 22, 23, 2}},
		{"open", func(r *Request) { r.Open = true; r.Think = 3 }, func(int) int32 { return 7 }, []int32{7, 7, 7, 11, 20, 21, 22, 23, 2}},
		{"opened by the model", func(r *Request) { r.ThinkStart = []int32{10}; r.Think = 2 }, func(n int) int32 { return 10 }, []int32{10, 10, 10, 11, 20, 21, 22, 23, 2}},
		{"not opened by the model", func(r *Request) { r.ThinkStart = []int32{10} }, func(n int) int32 { return 20 }, []int32{20, 21, 22, 23, 2}},
		{"opened by several", func(r *Request) { r.ThinkStart = []int32{10, 13, 14}; r.Think = 1 }, func(n int) int32 { return 10 }, []int32{10, 13, 14, 10, 11, 20, 21, 22, 23, 2}},
		{"nothing but a thought", func(r *Request) { r.Constraint = nil; r.Open = true; r.Think = 3 }, func(n int) int32 {
			if n < 3 {
				return 7
			}
			return 2
		}, []int32{7, 7, 7, 11, 0, 2}},
		{"nothing but blanks", func(r *Request) {
			r.Constraint, r.MaxTokens, r.Blank = nil, 4, func(id int32) bool { return id == 0 || id == 7 }
		}, func(n int) int32 {
			if n < 2 {
				return 7
			}
			return 2
		}, []int32{7, 7, 0, 0}},
		{"a blank, and more behind a thought", func(r *Request) {
			r.Constraint, r.Open, r.Think, r.Blank = nil, true, 2, func(id int32) bool { return id == 7 }
		}, func(n int) int32 {
			if n < 5 {
				return 7
			}
			return 2
		}, []int32{7, 7, 11, 7, 7, 0, 2}},
		{"least", func(r *Request) { r.Constraint = nil; r.MinTokens = 3 }, func(n int) int32 { return 2 }, []int32{0, 0, 0, 2}},
	} {
		r := base
		r.Constraint = &only{list: long}
		c.edit(&r)
		list := speakAll(t, r, c.want)
		end := Stopped
		if len(list) == r.MaxTokens {
			end = Cut
		}
		if !slices.Equal(idsOf(list), c.ids) || list[len(list)-1].Finish != end {
			t.Errorf("%s: %v, want %v", c.name, idsOf(list), c.ids)
		}
	}
	r := base
	r.Constraint, r.MinTokens = &only{list: long[:1]}, 2
	v, c := newVoice(&r, 100), newChooser(40)
	if _, err := v.next(c, make([]float32, 40)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.next(c, make([]float32, 40)); err != ErrStuck {
		t.Errorf("where nothing is allowed: %v", err)
	}
}

package infer

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tensor"
)

// A definition steps as a model would whose logits are random numbers of all
// that a token sees, and finds out if a page does not hold what it should.
type definition struct {
	vocab, width, rows int
	states             bool // the window's page of a token holds what is after it, in its first slot
	full, window       []slot
	read               int // tokens
}

// A slot is what stands for a token's keys and values.
type slot struct {
	hash uint64
	id   int32
}

func (d *definition) Step(_ *model.Pages, seqs []model.Seq, logits []float32) error {
	row, rows := 0, 0
	for n, s := range seqs {
		var h uint64
		if rows += len(s.IDs); rows > d.rows {
			return fmt.Errorf("a step of %d tokens", rows)
		}
		d.read += len(s.IDs)
		end := s.At + len(s.IDs)
		for pos := range end {
			at := int(s.Full[pos/pageTokens])*pageTokens + pos%pageTokens
			if pos >= s.At {
				d.full[at].id = s.IDs[pos-s.At]
			}
			h = chain(h, d.full[at].id)
			if pos < s.At && d.full[at].hash != h {
				return fmt.Errorf("sequence %d: the page of token %d holds something else", n, pos)
			}
			d.full[at].hash = h
			switch {
			case d.states && pos == s.At-1:
				if page := s.Window[pos/pageTokens]; page < 0 || d.window[int(page)*pageTokens].hash != h {
					return fmt.Errorf("sequence %d: the state after token %d is gone, or another", n, pos)
				}
			case d.states && pos >= s.At && (pos == end-1 || pos%pageTokens == pageTokens-1):
				page := s.Window[pos/pageTokens]
				if page < 0 && pos == end-1 {
					return fmt.Errorf("sequence %d: there is no page for the state after token %d", n, pos)
				}
				if page >= 0 {
					d.window[int(page)*pageTokens].hash = h
				}
			case !d.states && d.width > 0 && pos >= s.At+1-d.width:
				page := s.Window[pos/pageTokens]
				if page < 0 {
					return fmt.Errorf("sequence %d: the window page of token %d is gone", n, pos)
				}
				at := int(page)*pageTokens + pos%pageTokens
				if pos < s.At && d.window[at].hash != h {
					return fmt.Errorf("sequence %d: the window page of token %d holds something else", n, pos)
				}
				d.window[at].hash = h
			}
			if pos >= s.At+len(s.IDs)-s.Logits {
				d.logits(h, d.full[at].id, logits[row*d.vocab:(row+1)*d.vocab])
				row++
			}
		}
	}
	return nil
}

// logits of 3 tokens that are likely after id and unlikely others, so that
// text repeats itself.
func (d *definition) logits(h uint64, id int32, z []float32) {
	for i := range z {
		z[i] = 2 * tensor.Uniform(tensor.Rand(h, 1, uint64(i)))
	}
	for i := range 3 {
		z[tensor.Rand(uint64(id), 2, uint64(i))%uint64(len(z))] += float32(4 + i)
	}
}

func (d *definition) copyPage(class int, dst, src int32) {
	mem := d.full
	if class == 1 {
		mem = d.window
	}
	copy(mem[int(dst)*pageTokens:][:pageTokens], mem[int(src)*pageTokens:][:pageTokens])
}

// alone is what a request gets, by the definition of it: one token after
// another, and nothing else.
func alone(t *testing.T, d *definition, r Request, limit int) (list []Token) {
	t.Helper()
	c := newChooser(d.vocab)
	v := newVoice(&r, limit)
	z := make([]float32, d.vocab)
	var h uint64
	for i, id := range r.Prompt {
		if r.Echo {
			tok := Token{ID: id, Prompt: true}
			if i > 0 {
				lp, _, _ := c.measure(z)
				tok.Logprob, tok.Top = lp.of(z[id]), c.top(z, lp, r.TopLogprobs)
			}
			list = append(list, tok)
		}
		h = chain(h, id)
		d.logits(h, id, z)
	}
	if v.room == 0 {
		list[len(list)-1].Finish = Cut
		return list
	}
	for {
		tok, err := v.next(c, z)
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, tok); tok.Finish != "" {
			return list
		}
		h = chain(h, tok.ID)
		d.logits(h, tok.ID, z)
	}
}

// everyThird allows tokens that are 1 more, modulo 3, than the one before.
type everyThird struct{ n int }

func (c *everyThird) Mask(bits []uint32) {
	for i := range 32 * len(bits) {
		if i%3 == c.n%3 {
			setBit(bits, int32(i), true)
		}
	}
}
func (c *everyThird) Accept(id int32) bool {
	ok := int(id)%3 == c.n%3
	c.n++
	return ok
}
func (c *everyThird) CanEnd() bool            { return c.n > 4 }
func (c *everyThird) Fits(int32, int) bool    { return true }
func (c *everyThird) Ending() ([]int32, bool) { return nil, false }

// randomRequest asks for one of everything.
func randomRequest(r *rand.Rand, vocab, limit int) Request {
	q := Request{MaxTokens: 1 + r.IntN(60)*(1+4*r.IntN(2)), Seed: r.Uint64(), Caller: fmt.Sprint(r.IntN(3))}
	n := 1 + r.IntN(limit*2/3)
	for i := range n {
		id := int32(i % 7)
		if i%40 == 39 || n < 12 {
			id = int32(r.IntN(2))
		}
		q.Prompt = append(q.Prompt, id)
	}
	if r.IntN(4) > 0 {
		q.Temperature = 1
	}
	if r.IntN(3) > 0 {
		q.Stop = []int32{5, 8}
		q.MinTokens = r.IntN(5)
	}
	if r.IntN(3) == 0 {
		q.TopK, q.TopP, q.MinP = r.IntN(9), float32(r.IntN(10))/10, 0.01
	}
	if r.IntN(4) == 0 {
		q.RepeatPenalty, q.FrequencyPenalty, q.PenaltyLast = 1.2, 0.1, r.IntN(40)
	}
	switch r.IntN(4) {
	case 0:
		q.Open, q.ThinkEnd, q.Think = true, []int32{11, 12}, r.IntN(20)
	case 1:
		q.ThinkStart, q.ThinkEnd, q.Think = []int32{3}, []int32{11}, r.IntN(20)
	}
	if len(q.Stop) > 0 && r.IntN(3) == 0 {
		q.Constraint = &everyThird{}
	}
	if r.IntN(4) == 0 {
		q.Echo, q.TopLogprobs = true, r.IntN(4)
		q.MaxTokens = r.IntN(10)
		for q.MaxTokens == 0 && len(q.Prompt) < limit { // what is only read may fill the context
			q.Prompt = append(q.Prompt, int32(r.IntN(vocab)))
		}
	}
	q.Draft = r.IntN(2) == 0
	return q
}

// Requests of every kind come at random, and some go before their end; the
// memory is too small for them. Each gets what it would get alone, pages hold
// what they should at every step, and none is lost.
func TestBatchSimulation(t *testing.T) {
	seen := Stats{}
	forced := map[string]int{}
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(2, seed))
		limit := 3*pageTokens + r.IntN(8*pageTokens)
		z := batchSize{vocab: 23, slots: 1 + r.IntN(8), limit: limit, rows: 64, chunk: 1 + r.IntN(60), ahead: r.IntN(3), workers: 1 + r.IntN(2)}
		z.outs = z.slots + r.IntN(20)
		width := []int{0, 7, pageTokens + 2, 40, 100, 2, 2}[r.IntN(7)]
		full := pagesOf(limit) + r.IntN(12)
		d := &definition{vocab: z.vocab, width: width, rows: z.rows, full: make([]slot, full*pageTokens)}
		var window *pool
		if width > 0 {
			n := z.slots*((width+pageTokens-2)/pageTokens+2) + pagesOf(z.rows) + r.IntN(9)
			if d.states = width == 2; d.states {
				n = 3*z.slots + 2 + r.IntN(9)
			}
			window = newPool(n)
			d.window = make([]slot, n*pageTokens)
		}
		b := newBatch(z, d, newTree(newPool(full), window, width), make([]float32, z.outs*z.vocab))
		b.copyPage, b.tree.states = d.copyPage, d.states
		var open []*sequence
		want := map[*sequence][]Token{}
		got := map[*sequence][]Token{}
		last := Request{}
		for step := 0; step < 1000 || len(open) > 0; step++ {
			if step < 1000 && len(open) < 20 && r.IntN(3) == 0 {
				q := randomRequest(r, z.vocab, limit)
				if len(last.Prompt) > 0 && len(last.Prompt) <= q.MostPrompt(limit) && r.IntN(2) == 0 {
					q.Prompt = last.Prompt
				}
				if seed%2 == 1 && !q.Echo { // answers outgrow what is set aside for them
					q.MaxTokens += 150
					q.Constraint, q.Stop, q.MinTokens = nil, nil, 0
				}
				if last = q; q.check(z.vocab, limit, false) != nil {
					t.Fatalf("request %+v: %v", q, q.check(z.vocab, limit, false))
				}
				expect := q
				if q.Constraint != nil {
					expect.Constraint = &everyThird{}
				}
				var s *sequence
				s = newSequence(&q, limit, func(tok Token, err error) {
					if err != nil {
						t.Fatal(err)
					}
					if len(tok.Finish) > 0 != (tok.Usage != nil) {
						t.Fatalf("finish %q with usage %v", tok.Finish, tok.Usage)
					}
					tok.Usage = nil
					got[s] = append(got[s], tok)
				})
				want[s] = alone(t, d, expect, limit)
				open = append(open, s)
				b.add(s)
			}
			if len(open) > 0 && r.IntN(40) == 0 {
				i := r.IntN(len(open))
				s := open[i]
				b.drop(s)
				if n := len(got[s]); n > 0 && !reflect.DeepEqual(got[s], want[s][:n]) {
					t.Fatalf("seed %d: a request that was cancelled got\n%v\nalone\n%v", seed, got[s], want[s])
				}
				open = append(open[:i], open[i+1:]...)
			}
			b.next()
			var held []*holding
			for _, s := range b.live {
				held = append(held, &s.holding)
			}
			if err := checkPages(b.tree, held); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
			for i := 0; i < len(open); i++ {
				s := open[i]
				n := len(got[s])
				if n == 0 || got[s][n-1].Finish == "" {
					continue
				}
				if !reflect.DeepEqual(got[s], want[s]) {
					t.Fatalf("seed %d: request %+v got\n%+v\nalone\n%+v", seed, s.req, got[s], want[s])
				}
				for _, tok := range got[s] {
					forced[tok.Forced]++
				}
				open = append(open[:i], open[i+1:]...)
				i--
			}
			if step > 100000 {
				t.Fatalf("seed %d: %d requests never end", seed, len(open))
			}
		}
		if len(b.live) > 0 || b.queue.n > 0 || len(b.queue.running) > 0 || len(b.queue.lines) > 0 {
			t.Errorf("seed %d: %d live, %d queued, %v running", seed, len(b.live), b.queue.n, b.queue.running)
		}
		b.tree.reset()
		if n := len(b.tree.full.free); n != full {
			t.Errorf("seed %d: %d pages of %d are free at the end", seed, n, full)
		}
		s := b.now()
		seen.Restarts += s.Restarts
		seen.CachedTokens += s.CachedTokens
		seen.Accepted += s.Accepted
		seen.Drafted += s.Drafted
		seen.PromptTokens += s.PromptTokens
	}
	t.Logf("%+v, forced %v", seen, forced)
	if seen.Restarts == 0 || seen.CachedTokens == 0 || seen.Accepted == 0 || seen.Accepted == seen.Drafted || forced[Budget] == 0 {
		t.Error("the simulation does not reach all of them")
	}
}

// newTestBatch returns a batch over a definition with memory for everything.
func newTestBatch(slots, width int) (*batch, *definition) {
	z := batchSize{vocab: 23, slots: slots, limit: 20 * pageTokens, rows: 64, chunk: 16, outs: slots + 8, ahead: 1, workers: 1}
	n := 20 * slots
	d := &definition{vocab: z.vocab, width: width, rows: z.rows, full: make([]slot, n*pageTokens)}
	var window *pool
	if width > 0 {
		window, d.window = newPool(n), make([]slot, n*pageTokens)
	}
	d.states = width == 2
	b := newBatch(z, d, newTree(newPool(n), window, width), make([]float32, z.outs*z.vocab))
	b.copyPage, b.tree.states = d.copyPage, d.states
	return b, d
}

// ask queues a request; what it gets is in the slice.
func (b *batch) ask(t *testing.T, q Request) (*sequence, *[]Token) {
	t.Helper()
	if err := q.check(b.vocab, b.limit, false); err != nil {
		t.Fatal(err)
	}
	var got []Token
	s := newSequence(&q, b.limit, func(tok Token, err error) {
		if err != nil {
			t.Error(err)
		}
		got = append(got, tok)
	})
	b.add(s)
	return s, &got
}

// What many requests begin with is read once, also if they come together; of
// equal prompts all of it is.
func TestReadOnce(t *testing.T) {
	for _, width := range []int{0, 40, 2} {
		prompt := make([]int32, 5*pageTokens+9)
		for i := range prompt {
			prompt[i] = int32(i % 23)
		}
		const answers, tokens = 6, 10
		for _, c := range []struct {
			name  string
			apart int // tokens at the end in which the prompts differ
			leave bool
			read  int
		}{
			{"equal", 0, false, len(prompt) + answers*(tokens-1)},
			{"alike", 3, false, 5*pageTokens + answers*(9+tokens-1)},
			{"the first leaves", 0, true, len(prompt) + (answers-1)*(tokens-1)},
		} {
			b, d := newTestBatch(answers, width)
			var first *sequence
			for i := range answers {
				q := Request{Prompt: append([]int32{}, prompt...), MaxTokens: tokens}
				for j := range c.apart {
					q.Prompt[len(prompt)-1-j] = int32((i + j) % 23)
				}
				if s, _ := b.ask(t, q); i == 0 {
					first = s
				}
			}
			for b.next() {
				if c.leave && first != nil { // after two pages: another reads on from there
					b.drop(first)
					first = nil
				}
			}
			if d.read != c.read {
				t.Errorf("window %d, %s: read %d tokens, want %d", width, c.name, d.read, c.read)
			}
			if want := int64((answers - 1) * (len(prompt) - 9)); c.apart > 0 && b.stats.CachedTokens != want {
				t.Errorf("%d tokens cached, want %d", b.stats.CachedTokens, want)
			}
		}
	}
}

// A request that waits for another's prompt may lose its place in the very
// step in which that one is read.
func TestForkPreempted(t *testing.T) {
	const others, chunk = 10, 8
	long := make([]int32, (pageTokens+1)*chunk-4) // read in the step in which the others need a page
	z := batchSize{vocab: 23, slots: others + 2, limit: 20 * pageTokens, rows: 64, chunk: chunk, outs: others + 2, workers: 1}
	full := 2*pagesOf(len(long)) + others
	if pagesOf(len(long)) >= others {
		t.Fatal("the pages that are set aside for the last request are enough for all")
	}
	d := &definition{vocab: z.vocab, rows: z.rows, full: make([]slot, full*pageTokens)}
	b := newBatch(z, d, newTree(newPool(full), nil, 0), make([]float32, z.outs*z.vocab))
	b.copyPage = d.copyPage
	list := []Request{{Prompt: long, MaxTokens: 3}}
	for i := range others {
		list = append(list, Request{Prompt: []int32{int32(i)}, MaxTokens: pageTokens + 9})
	}
	list = append(list, Request{Prompt: long, MaxTokens: 3, Temperature: 1})
	var got []*[]Token
	for _, q := range list {
		_, tokens := b.ask(t, q)
		got = append(got, tokens)
	}
	for b.next() {
		var held []*holding
		for _, s := range b.live {
			held = append(held, &s.holding)
		}
		if err := checkPages(b.tree, held); err != nil {
			t.Fatal(err)
		}
	}
	for i, q := range list {
		list := *got[i]
		if n := len(list); n > 0 {
			list[n-1].Usage = nil
		}
		if want := alone(t, d, q, z.limit); !reflect.DeepEqual(list, want) {
			t.Errorf("request %d got %v, alone %v", i, list, want)
		}
	}
	if b.stats.Restarts == 0 {
		t.Error("nothing lost its place")
	}
}

// The callers take turns.
func TestFairness(t *testing.T) {
	b, _ := newTestBatch(2, 0)
	var order []string
	for i := range 9 {
		caller := "many"
		if i >= 7 {
			caller = "few"
		}
		q := Request{Prompt: []int32{int32(i)}, MaxTokens: 3, Caller: caller}
		var s *sequence
		s = newSequence(&q, b.limit, func(tok Token, err error) {
			if s.n == 1 {
				order = append(order, caller)
			}
		})
		b.add(s)
	}
	for b.next() {
	}
	if want := "[many few many few many many many many many]"; fmt.Sprint(order) != want {
		t.Errorf("served in the order %v, want %s", order, want)
	}
}

// A long prompt does not hold up a short one that comes later, nor does a
// stream of short ones starve it.
func TestShare(t *testing.T) {
	long := &sequence{voice: voice{ids: make([]int32, 1000)}}
	short := &sequence{voice: voice{ids: make([]int32, 20)}}
	middle := &sequence{voice: voice{ids: make([]int32, 90)}}
	for _, c := range []struct {
		list []*sequence
		want []int
	}{
		{[]*sequence{long}, []int{128}},
		{[]*sequence{long, middle, short}, []int{64, 44, 20}},
		{[]*sequence{short, long}, []int{20, 108}},
		{[]*sequence{long, short}, []int{108, 20}},
		{nil, nil},
	} {
		got := make([]int, len(c.list))
		share(c.list, 128, func(s *sequence, n int) { got[slices.Index(c.list, s)] += n })
		if !slices.Equal(got, c.want) && len(c.want) > 0 {
			t.Errorf("shared %v, want %v", got, c.want)
		}
	}
}

// next is what an engine does time and again.
func (b *batch) next() bool {
	b.admit()
	return b.step()
}

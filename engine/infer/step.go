package infer

import (
	"cmp"
	"slices"
	"time"

	"suiren/engine/model"
)

// A part is a sequence's share of a step.
type part struct {
	s      *sequence
	n      int     // tokens of s.ids
	drafts []int32 // guesses after them
	echo   bool    // every logit is of a token of the prompt
	out    int     // first row of logits
	outs   int     // rows
	tokens []Token
	held   int // guesses that held
	err    error
	forks  []*sequence
	first  []Token // of each fork
	errs   []error
}

// step does one step with those that admit let in; false if there is nothing
// to do.
func (b *batch) step() bool {
	b.plan()
	if len(b.parts) == 0 {
		return false
	}
	start := time.Now()
	rows := 0
	b.seqs = b.seqs[:0]
	for i := range b.parts {
		p := &b.parts[i]
		s := p.s
		ids := s.ids[s.at : s.at+p.n]
		if len(p.drafts) > 0 {
			ids = append(slices.Clip(ids), p.drafts...)
		}
		rows += len(ids)
		b.seqs = append(b.seqs, model.Seq{IDs: ids, At: s.at, Full: s.full, Window: s.win, Logits: p.outs, Adapter: s.req.Adapter})
	}
	if err := b.dec.Step(b.pages, b.seqs, b.logits[:b.outRows()*b.vocab]); err != nil {
		for i := range b.parts {
			b.end(b.parts[i].s, Token{}, err)
		}
		return true
	}
	b.team.For(len(b.parts), func(w, i int) { b.speak(&b.parts[i], b.choosers[w]) })
	spent := time.Since(start)
	b.stats.Steps++
	b.stats.Busy += spent
	each := spent * time.Duration(b.workers) / time.Duration(rows)
	for i := range b.parts {
		b.parts[i].s.usage.CPU += each * time.Duration(len(b.seqs[i].IDs))
		b.commit(&b.parts[i])
	}
	return true
}

func (b *batch) outRows() int {
	if n := len(b.parts); n > 0 {
		return b.parts[n-1].out + b.parts[n-1].outs
	}
	return 0
}

// plan decides what every sequence does in the next step.
func (b *batch) plan() {
	b.parts = b.parts[:0]
	rows, spare := b.rows, b.outs-b.slots // of logits beyond one for each
	var readers []*sequence
	writing := 0
	for _, s := range b.live {
		s.want, s.outs = 0, 0
		switch {
		case s.waits():
		case s.pending() == 1:
			s.want, s.outs = 1, 1
			writing++
			rows--
		default:
			readers = append(readers, s)
		}
	}
	budget := rows
	if writing > 0 {
		budget = min(budget, b.chunk)
	}
	share(readers, budget, func(s *sequence, n int) {
		if s.echoes() {
			n = min(n, spare+1)
			s.outs = n
			spare -= n - 1
		} else if n == s.pending() {
			s.outs = 1
		}
		s.want = n
		rows -= n
	})
	guess := min(spare, rows, maxGuess-writing)
	for i := 0; i < len(b.live); i++ { // the oldest take their pages first
		s := b.live[i]
		if s.want == 0 {
			continue
		}
		if !b.room(s, s.want) {
			break // s was the youngest, and is no more
		}
		p := part{s: s, n: s.want, out: b.outRows(), outs: s.outs, echo: s.echoes()}
		if guess > 0 && s.req.Draft && !b.tree.states && s.n > 0 && s.want == 1 {
			p.drafts = s.draft.propose(s.ids, min(guess, s.room-s.n-1))
			if len(p.drafts) > 0 && !s.grow(1+len(p.drafts)) {
				p.drafts = nil
			}
			p.outs += len(p.drafts)
			guess -= len(p.drafts)
		}
		b.parts = append(b.parts, p)
	}
	for i := range b.parts { // now that nobody loses its place any more
		p := &b.parts[i]
		if p.s.n > 0 || p.n < p.s.pending() {
			continue
		}
		for _, f := range b.live {
			if f.leader == p.s && f.fork {
				p.forks = append(p.forks, f)
			}
		}
	}
}

// echoes reports whether tokens of the prompt are still to be reported.
func (s *sequence) echoes() bool { return s.req.Echo && s.echoed < len(s.req.Prompt) }

// maxGuess is how many tokens a step may have besides prompts for guesses to
// be worth their rows. On two cores of a Zen 3, with a 0.6B model in Q4_0, a
// step of 4 tokens took 2.3 times as long as one of a single token and a step
// of 8 took 4.6 times: a few more are cheaper than a step of their own, and
// beyond that each costs the same.
const maxGuess = 8

// share divides budget tokens among readers: half to the oldest, the rest to
// those that have least to read, so that a long prompt neither starves nor
// holds up short ones.
func share(readers []*sequence, budget int, give func(*sequence, int)) {
	if len(readers) == 0 || budget <= 0 {
		return
	}
	oldest := readers[0]
	others := slices.Clone(readers[1:])
	slices.SortStableFunc(others, func(a, b *sequence) int { return cmp.Compare(a.pending(), b.pending()) })
	left := budget - min(oldest.pending(), (budget+1)/2)
	mine := budget - left
	for _, s := range others {
		if n := min(s.pending(), left); n > 0 {
			give(s, n)
			left -= n
		}
	}
	give(oldest, min(oldest.pending(), mine+left))
}

// room makes room for n more tokens of s, from the youngest if need be. It
// is false if that is s.
func (b *batch) room(s *sequence, n int) bool {
	for !s.grow(n) {
		last := b.live[len(b.live)-1]
		b.leave(last)
		last.usage.Restarts++
		b.stats.Restarts++
		last.queued, last.leader = true, nil
		b.queue.push(last, true)
		if last == s {
			return false
		}
	}
	return true
}

// speak turns a part's logits into tokens. It touches nothing but the
// sequences of the part.
func (b *batch) speak(p *part, c *chooser) {
	s := p.s
	row := func(i int) []float32 { return b.logits[(p.out+i)*b.vocab:][:b.tokens] }
	done, i := s.at+p.n, 0
	if p.echo {
		i = p.report(c, row)
	}
	if p.err != nil || done < len(s.ids) || s.room == 0 {
		return
	}
	for _, f := range p.forks {
		t, err := f.next(c, row(i))
		p.first, p.errs = append(p.first, t), append(p.errs, err)
	}
	for ; i < p.outs; i++ {
		t, err := s.next(c, row(i))
		if err != nil {
			p.err = err
			return
		}
		p.tokens = append(p.tokens, t)
		k := len(s.ids) - done - 1
		if t.Finish != "" || k >= len(p.drafts) || p.drafts[k] != t.ID {
			return
		}
		p.held++
	}
}

// report makes tokens of the prompt of its logits, and returns the row after
// the last of them.
func (p *part) report(c *chooser, row func(int) []float32) (i int) {
	s := p.s
	prompt := s.req.Prompt
	if s.echoed == 0 {
		p.tokens = append(p.tokens, Token{ID: prompt[0], Prompt: true})
		s.echoed = 1
	}
	for ; i < p.outs && s.at+i+1 < len(prompt); i++ {
		at := s.at + i + 1
		if at < s.echoed { // before its memory was taken
			continue
		}
		z := row(i)
		lp, _, ok := c.measure(z)
		if !ok {
			p.err = ErrNumbers
			return i
		}
		p.tokens = append(p.tokens, Token{ID: prompt[at], Prompt: true, Logprob: lp.of(z[prompt[at]]), Top: c.top(z, lp, s.req.TopLogprobs)})
		s.echoed++
	}
	if s.room == 0 && s.echoed == len(prompt) { // nothing else was asked for
		p.tokens[len(p.tokens)-1].Finish = Cut
	}
	return i
}

// commit books what a part has done and reports its tokens.
func (b *batch) commit(p *part) {
	s := p.s
	s.advance(s.ids, p.n+p.held)
	if n := len(p.drafts); n > 0 {
		s.draft.learn(n, p.held)
		s.usage.Drafted += n
		s.usage.Accepted += p.held
		b.stats.Drafted += int64(n)
		b.stats.Accepted += int64(p.held)
	}
	for i, f := range p.forks { // the prompt of s is theirs too
		before := f.at
		f.leader = nil
		f.copyOf(&s.holding, b.copyPage)
		f.cached(f.at - before)
		if err := p.errs[i]; err != nil {
			b.say(f, nil, err)
		} else {
			b.say(f, p.first[i:i+1], nil)
		}
	}
	b.say(s, p.tokens, p.err)
}

// say reports tokens of s and ends it if one of them or err does.
func (b *batch) say(s *sequence, list []Token, err error) {
	for _, t := range list {
		if !t.Prompt {
			b.stats.Tokens++
			if s.usage.First == 0 {
				s.usage.First = max(1, time.Since(s.came))
			}
		}
		if t.Finish != "" {
			b.end(s, t, nil)
			return
		}
		s.emit(t, nil)
	}
	if err != nil {
		b.end(s, Token{}, err)
	}
}

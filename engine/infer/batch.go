package infer

import (
	"cmp"
	"slices"
	"time"

	"suiren/engine/model"
	"suiren/engine/tensor"
)

// A stepper runs a model forward: *model.Decoder, and in tests a definition
// that knows what every page must hold.
type stepper interface {
	Step(p *model.Pages, seqs []model.Seq, logits []float32) error
}

// A sequence is a request in the queue or in the batch.
type sequence struct {
	voice
	holding
	emit    func(Token, error) // called once with an error or a last token, and then no more
	echoed  int                // tokens of the prompt that were reported
	draft   drafter
	usage   Usage
	came    time.Time
	queued  bool
	running bool

	leader *sequence // reads pages that this one waits for
	common int       // how many
	fork   bool      // the leader's prompt is this one's too

	want int // tokens to read in the next step
	outs int // logits after the last of them
}

// pending returns how many tokens are not read yet: one, of a sequence that
// is being written.
func (s *sequence) pending() int { return len(s.ids) - s.at }

// A batch runs requests together. Nothing in what it does for one shows in
// what another gets.
//
// Of every step, tokens that are being written come first; what is left goes
// to prompts, in chunks while anything is being written. A sequence takes
// pages as it grows. It is admitted if there are pages for what it has, and
// for a few more of it and of each that runs; if they end all the same,
// the youngest gives up its own, waits, and reads itself again: its tokens
// stay what they are.
type batch struct {
	batchSize
	dec      stepper
	pages    *model.Pages
	copyPage func(class int, dst, src int32)
	close    func()
	tree     *tree
	queue    *queue
	live     []*sequence // in the order of admission
	team     *tensor.Team
	choosers []*chooser
	logits   []float32 // (outs, V)
	seqs     []model.Seq
	parts    []part
	stats    Stats
}

// batchSize is what a batch can hold.
type batchSize struct {
	vocab   int
	slots   int // sequences
	limit   int // tokens of a sequence
	rows    int // tokens of a step
	chunk   int // of them, tokens of prompts while something is written
	outs    int // logits of a step; at least slots
	ahead   int // pages that a sequence is given room for when one is admitted
	workers int
	memory  bool // limit is that of the pages
}

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

func newBatch(z batchSize, dec stepper, t *tree, logits []float32) *batch {
	b := &batch{batchSize: z, dec: dec, tree: t, queue: newQueue(), team: tensor.NewTeam(z.workers), logits: logits}
	for range b.team.Size() {
		b.choosers = append(b.choosers, newChooser(z.vocab))
	}
	return b
}

// newSequence returns a checked request as a sequence that add queues.
func newSequence(r *Request, limit int, emit func(Token, error)) *sequence {
	return &sequence{voice: newVoice(r, limit), emit: emit, came: time.Now(), usage: Usage{Prompt: len(r.Prompt)}}
}

func (b *batch) add(s *sequence) {
	s.queued = true
	b.queue.push(s, false)
}

// drop lets go of a request that nobody waits for.
func (b *batch) drop(s *sequence) {
	switch {
	case s.queued:
		s.queued = false
		b.queue.remove(s)
	case s.running:
		b.leave(s)
	}
}

// leave takes s out of the batch and frees what it holds.
func (b *batch) leave(s *sequence) {
	s.running = false
	s.release()
	b.queue.done(s)
	b.live = slices.DeleteFunc(b.live, func(o *sequence) bool { return o == s })
	for i, o := range b.live {
		if o.leader == s {
			o.alone()
			b.follow(o, b.live[:i])
		}
	}
}

// end ends s with its last token or an error.
func (b *batch) end(s *sequence, t Token, err error) {
	if err == nil {
		s.usage.Tokens, s.usage.Thought, s.usage.Pages = s.n, s.thought, s.peak
		t.Usage = &s.usage
		b.stats.PromptTokens += int64(s.usage.Prompt)
		b.stats.CachedTokens += int64(s.usage.Cached)
	}
	b.leave(s)
	s.emit(t, err)
}

// admit moves sequences from the queue into the batch.
func (b *batch) admit() {
	for len(b.live) < b.slots {
		s := b.queue.peek()
		if s == nil || len(b.live) > 0 && !b.fits(s) {
			return
		}
		b.queue.pop(s)
		s.queued, s.running = false, true
		b.start(s)
	}
}

// soon returns the pages that s will hold soon.
func (b *batch) soon(s *sequence) int {
	most := len(s.req.Prompt) + s.room
	return pagesOf(min(len(s.ids)+b.ahead*pageTokens, most))
}

func pagesOf(n int) int { return (n + pageTokens - 1) / pageTokens }

// fits reports whether there is memory for s beside those that run.
func (b *batch) fits(s *sequence) bool {
	need := b.soon(s)
	for _, o := range b.live {
		need += b.soon(o) - len(o.full)
	}
	have := b.tree.room()
	if !s.req.Echo {
		path, resume, _, _ := b.tree.match(b.tree.root(s.req.Adapter), s.ids, (len(s.ids)-1)/pageTokens)
		for _, n := range path[:resume] {
			if need--; n.users == 0 {
				have--
			}
		}
	}
	return need <= have
}

// start gives s what is held of its prompt.
func (b *batch) start(s *sequence) {
	s.holding = holding{tree: b.tree, root: b.tree.root(s.req.Adapter), peak: s.peak}
	first := s.usage.Queued == 0 && s.usage.Restarts == 0
	if first {
		s.usage.Queued = time.Since(s.came)
	}
	if s.req.Echo { // logits are not kept: every token is read
		s.usage.Miss = Echoed
	} else {
		shared, why := s.adopt(s.ids)
		if first {
			s.usage.Cached, s.usage.Shared, s.usage.Miss = s.at, shared, why
		}
		b.follow(s, b.live)
	}
	last := (len(s.req.Prompt) - 1) / pageTokens
	s.point(last - 1) // the prompt's last words may be the template's
	s.point(last)
	b.live = append(b.live, s)
}

// follow has s wait for the one of the others that is reading most of what s
// has to read.
func (b *batch) follow(s *sequence, others []*sequence) {
	if s.req.Echo || s.n > 0 || !s.whole() {
		return
	}
	best := s.at
	for _, o := range others {
		if o.req.Adapter != s.req.Adapter || o.req.Echo || o.pending() == 0 {
			continue
		}
		same := 0
		for same < min(len(o.ids), len(s.ids)) && o.ids[same] == s.ids[same] {
			same++
		}
		fork := same == len(s.ids) && o.n == 0 && len(o.ids) == same
		if n := min(same, len(s.ids)-1) / pageTokens; n*pageTokens > max(best, o.at) || fork {
			s.leader, s.common, s.fork = o, n, fork
			o.point(n)
			if best = n * pageTokens; fork {
				return
			}
		}
	}
}

// waits reports whether s leaves its prompt to another for now.
func (s *sequence) waits() bool {
	l := s.leader
	switch {
	case l == nil:
		return false
	case s.fork && l.n == 0 || !s.fork && l.at < s.common*pageTokens:
		return true
	}
	s.alone()
	return false
}

// alone takes what the leader has read.
func (s *sequence) alone() {
	before := s.at
	s.leader = nil
	s.adopt(s.ids)
	s.cached(s.at - before)
}

// cached counts tokens of the prompt that s need not read.
func (s *sequence) cached(n int) {
	if s.usage.Restarts == 0 {
		s.usage.Cached += n
	}
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
		if guess > 0 && s.req.Draft && s.n > 0 && s.want == 1 {
			p.drafts = s.draft.propose(nil, s.ids, min(guess, s.room-s.n-1))
			if len(p.drafts) > 0 && !s.grow(1+len(p.drafts)) {
				p.drafts = nil
			}
			p.outs += len(p.drafts)
			guess -= len(p.drafts)
		}
		if s.n == 0 && p.n == s.pending() {
			for _, f := range b.live {
				if f.leader == s && f.fork {
					p.forks = append(p.forks, f)
				}
			}
		}
		b.parts = append(b.parts, p)
	}
}

// echoes reports whether tokens of the prompt are still to be reported.
func (s *sequence) echoes() bool { return s.req.Echo && s.echoed < len(s.req.Prompt) }

// maxGuess is how many tokens a step may have besides prompts for guesses to
// be worth their rows: more cost about as much each as one alone.
const maxGuess = 16

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
	row := func(i int) []float32 { return b.logits[(p.out+i)*b.vocab:][:b.vocab] }
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
		b.say(f, []Token{p.first[i]}, p.errs[i])
	}
	b.say(s, p.tokens, p.err)
}

// say reports tokens of s and ends it if one of them or err does.
func (b *batch) say(s *sequence, list []Token, err error) {
	if err != nil {
		b.end(s, Token{}, err)
		return
	}
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
}

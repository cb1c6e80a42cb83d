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
	vocab   int // rows of the embeddings
	tokens  int // of them, those that are tokens; 0: all
	slots   int // sequences
	limit   int // tokens of a sequence
	rows    int // tokens of a step
	chunk   int // of them, tokens of prompts while something is written
	outs    int // logits of a step; at least slots
	ahead   int // pages that a sequence is given room for when one is admitted
	workers int
	memory  bool // limit is that of the pages
}

func newBatch(z batchSize, dec stepper, t *tree, logits []float32) *batch {
	z.tokens = cmp.Or(z.tokens, z.vocab)
	b := &batch{batchSize: z, dec: dec, tree: t, queue: newQueue(), team: tensor.NewTeam(z.workers), logits: logits}
	for range b.team.Size() {
		b.choosers = append(b.choosers, newChooser(z.tokens))
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
		s.usage.Tokens, s.usage.Thought, s.usage.Steered, s.usage.Pages = s.n, s.thought, s.steered, s.peak
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
		path, resume := b.tree.match(b.tree.root(owner{s.req.Adapter, s.req.Tenant}), s.ids, (len(s.ids)-1)/pageTokens)
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
	s.holding = holding{tree: b.tree, root: b.tree.root(owner{s.req.Adapter, s.req.Tenant}), peak: s.peak}
	first := s.usage.Restarts == 0
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

package train

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"suiren/engine/infer"
	"suiren/engine/kernel"
	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/unread"
)

// What an operation of a kind takes, in operations at the measured peak,
// fitted to steps of training of 32 to 2,048 channels and vocabularies of 300
// to 152,000 (docs/numerics.md).
const (
	linearToil    = 1.2  // matrices of the blocks
	integerToil   = 1    // forward, of quantised ones
	bytesToil     = 0.45 // the same with tile units: of the K types 0.35, of others 0.6
	frozenToil    = 1.25 // back through frozen ones
	attentionToil = 2.1
	stateToil     = 10 // states, forward
	stateBackToil = 60 // back
	headToil      = 1.6
	logitToil     = 32   // the loss of a logit
	elementToil   = 1700 // all else of a token, a layer and a channel of the width and of the feed-forward width
	unpackToil    = 150  // a frozen weight, once for all rows at a time
	adapterToil   = 13   // a number of an adapter and a token
	paramToil     = 400  // a number that is trained: the optimiser, and packing
	eightToil     = 900  // more of it, where the optimiser remembers in 8 bits
	muonToil      = 1.5  // products that make a step of Muon orthogonal
	sampleToil    = 1.8  // products of tokens that are written, many answers at a time
	sampleToken   = 4e5  // all else of such a token, a layer
	sampleLook    = 45   // a token that it looks at, a layer and a channel
	proofToil     = 1500 // a logit that is compared, in one thread
)

// How far from what is foretold a quiet machine may be.
const leastTime, mostTime = 0.8, 1.25

// A workload is rows to be trained on: how many, and what one of them is like.
type workload struct {
	rows       float64
	docs       []int // lengths of a row's documents
	supervised int   // tokens of a row
	length     int   // of the longest row there may be
}

// tokens is the tokens of all rows.
func (w *workload) tokens() (n float64) {
	for _, d := range w.docs {
		n += float64(d)
	}
	return n * w.rows
}

// loadOf is rows of length tokens with so many in all, in documents of about
// each tokens, of which a part is learnt.
func loadOf(tokens float64, length, each int, part float64) workload {
	length = max(length, 1)
	n := max(length/max(each, 1), 1)
	w := workload{rows: tokens / float64(length), supervised: int(part * float64(length)), length: length}
	for range n {
		w.docs = append(w.docs, length/n)
	}
	return w
}

// packed is how many documents each row of at most length tokens holds, if documents of
// such sizes are packed into rows in order: none goes back into a row behind which
// another was begun.
func packed(sizes []int, length int) (counts []int) {
	used := 0
	for i, n := range sizes {
		if used += n; i == 0 || used > length {
			counts, used = append(counts, 0), n
		}
		counts[len(counts)-1]++
	}
	return counts
}

// rowsLoad is the load of a step that makes rows: counted, if it was run.
func rowsLoad(f stage.Forecast) workload {
	length := max(int(f.Size["length"]), 1)
	if info, err := stage.ReadRowsInfo(f.Path); err == nil && info.Rows > 0 && info.Documents > 0 {
		rows := float64(info.Rows)
		each := max(int(info.Tokens/info.Documents), 1)
		w := loadOf(1, int(float64(info.Tokens)/rows), each, float64(info.Supervised)/float64(info.Tokens))
		w.rows, w.length = rows, info.Length
		return w
	}
	if docs := f.Size["documents"]; docs > 0 && f.Size["rows"] > 0 {
		tokens, rows := f.Size["tokens"], f.Size["rows"]
		w := loadOf(1, int(tokens/rows), int(tokens/docs), f.Size["supervised"]/tokens)
		w.rows, w.length = rows, length
		return w
	}
	tokens := max(f.Size["tokens"], f.Size["rows"]*f.Size["length"])
	if f.Size["text"] > 0 {
		return loadOf(tokens, length, length, 1)
	}
	return loadOf(tokens, length, problemTokens, answerShare)
}

// prompts is the tokens of those documents that the parity proof reads.
func (w *workload) prompts() float64 {
	if len(w.docs) == 0 {
		return sentenceTokens
	}
	return min(maxPrompts, max(w.rows, 1)*float64(len(w.docs))) * min(promptTokens, float64(w.docs[0]))
}

// A way is how rows are learnt.
type way struct {
	batch   int // rows a step
	micro   int // rows at a time
	again   bool
	rank    int  // of adapters; 0: everything is learnt
	integer bool // the frozen matrices are quantised
	turns   bool // and the way back through them is by integers, too
	muon    bool
	eight   bool         // the optimiser's memory is of 8 bits
	split   kernel.Split // of what numbers the products of gradients are
	tiles   bool         // the machine has tile units
	threads int
	passes  float64 // over the rows
	reads   float64 // of a row in a pass, without learning from it
}

// passesOf is how often a run of so many epochs goes through n of what it
// learns from, with batch a step: its last step is whole, too.
func passesOf(n float64, batch, epochs int) float64 {
	n = max(n, 1)
	return max(math.Ceil(n*float64(max(epochs, 1))/float64(batch)), 1) * float64(batch) / n
}

// flops is the operations of training on w, as a run counts them.
func (w *workload) flops(s *model.Shape, k *way) float64 {
	each := 3.0
	if k.rank > 0 {
		each = 2
	}
	sum := w.rows * (each + k.reads) * s.FLOPs(w.docs, w.supervised)
	if k.muon {
		sum += w.rows / float64(k.batch) * muonFLOPs(s)
	}
	return k.passes * sum
}

// A rowToil is the operations of one row, of a forward pass, by their kinds.
type rowToil struct{ linear, attention, states, head, logits, elements float64 }

func (w *workload) kinds(s *model.Shape) (r rowToil) {
	row := workload{rows: 1, docs: w.docs}
	tokens := row.tokens()
	r.linear = 2 * tokens * weightsOf(s)
	r.states = s.StateFLOPs(w.docs)
	r.attention, r.head = s.FLOPs(w.docs, 0)-r.linear-r.states, s.FLOPs(nil, w.supervised)
	r.logits, r.elements = float64(w.supervised)*float64(s.Vocab), tokens*float64(s.Layers)*float64(s.Width+max(s.Chosen, 1)*s.Hidden+s.Shared)
	return r
}

// read is what it takes to read a row.
func (r *rowToil) read(forward float64) float64 {
	return forward*r.linear + attentionToil*r.attention + stateToil*r.states + headToil*r.head + (logitToil*r.logits+elementToil*r.elements)/3
}

// forward is what a product forward takes.
func (k *way) forward() float64 {
	switch {
	case k.integer && k.tiles:
		return bytesToil
	case k.integer:
		return integerToil
	}
	return linearToil
}

// judging is what it takes to read w.
func (w *workload) judging(s *model.Shape, k *way) float64 {
	r := w.kinds(s)
	return k.passes * w.rows * r.read(k.forward())
}

// toil is what training on w takes, in operations at the peak.
func (w *workload) toil(s *model.Shape, k *way) float64 {
	r := w.kinds(s)
	blocks, head := k.back()
	learn, trained := (1+2*blocks)*linearToil*r.linear+(1+2*head)*headToil*r.head+3*attentionToil*r.attention+logitToil*r.logits+elementToil*r.elements, float64(s.Params())
	if k.rank > 0 {
		trained = adapterParams(s, k.rank)
		row, micro := workload{rows: 1, docs: w.docs}, float64(max(k.micro, 1))
		groups := max(float64(w.supervised)/float64(max(1<<21/s.Vocab, kernel.KC)), 1/micro) // of logits: for each the head is unpacked
		learn = k.forward()*(r.linear+r.head) + frozenToil*(blocks*r.linear+head*r.head) + 3*attentionToil*r.attention + logitToil*r.logits + elementToil*r.elements +
			adapterToil*row.tokens()*trained + unpackToil*((weightsOf(s)+unasked(s))/micro+groups*float64(s.Vocab*s.Width))
	}
	learn += (stateToil + stateBackToil) * r.states
	if k.again {
		learn += k.forward()*r.linear + stateToil*r.states
	}
	if k.rank == 0 {
		learn *= idle(k.micro, k.threads)
	}
	each := paramToil * trained
	if k.eight {
		each += eightToil * trained
	}
	if k.muon {
		each += muonToil * muonFLOPs(s)
	}
	return k.passes * (w.rows*(learn+k.reads*r.read(k.forward())) + w.rows/float64(k.batch)*each)
}

// idle is how much longer rows take of which each belongs to one worker.
func idle(rows, threads int) float64 {
	rows, threads = max(rows, 1), max(threads, 1) // of a run that does not fit there are none
	return float64((rows+threads-1)/threads*threads) / float64(rows)
}

// weightsOf is the weights of the blocks' matrices, as far as a token is
// multiplied by them.
func weightsOf(s *model.Shape) float64 {
	one := []int{1}
	return (s.FLOPs(one, 0)-s.StateFLOPs(one))/2 - 2*float64(s.Attends()*s.Heads*s.HeadDim)
}

// unasked is the weights of the experts that a token does not ask.
func unasked(s *model.Shape) float64 {
	return float64((s.Experts-s.Chosen)*s.Layers) * 3 * float64(s.Width*s.Hidden)
}

// adapterParams is the numbers of adapters of every matrix of the blocks that
// can have one: experts cannot.
func adapterParams(s *model.Shape, rank int) float64 {
	trained, _ := (&model.LoRA{Rank: rank, Alpha: 1}).Params(s)
	return float64(trained)
}

// muonFLOPs is the operations of a step of Muon, as optim counts them.
func muonFLOPs(s *model.Shape) (sum float64) {
	for _, t := range s.Matrices() {
		r, c := float64(min(t.Shape[0], t.Shape[1])), float64(max(t.Shape[0], t.Shape[1]))
		sum += 5 * 2 * (2*r*r*c + r*r*r)
	}
	return sum
}

// writing is what it takes to write n answers of so many tokens each, to
// prompts that are read apart.
func writing(s *model.Shape, n, prompt, answer float64) float64 {
	each := sampleToken + sampleLook*(prompt+answer/2)*float64(s.Heads*s.HeadDim)
	return n * answer * (sampleToil*2*(weightsOf(s)+float64(s.Vocab*s.Width)) + each*float64(s.Layers))
}

// proof is what the gate takes to compare prompts of so many tokens in all,
// which it reads twice, one after the other.
func (b *footing) proof(tokens float64, threads int) float64 {
	s := &b.shape
	each := 2*linearToil*2*(weightsOf(s)+float64(s.Vocab*s.Width)) + proofToil*float64(s.Vocab)
	return tokens * each * float64(max(threads, 1))
}

// copyToil is what it takes to write a weight in a type, to read it again and to
// compare it, one after the other for half of it.
var copyToil = map[model.Mixture]float64{
	model.AsF32: 5000, model.AsF16: 4000, model.AsBF16: 4000, model.AsQ8_0: 4000, model.AsQ4_0: 8000, model.AsQ6_K: 14000, model.AsQ5_K_M: 15000, model.AsQ4_K_M: 15000,
	model.AsQ3_K_M: 15000,
}

// copying is what it takes to write b's weights in another type, in the files made, if they
// are known: blocks of 32 take as long as those of Q8_0.
func (b *footing) copying(x model.Mixture, made any, threads int) float64 {
	n, instead := float64(b.shape.Params()), float64(insteadOf(made).Weights)
	return (copyToil[orMixture(x)]*(n-instead) + copyToil[model.AsQ8_0]*instead) * float64(1+max(threads, 1)) / 2
}

// looksOf is how often a run of so many steps looks at what is watched.
func looksOf(steps float64) float64 {
	steps = max(math.Ceil(steps), 1)
	return math.Floor(steps / max(math.Floor(steps/watchLooks), 1))
}

// sentenceTokens is what the gate reads if there are no rows, about.
const sentenceTokens = 180

// size is what a step that goes on from b tells those after it.
func (b *footing) size() map[string]float64 {
	list := sizeOf(&b.shape)
	list["params"] = b.params
	if b.brought {
		list["brought"] = 1
	}
	if w := b.speech(); w != nil && w.Mute() || w == nil && b.silent {
		list["mute"] = 1
	}
	return list
}

// sizeOf is what a step that makes a model of shape s tells those after it.
func sizeOf(s *model.Shape) map[string]float64 {
	return map[string]float64{"params": float64(s.Params()), "vocab": float64(s.Vocab)}
}

// model is the files that a step makes of b in type x, for those after it; nil: that is
// not known.
func (b *footing) model(x model.Mixture) any {
	at, err := b.files()
	if err != nil {
		return nil
	}
	defer at.Close()
	return unmade(at.File.As(orMixture(x)))
}

// unmade is files that are to be made, if they can be told.
func unmade(f *model.File, err error) any {
	if err != nil {
		return nil // it is told when they are made
	}
	return f
}

// A footing is what is known of a base: its files, or what was foretold of it.
type footing struct {
	unmade  *model.File // what its files will be; nil: they are made, or it is not known
	shape   model.Shape
	params  float64
	reads   int          // tokens; 0: that is not known
	integer bool         // its matrices are quantised
	turns   bool         // in types through which the way back is by integers, too
	file    string       // its files; "": they are not made yet
	wordsAt string       // where a model with its words lies; "": none is at hand
	chat    bool         // a folder of our own form, or its parameters as those of one
	brought bool         // it goes back to a model that someone brought
	silent  bool         // it was foretold to be mute
	words   *talk.Words  // its own, once they were asked for
	room    int          // tokens of what is counted, at most; 0: as many as are read
	direct  bool         // … without its thoughts
	any     bool         // … until there is one that has room
	wrong   []*say.Error // it cannot be trained
	whole   []*say.Error // … but by adapters
	bad     []*say.Error // it cannot be read, either
}

// known reports whether b has the shape of its base, and not one of about as
// many parameters.
func (b *footing) known() bool { return b.file != "" || b.unmade != nil }

// errUnknown: neither are there files of a base, nor is it known what they will be.
var errUnknown = errors.New("nothing is known of the base")

// files opens those of b, or what they will be.
func (b *footing) files() (*brought, error) {
	switch {
	case b.file != "":
		file, err := model.Open(b.file)
		return &brought{File: file}, err
	case b.unmade != nil:
		return &brought{File: b.unmade}, nil
	}
	return nil, errUnknown
}

// own reports whether the base was trained here from random weights.
func (b *footing) own() bool { return !b.brought }

// footingOf looks a base up.
func footingOf(in []stage.Forecast) (b footing) {
	b = footing{shape: model.Shape{Config: scaleOf(1e6), Tied: true}, params: 1e6, chat: true}
	for _, f := range in {
		b.wordsAt = cmp.Or(f.Path, f.WordsPath)
		if b.open(f.Path) {
			return b
		}
		b.params = orDefault(max(f.Size["params"], f.Size["bytes"]/2), 1e6) // two bytes each, about
		b.silent = f.Size["mute"] > 0
		b.chat, b.brought = f.Size["bytes"] == 0, f.Size["bytes"]+f.Size["brought"] > 0
		b.shape.Config = scaleOf(b.params)
		if file, ok := f.Model.(*model.File); ok && b.takes(&brought{File: file, looked: true}) {
			b.unmade, b.chat = file, b.own() && !b.integer // quantised it is a GGUF file
		}
	}
	return b
}

// speech is the words of the base; nil: they are not known.
func (b *footing) speech() *talk.Words {
	if b.words == nil && b.wordsAt != "" {
		b.words, _ = talk.Open(b.wordsAt) // what is wrong with them is told when they are used
	}
	return b.words
}

// serving is what an engine over b takes with keys and values of up to memory,
// and how much of that is never touched by so many tokens.
func (b *footing) serving(o infer.Options, memory int64, tokens float64) (bytes, idle int64) {
	pages, rest := infer.SamplerBytes(b.shape.Config, o.Slots, o.Limit, o.Threads)
	bytes = int64(4*b.params) + pages + rest
	if at, err := b.files(); err == nil {
		defer at.Close()
		if _, takes, err := within(at.File, o, memory); err == nil {
			bytes, pages = takes.Total(), takes.Pages
		}
	}
	full, window := model.PageBytes(&b.shape, o.KV)
	return bytes, max(pages-int64(tokens/model.PageTokens*float64(full+window)), 0)
}

// context is the most tokens of a document that is learnt over b.
func (b *footing) context() int {
	if b.file == "" && b.shape.Context == 0 {
		return mostTokens
	}
	return min(b.shape.Context, mostTokens)
}

// most is the most tokens that b reads.
func (b *footing) most() int { return orDefault(b.reads, mostTokens) }

// untrained is why a base is not trained: all of it or, frozen, by adapters.
func (b *footing) untrained(frozen bool) []*say.Error {
	if frozen {
		return b.wrong
	}
	return slices.Concat(b.wrong, b.whole)
}

// cannot notes why a base is not trained, if err says it for people.
func (b *footing) cannot(err error) {
	bad, ok := errors.AsType[*say.Error](err)
	if !ok {
		return // it is told when the base is used
	}
	b.wrong = []*say.Error{bad}
	if _, only := errors.AsType[*model.UntrainedError](err); !only {
		b.bad = b.wrong
	}
}

// open reads the shape of the files at path.
func (b *footing) open(path string) bool {
	if path == "" {
		return false
	}
	file, err := model.Open(talk.Path(path))
	if err != nil {
		b.cannot(unread.Error("base", path, err))
		return false
	}
	defer file.Close()
	if b.words, err = talk.Open(b.wordsAt); err != nil {
		b.cannot(unread.Error("base", path, err))
		return false
	}
	if err := file.Shape.CheckWords(b.words.Tokenizer.Vocab()); err != nil && file.Encoder == nil {
		b.cannot(unread.Error("base", path, err))
		return false
	}
	if !b.takes(&brought{File: file, path: path}) {
		return false
	}
	b.file, b.chat = talk.Path(path), tokenizer.IsChat(path)
	if b.brought = !b.chat; b.brought { // a GGUF file may be of our own, too
		w := b.speech()
		b.brought = w == nil || !w.Own()
	}
	return true
}

// takes takes over what the files of base tell.
func (b *footing) takes(base *brought) bool {
	shape, err := base.trainShape(true)
	if err != nil {
		b.cannot(err)
		return false
	}
	if _, err := base.trainShape(false); err != nil {
		if bad, ok := errors.AsType[*say.Error](err); ok {
			b.whole = []*say.Error{bad}
		}
	}
	b.shape, b.params, b.reads, b.integer, b.turns = shape, float64(shape.Params()), shape.Context, base.Quantised(), base.Turns()
	return true
}

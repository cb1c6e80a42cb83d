package train

import (
	"cmp"
	"math"
	"slices"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// forecast foretells a run over rows. A base that is at hand is looked into,
// so that its memory is that of the run.
func (o *own) forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	b := footingOf(in["base"])
	w, bad := workload{length: exampleLength}, []*say.Error(nil)
	misfits := o.foretellAdapter(in, &b)
	for _, f := range in["from"] {
		w = rowsLoad(f)
	}
	var t tally
	if list := in["examples"]; len(list) > 0 { // not yet in tokens
		t = tallyOf(list, &b)
		w, bad = t.loadPacked(min(b.context(), max(t.longest, exampleLength))), t.refused(in, stage.UseChats, "examples", o.examples, &b)
		o.held = int64((tokenBytes + rowBytes) * t.tokens)
	}
	row := w.length
	if len(in["examples"]) > 0 && !t.known(&b) {
		row = b.context() // at most
	}
	held := watchedIn(in, b, row)
	if bad = append(bad, held.unfitWatched(row)...); len(in["examples"]) > 0 { // rows may learn other turns than answers
		bad = append(bad, held.unmeasured(&b)...)
	}
	batch := o.batch
	if w.rows > 0 {
		batch = o.batchOf(int(math.Ceil(w.rows)))
	}
	k := way{batch: batch, micro: microRows, integer: b.integer, turns: b.turns, threads: m.Threads, passes: passesOf(w.rows, batch, o.epochs), muon: o.optimizer == "muon", eight: o.optimizer == "adamw8", split: o.split, tiles: m.Tiles}
	f := stage.Forecast{Size: b.size(), WordsPath: b.wordsAt, Wrong: slices.Concat(b.untrained(o.lora != nil), b.unwritable(o.typ), unfitRows(in["from"], namedWords(in["base"]), &b), unfit(in, stage.UseChats, "examples", "watch"), o.unspoken(in, &b), bad, misfits)}
	if o.lora != nil {
		o.foretellForm(&f, &b)
		k.rank, k.muon = o.lora.Rank, false
		if bad := o.wrongTargets(&b); bad != nil {
			f.Wrong = append(f.Wrong, bad)
		}
	} else {
		f.Model = b.model(o.typ)
	}
	if o.ours > 0 && b.own() {
		o.rate = o.ours / float64(b.shape.Width)
	}
	pace := paced(o.settings(), cmp.Or(o.schedule, "linear"), o.warm(), o.usual(b.own(), b.shape.Width))
	each := say.T("%d rows a step", "每步 %d 行", batch)
	f.Derived = say.T("%v, %v", "%v，%v", each, pace)
	if w.rows > 0 {
		f.Derived = o.lasting(each, pace, int(math.Round(w.rows*k.passes/float64(batch))), len(in["watch"]) > 0)
	}
	f.Derived = held.remarkWatched(t.remarkLeft(f.Derived, stage.UseChats, &b), roomOfRow(row))
	f.Derived, f.Rough = alsoInstead(o.adapters(&b, f.Derived), f.Model), t.rough
	o.watched = len(in["watch"]) > 0
	o.foretellMemory(&f, &b, &k, w.length, m)
	k.micro = min(k.micro, batch)
	f.FLOPs = w.flops(&b.shape, &k)
	toil := w.toil(&b.shape, &k) + b.proof(w.prompts(), m.Threads)
	if len(in["watch"]) > 0 {
		toil += w.looking(&b.shape, &k)
	}
	if k.rank == 0 {
		toil += b.copying(o.typ, f.Model, m.Threads)
	}
	setTime(&f, toil, m)
	if len(in["examples"]) > 0 {
		f.Derived = b.standIn(f.Derived)
	}
	k.remark(&f, m, func(k *way) float64 { return w.toil(&b.shape, k) }, func(k *way, gradients string) bool {
		fits := o.otherwise(k, gradients, &b, w.length, m)
		k.micro = min(k.micro, batch)
		return fits
	})
	return f
}

// foretellMemory sets the memory of a run over b with rows of up to length
// tokens: that of the run where b's files are at hand, or it is known what they will be, else about as much. What it
// finds of the way is left in k.
func (o *own) foretellMemory(f *stage.Forecast, b *footing, k *way, length int, m stage.Machine) {
	if at, err := b.files(); err == nil {
		defer at.Close()
		if o.foretellOver(f, at, k, min(length, at.Shape.Context), m) == nil {
			return
		}
	}
	o.foretellOver(f, b, k, length, m) // of a guess there is no error
}

// foretellOver is foretellMemory over a base that is looked into, or guessed.
func (o *own) foretellOver(f *stage.Forecast, b base, k *way, length int, m stage.Machine) error {
	tr, fits, err := o.fit(b, length, m)
	if err != nil {
		return err
	}
	k.micro, k.again = tr.Rows, tr.Recompute
	beside := processBytes + o.held
	f.Memory = o.need + beside
	if !fits { // a tenth of the memory is left alone
		f.Memory = max(f.Memory, o.need*10/9+1)
		f.Smaller = o.smaller(b, length, m)
	} else if files, ok := b.(*brought); o.watched && (ok || o.isWhole()) {
		if peak, _, err := o.peak(files, length, m); err == nil {
			f.Memory = peak + beside
		}
	}
	return nil
}

// bytes is about the memory of a run over b, of which no more than the size is known.
func (b *footing) bytes(o *own, _ model.Training) (int64, error) {
	return leastBytes(b.params, o.half, o.optimizer, o.rank()) + o.beside, nil
}

// keptBytes is what a weight takes in a copy of all of them.
func keptBytes(half bool) int64 {
	if half {
		return 2
	}
	return 4
}

// oursBytes is the memory of a run over all weights of a model of our own.
func oursBytes(c model.Config, o model.Training, optimizer string) int64 {
	o.Length = max(o.Length, 1)
	return 4*int64(o.Floats(c)) + momentBytes(int64(c.Params()), optimizer) + processBytes
}

// processBytes is what the process holds beside arenas: the program, rows that are
// read, and what Go has not taken back, 50 MiB of a training alone to 107 behind the blocks before it, beside a server.
const processBytes = 112 << 20

// tokenBytes is what a token of examples that are kept in memory takes, with what
// Go has not taken back; rowBytes is what it takes again in the row that it is
// packed into. Rows of a tokens block stay in their file.
const (
	tokenBytes = 14
	rowBytes   = 8
)

// recordBytes is what a problem that is kept in memory takes beside its text, of whose
// pieces each has a place of its own.
const recordBytes = 200

// records is about what the problems of a run take, all of which are kept.
func (t *tally) records(b *footing) float64 {
	return t.docs*recordBytes + t.tokens*b.bytesPerToken()
}

// recordsOf is the same of problems that were read.
func recordsOf(list []stage.Problem) (bytes int) {
	for i := range list {
		p := &list[i]
		bytes += recordBytes + len(p.Prompt) + len(p.Think) + len(p.Answer)
	}
	return bytes
}

// momentBytes is what an optimiser remembers of so many parameters.
func momentBytes(params int64, optimizer string) int64 {
	switch optimizer {
	case "lion":
		return 4 * params
	case "adamw8":
		return 2*params + params/16 // with a scale for every block
	}
	return 8 * params
}

// leastBytes is the memory that training takes whatever the rows: of all
// weights the weights, their gradients and both packed forms, which bfloat16 has
// not, and what the optimiser remembers; of an adapter the base as it is.
func leastBytes(params float64, half bool, optimizer string, rank int) int64 {
	switch {
	case rank > 0:
		return int64(2 * params)
	case half:
		return int64(6*params) + momentBytes(int64(params), optimizer)
	}
	return int64(16*params) + momentBytes(int64(params), optimizer)
}

// Forecast implements stage.Forecaster.
func (g *GRPO) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	b := footingOf(in["base"])
	t := tallyOf(in["problems"], &b)
	prompt := t.asked()
	most := max(min(g.tokens(), b.context()-int(prompt)), 1)
	answer := t.answered(most)
	longest := min(t.ask+g.tokens(), b.context())
	watched := 0.0
	for _, f := range in["watch"] {
		watched = f.Size["watched"]
	}
	o := g.own()
	misfits := o.foretellAdapter(in, &b)
	beside, slimBeside, idle := g.besides(&o, &b, longest, float64(t.ask+g.tokens())*max(float64(g.prompts()*g.samples()), watched), m)
	replay := []*say.Error(nil)
	again, held, row := 0.0, 0.0, longest // tokens of a lesson that is learnt again, of those that are kept, and of a row
	switch {
	case g.weight() == 0:
	case len(in["replay"]) > 0:
		lessons := tallyOf(in["replay"], &b)
		replay = lessons.refused(in, stage.UseChats, "replay", g.Replay, &b)
		again, held, row = lessons.each(), lessons.tokens, max(longest, min(lessons.longest, b.context()))
	case t.learnt > 0:
		again = t.each()
	}
	o.beside, o.slimBeside, o.held = beside, slimBeside, int64(tokenBytes*held+t.records(&b))+sandboxBytes(in["problems"])
	s := newPupil(b, o, row, m)
	s.leave(idle, m)

	// A third of the groups is kept, and for each problem a lesson is learnt again.
	// What is watched is answered before, and every few steps.
	const kept = 0.35
	steps, prompts := float64(g.steps()), float64(g.prompts())
	each := prompts * float64(g.samples())
	load := func(answer float64) workload {
		learnt := kept*each*(prompt+answer) + prompts*again
		return loadOf(learnt*steps, s.length, int(prompt+answer), answer/(prompt+answer))
	}
	w := load(answer)
	s.way.batch, s.way.passes = max(int(w.rows/steps), 1), float64(g.updates())
	if g.general() {
		s.way.reads = 1
	}
	watched *= 1 + math.Ceil(steps/watchEvery)
	asked := loadOf(((steps+1)*prompts+watched)*prompt, s.length, int(prompt), 0)
	s.f.FLOPs = s.flops(&w)
	timed := func(f *stage.Forecast, w workload, answer float64) {
		toil := w.toil(&s.shape, &s.way) + writing(&s.shape, each*(steps+1)+watched, prompt, answer) + asked.judging(&s.shape, &way{integer: s.integer, passes: 1})
		setTime(f, toil+s.writes(m), m)
	}
	owners, none := answersOf(in["problems"])
	upTo := answer
	if b.brought || owners {
		upTo = float64(most)
	}
	answering(&s.f, answer, upTo, func(f *stage.Forecast, answer float64) { timed(f, load(answer), answer) })
	judged(&s.f, in["problems"], each*(steps+1)+watched, m)
	warm := 0.0
	if g.Warmup != nil {
		warm = *g.Warmup
	}
	s.f.Derived = say.T("%d problems a step with %d answers each, %v", "每步 %d 题，每题 %d 个回答，%v", g.prompts(), g.samples(), paced(s.rates(o, g.rate()), "wsd", warm, s.usual(o, new(GRPO).rate())))
	s.f.Derived = o.adapters(&b, s.f.Derived)
	s.remark(&w, m)
	s.f.Wrong = slices.Concat(s.f.Wrong, misfits, unfit(in, stage.UseProblems, "problems", "watch"), unfit(in, stage.UseChats, "replay"))
	for _, base := range in["base"] {
		told, err := readFacts(base.Path)
		if err != nil {
			told = facts{} // the owner's
		}
		known := base.Path != ""
		for _, ad := range in["adapter"] {
			known = known && ad.Path != "" && told.under(ad.Path) == nil
		}
		if known && !g.straight(&told) { // else lessons are read without their thoughts
			s.f.Wrong = append(s.f.Wrong, replay...)
		}
	}
	if none && len(in["replay"]) == 0 && g.Weight != nil && g.weight() > 0 {
		s.f.Wrong = append(s.f.Wrong, &say.Error{Where: "replay_weight", What: say.T("it is without effect: the problems have no answers, and there is no replay", "不起作用：题目没有答案，也没有 replay"),
			Next: say.T("name lessons in replay, add answers to the problems (completion), or leave it out", "请在 replay 中引用例题，为题目加上答案（completion），或省略此项")})
	}
	for _, arg := range []string{"problems", "watch"} {
		most := b.shape.Context
		if !b.chat {
			most = b.context()
		}
		if n := longestAsked(in[arg], &b, arg == "watch"); n > most+talk.MarkTokens { // a switch of thoughts may take some
			s.f.Wrong = append(s.f.Wrong, tooLong(arg, say.T("a problem has %d tokens, and the base reads %d with the answer", "有一道题长 %d 个词元，而基座连同回答最多读 %d 个", n, most)))
		}
	}
	if words := b.speech(); words != nil && g.Think != nil {
		if w, err := words.Writer(); err == nil {
			if bad := unthinking(w, g.Think); bad != nil {
				s.f.Wrong = append(s.f.Wrong, bad)
			}
		}
	}
	return s.f
}

// setTime sets the time that toil takes, and says what it rests on.
func setTime(f *stage.Forecast, toil float64, m stage.Machine) {
	if m.Peak <= 0 {
		f.Basis = say.T("the machine was not measured", "尚未测量本机性能")
		return
	}
	f.Low, f.High = leastTime*toil/m.Peak, mostTime*toil/m.Peak
	if f.FLOPs == 0 {
		f.Basis = say.T("little or nothing is learnt", "几乎没有要学习的内容")
		return
	}
	low, high := 100*f.FLOPs/toil/mostTime, 100*f.FLOPs/toil/leastTime
	f.Basis = say.T("%.2g FLOPs at %.0f–%.0f%% of the measured %.0f GFLOP/s", "%.2g 次浮点运算，按实测峰值的 %.0f–%.0f%%（%.0f GFLOP/s）计", f.FLOPs, low, high, m.Peak/1e9)
}

// answering foretells the time of a run that has answers written, of about so many tokens or up
// to so many: what an owner's answers say little of, and a model that was brought, may go on
// to the limit.
func answering(f *stage.Forecast, answer, upTo float64, timed func(f *stage.Forecast, answer float64)) {
	timed(f, answer)
	switch long := (stage.Forecast{}); {
	case f.High == 0:
	case int(answer) < int(upTo):
		timed(&long, upTo)
		f.High = max(f.High, long.High)
		f.Basis = say.T("%v; answers of about %.0f to %.0f tokens", "%v；每个回答约 %.0f 到 %.0f 个词元", f.Basis, answer, upTo)
	default:
		f.Basis = say.T("%v; answers of about %.0f tokens", "%v；每个回答约 %.0f 个词元", f.Basis, answer)
	}
}

// besides is beside, and the same if a new adapter learnt.
func (g *GRPO) besides(o *own, b *footing, limit int, tokens float64, m stage.Machine) (beside, slimBeside, idle int64) {
	slim := *o
	slim.slim()
	slimBeside, _ = g.beside(&slim, b, limit, 0, m)
	beside, idle = g.beside(o, b, limit, tokens, m)
	return beside, slimBeside, idle
}

// beside is what a run keeps beside what training needs: the best weights, and
// what answers are sampled from. Of that so much is never touched, if so many
// tokens are asked and answered at most from one change of the weights to the next.
func (g *GRPO) beside(run *own, b *footing, limit int, tokens float64, m stage.Machine) (bytes, idle int64) {
	o := infer.Options{Slots: min(g.slots(), 64), Limit: limit, Threads: m.Threads, KV: model.KVFloat32}
	kept := 4 * float64(g.copies()) * float64(run.trained(&b.shape))
	if run.lora == nil {
		kept = float64(4+keptBytes(inHalves(g.Storage))*int64(g.copies())) * b.params
		if b.chat {
			pages, rest := infer.SamplerBytes(b.shape.Config, g.slots(), b.shape.Context, m.Threads)
			touched, _ := infer.SamplerBytes(b.shape.Config, g.slots(), int(tokens/float64(g.slots()))+1, m.Threads)
			return int64(kept) + pages + rest, max(pages-touched, 0)
		}
	}
	bytes, idle = b.serving(o, m.Memory/4, tokens)
	return int64(kept) + bytes, idle
}

// Forecast implements stage.Forecaster.
func (d *Distil) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	teacher, b, o := footingOf(in["teacher"]), footingOf(in["base"]), d.own()
	misfits := o.foretellAdapter(in, &b)
	w, length := loadOf(1e6, exampleLength, problemTokens, answerShare), exampleLength
	for _, f := range in["from"] {
		w = rowsLoad(f)
		length = w.length
	}
	context := b.context() // of the student
	if d.Depth > 0 {
		context = min(teacher.shape.Context, mostTokens)
		if len(in["from"]) > 0 && length > 1 { // it is known
			context = length
		}
	}
	limit, per := min(max(length, context), mostTokens, teacher.context()), 1.0 // of what the teacher reads, and its tokens for one of the student's
	other := d.Depth == 0 && unlike(&b, &teacher)
	if other {
		per = b.bytesPerToken() / teacher.bytesPerToken()
		limit = longestRead(in["from"], &b, &teacher, int(math.Ceil(per*float64(length))))
	}
	n, prompt, answer, upTo := 0.0, 0.0, 0.0, 0.0 // problems, and tokens of each
	load := func(float64) workload { return w }   // what is learnt of answers of so many
	reads, kept := per*w.tokens(), int64(0)
	if list := in["problems"]; len(list) > 0 {
		t := tallyOf(list, &teacher)
		n, prompt = min(float64(d.count()), t.docs), t.asked()
		limit = min(context, mostTokens, teacher.context())
		room := limit // of what the student reads
		if other {
			limit, room = min(t.ask+d.tokens(), teacher.most()), min(context, mostTokens)
		}
		tokens := max(min(d.tokens(), limit-int(prompt)), 1)
		answer, length = t.answered(tokens), min(max(int(float64(t.ask+tokens)/per), promptTokens), room)
		owners, _ := answersOf(list)
		if upTo = answer; teacher.brought || owners {
			upTo = float64(tokens)
		}
		rows := length
		if o.lora == nil && (d.Depth > 0 || b.chat) {
			rows = context
		}
		load = func(answer float64) workload {
			return loadOf(n*(prompt+answer), rows, int(prompt+answer), answer/(prompt+answer))
		}
		reads = 2 * n * (prompt + upTo) // writes them, and judges what it wrote
		kept = int64(tokenBytes*n*(prompt+upTo) + t.records(&teacher))
	}
	w = load(answer)
	most := load(upTo)
	beside, idle := teacher.serving(infer.Options{Slots: teacherSlots, Limit: limit, Threads: m.Threads}, m.Memory/4, reads)
	beside += kept + d.judgedBytes(&most) + sandboxBytes(in["problems"])
	var s *pupil
	if d.Depth > 0 {
		s = d.freshPupil(model.Scale(d.Depth, teacher.shape.Vocab, min(context, mostTokens)), beside, len(in["watch"]) > 0, m)
		s.f.WordsPath = teacher.wordsAt
		s.f.Wrong = slices.Concat(s.f.Wrong, otherTokenizer(in, "teacher"), teacher.unlearnable())
	} else {
		o.beside, o.slimBeside, o.watched = beside, beside, len(in["watch"]) > 0
		s = newPupil(b, o, min(b.context(), length), m)
		s.f.Wrong = slices.Concat(s.f.Wrong, misfits, unfitRows(in["from"], namedWords(in["base"]), &b))
		if len(in["problems"]) > 0 { // rows may learn other turns than answers
			held := tallyOf(in["watch"], &b)
			s.f.Wrong = append(s.f.Wrong, held.unmeasured(&b)...)
		}
	}
	s.leave(idle, m)
	rates := s.rates(o, d.rate())
	if d.Depth > 0 {
		rates.Decay = decayOf(d.Decay, methods[d.Optimizer].Default().Decay)
	}
	s.way.batch = min(d.batch(), max(int(w.rows), 1))
	s.way.passes = passesOf(w.rows, s.way.batch, d.Epochs)
	each, pace := say.T("%d rows a step", "每步 %d 行", s.way.batch), paced(rates, "linear", o.warm(), s.usual(o, (&Distil{Base: d.Base}).rate()))
	s.f.Derived = say.T("%v, %v", "%v，%v", each, pace)
	if len(in["from"]) > 0 && w.rows > 0 { // how many problems the teacher answers right is not known
		s.f.Derived = o.lasting(each, pace, int(math.Round(w.rows*s.way.passes/float64(s.way.batch))), len(in["watch"]) > 0)
	}
	reader := b
	if d.Depth > 0 {
		reader = teacher
	}
	held := watchedIn(in, reader, context) // rows have no more
	s.f.Wrong = append(s.f.Wrong, held.unfitWatched(context)...)
	s.f.Derived = o.adapters(&s.footing, held.remarkWatched(s.f.Derived, roomOfRow(context)))
	if d.Depth > 0 {
		s.f.Derived = say.T("%v; %v", "%v；%v", shapeOf(&s.shape.Config), s.f.Derived)
	}
	s.f.FLOPs = s.flops(&w)
	timed := func(f *stage.Forecast, w workload, answer float64) {
		toil := w.toil(&s.shape, &s.way) + s.writes(m)
		if n > 0 {
			asked := loadOf(n*prompt, s.length, int(prompt), 0)
			toil += writing(&teacher.shape, n, prompt, answer) + asked.judging(&teacher.shape, &way{integer: teacher.integer, passes: 1})
		}
		if len(in["watch"]) > 0 {
			toil += w.looking(&s.shape, &s.way)
		}
		if d.top() > 0 {
			toil += w.judging(&teacher.shape, &way{integer: teacher.integer, passes: min(s.way.passes, 1)}) // once, and kept
			toil += d.judgedToil(&w, s.way.passes)
		}
		setTime(f, toil, m)
	}
	if n > 0 {
		answering(&s.f, answer, upTo, func(f *stage.Forecast, answer float64) { timed(f, load(answer), answer) })
	} else {
		timed(&s.f, w, 0)
	}
	if d.top() > 0 {
		s.f.Disk = d.judgedDisk(&most)
	}
	judged(&s.f, in["problems"], n, m)
	s.remark(&w, m)
	for _, e := range teacher.bad {
		e.Where = "teacher"
		s.f.Wrong = append(s.f.Wrong, e)
	}
	s.f.Wrong = slices.Concat(s.f.Wrong, teacher.unspoken("teacher"), unfit(in, stage.UseProblems, "problems"), unfit(in, stage.UseChats, "watch"))
	return s.f
}

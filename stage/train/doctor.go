package train

import (
	"math"
	"slices"

	"suiren/internal/say"
	"suiren/stage/curve"
)

// A Finding is what looks wrong in the curve of a run, and what to do.
type Finding struct {
	Code string // mask, seen, template, rate-high, rate-low, warmup, nothing, teacher, repeated, unlike, noise, behind, ahead; of preferences nothing, repeated, away; of reinforcement cut, rate-high
	What say.Text
	Next say.Text
}

// Least signs of a fault. A healthy run of the tests' toy shows none of them;
// they were chosen on it.
const (
	leastPoints  = 30 // of a curve that can be judged
	wildPoints   = 12 // of one that has gone astray already
	wildWindow   = 5
	leastMask    = 0.02 // part of all tokens that is learnt
	wildGuess    = 1.3  // first loss against that of guessing evenly
	foreign      = 1.3  // first loss against what the base's own training ended at,
	foreignLeast = 0.2  // and nats above that
	spikeFactor  = 2.0  // of a loss against the median of those before it
	spikeLeast   = 0.5  // nats
	endRise      = 1.2  // of the loss at the end against the first,
	endLeast     = 0.1  // nats above that: what is known already differs from batch to batch
	wildRise     = 1.5  // of a loss among the first against the least before it
	learntLeast  = 0.05 // part by which the loss must have fallen
	moved        = 0.01 // part by which what is watched must have
	knownMost    = 1.1  // loss of what a base knows against what its own training ended at
	slowLeft     = 0.4  // part of the first loss that is left where learning was slow
	timidRate    = 0.1  // of the usual rate
	boldRate     = 20   // times the usual rate: it is told in the plan, too,
	boldNorm     = 1.5  // gradients after the first quarter against those of the first steps
	slowFall     = 0.03 // part by which the loss still falls between quarters
	overfit      = 1.1  // held-out loss against its lowest
	timesLeast   = 1.5  // through the data: below it, nothing was read often enough to be known by heart
	timesMost    = 4    // through the data, which teach about as much as new data (arXiv 2305.16264)
	byHeart      = 0.05 // part of the first loss that is left of what may be known by heart
	noiseMost    = 0.35 // spread of the loss from step to step against its mean
	noiseLeast   = 0.3  // nats: below it the spread does not matter
	medianWindow = 15
	climbPoints  = 20  // of a curve within which it may climb again,
	climbRise    = 1.2 // to this part of the least before
	climbNoise   = 3.0 // and by as many deviations from step to step

	// Of preferences.
	awayLeast  = 1.0  // nats by which preferred answers became less likely
	awayPart   = 0.5  // and that of what the others did
	rightLeast = 0.55 // of what was compared, the right way round
	chanceMost = 0.45 // of what is watched, in the last looks: below chance, of however many
	movedLeast = 0.05 // nats by which an answer moved

	// Of reinforcement.
	cutMost  = 0.3  // of the answers
	cutFirst = 0.1  // of those at first: few
	allCut   = 0.99 // of them, or as good as
	fellTo   = 0.75 // of the best reward of a quarter that is left: it fell

	// Against a reference curve. Other seeds, batches and lessons of the same
	// families came to 0.81 to 1.00 of it (TestReference).
	behindLeast = 1.2 // loss against the reference's
	aheadMost   = 0.6
)

// Diagnose says what looks wrong in the curve of a step that trained on
// tokens, by preferences or by rewards; nothing if it looks well, or is too short
// to tell.
func Diagnose(c *curve.Curve) []Finding {
	d := diagnosis{c: c}
	d.steps, d.loss = c.Series("loss")
	if part, ok := c.Counts["supervised"]; ok && part < leastMask {
		d.find("mask", say.T("%.2f%% of the tokens are learnt: the mask is empty or nearly so", "只有 %.2f%% 的词元参与学习：掩码为空或几乎为空", 100*part),
			say.T("look at the rows with suiren preview: which turns are marked as learnt, and do answers fit into a row?", "请用 suiren preview 查看数据行：标出了哪些轮次，回答能否放进一行"))
	}
	if seen := AlsoLearnt(c); !seen.IsZero() {
		d.find("seen", seen, say.T("take them out of one of the files, or name in watch the block itself that is learnt", "请从其中一方的文件里去掉这些问题，或让 watch 直接引用所学的块"))
	}
	loss := d.loss
	if len(loss) == 0 {
		return d.list
	}
	if _, right := c.Series("right"); len(right) > 0 {
		d.preference(right)
		return d.list
	}
	if _, reward := c.Series("reward"); len(reward) > 0 {
		d.reinforcement()
		return d.list
	}
	d.start()
	if len(loss) < leastPoints {
		d.astray()
		return d.list
	}
	d.measure()
	d.course()
	d.watched()
	d.againstReference()
	if spread, mid := noise(loss[len(loss)/2:]); !d.high && mid > noiseLeast && spread > noiseMost*mid {
		d.find("noise", say.T("the loss differs by ±%.2f from step to step around %.2f: the batch is too small", "相邻各步的损失在 %.2[2]f 附近相差 ±%.2[1]f：批太小", spread, mid), say.T("raise batch, or train for longer: a short budget derives a small one", "请调高 batch，或延长训练：预算短，推得的 batch 也小"))
	}
	return d.list
}

// A diagnosis is what is known of a curve, and what was found.
type diagnosis struct {
	c           *curve.Curve
	list        []Finding
	steps       []int
	loss        []float64 // at those steps
	at          []int
	held        []float64 // the losses of what is watched, at those steps
	first, last float64   // loss; the last is a mean
	rose        bool      // from the first to the last
	high        bool      // it rose, or jumped up in between
	bump        bool      // in the first steps
	warmed      bool      // the rate rose over the first steps
	rated       bool      // the rate is known
	times       float64   // the data was read, up to the last step that was told
}

func (d *diagnosis) find(code string, what, next say.Text) {
	d.list = append(d.list, Finding{code, what, next})
}

// start judges the first loss: whether the tokens are those that the weights know.
func (d *diagnosis) start() {
	// In the base's own words a first loss may be high, too: of text that is unlike all that it has read, or of conversations after prose.
	// Random weights know nothing: wide ones say each token again at first, and guess worse than evenly.
	own := d.c.Counts["own_words"] != 0
	if vocab := d.c.Counts["vocab"]; vocab > 1 && !own && d.c.Counts["layers"] == 0 && d.steps[0] <= 1 && d.loss[0] > wildGuess*math.Log(vocab) {
		d.find("template", say.T("the first loss is %.2f; guessing evenly would be %.2f: the tokens are not those that the weights know", "首步损失为 %.2f，而均匀猜测为 %.2f：词元与权重所学的不是同一套", d.loss[0], math.Log(vocab)),
			say.T("use the base's own tokenizer and template for the rows", "请用基座自己的分词器和模板制作数据"))
	}
	if before := d.c.Counts["base_loss"]; before > 0 && !own && d.steps[0] <= 1 && d.loss[0] > foreign*before+foreignLeast {
		d.find("template", say.T("the first loss is %.2f; the base's own training ended at %.2f, and another tokenizer wrote the rows", "首步损失为 %.2f，而基座自身训练结束时为 %.2f；数据由另一种分词器写成", d.loss[0], before),
			say.T("use the base's own tokenizer for the rows", "请用基座自己的分词器制作数据"))
	}
}

// astray judges a curve that is too short for all else: a loss far above where it began
// does not need more.
func (d *diagnosis) astray() {
	if len(d.loss) < wildPoints {
		return
	}
	first, top := slices.Max(d.loss[:3]), 0.0
	for i := wildWindow; i <= len(d.loss); i++ {
		top = max(top, median64(d.loss[i-wildWindow:i]))
	}
	if top > wildGuess*first && top > first+spikeLeast {
		d.find("rate-high", say.T("the loss rose from %.2f to %.2f: the rate is too high", "损失从 %.2f 升到 %.2f：学习率过高", first, top), lowerRate)
	}
}

var lowerRate = say.T("lower rate, to a third at first", "请调低 rate，可先减到三分之一")

// measure finds what the judgements below rest on.
func (d *diagnosis) measure() {
	n := len(d.loss)
	d.first, d.last = d.loss[0], atEnd(d.steps, d.loss)
	d.rose = d.last > endRise*d.first && d.last > d.first+endLeast
	d.at, d.held = d.c.Series("watch_loss")
	flat := len(d.held) > 1 && d.held[len(d.held)-1] <= (1+moved)*d.held[0] // what is watched has no noise of batches
	d.high = d.rose || spiked(d.loss) || climbed(d.loss) && !flat
	_, rate := d.c.Series("rate")
	top := slices.Max(d.loss[:10])
	d.bump = top > d.first+spikeLeast && (top > wildRise*slices.Min(d.loss[:slices.Index(d.loss, top)+1]) || mean64(d.loss[10:20]) > d.first) // a small one that is over at once is that of any beginning
	d.rated = len(rate) > 0
	d.warmed = d.rated && rate[0] < 0.9*slices.Max(rate)
	d.times = d.c.Counts["epochs"] // as planned: all that older curves tell
	if rows := d.c.Counts["rows"]; rows > 0 && d.c.Counts["batch"] > 0 {
		d.times = float64(d.steps[n-1]) * d.c.Counts["batch"] / rows
	}
}

// course judges how the loss went: the rate, and whether anything was learnt.
func (d *diagnosis) course() {
	switch {
	case d.bump && d.rated && !d.warmed:
		d.find("warmup", say.T("the loss rose from %.2f to %.2f in the first steps, which were at the full rate: there was no warm-up", "前几步就用满学习率，损失从 %.2f 升到 %.2f：没有预热", d.first, slices.Max(d.loss[:10])),
			say.T("let the rate rise over the first steps (warmup)", "请让学习率在前几步逐渐升高（warmup）"))
	case d.rose:
		d.find("rate-high", say.T("the loss rose from %.2f to %.2f: the rate is too high", "损失从 %.2f 升到 %.2f：学习率过高", d.first, d.last), lowerRate)
	case d.high || d.bump:
		d.find("rate-high", say.T("the loss jumps up in between: the rate is too high", "损失中途突然升高：学习率过高"), lowerRate)
	case d.bold():
		d.high = true
		_, norm := d.c.Series("norm")
		d.find("rate-high", say.T("the rate is %.0f times the usual one, and the gradients grew from %.2g to %.2g instead of shrinking: the rate is too high", "学习率是常用值的 %.0f 倍，梯度不降反升，从 %.2g 到 %.2g：学习率过高", d.c.Counts["of_usual_rate"], mean64(norm[:boldSteps]), mean64(norm[len(norm)/4:])),
			say.T("leave rate out: the plan's is the usual one times %.0f", "请省略 rate：计划中的值是常用值的 %.0f 倍", d.c.Counts["of_usual_rate"]))
	case still(d.loss, d.held) && d.held[0] > knownMost*d.c.Counts["base_loss"]:
		d.find("nothing", say.T("what is watched had a loss of %.3f at step %d and %.3f at the end: next to nothing was learnt", "观察集损失在第 %[2]d 步为 %.3[1]f，最终为 %.3[3]f：几乎什么也没有学到", d.held[0], d.at[0], d.held[len(d.held)-1]),
			d.raised(say.T("try a rate ten times as high; if that changes nothing, look at the rows: is what is watched in them at all?", "请试十倍的 rate；若仍无变化，请查看数据行中是否有观察集所问的内容")))
	case d.c.Counts["base_loss"] > 0 && d.first < foreign*d.c.Counts["base_loss"]+foreignLeast && d.last <= d.first+endLeast: // the base knows it already
	case d.last > (1-learntLeast)*d.first:
		d.find("nothing", say.T("the loss is %.2f at the end and was %.2f at first: nothing was learnt", "最终损失 %.2f，起始为 %.2f：什么也没有学到", d.last, d.first),
			d.raised(say.T("look at the rows: is what is to be learnt in them at all? then try a rate ten times as high", "请查看数据行中是否有可学的内容；再试十倍的 rate")))
	case d.slow() && d.ended() && (len(d.held) == 0 || d.held[len(d.held)-1] == slices.Min(d.held)):
		d.find("rate-low", say.T("the loss still falls steadily at the end, at %.2f of %.2f: the rate is too low, or the run too short", "损失到最后仍在稳步下降，从 %[2]g 只降到 %.2[1]f：学习率过低，或训练太短", d.last, math.Round(d.first*100)/100),
			d.raised(say.T("raise rate, to three times at first", "请调高 rate，可先加到三倍")))
	}
}

// boldSteps are the first steps, in which the rate has not risen yet.
const boldSteps = 3

// bold reports whether a rate far above the usual one leaves the weights no rest: the loss may
// fall for all that, but the gradients, which shrink in any run that goes well, grow. That alone
// would be seen of other runs too, whose rate is not to blame.
func (d *diagnosis) bold() bool {
	_, norm := d.c.Series("norm")
	return d.c.Counts["of_usual_rate"] >= boldRate && len(norm) >= leastPoints && mean64(norm[len(norm)/4:]) > boldNorm*mean64(norm[:boldSteps])
}

// slow reports whether the loss falls so evenly that the rate is to blame. That of text
// does at any rate, as there is always more to learn of it: there the plan's must be low.
func (d *diagnosis) slow() bool {
	part, told := d.c.Counts["of_usual_rate"]
	if told && part < timidRate {
		return d.last > slowLeft*d.first && falls(d.loss, 0)
	}
	return d.last > slowLeft*d.first && falls(d.loss, slowFall) && (!told || part < 0.5 || d.c.Counts["lessons"] > 0)
}

// raised is the advice to raise the rate: to the usual one, if it is far below that.
func (d *diagnosis) raised(unless say.Text) say.Text {
	if part, told := d.c.Counts["of_usual_rate"]; told && part < timidRate {
		return say.T("leave rate out: the plan's is the usual one divided by %.0f", "请省略 rate：计划中的值是常用值的 1/%.0f", 1/part)
	}
	return unless
}

// ended reports whether the run came to its last step, as far as that is known.
func (d *diagnosis) ended() bool { return endedAt(d.c, d.steps[len(d.steps)-1]) }

// endedAt reports whether step is the last of the run, about, as far as that is known.
func endedAt(c *curve.Curve, step int) bool {
	planned, known := plannedSteps(c)
	return !known || float64(step) >= 0.98*planned
}

// watched judges whether the data was read too often, or is unlike what is watched, and whether
// a student became worse there because its teacher is.
func (d *diagnosis) watched() {
	if len(d.held) >= 3 {
		low := slices.Index(d.held, slices.Min(d.held))
		i, _ := slices.BinarySearch(d.steps, d.at[low])
		then := mean64(d.loss[max(i-5, 0):min(i+5, len(d.loss))])
		if d.held[len(d.held)-1] > overfit*d.held[low] && d.last < then {
			switch teacher := d.c.Counts["teacher_loss"]; {
			case teacher > overfit*d.held[low]: // who learns what it says comes to this, however much there is to read
				d.find("teacher", say.T("the held-out loss rose from %.3f (step %d) to %.3f while the loss fell to %.3f: the teacher's own loss there is %.3f, and the student, which was better, follows it", "留出集损失从 %.3f（第 %d 步）升到 %.3f，而训练损失降到 %.3f：教师自己在那里的损失是 %.3f，原本更好的学生在跟着它变差", d.held[low], d.at[low], d.held[len(d.held)-1], d.last, teacher),
					say.T("take a teacher that knows such text; or learn the text itself: hard nearer to 1, or train on it without a teacher", "请换用熟悉这类文本的教师；或学习文本本身：把 hard 调近 1，或不用教师直接训练"))
			case d.times >= timesLeast || d.times == 0: // 0: it was not told
				d.repeated(low)
			default:
				d.find("unlike", say.T("the held-out loss rose from %.3f (step %d) to %.3f while the loss fell to %.3f, and the data was read %.1f times: what is watched is unlike what is learnt", "留出集损失从 %.3f（第 %d 步）升到 %.3f，而训练损失降到 %.3f，数据只读了 %.1f 遍：观察的内容与所学的不是一类", d.held[low], d.at[low], d.held[len(d.held)-1], d.last, d.times),
					say.T("watch what is held out of the same data: of a corpus its split, of examples their part watch", "请观察从同样数据中留出的部分：语料用 split，样例用其 watch 部分"))
			}
		}
	}
	if times := d.times; len(d.held) == 0 && times > timesMost && d.last < byHeart*d.first {
		d.find("repeated", say.T("the data was read %.1f times and the loss fell from %.2f to %.3f: it may be known by heart, and nothing is watched that would tell", "数据读了 %.1f 遍，损失从 %.2f 降到 %.3f：可能已背了下来，而没有观察集可以判断", times, d.first, d.last),
			say.T("watch examples that are not trained on, or bring more data", "请用 watch 观察未训练的样例，或增加数据"))
	}
}

// repeated says that the data was read too often: what is watched was at its lowest
// at the look low.
func (d *diagnosis) repeated(low int) {
	next := say.T("bring more data, train for less, or set patience", "请增加数据、缩短训练，或设置 patience")
	if d.c.Counts["patience"] > 0 {
		next = say.T("the weights from before it rose are kept; better ones take more data", "已保留上升之前的权重；要更好，需要更多数据")
	}
	what := say.T("the held-out loss rose from %.3f (step %d) to %.3f while the loss fell to %.3f: the data was repeated too often", "留出集损失从 %.3f（第 %d 步）升到 %.3f，而训练损失降到 %.3f：数据重复过多", d.held[low], d.at[low], d.held[len(d.held)-1], d.last)
	if d.times > 0 {
		what = say.T("%v (%.1f times)", "%v（%.1f 遍）", what, d.times)
	}
	d.find("repeated", what, next)
}

// againstReference judges the loss against that of a run of the same depth that went well.
func (d *diagnosis) againstReference() {
	if r, ok := curve.Compare(d.c); ok {
		switch part := r.Loss / r.Wants; {
		case part > behindLeast && !d.high && !d.bump:
			d.find("behind", say.T("after %.2g operations the loss is %.2f, and %.2f in a run of the same depth that went well (%s)", "%.2g 次运算后损失为 %.2f，而同深度的正常训练为 %.2f（%s）", r.FLOPs, r.Loss, r.Wants, r.Reference),
				say.T("look at rate, at the order of the data, and whether questions and answers belong together", "请查看 rate、数据顺序，以及问答是否对应"))
		case part < aheadMost && (len(d.held) == 0 || slices.Min(d.held) >= aheadMost*r.Wants): // what is watched and as low is easier, and not known by heart
			next := say.T("watch examples that are not trained on, and bring more data", "请用 watch 观察未训练的样例，并增加数据")
			if len(d.held) > 0 {
				next = say.T("bring more data, or train for less", "请增加数据或缩短训练")
			}
			d.find("ahead", say.T("after %.2g operations the loss is %.2f, and %.2f in a run of the same depth on new problems (%s): these are easier, or the data was read %.1f times and is known by heart", "%.2g 次运算后损失为 %.2f，而同深度在新题上的训练为 %.2f（%s）：题目更容易，或数据已读 %.1f 遍、被背了下来", r.FLOPs, r.Loss, r.Wants, r.Reference, d.times), next)
		}
	}
}

// Unjudged says why Diagnose, which found nothing in c, could not have; nothing
// if c was judged.
func Unjudged(c *curve.Curve) say.Text {
	_, loss := c.Series("loss")
	_, rewards := c.Series("reward")
	if _, flight := c.Series("pass_at_1"); len(rewards) > 0 || len(flight) > 0 { // of the pre-flight, which may be all
		return say.T("reinforcement is not judged by its curve: suiren show tells of its pre-flight and of the problems that it watches", "强化训练不按曲线判断：suiren show 会给出预检结果和观察题的成绩")
	}
	if len(loss) < leastPoints {
		why := say.T("too short to tell: %d steps, and %d are wanted", "太短，无法判断：只有 %d 步，至少要 %d 步", len(loss), leastPoints)
		if planned, known := plannedSteps(c); known && planned < leastPoints { // and not a longer one that is at its beginning
			why = say.T("%v; for more of them raise epochs or the budget, or lower batch", "%v；要增加步数，请调大 epochs 或预算，或调小 batch", why)
		}
		return why
	}
	return say.Text{}
}

// Progress returns the last step of c, and how many its run was to take; 0: that is
// not known.
func Progress(c *curve.Curve) (step, of int) {
	if n := len(c.Points); n > 0 {
		step = c.Points[n-1].Step
	}
	planned, _ := plannedSteps(c)
	return step, int(math.Round(planned))
}

// plannedSteps is how many steps the run of c was to take.
func plannedSteps(c *curve.Curve) (steps float64, known bool) {
	steps = c.Counts["epochs"] * c.Counts["rows"] / max(c.Counts["batch"], 1)
	return steps, steps > 0
}

// atEnd is what a loss came to: the mean of the last tenth of the steps that are told, at least
// of the last one.
func atEnd(steps []int, loss []float64) float64 {
	last := steps[len(steps)-1]
	from, _ := slices.BinarySearch(steps, last-max(last/10, 1)+1)
	return mean64(loss[from:])
}

func mean64(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(len(x), 1))
}

func median64(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}

// still reports whether neither the loss nor that of what is watched moved: from
// tenth to tenth, because the first step alone may be a hard batch.
func still(loss, held []float64) bool {
	n := len(loss) / 10
	return len(held) >= 5 && slices.Min(held) > (1-moved)*held[0] && mean64(loss[len(loss)-n:]) > (1-learntLeast)*mean64(loss[:n])
}

// spiked reports whether the loss jumps: three in a row far above the median
// of those before them. One alone may be a hard batch.
func spiked(loss []float64) bool {
	run := 0
	for i := medianWindow; i < len(loss); i++ {
		m := median64(loss[i-medianWindow : i])
		if loss[i] > spikeFactor*m && loss[i] > m+spikeLeast {
			if run++; run == 3 {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

// climbed reports whether the loss, which fell in the first steps, rises again there, and
// stays up for three. What a step may do by chance is taken from the later half.
func climbed(loss []float64) bool {
	spread, _ := noise(loss[len(loss)/2:])
	run, least := 0, math.Inf(1)
	for i := 2; i < min(climbPoints, len(loss)); i++ {
		if loss[i] > climbRise*least && loss[i] > least+max(spikeLeast, climbNoise*spread) {
			if run++; run == 3 {
				return true
			}
			continue
		}
		run, least = 0, min(least, median64(loss[i-2:i+1]))
	}
	return false
}

// falls reports whether each quarter of the loss but the first, in which every
// run falls, is lower by part than the one before it.
func falls(loss []float64, part float64) bool {
	n := len(loss)
	quarter := func(i int) float64 { return mean64(loss[i*n/4 : (i+1)*n/4]) }
	for i := range 3 {
		if quarter(i+1) >= (1-part)*quarter(i) {
			return false
		}
	}
	return true
}

// noise returns how far a loss lies from its neighbours, as a standard
// deviation, and its mean.
func noise(loss []float64) (spread, mid float64) {
	sum := 0.0
	for i := 1; i < len(loss); i++ {
		d := loss[i] - loss[i-1]
		sum += d * d / 2
	}
	return math.Sqrt(sum / float64(max(len(loss)-1, 1))), mean64(loss)
}

package classify

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"math"
	"slices"

	"suiren/internal/say"
	"suiren/knowledge/linear"
)

// None is the label of sentences that are of no kind.
const None = "none"

// Bounds of what is learnt from.
const (
	LeastSentences = 20 // of each label
	MostSentences  = 200_000
	MostKinds      = linear.MaxLabels - 1
)

// A Sentence is one to learn from.
type Sentence struct {
	Text  string
	Label string // a kind, or None
	Group string // sentences made from one template have one; "": it stands alone
	Where string // file and line
}

// options of training.
var options = linear.Options{Bits: 15, Epochs: 8, Rate: .7}

// folds parts the sentences: the last is asked for the report, the others in turn for
// the threshold.
const folds = 5

// mostTold bounds the contradictions that one error names.
const mostTold = 8

// Learn learns kinds from sentences, to the same bytes each time. A sentence counts for a
// kind from a probability on: threshold, or if that is 0 the one with the best F1 among
// sentences that were kept apart for it. tell is called with the trainings that are
// done, of how many. Errors say what is lacking, and where.
func Learn(ctx context.Context, list []Sentence, threshold float64, tell func(done, of int)) (*Classifier, error) {
	b, err := read(list)
	if err != nil {
		return nil, err
	}
	trainings, done := 2, 0
	if threshold == 0 {
		trainings += folds - 1
	}
	train := func(without ...int) (*linear.Model, error) {
		tell(done, trainings)
		done++
		return b.train(without), ctx.Err()
	}
	apart := make([]shares, len(b.sentences))
	ask := func(m *linear.Model, fold int) {
		for i := range b.sentences {
			if b.sentences[i].fold == fold {
				apart[i] = sharesOf(m, b.sentences[i].Features)
			}
		}
	}
	const last = folds - 1
	if threshold == 0 {
		for f := range last {
			m, err := train(f, last)
			if err != nil {
				return nil, err
			}
			ask(m, f)
		}
	}
	tried, err := train(last)
	if err != nil {
		return nil, err
	}
	ask(tried, last)
	c := &Classifier{Report: Report{Format: 1, Sentences: len(b.sentences), Twice: b.twice}}
	for label, name := range b.labels {
		if name == None {
			continue
		}
		k := Kind{Name: name, Threshold: threshold, Sentences: b.count[label]}
		if threshold == 0 {
			k.Threshold = b.choose(label, apart)
		}
		for i, s := range b.sentences {
			if s.fold != last {
				continue
			}
			said := apart[i][label] >= k.Threshold
			switch {
			case s.Label == label:
				k.Asked++
				if said {
					k.Found++
				}
			default:
				k.Others++
				if said {
					k.Wrong++
				}
			}
		}
		c.Kinds = append(c.Kinds, k)
	}
	c.model, err = train()
	return c, err
}

// shares are the probabilities of all labels.
type shares []float64

func sharesOf(m *linear.Model, features []uint64) shares {
	all := make([]int, len(m.Labels()))
	for i := range all {
		all[i] = i
	}
	sum := m.NewSum()
	sum.AddAll(features)
	p := make(shares, len(all))
	for i := range p {
		p[i] = sum.Share(i, all)
	}
	return p
}

// A bank is sentences, each once, parted into folds.
type bank struct {
	labels    []string // sorted
	count     []int    // of each label
	sentences []learnt
	twice     int
}

type learnt struct {
	linear.Example
	fold int
}

// read reads sentences. Two of which a model could not tell one from the other are one:
// of the same label the second is left out, of different ones they contradict.
func read(list []Sentence) (*bank, error) {
	b := &bank{}
	names := map[string]bool{None: true}
	for _, s := range list {
		names[s.Label] = true
	}
	b.labels = slices.Sorted(maps.Keys(names))
	if n := len(b.labels) - 1; n < 1 || n > MostKinds {
		return nil, &say.Error{What: say.T("the sentences are of %d kinds besides %s; 1 to %d can be learnt", "除 %[2]s 外，这些句子分属 %[1]d 类；可学 1 至 %[3]d 类", n, None, MostKinds),
			Next: say.T("label each sentence with its kind, and with %s what is of no kind", "给每个句子标上类别，不属于任何类别的标 %s", None)}
	}
	b.count = make([]int, len(b.labels))
	first := map[uint64]int{} // features to the place in list
	groups := map[string]int{}
	dealt := make([]int, len(b.labels))
	var wrong []error
	told := 0
	for i, s := range list {
		label := slices.Index(b.labels, s.Label)
		e := linear.Example{Label: label, Features: Features(s.Text)}
		if len(e.Features) == 0 {
			return nil, &say.Error{Where: s.Where, What: say.T("a sentence has no word", "句子中没有字词"), Next: say.T("take this line out", "请删除这一行")}
		}
		key := keyOf(e.Features)
		if j, ok := first[key]; ok {
			if list[j].Label == s.Label {
				b.twice++
			} else if told++; told <= mostTold {
				wrong = append(wrong, &say.Error{Where: s.Where, What: say.T("this sentence is labelled %s, and at %s %s", "这个句子标为 %s，而 %s 处标为 %s", s.Label, list[j].Where, list[j].Label),
					Next: say.T("keep one of the two", "请只保留其中一条")})
			}
			continue
		}
		first[key] = i
		fold, ok := groups[s.Group]
		if !ok || s.Group == "" {
			fold = dealt[label] % folds
			groups[s.Group] = fold
			dealt[label]++
		}
		b.count[label]++
		b.sentences = append(b.sentences, learnt{e, fold})
	}
	if told > mostTold {
		wrong = append(wrong, say.Errorf("%d more sentences have two labels", "另有 %d 个句子有两种标签", told-mostTold))
	}
	if wrong != nil {
		return nil, errors.Join(wrong...)
	}
	for label, n := range b.count {
		if n < LeastSentences {
			return nil, &say.Error{What: say.T("%d different sentences are labelled %s: too few to learn from", "标为 %[2]s 的不同句子只有 %[1]d 个，不足以学习", n, b.labels[label]),
				Next: say.T("give at least %d of each kind, and as many of %s", "每类至少给 %d 句，另给同样多的 %s", LeastSentences, None)}
		}
	}
	return b, nil
}

func keyOf(features []uint64) uint64 {
	h := fnv.New64a()
	var b [8]byte
	for _, f := range features {
		for i := range b {
			b[i] = byte(f >> (8 * i))
		}
		h.Write(b[:])
	}
	return h.Sum64()
}

// train learns from all folds but some. A sentence is learnt so often that all labels are
// about equally many: a rare one would hardly ever be said.
func (b *bank) train(without []int) *linear.Model {
	most := slices.Max(b.count)
	var list []linear.Example
	for _, s := range b.sentences {
		if !slices.Contains(without, s.fold) {
			n := b.count[s.Label]
			list = append(list, slices.Repeat([]linear.Example{s.Example}, (most+n-1)/n)...)
		}
	}
	return linear.Train(b.labels, list, options)
}

// choose returns the threshold of a label with the best F1 among all folds but the last:
// the middle between two probabilities, to a thousandth; of several that are as good the
// highest, which finds the least in other texts.
func (b *bank) choose(label int, apart []shares) float64 {
	type asked struct {
		p  float64
		is bool
	}
	var list []asked
	all := 0
	for i, s := range b.sentences {
		if s.fold != folds-1 {
			list = append(list, asked{apart[i][label], s.Label == label})
			if s.Label == label {
				all++
			}
		}
	}
	slices.SortStableFunc(list, func(x, y asked) int { return cmp.Compare(y.p, x.p) })
	best, threshold := 0.0, .5
	found, wrong := 0, 0
	for i, a := range list {
		if a.is {
			found++
		} else {
			wrong++
		}
		next := 0.0
		if i+1 < len(list) {
			next = list[i+1].p
		}
		if f := f1(found, all, wrong); next < a.p && f > best {
			best, threshold = f, (a.p+next)/2
		}
	}
	return min(max(math.Round(1000*threshold)/1000, leastThreshold), mostThreshold)
}

// Bounds of a threshold that is chosen. What a model is asked is of a kind more seldom
// than a bank's sentences are, and few sentences can suggest one that hears everything
// (of examples/school .29, where 4 of 23 other questions count), or nothing.
const (
	leastThreshold = .4
	mostThreshold  = .95
)

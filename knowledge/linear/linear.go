// Package linear tells texts apart by a linear function of hashed features: which
// language, or good from bad. Training is by stochastic gradient descent on the
// logistic loss and gives the same bytes on every machine.
//
// Joulin et al.: Bag of Tricks for Efficient Text Classification, 2017.
package linear

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// MaxLabels bounds what one model tells apart: its sums fill four words of eight.
const MaxLabels = 32

const maxBits = 22

// A Model has a weight of 8 bits for each bucket of features and label. It may be
// used by many goroutines.
type Model struct {
	labels  []string
	bits    int
	scales  []float64 // of the weights of each label
	lanes   int       // words of 8 labels
	weights []uint64
}

// Labels are what the model tells apart.
func (m *Model) Labels() []string { return m.labels }

// A Sum adds up the weights of a text's features.
type Sum struct {
	m         *Model
	even, odd [MaxLabels / 8]uint64 // four labels in each, 16 bits wide
	n         int                   // features in these
	total     [MaxLabels]int64
	all       int64
}

// NewSum starts with a text.
func (m *Model) NewSum() Sum { return Sum{m: m} }

const low = 0x00ff00ff00ff00ff

// Add adds a feature, by its hash.
func (s *Sum) Add(hash uint64) {
	m := s.m
	at := int(hash >> (64 - m.bits))
	if m.lanes == 1 {
		w := m.weights[at]
		s.even[0] += w & low
		s.odd[0] += w >> 8 & low
	} else {
		at *= m.lanes
		for l, w := range m.weights[at : at+m.lanes] {
			s.even[l] += w & low
			s.odd[l] += w >> 8 & low
		}
	}
	if s.n++; s.n == 256 { // 256·255 still fits 16 bits
		s.flush()
	}
}

// AddAll adds features, by their hashes. It is Add of each; many at once are
// read side by side, where Add waits for each.
func (s *Sum) AddAll(hashes []uint64) {
	m, shift := s.m, 64-s.m.bits
	for len(hashes) > 0 {
		some := hashes[:min(len(hashes), 256-s.n)]
		hashes = hashes[len(some):]
		switch m.lanes {
		case 1:
			e, o := s.even[0], s.odd[0]
			for _, h := range some {
				w := m.weights[h>>shift]
				e, o = e+w&low, o+w>>8&low
			}
			s.even[0], s.odd[0] = e, o
		case 3: // 24 labels: in registers
			e0, e1, e2, o0, o1, o2 := s.even[0], s.even[1], s.even[2], s.odd[0], s.odd[1], s.odd[2]
			for _, h := range some {
				at := h >> shift * 3
				w := m.weights[at : at+3 : at+3]
				e0, o0 = e0+w[0]&low, o0+w[0]>>8&low
				e1, o1 = e1+w[1]&low, o1+w[1]>>8&low
				e2, o2 = e2+w[2]&low, o2+w[2]>>8&low
			}
			s.even[0], s.even[1], s.even[2], s.odd[0], s.odd[1], s.odd[2] = e0, e1, e2, o0, o1, o2
		default:
			for _, h := range some {
				s.Add(h)
			}
			continue
		}
		if s.n += len(some); s.n == 256 {
			s.flush()
		}
	}
}

func (s *Sum) flush() {
	if s.n == 0 {
		return
	}
	for l := range s.m.lanes {
		for i := range 4 {
			s.total[8*l+2*i] += int64(s.even[l] >> (16 * i) & 0xffff)
			s.total[8*l+2*i+1] += int64(s.odd[l] >> (16 * i) & 0xffff)
		}
		s.even[l], s.odd[l] = 0, 0
	}
	s.all += int64(s.n)
	s.n = 0
}

// Share returns the probability of a label among some, of which it is one; 0 for a
// text without features.
func (s *Sum) Share(label int, among []int) float64 {
	s.flush()
	if s.all == 0 {
		return 0
	}
	top, sum := math.Inf(-1), 0.0
	for _, i := range among {
		top = max(top, s.logit(i))
	}
	for _, i := range among {
		sum += exp(s.logit(i) - top)
	}
	return exp(s.logit(label)-top) / sum
}

// Below reports whether a label's probability among some is surely so low that its odds
// are less than e^odds: it costs less than Share, and most texts are of no kind.
func (s *Sum) Below(label int, among []int, odds float64) bool {
	s.flush()
	weight := func(i int) float64 { return float64(float64(s.total[i]-128*s.all) * s.m.scales[i]) }
	own := weight(label)
	most := (odds - 1e-6) * math.Sqrt(float64(s.all)) // of what it may lead by
	for _, i := range among {
		if i != label && own-weight(i) < most {
			return true
		}
	}
	return false
}

func (s *Sum) logit(i int) float64 {
	return float64(float64(s.total[i]-128*s.all) * (s.m.scales[i] / math.Sqrt(float64(s.all)))) // not fused with what is done to it
}

// Best returns the likeliest of the labels that allowed lists (nil: all), and its
// probability among them; -1 for a text without features. The labels were trained
// together.
func (s *Sum) Best(allowed []int) (label int, p float64) {
	s.flush()
	if s.all == 0 {
		return -1, 0
	}
	label = -1
	each := func(f func(i int)) {
		if allowed == nil {
			for i := range s.m.labels {
				f(i)
			}
			return
		}
		for _, i := range allowed {
			f(i)
		}
	}
	each(func(i int) {
		if label < 0 || s.total[i] > s.total[label] {
			label = i
		}
	})
	sum := 0.0
	each(func(i int) { sum += exp(s.logit(i) - s.logit(label)) })
	return label, 1 / sum
}

// exp is e^x for x ≤ 0, from additions and products that are rounded one by one,
// so that no machine fuses them: within 1e-7 of it, relatively.
func exp(x float64) float64 {
	if x < -700 {
		return 0
	}
	k := math.Floor(float64(x*math.Log2E) + .5)
	r := x - float64(k*math.Ln2)
	p := 1.0
	for n := 10.0; n >= 1; n-- {
		p = 1 + float64(float64(p*r)/n)
	}
	return math.Ldexp(p, int(k))
}

// An Example is a text's features, as buckets, and its label.
type Example struct {
	Label    int
	Features []uint64 // hashes
}

// Options of training. The zero value works.
type Options struct {
	Bits   int     // 2^Bits buckets; 0: 18
	Epochs int     // 0: 5
	Rate   float64 // 0: 0.5
	Decay  float64 // of weights, each step they are touched
	Seed   uint64
}

// Train learns to tell labels apart. It panics if there are more than MaxLabels
// labels or less than two, or an example has none of them.
func Train(labels []string, examples []Example, o Options) *Model {
	if len(labels) < 2 || len(labels) > MaxLabels {
		panic("linear: Train: number of labels")
	}
	if o.Bits == 0 {
		o.Bits = 18
	}
	if o.Epochs == 0 {
		o.Epochs = 5
	}
	if o.Rate == 0 {
		o.Rate = .5
	}
	n := len(labels)
	w := make([]float64, n<<o.Bits)
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	state := o.Seed
	p := make([]float64, n)
	steps, step := float64(o.Epochs*len(examples)), 0.0
	for range o.Epochs {
		for i := len(order) - 1; i > 0; i-- {
			state = mix(state + uint64(i))
			j := int(state % uint64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		for _, i := range order {
			e := &examples[i]
			rate := o.Rate * (1 - step/steps)
			step++
			if len(e.Features) == 0 {
				continue
			}
			norm := 1 / math.Sqrt(float64(len(e.Features)))
			clear(p)
			for _, h := range e.Features {
				at := int(h>>(64-o.Bits)) * n
				for k, v := range w[at : at+n] {
					p[k] += v
				}
			}
			softmax(p, norm)
			p[e.Label]--
			for k := range p {
				p[k] = float64(float64(p[k]*rate) * norm)
			}
			keep := 1 - o.Decay
			for _, h := range e.Features {
				at := int(h>>(64-o.Bits)) * n
				row := w[at : at+n]
				for k := range row {
					row[k] = float64(row[k]*keep) - p[k]
				}
			}
		}
	}
	return quantise(labels, o.Bits, w)
}

// softmax turns sums into probabilities.
func softmax(p []float64, norm float64) {
	top := slices.Max(p)
	sum := 0.0
	for k := range p {
		p[k] = exp(float64((p[k] - top) * norm))
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}

func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// quantise rounds weights to 8 bits. The largest thousandth is cut off: it would
// cost all others their digits.
func quantise(labels []string, bits int, w []float64) *Model {
	n := len(labels)
	var sizes []float64
	for _, v := range w {
		if v != 0 {
			sizes = append(sizes, math.Abs(v))
		}
	}
	slices.Sort(sizes)
	most := 1.0
	if len(sizes) > 0 {
		most = sizes[len(sizes)-1-len(sizes)/1000]
	}
	m := &Model{labels: labels, bits: bits, scales: slices.Repeat([]float64{most / 127}, n), lanes: (n + 7) / 8}
	m.weights = make([]uint64, m.lanes<<bits)
	for b := range 1 << bits {
		for k := range 8 * m.lanes {
			v := 0.0
			if k < n {
				v = math.Round(max(-127, min(127, w[b*n+k]/m.scales[k])))
			}
			m.weights[b*m.lanes+k/8] |= uint64(128+int64(v)) << (8 * (k % 8))
		}
	}
	return m
}

// Join puts models side by side into one table, so that a text is added up once for all
// of them: the labels of the second follow those of the first, and so on. It panics
// unless they have equally many buckets and at most MaxLabels labels in all. What was
// joined is not written: Marshal panics.
func Join(models ...*Model) *Model {
	m := &Model{bits: models[0].bits}
	for _, p := range models {
		m.labels, m.scales = append(m.labels, p.labels...), append(m.scales, p.scales...)
		if p.bits != m.bits || len(m.labels) > MaxLabels {
			panic("linear: Join: models of other sizes")
		}
	}
	m.lanes = (len(m.labels) + 7) / 8
	m.weights = make([]uint64, m.lanes<<m.bits)
	at := 0
	for _, p := range models {
		for i := range p.labels {
			for b := range 1 << m.bits {
				w := p.weights[b*p.lanes+i/8] >> (8 * (i % 8)) & 0xff
				m.weights[b*m.lanes+at/8] |= w << (8 * (at % 8))
			}
			at++
		}
	}
	return m
}

type header struct {
	Format int      `json:"format"` // 1
	Labels []string `json:"labels"`
	Bits   int      `json:"bits"`
	Scale  float64  `json:"scale"`
}

// Marshal returns the model's bytes: a line of JSON, and for each bucket a byte
// for each label (128 more than the weight), labels filled up to eights.
func (m *Model) Marshal() []byte {
	if slices.Min(m.scales) != slices.Max(m.scales) {
		panic("linear: Marshal: a joined model")
	}
	h, err := json.Marshal(header{1, m.labels, m.bits, m.scales[0]})
	if err != nil {
		panic(err) // it holds nothing that could fail
	}
	b := append(h, '\n')
	for _, w := range m.weights {
		for i := range 8 {
			b = append(b, byte(w>>(8*i)))
		}
	}
	return b
}

// Unmarshal reads a model.
func Unmarshal(b []byte) (*Model, error) {
	line, rest, ok := bytes.Cut(b[:min(len(b), 1<<16)], []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("linear: not a model: it has no first line")
	}
	rest = b[len(line)+1:]
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, fmt.Errorf("linear: not a model: %w", err)
	}
	if h.Format != 1 || len(h.Labels) < 2 || len(h.Labels) > MaxLabels || h.Bits < 1 || h.Bits > maxBits || !(h.Scale > 0) {
		return nil, fmt.Errorf("linear: a model of format %d with %d labels and 2^%d buckets", h.Format, len(h.Labels), h.Bits)
	}
	m := &Model{labels: h.Labels, bits: h.Bits, scales: slices.Repeat([]float64{h.Scale}, len(h.Labels)), lanes: (len(h.Labels) + 7) / 8}
	if len(rest) != m.lanes<<h.Bits*8 {
		return nil, fmt.Errorf("linear: a model of %d bytes, where its first line announces %d", len(rest), m.lanes<<h.Bits*8)
	}
	m.weights = make([]uint64, m.lanes<<h.Bits)
	for i := range m.weights {
		for k := range 8 {
			m.weights[i] |= uint64(rest[8*i+k]) << (8 * k)
		}
	}
	return m, nil
}

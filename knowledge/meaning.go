package knowledge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/knowledge/embedding"
	"suiren/knowledge/vector"
)

// An Embedder makes vectors of texts: those that speak of the same lie near
// to each other. Vectors of one width, which need not be of length one.
type Embedder interface {
	Name() string // of the model: vectors of two names are not compared
	Width() int
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// An Encoder is an open model that makes vectors or scores pairs: one of both is nil.
type Encoder struct {
	Embedder Embedder
	Reranker Reranker
	Close    func()
}

// Models names the models that an index is used with, as those who made it do; "" is none,
// or the embedder of this program.
type Models struct {
	Embedder string `json:"embedder,omitempty"`
	Rerank   string `json:"rerank,omitempty"`
}

const (
	modelsFile = "models.json"
	maxModels  = 1 << 12 // bytes
)

// WriteModels puts the names of models beside an index, if there are any.
func WriteModels(dir string, m Models) error {
	if m == (Models{}) {
		return nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, modelsFile), append(b, '\n'), 0o666)
}

// ReadModels reads what WriteModels wrote.
func ReadModels(dir string) (m Models, err error) {
	path := filepath.Join(dir, modelsFile)
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxModels))
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return m, damaged(path, err)
	}
	return m, nil
}

// Default is the Embedder that is part of this program.
var Default Embedder = words{}

// words is the embedding of words.
type words struct{}

func (words) Name() string { return embedding.Name }
func (words) Width() int   { return embedding.Default().Width() }

func (words) Embed(_ context.Context, texts []string) ([][]float32, error) {
	list := make([][]float32, len(texts))
	sum := embedding.Default().NewSum()
	for i, t := range texts {
		list[i] = wordVector(sum, t)
	}
	return list, nil
}

// vectorsFile holds a vector for each passage, made by the embedder that
// embedderFile names.
const (
	vectorsFile  = "vectors.bin"
	embedderFile = "embedder.json"
)

// graphFrom is from how many passages on a graph is made: below, all vectors
// are looked at.
const graphFrom = 200_000

// embedBatch is how many passages are embedded at a time.
const embedBatch = 64

// vectors makes the vectors of an index that is built.
type vectors struct {
	by      Embedder
	sum     *embedding.Sum // of the words that the terms were made of, if by is Default
	set     *vector.Set
	before  *Index
	rows    map[string]int // of the passages before, by their ids
	waiting []string
	at      []int // of those waiting
	made    int   // embedded anew
}

func newVectors(opt Options) *vectors {
	v := &vectors{by: opt.Embedder, set: vector.NewSet(opt.Embedder.Width())}
	if own, ok := opt.Embedder.(words); ok && own == Default {
		v.sum = embedding.Default().NewSum()
	}
	if b := opt.Before; b != nil && b.embedder == opt.Embedder.Name() && b.near != nil && b.near.Width() == v.set.Width() {
		v.before, v.rows = b, make(map[string]int, b.Len())
		for i := range b.Len() {
			v.rows[b.Passage(i).ID] = i
		}
	}
	return v
}

// embedded is the text of a passage that is embedded.
func embedded(p *Passage) string { return p.Heading + "\n" + p.Text }

// add adds the next passage, whose terms were counted.
func (v *vectors) add(p *Passage, t *tally) error {
	if i, ok := v.rows[p.ID]; ok {
		v.set.Take(v.before.near, i)
		return nil
	}
	if v.sum != nil { // Embed comes to the same, and takes the text apart again
		v.sum.Reset()
		t.each(v.sum)
		v.set.Add(v.sum.Vector())
		v.made++
		return nil
	}
	v.at = append(v.at, v.set.Len())
	v.set.Add(make([]float32, v.set.Width())) // in its place when the batch is full
	if v.waiting = append(v.waiting, embedded(p)); len(v.waiting) == embedBatch {
		return v.embed()
	}
	return nil
}

func (v *vectors) embed() error {
	if len(v.waiting) == 0 {
		return nil
	}
	list, err := v.by.Embed(context.Background(), v.waiting)
	if err != nil {
		return err
	}
	if len(list) != len(v.waiting) {
		return say.Errorf("the embedding model gave %d vectors for %d texts", "向量模型对 %[2]d 段文字给出了 %[1]d 个向量", len(list), len(v.waiting))
	}
	for i, vec := range list {
		if len(vec) != v.set.Width() {
			return say.Errorf("the embedding model gave a vector of %d numbers, not %d", "向量模型给出的向量有 %d 个数，应为 %d", len(vec), v.set.Width())
		}
		v.set.Put(v.at[i], vec)
	}
	v.made += len(list)
	v.waiting, v.at = v.waiting[:0], v.at[:0]
	return nil
}

// write writes the vectors beside the index.
func (v *vectors) write(dir string) (err error) {
	if err := v.embed(); err != nil {
		return err
	}
	var g *vector.Graph
	if v.set.Len() >= graphFrom {
		g = vector.NewGraph(v.set, nil)
	}
	f, err := os.Create(filepath.Join(dir, vectorsFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := vector.Write(f, v.set, g); err != nil {
		return err
	}
	text, err := json.Marshal(map[string]string{"embedder": v.by.Name()})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, embedderFile), append(text, '\n'), 0o666)
}

func (ix *Index) readEmbedder(b []byte) error {
	var s struct {
		Embedder string `json:"embedder"`
	}
	err := json.Unmarshal(b, &s)
	ix.embedder = s.Embedder
	return err
}

func (ix *Index) readVectors(b []byte) error {
	set, graph, err := vector.Read(b)
	if err == nil && set.Len() != len(ix.ends) {
		err = vector.ErrDamaged
	}
	ix.near, ix.graph = set, graph
	return err
}

// Embedder returns the name of the model that made the index's vectors; "" if
// it has none.
func (ix *Index) Embedder() string { return ix.embedder }

// Use sets the model that embeds questions. One of another name than the
// index's is not used: then words alone are searched.
func (ix *Index) Use(e Embedder) {
	ix.by = nil
	if e != nil && ix.near != nil && e.Name() == ix.embedder && e.Width() == ix.near.Width() {
		ix.by = e
	}
}

// takeNear gives to each of the best passages by words a part of what those have that are
// near to it in other documents: passages that speak of the same answer the same question
// (Diaz: Regularizing Ad Hoc Retrieval Scores, 2005). The part is small where the words
// find nearly all of the question, and where the first is far before the others. It puts
// the passages in their new order.
func (ix *Index) takeNear(list []candidate, best float64) {
	if len(list) < 3 || best == 0 {
		return
	}
	part := ix.fused.Near * (1 - best) * list[min(nearby, len(list)-1)].share / best
	now, sources, docs := make([]float64, len(list)), make([]int, len(list)), make([]int, len(list))
	for i := range list {
		docs[i], sources[i] = list[i].at, ix.source(list[i].at)
	}
	between := ix.near.Among(docs)
	hits := make([]vector.Hit, 0, len(list))
	for i := range list {
		hits = hits[:0]
		for k, near := range between[i*len(list) : (i+1)*len(list)] {
			if near > 0 && sources[k] != sources[i] {
				hits = append(hits, vector.Hit{At: k, Near: near})
			}
		}
		sum, all := 0.0, 0.0
		for _, h := range vector.Nearest(hits, nearby) {
			sum, all = sum+float64(float64(h.Near)*list[h.At].share), all+float64(h.Near)
		}
		if now[i] = list[i].share; all > 0 {
			now[i] += float64(part * (sum/all - now[i]))
		}
	}
	for i := range list {
		list[i].share = now[i]
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.share, a.share) })
}

// embed returns the vector of a question: its own and, of both parts, that of
// the best passages found by its words; nil if it has none.
func (ix *Index) embed(ask Question, found []candidate, best float64) []float32 {
	if ix.by == nil || ix.near.Len() == 0 {
		return nil
	}
	list, err := ix.by.Embed(context.Background(), []string{clip(ask.Text, maxQuestion)})
	if err != nil || len(list) != 1 || len(list[0]) != ix.near.Width() || !slices.ContainsFunc(list[0], func(x float32) bool { return x != 0 }) {
		return nil
	}
	v := unit(list[0])
	if n := min(leaders, len(found)); ask.By == ByBoth { // Li et al.: Pseudo Relevance Feedback with Deep Language Models and Dense Retrievers, 2021
		for i := range n {
			ix.near.Mix(v, found[i].at, float32(4*best)/float32(n))
		}
	}
	return v
}

// nearest returns the k passages whose vectors are nearest to v.
func (ix *Index) nearest(ask Question, v []float32, k int) []vector.Hit {
	if ix.graph != nil && ask.Access.set == nil {
		return ix.graph.Search(v, k, 2*k, nil, 0)
	}
	var allowed func(int) bool // all that may be read are looked at: what is hidden changes nothing
	if ask.Access.set != nil {
		allowed = ask.Access.May
	}
	return ix.near.Flat(v, k, allowed)
}

// unit returns a vector brought to length one.
func unit(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(float64(x) * float64(x))
	}
	out := make([]float32, len(v))
	for k, x := range v {
		out[k] = float32(float64(x) / math.Sqrt(sum))
	}
	return out
}

package data

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"

	"suiren/internal/say"
)

// A Mixed says what a source gives to a mixture.
type Mixed struct {
	Bytes  int64   `json:"bytes"` // of its documents
	Share  float64 `json:"share"` // of the mixture
	Epochs float64 `json:"epochs"`
}

// mixture computes how often each source is repeated: by weights, or by its bytes
// to the power of 1/temperature; as large as it can be when no source is repeated
// more than so often.
func mixture(size map[string]int64, weights map[string]float64, temperature, epochs float64) map[string]*Mixed {
	m := map[string]*Mixed{}
	sum := 0.0
	for name, n := range size {
		w := weights[name]
		if len(weights) == 0 {
			w = math.Pow(float64(n), 1/temperature)
		} else if w > 0 {
			w = math.Pow(w, 1/temperature)
		}
		if n == 0 {
			w = 0
		}
		m[name] = &Mixed{Bytes: n, Share: w}
		sum += w
	}
	total := math.Inf(1)
	for _, x := range m {
		if x.Share /= max(sum, math.SmallestNonzeroFloat64); x.Share > 0 {
			total = min(total, epochs*float64(x.Bytes)/x.Share)
		}
	}
	for _, x := range m {
		if x.Share > 0 {
			x.Epochs = math.Round(1e6*total*x.Share/float64(x.Bytes)) / 1e6
			x.Share = math.Round(1e6*x.Share) / 1e6
		}
	}
	return m
}

// mix repeats and thins out the documents of corpus.jsonl: first all of those that
// come once, then those that come again. Of a source that comes a part of a time
// more, documents are drawn by their ids.
func mix(ctx context.Context, dir string, sources []string, m map[string]*Mixed) (kept, bytes int, err error) {
	whole, mixed := filepath.Join(dir, "corpus.jsonl"), filepath.Join(dir, "mixed.jsonl")
	w, err := createDocuments(mixed)
	if err != nil {
		return 0, 0, err
	}
	defer w.f.Close()
	most := 0.0
	for _, x := range m {
		most = max(most, x.Epochs)
	}
	for round := 0.0; round < most; round++ {
		i := 0
		err := readLines(whole, func(d Document) error {
			name := sources[i]
			i++
			if left := m[name].Epochs - round; left >= 1 || left > 0 && float64(xxhash.Sum64String("mix\x00"+d.ID)>>11)/(1<<53) < left {
				kept, bytes = kept+1, bytes+len(d.Text)
				return w.write(&d)
			}
			return ctx.Err()
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return kept, bytes, errors.Join(w.close(), os.Rename(mixed, whole))
}

// checkMix says what is wrong with the weights of a plan.
func checkMix(weights map[string]float64, known func(string) bool) *say.Error {
	sum := 0.0
	for name, w := range weights {
		if !known(name) {
			return &say.Error{Where: "mix", What: say.T("%q is no block of from", "from 里没有 %q", name), Next: say.T("write the names of its blocks: handbook = 2", "请写其中各块的名字：handbook = 2")}
		}
		if w < 0 || math.IsInf(w, 0) {
			return &say.Error{Where: "mix", What: say.T("the weight of %s is %s", "%s 的权重为 %s", name, fmt.Sprint(w)), Next: say.T("it is at least 0", "不能小于 0")}
		}
		sum += w
	}
	if len(weights) > 0 && sum == 0 {
		return &say.Error{Where: "mix", What: say.T("all weights are 0", "所有权重都是 0"),
			Next: say.T("give one of them a weight above 0", "请至少给其中一个大于 0 的权重")}
	}
	return nil
}

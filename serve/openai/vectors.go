package openai

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"suiren/internal/say"
	"suiren/serve/form"
)

// maxTexts bounds the texts of one request for vectors or scores.
const maxTexts = 2048

// An Embedding is a POST /v1/embeddings, checked.
type Embedding struct {
	Model      string
	Input      []form.Prompt
	Dimensions int  // of the vectors; 0: all
	Base64     bool // as little-endian float32
	Cut        bool // a text that is too long is cut, not refused
}

// ParseEmbedding reads a POST /v1/embeddings.
func ParseEmbedding(body []byte) (*Embedding, error) {
	r := &Embedding{}
	err := form.Fields[Embedding]{
		"model": func(r *Embedding, v json.RawMessage) error { return json.Unmarshal(v, &r.Model) },
		"input": func(r *Embedding, v json.RawMessage) (err error) {
			r.Input, err = form.ReadPrompts(v, "input", maxTexts)
			return err
		},
		"dimensions": func(r *Embedding, v json.RawMessage) (err error) {
			r.Dimensions, err = form.Whole(v, "dimensions", 1, math.MaxInt32)
			return err
		},
		"encoding_format": func(r *Embedding, v json.RawMessage) error {
			var s string
			if err := json.Unmarshal(v, &s); err != nil {
				return err
			}
			if s != "float" && s != "base64" {
				return form.OutOfRange("encoding_format", say.T("float or base64", "float 或 base64"))
			}
			r.Base64 = s == "base64"
			return nil
		},
		"truncate": func(r *Embedding, v json.RawMessage) error { return json.Unmarshal(v, &r.Cut) },
		"user":     form.Ignore[Embedding],
	}.Read(body, r)
	if err == nil && len(r.Input) == 0 {
		err = form.Invalid("input", "missing_parameter", say.T("input is missing", "缺少 input"))
	}
	return r, err
}

// Reply is the body that tells the vectors, each cut to the dimensions asked
// for and of length one again.
func (r *Embedding) Reply(model string, vectors [][]float32, tokens int) any {
	type item struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}
	data := make([]item, len(vectors))
	for i, v := range vectors {
		v = Shorten(v, r.Dimensions)
		data[i] = item{"embedding", i, v}
		if r.Base64 {
			var b bytes.Buffer
			binary.Write(&b, binary.LittleEndian, v) // a Buffer takes everything
			data[i].Embedding = base64.StdEncoding.EncodeToString(b.Bytes())
		}
	}
	return map[string]any{"object": "list", "data": data, "model": model,
		"usage": map[string]int{"prompt_tokens": tokens, "total_tokens": tokens}}
}

// Shorten returns the first n of v, of length one; n = 0 leaves v.
func Shorten(v []float32, n int) []float32 {
	if n == 0 || n >= len(v) {
		return v
	}
	var sum float64
	for _, x := range v[:n] {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, n)
	if sum > 0 {
		for i, x := range v[:n] {
			out[i] = float32(float64(x) / math.Sqrt(sum))
		}
	}
	return out
}

// A Reranking is a POST /v1/rerank, checked.
type Reranking struct {
	Model     string
	Query     string
	Documents []string
	Top       int  // most results; 0: all
	Texts     bool // results repeat the documents
}

// ParseReranking reads a POST /v1/rerank, in Jina's or Cohere's shape.
func ParseReranking(body []byte) (*Reranking, error) {
	r := &Reranking{}
	err := form.Fields[Reranking]{
		"model":     func(r *Reranking, v json.RawMessage) error { return json.Unmarshal(v, &r.Model) },
		"query":     func(r *Reranking, v json.RawMessage) error { return json.Unmarshal(v, &r.Query) },
		"documents": (*Reranking).setDocuments,
		"top_n": func(r *Reranking, v json.RawMessage) (err error) {
			r.Top, err = form.Whole(v, "top_n", 1, math.MaxInt32)
			return err
		},
		"return_documents": func(r *Reranking, v json.RawMessage) error { return json.Unmarshal(v, &r.Texts) },
		"user":             form.Ignore[Reranking],
	}.Read(body, r)
	switch {
	case err != nil:
	case r.Query == "":
		err = form.Invalid("query", "missing_parameter", say.T("query is missing or empty", "缺少 query，或为空"))
	case len(r.Documents) == 0:
		err = form.Invalid("documents", "missing_parameter", say.T("documents is missing or empty", "缺少 documents，或为空"))
	}
	return r, err
}

// setDocuments reads strings, or objects with a text.
func (r *Reranking) setDocuments(v json.RawMessage) error {
	var list []json.RawMessage
	if err := json.Unmarshal(v, &list); err != nil {
		return err
	}
	if len(list) > maxTexts {
		return form.OutOfRange("documents", say.T("at most %d", "至多 %d 个", maxTexts))
	}
	for i, v := range list {
		var o struct {
			Text *string `json:"text"`
		}
		var s *string
		if json.Unmarshal(v, &s) != nil && json.Unmarshal(v, &o) == nil {
			s = o.Text
		}
		if s == nil {
			return form.MustBe(fmt.Sprintf("documents[%d]", i), say.T("a string, or an object with text", "字符串，或带 text 的对象"))
		}
		r.Documents = append(r.Documents, *s)
	}
	return nil
}

// Reply is the body that tells the scores, the best first.
func (r *Reranking) Reply(id, model string, scores []float64, order []int, tokens int) any {
	type document struct {
		Text string `json:"text"`
	}
	type result struct {
		Index    int       `json:"index"`
		Score    float64   `json:"relevance_score"`
		Document *document `json:"document,omitempty"`
	}
	results := []result{}
	for _, i := range order {
		if r.Top > 0 && len(results) == r.Top {
			break
		}
		out := result{Index: i, Score: scores[i]}
		if r.Texts {
			out.Document = &document{r.Documents[i]}
		}
		results = append(results, out)
	}
	return map[string]any{"id": id, "object": "list", "model": model, "results": results,
		"usage": map[string]int{"prompt_tokens": tokens, "total_tokens": tokens},
		"meta":  map[string]any{"tokens": map[string]int{"input_tokens": tokens}}}
}

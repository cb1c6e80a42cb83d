package ollama

import (
	"encoding/json"
	"math"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
	"suiren/serve/openai"
)

// maxTexts bounds the texts of one request.
const maxTexts = 2048

// An Embed is a POST /api/embed, or /api/embeddings, checked.
type Embed struct {
	Model      string
	Input      []form.Prompt
	Dimensions int
	Cut        bool // a text that is too long is cut, not refused
	Param      string
	one        bool
}

// ParseEmbed reads a POST /api/embed; or if one is true a POST
// /api/embeddings, the older form, which has one text called prompt.
func ParseEmbed(body []byte, one bool) (*Embed, error) {
	r := &Embed{Cut: true, Param: "input", one: one}
	f := form.Fields[Embed]{
		"model":      func(r *Embed, v json.RawMessage) error { return json.Unmarshal(v, &r.Model) },
		"truncate":   func(r *Embed, v json.RawMessage) error { return json.Unmarshal(v, &r.Cut) },
		"keep_alive": form.Ignore[Embed], "options": form.Ignore[Embed], // of the machine: no text is made
		"dimensions": func(r *Embed, v json.RawMessage) (err error) {
			r.Dimensions, err = form.Whole(v, "dimensions", 0, math.MaxInt32)
			return err
		},
	}
	if one {
		r.Param = "prompt"
	}
	f[r.Param] = func(r *Embed, v json.RawMessage) error {
		list, err := form.Strings(v)
		if err != nil {
			return err
		}
		if len(list) > maxTexts || one && len(list) != 1 {
			return form.OutOfRange(r.Param, say.T("at most %d texts", "至多 %d 个文本", maxTexts))
		}
		for _, s := range list {
			r.Input = append(r.Input, form.Prompt{Text: s})
		}
		return nil
	}
	err := f.Read(body, r)
	if err == nil && len(r.Input) == 0 {
		err = form.Invalid(r.Param, "missing_parameter", say.T("%s is missing", "缺少 %s", r.Param))
	}
	return r, err
}

// Reply is the body that tells the vectors.
func (r *Embed) Reply(model string, vectors [][]float32, tokens int, took time.Duration) any {
	for i := range vectors {
		vectors[i] = openai.Shorten(vectors[i], r.Dimensions)
	}
	if r.one {
		return map[string]any{"embedding": vectors[0]}
	}
	return map[string]any{"model": model, "embeddings": vectors, "total_duration": took, "load_duration": 0, "prompt_eval_count": tokens}
}

package guard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
)

// An Ingested is what came of a document at the rails of stage ingest.
type Ingested struct {
	Text  string // as it may enter
	Pages []int
	Notes []Note
	Held  *Refusal // nil unless a rail refused, or asks a person: it may not enter, and Text is empty
}

// Ingest passes a document through the rails, each of its pages by itself. pages are the
// places in text where they begin, in order; nil: there are none. Conditions know labels.
func (p *Policy) Ingest(text string, pages []int, labels map[string]string) Ingested {
	rail := p.Rail(Ingest, Context{Labels: labels})
	in := Ingested{}
	var out strings.Builder
	at := 0
	for i := 0; i <= len(pages); i++ {
		end := len(text)
		if i < len(pages) {
			end = min(max(pages[i], at), len(text))
		}
		if i > 0 {
			in.Pages = append(in.Pages, out.Len())
		}
		head, err := rail.Write(text[at:end])
		tail := ""
		if err == nil {
			tail, err = rail.Flush()
		}
		if w, ok := errors.AsType[*Retraction](err); ok { // nothing has entered: it is held
			err = &w.Refusal
		}
		if r, ok := errors.AsType[*Refusal](err); ok {
			return Ingested{Notes: rail.Notes(), Held: r}
		}
		out.WriteString(head + tail)
		at = end
	}
	in.Text, in.Notes = out.String(), rail.Notes()
	return in
}

// Digest tells policies apart by what they do.
func (p *Policy) Digest() string {
	b, err := json.Marshal(p.doc)
	if err != nil {
		panic("guard: a policy that cannot be written: " + err.Error()) // it was read from JSON, or made of such
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

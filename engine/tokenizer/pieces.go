package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// pieces are the vocabulary of a SentencePiece model, as a tokenizer.model or
// the metadata of GGUF has it.
type pieces struct {
	unigram     bool
	forms       []string
	scores      []float32
	types       []tokenType
	charsMap    []byte
	dummyPrefix bool   // text begins with a space
	everywhere  bool   // so does what follows an added token
	collapse    bool   // spaces at the ends go, and of several in a row one stays
	once        bool   // not where it begins with one
	single      bool   // sums of scores are float32
	white       string // of a Unigram, as keyWhite has it
}

// tokenizer returns a tokenizer, not yet finished. more are the added tokens
// that are not in the model.
func (p *pieces) tokenizer(c *config) (*Tokenizer, error) {
	t := &Tokenizer{kind: runeBPE, roles: noRoles, types: p.types, dropSpace: p.dummyPrefix, single32: p.single}
	if p.unigram {
		t.kind = unigramLM
	}
	t.bpe.fuse = true
	for id, typ := range p.types {
		switch typ {
		case unknownToken:
			if t.roles.unk < 0 {
				t.roles.unk = int32(id)
				t.bpe.unk = p.forms[id]
			}
			t.added = append(t.added, added{id: int32(id), name: p.forms[id], special: true})
		case controlToken, userToken:
			t.added = append(t.added, added{id: int32(id), name: p.forms[id], special: typ == controlToken})
		case byteToken:
			t.bpe.byteFallback = true
		}
	}
	forms, err := c.fewTokens(t, p.forms)
	if err != nil {
		return nil, fault("added_tokens_decoder: %v", err)
	}
	for i := range t.added { // twice the same name, as in files that fill up: the first counts
		if t.added[i].name == "" {
			t.added[i].name = fmt.Sprintf("[EMPTY_%d]", t.added[i].id)
			forms[t.added[i].id] = t.added[i].name
		}
	}
	t.types = slices.Clone(p.types)
	for len(t.types) < len(forms) {
		t.types = append(t.types, userToken)
	}
	for _, a := range t.added {
		if int(a.id) >= len(p.types) && a.special {
			t.types[a.id] = controlToken
		}
	}
	t.scores = make([]float64, len(forms))
	for i, s := range p.scores {
		t.scores[i] = float64(s)
	}
	m, err := newCharsMap(p.charsMap)
	if err != nil {
		return nil, fault("precompiled_charsmap: %v", err)
	}
	if m != nil {
		t.normal = append(t.normal, func(s string, _ bool) string { return m.byLongest(s) })
	}
	if p.collapse {
		t.normal = append(t.normal, func(s string, _ bool) string {
			return collapse(strings.TrimRight(strings.TrimLeft(s, " "), " ▁"), " ")
		})
	}
	t.pre = []preStep{{meta: &metaspace{always: p.dummyPrefix && p.everywhere, first: p.dummyPrefix, twice: !p.once}}}
	t.setForms(forms)
	t.steps = p.steps()
	if p.unigram && !p.single { // as tokenizer.json says it: its models were made with that
		t.normal = nil
		return t, t.readSteps()
	}
	return t, nil
}

// beforeLowLine returns the runes that some token has before a ▁. After any
// other, no merge crosses the place before ▁, and the text may be cut there.
func (t *Tokenizer) beforeLowLine() map[rune]bool {
	set := map[rune]bool{}
	hidden := t.hidden()
	for id, s := range t.forms {
		if hidden[id] {
			continue
		}
		for i := strings.Index(s, lowLine); i >= 0; {
			if r, n := utf8.DecodeLastRuneInString(s[:i]); n > 0 && r != '▁' {
				set[r] = true
			}
			next := strings.Index(s[i+len(lowLine):], lowLine)
			if next < 0 {
				break
			}
			i += len(lowLine) + next
		}
	}
	return set
}

// steps returns what a tokenizer.json says for such a model.
func (p *pieces) steps() steps {
	var normal []stepJSON
	str := func(s string) *string { return &s }
	if len(p.charsMap) > 0 {
		normal = append(normal, stepJSON{Type: "Precompiled", CharsMap: p.charsMap})
	}
	yes, no, zero, one := true, false, 0, 1
	if p.white == "spaces" {
		normal = append(normal, stepJSON{Type: "Strip", StripLeft: &no, StripRight: &yes})
	}
	if p.collapse {
		normal = append(normal, stepJSON{Type: "Replace", Pattern: &patternJSON{Regex: str(" {2,}")}, Content: str(" ")})
	}
	var pre *stepJSON
	if p.unigram {
		scheme := "never"
		if p.dummyPrefix {
			scheme = "always"
		}
		pre = &stepJSON{Type: "Metaspace", Replacement: lowLine, Scheme: scheme, Split: &yes}
		if p.collapse && p.white != "spaces" && p.white != "spaces, last" {
			pre = &stepJSON{Type: "Sequence", PreTokenizers: []stepJSON{{Type: "WhitespaceSplit"}, *pre}}
		}
	} else {
		switch {
		case p.dummyPrefix && (p.once || !p.everywhere): // not quite if the text begins with a space, as nothing is
			scheme := "first"
			if p.everywhere {
				scheme = "always"
			}
			pre = &stepJSON{Type: "Metaspace", Replacement: lowLine, Scheme: scheme, Split: &no}
		case p.dummyPrefix:
			normal = append(normal, stepJSON{Type: "Prepend", Prepend: lowLine})
			fallthrough
		default:
			normal = append(normal, stepJSON{Type: "Replace", Pattern: &patternJSON{String: str(" ")}, Content: str(lowLine)})
		}
	}
	decode := []stepJSON{{Type: "Replace", Pattern: &patternJSON{String: str(lowLine)}, Content: str(" ")}, {Type: "ByteFallback"}, {Type: "Fuse"}}
	if p.dummyPrefix {
		decode = append(decode, stepJSON{Type: "Strip", Content: str(" "), Start: &one, Stop: &zero})
	}
	s := steps{decoder: rawJSON(&stepJSON{Type: "Sequence", Decoders: decode})}
	if pre != nil {
		s.pre = rawJSON(pre)
	}
	if len(normal) > 0 {
		s.normalizer = rawJSON(&stepJSON{Type: "Sequence", Normalizers: normal})
	}
	return s
}

func rawJSON(v any) json.RawMessage {
	text, err := plainJSON(v, "")
	if err != nil {
		panic("tokenizer: " + err.Error()) // the values are ours
	}
	return text
}

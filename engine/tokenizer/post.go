package tokenizer

import (
	"encoding/json"
	"slices"
)

// A postJSON is a post_processor of tokenizer.json. Source:
// https://github.com/huggingface/tokenizers, tokenizers/src/processors.
type postJSON struct {
	Type       string     `json:"type"`
	Processors []postJSON `json:"processors"`
	Single     []partJSON `json:"single"`
	Pair       []partJSON `json:"pair"`
	Tokens     map[string]struct {
		IDs []int32 `json:"ids"`
	} `json:"special_tokens"`
	SEP *nameID `json:"sep"`
	CLS *nameID `json:"cls"`
}

type partJSON struct {
	Token *kindJSON `json:"SpecialToken,omitempty"`
	Text  *kindJSON `json:"Sequence,omitempty"`
}

type kindJSON struct {
	ID   string `json:"id"`
	Kind int    `json:"type_id"`
}

// A nameID is ["[SEP]", 102].
type nameID struct {
	name string
	id   int32
}

// UnmarshalJSON reads the two.
func (n *nameID) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[2]any{&n.name, &n.id})
}

// readPost reads a post_processor into the templates of t.
func (t *Tokenizer) readPost(raw json.RawMessage) (place string, err error) {
	t.defaultTemplate(nil, nil)
	if len(raw) == 0 {
		return "", nil
	}
	var p *postJSON
	if err := json.Unmarshal(raw, &p); err != nil {
		return "post_processor", err
	}
	if p == nil {
		return "", nil
	}
	return "post_processor", t.addPost(p)
}

func (t *Tokenizer) addPost(p *postJSON) error {
	switch p.Type {
	case "ByteLevel":
		return nil
	case "Sequence":
		for i := range p.Processors {
			if err := t.addPost(&p.Processors[i]); err != nil {
				return err
			}
		}
		return nil
	case "BertProcessing", "RobertaProcessing":
		if p.SEP == nil || p.CLS == nil || !t.has(p.SEP.id) || !t.has(p.CLS.id) {
			return fault("%s names no sep or cls of the vocabulary", p.Type)
		}
		cls, sep := part{id: p.CLS.id}, part{id: p.SEP.id}
		t.single = []part{cls, {text: 1}, sep}
		if p.Type == "RobertaProcessing" {
			t.pair = []part{cls, {text: 1}, sep, sep, {text: 2}, sep}
		} else {
			t.pair = []part{cls, {text: 1}, sep, {text: 2, kind: 1}, {id: sep.id, kind: 1}}
		}
		return nil
	case "TemplateProcessing":
		single, err := t.template(p, p.Single, 1)
		if err != nil {
			return fault("single: %v", err)
		}
		pair, err := t.template(p, p.Pair, 2)
		if err != nil {
			return fault("pair: %v", err)
		}
		t.single, t.pair = single, pair
		return nil
	}
	return fault("%q is not read", p.Type)
}

func (t *Tokenizer) has(id int32) bool { return id >= 0 && int(id) < len(t.tokens) }

// template reads a template of n texts, each of which must come once.
func (t *Tokenizer) template(p *postJSON, list []partJSON, n int8) (parts []part, err error) {
	texts := int8(0)
	for _, x := range list {
		switch {
		case x.Token != nil && x.Text == nil:
			tok, ok := p.Tokens[x.Token.ID]
			if !ok {
				return nil, fault("the token %q is not in special_tokens", x.Token.ID)
			}
			for _, id := range tok.IDs {
				if !t.has(id) {
					return nil, fault("the token %q has the id %d, which is not in the vocabulary", x.Token.ID, id)
				}
				parts = append(parts, part{id: id, kind: int8(min(x.Token.Kind&1, 1))})
			}
		case x.Text != nil && x.Token == nil && (x.Text.ID == "A" || x.Text.ID == "B"):
			text := int8(x.Text.ID[0]-'A') + 1
			texts++
			if text != texts {
				return nil, fault("the texts are not A, then B")
			}
			parts = append(parts, part{text: text, kind: int8(x.Text.Kind & 1)})
		default:
			return nil, fault("a part is neither a token nor a text")
		}
		if len(parts) > 64 {
			return nil, fault("has more than 64 parts")
		}
	}
	if texts != n {
		return nil, fault("has %d texts, not %d", texts, n)
	}
	return parts, nil
}

// post returns the post_processor that says the templates of t: that of its
// file, if it still does.
func (t *Tokenizer) post() json.RawMessage {
	u := &Tokenizer{tokens: t.tokens}
	if _, err := u.readPost(t.steps.post); err == nil && slices.Equal(u.single, t.single) && slices.Equal(u.pair, t.pair) {
		return t.steps.post
	}
	type token struct {
		ID     string   `json:"id"`
		IDs    []int32  `json:"ids"`
		Tokens []string `json:"tokens"`
	}
	tokens := map[string]token{}
	list := func(parts []part) (list []partJSON) {
		for _, p := range parts {
			if p.text > 0 {
				list = append(list, partJSON{Text: &kindJSON{"AB"[p.text-1 : p.text], int(p.kind)}})
				continue
			}
			name := t.form(p.id)
			tokens[name] = token{name, []int32{p.id}, []string{name}}
			list = append(list, partJSON{Token: &kindJSON{name, int(p.kind)}})
		}
		return list
	}
	return rawJSON(struct {
		Type   string           `json:"type"`
		Single []partJSON       `json:"single"`
		Pair   []partJSON       `json:"pair"`
		Tokens map[string]token `json:"special_tokens"`
	}{"TemplateProcessing", list(t.single), list(t.pair), tokens})
}

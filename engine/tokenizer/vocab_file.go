package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// parseVocab reads a vocab.txt of BERT: a token a line, the id its number.
func parseVocab(path string, text []byte, c *config) (*Tokenizer, error) {
	if !utf8.Valid(text) {
		return nil, &FormatError{path, "", fault("is not UTF-8")}
	}
	var forms []string
	for line := range strings.Lines(string(text)) {
		forms = append(forms, strings.TrimRight(line, "\r\n"))
	}
	t := &Tokenizer{kind: wordPieces, roles: noRoles, dropSpace: true}
	names := *c
	for i, name := range []nameJSON{"", "", "[UNK]", "[PAD]", "[SEP]", "[CLS]", "[MASK]"} {
		if *names.names()[i] == "" {
			*names.names()[i] = name
		}
	}
	index := make(map[string]int32, len(forms))
	for id, s := range forms {
		if _, ok := index[s]; !ok {
			index[s] = int32(id)
		}
	}
	lower := c.Lower == nil || *c.Lower
	if err := t.bert(forms, index, names, lower, c.Chinese, c.Accents); err != nil {
		return nil, &FormatError{path, "", err}
	}
	names.apply(t)
	return t, nil
}

// bert completes t as BERT's tokenizer, whose tokens c names.
func (t *Tokenizer) bert(forms []string, index map[string]int32, c config, lower bool, chinese, accents *bool) error {
	ids := t.roles.ids()
	for i, name := range c.names() {
		id, ok := index[string(*name)]
		if *name == "" || !ok {
			continue
		}
		*ids[i] = id
		if t.addedAt(id) < 0 {
			t.added = append(t.added, added{id: id, name: string(*name), special: true})
		}
	}
	forms, err := c.fewTokens(t, forms)
	if err != nil {
		return fault("added_tokens_decoder: %v", err)
	}
	yes := true
	t.steps = steps{
		normalizer: rawJSON(&stepJSON{Type: "BertNormalizer", Clean: &yes, Chinese: orTrue(chinese), Accents: accents, Lower: &lower}),
		pre:        rawJSON(&stepJSON{Type: "BertPreTokenizer"}),
		decoder:    rawJSON(&stepJSON{Type: "WordPiece", Prefix: "##", Cleanup: &yes}),
	}
	if err := t.readSteps(); err != nil {
		return err
	}
	t.setForms(forms)
	if _, err := t.finish(); err != nil {
		return err
	}
	t.defaultTemplate(nil, nil)
	if cls, sep := t.roles.cls, t.roles.sep; cls >= 0 && sep >= 0 {
		t.single = []part{{id: cls}, {text: 1}, {id: sep}}
		t.pair = []part{{id: cls}, {text: 1}, {id: sep}, {text: 2, kind: 1}, {id: sep, kind: 1}}
	}
	return nil
}

func orTrue(b *bool) *bool {
	if b == nil {
		yes := true
		return &yes
	}
	return b
}

func (t *Tokenizer) addedAt(id int32) int {
	for i := range t.added {
		if t.added[i].id == id {
			return i
		}
	}
	return -1
}

// readSteps makes the steps that t.steps says.
func (t *Tokenizer) readSteps() error {
	normal, err := step(t.steps.normalizer)
	if err != nil {
		return err
	}
	if t.normal, _, err = normalSteps(normal, ""); err != nil {
		return err
	}
	pre, err := step(t.steps.pre)
	if err != nil {
		return err
	}
	t.pre, _, _, err = preSteps(pre, "")
	return err
}

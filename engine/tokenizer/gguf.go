package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The keys of GGUF that describe a tokenizer. Source:
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and llama.cpp,
// gguf-py/gguf/constants.py (which spells seperator so).
const (
	keyModel    = "tokenizer.ggml.model"
	keyPre      = "tokenizer.ggml.pre"
	keyTokens   = "tokenizer.ggml.tokens"
	keyTypes    = "tokenizer.ggml.token_type"
	keyScores   = "tokenizer.ggml.scores"
	keyMerges   = "tokenizer.ggml.merges"
	keyCharsMap = "tokenizer.ggml.precompiled_charsmap"
	keyCollapse = "tokenizer.ggml.remove_extra_whitespaces"
	keyPrefix   = "tokenizer.ggml.add_space_prefix"
	keyAddBOS   = "tokenizer.ggml.add_bos_token"
	keyAddEOS   = "tokenizer.ggml.add_eos_token"
	keyLower    = "tokenizer.ggml.normalizer.lowercase"
	keyAccents  = "tokenizer.ggml.normalizer.strip_accents"
)

// idKeys are the keys of the roles, as roles.ids orders them.
var idKeys = [7]string{
	"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.padding_token_id",
	"tokenizer.ggml.seperator_token_id", "tokenizer.ggml.cls_token_id", "tokenizer.ggml.mask_token_id",
}

// endKeys are further keys of tokens that end a generation.
var endKeys = []string{"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}

// metadata reads the values of a GGUF file.
type metadata func(key string) (any, bool)

// get returns a value, false if there is none of the kind T.
func get[T any](m metadata, key string) (T, bool) {
	v, ok := m(key)
	if !ok {
		return *new(T), false
	}
	x, ok := v.(T)
	return x, ok
}

func (m metadata) flag(key string, absent bool) bool {
	if v, ok := get[bool](m, key); ok {
		return v
	}
	return absent
}

func (m metadata) id(key string) int64 {
	v, _ := m(key)
	switch v := v.(type) {
	case uint32:
		return int64(v)
	case int32:
		return int64(v)
	case uint64:
		return int64(v)
	case int64:
		return v
	case uint16:
		return int64(v)
	}
	return -1
}

// FromGGUF reads the tokenizer that the metadata of a GGUF file describes.
// value returns a value by its key, as a Go value: string, bool, uint32,
// float32, or a slice of one of these. What this package cannot do gives a
// *FormatError whose Place is the key.
func FromGGUF(value func(key string) (any, bool)) (*Tokenizer, error) {
	m := metadata(value)
	model, _ := get[string](m, keyModel)
	var t *Tokenizer
	var place string
	var err error
	switch model {
	case "gpt2":
		t, place, err = m.level()
	case "llama", "t5":
		t, place, err = m.pieces(model == "t5")
	case "gemma4":
		t, place, err = m.gemma()
	case "bert":
		t, place, err = m.bert()
	case "":
		place, err = keyModel, fault("is not there: the file describes no tokenizer")
	default:
		place, err = keyModel, fault("%q is not read; gpt2, llama, t5, gemma4 and bert are", model)
	}
	if err != nil {
		return nil, &FormatError{"GGUF metadata", place, err}
	}
	for _, key := range endKeys {
		if id := m.id(key); id >= 0 && id < int64(len(t.tokens)) && !slices.Contains(t.roles.ends, int32(id)) {
			t.roles.ends = append(t.roles.ends, int32(id))
		}
	}
	t.findEnds()
	return t, nil
}

// vocabulary reads tokens, types and scores, whose lengths must agree.
func (m metadata) vocabulary() (forms []string, types []tokenType, scores []float32, place string, err error) {
	bad := func(place, format string, a ...any) ([]string, []tokenType, []float32, string, error) {
		return nil, nil, nil, place, fault(format, a...)
	}
	list, _ := get[[]string](m, keyTokens)
	if len(list) == 0 || len(list) > maxVocab {
		return bad(keyTokens, "has %d texts; 1 to %d are read", len(list), maxVocab)
	}
	forms = slices.Clone(list)
	numbers, ok := get[[]int32](m, keyTypes)
	if ok && len(numbers) < len(forms) {
		return bad(keyTypes, "has %d types for %d tokens", len(numbers), len(forms))
	}
	types = make([]tokenType, len(forms))
	for i := range types {
		types[i] = normalToken
		if ok {
			if numbers[i] < 1 || numbers[i] > 6 {
				return bad(keyTypes, "the type %d of token %d is not known", numbers[i], i)
			}
			types[i] = tokenType(numbers[i])
		}
	}
	// What convert_hf_to_gguf calls the rows of the embeddings that are of no token.
	for n := len(forms) - 1; n > 0 && types[n] == unusedToken && forms[n] == fmt.Sprintf("[PAD%d]", n); n-- {
		forms, types = forms[:n], types[:n]
	}
	scores, ok = get[[]float32](m, keyScores)
	if ok && len(scores) < len(forms) {
		return bad(keyScores, "has %d scores for %d tokens", len(scores), len(forms))
	}
	if ok {
		scores = scores[:len(forms)]
		for i, s := range scores {
			if s != s {
				return bad(keyScores, "the score of token %d is not a number", i)
			}
		}
	}
	for i, s := range forms {
		if s == "" || !utf8.ValidString(s) { // a name that nothing spells
			forms[i], types[i] = fmt.Sprintf("[EMPTY_%d]", i), unusedToken
		}
	}
	return forms, types, scores, "", nil
}

// maxVocab bounds a vocabulary; the largest known has 262,144 tokens.
const maxVocab = 1 << 24

// setGGUF sets the roles and the template of t.
func (m metadata) setGGUF(t *Tokenizer, addBOS, addEOS bool) {
	ids := t.roles.ids()
	for i, key := range idKeys {
		if id := m.id(key); id >= 0 && id < int64(len(t.tokens)) {
			*ids[i] = int32(id)
		}
	}
	var prefix, suffix []int32
	if m.flag(keyAddBOS, addBOS) && t.roles.bos >= 0 {
		prefix = []int32{t.roles.bos}
	}
	if m.flag(keyAddEOS, addEOS) && t.roles.eos >= 0 {
		suffix = []int32{t.roles.eos}
	}
	t.defaultTemplate(prefix, suffix)
}

// addNamed enters the tokens of GGUF that are not ordinary. Of names that
// come twice the first counts.
func (t *Tokenizer) addNamed(forms []string) {
	seen := map[string]bool{}
	for id, typ := range t.types {
		if typ != controlToken && typ != unknownToken && typ != userToken {
			continue
		}
		if seen[forms[id]] {
			t.types[id] = unusedToken
			continue
		}
		seen[forms[id]] = true
		t.added = append(t.added, added{id: int32(id), name: forms[id], special: typ != userToken})
	}
}

// cutMerges reads the merges of forms.
func (m metadata) cutMerges(forms []string) (merges []merge, err error) {
	list, _ := get[[]string](m, keyMerges)
	if len(list) == 0 {
		return nil, fault("there are none")
	}
	index := make(map[string]int32, len(forms))
	for id, s := range forms {
		if _, ok := index[s]; !ok {
			index[s] = int32(id)
		}
	}
	merges = make([]merge, len(list))
	for i, s := range list {
		left, right, _ := cutMerge(s)
		l, ok1 := index[left]
		r, ok2 := index[right]
		id, ok3 := index[left+right]
		if !ok1 || !ok2 || !ok3 {
			return nil, fault("%d, %q: its parts, or the two joined, are not in the vocabulary", i, s)
		}
		merges[i] = merge{l, r, id}
	}
	return merges, nil
}

// level reads a byte-level BPE.
func (m metadata) level() (t *Tokenizer, place string, err error) {
	pre, _ := get[string](m, keyPre)
	if pre == "" {
		return nil, keyPre, fault("is not there, so that nothing says how text is cut; convert the model again, with a newer program")
	}
	i := slices.IndexFunc(families, func(f family) bool { return slices.Contains(f.names, pre) })
	if i < 0 {
		var known []string
		for _, f := range families {
			known = append(known, f.names...)
		}
		return nil, keyPre, fault("%q is not read; these are: %s", pre, strings.Join(known, ", "))
	}
	f := &families[i]
	forms, types, _, place, err := m.vocabulary()
	if err != nil {
		return nil, place, err
	}
	withNFC := *f
	withNFC.nfc = m.flag(keyNFC, f.nfc)
	t = &Tokenizer{roles: noRoles, types: types, pretype: pre, steps: withNFC.steps(), bpe: bpeOptions{ignoreMerges: f.whole}}
	if err := t.readSteps(); err != nil {
		return nil, keyPre, err
	}
	t.addNamed(forms)
	t.tokens = make([]string, len(forms))
	for _, a := range t.added {
		t.tokens[a.id] = a.name
	}
	for id, s := range forms {
		if t.tokens[id] != "" {
			continue
		}
		b, ok := fromLevel(s)
		if !ok || t.types[id] == unusedToken {
			b, t.types[id] = s, unusedToken
		}
		t.tokens[id] = b
	}
	if t.merges, err = m.cutMerges(forms); err != nil {
		return nil, keyMerges, err
	}
	if t, err = t.finish(); err != nil {
		return nil, keyTokens, err
	}
	m.setGGUF(t, f.bos, false)
	if pre == "roberta-bpe" || pre == "jina-v1-en" || pre == "jina-v2-code" { // <s> A </s></s> B </s>
		t.robertaTemplate()
	}
	return t, "", nil
}

// robertaTemplate is <s> A </s>, and <s> A </s></s> B </s>.
func (t *Tokenizer) robertaTemplate() {
	bos, eos := part{id: t.roles.bos}, part{id: t.roles.eos}
	if bos.id < 0 || eos.id < 0 {
		return
	}
	t.single = []part{bos, {text: 1}, eos}
	t.pair = []part{bos, {text: 1}, eos, eos, {text: 2}, eos}
}

// steps returns what a tokenizer.json says for a family.
func (f *family) steps() steps {
	no, yes := false, true
	byteLevel := func(regex *bool) *stepJSON {
		return &stepJSON{Type: "ByteLevel", AddPrefix: &no, TrimOffsets: &no, UseRegex: regex}
	}
	s := steps{
		pre:     rawJSON(&stepJSON{Type: "Sequence", PreTokenizers: f.pre}),
		post:    rawJSON(byteLevel(&no)),
		decoder: rawJSON(byteLevel(&yes)),
	}
	if f.nfc {
		s.normalizer = rawJSON(&stepJSON{Type: "NFC"})
	}
	return s
}

// pieces reads a vocabulary of SentencePiece.
func (m metadata) pieces(unigram bool) (t *Tokenizer, place string, err error) {
	p := &pieces{unigram: unigram, everywhere: true}
	if p.forms, p.types, p.scores, place, err = m.vocabulary(); err != nil {
		return nil, place, err
	}
	if p.scores == nil {
		return nil, keyScores, fault("is not there")
	}
	p.dummyPrefix = m.flag(keyPrefix, true)
	if where, _ := get[string](m, keyWhere); p.dummyPrefix && !unigram {
		p.once = where == "first, once" || where == "always, once"
		p.everywhere = where != "first" && where != "first, once"
	}
	p.collapse = m.flag(keyCollapse, false)
	p.charsMap = m.bytes(keyCharsMap)
	if p.white, _ = get[string](m, keyWhite); unigram && p.white == "sentencepiece" {
		p.single, p.everywhere = true, false
	}
	p.firstNames()
	if t, err = p.tokenizer(&config{}); err != nil {
		return nil, keyTokens, err
	}
	if unigram {
		t.setRoles([]int64{-1, 1, 2, 0})
	} else {
		t.setRoles([]int64{1, 2, 0, -1})
	}
	m.setGGUF(t, !unigram, unigram)
	if t, err = t.finish(); err != nil {
		return nil, keyTokens, err
	}
	if _, ok := t.SEP(); unigram && ok && t.AddBOS() {
		t.robertaTemplate()
	}
	return t, "", nil
}

// firstNames makes the second and further of added tokens with one name unused.
func (p *pieces) firstNames() {
	seen := map[string]bool{}
	for id, typ := range p.types {
		if typ == controlToken || typ == unknownToken || typ == userToken {
			if seen[p.forms[id]] {
				p.types[id] = unusedToken
			}
			seen[p.forms[id]] = true
		}
	}
}

// bytes reads an array of bytes, signed or not.
func (m metadata) bytes(key string) []byte {
	v, _ := m(key)
	switch v := v.(type) {
	case []byte:
		return v
	case []int8:
		b := make([]byte, len(v))
		for i, x := range v {
			b[i] = byte(x)
		}
		return b
	}
	return nil
}

// bert reads a WordPiece vocabulary, where the tokens that begin a word have
// a ▁ and those within one do not.
func (m metadata) bert() (t *Tokenizer, place string, err error) {
	forms, types, _, place, err := m.vocabulary()
	if err != nil {
		return nil, place, err
	}
	t = &Tokenizer{kind: wordPieces, roles: noRoles, dropSpace: true}
	var c config
	ids := [7]int64{-1, -1, 100, 0, 102, 101, 103}
	for i, key := range idKeys {
		if id := m.id(key); id >= 0 {
			ids[i] = id
		}
	}
	if id := m.id(idKeys[0]); id >= 0 && m.id(idKeys[5]) < 0 {
		ids[5] = id // older files call [CLS] BOS
	}
	if ids[0] == ids[5] {
		ids[0] = -1
	}
	special := map[int64]bool{}
	for i, id := range ids {
		if id >= 0 && id < int64(len(forms)) {
			*c.names()[i] = nameJSON(forms[id])
			special[id] = true
		}
	}
	index := map[string]int32{}
	for id, s := range forms {
		if special[int64(id)] {
			index[s] = int32(id)
			continue
		}
		if types[id] == controlToken || types[id] == userToken {
			if _, ok := index[s]; !ok {
				index[s] = int32(id)
				t.added = append(t.added, added{id: int32(id), name: s, special: types[id] == controlToken})
			}
			continue
		}
		if word, ok := strings.CutPrefix(s, lowLine); ok && word != "" {
			forms[id] = word
		} else {
			forms[id] = "##" + s
		}
	}
	lower := m.flag(keyLower, true)
	accents := m.flag(keyAccents, lower)
	if err := t.bert(forms, index, c, lower, nil, &accents); err != nil {
		return nil, keyTokens, err
	}
	return t, "", nil
}

// gemma reads Gemma 4's: a BPE of runes with merges.
func (m metadata) gemma() (t *Tokenizer, place string, err error) {
	forms, types, _, place, err := m.vocabulary()
	if err != nil {
		return nil, place, err
	}
	t = &Tokenizer{kind: runeBPE, roles: noRoles, types: types, bpe: bpeOptions{fuse: true, byteFallback: true}}
	t.addNamed(forms)
	str := func(s string) *string { return &s }
	t.steps = steps{
		normalizer: rawJSON(&stepJSON{Type: "Replace", Pattern: &patternJSON{String: str(" ")}, Content: str(lowLine)}),
		decoder: rawJSON(&stepJSON{Type: "Sequence", Decoders: []stepJSON{
			{Type: "Replace", Pattern: &patternJSON{String: str(lowLine)}, Content: str(" ")}, {Type: "ByteFallback"}, {Type: "Fuse"},
		}}),
	}
	if err := t.readSteps(); err != nil {
		return nil, keyModel, err
	}
	t.setForms(forms)
	if t.merges, err = m.cutMerges(forms); err != nil {
		return nil, keyMerges, err
	}
	m.setGGUF(t, true, false)
	if t, err = t.finish(); err != nil {
		return nil, keyTokens, err
	}
	return t, "", nil
}

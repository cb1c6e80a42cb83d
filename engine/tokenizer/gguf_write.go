package tokenizer

import (
	"bytes"
	"slices"
	"strings"
)

// A Pair is a line of the metadata of a GGUF file. Value is a string, a bool,
// a uint32, or a slice of string, int32, float32 or byte.
type Pair struct {
	Key   string
	Value any
}

// These keys say what no key of GGUF does, where it is not as other programs
// take it, who pass over them: whether text is brought into NFC, and where
// SentencePiece's space is put, "first" or "always", and ", once" if not
// where there is one already; and of a Unigram that joins spaces whether it
// does all as the sentencepiece library, "sentencepiece", or takes no other
// white space for them, "spaces", and ", last" if one stays at the end.
const (
	keyNFC   = "suiren.tokenizer.nfc"
	keyWhere = "suiren.tokenizer.space_prefix"
	keyWhite = "suiren.tokenizer.unigram"
)

// GGUF returns the metadata that describes t in a GGUF file; FromGGUF reads
// it back. ends are tokens that end an answer by what other files of the model
// say. The error says what GGUF has no way to say.
func (t *Tokenizer) GGUF(ends ...int32) ([]Pair, error) { return t.GGUFTurn(-1, ends...) }

// GGUFTurn is GGUF of a model whose template ends a turn with the token turn, if
// that is not EOS; -1: it is not known.
func (t *Tokenizer) GGUFTurn(turn int32, ends ...int32) ([]Pair, error) {
	var pairs []Pair
	var err error
	switch t.kind {
	case levelBPE:
		pairs, err = t.levelGGUF()
	case runeBPE:
		pairs, err = t.runesGGUF()
	case unigramLM:
		pairs, err = t.unigramGGUF()
	case wordPieces:
		pairs, err = t.wordsGGUF()
	}
	if err != nil {
		return nil, fault("a GGUF file cannot describe this tokenizer: %v", err)
	}
	roles := t.roles
	// What goes around a text is BOS and EOS to GGUF, whatever the roles are called.
	if p := t.Prefix(); len(p) == 1 && t.kind != wordPieces {
		roles.bos = p[0]
	}
	if p := t.Suffix(); len(p) == 1 && t.kind != wordPieces {
		roles.eos = p[0]
	}
	if t.kind == wordPieces && roles.bos < 0 {
		roles.bos = roles.cls // llama.cpp's name for [CLS]
	}
	for i, id := range roles.ids() {
		if *id >= 0 {
			pairs = append(pairs, Pair{idKeys[i], uint32(*id)})
		}
	}
	pairs = append(pairs, Pair{keyAddBOS, len(t.Prefix()) > 0 || t.kind == wordPieces}, Pair{keyAddEOS, len(t.Suffix()) > 0 && t.kind != wordPieces})
	for i, name := range []string{"<|eot_id|>", "<|eom_id|>"} {
		id, ok := t.names[name]
		if i == 0 && turn >= 0 && turn != roles.eos {
			id, ok = turn, true
		}
		if ok {
			pairs = append(pairs, Pair{endKeys[i], uint32(id)})
		}
	}
	u, err := t.sameFromGGUF(pairs)
	if err != nil {
		return nil, err
	}
	return t.endPairs(pairs, u.Ends(), ends)
}

// EndKeys are the keys of tokens beside EOS that end an answer.
func EndKeys() []string { return slices.Clone(endKeys) }

// MoreEnds returns what a GGUF file of t has to say beside have, which are its pairs
// of EndKeys, for the token turn to end a turn.
func (t *Tokenizer) MoreEnds(have []Pair, turn int32) ([]Pair, error) {
	said := slices.ContainsFunc(have, func(p Pair) bool { return p.Value == uint32(turn) })
	known := t.Ends()
	if !said && turn != t.roles.eos && !slices.ContainsFunc(have, func(p Pair) bool { return p.Key == endKeys[0] }) {
		known = slices.DeleteFunc(known, func(id int32) bool { return id == turn }) // by its name, which others may not know
	}
	pairs, err := t.endPairs(slices.Clone(have), known, []int32{turn})
	if err != nil {
		return nil, err
	}
	return pairs[len(have):], nil
}

// endPairs adds to pairs, from which the tokens known are read as ends of an
// answer, those of ends that are not: under keys of ends that pairs has not.
func (t *Tokenizer) endPairs(pairs []Pair, known, ends []int32) ([]Pair, error) {
	free := slices.DeleteFunc(slices.Clone(endKeys), func(key string) bool {
		return slices.ContainsFunc(pairs, func(p Pair) bool { return p.Key == key })
	})
	for _, id := range ends {
		switch {
		case slices.Contains(known, id):
			continue
		case id < 0 || int(id) >= len(t.tokens):
			return nil, fault("no token has the id %d", id)
		case len(free) == 0:
			return nil, fault("a GGUF file has no key left to say that the token %d, %q, ends an answer, too", id, t.Bytes(id))
		}
		pairs, free, known = append(pairs, Pair{free[0], uint32(id)}), free[1:], append(known, id)
	}
	return pairs, nil
}

// sameFromGGUF returns what pairs give back, which is t as far as its tables and steps.
func (t *Tokenizer) sameFromGGUF(pairs []Pair) (*Tokenizer, error) {
	u, err := FromGGUF(func(key string) (any, bool) {
		i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Key == key })
		if i < 0 {
			return nil, false
		}
		return pairs[i].Value, true
	})
	switch {
	case err != nil:
		return nil, fault("tokenizer: what GGUF would say cannot be read: %v", err)
	case !slices.Equal(u.tokens, t.tokens):
		return nil, fault("a GGUF file cannot describe this tokenizer: its tokens")
	case !slices.Equal(u.ordered(), t.ordered()):
		return nil, fault("a GGUF file cannot describe this tokenizer: the order of its merges")
	case !slices.Equal(u.Prefix(), t.Prefix()) || !slices.Equal(u.Suffix(), t.Suffix()):
		return nil, fault("a GGUF file cannot describe this tokenizer: what goes around a text")
	}
	return u, nil
}

// vocabGGUF returns the tokens, as form writes them, and their types.
func (t *Tokenizer) vocabGGUF(model, pre string, form func(id int32) string) []Pair {
	forms, types := make([]string, len(t.tokens)), make([]int32, len(t.tokens))
	for id := range forms {
		forms[id], types[id] = form(int32(id)), int32(t.typeOf(id))
		if t.types == nil && t.bpe.byteFallback {
			if _, ok := byteForm(forms[id]); ok {
				types[id] = int32(byteToken)
			}
		}
	}
	for _, a := range t.added {
		forms[a.id], types[a.id] = a.name, int32(userToken)
		if a.special {
			types[a.id] = int32(controlToken)
		}
	}
	if unk := t.roles.unk; unk >= 0 && (t.kind == runeBPE || t.kind == unigramLM) {
		types[unk] = int32(unknownToken)
	}
	pairs := []Pair{{keyModel, model}, {keyPre, pre}, {keyTokens, forms}, {keyTypes, types}}
	if t.scores != nil {
		scores := make([]float32, len(t.scores))
		for i, s := range t.scores {
			scores[i] = float32(s)
		}
		pairs = append(pairs, Pair{keyScores, scores})
	}
	return pairs
}

func (t *Tokenizer) mergesGGUF() Pair {
	list := make([]string, len(t.merges))
	for i, m := range t.merges {
		list[i] = t.form(m.left) + " " + t.form(m.right)
	}
	return Pair{keyMerges, list}
}

// flat returns the steps of which s consists.
func (s *stepJSON) flat() (list []stepJSON) {
	if s == nil {
		return nil
	}
	if s.Type != "Sequence" {
		return []stepJSON{*s}
	}
	for _, sub := range slices.Concat(s.Normalizers, s.PreTokenizers) {
		list = append(list, sub.flat()...)
	}
	return list
}

// shape returns steps in a form that is equal if they do the same.
func shape(list []stepJSON) string {
	var b bytes.Buffer
	for _, s := range list {
		s.TrimOffsets = nil
		if s.Type == "Split" && s.Behavior == "Removed" { // with invert: only total patterns are read so
			s.Behavior = "Isolated"
		}
		s.Invert = nil
		if s.Type == "ByteLevel" && s.UseRegex == nil {
			yes := true
			s.UseRegex = &yes
		}
		b.Write(rawJSON(s))
	}
	return b.String()
}

func (t *Tokenizer) levelGGUF() ([]Pair, error) {
	pre, err := step(t.steps.pre)
	if err != nil {
		return nil, err
	}
	nfc, err := t.onlyNFC()
	if err != nil {
		return nil, err
	}
	want := shape(pre.flat())
	best := -1 // first with the same NFC, else any
	for i := range families {
		f := &families[i]
		if slices.Contains(f.names, t.pretype) {
			best = i
			break
		}
		if f.whole == t.bpe.ignoreMerges && shape(f.pre) == want && (best < 0 || f.nfc == nfc && families[best].nfc != nfc) {
			best = i
		}
	}
	if best < 0 {
		return nil, fault("its pre_tokenizer has no name in tokenizer.ggml.pre")
	}
	name := families[best].names[0]
	if t.pretype != "" {
		name = t.pretype
	}
	pairs := append(t.vocabGGUF("gpt2", name, t.form), t.mergesGGUF())
	if families[best].nfc != nfc {
		pairs = append(pairs, Pair{keyNFC, nfc})
	}
	return pairs, nil
}

// onlyNFC tells whether the normalizer is NFC; it is an error if it is more.
func (t *Tokenizer) onlyNFC() (bool, error) {
	normal, err := step(t.steps.normalizer)
	if err != nil {
		return false, err
	}
	list := normal.flat()
	if len(list) > 1 || len(list) == 1 && list[0].Type != "NFC" {
		return false, fault("its normalizer is %q", list[0].Type)
	}
	return len(list) == 1, nil
}

// runesGGUF describes a BPE of SentencePiece: with scores, or with merges
// from which the scores follow.
func (t *Tokenizer) runesGGUF() (pairs []Pair, err error) {
	where, err := t.spacePrefix()
	if err != nil {
		return nil, err
	}
	prefix := where != ""
	if prefix && where != "always" {
		defer func() {
			if err == nil {
				pairs = append(pairs, Pair{keyWhere, where})
			}
		}()
	}
	if t.scores == nil {
		if pairs, err = t.scoredGGUF(prefix); err == nil {
			return pairs, nil
		}
		if prefix || t.bpe.ignoreMerges {
			return nil, fault("its merges are not in an order that scores give")
		}
		pairs = append(t.vocabGGUF("gemma4", "gemma4", t.form), t.mergesGGUF())
		return append(pairs, Pair{keyPrefix, false}), nil
	}
	return append(t.vocabGGUF("llama", "default", t.form), Pair{keyPrefix, prefix}), nil
}

// scoredGGUF gives each token that merges make a score by its first merge.
func (t *Tokenizer) scoredGGUF(prefix bool) ([]Pair, error) {
	scores := make([]float32, len(t.tokens))
	next := float32(0)
	made := make([]bool, len(scores))
	for _, m := range t.merges {
		if !made[m.id] {
			made[m.id], scores[m.id] = true, next
			next--
		}
	}
	for id := range scores {
		if !made[id] {
			scores[id] = next
		}
	}
	pairs := t.vocabGGUF("llama", "default", t.form)
	pairs = append(pairs, Pair{keyScores, scores}, Pair{keyPrefix, prefix})
	u, err := FromGGUF(func(key string) (any, bool) {
		i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Key == key })
		if i < 0 {
			return nil, false
		}
		return pairs[i].Value, true
	})
	if err != nil {
		return nil, err
	}
	if !slices.Equal(u.ordered(), t.ordered()) {
		return nil, fault("the merges are in another order")
	}
	return pairs, nil
}

// spacePrefix tells where a SentencePiece BPE puts a space before text, as
// keyWhere has it; "" if nowhere. It is an error if it does more than that
// and to write spaces as ▁.
func (t *Tokenizer) spacePrefix() (where string, err error) {
	if len(t.pre) == 1 && t.pre[0].meta != nil && t.pre[0].meta.twice {
		switch m := t.pre[0].meta; {
		case len(t.normal) > 0:
			return "", fault("it normalises text")
		case m.always:
			return "always", nil
		case m.first:
			return "first", nil
		}
		return "", nil
	}
	normal, err := step(t.steps.normalizer)
	if err != nil {
		return "", err
	}
	for _, s := range normal.flat() {
		switch {
		case s.Type == "Prepend" && s.Prepend == lowLine:
			where = "always"
		case (&s).noSpaces():
		default:
			return "", fault("its normalizer has a step %q", s.Type)
		}
	}
	pre, err := step(t.steps.pre)
	if err != nil {
		return "", err
	}
	for _, s := range pre.flat() {
		switch {
		case s.Type == "Metaspace" && s.Split != nil && !*s.Split && where == "":
			switch {
			case s.Scheme == "first":
				where = "first, once"
			case s.Scheme != "never":
				where = "always, once"
			}
		case s.Type == "Split" && s.Pattern != nil && s.Pattern.String != nil && *s.Pattern.String == " " && len(t.normal) > 0: // finds nothing
		default:
			return "", fault("its pre_tokenizer has a step %q", s.Type)
		}
	}
	return where, nil
}

// unigramGGUF describes a Unigram. Other programs have no bytes for what has
// no token, and put a space before a text whose spaces they join.
func (t *Tokenizer) unigramGGUF() ([]Pair, error) {
	normal, err := step(t.steps.normalizer)
	if err != nil {
		return nil, err
	}
	pre, err := step(t.steps.pre)
	if err != nil {
		return nil, err
	}
	var charsMap []byte
	var joins, low, strips, splits, prefix bool
	for _, s := range normal.flat() {
		switch {
		case s.Type == "Precompiled" && !joins && !strips:
			charsMap = s.CharsMap
		case s.Type == "Replace" && s.Pattern != nil && s.Pattern.Regex != nil && (*s.Content == " " || *s.Content == lowLine): // " {2,}"
			joins, low = true, *s.Content == lowLine
		case s.Type == "Strip" && !joins && (s.StripLeft == nil || !*s.StripLeft) && s.StripRight != nil && *s.StripRight:
			strips = true
		default:
			return nil, fault("its normalizer has a step %q", s.Type)
		}
	}
	for _, s := range pre.flat() {
		switch {
		case s.Type == "WhitespaceSplit":
			splits = true
		case s.Type == "Metaspace" && s.Scheme != "first":
			prefix = s.Scheme == "always" || s.Scheme == "" && (s.AddPrefix == nil || *s.AddPrefix)
		default:
			return nil, fault("its pre_tokenizer has a step %q", s.Type)
		}
	}
	white := ""
	switch collapse := splits || joins; {
	case t.bpe.byteFallback:
		return nil, fault("it is a Unigram that writes what has no token as bytes")
	case collapse && !prefix:
		return nil, fault("it is a Unigram that joins spaces, and puts none before a text")
	case strips && !collapse:
		return nil, fault("its normalizer has a step %q", "Strip")
	case low && splits: // which would not split there
		return nil, fault("its normalizer has a step %q", "Replace")
	case t.single32:
		white = "sentencepiece"
	case joins && !splits && strips:
		white = "spaces"
	case joins && !splits:
		white = "spaces, last"
	}
	pairs := append(t.vocabGGUF("t5", "default", t.form), Pair{keyPrefix, prefix}, Pair{keyCollapse, splits || joins})
	if len(charsMap) > 0 {
		pairs = append(pairs, Pair{keyCharsMap, charsMap})
	}
	if white != "" {
		pairs = append(pairs, Pair{keyWhite, white})
	}
	return pairs, nil
}

func (t *Tokenizer) wordsGGUF() ([]Pair, error) {
	normal, err := step(t.steps.normalizer)
	if err != nil {
		return nil, err
	}
	list := normal.flat()
	var b stepJSON
	if len(list) == 1 {
		b = list[0]
	}
	yes := func(b *bool) bool { return b == nil || *b }
	if b.Type != "BertNormalizer" || !yes(b.Clean) || !yes(b.Chinese) {
		return nil, fault("its normalizer is not BERT's")
	}
	lower := yes(b.Lower)
	accents := b.Accents == nil && lower || b.Accents != nil && *b.Accents
	pairs := t.vocabGGUF("bert", "default", func(id int32) string {
		if rest, ok := strings.CutPrefix(t.forms[id], "##"); ok {
			return rest
		}
		return lowLine + t.forms[id]
	})
	return append(pairs, Pair{keyLower, lower}, Pair{keyAccents, accents}), nil
}

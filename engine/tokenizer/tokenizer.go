// Package tokenizer turns text into token ids and back: byte-level BPE,
// SentencePiece's BPE and Unigram, and WordPiece. It trains the first kind,
// reads the files of Hugging Face, SentencePiece and GGUF, and writes
// tokenizer.json and the metadata of GGUF.
//
// Text goes through the same steps in all: added tokens are found in it, what
// lies between them is normalised, cut into pieces, and each piece becomes
// tokens. NFC is that of golang.org/x/text, in the stream-safe form: a
// combining grapheme joiner is put into runs of over 30 marks.
package tokenizer

import (
	"encoding/json"
	"slices"
	"sync"
	"unicode/utf8"
)

// A Tokenizer maps text to ids. It does not change after it is made, so its
// methods may be called concurrently.
type Tokenizer struct {
	kind   kind
	tokens []string         // by id: the bytes that the token stands for
	forms  []string         // by id: what files write; nil if it is toLevel of tokens
	types  []tokenType      // by id; nil if all but the added ones are normal
	scores []float64        // by id; of SentencePiece
	merges []merge          // of BPE, by rank; none where scores give the order
	added  []added          // by id
	names  map[string]int32 // ids of the added tokens
	roles  roles

	normal []normalStep
	pre    []preStep
	model  interface {
		encode(dst []int32, piece string, s *scratch) []int32
	}
	bpe          bpeOptions
	single, pair []part  // what a text, or two, is put into
	dropSpace    bool    // decoding drops the space that encoding puts first
	single32     bool    // Unigram adds float32s, as the sentencepiece library does
	steps        steps   // as tokenizer.json writes them
	pretype      string  // tokenizer.ggml.pre, if the file said it
	raw, normed  *finder // of the added tokens in text, and in normalised text
	rawUser      *finder // of those that are found in user text too
	cache        cache
	scratch      sync.Pool // of *scratch
}

// A kind is a way of making tokens of a piece.
type kind uint8

const (
	levelBPE   kind = iota // byte-level BPE
	runeBPE                // BPE of SentencePiece
	unigramLM              // Unigram of SentencePiece
	wordPieces             // WordPiece
)

// A tokenType is the type of a token as SentencePiece and GGUF number it.
type tokenType uint8

const (
	normalToken  tokenType = 1
	unknownToken tokenType = 2
	controlToken tokenType = 3
	userToken    tokenType = 4
	unusedToken  tokenType = 5
	byteToken    tokenType = 6
)

// steps are the parts of a tokenizer.json that say what is done to text.
type steps struct{ normalizer, pre, post, decoder json.RawMessage }

// bpeOptions are the options of a BPE in tokenizer.json.
type bpeOptions struct {
	unk          string
	fuse         bool
	byteFallback bool
	ignoreMerges bool
}

// roles are the ids of tokens with a task, -1 where there is none.
type roles struct {
	bos, eos, unk, pad, sep, cls, mask int32
	ends                               []int32
}

var noRoles = roles{bos: -1, eos: -1, unk: -1, pad: -1, sep: -1, cls: -1, mask: -1}

// A merge joins the tokens left and right into id.
type merge struct{ left, right, id int32 }

// A part of a template is a token, or the first or second text.
type part struct {
	id   int32
	text int8 // 1 or 2; 0 for a token
	kind int8 // 0 or 1: token_type_ids
}

// finish completes a tokenizer whose tables are filled. The error says what
// is wrong, without the place.
func (t *Tokenizer) finish() (*Tokenizer, error) {
	t.names = make(map[string]int32, len(t.added))
	for _, a := range t.added {
		if a.name == "" || !utf8.ValidString(a.name) {
			return nil, fault("the added token %q is empty or not UTF-8", a.name)
		}
		if len(a.name) > maxAdded {
			return nil, fault("the added token %d has %d bytes; up to %d are read", a.id, len(a.name), maxAdded)
		}
		if _, ok := t.names[a.name]; ok {
			return nil, fault("the added token %q comes twice", a.name)
		}
		t.names[a.name] = a.id
	}
	t.scratch.New = func() any { return new(scratch) }
	if err := t.finders(); err != nil {
		return nil, err
	}
	var err error
	switch t.kind {
	case levelBPE:
		err = t.buildLevel()
	case runeBPE:
		err = t.buildRunes()
	case unigramLM:
		err = t.buildUnigram()
	case wordPieces:
		err = t.buildWords()
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Vocab returns the number of tokens: ids are 0 to Vocab()-1.
func (t *Tokenizer) Vocab() int { return len(t.tokens) }

// Special returns the id of an added token, such as <|im_end|>.
func (t *Tokenizer) Special(name string) (int32, bool) {
	id, ok := t.names[name]
	return id, ok
}

// A SpecialToken is an added token. A control token steers the model, such as
// <|im_end|>; the others stand for text.
type SpecialToken struct {
	ID      int32
	Text    string
	Control bool
}

// Specials returns all added tokens by id.
func (t *Tokenizer) Specials() []SpecialToken {
	list := make([]SpecialToken, len(t.added))
	for i, a := range t.added {
		list[i] = SpecialToken{a.id, a.name, a.special}
	}
	return list
}

// Controls are the special tokens that are no text: those that steer the model, and the
// marks of a thought, which some files list as text.
func (t *Tokenizer) Controls() map[int32]bool {
	set := map[int32]bool{}
	for _, a := range t.added {
		if a.special || a.name == thinkStart || a.name == thinkEnd {
			set[a.id] = true
		}
	}
	return set
}

func have(id int32) (int32, bool) { return id, id >= 0 }

// BOS returns the token that begins a text, false if the file names none.
func (t *Tokenizer) BOS() (int32, bool) { return have(t.roles.bos) }

// EOS returns the token that ends a text, false if the file names none.
func (t *Tokenizer) EOS() (int32, bool) { return have(t.roles.eos) }

// UNK returns the token of what no other stands for, false if there is none.
func (t *Tokenizer) UNK() (int32, bool) { return have(t.roles.unk) }

// PAD returns the token that fills up, false if the file names none.
func (t *Tokenizer) PAD() (int32, bool) { return have(t.roles.pad) }

// SEP returns the token between two texts, false if the file names none.
func (t *Tokenizer) SEP() (int32, bool) { return have(t.roles.sep) }

// CLS returns the token whose state stands for the whole text, false if the
// file names none.
func (t *Tokenizer) CLS() (int32, bool) { return have(t.roles.cls) }

// MASK returns the token of hidden text, false if the file names none.
func (t *Tokenizer) MASK() (int32, bool) { return have(t.roles.mask) }

// Ends returns the tokens that end a generation, as far as the tokenizer's
// own file says: EOS, end of turn, end of message.
func (t *Tokenizer) Ends() []int32 { return slices.Clone(t.roles.ends) }

// Prefix returns the tokens that go before a text, such as BOS or [CLS].
func (t *Tokenizer) Prefix() []int32 {
	var ids []int32
	for _, p := range t.single {
		if p.text != 0 {
			break
		}
		ids = append(ids, p.id)
	}
	return ids
}

// Suffix returns the tokens that go after a text, such as [SEP].
func (t *Tokenizer) Suffix() []int32 {
	var ids []int32
	for i := len(t.single) - 1; i >= 0 && t.single[i].text == 0; i-- {
		ids = append(ids, t.single[i].id)
	}
	slices.Reverse(ids)
	return ids
}

// AddBOS tells whether a text begins with BOS.
func (t *Tokenizer) AddBOS() bool {
	return t.roles.bos >= 0 && slices.Contains(t.Prefix(), t.roles.bos)
}

// AddEOS tells whether a text ends with EOS.
func (t *Tokenizer) AddEOS() bool {
	return t.roles.eos >= 0 && slices.Contains(t.Suffix(), t.roles.eos)
}

// EncodePair appends two texts to dst with the tokens around them, as a
// reranker wants them: [CLS] a [SEP] b [SEP], or what the file says. From
// second on, the tokens are of type 1 (token_type_ids); second is len(ids)
// where all are of type 0.
func (t *Tokenizer) EncodePair(dst []int32, a, b string) (ids []int32, second int) {
	second = -1
	for _, p := range t.pair {
		if p.kind == 1 && second < 0 {
			second = len(dst)
		}
		switch p.text {
		case 0:
			dst = append(dst, p.id)
		case 1:
			dst = t.Encode(dst, a)
		case 2:
			dst = t.Encode(dst, b)
		}
	}
	if second < 0 {
		second = len(dst)
	}
	return dst, second
}

// defaultTemplate puts prefix and suffix around a text, and between two.
func (t *Tokenizer) defaultTemplate(prefix, suffix []int32) {
	t.single, t.pair = nil, nil
	add := func(ids []int32, kind int8) {
		for _, id := range ids {
			t.single = append(t.single, part{id: id, kind: kind})
		}
	}
	add(prefix, 0)
	t.single = append(t.single, part{text: 1})
	add(suffix, 0)
	for _, p := range t.single {
		t.pair = append(t.pair, p)
	}
	for _, p := range t.single {
		if p.text == 1 {
			p.text = 2
		}
		p.kind = 1
		t.pair = append(t.pair, p)
	}
}

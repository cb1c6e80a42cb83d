package tokenizer

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// The fields of sentencepiece_model.proto that are read. Source:
// https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
const (
	modelPieces     = 1
	modelTrainer    = 2
	modelNormalizer = 3

	pieceText  = 1
	pieceScore = 2
	pieceType  = 3

	trainerType    = 3
	trainerSuffix  = 24
	trainerUNK     = 40
	trainerBOS     = 41
	trainerEOS     = 42
	trainerPAD     = 43
	normalCharsMap = 2
	normalPrefix   = 3
	normalCollapse = 4
	normalEscape   = 5
)

// A field is one field of a protobuf message.
type field struct {
	number int
	value  uint64 // of a number
	bytes  []byte // of a text or a message
}

// fields reads a protobuf message and calls f for each of its fields. Source:
// https://protobuf.dev/programming-guides/encoding
func fields(b []byte, f func(field) error) error {
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 || key>>3 == 0 || key>>3 > 1<<29-1 {
			return fault("a field's number is not whole")
		}
		b = b[n:]
		x := field{number: int(key >> 3)}
		switch key & 7 {
		case 0:
			if x.value, n = binary.Uvarint(b); n <= 0 {
				return fault("field %d is not whole", x.number)
			}
		case 1:
			if n = 8; len(b) < n {
				return fault("field %d is not whole", x.number)
			}
			x.value = binary.LittleEndian.Uint64(b)
		case 2:
			size, k := binary.Uvarint(b)
			if k <= 0 || size > uint64(len(b)-k) {
				return fault("field %d says that it has %d of the %d bytes left", x.number, size, len(b))
			}
			n = k + int(size)
			x.bytes = b[k:n]
		case 5:
			if n = 4; len(b) < n {
				return fault("field %d is not whole", x.number)
			}
			x.value = uint64(binary.LittleEndian.Uint32(b))
		default:
			return fault("field %d has the wire type %d, which is not known", x.number, key&7)
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// parseModel reads a tokenizer.model of SentencePiece: BPE or Unigram.
func parseModel(path string, text []byte, c *config) (*Tokenizer, error) {
	bad := func(place, format string, a ...any) (*Tokenizer, error) {
		return nil, &FormatError{path, place, fault(format, a...)}
	}
	p := &pieces{unigram: true, dummyPrefix: true, collapse: true, single: true}
	kind, suffix, escape := uint64(1), false, true
	ids := [4]int64{0, 1, 2, -1} // unk, bos, eos, pad
	err := fields(text, func(x field) error {
		switch x.number {
		case modelPieces:
			return p.add(x.bytes)
		case modelTrainer:
			return fields(x.bytes, func(x field) error {
				switch x.number {
				case trainerType:
					kind = x.value
				case trainerSuffix:
					suffix = x.value != 0
				case trainerUNK, trainerBOS, trainerEOS, trainerPAD:
					ids[x.number-trainerUNK] = int64(int32(x.value))
				}
				return nil
			})
		case modelNormalizer:
			return fields(x.bytes, func(x field) error {
				switch x.number {
				case normalCharsMap:
					p.charsMap = x.bytes
				case normalPrefix:
					p.dummyPrefix = x.value != 0
				case normalCollapse:
					p.collapse = x.value != 0
				case normalEscape:
					escape = x.value != 0
				}
				return nil
			})
		}
		return nil
	})
	switch {
	case err != nil:
		return bad("", "%v", err)
	case len(p.forms) == 0:
		return bad("pieces", "there are none; is this a SentencePiece model?")
	case kind != 1 && kind != 2:
		return bad("trainer_spec.model_type", "%d is not read; 1 (Unigram) and 2 (BPE) are", kind)
	case suffix:
		return bad("trainer_spec.treat_whitespace_as_suffix", "true is not read")
	case !escape:
		return bad("normalizer_spec.escape_whitespaces", "false is not read")
	}
	p.unigram = kind == 1
	t, err := p.tokenizer(c)
	if err == nil {
		t.setRoles([]int64{ids[1], ids[2], ids[0], ids[3]})
		t, err = t.finish()
	}
	if err != nil {
		return bad("pieces", "%v", err)
	}
	t.defaultTemplate(nil, nil)
	c.apply(t)
	return t, nil
}

// setRoles sets bos, eos, unk and pad where they are ids.
func (t *Tokenizer) setRoles(ids []int64) {
	to := t.roles.ids()
	for i, id := range ids {
		if id >= 0 && id < int64(len(t.tokens)) {
			*to[i] = int32(id)
		}
	}
}

// add reads a piece.
func (p *pieces) add(b []byte) error {
	var text string
	var score float32
	typ := normalToken
	err := fields(b, func(x field) error {
		switch x.number {
		case pieceText:
			text = string(x.bytes)
		case pieceScore:
			score = math.Float32frombits(uint32(x.value))
		case pieceType:
			if x.value < 1 || x.value > 6 {
				return fault("the type %d is not known", x.value)
			}
			typ = tokenType(x.value)
		}
		return nil
	})
	switch {
	case err != nil:
		return fault("piece %d: %v", len(p.forms), err)
	case text == "" || !utf8.ValidString(text):
		return fault("piece %d: the text %q is empty or not UTF-8", len(p.forms), text)
	case score != score:
		return fault("piece %d: the score is not a number", len(p.forms))
	}
	p.forms, p.scores, p.types = append(p.forms, text), append(p.scores, score), append(p.types, typ)
	return nil
}

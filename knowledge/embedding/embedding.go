// Package embedding makes vectors of texts: the sum of a vector for each of
// their words, brought to length one. Texts that speak of the same lie near to
// each other, also when one is Chinese and the other English.
//
// The vectors of words were learned by train.go from pairs of texts that
// prepare.py gathers from sources under permissive licences (see LICENSE):
// each text is to lie nearer to its pair than to the others of a batch
// (van den Oord, Li, Vinyals: Representation Learning with Contrastive
// Predictive Coding, 2018). How long a word's vector came out is how much the word counts.
//
// Sums are whole numbers, so a text has the same vector on every machine.
package embedding

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed model.zst
var packed []byte

// Default is the embedded model, read once when it is first needed.
var Default = sync.OnceValue(func() *Model {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer d.Close()
	raw, err := d.DecodeAll(packed, nil)
	if err != nil {
		panic("embedding: model.zst: " + err.Error()) // it is embedded
	}
	m, err := Unmarshal(raw)
	if err != nil {
		panic(err)
	}
	return m
})

// Name names the embedded model: vectors of two names are not compared. It
// changes with model.zst.
const Name = "suiren-words-1"

// A Model is vectors of words.
type Model struct {
	width  int
	terms  []uint32 // first half of each word's hash, in order
	rows   []int8   // (len(terms), width)
	scales []uint16 // of each row
	slots  []uint64 // by hash: the term, and row+1
	shift  int
}

// ErrDamaged is returned for bytes that Marshal did not make.
var ErrDamaged = errors.New("embedding: the model is damaged")

// The file, little endian: magic, uint32 n and width, n uint32 terms in order, n uint16
// scales, n rows of int8.
const magic = "suiren words1\n\x00\x00"

// Bounds of a model.
const (
	maxWords = 1 << 22
	maxWidth = 1 << 12
)

// Marshal writes a model: terms in order, a row and a scale for each.
func Marshal(width int, terms []uint32, scales []uint16, rows []int8) []byte {
	b := []byte(magic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(terms)))
	b = binary.LittleEndian.AppendUint32(b, uint32(width))
	for _, t := range terms {
		b = binary.LittleEndian.AppendUint32(b, t)
	}
	for _, s := range scales {
		b = binary.LittleEndian.AppendUint16(b, s)
	}
	for _, v := range rows {
		b = append(b, byte(v))
	}
	return b
}

// Unmarshal reads what Marshal wrote.
func Unmarshal(b []byte) (*Model, error) {
	const head = len(magic) + 8
	if len(b) < head || string(b[:len(magic)]) != magic {
		return nil, ErrDamaged
	}
	n, width := int(binary.LittleEndian.Uint32(b[len(magic):])), int(binary.LittleEndian.Uint32(b[len(magic)+4:]))
	if n > maxWords || width < 1 || width > maxWidth || len(b) != head+n*(6+width) {
		return nil, ErrDamaged
	}
	m := &Model{width: width, terms: make([]uint32, n), scales: make([]uint16, n), rows: make([]int8, n*width), shift: 31}
	b = b[head:]
	for i := range m.terms {
		m.terms[i] = binary.LittleEndian.Uint32(b[4*i:])
		if i > 0 && m.terms[i] <= m.terms[i-1] {
			return nil, ErrDamaged
		}
		m.scales[i] = binary.LittleEndian.Uint16(b[4*n+2*i:])
	}
	for i, v := range b[6*n:] {
		m.rows[i] = max(int8(v), -127)
	}
	for 1<<(32-m.shift) < 2*n+2 {
		m.shift--
	}
	m.slots = make([]uint64, 1<<(32-m.shift))
	most := 64*n + 1024 // steps: spread terms take one or two each, and ones that are not would take n
	for i, t := range m.terms {
		at := t >> m.shift
		for m.slots[at] != 0 {
			if most--; most < 0 {
				return nil, ErrDamaged
			}
			at = (at + 1) & uint32(len(m.slots)-1)
		}
		m.slots[at] = uint64(t)<<32 | uint64(i+1)
	}
	return m, nil
}

// Width returns the numbers of a vector.
func (m *Model) Width() int { return m.width }

// row returns the row of a word; −1 if it has none. term is a hash whose bits
// are spread.
func (m *Model) row(term uint64) int {
	t := uint32(term >> 32)
	for at := t >> m.shift; ; at = (at + 1) & uint32(len(m.slots)-1) {
		s := m.slots[at]
		if s == 0 {
			return -1
		}
		if uint32(s>>32) == t {
			return int(uint32(s)) - 1
		}
	}
}

// full is the length of a word's vector from which on the word counts wholly.
const full = 20e6

// Weight returns how much a word counts, 0 to 1, by the length that its vector came
// out with: the 0.2, home 0.9. A word that the model does not know counts 1.
func (m *Model) Weight(term uint64) float64 {
	i := m.row(term)
	if i < 0 {
		return 1
	}
	sum := 0
	for _, v := range m.rows[i*m.width : (i+1)*m.width] {
		sum += int(v) * int(v)
	}
	return min(1, float64(float64(m.scales[i])*math.Sqrt(float64(sum)))/full)
}

package knowledge

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/knowledge/chinese"
	"suiren/knowledge/inverted"
)

// sounds is pinyin.bin: the words of an index by how they are read, as pairs
// of uint64, little endian and in order: the hash of the pinyin, the hash of
// the term. Words of two characters and more are in it by all their syllables
// (zhejiang), those of three and more by the first letters too (qhdx).
type sounds []byte

const soundSize = 16

// pinyin returns how a word is read; "" if a character of it has no reading.
func pinyin(word string) (full, initials string) {
	var f, i strings.Builder
	for _, r := range word {
		s := chinese.Pinyin(chinese.Fold(r))
		if s == "" {
			return "", ""
		}
		f.WriteString(s)
		i.WriteByte(s[0])
	}
	return f.String(), i.String()
}

// maxSounds bounds the words that a build remembers.
const maxSounds = 1 << 20

// hear remembers a word of an index that is built.
func (w *builder) hear(word string, hash uint64) {
	if _, size := utf8.DecodeRuneInString(word); size == len(word) || w.heard[hash] || len(w.heard) >= maxSounds {
		return
	}
	w.heard[hash] = true
	add := func(pinyin string, hash uint64) {
		w.sounds = append(w.sounds, [2]uint64{inverted.Hash(pinyin), hash})
	}
	runes := []rune(word)
	if full, initials := pinyin(word); full != "" {
		add(full, hash)
		if len(runes) >= 3 {
			add(initials, hash)
		}
	}
	for i := 0; len(runes) > 2 && i+1 < len(runes); i++ { // 浙江 in 浙江大学
		pair := string(runes[i : i+2])
		pieces(pair, func(p piece) {
			if full, _ := pinyin(pair); p.lo == 0 && p.hi == len(pair) && !w.heard[p.hash] && full != "" {
				w.heard[p.hash] = true
				add(full, p.hash)
			}
		})
	}
}

// soundsBytes returns pinyin.bin.
func (w *builder) soundsBytes() []byte {
	slices.SortFunc(w.sounds, func(a, b [2]uint64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var b []byte
	for _, s := range w.sounds {
		b = binary.LittleEndian.AppendUint64(b, s[0])
		b = binary.LittleEndian.AppendUint64(b, s[1])
	}
	return b
}

func (ix *Index) readSounds(b []byte) error {
	if len(b)%soundSize != 0 {
		return say.Errorf("it does not hold whole pairs", "不是完整的成对记录")
	}
	ix.sounds = b
	return nil
}

// like yields the terms that are read as a pinyin says.
func (s sounds) like(pinyin string) (list []uint64) {
	want := inverted.Hash(pinyin)
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(s[soundSize*i:]) }
	n := len(s) / soundSize
	for i := sort.Search(n, func(i int) bool { return at(i) >= want }); i < n && at(i) == want && len(list) < maxAlike; i++ {
		list = append(list, binary.LittleEndian.Uint64(s[soundSize*i+8:]))
	}
	return list
}

// What sounds alike is a guess: it counts less than what was written.
const (
	maxAlike   = 16
	alikeShare = 160 // of 256
)

// soundAlike adds for what of a question stands nowhere the words that are
// read so: zhejiang and 浙将 find 浙江.
func (ix *Index) soundAlike(q *query, allowed inverted.Set) {
	if len(ix.sounds) == 0 {
		return
	}
	for i, t := range slices.Clone(q.terms) {
		name := strings.ToLower(q.names[i])
		if len(name) < 3 || len(name) > 40 || ix.holds(q, t.Hash, allowed) > 0 {
			continue
		}
		if first, _ := utf8.DecodeRuneInString(name); chinese.IsHan(first) {
			name, _ = pinyin(name)
		}
		for _, hash := range ix.sounds.like(name) {
			if ix.holds(q, hash, allowed) == 0 {
				continue // a word that only others may read
			}
			q.add(hash, q.names[i], alikeShare)
			for p := range q.parts {
				if slices.Contains(q.parts[p].terms, t.Hash) {
					q.parts[p].terms = append(q.parts[p].terms, hash)
					q.parts[p].weigh = hash
				}
			}
		}
	}
}

// A synonyms holds the groups of phrases that the owner wrote down.
type synonyms [][]string

// Bounds of the owner's synonyms.
const (
	maxSynonyms  = 1 << 20 // bytes
	synonymShare = 224     // of 256
)

// ParseSynonyms reads lines of phrases that mean the same, parted by commas:
// 电脑, 计算机, computer. # begins a comment.
func ParseSynonyms(b []byte) ([][]string, error) {
	if len(b) > maxSynonyms {
		return nil, say.Errorf("the synonyms are longer than %d bytes", "同义词超过 %d 字节", maxSynonyms)
	}
	var list [][]string
	n := 0
	for line := range bytes.Lines(b) {
		n++
		text, _, _ := strings.Cut(string(line), "#")
		var group []string
		for _, p := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '，' || r == '、' || r == '=' }) {
			if p = oneLine(p); p != "" {
				group = append(group, p)
			}
		}
		if len(group) == 1 {
			return nil, say.Errorf("line %d: %q has no other phrase beside it", "第 %d 行：%q 旁边没有另一个词", n, clip(group[0], 40))
		}
		if len(group) > 1 {
			list = append(list, group)
		}
	}
	return list, nil
}

func (ix *Index) readSynonyms(b []byte) (err error) {
	ix.synonyms, err = ParseSynonyms(b)
	return err
}

// widen adds to a question that holds a phrase the others of its group.
func (s synonyms) widen(q *query, text string) {
	if len(s) == 0 {
		return
	}
	asked := map[uint64]bool{}
	for _, t := range q.terms {
		asked[t.Hash] = true
	}
	for _, group := range s {
		for i, phrase := range group {
			var own []uint64
			all := true
			pieces(phrase, func(p piece) {
				own = append(own, p.hash)
				all = all && (asked[p.hash] || p.kind != latin)
			})
			if !all || len(own) == 0 || !strings.Contains(folded(text), folded(phrase)) {
				continue
			}
			var others []uint64
			for k, other := range group {
				if k != i {
					pieces(other, func(p piece) {
						q.add(p.hash, phrase, synonymShare)
						others = append(others, p.hash)
					})
				}
			}
			for p := range q.parts {
				if slices.ContainsFunc(q.parts[p].terms, func(t uint64) bool { return slices.Contains(own, t) }) {
					q.parts[p].terms = append(q.parts[p].terms, others...)
				}
			}
		}
	}
}

// folded writes a text as it is compared.
func folded(s string) string {
	return strings.Map(chinese.Fold, s)
}

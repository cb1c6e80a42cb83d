package duplicate

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"unicode/utf8"
)

// A passage is told apart from chance by its length: FineWeb's peers take 100 bytes
// or 50 tokens.
//
// Lee et al.: Deduplicating Training Data Makes Language Models Better, 2022.
const (
	leastPassage = 100
	block        = leastPassage / 2
)

// maxBlocks bounds the blocks that are remembered: 16 bytes each in memory. Texts
// that come after are cut by those before.
const maxBlocks = 32 << 20

// Passages cuts out of texts what stood, byte for byte, in an earlier one. Blocks
// of 50 bytes of what was seen are in memory, the texts themselves in a file: any
// passage of 100 bytes holds a whole block.
type Passages struct {
	f      *os.File
	w      *bufio.Writer
	size   int64
	blocks map[uint64]int64 // hash of a block: where it is in the file
	err    error
}

// NewPassages keeps the texts in a file, which is removed by Close.
func NewPassages(file string) (*Passages, error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	return &Passages{f: f, w: bufio.NewWriterSize(f, 1<<16), blocks: map[uint64]int64{}}, nil
}

// rolling is the multiplier of the hash that finds candidates at every byte.
const rolling = 0x100000001b3

var rollingOut = func() uint64 {
	p := uint64(1)
	for range block {
		p *= rolling
	}
	return p
}()

func rollingHash(s string) (h uint64) {
	for i := range len(s) {
		h = h*rolling + uint64(s[i]) + 1
	}
	return h
}

// Cut returns the text without the passages of at least 100 bytes that earlier
// texts had, and remembers the text as it was.
func (p *Passages) Cut(text string) string {
	if p.err == nil {
		p.err = p.w.Flush()
	}
	var b strings.Builder
	last := 0 // everything before is written
	if len(text) >= leastPassage && len(p.blocks) > 0 {
		h := rollingHash(text[:block])
		for i := 0; ; {
			if at, ok := p.blocks[mix(h)]; ok {
				lo, hi := p.extend(text, i, at, last)
				if hi-lo >= leastPassage {
					b.WriteString(text[last:lo])
					last = hi
					if i = hi; i+block > len(text) {
						break
					}
					h = rollingHash(text[i : i+block])
					continue
				}
			}
			if i+block >= len(text) {
				break
			}
			h = h*rolling + uint64(text[i+block]) + 1 - rollingOut*(uint64(text[i])+1)
			i++
		}
	}
	b.WriteString(text[last:])
	for i := 0; i+block <= len(text) && len(p.blocks) < maxBlocks; i += block {
		h := mix(rollingHash(text[i : i+block]))
		if _, ok := p.blocks[h]; !ok {
			p.blocks[h] = p.size + int64(i)
		}
	}
	if p.err == nil {
		_, p.err = p.w.WriteString(text)
	}
	p.size += int64(len(text))
	return b.String()
}

// extend returns the passage around the block at text[i] that also stands around
// byte at of the file, in whole characters; it begins at from or later.
func (p *Passages) extend(text string, i int, at int64, from int) (lo, hi int) {
	lo, hi = i, i
	buf := make([]byte, 4096)
	for hi < len(text) { // forward
		n, _ := p.f.ReadAt(buf[:min(len(buf), len(text)-hi)], at+int64(hi-i))
		same := 0
		for same < n && buf[same] == text[hi+same] {
			same++
		}
		hi += same
		if same < len(buf) {
			break
		}
	}
	if hi-i < block {
		return i, i // another block of the same hash
	}
	for lo > from && at > 0 { // backward
		n := min(len(buf), lo-from, int(min(at, 4096)))
		if _, err := p.f.ReadAt(buf[:n], at-int64(n)); err != nil {
			break
		}
		same := 0
		for same < n && buf[n-1-same] == text[lo-1-same] {
			same++
		}
		lo, at = lo-same, at-int64(same)
		if same < n {
			break
		}
	}
	for lo < hi && !utf8.RuneStart(text[lo]) {
		lo++
	}
	for hi < len(text) && hi > lo && !utf8.RuneStart(text[hi]) {
		hi--
	}
	return lo, hi
}

// Close removes the file, and tells what went wrong with it.
func (p *Passages) Close() error { return errors.Join(p.err, p.f.Close(), os.Remove(p.f.Name())) }

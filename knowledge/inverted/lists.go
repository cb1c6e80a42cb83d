package inverted

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
)

// lists are those of the terms that were added since the last run. The postings
// of a term lie in a chain of pieces, each twice as long as the one before,
// which ends in where the next begins.
type lists struct {
	slots []uint64 // of terms by hash: its upper half, and 1 + their number
	terms []growing
	at    []uint32 // of the terms of a document
	sum   byte     // keeps what was read ahead
	pages [][]byte
	used  int // bytes of the pages
}

// A growing list: a posting is a uvarint (its document − the one before, the
// first its document), a byte that says in which fields it stands, and for each of
// them how often.
type growing struct {
	hash  uint64
	first uint32 // where the chain begins
	at    uint32 // where it goes on
	left  uint32 // bytes of the last piece that are free
	size  uint32 // of the last piece
	last  uint32 // document
	bytes uint32
}

const (
	pageSize   = 1 << 20
	firstPiece = 16
	lastPiece  = 1 << 14
	linkSize   = 4
	maxPosting = binary.MaxVarintLen32 + 1 + Fields
)

// size returns the bytes that are held.
func (l *lists) size() int { return l.used + 40*len(l.terms) }

const number = 1<<32 - 1 // the half of a slot

// slot returns where a term is, or would be.
func (l *lists) slot(term uint64) *uint64 {
	for i := term; ; i++ {
		s := &l.slots[i&uint64(len(l.slots)-1)]
		if *s == 0 || (*s^term)>>32 == 0 && l.terms[*s&number-1].hash == term {
			return s
		}
	}
}

// term returns the number of a term, a new one if need be.
func (l *lists) term(term uint64) uint32 {
	if 2*len(l.terms) >= len(l.slots) {
		l.slots = make([]uint64, max(1<<12, 4*len(l.slots)))
		for i := range l.terms {
			h := l.terms[i].hash
			*l.slot(h) = h&^number | uint64(i+1)
		}
	}
	s := l.slot(term)
	if *s == 0 {
		at := l.piece(firstPiece)
		l.terms = append(l.terms, growing{hash: term, first: at, at: at, left: firstPiece - linkSize, size: firstPiece})
		*s = term&^number | uint64(len(l.terms))
	}
	return uint32(*s&number) - 1
}

// piece takes a piece of the pages; it does not cross the end of one.
func (l *lists) piece(size int) uint32 {
	if l.used%pageSize+size > pageSize {
		l.used += pageSize - l.used%pageSize
	}
	if l.used/pageSize == len(l.pages) {
		l.pages = append(l.pages, make([]byte, pageSize))
	}
	at := l.used
	l.used += size
	return uint32(at)
}

// add adds the postings of a document. It waits for memory more than it
// computes, so what lies far off is touched first: then the reads overlap.
func (l *lists) add(counts []Count, doc uint32) {
	if l.at = l.at[:0]; len(l.slots) > 0 {
		for i := range counts {
			l.sum += byte(l.slots[counts[i].Term&uint64(len(l.slots)-1)])
		}
	}
	for i := range counts {
		l.at = append(l.at, l.term(counts[i].Term))
	}
	for _, at := range l.at {
		g := &l.terms[at]
		l.sum += l.pages[g.at/pageSize][g.at%pageSize]
	}
	for i, at := range l.at {
		l.posting(&l.terms[at], counts[i], doc)
	}
}

func (l *lists) posting(g *growing, c Count, doc uint32) {
	var buf [maxPosting]byte
	b := binary.AppendUvarint(buf[:0], uint64(doc-g.last))
	mask := len(b)
	b = append(b, 0)
	for f, n := range c.Times {
		if n > 0 {
			b[mask] |= 1 << f
			b = append(b, n)
		}
	}
	g.last, g.bytes = doc, g.bytes+uint32(len(b))
	for len(b) > 0 {
		if g.left == 0 {
			size := min(2*g.size, lastPiece)
			next := l.piece(int(size))
			binary.LittleEndian.PutUint32(l.pages[g.at/pageSize][g.at%pageSize:], next)
			g.at, g.left, g.size = next, size-linkSize, size
		}
		n := copy(l.pages[g.at/pageSize][g.at%pageSize:][:g.left], b)
		b = b[n:]
		g.at, g.left = g.at+uint32(n), g.left-uint32(n)
	}
}

// appendBytes appends the postings of a list.
func (l *lists) appendBytes(b []byte, g *growing) []byte {
	at, size, left := g.first, uint32(firstPiece), g.bytes
	for {
		n := min(left, size-linkSize)
		page := l.pages[at/pageSize][at%pageSize:]
		b = append(b, page[:n]...)
		if left -= n; left == 0 {
			return b
		}
		at, size = binary.LittleEndian.Uint32(page[n:]), min(2*size, lastPiece)
	}
}

// order sorts the terms, after which none may be added before spill.
func (l *lists) order() {
	type key struct {
		hash uint64
		at   uint32
	}
	keys, spare := make([]key, len(l.terms)), make([]key, len(l.terms))
	for i := range l.terms {
		keys[i] = key{l.terms[i].hash, uint32(i)}
	}
	for shift := 0; shift < 64; shift += 11 { // a radix sort from the last bits
		const mask = 1<<11 - 1
		var at [mask + 2]int
		for i := range keys {
			at[keys[i].hash>>shift&mask+1]++
		}
		for i := range mask + 1 {
			at[i+1] += at[i]
		}
		for i := range keys {
			b := keys[i].hash >> shift & mask
			spare[at[b]] = keys[i]
			at[b]++
		}
		keys, spare = spare, keys
	}
	terms := make([]growing, len(l.terms))
	for i, k := range keys {
		terms[i] = l.terms[k.at]
	}
	l.terms = terms
}

// spill writes the lists to a run, each after its term and its length, and forgets them.
func (l *lists) spill(f *os.File) error {
	l.order()
	out := bufio.NewWriterSize(f, 1<<18)
	var b []byte
	for i := range l.terms {
		g := &l.terms[i]
		b = binary.LittleEndian.AppendUint64(b[:0], g.hash)
		b = binary.LittleEndian.AppendUint32(b, g.bytes)
		if _, err := out.Write(l.appendBytes(b, g)); err != nil {
			return err
		}
	}
	clear(l.slots)
	l.terms, l.used = l.terms[:0], 0
	return out.Flush()
}

// A run is lists in the order of their terms.
type run struct {
	term  uint64
	bytes []byte
	file  *bufio.Reader // nil: of lists
	lists *lists
	at    int
}

// next goes to the next list; ok is false after the last.
func (r *run) next() (ok bool, err error) {
	if r.file == nil {
		if r.at == len(r.lists.terms) {
			return false, nil
		}
		g := &r.lists.terms[r.at]
		r.term, r.bytes, r.at = g.hash, r.lists.appendBytes(r.bytes[:0], g), r.at+1
		return true, nil
	}
	var head [12]byte
	if _, err := io.ReadFull(r.file, head[:]); err == io.EOF {
		return false, nil
	} else if err != nil {
		return false, err
	}
	n := int(binary.LittleEndian.Uint32(head[8:]))
	r.term, r.bytes = binary.LittleEndian.Uint64(head[:]), slices.Grow(r.bytes[:0], n)[:n]
	_, err = io.ReadFull(r.file, r.bytes)
	return err == nil, err
}

// errRun is for a run that is not as it was written.
var errRun = errors.New("inverted: a file of the build was changed")

// merged calls begin with every term in order, and posting with its postings after it.
func (w *Writer) merged(begin func(term uint64) error, posting func(doc uint32, times [Fields]uint8)) error {
	w.lists.order()
	var runs []*run // of documents in their order
	for _, f := range w.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		runs = append(runs, &run{file: bufio.NewReaderSize(f, 1<<16)})
	}
	runs = append(runs, &run{lists: &w.lists})
	forward := func(r *run) error {
		ok, err := r.next()
		if !ok {
			runs = slices.DeleteFunc(runs, func(o *run) bool { return o == r })
		}
		return err
	}
	for _, r := range slices.Clone(runs) {
		if err := forward(r); err != nil {
			return err
		}
	}
	for len(runs) > 0 {
		term := runs[0].term
		for _, r := range runs {
			term = min(term, r.term)
		}
		if err := begin(term); err != nil {
			return err
		}
		for i := 0; i < len(runs); {
			r, n := runs[i], len(runs)
			if r.term == term {
				if !postings(r.bytes, uint32(len(w.classes)), posting) {
					return errRun
				}
				if err := forward(r); err != nil {
					return err
				}
			}
			i += 1 - (n - len(runs))
		}
	}
	return nil
}

// postings calls f with what a growing list holds.
func postings(b []byte, docs uint32, f func(doc uint32, times [Fields]uint8)) bool {
	doc := uint64(0)
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		if doc += gap; n <= 0 || n >= len(b) || doc >= uint64(docs) {
			return false
		}
		mask := b[n]
		b = b[n+1:]
		var times [Fields]uint8
		for i := range times {
			if mask>>i&1 != 0 {
				if len(b) == 0 {
					return false
				}
				times[i], b = b[0], b[1:]
			}
		}
		f(uint32(doc), times)
	}
	return true
}

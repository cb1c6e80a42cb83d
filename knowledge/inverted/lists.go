package inverted

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
)

// A posting says how often a term stands in each field of a document.
type posting struct {
	term  uint64
	doc   uint32
	times [Fields]uint8
}

// postingSize is the bytes of a posting in memory, with its place to be sorted to.
const postingSize = 32

// lists are the postings that were added since the last run.
type lists struct{ all, spare []posting }

// size returns the bytes that are held.
func (l *lists) size() int { return postingSize * len(l.all) }

// add adds the postings of a document.
func (l *lists) add(counts []Count, doc uint32) {
	for i := range counts {
		l.all = append(l.all, posting{counts[i].Term, doc, counts[i].Times})
	}
}

// order sorts the postings by their terms; those of one stay in the order of the
// documents. The upper halves of terms are sorted by radix from their last byte on,
// which does not wait for memory as a table of terms would; few terms agree in them.
func (l *lists) order() {
	l.spare = slices.Grow(l.spare[:0], len(l.all))[:len(l.all)]
	var counts [4][256]int
	for i := range l.all {
		t := l.all[i].term
		counts[0][t>>32&255]++
		counts[1][t>>40&255]++
		counts[2][t>>48&255]++
		counts[3][t>>56]++
	}
	from, to := l.all, l.spare
	for pass := range counts {
		at, sum := &counts[pass], 0
		for i, n := range at {
			at[i], sum = sum, sum+n
		}
		shift := 32 + 8*pass
		for i := range from {
			b := from[i].term >> shift & 255
			to[at[b]] = from[i]
			at[b]++
		}
		from, to = to, from
	}
	for lo := 0; lo < len(from); {
		hi, same := lo+1, true
		for hi < len(from) && from[hi].term>>32 == from[lo].term>>32 {
			same = same && from[hi].term == from[lo].term
			hi++
		}
		if !same {
			slices.SortStableFunc(from[lo:hi], func(a, b posting) int { return cmp.Compare(a.term, b.term) })
		}
		lo = hi
	}
}

// group returns the postings of the first term of a sorted list, and those after.
func group(list []posting) (first, rest []posting) {
	n := 1
	for n < len(list) && list[n].term == list[0].term {
		n++
	}
	return list[:n], list[n:]
}

// appendPostings appends the postings of a term: each a uvarint (its document − the one
// before, the first its document), a byte that says in which fields it stands, and for each
// of them how often.
func appendPostings(b []byte, list []posting) []byte {
	last := uint32(0)
	for i := range list {
		p := &list[i]
		if gap := p.doc - last; gap < 0x80 {
			b = append(b, byte(gap))
		} else {
			b = binary.AppendUvarint(b, uint64(gap))
		}
		last = p.doc
		mask := len(b)
		b = append(b, 0)
		for f, n := range p.times {
			if n > 0 {
				b[mask] |= 1 << f
				b = append(b, n)
			}
		}
	}
	return b
}

// spill writes the lists to a run, each after its term and its length, and forgets them.
func (l *lists) spill(f *os.File) error {
	l.order()
	const full = 1 << 16
	var b []byte
	for list := l.all; len(list) > 0; {
		var own []posting
		own, list = group(list)
		b = binary.LittleEndian.AppendUint64(b, own[0].term)
		at := len(b)
		b = appendPostings(append(b, 0, 0, 0, 0), own)
		binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
		if len(b) < full && len(list) > 0 {
			continue
		}
		if _, err := f.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	l.all = l.all[:0]
	return nil
}

// A run is lists in the order of their terms.
type run struct {
	term  uint64
	bytes []byte
	file  *bufio.Reader // nil: of those in memory
	list  []posting
}

// next goes to the next list; ok is false after the last.
func (r *run) next() (ok bool, err error) {
	if r.file == nil {
		if len(r.list) == 0 {
			return false, nil
		}
		var own []posting
		own, r.list = group(r.list)
		r.term, r.bytes = own[0].term, appendPostings(r.bytes[:0], own)
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
	runs = append(runs, &run{list: w.lists.all})
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
				if !postings(r.bytes, uint32(len(w.docs)), posting) {
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

// postings calls f with what a list of a run holds.
func postings(b []byte, docs uint32, f func(doc uint32, times [Fields]uint8)) bool {
	doc := uint64(0)
	for len(b) > 0 {
		gap, n := uint64(b[0]), 1
		if gap >= 0x80 {
			gap, n = binary.Uvarint(b)
		}
		if doc += gap; n <= 0 || n >= len(b) || doc >= uint64(docs) {
			return false
		}
		mask := b[n]
		if b = b[n+1:]; mask == 1 && len(b) > 0 { // nearly always
			f(uint32(doc), [Fields]uint8{b[0]})
			b = b[1:]
			continue
		}
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

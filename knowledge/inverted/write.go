package inverted

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// The file, little endian: magic, then as uint64 the numbers of documents,
// terms, bytes of lists; the class of each document; the terms in order; the
// end of each list; the lists. A list is the uvarint number of documents, a
// byte with the largest impact, a table of its blocks if it has more than one (of
// each, as uint32, its last document and where it ends), and the blocks: for each document a
// uvarint (its number − the one before in the list; the first its number) and the impact.
const magic = "suiren inverted2"

// blockSize is how many documents a block of a list holds; the last holds what is left.
const blockSize = 128

// A record is a term in a document before the lists are made.
type record struct {
	term  uint64
	doc   uint32
	times [Fields]uint8
}

const recordSize = 16

// A Writer makes an index. Its memory is bounded: records beyond Budget go to
// sorted runs in files of folder dir, which are gone after Finish.
type Writer struct {
	dir     string
	params  []Params // by class
	records []record
	spare   []record
	limit   int // records that are held
	runs    []*os.File
	temps   []*os.File // runs and parts: gone after Finish
	classes []Class
	lengths [][Fields]uint32
}

// ErrTooMany is returned for more documents than an index may hold.
var ErrTooMany = errors.New("inverted: too many documents for one index")

// maxDocs bounds the documents of an index.
const maxDocs = 1 << 28

// NewWriter returns a Writer with the parameters of each class. It holds
// budget bytes of records, at least a thousand, before it writes a run to dir.
func NewWriter(dir string, params []Params, budget int) *Writer {
	return &Writer{dir: dir, params: params, limit: max(budget/(2*recordSize), 1000)}
}

// Add adds the next document: each of its terms once, and the length of each field.
func (w *Writer) Add(class Class, counts []Count, lengths [Fields]uint32) error {
	if int(class) >= len(w.params) {
		panic("inverted: no such class")
	}
	if len(w.classes) >= maxDocs {
		return ErrTooMany
	}
	doc := uint32(len(w.classes))
	w.classes, w.lengths = append(w.classes, class), append(w.lengths, lengths)
	for _, c := range counts {
		if len(w.records) >= w.limit {
			if err := w.spill(); err != nil {
				return err
			}
		}
		w.records = append(w.records, record{c.Term, doc, c.Times})
	}
	return nil
}

// sort orders the records by term; they come in the order of documents, and
// it keeps that: a radix sort from the last byte.
func (w *Writer) sort() {
	if len(w.spare) < len(w.records) {
		w.spare = make([]record, len(w.records))
	}
	from, to := w.records, w.spare[:len(w.records)]
	for shift := 0; shift < 64; shift += 11 {
		const mask = 1<<11 - 1
		var at [mask + 2]int
		for i := range from {
			at[from[i].term>>shift&mask+1]++
		}
		for i := range mask + 1 {
			at[i+1] += at[i]
		}
		for i := range from {
			b := from[i].term >> shift & mask
			to[at[b]] = from[i]
			at[b]++
		}
		from, to = to, from
	}
	// An even number of passes: the records are where they were.
}

// spill writes the records to a run.
func (w *Writer) spill() error {
	w.sort()
	f, err := os.CreateTemp(w.dir, "run-*")
	if err != nil {
		return err
	}
	w.runs, w.temps = append(w.runs, f), append(w.temps, f)
	b := bufio.NewWriterSize(f, 1<<20)
	var buf [recordSize]byte
	for _, r := range w.records {
		binary.LittleEndian.PutUint64(buf[:], r.term)
		binary.LittleEndian.PutUint32(buf[8:], r.doc)
		copy(buf[12:], r.times[:])
		if _, err := b.Write(buf[:]); err != nil {
			return err
		}
	}
	w.records = w.records[:0]
	return b.Flush()
}

// Abort takes the files away. It may be called after Finish.
func (w *Writer) Abort() {
	for _, f := range w.temps {
		f.Close()
		os.Remove(f.Name())
	}
	w.runs, w.temps = nil, nil
}

// A run is a sorted sequence of records.
type run struct {
	now  record
	mem  []record
	file *bufio.Reader
	nth  int // runs hold documents in their order, so ties go to the earlier
}

func (r *run) next() (bool, error) {
	if r.file == nil {
		if len(r.mem) == 0 {
			return false, nil
		}
		r.now, r.mem = r.mem[0], r.mem[1:]
		return true, nil
	}
	var b [recordSize]byte
	if _, err := io.ReadFull(r.file, b[:]); err == io.EOF {
		return false, nil
	} else if err != nil {
		return false, err
	}
	r.now = record{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint32(b[8:]), [Fields]uint8(b[12:])}
	return true, nil
}

type runs []*run

func (h runs) Len() int { return len(h) }
func (h runs) Less(i, j int) bool {
	return h[i].now.term < h[j].now.term || h[i].now.term == h[j].now.term && h[i].nth < h[j].nth
}
func (h runs) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *runs) Push(x any)   { *h = append(*h, x.(*run)) }
func (h *runs) Pop() any     { l := *h; x := l[len(l)-1]; *h = l[:len(l)-1]; return x }

// merged calls f with every record in the order of terms and documents.
func (w *Writer) merged(f func(record) error) error {
	w.sort()
	if len(w.runs) == 0 {
		for i := range w.records {
			if err := f(w.records[i]); err != nil {
				return err
			}
		}
		return nil
	}
	h := runs{{mem: w.records, nth: len(w.runs)}}
	for i, file := range w.runs {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		h = append(h, &run{file: bufio.NewReaderSize(file, 1<<18), nth: i})
	}
	live := h[:0]
	for _, r := range h {
		ok, err := r.next()
		if err != nil {
			return err
		}
		if ok {
			live = append(live, r)
		}
	}
	h = live
	heap.Init(&h)
	for len(h) > 0 {
		if err := f(h[0].now); err != nil {
			return err
		}
		ok, err := h[0].next()
		if err != nil {
			return err
		}
		if ok {
			if len(h) > 1 {
				heap.Fix(&h, 0)
			}
		} else {
			heap.Pop(&h)
		}
	}
	return nil
}

// means returns the mean length of each field of each class, of the documents that have it.
func (w *Writer) means() [][Fields]float64 {
	sum, n := make([][Fields]float64, len(w.params)), make([][Fields]float64, len(w.params))
	for i, c := range w.classes {
		for f, l := range w.lengths[i] {
			if l > 0 {
				sum[c][f] += float64(l) // whole numbers: exact
				n[c][f]++
			}
		}
	}
	for c := range sum {
		for f := range sum[c] {
			if n[c][f] > 0 {
				sum[c][f] /= n[c][f]
			}
		}
	}
	return sum
}

// Finish writes the index. The same documents make the same bytes, whatever
// the budget.
func (w *Writer) Finish(out io.Writer) error {
	defer w.Abort()
	// Terms, ends and lists are three parts of the file; the last two wait in files of their own.
	var parts [3]*os.File
	var bufs [3]*bufio.Writer
	for i := range parts {
		f, err := os.CreateTemp(w.dir, "part-*")
		if err != nil {
			return err
		}
		w.temps = append(w.temps, f)
		parts[i], bufs[i] = f, bufio.NewWriterSize(f, 1<<18)
	}
	terms, size := uint64(0), uint64(0)
	mean := w.means()
	var list, head, table []byte
	most := byte(0)
	var term uint64
	count, last := 0, uint32(0)
	end := func() error {
		if count == 0 {
			return nil
		}
		head = append(binary.AppendUvarint(head[:0], uint64(count)), most)
		if count > blockSize {
			if count%blockSize != 0 {
				table = appendBlock(table, last, len(list))
			}
			head = append(head, table...)
		}
		table, most = table[:0], 0
		terms++
		size += uint64(len(head) + len(list))
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], term)
		_, err0 := bufs[0].Write(b[:])
		binary.LittleEndian.PutUint64(b[:], size)
		_, err1 := bufs[1].Write(b[:])
		_, err2 := bufs[2].Write(head)
		_, err3 := bufs[2].Write(list)
		list, count, last = list[:0], 0, 0
		return errors.Join(err0, err1, err2, err3)
	}
	err := w.merged(func(r record) error {
		if r.term != term || count == 0 {
			if err := end(); err != nil {
				return err
			}
			term = r.term
		}
		list = binary.AppendUvarint(list, uint64(r.doc-last))
		c := w.classes[r.doc]
		impact := w.params[c].impact(r.times, w.lengths[r.doc], mean[c])
		list = append(list, impact)
		last, most = r.doc, max(most, impact)
		if count++; count%blockSize == 0 {
			table = appendBlock(table, last, len(list))
		}
		return nil
	})
	if err = errors.Join(err, end()); err != nil {
		return err
	}
	header := []byte(magic)
	header = binary.LittleEndian.AppendUint64(header, uint64(len(w.classes)))
	header = binary.LittleEndian.AppendUint64(header, terms)
	header = binary.LittleEndian.AppendUint64(header, size)
	for _, c := range w.classes {
		header = append(header, byte(c))
	}
	for len(header)%8 != 0 {
		header = append(header, 0)
	}
	if _, err := out.Write(header); err != nil {
		return err
	}
	for i := range parts {
		if err := bufs[i].Flush(); err != nil {
			return err
		}
		if _, err := parts[i].Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(out, parts[i]); err != nil {
			return err
		}
	}
	return nil
}

func appendBlock(table []byte, last uint32, end int) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(table, last), uint32(end))
}

package inverted

import (
	"bufio"
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

// A Writer makes an index. Its memory is bounded: lists beyond Budget go to
// runs in files of folder dir, which are gone after Finish.
type Writer struct {
	dir    string
	params []Params // by class
	lists  lists
	budget int
	runs   []*os.File
	temps  []*os.File // runs and parts: gone after Finish
	docs   []added
}

// An added document is what its postings are weighed by.
type added struct {
	lengths [Fields]uint32
	class   Class
}

// ErrTooMany is returned for more documents than an index may hold.
var ErrTooMany = errors.New("inverted: too many documents for one index")

// maxDocs bounds the documents of an index.
const maxDocs = 1 << 28

// NewWriter returns a Writer with the parameters of each class. It holds
// budget bytes of lists, at least 64 KiB, before it writes a run to dir, and a
// sixteenth more for each run, so that there are few.
func NewWriter(dir string, params []Params, budget int) *Writer {
	return &Writer{dir: dir, params: params, budget: max(budget, 1<<16)}
}

// Add adds the next document: each of its terms once, and the length of each field.
func (w *Writer) Add(class Class, counts []Count, lengths [Fields]uint32) error {
	if int(class) >= len(w.params) {
		panic("inverted: no such class")
	}
	if len(w.docs) >= maxDocs {
		return ErrTooMany
	}
	doc := uint32(len(w.docs))
	w.docs = append(w.docs, added{lengths, class})
	w.lists.add(counts, doc)
	if w.lists.size()/(16+len(w.runs)) < w.budget/16 {
		return nil
	}
	f, err := os.CreateTemp(w.dir, "run-*")
	if err != nil {
		return err
	}
	w.runs, w.temps = append(w.runs, f), append(w.temps, f)
	return w.lists.spill(f)
}

// Abort takes the files away. It may be called after Finish.
func (w *Writer) Abort() {
	for _, f := range w.temps {
		f.Close()
		os.Remove(f.Name())
	}
	w.runs, w.temps = nil, nil
}

// means returns the mean length of each field of each class, of the documents that have it.
func (w *Writer) means() [][Fields]float64 {
	sum, n := make([][Fields]float64, len(w.params)), make([][Fields]float64, len(w.params))
	for i := range w.docs {
		c := w.docs[i].class
		for f, l := range w.docs[i].lengths {
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
	var scales []*scale
	for c, mean := range w.means() {
		scales = append(scales, newScale(&w.params[c], mean))
	}
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
	err := w.merged(func(t uint64) error {
		err := end()
		term = t
		return err
	}, func(doc uint32, times [Fields]uint8) {
		list = binary.AppendUvarint(list, uint64(doc-last))
		d := &w.docs[doc]
		impact := scales[d.class].impact(times, &d.lengths)
		list = append(list, impact)
		last, most = doc, max(most, impact)
		if count++; count%blockSize == 0 {
			table = appendBlock(table, last, len(list))
		}
	})
	if err = errors.Join(err, end()); err != nil {
		return err
	}
	header := []byte(magic)
	header = binary.LittleEndian.AppendUint64(header, uint64(len(w.docs)))
	header = binary.LittleEndian.AppendUint64(header, terms)
	header = binary.LittleEndian.AppendUint64(header, size)
	for i := range w.docs {
		header = append(header, byte(w.docs[i].class))
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

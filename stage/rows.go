package stage

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"suiren/internal/say"
)

// The files of a tokens artifact. ids.bin holds the rows' tokens, two bytes
// each (four when the vocabulary needs them), little endian; marks.bin holds
// one mark for each token.
const (
	rowsFile  = "rows.json"
	idsFile   = "ids.bin"
	marksFile = "marks.bin"
)

// Marks of a token.
const (
	markPadding = iota // after the last document; its id is 0
	markFirst          // the first token of a document
	markContext        // read, and not learned to predict
	markTarget         // learned to predict from the tokens before it
	numMarks
)

// Bounds of what rows.json may say.
const (
	maxRowVocab  = 1 << 24
	maxRowLength = 1 << 20
	maxRowBytes  = 1 << 40
	maxRowsJSON  = 1 << 16
)

// RowsInfo is rows.json: what a tokens artifact holds.
type RowsInfo struct {
	Format     int   `json:"format"` // 1
	Vocab      int   `json:"vocab"`
	Length     int   `json:"length"` // tokens of a row, padding included
	Rows       int   `json:"rows"`
	Think      bool  `json:"think"`      // thoughts are among the targets
	Documents  int64 `json:"documents"`  // in the rows
	Dropped    int64 `json:"dropped"`    // answers that are, with what stands before them, longer than a row
	Tokens     int64 `json:"tokens"`     // without padding
	Supervised int64 `json:"supervised"` // tokens that are targets

	Taught Taught `json:"taught,omitzero"` // in our own chat: what stands before targets
	Choice Choice `json:"choice,omitzero"` // what of the assistant's turns the targets are
	Drawn  bool   `json:"drawn,omitempty"` // the rows have no order that teaches: each time they are gone through in one that is drawn
	Words  string `json:"words,omitempty"` // of conversations: the talk.Words.Sum in which they are written; "": not known, or plain text
}

// Direct reports whether the rows hold conversations, and none of these a thought: what
// learns from them is asked without.
func (in *RowsInfo) Direct() bool { return in.Words != "" && !in.Think }

// Left says how many answers the rows leave out; nothing if none.
func (in *RowsInfo) Left() say.Text {
	if in.Dropped == 0 {
		return say.Text{}
	}
	return say.T("%d answers, longer than a row of %d tokens with the conversation before", "%d 个回答，连同前文超过一行的 %d 个词元", in.Dropped, in.Length)
}

// A Choice says what of an assistant's turns is learnt. The zero value is all
// of it. The token that ends a turn is learnt with whatever stands before it.
type Choice struct {
	LastTurn   bool `json:"last_turn,omitempty"` // only the last turn of a conversation, if that has a part to be learnt
	NoThoughts bool `json:"no_thoughts,omitempty"`
	NoAnswers  bool `json:"no_answers,omitempty"` // neither answers nor what is said before calls
	NoCalls    bool `json:"no_calls,omitempty"`
}

// check says what is wrong with numbers that were read.
func (in *RowsInfo) check() error {
	switch {
	case in.Format != 1:
		return say.Errorf("format %d is not known", "不认识格式 %d", in.Format)
	case in.Vocab < 1 || in.Vocab > maxRowVocab:
		return say.Errorf("vocab is %d; it must be between 1 and %d", "vocab 为 %d，应在 1 和 %d 之间", in.Vocab, maxRowVocab)
	case in.Length < 1 || in.Length > maxRowLength:
		return say.Errorf("length is %d; it must be between 1 and %d", "length 为 %d，应在 1 和 %d 之间", in.Length, maxRowLength)
	case in.Rows < 0 || in.Rows > maxRowBytes/in.Length/4:
		return say.Errorf("%d rows of %d tokens are too many", "%d 行、每行 %d 个词元，超过上限", in.Rows, in.Length)
	}
	return nil
}

// width is the number of bytes of an id.
func (in *RowsInfo) width() int {
	if in.Vocab <= 1<<16 {
		return 2
	}
	return 4
}

// Rows is a tokens artifact, read whole. It may be used by many goroutines.
type Rows struct {
	info       RowsInfo
	ids, marks []byte
}

// ReadRowsInfo reads what a tokens artifact says it holds.
func ReadRowsInfo(dir string) (info RowsInfo, err error) {
	path := filepath.Join(dir, rowsFile)
	text, err := ReadFile(path, maxRowsJSON)
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return info, rowsError(path, say.T("this is not the description of packed rows: %v", "这不是打包行的说明：%v", err), err)
	}
	if err := info.check(); err != nil {
		return info, rowsError(path, say.T("%v", "%v", err), err)
	}
	return info, nil
}

// OpenRows reads a tokens artifact and checks every token of it.
func OpenRows(dir string) (*Rows, error) {
	info, err := ReadRowsInfo(dir)
	if err != nil {
		return nil, err
	}
	r := &Rows{info: info}
	n := r.info.Rows * r.info.Length
	if r.ids, err = readExactly(filepath.Join(dir, idsFile), n*r.info.width()); err != nil {
		return nil, err
	}
	if r.marks, err = readExactly(filepath.Join(dir, marksFile), n); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, rowsError(dir, say.T("%v", "%v", err), err)
	}
	return r, nil
}

// check makes sure that Row can be believed.
func (r *Rows) check() error {
	var tokens, supervised, documents int64
	for i := range r.info.Rows {
		before := byte(markPadding)
		for t := range r.info.Length {
			at := i*r.info.Length + t
			mark := r.marks[at]
			opens := mark == markPadding || mark == markFirst && t == 0
			if mark >= numMarks || before == markPadding && !opens {
				return say.Errorf("row %d, token %d: mark %d cannot follow mark %d", "第 %d 行第 %d 个词元：标记 %d 不能跟在标记 %d 之后", i, t, mark, before)
			}
			if id := r.id(at); int64(id) >= int64(r.info.Vocab) || id < 0 || mark == markPadding && id != 0 {
				return say.Errorf("row %d, token %d: id %d does not belong to a vocabulary of %d", "第 %d 行第 %d 个词元：编号 %d 不属于大小为 %d 的词表", i, t, id, r.info.Vocab)
			}
			switch mark {
			case markFirst:
				documents++
			case markTarget:
				supervised++
			}
			if mark != markPadding {
				tokens++
			}
			before = mark
		}
	}
	if tokens != r.info.Tokens || supervised != r.info.Supervised || documents != r.info.Documents {
		return say.Errorf("%d tokens, %d targets and %d documents were announced; there are %d, %d and %d",
			"说明为 %d 个词元、%d 个目标、%d 篇文档，实际为 %d、%d、%d",
			r.info.Tokens, r.info.Supervised, r.info.Documents, tokens, supervised, documents)
	}
	return nil
}

// Info returns what the artifact says of itself.
func (r *Rows) Info() RowsInfo { return r.info }

// Len is the number of rows, Length their tokens, Vocab the vocabulary's size.
func (r *Rows) Len() int    { return r.info.Rows }
func (r *Rows) Length() int { return r.info.Length }
func (r *Rows) Vocab() int  { return r.info.Vocab }

// Think reports whether the rows hold thoughts.
func (r *Rows) Think() bool { return r.info.Think }

// Close ends the use of r.
func (r *Rows) Close() error {
	r.ids, r.marks = nil, nil
	return nil
}

func (r *Rows) id(at int) int32 {
	if r.info.width() == 2 {
		return int32(binary.LittleEndian.Uint16(r.ids[2*at:]))
	}
	return int32(binary.LittleEndian.Uint32(r.ids[4*at:]))
}

// Row returns row i, each slice of Length: the tokens, for each the position
// in the row where its document starts (-1: padding), and 1 where the loss of
// predicting that token from the ones before it counts, as model.Row.Weight.
func (r *Rows) Row(i int) (ids, start []int32, weight []uint8) {
	n := r.info.Length
	ids, start, weight = make([]int32, n), make([]int32, n), make([]uint8, n)
	r.Read(i, ids, start, weight)
	return ids, start, weight
}

// Read is Row into slices of Length.
func (r *Rows) Read(i int, ids, start []int32, weight []uint8) {
	n := r.info.Length
	first := int32(-1)
	for t := range n {
		ids[t] = r.id(i*n + t)
		switch r.marks[i*n+t] {
		case markPadding:
			first = -1
		case markFirst:
			first = int32(t)
		}
		weight[t] = 0
		if r.marks[i*n+t] == markTarget {
			weight[t] = 1
		}
		start[t] = first
	}
}

// A RowDoc is one document of a row. The tokens from Supervised on are
// targets, or, if there is a Learn, those where it is true; the first token
// never is.
type RowDoc struct {
	IDs        []int32
	Supervised int
	Learn      []bool // as long as IDs
}

// A RowWriter writes a tokens artifact. Equal calls write equal bytes.
type RowWriter struct {
	dir       string
	info      RowsInfo
	ids, mark *rowFile
}

type rowFile struct {
	*bufio.Writer
	f *os.File
}

func createRowFile(path string) (*rowFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &rowFile{bufio.NewWriterSize(f, 1<<18), f}, nil
}

func (f *rowFile) close() error { return errors.Join(f.Flush(), f.f.Close()) }

// NewRowWriter starts an artifact of rows of length tokens in dir.
func NewRowWriter(dir string, vocab, length int, think bool) (*RowWriter, error) {
	w := &RowWriter{dir: dir, info: RowsInfo{Format: 1, Vocab: vocab, Length: length, Think: think}}
	if err := w.info.check(); err != nil {
		return nil, err
	}
	var err error
	if w.ids, err = createRowFile(filepath.Join(dir, idsFile)); err != nil {
		return nil, err
	}
	if w.mark, err = createRowFile(filepath.Join(dir, marksFile)); err != nil {
		w.ids.close()
		return nil, err
	}
	return w, nil
}

// Think says whether the rows hold thoughts, if that was not known before.
func (w *RowWriter) Think(yes bool) { w.info.Think = yes }

// Drawn notes that the rows' order is none to learn in.
func (w *RowWriter) Drawn() { w.info.Drawn = true }

// Taught notes what stands before what the rows teach.
func (w *RowWriter) Taught(t Taught) { w.info.Taught.Or(t) }

// Choice notes what of the assistant's turns the targets are.
func (w *RowWriter) Choice(c Choice) { w.info.Choice = c }

// Words notes the words in which conversations are written.
func (w *RowWriter) Words(sum string) { w.info.Words = sum }

// Drop counts an answer that fits no row.
func (w *RowWriter) Drop() { w.info.Dropped++ }

// Add writes one row: documents one after the other, then padding.
func (w *RowWriter) Add(docs []RowDoc) error {
	t := 0
	for _, d := range docs {
		if t += len(d.IDs); t > w.info.Length || len(d.IDs) == 0 {
			return fmt.Errorf("stage: documents of %d tokens do not make a row of %d", t, w.info.Length)
		}
		if d.Learn != nil && len(d.Learn) != len(d.IDs) {
			return fmt.Errorf("stage: %d marks of %d tokens", len(d.Learn), len(d.IDs))
		}
		for i, id := range d.IDs {
			if id < 0 || int(id) >= w.info.Vocab {
				return fmt.Errorf("stage: id %d is not in a vocabulary of %d", id, w.info.Vocab)
			}
			mark := byte(markContext)
			switch {
			case i == 0:
				mark = markFirst
			case d.Learn == nil && i >= d.Supervised, d.Learn != nil && d.Learn[i]:
				mark = markTarget
				w.info.Supervised++
			}
			w.put(id, mark)
		}
		w.info.Documents++
		w.info.Tokens += int64(len(d.IDs))
	}
	for range w.info.Length - t {
		w.put(0, markPadding)
	}
	w.info.Rows++
	return nil
}

// put appends a token; the buffers keep the first error until Close.
func (w *RowWriter) put(id int32, mark byte) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(id))
	w.ids.Write(b[:w.info.width()])
	w.mark.WriteByte(mark)
}

// Close writes what is left and rows.json, and returns what was written.
func (w *RowWriter) Close() (RowsInfo, error) {
	if err := errors.Join(w.ids.close(), w.mark.close(), w.info.check()); err != nil {
		return w.info, err
	}
	text, err := json.MarshalIndent(w.info, "", "  ")
	if err != nil {
		return w.info, err
	}
	return w.info, os.WriteFile(filepath.Join(w.dir, rowsFile), append(text, '\n'), 0o666)
}

// readExactly reads a file that must have size bytes, and takes no memory for
// it before its size is known to be right.
func readExactly(path string, size int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() != int64(size) || size > math.MaxInt/2 {
		return nil, rowsError(path, say.T("the file has %d bytes; rows.json announces %d", "文件有 %d 字节，而 rows.json 说明为 %d", info.Size(), size), nil)
	}
	return os.ReadFile(path)
}

func rowsError(path string, what say.Text, err error) error {
	return &say.Error{Where: path, What: what, Err: err,
		Next: say.T("the artifact is damaged: run suiren store verify, then apply again", "数据已损坏：请先运行 suiren store verify，再重新 apply")}
}

package curve

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A board is a TensorBoard event file: records in the framing of TFRecord,
// each an Event message of tensorflow/core/util/event.proto. A process begins
// a file of its own; TensorBoard reads all in the folder in order of their
// names. Together they hold each step once.
type board struct {
	f *os.File
	b []byte
}

const boardPrefix = "events.out.tfevents."

func newBoard(dir string, now time.Time) (*board, error) {
	// The number in the name sorts files by time; a name that is taken belongs to a run a moment ago.
	var err error
	for i := range 100 {
		name := fmt.Sprintf("%s%010d.suiren.%d", boardPrefix, now.Unix(), i)
		var f *os.File
		if f, err = os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			w := &board{f: f}
			return w, w.record(appendBytes(at(now), 3, []byte("brain.Event:2")))
		}
		if !os.IsExist(err) {
			break
		}
	}
	return nil, err
}

func (w *board) close() error { return w.f.Close() }

// scalars writes values of a step, one tag each.
func (w *board) scalars(now time.Time, step int64, vals map[string]float64) error {
	var summary []byte
	for _, name := range slices.Sorted(maps.Keys(vals)) {
		value := appendBytes(nil, 1, []byte(name))
		value = binary.LittleEndian.AppendUint32(append(value, 2<<3|5), math.Float32bits(float32(vals[name])))
		summary = appendBytes(summary, 1, value)
	}
	return w.record(appendBytes(appendInt(at(now), 2, step), 5, summary))
}

// text writes a text of a step, as the text plugin shows it.
func (w *board) text(now time.Time, step int64, tag, text string) error {
	const dtString = 7
	shape := appendBytes(nil, 2, appendInt(nil, 1, 1)) // one dimension of one
	tensor := appendBytes(appendBytes(appendInt(nil, 1, dtString), 2, shape), 8, []byte(text))
	plugin := appendBytes(nil, 1, []byte("text"))
	value := appendBytes(nil, 1, []byte(tag))
	value = appendBytes(appendBytes(value, 8, tensor), 9, appendBytes(nil, 1, plugin))
	return w.record(appendBytes(appendInt(at(now), 2, step), 5, appendBytes(nil, 1, value)))
}

// restart says, to who has read it, that what was told from this step on is told again,
// and takes it out of the files of the processes before.
func (w *board) restart(now time.Time, step int64) error {
	list, err := filepath.Glob(filepath.Join(filepath.Dir(w.f.Name()), boardPrefix+"*.suiren.*"))
	if err != nil {
		return err
	}
	for _, path := range list {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && path != w.f.Name() {
			if err := cut(path, step); err != nil {
				return err
			}
		}
	}
	const start = 1
	return w.record(appendBytes(appendInt(at(now), 2, step), 7, appendInt(nil, 1, start)))
}

// cut ends the file of a process before this step, and before a record that a kill left half.
func cut(path string, step int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil // another's
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for whole := int64(0); ; {
		event, err := readRecord(r)
		if err != nil && err != io.EOF {
			return err
		}
		switch {
		case whole == 0 && (err == io.EOF || stepOf(event) >= 0): // the first says which format it is: this one is another's
			return nil
		case err == io.EOF || stepOf(event) >= step:
			return f.Truncate(whole)
		}
		whole += int64(len(event)) + 16
	}
}

// maxRecord is more than any record has that is written here.
const maxRecord = 1 << 24

// readRecord reads the data of a record; io.EOF: none follows that is whole.
func readRecord(r *bufio.Reader) ([]byte, error) {
	var head [12]byte
	_, err := io.ReadFull(r, head[:])
	size := binary.LittleEndian.Uint64(head[:])
	if err == nil && (size > maxRecord || binary.LittleEndian.Uint32(head[8:]) != masked(head[:8])) {
		err = io.EOF
	}
	var data []byte
	if err == nil {
		data = make([]byte, size+4)
		_, err = io.ReadFull(r, data)
	}
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return data[:max(len(data)-4, 0)], err
}

// stepOf is the step of an Event as it is written here, after its time; -1 of one that
// is of no step.
func stepOf(event []byte) int64 {
	if len(event) <= 9 || event[9] != 2<<3 {
		return -1
	}
	step, _ := binary.Uvarint(event[10:])
	return int64(step)
}

// record writes one record: its length, a sum of that, the data, a sum of that.
func (w *board) record(data []byte) error {
	b := binary.LittleEndian.AppendUint64(w.b[:0], uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, masked(data))
	w.b = b
	_, err := w.f.Write(b)
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the sum of TFRecord: CRC32C turned and shifted, so that a sum of
// data which holds sums is no weaker.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// at begins an Event with its time.
func at(now time.Time) []byte {
	return binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(float64(now.UnixMicro())/1e6))
}

// appendInt appends an integer field of a message.
func appendInt(b []byte, field int, v int64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), uint64(v))
}

// appendBytes appends a field of bytes: a string or a message.
func appendBytes(b []byte, field int, v []byte) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3|2), uint64(len(v)))
	return append(b, v...)
}

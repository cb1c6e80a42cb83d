package reader

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"suiren/knowledge/document"
)

// A child is this program, run again with childArg and the variable childEnv,
// which says to its own children that there shall be none.
const (
	childArg = "read-documents"
	childEnv = "SUIREN_READER"
)

// What is said through the pipes. To the child: a request is the lengths of
// name and data (uint32, uint64, little-endian), then both. From it: frames of
// a kind, a length (uint32) and JSON.
const (
	hello        = 'h'
	oneDocument  = 'd' // document.Document
	oneRejection = 'r' // document.Rejection of a part
	done         = 'e' // document.Rejection of the file, or null
)

// Child is what a child does: it reads what it is sent until its input ends,
// and exits. In any other process it returns at once. The program, and each
// test binary that uses a Pool, call it before anything else.
func Child() {
	if os.Getenv(childEnv) == "" || len(os.Args) != 3 || os.Args[1] != childArg {
		return
	}
	var o Options
	if err := json.Unmarshal([]byte(os.Args[2]), &o); err != nil {
		os.Exit(2)
	}
	os.Exit(serve(o, os.Stdin, os.Stdout))
}

func serve(o Options, in io.Reader, out io.Writer) int {
	debug.SetMemoryLimit(o.Memory * 3 / 4)
	limit(o.Memory)
	go watch(o.Memory * 9 / 10)
	w := &wire{w: bufio.NewWriterSize(out, 1<<16)}
	if err := w.send(hello, nil); err != nil {
		return 1
	}
	r := document.Reader{Limits: o.Limits, Cache: o.Cache}
	br := bufio.NewReaderSize(in, 1<<16)
	var idle *time.Timer
	for {
		name, data, err := receive(br, o.limits().File)
		if err != nil {
			return 0 // the parent is gone, or done
		}
		// The parent kills a child that takes too long; if it died, the child ends by itself.
		idle = time.AfterFunc(o.Time+10*time.Second, func() { os.Exit(3) })
		err = r.Read(name, data, w)
		idle.Stop()
		var whole *document.Rejection
		if err != nil && !errors.As(err, &whole) {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if err := w.send(done, whole); err != nil {
			return 1
		}
	}
}

// exitMemory is the exit code of a child that had too much memory.
const exitMemory = 4

// watch ends the process before the system's limit does, which is less clear.
func watch(most int64) {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(20 * time.Millisecond) {
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > uint64(most) {
			os.Exit(exitMemory)
		}
	}
}

// receive reads a request.
func receive(r io.Reader, most int64) (name string, data []byte, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, err
	}
	n, size := binary.LittleEndian.Uint32(head[:]), binary.LittleEndian.Uint64(head[4:])
	if n > 1<<16 || size > uint64(most) {
		return "", nil, errors.New("a request is too long")
	}
	b := make([]byte, uint64(n)+size)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", nil, err
	}
	return string(b[:n]), b[n:], nil
}

// A wire is the Sink of a child.
type wire struct{ w *bufio.Writer }

func (w *wire) Document(d *document.Document) error  { return w.send(oneDocument, d) }
func (w *wire) Rejected(r *document.Rejection) error { return w.send(oneRejection, r) }

func (w *wire) send(kind byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var head [5]byte
	head[0] = kind
	binary.LittleEndian.PutUint32(head[1:], uint32(len(b)))
	w.w.Write(head[:])
	w.w.Write(b)
	if kind == oneDocument || kind == oneRejection {
		return nil // flushed when it is full, or done
	}
	return w.w.Flush()
}

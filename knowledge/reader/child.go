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

// What is said through the pipes. To the child: a request as JSON after its
// length (uint32, little-endian), and the data if it is no stream. From it: frames of
// a kind, a length (uint32) and JSON; a wanted part is a place (uint64) and a length
// (uint32), and is answered with a length, which is less at the end, and the bytes.
const (
	hello        = 'h'
	wanted       = 'w'
	oneDocument  = 'd' // document.Document
	oneRejection = 'r' // document.Rejection of a part
	onePicture   = 'p' // PNG, or the places that are asked for instead, as JSON
	done         = 'e' // document.Rejection of the file, or null
)

// A request has a child read a file.
type request struct {
	Name   string
	Size   int64
	Stream bool  `json:",omitempty"` // it asks for the parts it wants
	Skip   int   `json:",omitempty"` // documents and rejected parts that are not sent
	Draw   *draw `json:",omitempty"` // a page as a picture, instead of what it says
}

// A draw asks for a page of a PDF as a picture, or where texts stand on it.
type draw struct {
	Part        string
	Page, Width int
	Locate      []document.Sought `json:",omitempty"`
}

// maxRequest bounds a request, and maxLocate the texts in it, of which a byte may
// become six.
const (
	maxRequest = 1 << 20
	maxLocate  = 128 << 10
)

// maxPart bounds what a child asks for at once.
const maxPart = 1 << 22

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
		ask, data, err := receive(br, o.limits().File)
		if err != nil {
			return 0 // the parent is gone, or done
		}
		// The parent kills a child that takes too long; if it died, the child ends by itself.
		idle = time.AfterFunc(o.Time+10*time.Second, func() { os.Exit(3) })
		if ask.Draw != nil {
			var b []byte
			if b, err = ask.Draw.of(&r, ask.Name, data); err == nil {
				err = w.frame(onePicture, b)
			}
		} else if ask.Stream {
			err = r.ReadAt(ask.Name, &parts{w, br, idle, o.Time}, ask.Size, ask.Skip, w)
		} else {
			err = r.Read(ask.Name, data, w)
		}
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

// of is what is asked for of a file.
func (d *draw) of(r *document.Reader, name string, data []byte) ([]byte, error) {
	if d.Locate == nil {
		return r.Draw(name, data, d.Part, d.Page, d.Width)
	}
	places, err := r.Locate(name, data, d.Part, d.Page, d.Locate)
	if err != nil {
		return nil, err
	}
	return json.Marshal(places)
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

// receive reads a request, and the data of one that is no stream.
func receive(r io.Reader, most int64) (ask request, data []byte, err error) {
	head, err := receiveBytes(r, maxRequest)
	if err != nil {
		return ask, nil, err
	}
	if err := json.Unmarshal(head, &ask); err != nil {
		return ask, nil, err
	}
	if ask.Stream {
		return ask, nil, nil
	}
	if ask.Size < 0 || ask.Size > most {
		return ask, nil, errors.New("a request is too long")
	}
	data = make([]byte, ask.Size)
	_, err = io.ReadFull(r, data)
	return ask, data, err
}

// receiveBytes reads bytes after their length.
func receiveBytes(r io.Reader, most uint32) ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(n[:])
	if size > most {
		return nil, errors.New("a request is too long")
	}
	b := make([]byte, size)
	_, err := io.ReadFull(r, b)
	return b, err
}

// parts is the file of a stream, which the parent has.
type parts struct {
	w    *wire
	in   io.Reader
	idle *time.Timer
	time time.Duration
}

// ReadAt implements io.ReaderAt.
func (p *parts) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		p.idle.Reset(p.time + 10*time.Second)
		var want [12]byte
		size := min(len(b)-n, maxPart)
		binary.LittleEndian.PutUint64(want[:], uint64(at+int64(n)))
		binary.LittleEndian.PutUint32(want[8:], uint32(size))
		if err := p.w.frame(wanted, want[:]); err != nil {
			return n, err
		}
		if err := p.w.w.Flush(); err != nil {
			return n, err
		}
		part, err := receiveBytes(p.in, uint32(size))
		if err != nil {
			return n, err
		}
		n += copy(b[n:], part)
		if len(part) < size {
			return n, io.EOF
		}
	}
	return n, nil
}

// A wire is the Sink of a child.
type wire struct{ w *bufio.Writer }

// Document implements document.Sink. Where the text itself is sent, the blocks are not.
func (w *wire) Document(d *document.Document) error {
	if d.Source != "" {
		text := *d
		text.Blocks = nil
		d = &text
	}
	return w.send(oneDocument, d)
}

// Rejected implements document.Sink.
func (w *wire) Rejected(r *document.Rejection) error { return w.send(oneRejection, r) }

func (w *wire) send(kind byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := w.frame(kind, b); err != nil || kind == oneDocument || kind == oneRejection {
		return err // flushed when it is full, or done
	}
	return w.w.Flush()
}

func (w *wire) frame(kind byte, b []byte) error {
	var head [5]byte
	head[0] = kind
	binary.LittleEndian.PutUint32(head[1:], uint32(len(b)))
	_, err := w.w.Write(head[:])
	if err == nil {
		_, err = w.w.Write(b)
	}
	return err
}

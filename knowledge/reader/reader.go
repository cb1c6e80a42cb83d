// Package reader reads documents in processes of their own, so that a hostile
// or broken file costs one document and nothing else: a child that takes too
// much memory or time, or crashes, is replaced, and the reason is told.
package reader

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/knowledge/document"
)

// Options bound what one file may cost. The zero value stands for defaults.
type Options struct {
	Limits document.Limits
	Memory int64         // bytes a child may have; 0: 2 GiB
	Time   time.Duration // for one file; 0: two minutes
	Cache  string        // folder for machine code of the PDF reader; "" keeps none
}

func (o Options) limits() document.Limits {
	if o.Limits == (document.Limits{}) {
		return document.Default
	}
	return o.Limits
}

// A Pool has children that are warm: what one has made for a file it keeps
// for the next. It is safe for concurrent use; each Read takes a child of its
// own, so as many run as there are Reads at a time.
type Pool struct {
	o  Options
	mu sync.Mutex
	// idle children, the one used last at the end
	idle   []*child
	closed bool
}

// New returns a Pool without children: they start when they are needed.
func New(o Options) *Pool {
	if o.Memory == 0 {
		o.Memory = 2 << 30
	}
	if o.Time == 0 {
		o.Time = 2 * time.Minute
	}
	return &Pool{o: o}
}

// Close ends the children that are idle.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.end()
	}
	p.idle = nil
}

// Read reads a file in a child; see document.Reader.Read. An error that is
// no *document.Rejection means that no child could be had, or is the sink's,
// or the context's.
func (p *Pool) Read(ctx context.Context, name string, data []byte, sink document.Sink) error {
	if err := p.tooLarge(name, data); err != nil {
		return err
	}
	return p.read(ctx, name, func(c *child, _ func()) (*document.Rejection, error) {
		return c.read(request{Name: name, Size: int64(len(data))}, data, sink)
	})
}

func (p *Pool) tooLarge(name string, data []byte) error {
	if int64(len(data)) <= p.o.limits().File {
		return nil
	}
	return &document.Rejection{Name: name, Cause: document.Large,
		En: fmt.Sprintf("is longer than %d MiB", p.o.limits().File>>20), Zh: fmt.Sprintf("超过 %d MiB", p.o.limits().File>>20)}
}

// Draw draws a page of a PDF as a PNG in a child; see document.Reader.Draw. The
// first may take as long as PDFium takes to be compiled.
func (p *Pool) Draw(ctx context.Context, name string, data []byte, part string, page, width int) (png []byte, err error) {
	return p.draw(ctx, name, data, &draw{Part: part, Page: page, Width: width})
}

// Locate finds texts on a page of a PDF in a child; see document.Reader.Locate. Those
// behind the first 128 KiB are not looked for: the list is as long as what was.
func (p *Pool) Locate(ctx context.Context, name string, data []byte, part string, page int, list []document.Sought) ([]document.Located, error) {
	n, size := 0, 0
	for n < len(list) && size+len(list[n].Text)+100*len(list[n].Spans) <= maxLocate {
		size += len(list[n].Text) + 100*len(list[n].Spans)
		n++
	}
	if n == 0 {
		return nil, nil
	}
	b, err := p.draw(ctx, name, data, &draw{Part: part, Page: page, Locate: list[:n]})
	if err != nil {
		return nil, err
	}
	var places []document.Located
	if err := json.Unmarshal(b, &places); err != nil || len(places) > n {
		return nil, errors.Join(err, errors.New("reader: a child answered something else"))
	}
	return places, nil
}

func (p *Pool) draw(ctx context.Context, name string, data []byte, d *draw) (b []byte, err error) {
	if err := p.tooLarge(name, data); err != nil {
		return nil, err
	}
	err = p.read(ctx, name, func(c *child, _ func()) (*document.Rejection, error) {
		c.picture = nil
		whole, err := c.read(request{Name: name, Size: int64(len(data)), Draw: d}, data, nil)
		b, c.picture = c.picture, nil
		return whole, err
	})
	return b, err
}

// ReadAt reads a file that document.Streams named, as document.Reader.ReadAt
// does: the child asks for the parts that it wants, and none of it is held
// here. The time is that between one part and the next, or one document and
// the next.
func (p *Pool) ReadAt(ctx context.Context, name string, f io.ReaderAt, size int64, skip int, sink document.Sink) error {
	return p.read(ctx, name, func(c *child, moves func()) (*document.Rejection, error) {
		c.file, c.most, c.moves = f, served*size+1<<30, moves
		defer func() { c.file, c.moves = nil, nil }()
		return c.read(request{Name: name, Size: size, Stream: true, Skip: skip}, nil, sink)
	})
}

// served is how often a child may ask for a file's bytes, on average.
const served = 8

// read has a child do something with a file, in time.
func (p *Pool) read(ctx context.Context, name string, do func(c *child, moves func()) (*document.Rejection, error)) error {
	c, err := p.take()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clock := time.AfterFunc(p.o.Time, func() { cancel(errSlow) })
	defer clock.Stop()
	stop := context.AfterFunc(ctx, func() { c.cmd.Process.Kill() })
	whole, err := do(c, func() { clock.Reset(p.o.Time) })
	if stop() && err == nil {
		p.give(c)
		if whole != nil {
			return whole
		}
		return nil
	}
	c.end()
	var sunk sinkError
	switch {
	case errors.As(err, &sunk):
		return sunk.err
	case errors.Is(context.Cause(ctx), errSlow):
		return &document.Rejection{Name: name, Cause: document.Slow,
			En: fmt.Sprintf("took longer than %v to read", p.o.Time), Zh: fmt.Sprintf("读取时间超过 %v", p.o.Time)}
	case ctx.Err() != nil:
		return ctx.Err()
	}
	r := &document.Rejection{Name: name, Cause: document.Crashed, En: "the process that read it ended", Zh: "读取它的进程意外结束"}
	if c.cmd.ProcessState.ExitCode() == exitMemory || bytes.Contains(c.stderr.Bytes(), []byte("out of memory")) || bytes.Contains(c.stderr.Bytes(), []byte("cannot allocate memory")) {
		r.Cause, r.En, r.Zh = document.Large, fmt.Sprintf("needs more than %d MiB of memory to be read", p.o.Memory>>20), fmt.Sprintf("读取所需内存超过 %d MiB", p.o.Memory>>20)
	}
	return r
}

var errSlow = errors.New("too slow")

func (p *Pool) take() (*child, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		panic("reader: Read after Close")
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c, nil
	}
	return p.start()
}

// keep is how many files a child reads before a fresh one takes its place.
const keep = 1000

func (p *Pool) give(c *child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.files++; p.closed || c.files >= keep {
		c.end()
		return
	}
	p.idle = append(p.idle, c)
}

// A child is a process that reads files.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *tail
	files  int

	// Of a file that it asks for in parts.
	file  io.ReaderAt
	most  int64  // bytes that may still be asked for
	moves func() // is called when it gets on

	picture []byte // of a page that was asked for
}

func (p *Pool) start() (*child, error) {
	if os.Getenv(childEnv) != "" {
		return nil, errors.New("reader: a child has no children") // its main forgot Child
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, cannot(err)
	}
	o, err := json.Marshal(p.o)
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(exe, childArg, string(o)), stderr: &tail{}}
	c.cmd.Args[0] = os.Args[0]
	c.cmd.Env = []string{childEnv + "=1", "GOMAXPROCS=2", "GOTRACEBACK=none"}
	c.cmd.Stderr = c.stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, cannot(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, cannot(err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, cannot(err)
	}
	c.out = bufio.NewReaderSize(out, 1<<16)
	late := time.AfterFunc(30*time.Second, func() { c.cmd.Process.Kill() })
	defer late.Stop()
	kind, _, err := c.frame()
	if err == nil && kind != hello {
		err = errors.New("it says something else")
	}
	if err != nil {
		c.end()
		return nil, cannot(fmt.Errorf("%w: %s", err, c.stderr.Bytes()))
	}
	return c, nil
}

func cannot(err error) error {
	return &say.Error{What: say.T("the process that reads documents cannot start: %v", "无法启动读取文档的进程：%v", err), Err: err,
		Next: say.T("check memory and the limit on processes (ulimit -u)", "请检查内存和进程数限制（ulimit -u）")}
}

// end kills a child.
func (c *child) end() {
	c.cmd.Process.Kill()
	c.in.Close()
	c.cmd.Wait()
}

type sinkError struct{ err error }

func (e sinkError) Error() string { return e.err.Error() }

// read has a child read a file.
func (c *child) read(r request, data []byte, sink document.Sink) (whole *document.Rejection, err error) {
	head, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	for _, b := range [][]byte{binary.LittleEndian.AppendUint32(nil, uint32(len(head))), head, data} {
		if _, err := c.in.Write(b); err != nil {
			return nil, err
		}
	}
	for {
		kind, b, err := c.frame()
		if err != nil {
			return nil, err
		}
		if c.moves != nil {
			c.moves()
		}
		switch kind {
		case wanted:
			if err := c.serve(b); err != nil {
				return nil, err
			}
		case onePicture:
			c.picture = b
		case oneDocument:
			d := new(document.Document)
			if err := json.Unmarshal(b, d); err != nil {
				return nil, err
			}
			err = sink.Document(d)
			if err != nil {
				return nil, sinkError{err}
			}
		case oneRejection:
			r := new(document.Rejection)
			if err := json.Unmarshal(b, r); err != nil {
				return nil, err
			}
			if err := sink.Rejected(r); err != nil {
				return nil, sinkError{err}
			}
		case done:
			err := json.Unmarshal(b, &whole)
			return whole, err
		default:
			return nil, errors.New("a child says what is not known")
		}
	}
}

// serve sends a part of the file that the child asked for.
func (c *child) serve(b []byte) error {
	if len(b) != 12 || c.file == nil {
		return errors.New("a child asks for what it may not")
	}
	at, n := int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint32(b[8:]))
	if c.most -= n; at < 0 || n > maxPart || c.most < 0 {
		return errors.New("a child asks for too much")
	}
	part := make([]byte, 4+n)
	k, err := c.file.ReadAt(part[4:], at)
	if err != nil && !errors.Is(err, io.EOF) {
		return sinkError{err} // it is not the child's fault
	}
	binary.LittleEndian.PutUint32(part, uint32(k))
	_, err = c.in.Write(part[:4+k])
	return err
}

// maxFrame bounds what a child may say at once.
const maxFrame = 1 << 30

func (c *child) frame() (byte, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(c.out, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.LittleEndian.Uint32(head[1:])
	if n > maxFrame {
		return 0, nil, errors.New("a child says too much")
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, c.out, int64(n)); err != nil {
		return 0, nil, err
	}
	return head[0], b.Bytes(), nil
}

// A tail keeps the first bytes of what a child says on its way out.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p[:min(len(p), 4096-len(t.b))]...)
	return len(p), nil
}

// Bytes returns what was said.
func (t *tail) Bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b
}

package main

import (
	"errors"
	"io"
	"sync"
	"syscall"

	"suiren/internal/say"
)

// An output is standard output. What it could not write it remembers: most who write
// have work to go on with, and the command fails in the end. A pipe whose reader is
// gone is no fault: he has seen enough.
type output struct {
	w io.Writer

	mu  sync.Mutex
	err error // of the first write that failed: nothing is written after it
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return n, err
	}
	o.err = &say.Error{Where: "stdout", What: say.T("not all could be written: %v", "未能全部写出：%v", err), Err: err,
		Next: say.T("what was made is kept; send the output elsewhere and run the same command again", "已做成的都保留；请把输出送往别处，再运行同一命令")}
	return n, o.err
}

// failed is err, of a command, with that of its output. What there is to make was then
// not told either.
func (o *output) failed(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err == nil || errors.Is(err, o.err):
		return err
	case errors.Is(err, errChanges):
		return o.err
	}
	return errors.Join(err, o.err)
}

// heedless hides from who writes, and would tell it in words of his own, that w takes no more.
type heedless struct{ w io.Writer }

func (h heedless) Write(b []byte) (int, error) {
	h.w.Write(b)
	return len(b), nil
}

// Suiren makes small language models on the machine at hand: a plan is
// applied, what it makes is verified and served, and nothing is downloaded.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"suiren/internal/say"
	"suiren/knowledge/reader"
)

func main() {
	reader.Child() // a process that reads documents for another of this program
	os.Exit(command(os.Args[1:]))
}

// command runs the program with args and returns its exit code.
func command(args []string) int {
	a := newApp(args)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go a.watchSignals(cancel)

	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errInterrupted) && errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	a.fail(err)
	return exitCode(err)
}

// watchSignals cancels with errInterrupted at the first interrupt, so that
// training saves its state and a server finishes its answers, and ends the
// process at the second.
func (a *app) watchSignals(cancel context.CancelCauseFunc) {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	for sig := range c {
		stop := a.interrupt.Load()
		if sig != os.Interrupt || stop == nil || *stop == nil {
			break
		}
		(*stop)() // an answer, not the program
	}
	a.screen.note(say.T("stopping; press Ctrl-C again to stop at once", "正在停止；再按一次 Ctrl-C 立即停止"))
	cancel(errInterrupted)
	<-c
	a.screen.close()
	os.Exit(exitInterrupted)
}

// onInterrupt makes an interrupt call stop; nil: it ends the program again.
func (a *app) onInterrupt(stop func()) { a.interrupt.Store(&stop) }

// fail tells the person why the program failed.
func (a *app) fail(err error) {
	if err == nil || errors.Is(err, errChanges) {
		return
	}
	a.screen.close()
	if a.format == formatJSONL {
		a.diagnose(err)
	}
	for _, e := range unjoin(err) {
		fmt.Fprintln(a.stderr, say.Err(a.lang, e))
	}
}

// unjoin returns the errors that errors.Join put into err, or err itself.
func unjoin(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, e := range j.Unwrap() {
			list = append(list, unjoin(e)...)
		}
		return list
	}
	return []error{err}
}

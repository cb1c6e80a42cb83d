// Suiren makes small language models on the machine at hand: a plan is
// applied, what it makes is verified and served, and nothing is downloaded.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/knowledge/reader"
	"suiren/run"
	"suiren/stage/unread"
	"suiren/store"
)

func main() {
	reader.Child() // a process that reads documents for another of this program
	os.Exit(command(os.Args[1:]))
}

// command runs the program with args and returns its exit code.
func command(args []string) int {
	a := newApp(args)
	out := &output{w: a.stdout}
	a.stdout = out
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go a.watchSignals(cancel)

	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errInterrupted) && errors.Is(err, context.Canceled) {
		err = instead(err, errInterrupted)
	}
	err = out.failed(err)
	a.fail(err)
	return exitCode(err)
}

// instead is err with why in place of what only says that a context was cancelled.
func instead(err, why error) error {
	list := slices.DeleteFunc(unjoin(err), func(e error) bool { return errors.Is(e, context.Canceled) })
	return errors.Join(append(list, why)...)
}

// watchSignals cancels with errInterrupted at the first interrupt, so that
// training saves its state and a server finishes its answers, and ends the
// process at the second. A terminal that is closed interrupts too, unless the
// program was told to outlive it, and may say so more than once.
func (a *app) watchSignals(cancel context.CancelCauseFunc) {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(c, syscall.SIGHUP)
	}
	for sig := range c {
		stop := a.interrupt.Load()
		if sig == syscall.SIGHUP {
			signal.Ignore(syscall.SIGPIPE) // of where the last words go
		}
		if sig != os.Interrupt || stop == nil || *stop == nil {
			break
		}
		(*stop)() // an answer, not the program
	}
	a.screen.Note(say.T("stopping; press Ctrl-C again to stop at once", "正在停止；再按一次 Ctrl-C 立即停止"))
	cancel(errInterrupted)
	first := time.Now()
	secondSignal(c, func() time.Duration { return time.Since(first) })
	a.screen.Close()
	os.Exit(exitInterrupted)
}

// sameSignal is how soon after the first a signal may come again and be the same one: what
// starts a program may pass on what its whole group was sent, as timeout does.
const sameSignal = 300 * time.Millisecond

// secondSignal waits for one that somebody sent for himself. since is the time since the first.
func secondSignal(c <-chan os.Signal, since func() time.Duration) {
	for sig := range c {
		if sig != syscall.SIGHUP && since() > sameSignal {
			return
		}
	}
}

// ended is the error of a server. One that was interrupted ended in order, wherever it was.
func ended(ctx context.Context, err error) error {
	if err == nil || !errors.Is(context.Cause(ctx), errInterrupted) || slices.ContainsFunc(unjoin(err), func(e error) bool { return !errors.Is(e, context.Canceled) }) {
		return err
	}
	return nil
}

// onInterrupt makes an interrupt call stop; nil: it ends the program again.
func (a *app) onInterrupt(stop func()) { a.interrupt.Store(&stop) }

// fail tells the person why the program failed.
func (a *app) fail(err error) {
	if err == nil || errors.Is(err, errChanges) {
		return
	}
	a.screen.Close()
	if a.format == formatJSONL {
		a.diagnose(err)
	}
	for _, e := range unjoin(err) {
		fmt.Fprintln(a.stderr, say.Err(a.lang, e))
	}
}

// unjoin returns the errors that errors.Join put into err, or err itself. Those of a
// step each keep its name.
func unjoin(err error) []error {
	if f, ok := err.(*run.Fault); ok {
		list := unjoin(f.Err)
		for i, e := range list {
			list[i] = &run.Fault{Step: f.Step, Err: e}
		}
		return list
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, e := range j.Unwrap() {
			list = append(list, unjoin(e)...)
		}
		return list
	}
	return []error{ofFile(err)}
}

// ofFile says for people what the system said of a file, where nobody else has.
func ofFile(err error) error {
	if full, ok := noRoom(err); ok {
		return full
	}
	if _, ok := errors.AsType[*tokenizer.FormatError](err); ok {
		return unread.Error("", "", err)
	}
	p, ok := err.(*fs.PathError)
	if !ok {
		return err
	}
	e := &say.Error{Where: shown(p.Path), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.What, e.Next = say.T("there is no such file", "文件不存在"), say.T("look at how it is written, and which folder you are in", "请检查写法，以及当前所在目录")
	case errors.Is(err, fs.ErrExist):
		e.What, e.Next = say.T("it is there already", "已经存在"), say.T("choose another name", "请换一个名称")
	case errors.Is(err, fs.ErrPermission):
		e.What, e.Next = say.T("you may not do this with it", "没有权限"), say.T("change its mode, or run as its owner", "请修改权限，或以其所有者身份运行")
	case errors.Is(err, syscall.EROFS):
		e.What, e.Next = say.T("its disk is read-only: it can be looked at, and nothing be written", "所在磁盘只读：可以查看，但不能写入"), say.T("make it writable, or work on a copy", "请使它可写，或改用副本")
	case errors.Is(err, syscall.EISDIR):
		e.What, e.Next = say.T("it is a folder", "这是一个目录"), say.T("name a file", "请给出文件")
	case errors.Is(err, syscall.ENOTDIR):
		e.What, e.Next = say.T("it is no folder", "这不是目录"), say.T("name a folder", "请给出目录")
	default:
		return err
	}
	return e
}

// isNoRoom reports whether an error says that a file or a database found no room.
func isNoRoom(err error) bool {
	_, ok := noRoom(err)
	return ok || errors.Is(err, store.ErrFull)
}

// noRoom says of a file or a database that found no room, where the store has not said
// it, what to do.
func noRoom(err error) (*say.Error, bool) {
	where := ""
	if said, ok := errors.AsType[*say.Error](err); ok {
		where = said.Where
	} else if p, ok := errors.AsType[*fs.PathError](err); ok {
		where = p.Path
	}
	full, ok := store.DiskFull(where, err).(*say.Error)
	if ok = ok && error(full) != err; ok {
		full.Where = shown(where)
		full.Next = say.T("free some space there or raise the limit (ulimit -f), or choose another disk; then run the same command again", "请在那里腾出空间或放宽上限（ulimit -f），或换一块磁盘，然后重新运行同一命令")
	}
	return full, ok
}

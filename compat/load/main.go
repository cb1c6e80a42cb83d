// Load puts a server of models under the load that a house full of clients
// makes, good and bad ones, and looks at what becomes of it.
//
//	load -suiren BINARY [flags] MODEL
//
// It starts suiren serve MODEL, lets clients ask for some minutes, and asks
// /healthz all the while. Then it looks whether the server is what it was,
// replays receipts of the answers, prints what it saw, and ends with 1 if a
// bar is not met:
//
//   - every answer is what its request asked for, and the same whenever, by
//     whichever interface and in whatever company it is asked;
//   - the receipts replay;
//   - malformed requests get their 4xx, no request gets a 5xx but 503;
//   - /healthz answers within 100 ms in 99 of 100 cases;
//   - memory is flat: the last fifth of the time is within 5% of the second;
//   - at the end nothing runs, waits or holds memory for keys and values, and
//     goroutines and open files are back where they were.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// slots is how many answers the server makes at once.
const slots = 8

type options struct {
	suiren, model, embed  string
	minutes               float64
	clients, tokens, fill int
	replays               int
	seed                  uint64
}

func main() {
	var o options
	var probeAt string
	flag.StringVar(&o.suiren, "suiren", "suiren", "the program")
	flag.StringVar(&o.embed, "embed", "", "a model that makes vectors, served beside MODEL")
	flag.Float64Var(&o.minutes, "minutes", 2, "how long; 0: only fill the memory, and compare it with what the server said")
	flag.IntVar(&o.clients, "clients", 64, "how many at once")
	flag.IntVar(&o.tokens, "tokens", 24, "of an answer")
	flag.IntVar(&o.fill, "context", 1024, "context of the server: a small one is full soon, and memory then flat")
	flag.IntVar(&o.replays, "replays", 100, "receipts to replay")
	flag.Uint64Var(&o.seed, "seed", 1, "of what the clients do")
	flag.StringVar(&probeAt, "probe", "", "only ask this address for its health, a line of milliseconds for each answer")
	flag.Parse()
	if probeAt != "" {
		probe(probeAt)
		return
	}
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	o.model = flag.Arg(0)
	ok, err := run(&o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(o *options) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "suiren-load-*")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	s, err := start(o, dir)
	if err != nil {
		return false, err
	}
	defer s.stop()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)

	l := newLoad(o, s.address, s.models)
	if err := l.warm(); err != nil {
		return false, err
	}
	if o.minutes == 0 {
		return s.filled()
	}
	before, err := s.state()
	if err != nil {
		return false, err
	}
	w, err := s.watch()
	if err != nil {
		return false, err
	}
	l.begin(time.Duration(o.minutes * float64(time.Minute)))
	select {
	case <-l.done:
	case <-interrupted:
		l.end()
		<-l.done
	case err := <-s.ended:
		return false, fmt.Errorf("the server ended: %v\n%s", err, s.said())
	}
	w.end()
	after, err := s.settle(before)
	if err != nil {
		return false, err
	}
	if err := s.stop(); err != nil {
		return false, fmt.Errorf("the server did not end well: %v\n%s", err, s.said())
	}
	same, differ, err := replay(o, dir, l.receipts.list)
	if err != nil {
		return false, err
	}
	return report(o, l, w, before, after, same, differ, s.said()), nil
}

// A server is the program that is tested.
type server struct {
	cmd     *exec.Cmd
	address string
	models  []string
	memory  float64 // bytes that it said it would take
	stderr  string  // file
	ended   chan error
	over    bool
}

func start(o *options, dir string) (*server, error) {
	args := []string{"serve", "-o", "jsonl", "--lang", "en", "--listen", "127.0.0.1:0", "--slots", fmt.Sprint(slots), "--context", fmt.Sprint(o.fill), o.model}
	if o.embed != "" {
		args = append(args, o.embed)
	}
	s := &server{cmd: exec.Command(o.suiren, args...), stderr: filepath.Join(dir, "stderr"), ended: make(chan error, 1)}
	s.cmd.Env = append(os.Environ(), "SUIREN_HOME="+filepath.Join(dir, "home"))
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it does not outlive this program
	f, err := os.Create(s.stderr)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s.cmd.Stderr = f
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var said struct {
			Type, Address string
			Models        []string
			Memory        float64
		}
		if json.Unmarshal(lines.Bytes(), &said) == nil && said.Type == "serving" {
			s.address, s.models, s.memory = said.Address, said.Models, said.Memory
			go func() {
				for lines.Scan() {
				}
				s.ended <- s.cmd.Wait()
			}()
			return s, nil
		}
	}
	err = s.cmd.Wait()
	return nil, fmt.Errorf("the server did not start: %v\n%s", err, s.said())
}

// said is what the server wrote for people, its last lines.
func (s *server) said() string {
	b, _ := os.ReadFile(s.stderr)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

func (s *server) stop() error {
	if s.over {
		return nil
	}
	s.over = true
	s.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-s.ended:
		return err
	case <-time.After(time.Minute):
		s.cmd.Process.Kill()
		<-s.ended
		return fmt.Errorf("it did not stop within a minute")
	}
}

// replay makes the answers of receipts again.
func replay(o *options, dir string, receipts []json.RawMessage) (same, differ int, err error) {
	path := filepath.Join(dir, "receipts.jsonl")
	var b strings.Builder
	for _, r := range receipts {
		b.Write(r)
		b.WriteByte('\n')
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return 0, 0, err
	}
	cmd := exec.Command(o.suiren, "replay", "-o", "jsonl", "--model", o.model, path)
	cmd.Stderr = os.Stderr
	out, _ := cmd.Output() // its code is 1 if one is not the same
	for line := range strings.Lines(string(out)) {
		var said struct {
			Type string
			Same bool
		}
		if json.Unmarshal([]byte(line), &said) == nil && said.Type == "replay" {
			if said.Same {
				same++
			} else {
				differ++
			}
		}
	}
	return same, differ, nil
}

// report prints what was seen, and reports whether all bars are met.
func report(o *options, l *load, w *watch, before, after state, same, differ int, stderr string) bool {
	ok := true
	bar := func(good bool, format string, args ...any) {
		mark := "ok  "
		if !good {
			mark, ok = "FAIL", false
		}
		fmt.Printf("%s %s\n", mark, fmt.Sprintf(format, args...))
	}
	fmt.Printf("%s: %d clients, %.1f minutes\n\n", filepath.Base(o.model), o.clients, o.minutes)
	l.table()
	fmt.Println("\nresident memory, MiB, by tenths of the time:", w.tenths())
	fmt.Printf("\n%d answers were compared with another of their kind, %d with a bound or a prompt; %s texts are different ones\n", l.compared.Load(), l.bound.Load(), l.different())
	for _, e := range l.wrong.list {
		fmt.Println("  wrong:", e)
	}
	bar(l.wrong.n == 0, "wrong or mixed answers: %d", l.wrong.n)
	bar(l.unexpected.n == 0, "unexpected replies and errors: %d", l.unexpected.n)
	for _, e := range l.unexpected.list {
		fmt.Println("  ", e)
	}
	bar(differ == 0 && same == len(l.receipts.list) && same > 0, "receipts that replay: %d of %d", same, len(l.receipts.list))
	p50, p99, most := w.health()
	bar(p99 < 100 && w.failed == 0, "/healthz: p50 %.1f ms, p99 %.1f ms, worst %.1f ms of %d; %d failed", p50, p99, most, len(w.pings), w.failed)
	drift := w.drift()
	bar(drift < 0.05, "memory: %+.1f%% from the second fifth of the time to the last", 100*drift)
	bar(after.running == 0 && after.waiting == 0 && after.pages == 0, "at the end %v run, %v wait, %v of the memory for keys and values is held", after.running, after.waiting, after.pages)
	bar(after.goroutines <= before.goroutines+2, "goroutines: %v, then %v", before.goroutines, after.goroutines)
	bar(after.files <= before.files+2, "open files: %v, then %v", before.files, after.files)
	fmt.Printf("heap in use: %.1f MiB, then %.1f MiB\n", before.heap/(1<<20), after.heap/(1<<20))
	if stderr != "" {
		fmt.Println("\nthe server said:\n" + stderr)
	}
	return ok
}

// quantile returns the value below which the share q of a sorted list is.
func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return list[min(len(list)-1, int(q*float64(len(list))))]
}

func sorted(list []float64) []float64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// Ledger shows that the books add up, whatever happens.
//
//	ledger -suiren BINARY [flags] MODEL
//
// It starts two servers of MODEL on one folder of books, and lets clients ask both,
// on every interface that generates, breaking off as they like. Every some seconds one
// of the servers is killed (SIGKILL) and started again. Budgets of tokens and of
// requests run out on the way. Then it adds up, and ends with 1 unless
//
//   - suiren usage check holds, and the sum of the entries is that of the traces, exactly;
//   - no id is charged twice, and every answer that a client saw end is charged what it
//     was told;
//   - no budget is exceeded by more than one request's reservation;
//   - nothing is reserved any more, a minute after the last server has gone.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type options struct {
	suiren, model     string
	requests, clients int
	kill              time.Duration
	tokens, asks      int64 // budgets; 0: they run out at the end
	seed              uint64
}

func main() {
	var o options
	flag.StringVar(&o.suiren, "suiren", "suiren", "the program")
	flag.IntVar(&o.requests, "requests", 5000, "how many in all")
	flag.IntVar(&o.clients, "clients", 64, "how many at once")
	flag.DurationVar(&o.kill, "kill", 20*time.Second, "how often a server is killed")
	flag.Int64Var(&o.tokens, "tokens", 0, "budget of tokens")
	flag.Int64Var(&o.asks, "asks", 0, "budget of requests")
	flag.Uint64Var(&o.seed, "seed", 1, "of what the clients do")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	o.model = flag.Arg(0)
	if o.tokens == 0 {
		o.tokens = int64(o.requests) * 42
	}
	if o.asks == 0 {
		o.asks = int64(o.requests) * 9 / 10
	}
	ok, err := run(&o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ledger:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(o *options) (bool, error) {
	dir, err := os.MkdirTemp("", "suiren-ledger-*")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	h := &house{o: o, home: filepath.Join(dir, "home"), dir: dir}
	for _, args := range [][]string{{"all", "--tokens", fmt.Sprint(o.tokens), "--per", "total"}, {"key:anyone", "--requests", fmt.Sprint(o.asks), "--per", "total"}, {"key:anyone", "--cpu", "100000", "--per", "month"}} {
		if _, err := h.suiren(append([]string{"budget", "set", "--models"}, args...)...); err != nil {
			return false, err
		}
	}
	var servers [2]*server
	for i := range servers {
		servers[i] = &server{h: h, i: i}
		if err := servers[i].start(); err != nil {
			return false, err
		}
		defer servers[i].kill()
	}
	began := time.Now()
	l := newLoad(o, servers)
	done := make(chan struct{})
	go func() { l.run(); close(done) }()
	kills := 0
	tick, word := time.NewTicker(o.kill), time.NewTicker(30*time.Second)
	defer tick.Stop()
	defer word.Stop()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		case <-word.C:
			fmt.Printf("%.0f s: %d requests, %d of them refused by a budget, %d kills\n", time.Since(began).Seconds(), int64(o.requests)-max(l.left.Load(), 0), l.refused.Load(), kills)
		case <-tick.C:
			s := servers[kills%2]
			kills++
			s.kill()
			if err := s.start(); err != nil {
				return false, err
			}
		}
	}
	took := time.Since(began)
	servers[0].kill() // one goes as it must, one as it should
	if err := servers[1].stop(); err != nil {
		return false, err
	}
	fmt.Printf("%d requests by %d clients in %.0f s, %d kills\n", o.requests, o.clients, took.Seconds(), kills+1)
	l.table()
	fmt.Println("waiting a minute for the reservations of the killed to end")
	time.Sleep(62 * time.Second)
	return h.judge(l)
}

// A house is the folder of the books.
type house struct {
	o         *options
	home, dir string
}

func (h *house) command(args ...string) *exec.Cmd {
	c := exec.Command(h.o.suiren, args...)
	c.Env = append(os.Environ(), "SUIREN_HOME="+h.home, "SUIREN_LANG=en")
	return c
}

func (h *house) suiren(args ...string) ([]byte, error) {
	c := h.command(args...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		err = fmt.Errorf("suiren %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	return out, err
}

// A server is one of the two.
type server struct {
	h    *house
	i    int
	cmd  *exec.Cmd
	addr atomic.Value // string
	wg   sync.WaitGroup
}

func (s *server) start() error {
	s.cmd = s.h.command("serve", "-o", "jsonl", "--listen", "127.0.0.1:0", "--slots", "8", "--context", "512", s.h.o.model)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it does not outlive this program
	f, err := os.OpenFile(filepath.Join(s.h.dir, fmt.Sprint("stderr", s.i)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	s.cmd.Stderr = f
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var said struct{ Type, Address string }
		if json.Unmarshal(lines.Bytes(), &said) == nil && said.Type == "serving" {
			s.addr.Store(said.Address)
			s.wg.Go(func() { io.Copy(io.Discard, out) })
			return nil
		}
	}
	return errors.Join(errors.New("the server did not start"), s.cmd.Wait())
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.wg.Wait()
	s.cmd.Wait()
}

func (s *server) stop() error {
	s.cmd.Process.Signal(os.Interrupt)
	s.wg.Wait()
	return s.cmd.Wait()
}

package infer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"suiren/engine/model"
)

// Many clients at once, of whom some go, some read slowly and some ask the
// same, get what each would get alone; at the end no page is lost.
func TestClients(t *testing.T) {
	f := sliding(t)
	list := talks(f, nil)
	var want [][]Token
	for i := range list {
		want = append(want, runAll(t, batchOf(t, f, model.KVFloat16, 1, 512, 1), list[i:i+1])...)
	}
	_, window := model.PageBytes(&f.Shape, model.KVFloat16)
	full, _ := model.PageBytes(&f.Shape, model.KVFloat16)
	e, err := Open(f, Options{Slots: 6, Threads: 2, KV: model.KVFloat16, Memory: int64(30*full + 60*window)}) // too little for all
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for client := range 64 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(4, uint64(client)))
			for range 6 {
				i := r.IntN(len(list))
				q := list[i]
				q.Caller, q.Draft = fmt.Sprint(client%5), r.IntN(2) == 0
				ctx, cancel := context.WithCancel(context.Background())
				leave, slow := math.MaxInt, r.IntN(5) == 0
				switch r.IntN(4) {
				case 0:
					leave = r.IntN(15)
				case 1:
					time.AfterFunc(time.Duration(r.IntN(3000))*time.Microsecond, cancel)
				}
				n := 0
				for tok, err := range e.Generate(ctx, q) {
					if err != nil {
						if !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
						break
					}
					if u := tok.Usage; u != nil {
						if u.Prompt != len(q.Prompt) || u.Cached > u.Shared && u.Miss != Echoed && u.Cached > u.Prompt || u.Tokens < 1 && !q.Echo || u.First <= 0 || u.CPU <= 0 || u.Pages < 1 {
							t.Errorf("%+v", *u)
						}
						tok.Usage = nil
					}
					if !reflect.DeepEqual(tok, want[i][n]) {
						t.Errorf("request %d: token %d is %+v, alone %+v", i, n, tok, want[i][n])
						break
					}
					if n++; n == leave {
						break
					}
					if slow {
						time.Sleep(50 * time.Microsecond)
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for s := e.Stats(); s.Running > 0 || s.Waiting > 0; s = e.Stats() {
		time.Sleep(time.Millisecond)
	}
	s := e.Stats()
	if s.PagesUsed != 0 || s.CachedTokens == 0 || s.Tokens == 0 || s.Steps == 0 || s.Busy <= 0 || s.Pages == 0 || s.PagesCached == 0 {
		t.Errorf("%+v", s)
	}
	e.Close()
	if err := checkPages(e.b.tree, nil); err != nil {
		t.Error(err)
	}
	if len(e.callers) > 0 {
		t.Errorf("callers that are gone are remembered: %v", e.callers)
	}
}

// The queue is bounded, and no caller has all of it.
func TestBusy(t *testing.T) {
	e, err := NewEngine(params(t), 1, 64, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	busy := make(chan *BusyError, 2*maxQueue)
	ask := func(caller string) {
		wg.Go(func() {
			for _, err := range e.Generate(ctx, Request{Prompt: []int32{1}, MaxTokens: 60, Caller: caller, Constraint: forever{ctx}, Stop: []int32{2}}) {
				var b *BusyError
				if errors.As(err, &b) && errors.Is(err, ErrBusy) {
					busy <- b
				}
			}
		})
	}
	waits := func(n int) {
		for e.Stats().Waiting < n {
			time.Sleep(time.Millisecond)
		}
	}
	for range 2 * maxQueue {
		ask("many")
	}
	b := <-busy
	if b.Waiting < maxCaller-1 || b.Retry < time.Second {
		t.Errorf("%+v", b)
	}
	waits(maxCaller - 1)
	if s := e.Stats(); s.Waiting+s.Running > maxCaller+1 { // one has a place, or is about to take it
		t.Errorf("%d requests of one caller wait, and %d run", s.Waiting, s.Running)
	}
	before := e.Stats().Waiting
	ask("few")
	waits(before + 1)
	cancel()
	wg.Wait()
}

// forever allows everything, and takes its time until ctx ends.
type forever struct{ ctx context.Context }

func (c forever) Mask(bits []uint32) {
	<-c.ctx.Done()
	for i := range bits {
		bits[i] = math.MaxUint32
	}
}
func (c forever) Accept(int32) bool       { return true }
func (c forever) CanEnd() bool            { return true }
func (c forever) Fits(int32, int) bool    { return true }
func (c forever) Ending() ([]int32, bool) { return nil, false }

// Refusals say why, with numbers.
func TestLengthError(t *testing.T) {
	f := sliding(t)
	full, window := model.PageBytes(&f.Shape, model.KVFloat32)
	o := Options{Slots: 1, Memory: int64(10*full + 21*window)}
	e, err := Open(f, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, err := range e.Generate(context.Background(), Request{Prompt: make([]int32, 599), MaxTokens: 1}) {
		var l *LengthError
		if !errors.As(err, &l) || !errors.Is(err, ErrTooLong) || !errors.Is(err, ErrRequest) || l.Prompt != 599 || l.Most != e.Limit()-1 || !l.Memory || e.Limit() >= 600 {
			t.Errorf("limit %d: %v", e.Limit(), err)
		}
	}
}

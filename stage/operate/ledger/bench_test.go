package ledger

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A request's reservation and settling under budgets of three scopes: of one client,
// of 64 who ask 200 times a second together, and of 64 who do nothing else.
func BenchmarkReserveSettle(b *testing.B) {
	for _, c := range []struct {
		name    string
		clients int
		each    time.Duration // between two requests of a client
	}{{"one", 1, 0}, {"paced", 64, 320 * time.Millisecond}, {"flood", 64, 0}} {
		b.Run(c.name, func(b *testing.B) {
			l := open(b, filepath.Join(b.TempDir(), "usage.db"))
			l.Now = time.Now
			for _, x := range []Budget{{Scope: OfAll, Unit: Tokens, Period: Ever, Amount: 1 << 50}, {Scope: OfKey, Name: "k", Unit: Requests, Period: Day, Amount: 1 << 50}, {Scope: OfTenant, Name: "school", Unit: Money, Period: Month, Amount: 1 << 50}} {
				if err := l.SetBudget(x); err != nil {
					b.Fatal(err)
				}
			}
			var n atomic.Int64
			var mu sync.Mutex
			var reserved, settled []time.Duration
			var all sync.WaitGroup
			b.ResetTimer()
			for i := range c.clients {
				all.Go(func() {
					time.Sleep(c.each * time.Duration(i) / time.Duration(c.clients))
					for next := time.Now(); ; next = next.Add(c.each) {
						k := n.Add(1)
						if k > int64(b.N) {
							return
						}
						time.Sleep(time.Until(next))
						id := fmt.Sprint(k)
						began := time.Now()
						if _, err := l.Reserve(&Hold{ID: id, Account: Account{Key: "k", Tenant: "school"}, Model: "tutor", Prompt: 20, More: 100}); err != nil {
							b.Error(err)
						}
						middle := time.Now()
						if err := l.Settle(used(id, "k", 20, 0, 0, 30)); err != nil {
							b.Error(err)
						}
						mu.Lock()
						reserved, settled = append(reserved, middle.Sub(began)), append(settled, time.Since(middle))
						mu.Unlock()
					}
				})
			}
			all.Wait()
			for name, times := range map[string][]time.Duration{"reserve": reserved, "settle": settled} {
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs-"+name+"-p50")
				b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "µs-"+name+"-p99")
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

// Pages of 100,000 traces, at the beginning, in the middle and with a condition.
func BenchmarkTraces(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "usage.db"))
	for i := range 100 {
		if err := l.write(false, func(t *tx) error {
			for j := range 1000 {
				if err := t.settle(used(fmt.Sprint(i, "-", j), fmt.Sprint("k", j%50), 20, 0, 0, 30)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	for name, q := range map[string]*Query{"first": {}, "middle": {Before: 50000}, "key": {Key: "k7"}, "none": {Reason: "error"}, "text": {Text: "x"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := l.Traces(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("usage", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.Usage([]string{"key", "day"}, Days{}, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := l.Check(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

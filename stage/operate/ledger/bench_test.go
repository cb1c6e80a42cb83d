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

// A request's reservation and settling, of many at once, under budgets of three scopes.
func BenchmarkReserveSettle(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			l := open(b, filepath.Join(b.TempDir(), "usage.db"))
			l.Now = time.Now
			for _, x := range []Budget{{Scope: OfAll, Unit: Tokens, Period: Ever, Amount: 1 << 50}, {Scope: OfKey, Name: "k", Unit: Requests, Period: Day, Amount: 1 << 50}, {Scope: OfTenant, Name: "school", Unit: Money, Period: Month, Amount: 1 << 50}} {
				if err := l.SetBudget(x); err != nil {
					b.Fatal(err)
				}
			}
			var n atomic.Int64
			var mu sync.Mutex
			var times []time.Duration
			b.SetParallelism(clients)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := fmt.Sprint(n.Add(1))
					began := time.Now()
					if _, err := l.Reserve(&Hold{ID: id, Account: Account{Key: "k", Tenant: "school"}, Model: "tutor", Prompt: 20, More: 100}); err != nil {
						b.Error(err)
					}
					if err := l.Settle(used(id, "k", 20, 0, 0, 30)); err != nil {
						b.Error(err)
					}
					mu.Lock()
					times = append(times, time.Since(began))
					mu.Unlock()
				}
			})
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs-p50")
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "µs-p99")
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

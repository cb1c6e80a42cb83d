package account

import (
	"fmt"
	"testing"
	"time"
)

// What has begun ends once, in its time; an address that begins without end
// keeps only itself out, and the memory is bounded.
func TestPending(t *testing.T) {
	var p pending[int]
	now := time.Unix(1000, 0)
	id, err := p.begin(now, "here", time.Minute, 7)
	if err != nil {
		t.Fatal(err)
	}
	if what, ok := p.finish(now, id); !ok || what != 7 {
		t.Errorf("%d %v", what, ok)
	}
	if _, ok := p.finish(now, id); ok {
		t.Error("it ends twice")
	}
	id, _ = p.begin(now, "here", time.Minute, 8)
	if _, ok := p.finish(now.Add(2*time.Minute), id); ok {
		t.Error("it ends too late")
	}
	for range maxFrom {
		if _, err := p.begin(now, "flood", time.Minute, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.begin(now, "flood", time.Minute, 0); err == nil {
		t.Error("a flood goes on")
	}
	if _, err := p.begin(now, "here", time.Minute, 0); err != nil {
		t.Errorf("a flood keeps another out: %v", err)
	}
	if _, err := p.begin(now.Add(2*time.Minute), "flood", time.Minute, 0); err != nil {
		t.Errorf("after the flood: %v", err)
	}
	for i := range 2 * maxPending {
		p.begin(now, fmt.Sprint(i), time.Hour, 0)
	}
	if len(p.open) > maxPending {
		t.Errorf("%d are kept", len(p.open))
	}
}

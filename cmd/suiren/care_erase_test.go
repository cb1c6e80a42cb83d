package main

import (
	"fmt"
	"sync"
	"testing"
)

// An erasure is told what it erased, though the server goes on meanwhile with erasures
// that were cut off.
func TestErasedOnce(t *testing.T) {
	t.Parallel()
	k := &kept{t: t, dir: bookDir(t.TempDir())}
	done := make(chan struct{})
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := k.dir.resumeErasures(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 10 {
		name := fmt.Sprint("person", i)
		k.said(name, 2, 0)
		if e, err := k.dir.erase(name, "owner", false); err != nil || e.Contents != 2 {
			t.Errorf("%s: %+v %v", name, e, err)
		}
	}
	close(done)
	others.Wait()
}

package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"suiren/internal/say"
)

// What is under way does not begin again, however much began and ended since; and not
// everything at once.
func TestTasksUnderWay(t *testing.T) {
	h := &house{}
	var begun []chan struct{}
	begin := func(name string) error {
		end := make(chan struct{})
		_, err := h.begin("model", name, func(context.Context) (say.Text, error) {
			<-end
			return say.Text{}, nil
		})
		if err == nil {
			begun = append(begun, end)
		}
		return err
	}
	running := func() (n int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, t := range h.tasks {
			if t.Ended.IsZero() {
				n++
			}
		}
		return n
	}
	ends := func(want int) {
		for running() != want {
			time.Sleep(time.Millisecond)
		}
	}
	if err := begin("long"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * mostTasks {
		if err := begin(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		close(begun[len(begun)-1])
		ends(1)
	}
	if begin("long") == nil {
		t.Error("what is under way began again")
	}
	if len(h.tasks) > mostTasks {
		t.Errorf("%d tasks are remembered", len(h.tasks))
	}
	begun = begun[:1]
	for i := range mostAtOnce - 1 {
		if err := begin(fmt.Sprint("at once ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if begin("one more") == nil {
		t.Errorf("%d tasks at once", mostAtOnce+1)
	}
	for _, end := range begun {
		close(end)
	}
	ends(0)
}

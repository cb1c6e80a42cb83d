package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

// A signal that comes twice at once, as through timeout, is one; a terminal that is closed
// asks for nothing more.
func TestSecondSignal(t *testing.T) {
	c := make(chan os.Signal, 4)
	left := []time.Duration{0, time.Millisecond, 2 * sameSignal}
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGINT} {
		c <- sig
	}
	secondSignal(c, func() time.Duration {
		d := left[0]
		left = left[1:]
		return d
	})
	if len(left) != 0 || len(c) != 0 {
		t.Errorf("it ended %d signals early", len(c))
	}
}

// A server that is interrupted ends in order, before it answers as well; what failed is
// told, and another program's end is none of it.
func TestServerEnded(t *testing.T) {
	interrupted, cancel := context.WithCancelCause(context.Background())
	cancel(errInterrupted)
	failed := errors.New("failed")
	for _, c := range []struct {
		ctx  context.Context
		err  error
		ends bool
	}{
		{interrupted, nil, true}, {interrupted, context.Canceled, true}, {interrupted, errors.Join(context.Canceled, context.Canceled), true},
		{interrupted, failed, false}, {interrupted, errors.Join(failed, context.Canceled), false}, {context.Background(), context.Canceled, false},
	} {
		if err := ended(c.ctx, c.err); (err == nil) != c.ends {
			t.Errorf("%v: %v", c.err, err)
		}
	}
}

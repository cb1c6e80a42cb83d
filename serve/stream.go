package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// An eventStream writes server-sent events, each flushed at once. The status
// line goes out with the first, so an error before it can still set the
// status. While nothing is sent it says every heartbeat that it is alive.
type eventStream struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	mu   sync.Mutex
	sent bool
	err  error // of the first write that failed
	tick *time.Timer
}

// newEventStream begins a stream. The caller must close it.
func newEventStream(w http.ResponseWriter, beat time.Duration) *eventStream {
	e := &eventStream{w: w, rc: http.NewResponseController(w)}
	e.tick = time.AfterFunc(beat, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.tick != nil {
			e.write(": alive\n\n")
			e.tick.Reset(beat)
		}
	})
	return e
}

// close stops the heartbeat. No write happens after it has returned.
func (e *eventStream) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tick.Stop()
	e.tick = nil
}

func (e *eventStream) started() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent
}

// send writes v as the data of an event, with an id if it is not "".
func (e *eventStream) send(id string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.raw(id, string(data))
}

// raw writes data, which must be one line.
func (e *eventStream) raw(id, data string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if id != "" {
		return e.write(fmt.Sprintf("id: %s\ndata: %s\n\n", id, data))
	}
	return e.write("data: " + data + "\n\n")
}

func (e *eventStream) write(s string) error {
	if e.err != nil {
		return e.err
	}
	if !e.sent {
		e.w.Header().Set("Content-Type", "text/event-stream")
		e.w.Header().Set("Cache-Control", "no-store")
		e.sent = true
	}
	e.rc.SetWriteDeadline(time.Now().Add(writeTime)) // a client that does not read must not hold us
	if _, e.err = e.w.Write([]byte(s)); e.err == nil {
		e.err = e.rc.Flush()
	}
	return e.err
}

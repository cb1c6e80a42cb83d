package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"suiren/serve/form"
)

// An eventStream writes server-sent events, each flushed at once. The status
// line goes out with the first, so an error before it can still set the
// status. While nothing is sent it says every heartbeat that it is alive.
type eventStream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	lines bool // lines of JSON, as Ollama's clients read them
	mu    sync.Mutex
	sent  bool
	err   error // of the first write that failed
	tick  *time.Timer
}

// newEventStream begins a stream. The caller must close it.
func newEventStream(w http.ResponseWriter, beat time.Duration) *eventStream {
	e := &eventStream{w: w, rc: http.NewResponseController(w)}
	e.tick = time.AfterFunc(beat, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.tick != nil {
			if !e.lines { // lines have no comments
				e.write(": alive\n\n")
			}
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

// event writes v as an event, with a name if it is not "". A string that is
// not JSON is sent as it is: OpenAI's [DONE].
func (e *eventStream) event(name string, v any) error {
	data, ok := v.(form.Literal)
	if !ok {
		var b strings.Builder
		j := json.NewEncoder(&b)
		j.SetEscapeHTML(false)
		if err := j.Encode(v); err != nil {
			return err
		}
		data = form.Literal(strings.TrimSuffix(b.String(), "\n"))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.lines:
		return e.write(string(data) + "\n")
	case name != "":
		return e.write("event: " + name + "\ndata: " + string(data) + "\n\n")
	}
	return e.write("data: " + string(data) + "\n\n")
}

// raw writes data, which must be one line, with an id if it is not "".
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
		kind := "text/event-stream"
		if e.lines {
			kind = "application/x-ndjson"
		}
		e.w.Header().Set("Content-Type", kind)
		e.w.Header().Set("Cache-Control", "no-store")
		e.sent = true
	}
	e.rc.SetWriteDeadline(time.Now().Add(writeTime)) // a client that does not read must not hold us
	if _, e.err = e.w.Write([]byte(s)); e.err == nil {
		e.err = e.rc.Flush()
	}
	return e.err
}

package serve

import (
	"encoding/json"
	"net/http"
	"sync"

	"suiren/internal/say"
	"suiren/serve/form"
)

// receipts keeps how the last answers were made, so that a client whose
// interface has no place for a receipt can ask for it by the answer's id.
// They are in memory alone and end with the process: they hold prompts.
//
// The memory is a ring that is taken at the beginning, so that a server does
// not grow with what it answers.
type receipts struct {
	mu   sync.Mutex
	ring []byte
	next int    // where the next one is written
	kept []kept // the oldest first: those that follow next in the ring
}

// maxReceipts is the bytes of the ring: some thousands of short answers.
const maxReceipts = 4 << 20

// A kept receipt is bytes of the ring: the answer's id, its caller, JSON.
type kept struct{ at, id, caller, text int32 }

func (k *kept) end() int { return int(k.at + k.id + k.caller + k.text) }

func newReceipts(size int) *receipts {
	r := &receipts{ring: make([]byte, size)}
	for i := 0; i < size; i += 4096 { // pages that nobody wrote to are not there yet
		r.ring[i] = 1
	}
	return r
}

// add keeps a receipt and forgets the oldest for it. One that would take more
// than half of the ring is not kept.
func (r *receipts) add(id, caller string, receipt *form.Receipt) error {
	text, err := json.Marshal(receipt)
	if err != nil {
		return err
	}
	n := len(id) + len(caller) + len(text)
	if n > len(r.ring)/2 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next+n > len(r.ring) {
		r.forget(len(r.ring))
		r.next = 0
	}
	r.forget(r.next + n)
	k := kept{int32(r.next), int32(len(id)), int32(len(caller)), int32(len(text))}
	to := r.ring[r.next:]
	to = to[copy(to, id):]
	to = to[copy(to, caller):]
	copy(to, text)
	r.kept = append(r.kept, k)
	r.next += n
	return nil
}

// forget lets go of the oldest from next up to a place of the ring.
func (r *receipts) forget(to int) {
	for len(r.kept) > 0 && int(r.kept[0].at) >= r.next && int(r.kept[0].at) < to {
		r.kept = r.kept[1:]
	}
}

// drop lets go of the receipts of a caller; "" is everybody.
func (r *receipts) drop(caller string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.kept {
		k := &r.kept[i]
		b := r.ring[k.at:k.end()]
		if caller == "" || string(b[k.id:k.id+k.caller]) == caller {
			clear(b)
		}
	}
}

// Forget lets go of what the server and its models remember of a caller; "" is
// everybody. What models keep of prompts is not kept by caller: all of it goes.
func (s *Server) Forget(caller string) {
	for _, r := range s.releases() {
		if f, ok := r.Answerer.(form.Forgetter); ok {
			f.Forget(caller)
		}
	}
	s.receipts.drop(caller)
	s.metrics.forget(caller)
}

// find returns the receipt of an answer, to the caller that got the answer.
func (r *receipts) find(id, caller string) (json.RawMessage, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.kept) - 1; i >= 0; i-- {
		k := &r.kept[i]
		b := r.ring[k.at:k.end()]
		if string(b[:k.id]) == id {
			b = b[k.id:]
			return append(json.RawMessage(nil), b[k.caller:]...), string(b[:k.caller]) == caller
		}
	}
	return nil, false
}

// receipt tells how an answer was made.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	receipt, ok := s.receipts.find(id, caller(r))
	if !ok {
		return &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "not_found", Param: "id",
			Text: say.T("there is no receipt of an answer %q", "没有回答 %q 的回执", form.Clip(id)),
			Next: say.T("ask soon after the answer, with the key that asked for it: only the last receipts are kept", "请在回答之后尽快用同一密钥查询：只保留最近的回执")}
	}
	return WriteJSON(w, http.StatusOK, receipt)
}

package serve

import (
	"container/list"
	"net/http"
	"sync"

	"suiren/internal/say"
	"suiren/serve/form"
)

// receipts keeps how the last answers were made, so that a client whose
// interface has no place for a receipt can ask for it by the answer's id.
// They are in memory alone and end with the process: they hold prompts.
type receipts struct {
	most int // bytes, about

	mu   sync.Mutex
	byID map[string]*list.Element
	last *list.List // of *kept, the newest first
	size int
}

// maxReceipts bounds their memory in bytes: some thousands of short answers.
const maxReceipts = 8 << 20

type kept struct {
	id, caller string
	receipt    *form.Receipt
	size       int
}

func newReceipts(most int) *receipts {
	return &receipts{most: most, byID: map[string]*list.Element{}, last: list.New()}
}

// add keeps a receipt and forgets the oldest beyond the bound.
func (r *receipts) add(id, caller string, receipt *form.Receipt) {
	k := &kept{id, caller, receipt, receipt.Size()}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[id] = r.last.PushFront(k)
	for r.size += k.size; r.size > r.most; {
		old := r.last.Remove(r.last.Back()).(*kept)
		delete(r.byID, old.id)
		r.size -= old.size
	}
}

// find returns the receipt of an answer, to the caller that got the answer.
func (r *receipts) find(id, caller string) (*form.Receipt, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byID[id]
	if e == nil || e.Value.(*kept).caller != caller {
		return nil, false
	}
	return e.Value.(*kept).receipt, true
}

// receipt tells how an answer was made.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	receipt, ok := s.receipts.find(id, caller(r))
	if !ok {
		return &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "not_found", Param: "id",
			Text: say.T("there is no receipt of an answer %q", "没有回答 %q 的凭据", form.Clip(id)),
			Next: say.T("ask soon after the answer, with the key that asked for it: only the last receipts are kept", "请在回答之后尽快用同一密钥查询：只保留最近的凭据")}
	}
	return writeJSON(w, http.StatusOK, receipt)
}

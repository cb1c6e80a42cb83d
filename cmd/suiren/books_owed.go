package main

import (
	"errors"
	"net/http"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
)

// settle writes a trace into the ledger. One that cannot be written now, for the disk
// is full, is owed: it is written once it can be, and nobody is answered before.
func (b *books) settle(t *ledger.Trace) error {
	err := b.ledger.Settle(t)
	if _, disk := errors.AsType[*say.Error](err); disk {
		b.owedMu.Lock()
		b.owed = append(b.owed, t)
		b.owedMu.Unlock()
	}
	if err == nil && b.sent != nil {
		b.sent(t)
	}
	return err
}

// settleOwed writes what is owed.
func (b *books) settleOwed() error {
	b.owedMu.Lock()
	defer b.owedMu.Unlock()
	for len(b.owed) > 0 {
		if err := b.ledger.Settle(b.owed[0]); err != nil { // the same id twice is charged once
			return err
		}
		if b.sent != nil {
			b.sent(b.owed[0])
		}
		b.owed = b.owed[1:]
	}
	return nil
}

// paid refuses a request while others are owed: what cannot be written down is not
// answered.
func (b *books) paid() error {
	if err := b.settleOwed(); err != nil {
		return &form.Error{Status: http.StatusServiceUnavailable, Type: "server_error", Code: "books_closed", After: 10,
			Text: say.T("nothing is answered now: the books cannot be written", "暂不作答：账本无法写入"), Next: say.T("tell whoever runs this server; its log says why", "请告知管理员，原因见服务器日志")}
	}
	return nil
}

// owedHealth says whether requests are not in the books; what is always well is not told.
func (b *books) owedHealth() []serve.Health {
	b.owedMu.Lock()
	defer b.owedMu.Unlock()
	if len(b.owed) == 0 {
		return []serve.Health{{Name: "books", Level: operate.OK, Why: say.T("every request is in the books", "所有请求均已入账")}}
	}
	return []serve.Health{{Name: "books", Level: operate.Fail, Why: say.T("%d requests wait for room to be written into the books, and nobody is answered", "有 %d 个请求等待写入账本，暂不作答", len(b.owed))}}
}

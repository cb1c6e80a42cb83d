package main

import (
	"errors"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
)

// settle writes a trace into the ledger. One that cannot be written now, for the disk
// is full, is owed: its asker is told that the books are closed, it is written once it can
// be, and nobody is answered before.
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

// owedHealth says whether requests are not in the books; what is always well is not told.
func (b *books) owedHealth() []serve.Health {
	b.owedMu.Lock()
	defer b.owedMu.Unlock()
	if len(b.owed) == 0 {
		return []serve.Health{{Name: "books", Level: operate.OK, Why: say.T("every request is in the books", "所有请求均已入账")}}
	}
	return []serve.Health{{Name: "books", Level: operate.Fail, Why: say.T("%d requests wait for room to be written into the books, and nobody is answered", "有 %d 个请求等待写入账本，暂不作答", len(b.owed))}}
}

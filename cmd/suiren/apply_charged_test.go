package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/operate/ledger"
)

// A step that runs is held against money, too: what its processor time and energy cost.
func TestJobPastMoney(t *testing.T) {
	l, err := ledger.Open(filepath.Join(t.TempDir(), "usage.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.SetPrices("book", []byte("currency = \"CNY\"\nprice \"*\" {\n  requests = 1\n  cpu = 36\n  energy = 360\n}")); err != nil {
		t.Fatal(err)
	}
	if err := l.SetBudget(ledger.Budget{Scope: ledger.OfKey, Name: "cli", Unit: ledger.Money, Period: ledger.Day, Amount: 3e6}); err != nil {
		t.Fatal(err)
	}
	j := &jobs{l: l, watts: 10} // a second is 0.01 for the processor and 0.001 for the energy
	if err := j.begin("weights.tutor"); err != nil {
		t.Fatal(err)
	}
	j.cpu = serve.CPUSeconds() - 100
	if err := j.look(); err != nil {
		t.Errorf("stopped at 1.1 and the step's 1 of 3: %v", err)
	}
	j.cpu = serve.CPUSeconds() - 200
	e, ok := errors.AsType[*ledger.Exceeded](j.look())
	if !ok {
		t.Fatal("2.2 and the step's 1 are within 3")
	}
	if text := exceeded(e).Text.In(say.English); !strings.HasPrefix(text, "this key's budget of 3.00 CNY a day has no room: 1.00 are used or reserved, and this request may need 2.2") {
		t.Error(text)
	}
}

package plan

import (
	"encoding/json"
	"testing"

	"suiren/stage"
	"suiren/store"
)

func TestSetting(t *testing.T) {
	for json, want := range map[string]string{
		"600000000000": "6e11", "3500000": "3500000", "1234567891": "1234567891", "60000": "60000", "0.5": "0.5", "1e8": "1e8", `"muon"`: `"muon"`,
		"9007199254740993": "9007199254740993", "18446744073709551615": "18446744073709551615", "10000000000000000001": "10000000000000000001", "10000000000000000000": "1e19",
	} {
		if got := setting([]byte(json)); got.En != want || got.Zh != want {
			t.Errorf("%s is shown as %s, want %s", json, got.En, want)
		}
	}
}

// A zero that the plan says is not one that it leaves out, where those differ.
func TestSettingsChangedZero(t *testing.T) {
	zero, some := 0.0, 0.05
	for _, c := range []struct {
		was, is settled
		en, zh  string
	}{
		{settled{}, settled{Flag: &zero}, "flag 0, was left out", "flag 由 未写 改为 0"},
		{settled{Flag: &some}, settled{Flag: &zero}, "flag 0, was 0.05", "flag 由 0.05 改为 0"},
		{settled{Flag: &zero}, settled{}, "flag left out, was 0", "flag 由 0 改为 未写"},
		{settled{Width: 64, Clip: .5}, settled{}, "width left out, was 64; clip left out, was 0.5", "width 由 64 改为 未写；clip 由 0.5 改为 未写"},
	} {
		b, err := json.Marshal(&c.was)
		if err != nil {
			t.Fatal(err)
		}
		got := joinTexts(settingsChanged(&c.is, store.Record{Operator: c.is.Name(), Settings: b}), "; ", "；")
		if got.En != c.en || got.Zh != c.zh {
			t.Errorf("%q, %q; want %q, %q", got.En, got.Zh, c.en, c.zh)
		}
	}
}

// A revised operator has another revision with a base than without.
type revised struct {
	Base stage.Ref   `plan:"base,optional" json:",omitzero"`
	From []stage.Ref `plan:"from,optional"`
	Rate float64     `plan:"rate,optional"`
	lesson
}

func (*revised) Name() string { return "revised" }
func (r *revised) Revision() int {
	switch {
	case r.Base.Name != "":
		return 6
	case r.Rate > 1:
		return 3
	}
	return 2 + 10*len(r.From)
}

// The revision that a record is compared with is that of its own settings and inputs.
func TestRevisionFor(t *testing.T) {
	base, from := store.Used{Arg: "base"}, store.Used{Arg: "from", Block: "tokens.t"}
	for _, c := range []struct {
		was    revised
		inputs []store.Used
		want   int
	}{
		{revised{Rate: 0.5}, nil, 2},
		{revised{Rate: 2}, nil, 3},
		{revised{Rate: 0.5}, []store.Used{from}, 12},
		{revised{Rate: 0.5}, []store.Used{base}, 6},
		{revised{Rate: 2}, []store.Used{from, base}, 6},
	} {
		b, err := json.Marshal(&c.was)
		if err != nil {
			t.Fatal(err)
		}
		now := &revised{Base: stage.Ref{Kind: store.Weights, Name: "b"}, Rate: 0.6}
		if got := revisionFor(now, store.Record{Operator: "revised", Settings: b, Inputs: c.inputs}); got != c.want {
			t.Errorf("%+v: %d, want %d", c, got, c.want)
		}
	}
}

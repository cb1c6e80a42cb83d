package plan

import "testing"

func TestSetting(t *testing.T) {
	for json, want := range map[string]string{
		"600000000000": "6e11", "3500000": "3500000", "1234567891": "1234567891", "60000": "60000", "0.5": "0.5", "1e8": "1e8", `"muon"`: `"muon"`,
	} {
		if got := setting([]byte(json)); got.En != want || got.Zh != want {
			t.Errorf("%s is shown as %s, want %s", json, got.En, want)
		}
	}
}

package say

import (
	"math"
	"testing"
)

// A length of time has units of the language.
func TestSeconds(t *testing.T) {
	for s, want := range map[float64][2]string{
		0.118: {"0.1 s", "0.1 秒"}, 30: {"30 s", "30 秒"}, 200: {"3 min 20 s", "3 分 20 秒"}, 7300: {"2 h 01 min", "2 小时 01 分"}, math.Inf(1): {"-", "-"},
	} {
		if got := Seconds(s); got.In(English) != want[0] || got.In(Chinese) != want[1] {
			t.Errorf("%g: %s, %s", s, got.In(English), got.In(Chinese))
		}
	}
}

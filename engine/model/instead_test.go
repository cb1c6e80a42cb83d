package model

import (
	"fmt"
	"testing"
)

// A mixture whose blocks fit no row says what is written instead; others say nothing.
func TestInstead(t *testing.T) {
	f := openArch(t, "llama3")
	for x, want := range map[Mixture]string{AsQ3_K_M: "[Q8_0]", AsQ4_K_M: "[Q8_0]", AsQ5_K_M: "[Q8_0]", AsQ6_K: "[Q8_0]", AsQ8_0: "[]", AsQ4_0: "[]", AsF16: "[]", AsBF16: "[]", AsF32: "[]"} {
		got, err := f.Instead(x)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v %v, want %s", x, got, err, want)
		}
	}
	if _, err := f.Instead("q5"); err == nil {
		t.Error("a mixture of no name")
	}
}

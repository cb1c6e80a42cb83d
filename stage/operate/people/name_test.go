package people

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for name, want := range map[string]bool{
		"li": true, "李雷": true, "Zoë.b_c@house-1": true, strings.Repeat("李", 64): true,
		"": false, strings.Repeat("李", 65): false, "-li": false, ".": false, "li lei": false, "li\n": false, "li/..": false, "l\xffi": false,
	} {
		if err := CheckName(name); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

package terminal

import (
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"short\n  suiren up  # as it is\n", "short\n  suiren up  # as it is\n"},
		{strings.Repeat("word ", 20) + "end", strings.TrimRight(strings.Repeat("word ", 19), " ") + "\nword end"},
		{strings.Repeat("睡", 50), strings.Repeat("睡", 48) + "\n睡睡"},
		{strings.Repeat("睡", 48) + "。莲", strings.Repeat("睡", 47) + "\n睡。莲"},
		{strings.Repeat("睡", 46) + "（gguf）", strings.Repeat("睡", 46) + "\n（gguf）"},
		{strings.Repeat("x", 200), strings.Repeat("x", 200)},
		{"one\ntwo\n\nthree\n  suiren up\nfour\n", "one two\n\nthree\n  suiren up\nfour\n"},
		{"一行，\n两行 a\n三行\nb", "一行，两行 a 三行 b"},
	} {
		if got := Wrap(c.text); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

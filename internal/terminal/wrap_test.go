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

// Every line of Fold is narrow enough, wide characters and words that no line
// holds included, and nothing is lost but spaces.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"  one two three", 9, "  one two|  three"}, {"short", 80, "short"}, {"睡莲开了花", 6, "睡莲开|  了花"}, {"睡莲。开", 6, "睡莲。|  开"},
		{"abcdefghij", 6, "abcde|  fgh|  ij"}, {"", 9, ""}, {"a 睡莲睡莲 b", 7, "a 睡莲|  睡莲|  b"},
	} {
		if got := strings.Join(Fold(c.text, c.n, "  "), "|"); got != c.want {
			t.Errorf("%q at %d: %q, want %q", c.text, c.n, got, c.want)
		}
	}
	text := strings.Repeat("预检：观察题正确率 96.4%；pass@1 0.873，45% 的组含有信息 ", 5) + strings.Repeat("x", 99)
	for n := 8; n < 90; n++ {
		lines := Fold(text, n, "   ")
		for _, l := range lines {
			if Columns(l) > n {
				t.Errorf("%d columns at %d: %q", Columns(l), n, l)
			}
		}
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(text, " ", ""); got != want {
			t.Errorf("at %d columns %q became %q", n, want, got)
		}
	}
}

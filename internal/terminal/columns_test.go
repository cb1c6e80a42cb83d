package terminal

import (
	"strings"
	"testing"
)

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{{"", 0}, {"abc", 3}, {"睡莲", 4}, {"ａ", 2}, {"é…", 2}} {
		if got := Columns(c.text); got != c.want {
			t.Errorf("Columns(%q) = %d, want %d", c.text, got, c.want)
		}
	}
}

func TestTableAligns(t *testing.T) {
	got := Table("lrl", [][]string{{"睡莲", "1", "x"}, {"a", "1000", "y"}})
	if want := []string{"睡莲     1  x", "a     1000  y"}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What strangers named does not command the terminal, nor look like rows.
func TestTableIsPrintable(t *testing.T) {
	got := Table("ll", [][]string{{"a\x1b[2Jb\u009b", "one\ntwo\tthree"}, {"c", "d"}})
	if want := []string{"a[2Jb  one two three", "c      d"}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"睡莲花", 5, "睡莲…"}, {"睡莲花", 4, "睡…"}, {"a", 0, "…"}} {
		if got := Cut(c.text, c.n); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

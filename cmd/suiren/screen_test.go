package main

import (
	"strings"
	"testing"

	"suiren/internal/say"
)

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{{"", 0}, {"abc", 3}, {"睡莲", 4}, {"ａ", 2}, {"é…", 2}} {
		if got := columns(c.text); got != c.want {
			t.Errorf("columns(%q) = %d, want %d", c.text, got, c.want)
		}
	}
}

func TestTableAligns(t *testing.T) {
	got := table("lrl", [][]string{{"睡莲", "1", "x"}, {"a", "1000", "y"}})
	if want := []string{"睡莲     1  x", "a     1000  y"}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"睡莲花", 5, "睡莲…"}, {"睡莲花", 4, "睡…"}, {"a", 0, "…"}} {
		if got := cut(c.text, c.n); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestScreen(t *testing.T) {
	var b strings.Builder
	s := newScreen(&b, true, false)
	s.show([]string{"one", "two"})
	s.print("above")
	s.close()
	want := "one\ntwo\n" + "\x1b[2A\x1b[J" + "above\n" + "one\ntwo\n" + "\x1b[2A\x1b[J"
	if b.String() != want {
		t.Errorf("drew %q, want %q", b.String(), want)
	}

	b.Reset()
	s = newScreen(&b, false, false)
	s.show([]string{"live"})
	s.print("a line")
	s.close()
	if b.String() != "a line\n" {
		t.Errorf("off a terminal drew %q", b.String())
	}
}

func TestUnits(t *testing.T) {
	a := &app{lang: say.English}
	for _, c := range []struct{ got, want string }{
		{a.span(20, 30), "20–30 s"}, {a.span(5, 5), "5.0 s"}, {a.span(5, 12), "5.0–12 s"}, {a.span(50, 200), "50 s–3 min 20 s"},
		{a.seconds(0), "0.0 s"}, {a.seconds(3700), "61 min 40 s"}, {a.seconds(7300), "2 h 01 min"}, {a.seconds(-1), "-"},
		{size(0), "-"}, {size(1), "1 KiB"}, {size(3 << 20), "3 MiB"}, {size(3 << 29), "1.5 GiB"},
		{count(0), "0"}, {count(999), "999"}, {count(1234567), "1,234,567"}, {count(-1000), "-1,000"},
		{flops(2.1e13), "2.1e+13"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	a.lang = say.Chinese
	if got := a.span(20, 30); got != "20–30 秒" {
		t.Errorf("got %q", got)
	}
}

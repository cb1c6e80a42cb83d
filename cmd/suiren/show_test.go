package main

import (
	"testing"

	"suiren/internal/say"
	"suiren/plan"
)

// Beside an apply that runs, nobody is told to run it.
func TestLeftText(t *testing.T) {
	n := map[plan.Action]int{plan.Keep: 1, plan.Add: 2, plan.Change: 3, plan.Remove: 4}
	for _, c := range []struct {
		lang    say.Lang
		running bool
		want    string
	}{
		{say.English, false, "1 block stands, 5 are to be made, 4 to be removed: suiren apply goes on"},
		{say.English, true, "1 block stands, 5 are to be made, 4 to be removed"},
		{say.Chinese, false, "已有 1 个块，还要制作 5 个，移除 4 个：运行 suiren apply 继续"},
		{say.Chinese, true, "已有 1 个块，还要制作 5 个，移除 4 个"},
	} {
		a := newApp(nil)
		a.lang = c.lang
		if got := a.leftText(n, c.running); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

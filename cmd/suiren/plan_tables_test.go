package main

import (
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
)

func TestPlanLines(t *testing.T) {
	steps := []stepRow{
		{mark: "=", name: "documents.faq"},
		{mark: "~", name: "corpus.mix", why: say.T("near changed", "near 变了"), forecast: stage.Forecast{Low: 20, High: 30, Memory: 3 << 20}},
		{mark: "+", name: "weights.qa", why: say.T("new", "新增"), forecast: stage.Forecast{Low: 40, High: 60, Memory: 3 << 30, FLOPs: 2e12, Basis: say.T("measured", "实测"), Derived: say.T("of width %d", "宽 %d", 64)}},
		{mark: "+", name: "weights.big", why: say.T("new", "新增"), forecast: stage.Forecast{Memory: 9 << 30, Basis: say.T("measured", "实测"), Smaller: []say.Text{say.T("a", "甲"), say.T("b", "乙")}}},
		{mark: "+", name: "weights.huge", why: say.T("new", "新增"), forecast: stage.Forecast{Memory: 9 << 30, Basis: say.T("measured", "实测")}},
		{mark: "~", name: "verdict.v", why: say.T("against %s", "against %s", strings.Repeat("weights.a ", 9)+"x"), forecast: stage.Forecast{Memory: 1 << 20}},
		{mark: "-", name: "policy.old", why: say.T("no longer in the plan", "计划中已删除")},
	}
	a := &app{lang: say.English, screen: terminal.NewScreen(nil, false)}
	want := `
 =  documents.faq  unchanged
 ~  corpus.mix     near changed           20–30 s    3 MiB
 +  weights.qa     new                    40–60 s  3.0 GiB  2.0e+12 FLOP
 +  weights.big    new                          -  9.0 GiB
 +  weights.huge   new                          -  9.0 GiB
 ~  verdict.v                                   -    1 MiB
      against weights.a weights.a weights.a weights.a weights.a weights.a weights.a weights.a weights.a x
 -  policy.old     no longer in the plan
Plan: 3 to make, 2 to change, 1 unchanged, 1 to remove.
  time 60 s–1 min 30 s, peak memory 9.0 GiB of 8.0 GiB, training 2.0e+12 FLOP
  too large; would fit with  weights.big: a or b
  too large for this machine, and apply will refuse it  weights.huge: 9.0 GiB of 8.0 GiB
  derived  weights.qa: of width 64
  basis  weights.qa, weights.big, weights.huge: measured
`
	if got := "\n" + strings.Join(a.planLines(steps, stage.Machine{Memory: 8 << 30}), "\n") + "\n"; got != want {
		t.Errorf("got%swant%s", got, want)
	}
	a.lang = say.Chinese
	a.colour = true
	got := strings.Join(a.planLines(steps, stage.Machine{Memory: 8 << 30}), "\n")
	for _, want := range []string{"新做 3 项，改做 2 项", "\x1b[32m+\x1b[0m  weights.qa", "依据  weights.qa、weights.big、weights.huge：实测", "推得  weights.qa：宽 64", "内存不足；可改为  weights.big：甲 或 乙\n  本机内存放不下，apply 会拒绝  weights.huge：需要 9.0 GiB，可用 8.0 GiB\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if got := strings.Join(a.planLines(steps, stage.Machine{}), "\n"); strings.Contains(got, "放不下") {
		t.Errorf("of unknown memory: %s", got)
	}
}

// What a step keeps on the disk while it runs is told beside the memory, the most of all
// steps; and where there is no room for it, that is said.
func TestPlanLinesDisk(t *testing.T) {
	a := &app{lang: say.English, screen: terminal.NewScreen(nil, false)}
	steps := []stepRow{
		{mark: "+", name: "weights.a", forecast: stage.Forecast{Memory: 1 << 20, Disk: 800 << 20}, room: 300 << 20},
		{mark: "+", name: "weights.b", forecast: stage.Forecast{Memory: 1 << 20, Disk: 2 << 20}},
	}
	lines := func() string { return strings.Join(a.planLines(steps, stage.Machine{}), "\n") }
	for _, want := range []string{"peak memory 1 MiB, disk 800 MiB while it runs", "too little disk, if it comes to so much  weights.a: 800 MiB of 300 MiB"} {
		if got := lines(); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	a.lang = say.Chinese
	for _, want := range []string{"，运行时占用磁盘 800 MiB", "若达到预计，磁盘空间不足  weights.a：需要 800 MiB，可用 300 MiB"} {
		if got := lines(); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

func TestOutcomeLines(t *testing.T) {
	a := &app{lang: say.English, screen: terminal.NewScreen(nil, false)}
	got := strings.Join(a.outcomeLines([]outcome{
		{name: "tokenizer.t", seconds: 2, memory: 1 << 20},
		{name: "weights.w", seconds: 100, memory: 2 << 30, flops: 5e12, peak: 1e11, forecast: stage.Forecast{Low: 70, High: 80, Memory: 1 << 30}},
	}), "\n")
	for _, part := range []string{"50%", "70–80 s", "1 min 40 s", "  in all"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
}

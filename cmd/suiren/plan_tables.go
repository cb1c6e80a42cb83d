package main

import (
	"fmt"
	"strings"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
)

// A stepRow is one step of a plan on the screen.
type stepRow struct {
	mark     string // + ~ = -
	name     string
	why      say.Text // why it is made, or kept though it did not stand
	forecast stage.Forecast
	room     int64 // of the disk, where it is too little; 0: it is not
}

// whyWidth is how wide a reason may be in the table of a plan: one long list
// of what changed would push the costs of all steps off the screen.
const whyWidth = 40

// planLines lays out a plan: a line per step with what it will cost, the
// sums, and what the numbers rest on.
func (a *app) planLines(steps []stepRow, m stage.Machine) []string {
	var rows [][]string
	n := map[string]int{}
	var low, high, work float64
	var peak, disk int64
	var smaller []string
	var bases, derived grouped
	long := map[int]string{} // reasons that get a line of their own
	for _, s := range steps {
		n[s.mark]++
		row := []string{" " + s.mark, s.name, s.why.In(a.lang)}
		switch f := s.forecast; s.mark {
		case "+", "~":
			low, high, work, peak, disk = low+f.Low, high+f.High, work+f.FLOPs, max(peak, f.Memory), max(disk, f.Disk)
			row = append(row, a.forecastTime(f), size(f.Memory), flopsText(f.FLOPs))
			var ways []string
			for _, way := range f.Smaller {
				ways = append(ways, way.In(a.lang))
			}
			switch {
			case ways != nil:
				smaller = append(smaller, a.t("too large; would fit with  %s: %s", "内存不足；可改为  %s：%s", s.name, strings.Join(ways, a.t(" or ", " 或 "))))
			case m.Memory > 0 && f.Memory > m.Memory: // no setting alone would do
				smaller = append(smaller, a.t("too large for this machine, and apply will refuse it  %s: %s of %s", "本机内存放不下，apply 会拒绝  %s：需要 %s，可用 %s", s.name, size(f.Memory), size(m.Memory)))
			}
			if s.room > 0 {
				smaller = append(smaller, a.t("too little disk, if it comes to so much  %s: %s of %s", "若达到预计，磁盘空间不足  %s：需要 %s，可用 %s", s.name, size(f.Disk), size(s.room)))
			}
			derived.add(s.name, f.Derived.In(a.lang))
			bases.add(s.name, f.Basis.In(a.lang))
		case "=":
			if s.why.IsZero() {
				row[2] = a.t("unchanged", "不变")
			}
		}
		if terminal.Columns(row[2]) > whyWidth {
			long[len(rows)], row[2] = row[2], ""
		}
		rows = append(rows, row)
	}
	var lines []string
	for i, line := range terminal.Table("lllrrr", rows) { // after the columns are counted
		lines = append(lines, " "+a.paint(steps[i].mark)+line[2:])
		if why, ok := long[i]; ok {
			lines = append(lines, "      "+why)
		}
	}
	lines = append(lines, a.t("Plan: %d to make, %d to change, %d unchanged, %d to remove.",
		"计划：新做 %d 项，改做 %d 项，不变 %d 项，移除 %d 项。", n["+"], n["~"], n["="], n["-"]))
	if n["+"]+n["~"] > 0 {
		sum := a.t("  time %s", "  用时 %s", a.span(low, high))
		if peak > 0 {
			sum += a.t(", peak memory %s", "，内存峰值 %s", size(peak))
			if m.Memory > 0 {
				sum += a.t(" of %s", "（可用 %s）", size(m.Memory))
			}
		}
		if disk > 0 {
			sum += a.t(", disk %s while it runs", "，运行时占用磁盘 %s", size(disk))
		}
		if work > 0 {
			sum += a.t(", training %s", "，训练 %s", flopsText(work))
		}
		lines = append(lines, sum)
		for _, way := range smaller {
			lines = append(lines, "  "+way)
		}
		for _, g := range derived {
			lines = append(lines, "  "+a.t("derived", "推得")+"  "+a.t("%s: %s", "%s：%s", g.names, g.text))
		}
		for _, g := range bases {
			lines = append(lines, "  "+a.t("basis", "依据")+"  "+a.t("%s: %s", "%s：%s", g.names, g.text))
		}
	}
	return lines
}

// grouped are texts, each with the names of all that it is said of.
type grouped []*saidOf

type saidOf struct {
	text  string
	names []string
}

// add has text, if there is one, said of name.
func (g *grouped) add(name, text string) {
	if text == "" {
		return
	}
	for _, s := range *g {
		if s.text == text {
			s.names = append(s.names, name)
			return
		}
	}
	*g = append(*g, &saidOf{text, []string{name}})
}

// The marks of a plan, and their colours on a terminal.
var markColour = map[string]string{"+": "32", "~": "33", "-": "31", "!": "31"}

// paint colours a mark where colours are wanted.
func (a *app) paint(mark string) string {
	if c := markColour[mark]; a.colour && c != "" {
		return "\x1b[" + c + "m" + mark + "\x1b[0m"
	}
	return mark
}

// forecastTime is a forecast's range of time, or a dash for an unknown one.
func (a *app) forecastTime(f stage.Forecast) string {
	if f.High <= 0 {
		return "-"
	}
	return a.span(f.Low, f.High)
}

// flopsText writes a number of operations with its unit.
func flopsText(n float64) string {
	if n <= 0 {
		return ""
	}
	return flops(n) + " FLOP"
}

// An outcome is what a step cost, beside what was foretold.
type outcome struct {
	name     string
	forecast stage.Forecast
	seconds  float64
	memory   int64
	flops    float64 // of training, as the step counted them
	peak     float64 // of the machine it was made on, FLOP/s
}

// share is the part of the measured peak that training used; 0 if unknown.
func (o outcome) share() float64 {
	if o.flops <= 0 || o.peak <= 0 || o.seconds <= 0 {
		return 0
	}
	return o.flops / o.seconds / o.peak
}

// outcomeLines compares what was foretold with what came.
func (a *app) outcomeLines(list []outcome) []string {
	rows := [][]string{{"", a.t("time", "用时"), a.t("foretold", "预计"), a.t("memory", "内存"), a.t("foretold", "预计"),
		a.t("training", "训练"), a.t("of peak", "峰值占比")}}
	var sum outcome
	for _, o := range list {
		row := []string{"  " + o.name, a.seconds(o.seconds), a.forecastTime(o.forecast), size(o.memory), size(o.forecast.Memory), flopsText(o.flops), ""}
		if s := o.share(); s > 0 {
			row[6] = fmt.Sprintf("%.0f%%", 100*s)
		}
		rows = append(rows, row)
		sum.seconds += o.seconds
		sum.flops += o.flops
		sum.memory = max(sum.memory, o.memory)
		sum.forecast.Low += o.forecast.Low
		sum.forecast.High += o.forecast.High
		sum.forecast.Memory = max(sum.forecast.Memory, o.forecast.Memory)
	}
	rows = append(rows, []string{a.t("  in all", "  合计"), a.seconds(sum.seconds), a.forecastTime(sum.forecast), size(sum.memory),
		size(sum.forecast.Memory), flopsText(sum.flops), ""})
	return terminal.Table("lrrrrrr", rows)
}

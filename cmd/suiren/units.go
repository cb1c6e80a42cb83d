package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"suiren/internal/say"
)

// seconds writes a length of time in the unit that suits it.
func (a *app) seconds(s float64) string {
	return say.Seconds(s).In(a.lang)
}

// span writes a range of time.
func (a *app) span(low, high float64) string {
	from, to := a.seconds(low), a.seconds(high)
	if from == to {
		return to
	}
	// 20 s–30 s becomes 20–30 s.
	if n, unit, ok := strings.Cut(from, " "); ok && strings.HasSuffix(to, " "+unit) && strings.Count(to, " ") == 1 {
		from = n
	}
	return from + "–" + to
}

// size writes a number of bytes.
func size(n int64) string {
	switch {
	case n <= 0:
		return "-"
	case n < 1<<20:
		return fmt.Sprintf("%.0f KiB", math.Ceil(float64(n)/(1<<10)))
	case n < 1<<30:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// held writes how many bytes something takes, and that it takes none.
func held(n int64) string {
	if n == 0 {
		return "0 KiB"
	}
	return size(n)
}

// flops writes a number of floating-point operations.
func flops(n float64) string {
	if n <= 0 {
		return "-"
	}
	return strconv.FormatFloat(n, 'e', 1, 64)
}

// count writes a number with separators between its thousands.
func count(n float64) string {
	s := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// The units of progress, as operators name them.
var units = map[string]say.Text{
	"steps": say.T("steps", "步"), "problems": say.T("problems", "题"), "documents": say.T("documents", "篇"),
	"dialogues": say.T("dialogues", "段对话"), "trainings": say.T("trainings", "遍训练"), "files": say.T("files", "个文件"), "tries": say.T("tries", "次尝试"),
}

// unit names a unit in the reader's language.
func (a *app) unit(name string) string {
	if t, ok := units[name]; ok {
		return t.In(a.lang)
	}
	return name
}

package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"suiren/stage"
)

// A family is one kind of problem, made by a program that also knows the
// answer and a thought that leads to it in small steps: each token of a thought
// can be found by looking a few things up.
type family struct {
	name   string
	levels int  // difficulties that are taught: 1 to levels
	beyond int  // difficulties that only the test of length has: up to here
	weight int  // of problems among the taught ones
	extra  bool // only where the plan names it
	make   func(d *draw, level int, lang string) lesson
}

// A lesson is a problem as its family makes it.
type lesson struct {
	prompt, think, answer string
	key                   string // canonical: survives reordering and rephrasing
}

// families are all that a plan can name, easiest first.
var families = []family{
	{name: "add", levels: 6, beyond: 8, weight: 60, make: makeAdd},
	{name: "sub", levels: 6, beyond: 8, weight: 60, make: makeSub},
	{name: "order", levels: 3, beyond: 5, weight: 90, make: makeOrder},
	{name: "linear", levels: 4, beyond: 4, weight: 60, make: makeLinear},
	{name: "word", levels: 4, beyond: 6, weight: 100, make: makeWord},
	{name: "mul", levels: 4, beyond: 5, weight: 60, extra: true, make: makeMul},
	{name: "countdown", levels: 1, beyond: 1, weight: 100, extra: true, make: makeCountdown},
	{name: "countdown4", levels: 1, beyond: 1, weight: 100, extra: true, make: makeCountdown4},
	{name: "system", levels: 4, beyond: 4, weight: 80, extra: true, make: makeSystem},
	{name: "calendar", levels: 4, beyond: 4, weight: 80, extra: true, make: makeCalendar},
	{name: "unit", levels: 4, beyond: 4, weight: 60, extra: true, make: makeUnit},
}

func familyNames() []string {
	var names []string
	for _, f := range families {
		names = append(names, f.name)
	}
	return names
}

// A draw is a source of random numbers that is the same on every machine and
// for every version of Go: the counter-based seeds make each problem
// independent of the others.
type draw struct{ src *rand.PCG }

func newDraw(seed uint64, stream string, i int) *draw {
	h := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte(stream), seed))
	return &draw{rand.NewPCG(binary.LittleEndian.Uint64(h[:]), uint64(i))}
}

// below returns a number from 0 to n-1.
func (d *draw) below(n int) int {
	hi, _ := bits.Mul64(d.src.Uint64(), uint64(n))
	return int(hi)
}

// between returns a number from lo to hi.
func (d *draw) between(lo, hi int) int { return lo + d.below(hi-lo+1) }

// digits returns a number of exactly n decimal digits.
func (d *draw) digits(n int) int {
	lo := 1
	for range n - 1 {
		lo *= 10
	}
	if n == 1 {
		lo = 0
	}
	return d.between(lo, 10*max(lo, 1)-1)
}

func pick[T any](d *draw, list []T) T { return list[d.below(len(list))] }

// weigh picks an index with a chance in proportion to its weight.
func (d *draw) weigh(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := d.below(sum)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	panic("data: weigh ran past its weights")
}

// Ways to ask for the value of an expression, %e.
var askValue = map[string][]string{
	"en": {"%e=?", "%e=", "What is %e?", "Compute %e.", "Calculate %e."},
	"zh": {"%e=?", "%e=", "%e等于多少？", "计算%e。", "请算一算：%e"},
}

// ask puts an expression into words. Now and then it is written as people
// type it: with spaces, or * and / for × and ÷.
func ask(d *draw, lang, expr string) string {
	switch d.below(10) {
	case 0, 1:
		expr = spaced(expr)
	case 2:
		expr = typed.Replace(expr)
	}
	return strings.Replace(pick(d, askValue[lang]), "%e", expr, 1)
}

var (
	typed  = strings.NewReplacer("×", "*", "÷", "/")
	spaces = strings.NewReplacer("+", " + ", "-", " - ", "×", " × ", "÷", " ÷ ", "=", " = ")
)

func spaced(expr string) string { return spaces.Replace(expr) }

// The parts into which problems fall by their key alone.
const (
	trainPart   = "train"
	watchPart   = stage.WatchPart
	heldoutPart = "heldout"
	lengthPart  = "length"
	reportPart  = "report"
)

// partOf says where problems of this key belong: one key in 12 is held out,
// one in 24 is watched. It depends on the key alone, so the parts are disjoint
// however a problem is worded.
func partOf(key string) string {
	h := sha256.Sum256([]byte("part of " + key))
	switch h[0] % 24 {
	case 0, 1:
		return heldoutPart
	case 2:
		return watchPart
	}
	return trainPart
}

// problem makes a lesson a problem.
func (l *lesson) problem(f *family, level int, lang string) stage.Problem {
	h := sha256.Sum256([]byte(lang + "\n" + l.prompt))
	return stage.Problem{
		ID: hex.EncodeToString(h[:8]), Key: l.key, Family: f.name, Lang: lang, Level: level,
		Prompt: l.prompt, Think: l.think, Answer: l.answer,
	}
}

// fold reduces a prompt to what a near duplicate shares with it: its letters
// and signs in order, however they are typed, and its numbers sorted.
func fold(prompt string) string {
	var letters strings.Builder
	var numbers []string
	digits := ""
	for _, c := range strings.ToLower(typed.Replace(prompt)) + " " {
		if c >= '0' && c <= '9' {
			digits += string(c)
			continue
		}
		if digits != "" {
			numbers = append(numbers, digits)
			letters.WriteByte('#')
			digits = ""
		}
		if !strings.ContainsRune(" \t\n.,?!:;。，？！：；", c) {
			letters.WriteRune(c)
		}
	}
	slices.Sort(numbers)
	return letters.String() + "|" + strings.Join(numbers, ",")
}

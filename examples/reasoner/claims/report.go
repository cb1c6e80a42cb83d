package main

import (
	"context"
	"slices"

	"suiren/stage"
)

// A claim is one of the six, with what it needs.
type claim struct {
	weights   []string
	questions []question
}

type question struct {
	weights string
	thinks  []int
}

var full = []int{fullThought}

// budgets are the most tokens of thought of claim 4.
var budgets = []int{0, 8, 16, 32, 64, 96, 128, fullThought}

var claims = map[string]claim{
	"1": {[]string{"think", "direct"}, []question{{"think", full}, {"direct", []int{0}}}},
	"2": {[]string{"think", "grpo", "more", "coin"}, []question{{"grpo", full}, {"more", full}, {"coin", full}}},
	"3": {[]string{"short"}, []question{{"grpo", full}, {"short", full}}},
	"4": {[]string{"think"}, []question{{"think", budgets}}},
	"5": {[]string{"grpo", "distil"}, []question{{"grpo", full}, {"distil", full}}},
	"6": {[]string{"think", "shuffled"}, []question{{"think", full}, {"shuffled", full}}},
}

type asked struct {
	seed    int
	weights string
	think   int
}

// A report holds all answers.
type report struct {
	l     *lab
	o     *options
	exams map[asked]*exam
}

func newReport(l *lab, o *options) *report { return &report{l, o, map[asked]*exam{}} }

func (r *report) ask(ctx context.Context, seed int, weights, part string, think int) (*exam, error) {
	x, err := r.l.examine(ctx, seed, weights, part, think)
	if err == nil {
		r.exams[asked{seed, weights, think}] = x
	}
	return x, err
}

func (r *report) write() error { return nil }

// familiesOf lists the families of problems in the order in which they come.
func familiesOf(problems []stage.Problem) (list []string) {
	for i := range problems {
		if f := problems[i].Family; !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// pick returns those of x that belong to problems of a family; of "" all.
func pick[T any](x []T, problems []stage.Problem, family string) (list []T) {
	for i := range x {
		if family == "" || problems[i].Family == family {
			list = append(list, x[i])
		}
	}
	return list
}

func floats[T int | bool](x []T) []float64 {
	list := make([]float64, len(x))
	for i, v := range x {
		switch v := any(v).(type) {
		case int:
			list[i] = float64(v)
		case bool:
			if v {
				list[i] = 1
			}
		}
	}
	return list
}

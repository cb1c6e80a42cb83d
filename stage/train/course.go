package train

import (
	"fmt"
	"slices"

	"suiren/engine/tensor"
	"suiren/stage"
)

// A course chooses the problems of reinforcement. It knows them by stratum
// (family and level) and what the model's answers in each scored of
// late, p on the mean; a stratum is drawn with a chance in proportion to p(1-p), the variance
// of a score that is 0 or 1, because a group that is all right or all wrong teaches nothing.
type course struct {
	names    []string
	problems map[string][]*stage.Problem
	all      []stage.Problem // those that are drawn
}

// courseState is the part of a checkpoint that a course depends on: the scores and
// the number of answers by stratum, those of earlier steps counting less and less.
type courseState struct {
	Right map[string]float64 `json:"right"`
	All   map[string]float64 `json:"all"`
}

const (
	fade  = 0.8  // of a step's counts, at the next
	floor = 0.01 // least variance that is assumed: nothing is left out for good
)

// newCourse sorts problems into strata. Of lessons, which begin with the easy ones,
// it takes the last half: there they are as the test will be. An owner's problems
// stand in no order, so it takes all of them.
func newCourse(problems []stage.Problem) *course {
	c := &course{problems: map[string][]*stage.Problem{}, all: problems}
	if !slices.ContainsFunc(problems, func(p stage.Problem) bool { return p.Verify != nil }) {
		c.all = problems[len(problems)/2:]
	}
	for i := range c.all {
		name := stratum(&c.all[i])
		c.problems[name] = append(c.problems[name], &c.all[i])
	}
	for name := range c.problems {
		c.names = append(c.names, name)
	}
	slices.Sort(c.names)
	return c
}

func stratum(p *stage.Problem) string { return fmt.Sprintf("%s %d", p.Family, p.Level) }

// pass returns the mean score in a stratum; of one not yet tried, ½.
func (s *courseState) pass(name string) float64 {
	return (s.Right[name] + 1) / (s.All[name] + 2)
}

// draw returns problem i of a step. It depends on its arguments alone.
func (c *course) draw(s *courseState, seed, step, i uint64) *stage.Problem {
	weights, sum := make([]float64, len(c.names)), 0.0
	for j, name := range c.names {
		p := s.pass(name)
		weights[j] = max(float64(p*(1-p)), floor)
		sum += weights[j]
	}
	at := float64(tensor.Uniform(tensor.Rand(seed^0x73747261, step, i))) * sum
	j := 0
	for j < len(weights)-1 && at >= weights[j] {
		at -= weights[j]
		j++
	}
	list := c.problems[c.names[j]]
	return list[tensor.Rand(seed^0x70726f62, step, i)%uint64(len(list))]
}

// any returns lesson i of a step to be learnt again, all being as likely.
func (c *course) any(seed, step, i uint64) *stage.Problem {
	return &c.all[tensor.Rand(seed^0x7265706c, step, i)%uint64(len(c.all))]
}

// turn begins a new step: what came before counts less.
func (s *courseState) turn() {
	if s.All == nil {
		s.Right, s.All = map[string]float64{}, map[string]float64{}
	}
	for name := range s.All {
		s.Right[name] *= fade
		s.All[name] *= fade
	}
}

// note counts one answer.
func (c *course) note(s *courseState, p *stage.Problem, score float64) {
	name := stratum(p)
	s.Right[name] += score
	s.All[name]++
}

// Package plan reads a plan file, says what is to be made from it, why and at
// what cost, and makes it.
//
// A plan file becomes a File (Load), a File beside a store becomes a Plan
// (Make), and a Plan is carried out (Apply). After that, the plan of the same
// file is empty.
package plan

import (
	"errors"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

// Errors of Apply and of a saved plan.
var (
	ErrMoved = errors.New("what was planned from has changed")
	ErrNoFit = stage.ErrNoFit
)

// An Action is what a plan does about a block.
type Action string

// The actions.
const (
	Add    Action = "make"   // no such block stands
	Change Action = "change" // what stands was made from something else
	Keep   Action = "keep"   // it is in the store
	Remove Action = "remove" // it stands, and is no longer in the file; its artifact stays until gc
)

// Mark is how a terminal shows the action.
func (a Action) Mark() string {
	return map[Action]string{Add: "+", Change: "~", Keep: "=", Remove: "-"}[a]
}

// A State is how far a step has come.
type State string

// The states.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
	Skipped State = "skipped" // not made because of others that failed
)

// A Plan is what apply will do. What it shows is what is done: Apply decides
// nothing anew, but that a step whose inputs came out as they were before is
// kept.
type Plan struct {
	File     *File
	Standing []store.Block // when the plan was made

	mu    sync.Mutex // guards the steps while Apply runs
	steps []*Step
}

// A Step is what a plan does about one block.
type Step struct {
	stage.Ref
	Action   Action
	Stands   bool     // a Keep that apply has nothing to note about: the block stands just so
	Reason   say.Text // why it is made, changed, removed, or kept though it did not stand
	Forecast stage.Forecast
	Fits     bool         // the machine has the memory that is foretold
	Room     int64        // bytes that the disk has for what is foretold to be kept on it; only where it is too little
	Key      store.Digest // zero while an input is to be made
	Output   store.Digest // zero until it is made
	Needs    []stage.Ref  // the blocks it is made from
	State    State
	Why      say.Text // it failed or was skipped
	Actual   *Actual  // of the run that made Output; nil until it is made

	block  *Block
	begun  bool        // it was begun anew, and that was cut short
	again  bool        // it was made anew since the plan was saved that asks for it
	before time.Time   // of a block to be made anew: when the run began that made it
	snaps  []*snapshot // of what no block makes: the owner's files, answers given
}

// Actual is what making an artifact took.
type Actual struct {
	Seconds  float64
	Memory   int64   // peak bytes
	FLOPs    float64 // of training, as counted
	Peak     float64 // of the machine it was made on, FLOP/s; 0 if not measured
	Forecast stage.Forecast
}

// Steps returns the steps as they are now, in the order of apply. It may be
// called while Apply runs.
func (p *Plan) Steps() []Step {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Step, len(p.steps))
	for i, s := range p.steps {
		list[i] = *s
	}
	return list
}

// Empty reports whether apply has nothing to do: each block of the file stands
// as it would be made, and no other stands.
func (p *Plan) Empty() bool {
	for _, s := range p.Steps() {
		if !s.Stands {
			return false
		}
	}
	return true
}

// update changes a step so that Steps and View see all of it or nothing.
func (p *Plan) update(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// A View is a plan as the page reads it.
type View struct {
	Name  string `json:"name,omitempty"`
	Nodes []Node `json:"nodes"`
}

// A Node is one step of a View.
type Node struct {
	Kind     store.Kind    `json:"kind"`
	Name     string        `json:"name"`
	Action   Action        `json:"action"`
	State    State         `json:"state"`
	Reason   string        `json:"reason,omitempty"`
	Why      string        `json:"why,omitempty"` // it failed or was skipped
	Forecast *NodeForecast `json:"forecast,omitempty"`
	Actual   *NodeActual   `json:"actual,omitempty"`
	Digest   string        `json:"digest,omitempty"`
	Inputs   []string      `json:"inputs,omitempty"` // "kind.name"
	Progress *NodeProgress `json:"progress,omitempty"`
}

// A NodeForecast is the forecast of a Node.
type NodeForecast struct {
	Low     float64 `json:"low"` // seconds
	High    float64 `json:"high"`
	Memory  int64   `json:"memory"` // bytes
	Disk    int64   `json:"disk,omitempty"`
	FLOPs   float64 `json:"flops,omitempty"`
	Derived string  `json:"derived,omitempty"` // the settings that follow from those of the plan
	Basis   string  `json:"basis,omitempty"`
}

// A NodeActual is what a Node took.
type NodeActual struct {
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"`
}

// A NodeProgress is how far a Node that runs is.
type NodeProgress struct {
	Done  float64 `json:"done"`
	Total float64 `json:"total"`
	Unit  string  `json:"unit,omitempty"`
}

// View returns the plan as it is now, in lang. It may be called while Apply
// runs.
func (p *Plan) View(lang say.Lang) View { return p.ViewBeside(lang, nil, nil) }

// ViewBeside is View while a run, of this process or another, is at a step; nil if none
// is. A node runs if that is its step by key: one of the name alone may be made from
// what the plan file said before. So is one that waits failed, if it is among those of
// the run that ended last: as it is, it would fail again.
func (p *Plan) ViewBeside(lang say.Lang, at *run.AtWork, failed map[store.Digest]run.Words) View {
	v := View{Name: p.File.Name, Nodes: []Node{}}
	for _, s := range p.Steps() {
		n := Node{Kind: s.Kind, Name: s.Name, Action: s.Action, State: s.State, Reason: s.Reason.In(lang), Why: s.Why.In(lang)}
		f := s.Forecast
		if f.High > 0 || f.Memory > 0 || f.FLOPs > 0 {
			n.Forecast = &NodeForecast{f.Low, f.High, f.Memory, f.Disk, f.FLOPs, f.Derived.In(lang), f.Basis.In(lang)}
		}
		if s.Actual != nil {
			n.Actual = &NodeActual{s.Actual.Seconds, s.Actual.Memory}
		}
		if !s.Output.IsZero() {
			n.Digest = s.Output.String()
		}
		for _, ref := range s.Needs {
			n.Inputs = append(n.Inputs, ref.String())
		}
		if why, ok := failed[s.Key]; ok && s.State == Waiting {
			n.State, n.Why = Failed, say.Text{En: why.En, Zh: why.Zh}.In(lang)
		}
		if at != nil && s.State != Done && !s.Key.IsZero() && s.Key == at.Key && s.Ref.String() == at.Step {
			n.State, n.Why = Running, "" // why it failed is of a run before
			if at.Total > 0 {
				n.Progress = &NodeProgress{at.Done, at.Total, at.Unit}
			}
		}
		v.Nodes = append(v.Nodes, n)
	}
	return v
}

// Package stage defines what the six stages share: the operator, which makes
// one artifact from others, and what it is given and tells while it works.
package stage

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/store"
)

// An Operator makes one artifact, a directory of files, from others.
//
// It is a pointer to a struct whose exported fields are its arguments in the
// plan. A field of type Ref or []Ref is an input; every other field is a
// setting and takes part in the key through its JSON form. Field tags:
//
//	plan:"name"            the argument's name in the plan
//	plan:"name,optional"   may be absent; the zero value stands
//	kinds:"examples,corpus" (inputs) the kinds of block it may refer to
//	part:"train"           (inputs) the sub-folder of the artifact it is given, if that
//	                       is of examples: others have no parts, and are given whole
//	pin:"traces"           (inputs) no edge of the graph: the answers that the
//	                       named release gave, as they are when the plan is made
//	path:"model"           (inputs) instead of a block, the path of a file or a
//	                       folder of the owner's, or of an adapter: its digest is taken
//	                       when the plan is made, and Input.Dir is the path itself
//	learnt:"yes"           (inputs of tokens, weights and scenarios) what is made holds
//	                       what it learnt from this input, or is to teach it; "no": it
//	                       does not. One of the two is said of each
//	like:"4096"            (settings) a usual value, for whoever left it out
//	factor:"0.004"         (settings) the learning rate of AdamW that the number multiplies
//	behind:"scenario"      (a []Ref that is no argument: plan:"-") the plan fills in what
//	                       was learnt behind the input of that name, through all that it
//	                       was made of: the blocks of the kinds, met as this part. With a
//	                       part they are inputs, and their Arg is the field's name in
//	                       small letters; without one they are only named. Of kind
//	                       "path" are the owner's models
//
// Run depends on nothing but those fields and its inputs: no clock, no
// environment, no neighbour. Two runs give the same bytes on every machine.
type Operator interface {
	Name() string    // as in provenance: "sft"
	Revision() int   // raised when the same settings would make other bytes
	Out() store.Kind // what it makes
	Run(ctx context.Context, job *Job) error
}

// A Checker is an Operator that can find its settings wrong before it runs.
// An Error's Where is the name of the argument at fault.
type Checker interface{ Check() []*say.Error }

// An Adapted is an Operator of weights that may make an adapter: no model by
// itself, but what is added to one.
type Adapted interface{ MakesAdapter() bool }

// A Reserver is an Operator of examples that may hold all of them back from learning, to be
// watched and held out.
type Reserver interface{ Reserves() bool }

// A Settler is an Operator that knows what holds where its plan says nothing.
type Settler interface {
	// Settled returns, by argument, the settings that hold, whether the plan says
	// them or not. What only its inputs decide (rows, a base) is not among them.
	Settled() map[string]any
}

// A FileReader is an Operator that reads the owner's files. The files as they
// are when the plan is made become an input, Arg "files": a snapshot with
// their paths relative to the folder of the plan file.
type FileReader interface {
	// Files returns patterns of paths below the folder of the plan file, with
	// slashes; ** matches any number of folders.
	Files() []string
}

// ErrRefused is wrapped by the error of an operator that could do its work
// and may not: a release whose verdict does not pass.
var ErrRefused = errors.New("refused")

// ErrNoFit is wrapped by the error of what needs more memory than the machine has.
var ErrNoFit = errors.New("does not fit into memory")

// A Ref refers to another block of the plan.
type Ref struct {
	Kind store.Kind
	Name string
}

// Owners is the kind of a Ref to a file or a folder of the owner's: Name is its
// path, from the folder of the plan on.
const Owners store.Kind = "path"

// IsZero reports whether the reference was left out.
func (r Ref) IsZero() bool { return r.Name == "" }

func (r Ref) String() string { return string(r.Kind) + "." + r.Name }

// An Input is an artifact, or the part of one that its reader may see.
type Input struct {
	Arg    string       // the argument that named it
	Ref    Ref          // the block that made it
	Digest store.Digest // of what is in Dir
	Dir    string       // where its files are, or one file of the owner's; read only
}

// A Job is one run of an operator.
type Job struct {
	Inputs  []Input
	Out     string // an empty directory, to be filled
	Work    string // a directory that outlives an interruption: checkpoints
	Machine Machine
	Emit    func(Event) // never nil; any goroutine
	Curve   string      // folder where what Emit is told of training is kept (stage/curve); "" if it is not

	// Of what is learnt, for what is told and never for what is made: whether all
	// of it are lessons that were generated here, and whether these stand in their
	// order, easy ones first.
	Lessons, Ordered bool

	// Open gives the directory of an artifact that an input's manifest names
	// by digest: the weights of a scenario. The digest is in the input, so it
	// is in the key.
	Open func(store.Digest) (dir string, err error)
}

// Dirs returns the directories of the inputs that argument arg named, in order.
func (j *Job) Dirs(arg string) []string {
	var dirs []string
	for _, in := range j.Inputs {
		if in.Arg == arg {
			dirs = append(dirs, in.Dir)
		}
	}
	return dirs
}

// Dir returns the one directory that argument arg named, or "".
func (j *Job) Dir(arg string) string {
	if dirs := j.Dirs(arg); len(dirs) > 0 {
		return dirs[0]
	}
	return ""
}

// A Machine is what an operator may know of where it runs. It may change how
// fast a result is made, never the result.
type Machine struct {
	CPU     string  `json:"cpu"`  // model name
	Arch    string  `json:"arch"` // GOARCH and instruction set: "amd64 AVX2"
	Cores   int     `json:"cores"`
	Threads int     `json:"threads"`         // to use
	Memory  int64   `json:"memory"`          // bytes the process may use
	Peak    float64 `json:"peak"`            // measured FLOP/s of Threads threads of register-only f32 FMA; 0 if not measured
	Tiles   bool    `json:"tiles,omitempty"` // the processor has tile units, for products of bfloat16 and of bytes

	Free func(dir string) (bytes int64, known bool) `json:"-"` // what a file in dir may take; nil: it is not known
}

// Key names what op would make from in.
func Key(op Operator, in []Input) store.Digest {
	settings, err := json.Marshal(op)
	if err != nil {
		panic(fmt.Sprintf("stage: %T has settings that do not marshal: %v", op, err))
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %d\n%s\n", op.Name(), op.Revision(), settings)
	for _, i := range in {
		fmt.Fprintf(h, "%s %s\n", i.Arg, i.Digest)
	}
	return store.Digest(h.Sum(nil))
}

// MarshalJSON leaves references out of settings: their digests are in the key.
func (r Ref) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// An Event is one thing that happened in a long operation. Events are the
// only report of progress: the terminal, the page, -o jsonl and the curves of
// a run render them.
type Event struct {
	Type  string             `json:"type"`           // progress, metric, note, count, sample
	Step  string             `json:"step,omitempty"` // block, set by the runner
	Done  float64            `json:"done,omitempty"` // progress: of Total
	Total float64            `json:"total,omitempty"`
	Unit  string             `json:"unit,omitempty"`   // steps, tokens, problems
	Text  *say.Text          `json:"-"`                // note, sample, or what progress is at
	Say   string             `json:"text,omitempty"`   // Text in the reader's language, set by the renderer
	Vals  map[string]float64 `json:"values,omitempty"` // metric: loss, tokens_per_s, …
	Key   string             `json:"key,omitempty"`    // of the runner's: what the step is made from, as records name it
}

// A Forecast says what a step will cost. Low and High bound the seconds.
type Forecast struct {
	Low, High float64            // seconds
	Memory    int64              // peak bytes
	Disk      int64              `json:",omitempty"` // bytes that its working directory comes to hold beside checkpoints
	FLOPs     float64            // of training; 0 where it does not count
	Asks      bool               `json:",omitempty"` // a program of the owner's is waited for: its time is in none of these
	Basis     say.Text           // where the numbers come from
	Rough     bool               `json:"-"` // how much there is to learn is guessed by the size of the text, which Basis does not say
	Derived   say.Text           `json:"-"` // the settings that follow from those of the plan, for people
	Size      map[string]float64 // what it makes, for the steps after it: rows, tokens, params
	Smaller   []say.Text         // if Memory is more than the machine has: the least changes that would each fit
	Use       Use                `json:"-"` // of examples: what they are for; "": not known
	Families  []string           `json:"-"` // of problems that are not made yet: all that may be among them; nil: not known
	Sample    []Example          `json:"-"` // of chats, pairs and labels that are not made yet: some of those that are trained on, from all over them
	Whole     bool               `json:"-"` // Sample is all of them
	Watched   []Example          `json:"-"` // the same of those that are watched, which plan puts into Sample where these are read
	AllSeen   bool               `json:"-"` // Watched is all of them
	Asked     *Asked             `json:"-"` // of examples that are not made yet; nil: not known
	Bare      *say.Error         `json:"-"` // of problems that are not made yet: the first that is trained on and has no answer to learn; nil: not known
	BareWatch *say.Error         `json:"-"` // the same of those that are watched, as with Watched
	Wrong     []*say.Error       `json:"-"` // what of its inputs a run would refuse, as far as it is known: Where is the argument
	Words     string             `json:"-"` // of an input: the tokenizer that it is, or is made with; "": not known
	Path      string             `json:"-"` // of an input that is a model of the owner's, or made: where it lies, to be looked into
	WordsPath string             `json:"-"` // of weights, or of rows of conversations, whose words are those of a model at hand, made or the owner's: where it lies
	Files     []string           `json:"-"` // of an input that is files of the owner's, or texts that are to be made of them: where they lie
	Folder    string             `json:"-"` // … and the folder that their names begin at
	Over      string             `json:"-"` // of an adapter that is not made yet: where its base lies; "": not known
	Adapter   any                `json:"-"` // … and what it will be, as the stage that makes it knows it; nil: not known
	Model     any                `json:"-"` // the same of weights that are no adapter: what their files will be
}

// Name is what people are told of one of Files: as a run calls it.
func (f *Forecast) Name(path string) string {
	if name, err := filepath.Rel(f.Folder, path); err == nil && f.Folder != "" {
		return filepath.ToSlash(name)
	}
	return path
}

// Wrong makes of what a run would end with errors of a forecast, at the argument arg. What
// names a place of its own tells it. What is not said for people is left to the run.
func Wrong(arg string, err error) (list []*say.Error) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			list = append(list, Wrong(arg, err)...)
		}
		return list
	}
	bad, ok := errors.AsType[*say.Error](err)
	if !ok {
		return nil
	}
	at := *bad
	if at.Where != "" && at.Where != arg {
		at.What = say.T("%s: %v", "%s：%v", at.Where, at.What)
	}
	at.Where = arg
	return []*say.Error{&at}
}

// A Forecaster is an Operator that knows its cost before its inputs exist.
type Forecaster interface {
	// Forecast is given what the steps before it foretell, by argument.
	Forecast(in map[string][]Forecast, m Machine) Forecast
}

// Kinds are the kinds of block a plan may hold, in the order the data meets them.
var Kinds = []store.Kind{
	store.Documents, store.Corpus, store.Examples, store.Tokenizer, store.Tokens, store.Weights,
	store.Knowledge, store.Classifier, store.Policy, store.Scenario, store.Verdict, store.Release,
}

// IsKind reports whether a plan may hold blocks of kind k.
func IsKind(k store.Kind) bool { return slices.Contains(Kinds, k) }

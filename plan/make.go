package plan

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"path"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// An Env is what a plan asks of its surroundings.
type Env struct {
	// Pin takes a snapshot of the answers that the running release has given:
	// write makes its files in an empty directory, the same ones each time. A
	// nil write, or a nil Pin, is a release that does not run.
	Pin func(release stage.Ref) (write func(dir string) error, err error)
}

// Make says what is to be made so that all of f stands in st. It reads the
// owner's files and writes nothing into the store.
func Make(ctx context.Context, f *File, st *store.Store, m stage.Machine, env Env) (*Plan, error) {
	p := &Plan{File: f}
	var err error
	if p.Standing, err = st.Blocks(); err != nil {
		return nil, err
	}
	stands := make(map[stage.Ref]store.Block, len(p.Standing))
	for _, b := range p.Standing {
		stands[stage.Ref{Kind: b.Kind, Name: b.Name}] = b
	}
	k := &maker{plan: p, st: st, m: m, steps: map[stage.Ref]*Step{}, pins: map[stage.Ref]*snapshot{}}
	var wrong []error
	broken := map[stage.Ref]bool{} // of what these would come to nothing is known
	for _, b := range f.Blocks {
		s := &Step{Ref: b.Ref, State: Waiting, Needs: b.needs(), block: b}
		if s.snaps, err = k.snapshots(ctx, b, env); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			wrong = append(wrong, err) // all of them at once
			broken[b.Ref] = true
			continue
		}
		if slices.ContainsFunc(s.Needs, func(ref stage.Ref) bool { return broken[ref] }) {
			broken[b.Ref] = true
			continue
		}
		k.steps[b.Ref] = s
		p.steps = append(p.steps, s)
	}
	for _, s := range p.steps {
		old, ok := stands[s.Ref]
		if err := k.decide(s, old, ok); err != nil {
			return nil, err
		}
		wrong = append(wrong, s.refused()...)
		delete(stands, s.Ref)
	}
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b error) int { return comparePlaces(whereOf(a), whereOf(b)) })
		return nil, errors.Join(wrong...)
	}
	if len(f.Only) > 0 { // of the rest nothing is said
		return p, nil
	}
	for _, b := range p.Standing {
		ref := stage.Ref{Kind: b.Kind, Name: b.Name}
		if _, ok := stands[ref]; ok {
			s := &Step{Ref: ref, Action: Remove, State: Waiting, Fits: true, Key: b.Key, Output: b.Output,
				Reason: say.T("no longer in the plan file", "计划文件里已没有")}
			p.renamed(s)
			p.steps = append(p.steps, s)
		}
	}
	return p, nil
}

// whereOf is the place that an error names; "" if it names none.
func whereOf(err error) string {
	if e, ok := errors.AsType[*say.Error](err); ok {
		return e.Where
	}
	return ""
}

// renamed says so if what old is called no longer is called otherwise now.
func (p *Plan) renamed(old *Step) {
	for _, s := range p.steps {
		if s.Kind == old.Kind && s.Key == old.Key && s.Action == Keep && !s.Stands {
			s.Reason = say.T("was %s", "原名 %s", old.Ref)
			old.Reason = say.T("is %s now", "现名 %s", s.Ref)
			return
		}
	}
}

// refused are the errors of inputs that s would refuse when it runs.
func (s *Step) refused() (list []error) {
	for _, e := range s.Forecast.Wrong {
		list = append(list, &say.Error{Where: s.block.place(e.Where), What: say.T("%s: %v", "%s：%v", e.Where, e.What), Next: e.Next, Err: ErrInvalid})
	}
	return list
}

// A maker makes one plan.
type maker struct {
	plan  *Plan
	st    *store.Store
	m     stage.Machine
	steps map[stage.Ref]*Step
	pins  map[stage.Ref]*snapshot // one for all blocks that read a release
}

// snapshots takes those that block b reads.
func (k *maker) snapshots(ctx context.Context, b *Block, env Env) ([]*snapshot, error) {
	var list []*snapshot
	for _, a := range b.Args {
		if a.Path != "" {
			s, err := ownedModel(ctx, k.plan.File, b, a)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
		if !a.Pin {
			continue
		}
		for _, ref := range a.Refs {
			if k.pins[ref] == nil {
				s, err := pinned(ref, env)
				if err != nil {
					return nil, err
				}
				k.pins[ref] = s
			}
			s := *k.pins[ref]
			s.arg = a.Name
			list = append(list, &s)
		}
	}
	if reads, ok := b.Op.(stage.FileReader); ok {
		if patterns := reads.Files(); len(patterns) > 0 {
			s, err := owned(ctx, k.plan.File, b, patterns, k.st)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// An input is an input of a step: what its operator is given, and the artifact
// that it lies in.
type input struct {
	stage.Input
	part string
	from store.Digest
}

// inputs returns what s is made from, in the order of its operator's fields,
// the owner's files last. The blocks among them that are not made yet are in
// wait, and inputs are then not complete.
func (s *Step) inputs(st *store.Store, output func(stage.Ref) store.Digest) (list []input, wait []stage.Ref, err error) {
	snaps := s.snaps
	for _, a := range s.block.Args {
		if a.Path != "" {
			list = append(list, input{Input: stage.Input{Arg: a.Name, Digest: snaps[0].digest, Dir: snaps[0].place}, from: snaps[0].digest})
			snaps = snaps[1:]
		}
		for _, ref := range a.Refs {
			in := input{Input: stage.Input{Arg: a.Name, Ref: ref}, part: a.partOf(ref)}
			if a.Pin {
				in.part, in.from, in.Digest = "", snaps[0].digest, snaps[0].digest
				list, snaps = append(list, in), snaps[1:]
				continue
			}
			in.from = output(ref)
			if in.from.IsZero() {
				if !slices.Contains(wait, ref) {
					wait = append(wait, ref)
				}
				continue
			}
			if in.Digest, in.Dir, err = st.Part(in.from, in.part); err != nil {
				return nil, nil, err
			}
			list = append(list, in)
		}
	}
	for _, snap := range snaps {
		list = append(list, input{Input: stage.Input{Arg: snap.arg, Digest: snap.digest}, from: snap.digest})
	}
	return list, wait, nil
}

// key names what s would make from the inputs.
func (s *Step) key(inputs []input) store.Digest {
	list := make([]stage.Input, len(inputs))
	for i, in := range inputs {
		list[i] = in.Input
	}
	return stage.Key(s.block.Op, list)
}

// decide says what is to be done about s, of which old stands if stands is
// true. The steps it needs are decided.
func (k *maker) decide(s *Step, old store.Block, stands bool) error {
	inputs, wait, err := s.inputs(k.st, func(ref stage.Ref) store.Digest { return k.steps[ref].Output })
	if err != nil {
		return err
	}
	if len(wait) == 0 {
		s.Key = s.key(inputs)
		rec, ok, err := k.st.Made(s.Key)
		if err != nil {
			return err
		}
		if ok {
			if s.begun, err = k.st.Begun(rec); err != nil {
				return err
			}
			s.again = s.block.asked != nil && s.block.asked.done(rec, old)
		}
		if ok && !s.anew() {
			s.keep(rec)
			s.Stands = stands && old.Key == s.Key && old.Output == s.Output
			if !s.Stands {
				s.Reason = say.T("made before", "以前做过")
			}
			if s.Forecast.Size == nil { // recorded by a version that foretold less
				s.Forecast.Size = k.forecast(s).Size
			}
			return nil
		}
	}
	if s.block.anew {
		if err := k.made(s, old); err != nil {
			return err
		}
	}
	s.Forecast = k.forecast(s)
	s.Forecast.Derived = say.Join(s.Forecast.Derived, k.overlap(s).text())
	if err := k.learn(s); err != nil {
		return err
	}
	if s.Forecast.Rough { // earlier runs say no more of that
		s.Forecast.Basis = say.T("%v; how many tokens are learnt is guessed by the size of the text", "%v；要学的词元数按文本大小估计", s.Forecast.Basis)
	}
	s.Fits = k.m.Memory <= 0 || s.Forecast.Memory <= k.m.Memory
	if k.m.Free != nil {
		if free, known := k.m.Free(k.st.Path()); known {
			if room := free + k.st.Kept(s.Key); room < s.Forecast.Disk { // what it kept before counts
				s.Room = room
			}
		}
	}
	if !stands {
		s.Action, s.Reason = Add, say.T("new", "新建")
		return nil
	}
	s.Action = Change
	s.Reason, err = k.reason(s, old, inputs, wait)
	return err
}

// made notes which run made what s is to make anew; where its inputs are to be made first,
// what stands of it.
func (k *maker) made(s *Step, old store.Block) error {
	key := s.Key
	if key.IsZero() {
		key = old.Key
	}
	rec, ok, err := k.st.Made(key)
	if ok {
		s.before = rec.Began
	}
	return err
}

// anew reports whether s is to be made although it is made: it is asked for, or was and did
// not end, since an owner who asked for it once is not asked to say so again.
func (s *Step) anew() bool { return s.block.anew && !s.again || s.begun }

// keep notes that s was made, as rec tells.
func (s *Step) keep(rec store.Record) {
	s.Action, s.State, s.Fits, s.Output = Keep, Done, true, rec.Output
	s.Actual = actual(rec)
	s.Forecast = s.Actual.Forecast
}

// actual reads what a record tells of the run.
func actual(rec store.Record) *Actual {
	var m stage.Machine
	json.Unmarshal(rec.Machine, &m) // an unreadable one is an unknown one
	return &Actual{Seconds: rec.Seconds, Memory: rec.Memory, FLOPs: rec.FLOPs, Peak: m.Peak, Forecast: foretold(rec)}
}

// foretold reads the forecast in a record.
func foretold(rec store.Record) stage.Forecast {
	var f struct {
		Low, High float64
		Memory    int64
		Disk      int64
		FLOPs     float64
		Asks      bool
		Basis     struct{ En, Zh string }
		Derived   struct{ En, Zh string }
		Size      map[string]float64
	}
	if json.Unmarshal(rec.Forecast, &f) != nil {
		return stage.Forecast{}
	}
	return stage.Forecast{Low: f.Low, High: f.High, Memory: f.Memory, Disk: f.Disk, FLOPs: f.FLOPs, Asks: f.Asks, Basis: say.Text{En: f.Basis.En, Zh: f.Basis.Zh},
		Derived: say.Text{En: f.Derived.En, Zh: f.Derived.Zh}, Size: f.Size}
}

// forecast asks s's operator what it will cost.
func (k *maker) forecast(s *Step) stage.Forecast {
	c, ok := s.block.Op.(stage.Forecaster)
	if !ok {
		return stage.Forecast{}
	}
	in := map[string][]stage.Forecast{}
	for _, a := range s.block.Args {
		for _, ref := range a.Refs {
			if !a.Pin {
				f := k.steps[ref].Forecast
				f.Words = k.words(ref)
				if a.partOf(ref) == stage.WatchPart {
					f.Sample, f.Whole, f.Bare = f.Watched, f.AllSeen, f.BareWatch
				}
				if out := k.steps[ref].Output; !out.IsZero() { // made: its files tell more
					if _, dir, err := k.st.Part(out, a.partOf(ref)); err == nil {
						f.Path = dir
					}
				}
				in[a.Name] = append(in[a.Name], f)
			}
		}
	}
	for _, snap := range s.snaps {
		size := map[string]float64{"files": float64(len(snap.files))}
		for _, f := range snap.files {
			size["bytes"] += float64(f.Size)
			if ext := strings.ToLower(path.Ext(f.Path)); len(ext) > 1 {
				size["bytes"+ext] += float64(f.Size)
			}
		}
		in[snap.arg] = append(in[snap.arg], stage.Forecast{Size: size, Path: snap.place, Files: snap.paths(), Folder: snap.dir})
	}
	f := c.Forecast(in, k.m)
	for _, x := range []*float64{&f.Low, &f.High, &f.FLOPs} {
		if !(*x >= 0) || math.IsInf(*x, 0) {
			*x = 0 // not known
		}
	}
	return f
}

// words names the tokenizer that a step makes, or that its block refers to, or that
// of its base: by what it is, once it is made. "" if there is none.
func (k *maker) words(ref stage.Ref) string {
	if ref.Kind == store.Tokenizer {
		if out := k.steps[ref].Output; !out.IsZero() {
			return out.String()
		}
		return ref.String()
	}
	for _, a := range k.steps[ref].block.Args {
		for _, r := range a.Refs {
			if r.Kind == store.Tokenizer || r.Kind == store.Weights && a.Name == "base" {
				return k.words(r)
			}
		}
	}
	return ""
}

// margin widens what earlier runs took: the same work on the same machine
// differs by what else the machine does.
const margin = 0.1

// learn corrects the forecast of time by what runs of the same operator with
// the same settings took on this machine. Their inputs may have been smaller
// or larger; where both runs were foretold, the ratio of the forecasts at one speed
// says by how much.
func (k *maker) learn(s *Step) error {
	settings, err := json.Marshal(s.block.Op)
	if err != nil {
		return err
	}
	runs, err := k.st.Earlier(s.block.Op.Name(), s.block.Op.Revision(), settings)
	if err != nil {
		return err
	}
	now := s.Forecast.Low + s.Forecast.High
	low, high, n := math.Inf(1), 0.0, 0
	for _, rec := range runs {
		var m stage.Machine
		if json.Unmarshal(rec.Machine, &m) != nil || m.CPU != k.m.CPU || m.Arch != k.m.Arch || m.Threads != k.m.Threads || rec.Seconds <= 0 {
			continue
		}
		seconds, f := rec.Seconds, foretold(rec)
		if f.Asks != s.Forecast.Asks { // what a program of the owner's took is not to be foretold of a run without one
			continue
		}
		if now > 0 && f.Low+f.High > 0 {
			seconds *= now / (f.Low + f.High)
			if m.Peak > 0 && k.m.Peak > 0 { // how fast the machine was found to be differs by what else it did
				seconds *= k.m.Peak / m.Peak
			}
		}
		low, high, n = min(low, seconds), max(high, seconds), n+1
	}
	if n == 0 {
		return nil
	}
	s.Forecast.Low, s.Forecast.High = low*(1-margin), high*(1+margin)
	s.Forecast.Basis = say.T("%d earlier runs on this machine", "本机此前 %d 次运行", n)
	if n == 1 {
		s.Forecast.Basis = say.T("an earlier run on this machine", "本机此前一次运行")
	}
	return nil
}

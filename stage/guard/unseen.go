package guard

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/wording"
	"suiren/store"
)

// maxExamples bounds the problems that a failed proof names, and longestPrompt
// the runes of each that it quotes.
const (
	maxExamples   = 5
	longestPrompt = 60
)

// A Proof compares every problem that is asked with every question that
// training saw, on two grounds that do not depend on each other: the
// generator's canonical key, and the wording as room wording reads it.
//
// A problem's wording was seen if a problem of the same wording was, or if what
// its user says, turn by turn and with the numbers where they stand, was said in
// a conversation or a problem, whatever was said before.
type Proof struct {
	keys, wordings, turns map[string]bool // of what is asked: was it seen?
	lengths               map[int]bool    // in turns, of what is asked
}

// NewProof begins a proof about problems that are asked.
func NewProof(asked []stage.Problem) *Proof {
	p := &Proof{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[int]bool{}}
	for i := range asked {
		p.keys[keyOf(&asked[i])] = false
		p.wordings[wording.Of(&asked[i])] = false
		p.turns[wording.Said(&asked[i])] = false
		p.lengths[len(wording.Asked(&asked[i]))] = true
	}
	return p
}

// keyOf is a problem's key. One that is only that of its letters and digits does
// not tell 9-4 from 9+4: with it goes what makes an answer right.
func keyOf(p *stage.Problem) string {
	if p.Key == wording.Key(wording.Asked(p)[0]) {
		return p.Key + "\n" + wording.Right(p)
	}
	return p.Key
}

func mark(seen map[string]bool, what string) {
	if _, asked := seen[what]; asked {
		seen[what] = true
	}
}

// Saw marks what is asked if it is like a problem that training saw.
func (p *Proof) Saw(trained *stage.Problem) {
	mark(p.keys, keyOf(trained))
	mark(p.wordings, wording.Of(trained))
	p.sawTurns(wording.Asked(trained))
}

// SawExample marks what is asked if it was said in a conversation that training
// saw, and returns how many questions that holds.
func (p *Proof) SawExample(e *stage.Example) int {
	turns := wording.Users(append(e.Prompt[:len(e.Prompt):len(e.Prompt)], e.Messages...))
	p.sawTurns(turns)
	return len(turns)
}

func (p *Proof) sawTurns(turns []string) {
	for n := range p.lengths {
		for i := n; i <= len(turns); i++ {
			mark(p.turns, wording.Turns(turns[i-n:i]))
		}
	}
}

// sawPart marks what is like a question of a part of examples, and returns how
// many questions that holds.
func (p *Proof) sawPart(dir string) (n int, err error) {
	problems := filepath.Join(dir, stage.ProblemsFile)
	if _, err := os.Stat(problems); err == nil { // of the owner's, examples.jsonl holds the same
		for trained, err := range stage.Problems(problems) {
			if err != nil {
				return n, err
			}
			p.Saw(&trained)
			n++
		}
		return n, nil
	}
	for e, err := range stage.Examples(filepath.Join(dir, stage.ExamplesFile)) {
		if err != nil {
			return n, err
		}
		n += p.SawExample(&e)
	}
	return n, nil
}

// Count adds to u what was seen of the problems asked.
func (p *Proof) Count(asked []stage.Problem, u *Unseen) {
	for i := range asked {
		key := p.keys[keyOf(&asked[i])]
		words := p.wordings[wording.Of(&asked[i])] || p.turns[wording.Said(&asked[i])]
		if key {
			u.Keys++
		}
		if words {
			u.Wordings++
		}
		if key || words {
			if u.Seen++; len(u.Examples) < maxExamples {
				u.Examples = append(u.Examples, quoted(asked[i].Prompt))
				u.at = append(u.at, i)
			}
		}
	}
}

// quoted is a prompt as a report names it: one line, shortened.
func quoted(prompt string) string {
	text := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(prompt, "\ufffd")), " "))
	if len(text) > longestPrompt {
		text = append(text[:longestPrompt:longestPrompt], '…')
	}
	return "“" + string(text) + "”"
}

// readProblems reads the problems that are asked: the held-out ones, then those
// that are longer than what was taught.
func (x *exam) readProblems() (err error) {
	var in stage.Input
	for _, i := range x.job.Inputs {
		if i.Arg == "problems" {
			in = i
		}
	}
	path := func(part string) string { return filepath.Join(in.Dir, part, stage.ProblemsFile) }
	if x.problems, err = stage.ReadProblems(path("heldout")); err != nil {
		if wrong, ok := errors.AsType[*say.Error](err); ok { // conversations: the owner knows the block, not its folder
			named := *wrong
			named.Where = in.Ref.String()
			return &named
		}
		return err
	}
	if x.heldout = len(x.problems); x.heldout == 0 {
		next := say.T("make more examples: raise count in the plan", "请生成更多样例：在计划中调大 count")
		if _, err := os.Stat(filepath.Join(in.Dir, "heldout", stage.ExamplesFile)); err == nil { // not of lessons
			next = say.T("raise heldout of these examples in the plan, or give more of them", "请在计划中调大这些样例的 heldout，或提供更多样例")
		}
		return &say.Error{Where: in.Ref.String(), What: say.T("there are no held-out problems to judge by", "没有可用于评测的留出题"), Next: next}
	}
	longer, err := stage.ReadProblems(path("length"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	x.problems = append(x.problems, longer...)
	return nil
}

// prove compares what is asked with what the scenario's weights learnt from.
func (x *exam) prove(texts, brought int) error {
	proof := NewProof(x.problems)
	u := &x.report.Unseen
	u.Heldout, u.Length, u.Texts, u.Brought = x.heldout, len(x.problems)-x.heldout, texts, brought
	blocks := map[stage.Ref]bool{}
	read := map[string]map[store.Digest]bool{"taught": {}, "watched": {}}
	for _, in := range x.job.Inputs {
		if read[in.Arg] == nil {
			continue
		}
		blocks[in.Ref] = true
		if read[in.Arg][in.Digest] { // two blocks that came out alike
			continue
		}
		read[in.Arg][in.Digest] = true
		n, err := proof.sawPart(in.Dir)
		if err != nil {
			return err
		}
		if in.Arg == "taught" {
			u.Train += n
		} else {
			u.Watch += n
		}
	}
	u.Blocks = len(blocks)
	proof.Count(x.problems, u)
	return x.place()
}

// place adds to the examples that the proof found where the owner wrote them,
// which stands beside the owner's problems, line by line.
func (x *exam) place() error {
	u := &x.report.Unseen
	path := filepath.Join(x.job.Dir("problems"), "heldout", stage.ExamplesFile)
	if _, err := os.Stat(path); err != nil || len(u.at) == 0 {
		return nil
	}
	i := 0
	for e, err := range stage.Examples(path) {
		if err != nil {
			return err
		}
		for k, at := range u.at {
			if at == i && e.From != "" {
				u.Examples[k] += " (" + e.From + ")"
			}
		}
		i++
	}
	return nil
}

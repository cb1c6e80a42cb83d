package data

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/data/intake"
	"suiren/stage/talk"
	"suiren/stage/verify"
)

// tasteBytes of the owner's examples are read when their plan is made, so that it stays
// within seconds: 150,000 short chats, in about 4 s of one core (intake reads 20 MB/s).
// What stands behind them is read by apply alone.
const tasteBytes = 64 << 20

// tasteTime is the longest that it takes: little that is packed may unfold to very much. It
// is far beyond what tasteBytes take, so that a slow hour does not change what a plan says.
const tasteTime = time.Minute

// So many examples of a part, at most, are handed on to be counted in a base's words, of so much
// text. They are from all over the files, for one may be unlike another.
const (
	sampleExamples = 500
	sampleBytes    = 1 << 20
)

// A taste is what a plan knows of the owner's examples.
type taste struct {
	admission
	c    *Conversations
	size map[string]float64 // how many different ones there are, bytes of their text, of it those that are learnt, and of the longest
	read float64            // bytes of the files
	text float64            // … and of the text in them, of copies, too
	all  bool               // no others are there, nor any that cannot be read
	end  error              // ended the reading

	train, watch some
	parts        map[string]int  // how many are of each
	questions    map[string]bool // their keys, while a part has none
	asked        stage.Asked

	bare map[string]*say.Error // of problems, by part: the first without an answer
}

// some are examples of a part: every one, or every second, fourth and so on.
type some struct {
	list  []stage.Example
	sizes []int // of their text
	text  int
	step  int // so many are as one
	n     int // that the part has
}

// add takes an example that has so much text, if its turn is there.
func (s *some) add(e *stage.Example, text int) {
	s.step = max(s.step, 1)
	if s.n++; (s.n-1)%s.step != 0 {
		return
	}
	s.list, s.sizes, s.text = append(s.list, *e), append(s.sizes, text), s.text+text
	for len(s.list) > 1 && (len(s.list) > sampleExamples || s.text > sampleBytes) {
		n := 0
		for i := 0; i < len(s.list); i += 2 {
			s.list[n], s.sizes[n] = s.list[i], s.sizes[i]
			n++
		}
		clear(s.list[n:])
		s.list, s.sizes, s.step, s.text = s.list[:n], s.sizes[:n], 2*s.step, 0
		for _, size := range s.sizes {
			s.text += size
		}
	}
}

// whole reports whether all of the part are there.
func (s *some) whole() bool { return len(s.list) == s.n }

// Forecast implements stage.Forecaster.
func (c *Conversations) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	t, bytes := c.tasted(in["files"]), sum(in["files"], "bytes")
	size, read := maps.Clone(t.size), t.read
	if size["examples"] == 0 {
		size["text"], read = bytes, max(bytes, 1)
	}
	for _, name := range []string{"code", "url"} { // the share that a program judges
		if size[name] > 0 {
			size[name] /= size["examples"]
		}
	}
	for _, name := range []string{"examples", "text", "learnt"} {
		size[name] *= bytes / read
	}
	if size["examples"] > 0 { // else nobody knows
		size["watched"] = c.share() * size["examples"]
		size["heldout"] = size["watched"]
	}
	train := 1 - 2*c.share()
	if t.all && t.total > 0 {
		train = float64(t.parts[trainPart]) / t.size["examples"]
	}
	if c.Reserves() { // nobody learns: what is read is the part that is watched
		train = c.share()
	}
	for _, name := range []string{"examples", "text", "learnt"} { // of the part train
		size[name] *= train
	}
	f := about(bytes/exampleRate, 56<<20, size)
	if n := t.size["examples"]; n > 0 {
		f.Basis = say.T("the examples, read", "读过样例")
		if all := float64(t.total); !talk.Few(all-n, all) {
			all *= bytes / read
			f.Derived = say.T("left out: about %.0f of %.0f examples, exact copies of others", "略去：%.0[2]f 条样例中约 %.0[1]f 条，与其他样例完全相同", all-n*bytes/read, all)
		}
	}
	f.Asked = &t.asked
	f.Use, f.Wrong = t.use, stage.Wrong("path", cmp.Or(t.end, t.faults.Err()))
	if t.all && t.total > 0 {
		fell := spread{c.share(), t.total, len(t.questions), t.parts, false}
		if bad := fell.left("path"); bad != nil {
			f.Wrong = append(f.Wrong, bad)
		}
		f.Derived = say.Join(f.Derived, fell.remark())
		for part, name := range map[string]string{watchPart: "watched", heldoutPart: "heldout"} {
			if t.parts[part] == 0 && (t.use != stage.UseProblems || part == watchPart) { // of problems that are held out a run tells it
				size[name] = 0
			}
		}
	}
	if t.use == stage.UseProblems {
		if t.all {
			f.Families = slices.Sorted(maps.Keys(t.kinds()))
		}
		f.Bare, f.BareWatch = t.bare[trainPart], t.bare[watchPart]
		return f
	}
	f.Sample, f.Whole = t.train.list, t.all && t.train.whole()
	f.Watched, f.AllSeen = t.watch.list, t.all && t.watch.whole()
	if f.AllSeen && t.total > 0 {
		size["watched"] = float64(len(t.watch.list))
	}
	return f
}

// kinds are the families of the problems, as they are called by those who score them.
func (t *taste) kinds() map[string]bool {
	kinds := map[string]bool{}
	for name := range t.families {
		kinds[cmp.Or(name, ownersProblem)] = true
	}
	return kinds
}

// tastes are those of files that did not change since: the console asks for a plan at every
// pause of who writes it.
var tastes struct {
	sync.Mutex
	of map[string]*taste
}

// tasted is taste, once of files as they are.
func (c *Conversations) tasted(in []stage.Forecast) *taste {
	var key strings.Builder
	fmt.Fprintf(&key, "%q %v", c.Form, c.share())
	for i := range in {
		for _, path := range in[i].Files {
			info, err := os.Stat(path)
			if err != nil {
				return c.taste(in, tasteBytes)
			}
			fmt.Fprintf(&key, " %q %q %d %d", path, in[i].Name(path), info.Size(), info.ModTime().UnixNano())
		}
	}
	tastes.Lock()
	defer tastes.Unlock()
	if t := tastes.of[key.String()]; t != nil {
		return t
	}
	if tastes.of == nil || len(tastes.of) == 16 {
		tastes.of = map[string]*taste{}
	}
	t := c.taste(in, tasteBytes)
	tastes.of[key.String()] = t
	return t
}

// taste reads the owner's files, in the order of a run, until about so many bytes are read.
func (c *Conversations) taste(in []stage.Forecast, most float64) *taste {
	t := &taste{c: c, size: map[string]float64{}, all: true, parts: map[string]int{}, questions: map[string]bool{}, bare: map[string]*say.Error{}}
	ctx, stop := context.WithTimeout(context.Background(), tasteTime)
	defer stop()
	for i := range in {
		f := &in[i]
		paths := slices.SortedFunc(slices.Values(f.Files), func(a, b string) int { return cmp.Compare(f.Name(a), f.Name(b)) })
		for _, path := range paths {
			if t.end != nil || most <= 0 || ctx.Err() != nil {
				t.all = false
				return t
			}
			most -= t.file(ctx, path, f.Name(path), most)
		}
	}
	t.all = t.all && t.end == nil && t.faults.Err() == nil
	t.asked.Whole = t.all
	return t
}

// A counter counts what is read through it.
type counter struct {
	io.Reader
	n float64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += float64(n)
	return n, err
}

// file reads a file until about most bytes of it are read, as they are unpacked, and
// returns how many. Where one cannot be opened or read, that is told by a run.
func (t *taste) file(ctx context.Context, path, name string, most float64) (spent float64) {
	f, err := os.Open(path)
	if err != nil {
		t.all = false
		return 0
	}
	defer f.Close()
	r := &counter{Reader: f}
	packed := max(textShare[strings.ToLower(filepath.Ext(path))], 1)
	before := t.text
	for e, err := range intake.Read(ctx, r, name, intake.Form(t.c.Form)) {
		if spent = max(packed*r.n, t.text-before); spent > most || ctx.Err() != nil {
			t.all = false
			break
		}
		taken, twice := false, false
		if taken, t.end = t.admission.read(&e, err); taken {
			twice, t.end = t.twice(&e)
		}
		if t.end != nil {
			break
		}
		if taken {
			t.count(&e, twice)
		}
	}
	t.read += r.n
	return max(packed*r.n, 1)
}

// count notes what an example holds, which a run leaves out if it is there twice.
func (t *taste) count(e *stage.Example, twice bool) {
	size := t.size
	asked, learnt, longest := 0, 0, 0
	for _, tool := range e.Tools {
		asked += len(tool)
	}
	for _, m := range slices.Concat(e.Prompt, e.Messages) {
		n := textIn([]stage.Message{m})
		if m.Role == "assistant" {
			learnt += n
		} else {
			asked += n
		}
	}
	longest = asked + learnt
	if t.use == stage.UsePairs {
		a, b := textIn(e.Chosen), textIn(e.Rejected)
		longest, learnt = asked+max(a, b), a+b
	}
	if t.text += float64(asked + learnt); twice {
		return
	}
	key := keyOf(e)
	part := t.c.part(t.placeOf(e, key))
	switch t.use {
	case stage.UsePairs:
		size["pairs"]++
	case stage.UseProblems:
		if !e.Answered() {
			size["unanswered"]++
			if t.bare[part] == nil {
				t.bare[part] = stage.Unanswered(e)
			}
		}
	}
	if name := verify.Program(e.Verify); name != "" {
		size[name]++
	}
	size["examples"]++
	t.parts[part]++
	if len(t.parts) < 3 {
		t.questions[key] = true
	}
	switch q := stage.QuestionOf(key, e.Verify); part {
	case trainPart:
		t.train.add(e, asked+learnt)
		t.asked.Learnt = append(t.asked.Learnt, q)
	case watchPart:
		t.watch.add(e, asked+learnt)
		t.asked.Watched = append(t.asked.Watched, q)
	}
	size["text"] += float64(asked + learnt)
	size["learnt"] += float64(learnt)
	size["longest"] = max(size["longest"], float64(longest))
}

// textIn is the bytes of text in messages, of what they call, too.
func textIn(list []stage.Message) (n int) {
	for _, m := range list {
		n += len(m.Content) + len(m.Thought)
		for _, c := range m.Calls {
			n += len(c.Function.Name) + len(c.Function.Arguments)
		}
	}
	return n
}

package plain

import (
	"cmp"
	"errors"
	"fmt"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/internal/say"
)

// ErrNoFit is wrapped by the error for a model that the memory cannot hold.
var ErrNoFit = errors.New("the model does not fit into the memory")

// What a process takes besides its models: the program, of which some 45 MiB are
// pages of its file, with its heap and the server's receipts; and for every token
// of a vocabulary. Measured as the peak of compat/load -minutes 0 beyond the plan.
const (
	programBytes = 68 << 20
	wordBytes    = 200
)

// rest returns the bytes that the model takes besides keys and values.
func (m *Model) rest() int64 {
	n := m.memory.Rest() + wordBytes*int64(m.words.t.Vocab())
	for _, a := range m.adapters {
		n += a.Bytes()
	}
	if !m.opt.Beside {
		n += programBytes
	}
	return n
}

// Memory returns the bytes that the model takes, and how many answers of the
// whole context its keys and values hold at once; 0 if it writes none.
func (m *Model) Memory() (bytes int64, whole float64) {
	if m.engine != nil {
		const page = model.PageTokens
		whole = float64(m.memory.Full) / float64((m.engine.Limit()+page-1)/page)
	}
	return m.rest() + m.memory.Pages, whole
}

// Share divides memory among models that are not loaded yet: each gets what
// it takes besides keys and values, and what is left is shared as keys and
// values are wanted. Memory of 0 sets no bound.
func Share(memory int64, list []*Model) []int64 {
	shares := make([]int64, len(list))
	if memory <= 0 {
		return shares
	}
	left, wanted := memory, int64(0)
	for _, m := range list {
		left -= m.rest()
		wanted += m.memory.Pages
	}
	part := 1.0
	if wanted > left {
		part = float64(max(left, 0)) / float64(wanted)
	}
	for i, m := range list {
		shares[i] = m.rest() + int64(part*float64(m.memory.Pages))
		if left < 0 { // it is told what is free beside the others
			shares[i] = max(1, left+m.rest())
		}
	}
	return shares
}

func gib(n int64) string { return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30)) }

// noFit says that not even a short answer fits.
func (m *Model) noFit(memory int64, next say.Text) error {
	what := say.T("the weights take %s and the shortest conversation some more; %s of memory are free", "权重需要 %s，最短的对话还需要一些；可用内存 %s", gib(m.rest()), gib(memory))
	if m.file.Encoder != nil {
		what = say.T("the model takes %s; %s of memory are free", "模型需要 %s；可用内存 %s", gib(m.rest()), gib(memory))
	}
	return &say.Error{Where: m.path, Err: ErrNoFit, What: what, Next: next}
}

// enough is a context that slots are given up for, where none is asked for.
const enough = 4096

// fewer finds how many slots fit where so many do not: of a model with states, and of one
// whose layers slide, they take memory whatever is asked. What is left holds the context
// that is wanted, or else enough of it, unless one slot alone leaves less; 0: none fits.
func (m *Model) fewer() (slots int, plan infer.Memory) {
	run, want := m.run, min(cmp.Or(m.opt.Context, enough), m.file.Shape.Context)
	for run.Slots--; run.Slots > 0; run.Slots-- {
		p, err := infer.Plan(m.file, run)
		if err != nil {
			continue
		}
		slots, plan = run.Slots, p
		if p.Limit >= want {
			break
		}
	}
	return slots, plan
}

// noSlots says that the slots do not fit, which take need bytes at least, and how many do.
func (m *Model) noSlots(memory, need int64, smaller say.Text) error {
	n, plan := m.fewer()
	if n == 0 {
		return m.noFit(memory, smaller)
	}
	next := say.T("--slots %d fits", "--slots %d 可以容纳", n)
	if plan.Limit < min(m.opt.Context, m.file.Shape.Context) {
		next = say.T("--slots %d --context %d fits", "--slots %d --context %d 可以容纳", n, plan.Limit)
	}
	return &say.Error{Where: m.path, Err: ErrNoFit, Next: next,
		What: say.T("the weights take %s, and what %d answers at once have to keep takes %s; %s of memory are free", "权重需要 %s，同时生成 %d 个回答至少还需 %s；可用内存 %s", gib(m.rest()), m.run.Slots, gib(need), gib(memory))}
}

// fit bounds the memory for keys and values by what the weights leave.
func (m *Model) fit(memory int64) error {
	if memory <= 0 || m.rest()+m.memory.Pages <= memory {
		return nil
	}
	smaller := say.T("take a smaller quantisation of the model, such as Q4_K_M, or free some memory", "请改用更小的量化版本（如 Q4_K_M），或腾出内存")
	if m.run.Memory = memory - m.rest(); m.run.Memory <= 0 {
		return m.noFit(memory, smaller)
	}
	plan, err := infer.Plan(m.file, m.run)
	if need, ok := errors.AsType[*infer.MemoryError](err); ok {
		n, few := 0, plan
		if m.opt.Fewer {
			n, few = m.fewer()
		}
		if n == 0 {
			return m.noSlots(memory, need.Need, smaller)
		}
		m.run.Slots, plan, err = n, few, nil
	}
	if err != nil {
		return err
	}
	m.memory = plan
	if want := min(m.opt.Context, m.file.Shape.Context); m.memory.Limit < want {
		return &say.Error{Where: m.path, Err: ErrNoFit,
			What: say.T("%s of memory hold no conversation of %d tokens", "%s 内存容不下 %d 个词元的对话", gib(memory), want), Next: m.wouldFit()}
	}
	return nil
}

// wouldFit says which contexts the memory holds.
func (m *Model) wouldFit() say.Text {
	run := m.run
	next := say.T("--context %d fits", "--context %d 可以容纳", m.memory.Limit)
	run.KV = model.KVInt8
	if small, err := infer.Plan(m.file, run); err == nil && small.Limit > m.memory.Limit {
		next = say.T("%s, and with --kv int8 --context %d", "%s；加 --kv int8 时 --context %d 可以容纳", next, small.Limit)
	}
	run.Slots = 1
	if one, err := infer.Plan(m.file, run); err == nil && one.Limit > m.memory.Limit {
		next = say.T("%s, with --slots 1 besides %d", "%s；再加 --slots 1 可达 %d", next, one.Limit)
	}
	return next
}

// A Fit is what a model would take.
type Fit struct {
	Bytes   int64   // in all
	Pages   int64   // of them, for keys and values
	Context int     // tokens of prompt and answer together; 0: it writes none
	Whole   float64 // answers of the whole context at once
}

// Fit plans how a model that is not loaded would fit into so many bytes. Its
// error wraps ErrNoFit where it would not.
func (m *Model) Fit(memory int64) (Fit, error) {
	if m.file.Encoder != nil {
		f := Fit{Bytes: m.rest()}
		if memory > 0 && f.Bytes > memory {
			return f, m.noFit(memory, say.T("take a smaller model, or free some memory", "请改用更小的模型，或腾出内存"))
		}
		return f, nil
	}
	err := m.fit(memory)
	f := Fit{Bytes: m.rest() + m.memory.Pages, Pages: m.memory.Pages, Context: m.memory.Limit}
	if f.Context > 0 {
		f.Whole = float64(m.memory.Full) / float64((f.Context+model.PageTokens-1)/model.PageTokens)
	}
	return f, err
}

// Name is what the model is called.
func (m *Model) Name() string { return m.opt.Name }

// Pages returns the bytes for keys and values.
func (m *Model) Pages() int64 { return m.memory.Pages }

package guard

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/guard/classify"
	"suiren/stage/guard/leak"
)

// Bounds of what policy.json may hold.
const (
	maxPolicy   = 32 << 20 // bytes
	maxKeywords = 200_000
	maxKeyword  = 64 // folded runes
	maxRules    = 1000
	maxLayers   = 4

	maxClassifiers = 8
)

// A document is policy.json. It holds all that its rails need.
type document struct {
	Format   int               `json:"format"` // 2; 1 is read too
	Pack     string            `json:"pack"`
	Version  string            `json:"version,omitempty"` // the owner's name for this state of the policy
	Owner    string            `json:"owner,omitempty"`
	Expires  string            `json:"expires,omitempty"` // 2027-12-31
	Label    string            `json:"label,omitempty"`   // none, or ""
	Language say.Lang          `json:"language"`          // of the marks
	Mode     string            `json:"mode,omitempty"`
	Hold     string            `json:"hold,omitempty"`
	Rules    []Rule            `json:"rules"`
	Allow    []string          `json:"allow,omitempty"`
	Marks    map[string]string `json:"marks,omitempty"` // kind of what is masked to what stands for it: mobile to [手机号]
	Masks    map[string]string `json:"masks,omitempty"` // format 1
	Suspend  Suspend           `json:"suspend,omitzero"`
	Review   int               `json:"review,omitempty"` // seconds that an answer waits for a person
	Topics   *topics           `json:"topics,omitempty"` // of older policies, in place of classifiers
	Base     *document         `json:"base,omitempty"`   // whose rails come first

	Classifiers [][]byte `json:"classifiers,omitempty"` // as room classify writes them

	kinds  []string // that classify may name; nil: any
	learnt []*classify.Classifier
}

// topics are what older policies learnt of sentences by themselves.
type topics struct {
	Report json.RawMessage `json:"report"`
	Model  []byte          `json:"model"` // as knowledge/linear writes it
}

// Suspend is after how much a caller is suspended: the numbers of the
// pack's regulation. Zero: never.
type Suspend struct {
	Row   int `json:"row"`   // bad requests in a row
	Day   int `json:"day"`   // bad requests within 24 hours
	Hours int `json:"hours"` // until it ends by itself
}

// A Rule is a rail of a policy: it hears of what its keywords and detectors
// annotate, its condition decides, and its action is what comes of it.
type Rule struct {
	ID       string   `json:"id"`                                    // of the block
	Class    string   `json:"class" plan:"class,optional"`           // A.1.a … A.5.b, LLM01 …, owner
	About    string   `json:"about,omitempty" plan:"about,optional"` // the name of the class
	On       []Stage  `json:"on,omitempty" plan:"on,optional"`       // none: all
	Keywords []string `json:"keywords,omitempty" plan:"keywords,optional"`
	Detect   []string `json:"detect,omitempty" plan:"detect,optional"` // detectors, or detector:kind
	When     string   `json:"when,omitempty" plan:"when,optional"`     // CEL over an annotation; "": always
	Action   string   `json:"action,omitempty" plan:"action,optional"` // "": refuse
	Mode     string   `json:"mode,omitempty" plan:"mode,optional"`
	En       string   `json:"en,omitempty" plan:"en,optional"` // what the reader is told
	Zh       string   `json:"zh,omitempty" plan:"zh,optional"`
	Owner    string   `json:"owner,omitempty" plan:"owner,optional"`
	Expires  string   `json:"expires,omitempty" plan:"expires,optional"`
}

// text is what the reader is told. It has no arguments, so a % in it is a %.
func (r *Rule) text() say.Text { return say.Text{En: r.En, Zh: r.Zh} }

// A Stage is where a text stands on its way.
type Stage string

// The stages.
const (
	Input      Stage = "input"       // what a caller says
	Ingest     Stage = "ingest"      // a document on its way into a knowledge base or a corpus
	Retrieval  Stage = "retrieval"   // a passage of the documents
	ToolCall   Stage = "tool_call"   // the name or the arguments of a call
	ToolResult Stage = "tool_result" // what a tool returned
	Thought    Stage = "thought"
	Output     Stage = "output" // the answer
)

// Stages are all stages.
var Stages = []Stage{Input, Ingest, Retrieval, ToolResult, Thought, ToolCall, Output}

// leaves reports whether texts of a stage come in pieces and leave as they come.
func (s Stage) leaves() bool { return s == Thought || s == ToolCall || s == Output }

// Actions, each stricter than the one before. The strictest counts.
const (
	pass    = "pass" // nothing comes of the annotation, whatever other rails say
	note    = "log"
	standIn = "stand_in" // something of its form, in nobody's use; the caller gets back what was there
	mask    = "mask"
	rewrite = "rewrite" // the rail's text stands in its place
	retract = "retract" // the answer is withdrawn when it has ended
	human   = "ask_human"
	refuse  = "refuse"
	suspend = "suspend" // refuse, and it counts against the caller
)

var actions = []string{pass, note, standIn, mask, rewrite, retract, human, refuse, suspend}

//go:embed packs.json
var packsJSON []byte

// packs is packs.json: rules, and the packs that choose among them.
type packs struct {
	Marks map[say.Lang]map[string]string `json:"marks"`
	Rules []Rule                         `json:"rules"`
	Packs []pack                         `json:"packs"`
}

type pack struct {
	Name     string            `json:"name"`
	Language say.Lang          `json:"language"`
	Hold     string            `json:"hold"`
	Suspend  Suspend           `json:"suspend"`
	Review   int               `json:"review"`
	Rules    []string          `json:"rules"`
	Actions  map[string]string `json:"actions"` // of rules: other than their own
	Own      []Rule            `json:"own"`
}

var readPacks = sync.OnceValue(func() (p packs) {
	if err := strict(packsJSON, &p); err != nil {
		panic("guard: packs.json: " + err.Error()) // embedded, and tested
	}
	return p
})

// Packs returns the names of the packs.
func Packs() []string {
	var names []string
	for _, p := range readPacks().Packs {
		names = append(names, p.Name)
	}
	return names
}

// Open reads the policy in a directory. Errors name the file and what is
// wrong in it.
func Open(dir string) (*Policy, error) {
	path := filepath.Join(dir, policyFile)
	b, err := stage.ReadFile(path, maxPolicy)
	if err != nil {
		return nil, err
	}
	p, err := parse(b)
	if err != nil {
		return nil, &say.Error{Where: path, Err: err,
			What: say.T("this policy cannot be used: %v", "无法使用这个策略：%v", err),
			Next: say.T("make it again with suiren apply", "请用 suiren apply 重新生成")}
	}
	return p, nil
}

// parse reads policy.json. It believes nothing in it.
func parse(b []byte) (*Policy, error) {
	var doc document
	if err := strict(b, &doc); err != nil {
		return nil, err
	}
	return doc.open()
}

// first turns a document of format 1 into one of format 2: input meant all that
// comes in, output all that goes out, and an observing policy masked numbers.
func (d *document) first() error {
	for i := range d.Rules {
		r := &d.Rules[i]
		if len(r.Detect)+len(r.When)+len(r.Action)+len(r.Mode) > 0 {
			return say.Errorf("rule %q is not of format 1", "规则 %q 不属于版本 1", r.ID)
		}
		var on []Stage
		for _, o := range r.On {
			switch o {
			case Input:
				on = append(on, Input, Retrieval, ToolResult)
			case Output:
				on = append(on, Thought, ToolCall, Output)
			default:
				return say.Errorf("rule %q is on %q, which is neither input nor output", "规则 %q 的方向 %q 既不是 input 也不是 output", r.ID, o)
			}
		}
		r.On, r.Mode = on, d.Mode
	}
	d.Format, d.Mode, d.Marks = 2, "", map[string]string{}
	masks := Rule{ID: "masks", Class: "A.4.f", Action: mask, On: []Stage{Input, Thought, ToolCall, Output}}
	for kind, text := range d.Masks {
		if text == "" {
			return say.Errorf("mask %q is empty", "遮盖类型 %q 为空", kind)
		}
		kind = kindOf(kind)
		d.Marks[kind] = text
		masks.Detect = append(masks.Detect, "pii:"+kind)
	}
	if slices.Sort(masks.Detect); len(d.Masks) > 0 {
		d.Rules = append(d.Rules, masks)
	}
	d.Masks = nil
	return nil
}

// open makes the policy of a document.
func (d *document) open() (*Policy, error) {
	p := &Policy{Pack: d.Pack, Version: d.Version, Owner: d.Owner, Expires: d.Expires, Label: d.Label, Mode: d.Mode, Hold: d.Hold, doc: d, sets: map[Stage][]*ruleset{}}
	for ; d != nil; d = d.Base {
		if d.Format == 1 {
			if err := d.first(); err != nil {
				return nil, err
			}
		}
		if err := d.openClassifiers(); err != nil {
			return nil, err
		}
		if err := d.check(); err != nil {
			return nil, err
		}
		if p.bases = append(p.bases, d); len(p.bases) > maxLayers {
			return nil, say.Errorf("it stands on more than %d policies", "它叠加了超过 %d 层策略", maxLayers)
		}
	}
	slices.Reverse(p.bases)
	for _, d := range p.bases {
		sets, err := d.rulesets()
		if err != nil {
			return nil, err
		}
		for on, set := range sets {
			p.sets[on] = append(p.sets[on], set)
		}
	}
	return p, nil
}

// openClassifiers opens what was learnt of sentences. The topics of an older policy become
// kinds, which its rails hear of.
func (d *document) openClassifiers() error {
	if len(d.Classifiers) > maxClassifiers {
		return say.Errorf("it has more than %d classifiers", "分类器超过 %d 个", maxClassifiers)
	}
	d.learnt = nil
	for _, b := range d.Classifiers {
		c, err := classify.Open(b)
		if err != nil {
			return err
		}
		d.learnt = append(d.learnt, c)
	}
	if d.Topics == nil {
		return nil
	}
	c, err := classify.OpenTopics(d.Topics.Model)
	if err != nil {
		return err
	}
	d.Classifiers, d.learnt, d.Topics = append(d.Classifiers, c.Marshal()), append(d.learnt, c), nil
	for i := range d.Rules {
		var names []string
		for _, name := range d.Rules[i].Detect {
			switch kind, ok := strings.CutPrefix(name, "topic:"); {
			case ok:
				names = append(names, "classify:"+kind)
			case name == "topic":
				for _, k := range c.Kinds {
					names = append(names, "classify:"+k.Name)
				}
			default:
				names = append(names, name)
			}
		}
		d.Rules[i].Detect = names
	}
	return nil
}

// check finds what is wrong in a document of format 2, and fills in what a
// rule left out.
func (d *document) check() *say.Error {
	wrong := func(r *Rule, what, next say.Text) *say.Error {
		return &say.Error{Where: r.ID, What: say.T("rail %q: %s", "护栏 %q：%s", r.ID, what), Next: next}
	}
	oneOf := func(list ...string) say.Text {
		return say.T("it may be %s", "可用：%s", list)
	}
	switch {
	case d.Format != 2:
		return say.Errorf("its format is %d, and this program reads formats 1 and 2", "格式版本是 %d，本程序只读版本 1 和 2", d.Format)
	case d.Masks != nil:
		return say.Errorf("masks stand in format 1 only", "masks 只用于版本 1")
	case d.Label != "" && d.Label != noLabel:
		return say.Errorf("label %q is unknown", "标识 %q 未知", d.Label)
	case !slices.Contains([]string{"", enforce, observe, off}, d.Mode):
		return say.Errorf("its mode %q is unknown", "模式 %q 未知", d.Mode)
	case !slices.Contains([]string{"", holdSuffix, holdSentence, holdNone}, d.Hold):
		return say.Errorf("its hold %q is unknown", "hold 的值 %q 未知", d.Hold)
	case len(d.Rules) > maxRules:
		return say.Errorf("it has more than %d rails", "护栏超过 %d 条", maxRules)
	case d.Suspend.Row < 0 || d.Suspend.Day < 0 || d.Suspend.Hours < 0 || d.Suspend.Hours > 24*366 || d.Review < 0 || d.Review > 24*3600:
		return say.Errorf("its numbers of suspension or review are out of range", "暂停或审核的数值超出范围")
	case d.Hold == holdNone && (d.Mode == "" || d.Mode == enforce):
		return &say.Error{Where: "hold", What: say.T("hold none lets everything leave, so nothing can be enforced", "hold 为 none 时内容不会被留住，无法执行策略"),
			Next: say.T("write mode = %q, or hold = %q", "请写 mode = %q，或 hold = %q", observe, holdSuffix)}
	}
	seen := map[string]bool{}
	for i := range d.Rules {
		r := &d.Rules[i]
		if r.Class == "" {
			r.Class = "owner"
		}
		if r.Action == "" {
			r.Action = refuse
		}
		if r.En == "" && r.Zh == "" {
			r.En, r.Zh = "This topic is closed here by the owner's policy.", "按使用单位的策略，这里不讨论这个话题。"
		} else if r.En == "" || r.Zh == "" {
			r.En, r.Zh = r.En+r.Zh, r.En+r.Zh
		}
		if r.ID == "" || seen[r.ID] {
			return say.Errorf("rail %d (%q) lacks an id of its own", "第 %d 条护栏（%q）缺少独有的 id", i+1, r.ID)
		}
		seen[r.ID] = true
		if !slices.Contains(actions, r.Action) {
			return wrong(r, say.T("there is no action %q", "没有 %q 这种动作", r.Action), oneOf(actions...))
		}
		if r.Action == standIn && !r.personal() {
			return wrong(r, say.T("only personal data and secrets have stand-ins", "只有个人信息和密钥有替身"), say.T("write detect = [%q] or [%q], or action = %q", "请写 detect = [%q] 或 [%q]，或 action = %q", "pii", "secret", mask))
		}
		if !slices.Contains([]string{"", enforce, observe, off}, r.Mode) {
			return wrong(r, say.T("there is no mode %q", "没有 %q 这种模式", r.Mode), oneOf(enforce, observe, off))
		}
		for _, s := range r.On {
			if !slices.Contains(Stages, s) {
				return wrong(r, say.T("there is no stage %q", "没有 %q 这个环节", s), say.T("it may be %s", "可用：%s", fmt.Sprint(Stages)))
			}
		}
		if len(r.Keywords)+len(r.Detect) == 0 {
			return wrong(r, say.T("it has neither keywords nor detectors", "既没有关键词，也没有检测器"), say.T("write keywords = […] or detect = […]", "请写 keywords = […] 或 detect = […]"))
		}
		for _, w := range r.Keywords {
			if _, err := foldKeyword(w); err != nil {
				return wrong(r, err.What, err.Next)
			}
		}
		for _, name := range r.Detect {
			name, kind, _ := strings.Cut(name, ":")
			s, ok := detectors[name]
			if !ok {
				return wrong(r, say.T("there is no detector %q", "没有检测器 %q", name), oneOf(detectorNames()...))
			}
			if (name == "pii" || name == "secret") && kind != "" && !slices.Contains(leak.Kinds, kind) {
				return wrong(r, say.T("%s finds no %q", "%s 不检测 %q", name, kind), oneOf(leak.Kinds...))
			}
			if name == "classify" && kind != "" && d.kinds != nil && !slices.Contains(d.kinds, kind) {
				return wrong(r, say.T("no classifier has the kind %q", "没有分类器包含类别 %q", kind), say.T("the kinds are %s; others come of the policy's classifiers", "现有类别：%s；其他类别来自策略的 classifiers", d.kinds))
			}
			if s.late && d.Hold != holdSentence && d.mode(r) == enforce && r.Action != note && r.Action != retract && r.Action != pass && r.leaves() {
				return wrong(r, say.T("%s judges whole sentences, and without hold = %q they have left by then", "检测器 %s 按整句判断，若不设 hold = %q，句子此时已经发出", name, holdSentence),
					say.T("write hold = %q in the policy, or action = %q, or on = [%q]", "请在策略中写 hold = %q，或 action = %q，或 on = [%q]", holdSentence, retract, Input))
			}
		}
		if _, err := condition(r.When); err != nil {
			return wrong(r, say.T("its condition cannot be used: %v", "条件无法使用：%v", err), say.T("it is CEL over %s", "条件用 CEL 书写，可用变量：%s", conditionNames))
		}
		if _, err := time.Parse(time.DateOnly, r.Expires); r.Expires != "" && err != nil {
			return wrong(r, say.T("%q is no date", "%q 不是日期", r.Expires), say.T("write it like 2027-12-31", "请写成 2027-12-31 的样子"))
		}
	}
	return nil
}

// personal reports whether a rule hears of nothing but personal data and secrets.
func (r *Rule) personal() bool {
	return len(r.Keywords) == 0 && len(r.Detect) > 0 && !slices.ContainsFunc(r.Detect, func(name string) bool {
		name, _, _ = strings.Cut(name, ":")
		return name != "pii" && name != "secret"
	})
}

// leaves reports whether a rule hears of texts that leave in pieces.
func (r *Rule) leaves() bool { return len(r.On) == 0 || slices.ContainsFunc(r.On, Stage.leaves) }

// mode is a rule's: the policy's, or its own where that is weaker.
func (d *document) mode(r *Rule) string {
	list := []string{off, observe, enforce}
	strength := func(m string) int {
		if m == "" {
			return len(list) - 1
		}
		return slices.Index(list, m)
	}
	return list[min(strength(d.Mode), strength(r.Mode))]
}

// strict decodes one JSON value and refuses fields that nobody reads.
func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return say.Errorf("there is text after its end", "结尾之后还有内容")
	}
	return nil
}

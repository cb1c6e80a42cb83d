// Package guard holds what keeps a model safe: the policy, whose rails check
// every text on its way in and out, and the verdict before a release.
package guard

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Policy is the operator that makes a policy from a pack and the owner's
// own keywords, and the policy that Open reads back. It may be used by many
// goroutines.
type Policy struct {
	Pack     string   `plan:"pack"`
	Keywords []string `plan:"keywords,optional"` // besides the pack's, on input and output
	Words    string   `plan:"words,optional"`    // a pattern of files of keywords below the folder of the plan
	Allow    []string `plan:"allow,optional"`    // phrases in which a keyword is none
	Mode     string   `plan:"mode,optional"`     // enforce, observe; "": enforce
	Mask     []string `plan:"mask,optional"`     // kinds of number; none: the pack's

	input, output *ruleset
}

// Name, Revision and Out implement stage.Operator.
func (*Policy) Name() string    { return "policy" }
func (*Policy) Revision() int   { return 2 }
func (*Policy) Out() store.Kind { return store.Policy }

// The file of a policy artifact.
const policyFile = "policy.json"

// Bounds of what policy.json may hold.
const (
	maxPolicy   = 32 << 20 // bytes
	maxKeywords = 200_000
	maxKeyword  = 64 // folded runes
)

// A document is policy.json. It holds all that its rails need.
type document struct {
	Format   int               `json:"format"` // 1
	Pack     string            `json:"pack"`
	Language say.Lang          `json:"language"`       // of the marks
	Mode     string            `json:"mode,omitempty"` // observe: keywords are noted, and refuse nothing
	Rules    []rule            `json:"rules"`
	Allow    []string          `json:"allow,omitempty"`
	Masks    map[string]string `json:"masks"` // kind of number to what stands for it: id to [身份证号]
}

// A rule refuses a text in which one of its keywords occurs.
type rule struct {
	ID       string   `json:"id"`
	Class    string   `json:"class"` // A.1.a … A.5.b, LLM01 …, owner
	About    string   `json:"about"` // the name of the class
	On       []string `json:"on"`    // input, output
	Keywords []string `json:"keywords"`
	En       string   `json:"en"` // what the reader is told
	Zh       string   `json:"zh"`
}

// text is what the reader is told. It has no arguments, so a % in it is a %.
func (r *rule) text() say.Text { return say.Text{En: r.En, Zh: r.Zh} }

// A ruleset is the rules of one direction, ready to run.
type ruleset struct {
	rules   []rule
	owner   []int // of each keyword, its rule, or allow
	allows  bool  // there are allowed phrases
	observe bool
	auto    *automaton
	folds   *[1 << 16]uint32
	marks   map[string]string
}

// allow owns the phrases in which keywords are none.
const allow = -1

//go:embed packs.json
var packsJSON []byte

// packs is packs.json: rules, and the packs that choose among them.
type packs struct {
	Rules []rule `json:"rules"`
	Packs []struct {
		Name     string            `json:"name"`
		Language say.Lang          `json:"language"`
		Rules    []string          `json:"rules"`
		Masks    map[string]string `json:"masks"`
	} `json:"packs"`
}

func readPacks() packs {
	var p packs
	if err := strict(packsJSON, &p); err != nil {
		panic("guard: packs.json: " + err.Error()) // embedded, and tested
	}
	return p
}

// Packs returns the names of the packs.
func Packs() []string {
	var names []string
	for _, p := range readPacks().Packs {
		names = append(names, p.Name)
	}
	return names
}

// Check implements stage.Checker.
func (p *Policy) Check() []*say.Error {
	var list []*say.Error
	if !slices.Contains(Packs(), p.Pack) {
		list = append(list, &say.Error{Where: "pack",
			What: say.T("there is no policy pack %q", "没有名为 %q 的策略包", p.Pack),
			Next: say.T("the packs are %s", "可用的策略包：%s", strings.Join(Packs(), ", "))})
	}
	if len(p.Keywords) > maxKeywords {
		list = append(list, &say.Error{Where: "keywords",
			What: say.T("%d keywords are more than a policy may hold", "关键词有 %d 个，超过上限", len(p.Keywords)),
			Next: say.T("keep at most %d", "最多保留 %d 个", maxKeywords)})
	}
	for where, words := range map[string][]string{"keywords": p.Keywords, "allow": p.Allow} {
		for _, w := range words {
			if _, err := foldKeyword(w); err != nil {
				err.Where = where
				list = append(list, err)
			}
		}
	}
	if p.Mode != "" && p.Mode != observe && p.Mode != enforce {
		list = append(list, &say.Error{Where: "mode",
			What: say.T("there is no mode %q", "没有 %q 这种模式", p.Mode),
			Next: say.T("the modes are enforce and observe", "可用的模式：enforce（执行）和 observe（只观察）")})
	}
	if p.Words != "" && !filepath.IsLocal(p.Words) {
		list = append(list, &say.Error{Where: "words",
			What: say.T("%q leaves the folder of the plan file", "%q 超出了计划文件所在的目录", p.Words)})
	}
	for _, m := range p.Mask {
		if !slices.Contains(maskKinds, m) {
			list = append(list, &say.Error{Where: "mask",
				What: say.T("there is no kind of number %q to mask", "没有可遮盖的号码类型 %q", m),
				Next: say.T("the kinds are %s", "可用的类型：%s", strings.Join(maskKinds, ", "))})
		}
	}
	return list
}

// Modes of a policy.
const (
	enforce = "enforce"
	observe = "observe"
)

// Files implements stage.FileReader.
func (p *Policy) Files() []string {
	if p.Words == "" {
		return nil
	}
	return []string{p.Words}
}

// Run implements stage.Operator: it writes policy.json.
func (p *Policy) Run(_ context.Context, job *stage.Job) error {
	if errs := p.Check(); len(errs) > 0 {
		return errs[0]
	}
	words, err := readWords(job.Dirs("files"))
	if err != nil {
		return err
	}
	doc := p.document()
	doc.add(words)
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(job.Out, policyFile), append(b, '\n'), 0o666)
}

// document puts the policy's file together.
func (p *Policy) document() *document {
	all := readPacks()
	doc := &document{Format: 1, Pack: p.Pack, Masks: map[string]string{}, Allow: p.Allow}
	if p.Mode == observe {
		doc.Mode = observe
	}
	for _, pack := range all.Packs {
		if pack.Name != p.Pack {
			continue
		}
		doc.Language = pack.Language
		for _, r := range all.Rules {
			if slices.Contains(pack.Rules, r.ID) {
				doc.Rules = append(doc.Rules, r)
			}
		}
		for kind, text := range pack.Masks {
			if len(p.Mask) == 0 || slices.Contains(p.Mask, kind) {
				doc.Masks[kind] = text
			}
		}
	}
	if len(p.Keywords) > 0 {
		doc.Rules = append(doc.Rules, ownersRule("owner", "owner", p.Keywords))
	}
	return doc
}

// ownersRule is a rule of the owner's, which says what a rule of the packs says
// of its class.
func ownersRule(id, class string, words []string) rule {
	for _, r := range readPacks().Rules {
		if r.Class == class {
			return rule{ID: id, Class: class, About: r.About, On: []string{"input", "output"}, Keywords: words, En: r.En, Zh: r.Zh}
		}
	}
	return rule{ID: id, Class: class, About: "keywords of the owner's", On: []string{"input", "output"}, Keywords: words,
		En: "This topic is closed here by the owner's policy.", Zh: "按使用单位的策略，这里不讨论这个话题。"}
}

// With returns the policy with words of lists, ready to make rails.
func (p *Policy) With(words []Word) (*Policy, error) {
	if errs := p.Check(); len(errs) > 0 {
		return nil, errs[0]
	}
	doc := p.document()
	doc.add(words)
	return doc.open()
}

// Open reads the policy in a directory. Errors name the file and what is
// wrong in it.
func Open(dir string) (*Policy, error) {
	path := filepath.Join(dir, policyFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPolicy+1))
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
	if len(b) > maxPolicy {
		return nil, say.Errorf("the file is larger than %d bytes", "文件大于 %d 字节", maxPolicy)
	}
	var doc document
	if err := strict(b, &doc); err != nil {
		return nil, err
	}
	if doc.Format != 1 {
		return nil, say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", doc.Format)
	}
	for kind, text := range doc.Masks {
		if !slices.Contains(maskKinds, kind) || text == "" {
			return nil, say.Errorf("mask %q is unknown or empty", "遮盖类型 %q 未知或为空", kind)
		}
	}
	if doc.Mode != "" && doc.Mode != observe {
		return nil, say.Errorf("its mode %q is unknown", "模式 %q 未知", doc.Mode)
	}
	return doc.open()
}

// open makes the policy of a document.
func (d *document) open() (*Policy, error) {
	p := &Policy{Pack: d.Pack}
	var err error
	if p.input, err = d.ruleset("input"); err != nil {
		return nil, err
	}
	if p.output, err = d.ruleset("output"); err != nil {
		return nil, err
	}
	return p, nil
}

// ruleset compiles the rules of one direction.
func (d *document) ruleset(on string) (*ruleset, error) {
	s := &ruleset{marks: d.Masks, folds: folds(), allows: len(d.Allow) > 0, observe: d.Mode == observe}
	var words [][]rune
	for _, w := range d.Allow { // first: of equal ones the first counts
		folded, err := foldKeyword(w)
		if err != nil {
			return nil, fmt.Errorf("allow: %w", err)
		}
		words, s.owner = append(words, folded), append(s.owner, allow)
	}
	seen := map[string]bool{}
	for i := range d.Rules {
		r := &d.Rules[i]
		if r.ID == "" || r.Class == "" || r.En == "" || r.Zh == "" || len(r.On) == 0 || seen[r.ID] {
			return nil, say.Errorf("rule %d (%q) lacks an id of its own, a class, a direction or a sentence", "第 %d 条规则（%q）缺少独有的 id、类别、方向或提示语", i+1, r.ID)
		}
		seen[r.ID] = true
		for _, o := range r.On {
			if o != "input" && o != "output" {
				return nil, say.Errorf("rule %q is on %q, which is neither input nor output", "规则 %q 的方向 %q 既不是 input 也不是 output", r.ID, o)
			}
		}
		if !slices.Contains(r.On, on) {
			continue
		}
		s.rules = append(s.rules, *r)
		for _, w := range r.Keywords {
			folded, err := foldKeyword(w)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.ID, err)
			}
			words = append(words, folded)
			s.owner = append(s.owner, len(s.rules)-1)
			if len(words) > maxKeywords {
				return nil, say.Errorf("it holds more than %d keywords", "关键词超过 %d 个", maxKeywords)
			}
		}
	}
	s.auto = build(words)
	return s, nil
}

// foldKeyword folds a keyword as rails fold text. It refuses one that would
// be found in innocent text because it is short.
func foldKeyword(w string) ([]rune, *say.Error) {
	var folded []rune
	apart := true
	for _, c := range w {
		folded, _ = fold(folded, c)
	}
	for _, c := range folded {
		apart = apart && joined(c)
	}
	switch {
	case len(folded) > maxKeyword:
		return nil, &say.Error{What: say.T("keyword %q is longer than %d letters", "关键词 %q 超过 %d 个字", w, maxKeyword),
			Next: say.T("use the part that matters", "请只保留关键部分")}
	case len(folded) < 2, apart && len(folded) < 3:
		return nil, &say.Error{What: say.T("keyword %q is so short that innocent text would be refused", "关键词 %q 太短，会误伤正常内容", w),
			Next: say.T("use at least 2 Chinese characters or 3 letters", "请至少用 2 个汉字或 3 个字母")}
	}
	return folded, nil
}

// Input returns a rail for what a caller sends.
func (p *Policy) Input() *Rail { return p.input.rail() }

// Output returns a rail for a thought or an answer.
func (p *Policy) Output() *Rail { return p.output.rail() }

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

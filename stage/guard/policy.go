// Package guard holds what keeps a model safe: the policy, whose rails check
// every text on its way in and out, and the verdict before a release.
package guard

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/guard/classify"
	"suiren/store"
)

// A Policy is the operator that makes a policy from a pack and the owner's
// own rails and keywords, and the policy that Open reads back. It may be used by
// many goroutines.
type Policy struct {
	Pack     string      `plan:"pack,optional"` // "": none; base is there
	Base     stage.Ref   `plan:"base,optional" kinds:"policy"`
	Keywords []string    `plan:"keywords,optional"` // besides the pack's, on every text
	Words    string      `plan:"words,optional"`    // a pattern of files of keywords below the folder of the plan
	Learnt   []stage.Ref `plan:"classifiers,optional" kinds:"classifier" json:",omitempty"`
	Allow    []string    `plan:"allow,optional"`                       // phrases in which a keyword is none
	Mode     string      `plan:"mode,optional"`                        // enforce, observe, off; "": enforce
	Hold     string      `plan:"hold,optional"`                        // suffix, sentence, none; "": the pack's
	Mask     []string    `plan:"mask,optional"`                        // kinds of personal data; none: the pack's
	MaskWith string      `plan:"mask_with,optional" json:",omitempty"` // word, stand_in: what stands for what is masked
	Version  string      `plan:"version,optional" json:",omitempty"`
	Owner    string      `plan:"owner,optional" json:",omitempty"`
	Expires  string      `plan:"expires,optional" json:",omitempty"`
	Label    string      `plan:"label,optional" json:",omitempty"` // none: answers bear no label of AI-generated content; "": they do
	Rails    []Rule      `plan:"rail,optional" json:",omitempty"`

	doc   *document
	bases []*document // of doc, from the first on, and doc
	sets  map[Stage][]*ruleset
}

// Name, Revision and Out implement stage.Operator.
func (*Policy) Name() string    { return "policy" }
func (*Policy) Revision() int   { return 4 }
func (*Policy) Out() store.Kind { return store.Policy }

// Settled implements stage.Settler.
func (*Policy) Settled() map[string]any {
	return map[string]any{"mode": enforce, "mask_with": maskWord}
}

// The file of a policy artifact.
const policyFile = "policy.json"

// noLabel is the Label of a policy whose answers bear none.
const noLabel = "none"

// maskWord is the MaskWith of a policy that masks with a word for the kind.
const maskWord = "word"

// Modes of a policy and of a rail.
const (
	enforce = "enforce"
	observe = "observe" // what would be done is noted, and not done
	off     = "off"
)

// How much of an answer is held back.
const (
	holdSuffix   = "suffix"   // what could still become a hit
	holdSentence = "sentence" // the sentence too that has not ended
	holdNone     = "none"     // nothing
)

// Check implements stage.Checker.
func (p *Policy) Check() []*say.Error {
	var list []*say.Error
	add := func(where string, what, next say.Text) {
		list = append(list, &say.Error{Where: where, What: what, Next: next})
	}
	switch {
	case p.Pack == "" && p.Base.IsZero():
		add("pack", say.T("a policy begins with a pack, or with another policy", "策略需要一个策略包，或以另一个策略为基础"), say.T("write pack = %q; the packs are %s", "请写 pack = %q；可用的策略包：%s", "minimal", Packs()))
	case p.Pack != "" && !slices.Contains(Packs(), p.Pack):
		add("pack", say.T("there is no policy pack %q", "没有名为 %q 的策略包", p.Pack), say.T("the packs are %s", "可用的策略包：%s", Packs()))
	}
	if len(p.Keywords) > maxKeywords {
		add("keywords", say.T("%d keywords are more than a policy may hold", "关键词有 %d 个，超过上限", len(p.Keywords)), say.T("keep at most %d", "最多保留 %d 个", maxKeywords))
	}
	for where, words := range map[string][]string{"keywords": p.Keywords, "allow": p.Allow} {
		for _, w := range words {
			if _, err := foldKeyword(w); err != nil {
				err.Where = where
				list = append(list, err)
			}
		}
	}
	for _, c := range []struct{ where, value, all string }{{"mode", p.Mode, "enforce, observe, off"}, {"hold", p.Hold, "suffix, sentence, none"}} {
		if c.value != "" && !slices.Contains(strings.Split(c.all, ", "), c.value) {
			add(c.where, say.T("%s cannot be %q", "%s 不能是 %q", c.where, c.value), say.T("it may be %s", "可用：%s", c.all))
		}
	}
	if p.Words != "" && !filepath.IsLocal(p.Words) {
		add("words", say.T("%q leaves the folder of the plan file", "%q 超出了计划文件所在的目录", p.Words), say.Text{})
	}
	if len(p.Learnt) > maxClassifiers {
		add("classifiers", say.T("%d classifiers are more than a policy may hold", "分类器有 %d 个，超过上限", len(p.Learnt)), say.T("keep at most %d", "最多保留 %d 个", maxClassifiers))
	}
	for _, m := range p.Mask {
		if !slices.Contains(maskKinds(), m) {
			add("mask", say.T("there is no kind of personal data %q to mask", "没有可遮盖的个人信息类型 %q", m), say.T("the kinds are %s", "可用的类型：%s", maskKinds()))
		}
	}
	if p.MaskWith != "" && p.MaskWith != maskWord && p.MaskWith != standIn {
		add("mask_with", say.T("nothing is masked with %q", "不能用 %q 遮盖", p.MaskWith), say.T("it may be %s", "可用：%s", maskWord+", "+standIn))
	}
	if p.Label != "" && p.Label != noLabel {
		add("label", say.T("%q says nothing of labels", "%q 不是标识的取值", p.Label), say.T("write none, or leave it out", "请写 none，或不写"))
	}
	if _, err := time.Parse(time.DateOnly, p.Expires); p.Expires != "" && err != nil {
		add("expires", say.T("%q is no date", "%q 不是日期", p.Expires), say.T("write it like 2027-12-31", "请写成 2027-12-31 的样子"))
	}
	if len(list) == 0 { // rails, and what goes with what
		doc := p.document()
		if len(p.Learnt) == 0 {
			doc.kinds = classify.Kinds
		}
		if err := doc.check(); err != nil {
			list = append(list, err)
		}
	}
	return list
}

// Files implements stage.FileReader.
func (p *Policy) Files() []string {
	return slices.DeleteFunc([]string{p.Words}, func(s string) bool { return s == "" })
}

// Run implements stage.Operator: it writes policy.json.
func (p *Policy) Run(_ context.Context, job *stage.Job) error {
	var lists Lists
	if err := lists.ReadFiles(job.Dirs("files")); err != nil {
		return err
	}
	for _, dir := range job.Dirs("classifiers") {
		c, err := OpenClassifier(dir)
		if err != nil {
			return err
		}
		lists.Learnt = append(lists.Learnt, c)
	}
	var base *Policy
	var err error
	if dir := job.Dir("base"); dir != "" {
		if base, err = Open(dir); err != nil {
			return err
		}
	}
	whole, err := p.With(lists, base)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(whole.doc, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(job.Out, policyFile), append(b, '\n'), 0o666)
}

// document puts the policy's file together.
func (p *Policy) document() *document {
	doc := &document{Format: 2, Pack: p.Pack, Version: p.Version, Owner: p.Owner, Expires: p.Expires, Label: p.Label, Language: say.English, Mode: p.Mode, Hold: p.Hold, Allow: p.Allow,
		Marks: map[string]string{}}
	all := readPacks()
	if i := slices.IndexFunc(all.Packs, func(k pack) bool { return k.Name == p.Pack }); i >= 0 {
		k := all.Packs[i]
		doc.Language, doc.Marks, doc.Suspend, doc.Review = k.Language, all.Marks[k.Language], k.Suspend, k.Review
		if doc.Hold == "" {
			doc.Hold = k.Hold
		}
		for _, r := range all.Rules {
			if slices.Contains(k.Rules, r.ID) {
				if a := k.Actions[r.ID]; a != "" {
					r.Action = a
				}
				doc.Rules = append(doc.Rules, r)
			}
		}
		for _, r := range k.Own {
			if r.Action == mask && len(p.Mask) > 0 { // the plan says what is masked
				continue
			}
			doc.Rules = append(doc.Rules, r)
		}
	}
	if len(p.Mask) > 0 {
		r := Rule{ID: "mask", Class: "A.4.f", Action: mask}
		for _, kind := range p.Mask {
			r.Detect = append(r.Detect, "pii:"+kindOf(kind))
		}
		doc.Rules = append(doc.Rules, r)
	}
	for i := range doc.Rules {
		if r := &doc.Rules[i]; p.MaskWith == standIn && r.Action == mask && r.personal() {
			r.Action = standIn
		}
	}
	if len(p.Keywords) > 0 {
		doc.Rules = append(doc.Rules, ownersRule("owner", "owner", p.Keywords))
	}
	doc.Rules = append(doc.Rules, p.Rails...)
	return doc
}

// ownersRule is a rule of the owner's, which says what a rule of the packs says
// of its class.
func ownersRule(id, class string, words []string) Rule {
	for _, r := range readPacks().Rules {
		if r.Class == class {
			return Rule{ID: id, Class: class, About: r.About, Keywords: words, En: r.En, Zh: r.Zh}
		}
	}
	return Rule{ID: id, Class: class, About: "keywords of the owner's", Keywords: words}
}

// With returns the policy with the owner's lists, ready to make rails, on top of
// another if base is not nil.
func (p *Policy) With(l Lists, base *Policy) (*Policy, error) {
	if errs := p.Check(); len(errs) > 0 {
		return nil, errs[0]
	}
	doc := p.document()
	doc.add(l.Words)
	var own []string
	for _, c := range l.Learnt {
		for _, k := range c.Kinds {
			if slices.Contains(own, k.Name) {
				return nil, &say.Error{Where: "classifiers", What: say.T("two classifiers have the kind %q", "有两个分类器都包含类别 %q", k.Name),
					Next: say.T("leave one of them out, or give the kind another name", "请去掉其中一个，或给该类别改名")}
			}
			own = append(own, k.Name)
		}
		doc.Classifiers = append(doc.Classifiers, c.Marshal())
	}
	doc.kinds = slices.Compact(slices.Sorted(slices.Values(slices.Concat(classify.Kinds, own))))
	if base != nil {
		doc.Base = base.doc
	}
	return doc.open()
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

// StandsIn reports whether personal data gets stand-ins: the caller of such a policy
// needs a vault for each request.
func (p *Policy) StandsIn() bool {
	return slices.ContainsFunc(p.bases, func(d *document) bool {
		return slices.ContainsFunc(d.Rules, func(r Rule) bool { return r.Action == standIn && d.mode(&r) == enforce })
	})
}

// Title names a policy for people: its pack, and the version that its owner gave.
func (p *Policy) Title() string {
	if p.Version == "" {
		return p.Pack
	}
	return p.Pack + " " + p.Version
}

// Labelled reports whether answers bear the label of AI-generated content: unless
// the policy, and every one that it is based on, says that they do not.
func (p *Policy) Labelled() bool {
	return slices.ContainsFunc(p.bases, func(d *document) bool { return d.Label != noLabel })
}

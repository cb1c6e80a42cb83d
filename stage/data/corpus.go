package data

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/knowledge/language"
	"suiren/pii"
	"suiren/stage"
	"suiren/stage/data/quality"
	"suiren/store"
)

// Corpus is the operator that cleans documents by a recipe: white space and Unicode,
// languages, quality, texts that hold examples a model is judged by, personal data,
// duplicates. The order of the documents stays.
//
// Each document is measured first and decided about then; journal.jsonl.zst keeps
// both for every document that was read, so that a decision can be explained, and
// made again with other thresholds, without the text.
type Corpus struct {
	From       []stage.Ref        `plan:"from" kinds:"documents,corpus"`
	Recipe     string             `plan:"recipe"`
	Thresholds map[string]float64 `plan:"thresholds,optional" json:",omitempty"` // rule, or language.rule
	Off        []string           `plan:"off,optional" json:",omitempty"`        // rules that are not asked
	Languages  []string           `plan:"languages,optional" json:",omitempty"`
	Duplicates string             `plan:"duplicates,optional" json:",omitempty"` // none, exact, near, fast
	PII        string             `plan:"pii,optional" json:",omitempty"`        // keep, mask, tag, replace, drop
	Lines      string             `plan:"lines,optional" json:",omitempty"`      // all, c4, fineweb
	Repeats    string             `plan:"repeats,optional" json:",omitempty"`    // keep, lines, passages
	Labels     string             `plan:"labels,optional" json:",omitempty"`     // file of texts and labels, to learn what is good
	Split      float64            `plan:"split,optional" min:"0" max:"0.5" json:",omitempty"`
	Mix        map[string]float64 `plan:"mix,optional" json:",omitempty"` // weight of each block of from
	Temper     float64            `plan:"temperature,optional" min:"0.1" max:"100" json:",omitempty"`
	Epochs     float64            `plan:"epochs,optional" min:"0.01" max:"100" json:",omitempty"`
	Against    []stage.Ref        `plan:"against,optional" kinds:"documents,corpus" json:",omitempty"`
	Heldout    []stage.Ref        `plan:"heldout,optional" kinds:"examples" part:"heldout" json:",omitempty"`
}

// Name, Revision and Out implement stage.Operator.
func (*Corpus) Name() string { return "corpus" }
func (c *Corpus) Revision() int {
	n := 3
	if c.Split > 0 { // what it holds out
		n = 5
	}
	if c.changed() {
		n++
	}
	return n
}

// changed reports whether the plan asks for what came to be done later: to take personal
// data out of titles too, and with rag to do all that protects.
func (c *Corpus) changed() bool {
	r := quality.Named(c.Recipe)
	if r == nil {
		return false
	}
	return cmp.Or(c.PII, r.PII) != string(pii.Keep) ||
		c.Recipe == ragRecipe && (len(c.Languages)+len(c.Against)+len(c.Heldout) > 0 || c.Duplicates == dupNone)
}

// ragRecipe keeps whole documents: no rules are asked of them.
const ragRecipe = "rag"

func (*Corpus) Out() store.Kind { return store.Corpus }

// Files implements stage.FileReader.
func (c *Corpus) Files() []string {
	if c.Labels == "" {
		return nil
	}
	return []string{c.Labels}
}

// How duplicates are found.
const (
	dupNone  = "none"
	dupExact = "exact"
	dupNear  = "near" // FineWeb's signatures
	dupFast  = "fast" // one permutation
)

// Check implements stage.Checker.
func (c *Corpus) Check() (list []*say.Error) {
	fail := func(where string, what, next say.Text) {
		list = append(list, &say.Error{Where: where, What: what, Next: next})
	}
	one := func(where, value string, of ...string) {
		if value != "" && !slices.Contains(of, value) {
			fail(where, say.T("%s cannot be %q", "%s 不能是 %q", where, value), say.T("choose one of %s", "可选：%s", of))
		}
	}
	if quality.Named(c.Recipe) == nil {
		var names []string
		for _, r := range quality.Recipes {
			names = append(names, r.Name)
		}
		fail("recipe", say.T("there is no recipe %q", "没有名为 %q 的配方", c.Recipe), say.T("choose one of %s", "可选：%s", names))
	}
	one("duplicates", c.Duplicates, dupNone, dupExact, dupNear, dupFast)
	one("pii", c.PII, string(pii.Keep), string(pii.Mask), string(pii.Tag), string(pii.Replace), string(pii.Drop))
	one("lines", c.Lines, "all", string(quality.C4Lines), string(quality.FineWebLines))
	one("repeats", c.Repeats, repeatsKeep, repeatsLines, repeatsPassages)
	for _, lang := range c.Languages {
		if e := NoLanguage("languages", lang); e != nil {
			list = append(list, e)
		}
	}
	list = append(list, c.checkRag()...)
	if e := checkMix(c.Mix, func(name string) bool {
		return slices.ContainsFunc(c.From, func(r stage.Ref) bool { return r.Name == name })
	}); e != nil {
		list = append(list, e)
	}
	for where, names := range map[string][]string{"thresholds": slices.Sorted(maps.Keys(c.Thresholds)), "off": c.Off} {
		for _, name := range names {
			lang, rule, ok := strings.Cut(name, ".")
			if !ok {
				rule = name
			} else if e := NoLanguage(where, lang); e != nil {
				list = append(list, e)
			}
			if quality.Find(rule) == nil && rule != languageRule && rule != reasonQuality {
				fail(where, say.T("there is no rule %q", "没有名为 %q 的规则", rule), say.T("suiren data rules %s lists them", "用 suiren data rules %s 查看全部规则", c.Recipe))
			}
			if v := c.Thresholds[name]; math.IsInf(v, 0) || v < 0 {
				fail(where, say.T("the threshold of %s is %v", "%s 的阈值为 %v", name, v), say.T("it is at least 0", "不能小于 0"))
			}
		}
	}
	return list
}

// checkRag refuses what rag, which asks no rules, does not do.
func (c *Corpus) checkRag() (list []*say.Error) {
	if c.Recipe != ragRecipe {
		return nil
	}
	for _, x := range []struct {
		where string
		said  bool
	}{
		{"thresholds", len(c.Thresholds) > 0}, {"off", len(c.Off) > 0}, {"labels", c.Labels != ""},
		{"lines", c.Lines != "" && c.Lines != "all"}, {"repeats", c.Repeats != "" && c.Repeats != repeatsKeep},
	} {
		if x.said {
			list = append(list, &say.Error{Where: x.where, What: say.T("%s is without effect: rag keeps whole texts, and asks no rules of them", "%s 不起作用：rag 保留整篇文档，不使用任何规则", x.where),
				Next: say.T("leave it out, or take another recipe", "请省略此项，或换用其他配方")})
		}
	}
	if c.Duplicates == dupFast {
		list = append(list, &say.Error{Where: "duplicates", What: say.T("rag compares the texts themselves: it has no \"fast\"", "rag 直接比较文本，没有 \"fast\""),
			Next: say.T("choose one of %s", "可选：%s", []string{dupNone, dupExact, dupNear})})
	}
	return list
}

// NoLanguage is the error of a word at a place that is no code of a language that is
// told; nil if it is one.
func NoLanguage(where, lang string) *say.Error {
	if slices.Contains(language.Known, lang) {
		return nil
	}
	e := &say.Error{Where: where, What: say.T("there is no language %q", "没有代码为 %q 的语言", lang), Next: say.T("choose among %s", "可选：%s", language.Known)}
	if meant := language.Meant(lang); meant != "" {
		e.Next = say.T("did you mean %s?", "是否想写 %s？", meant)
	}
	return e
}

// languageRule is the rule of how sure the language must be.
const languageRule = "language_least"

// leastQuality is how likely a text must be good by the owner's labels.
func (c *Corpus) leastQuality() float64 {
	if v, ok := c.Thresholds[reasonQuality]; ok {
		return v
	}
	return .5
}

// recipe returns the recipe with the plan's own settings.
func (c *Corpus) recipe() quality.Recipe {
	r := *quality.Named(c.Recipe)
	r.Sure, r.Thresholds = maps.Clone(r.Sure), maps.Clone(r.Thresholds)
	if r.Sure == nil {
		r.Sure = map[string]float64{}
	}
	set := func(name string, f func(t quality.Thresholds, rule string)) {
		lang, rule, ok := strings.Cut(name, ".")
		if !ok {
			lang, rule = "", name
		}
		if rule == reasonQuality {
			return // asked of a classifier
		}
		if rule == languageRule {
			one := quality.Thresholds{}
			if f(one, lang); len(one) == 0 {
				delete(r.Sure, lang)
			}
			maps.Copy(r.Sure, one)
			return
		}
		langs := []string{lang}
		if lang == "" {
			langs = slices.Collect(maps.Keys(r.Thresholds))
		}
		for _, l := range langs {
			t := maps.Clone(r.For(l))
			f(t, rule)
			r.Thresholds[l] = t
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Thresholds)) { // first those of all languages
		if !strings.Contains(name, ".") {
			set(name, func(t quality.Thresholds, rule string) { t[rule] = c.Thresholds[name] })
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Thresholds)) {
		if strings.Contains(name, ".") {
			set(name, func(t quality.Thresholds, rule string) { t[rule] = c.Thresholds[name] })
		}
	}
	for _, name := range c.Off {
		set(name, func(t quality.Thresholds, rule string) { delete(t, rule) })
	}
	if len(c.Languages) > 0 {
		r.Languages = c.Languages
	}
	if c.Duplicates != "" {
		r.Duplicates = c.Duplicates
	}
	if c.PII != "" {
		r.PII = c.PII
	}
	switch c.Lines {
	case "all":
		r.Lines = quality.NoLines
	case "":
	default:
		r.Lines = quality.LineRules(c.Lines)
	}
	return r
}

// Run implements stage.Operator.
func (c *Corpus) Run(ctx context.Context, job *stage.Job) error {
	r, err := newCurator(c, job)
	if err != nil {
		return err
	}
	for _, w := range r.recipe.Warnings {
		job.Emit(stage.Event{Type: "note", Text: &w})
	}
	if err := r.measure(ctx); err != nil {
		return err
	}
	if err := r.cluster(ctx); err != nil {
		return err
	}
	if err := r.repeats(ctx); err != nil {
		return err
	}
	return r.write(ctx)
}

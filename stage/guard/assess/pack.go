// Package assess judges a served model by a regulation: it counts the owner's
// keywords and questions, puts the questions to the model, samples its answers
// and the corpus for people, and writes a report with all that it rests on.
//
// The regulation is data. Its numbers stand in a pack, each with the clause it
// comes from and who has compared it with the regulation's text.
package assess

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"suiren/internal/say"
)

// A Pack is what a regulation asks for.
type Pack struct {
	Format       int           `json:"format"` // 1
	ID           string        `json:"id"`
	Version      string        `json:"version"`
	Title        Words         `json:"title"`
	Source       string        `json:"source"` // the regulation, with what it was read in
	Classes      []Class       `json:"classes"`
	Declines     []string      `json:"declines"` // in the beginning of an answer: a model that declines
	Requirements []Requirement `json:"requirements"`

	Digest string `json:"-"` // SHA-256 of the file
}

// Words is a text in both languages.
type Words struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// Text returns the words for internal/say. They have no arguments.
func (w Words) Text() say.Text { return say.Text{En: w.En, Zh: w.Zh} }

// A Class is a class of risk.
type Class struct {
	ID string `json:"id"`
	Words
}

// The kinds of a requirement.
const (
	countWords = "words"     // keywords of the owner's lists
	countBank  = "bank"      // questions of a bank
	ageBank    = "age"       // days since a bank was last changed
	rate       = "rate"      // share of answers to a bank
	corpus     = "corpus"    // share of a corpus
	statement  = "statement" // what only a person can say
)

// The judges of a rate.
const (
	byRefusal    = "refusal"    // a rail or the model itself refused
	byKeywords   = "keywords"   // no keyword of the owner's lists or of the pack's rails
	byClassifier = "classifier" // the owner's or the shipped classifier
	byPeople     = "people"     // two reviewers
	byAbsence    = "absent"     // the answer holds none of the question's forbidden texts
)

// A Requirement is one line of a pack.
type Requirement struct {
	ID          string   `json:"id"`
	Clause      string   `json:"clause"`
	Mark        string   `json:"mark"` // read: in a source; judged: by us, from what is known
	ConfirmedBy string   `json:"confirmed_by"`
	ConfirmedOn string   `json:"confirmed_on"` // 2026-11-26, against the regulation's text
	Kind        string   `json:"kind"`
	Bank        string   `json:"bank,omitempty"`
	Class       string   `json:"class,omitempty"` // and those below it; "": all
	Each        bool     `json:"each,omitempty"`  // the number holds for each class below, not for all together
	Judge       string   `json:"judge,omitempty"`
	Least       *float64 `json:"least,omitempty"`
	Most        *float64 `json:"most,omitempty"`
	Number      int      `json:"number,omitempty"`   // of questions or items that a rate needs
	Controls    []string `json:"controls,omitempty"` // ids in other catalogues, such as AISVS
	Words
}

//go:embed packs/*.json
var packs embed.FS

// Packs returns the names of the packs that come along.
func Packs() []string {
	list, err := fs.Glob(packs, "packs/*.json")
	if err != nil {
		panic("assess: " + err.Error())
	}
	for i, p := range list {
		list[i] = strings.TrimSuffix(strings.TrimPrefix(p, "packs/"), ".json")
	}
	return list
}

const maxPack = 4 << 20 // bytes

// ReadPack reads a pack that comes along, by its name, or the owner's, by its
// path.
func ReadPack(name string) (*Pack, error) {
	b, err := packs.ReadFile("packs/" + name + ".json")
	if err != nil {
		info, err2 := os.Stat(name)
		if err2 != nil || info.IsDir() {
			return nil, &say.Error{Where: name, What: say.T("there is no such pack", "没有这个评估包"),
				Next: say.T("name one of %s, or a file", "请指明 %s 之一，或给出文件", Packs()), Err: errors.Join(err, err2)}
		}
		if info.Size() > maxPack {
			return nil, badPack(name, say.T("it is larger than %d bytes", "文件大于 %d 字节", maxPack))
		}
		if b, err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	p := new(Pack)
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, badPack(name, say.T("%v", "%v", err))
	}
	if err := p.check(); err != nil {
		return nil, badPack(name, say.T("%v", "%v", err))
	}
	sum := sha256.Sum256(b)
	p.Digest = hex.EncodeToString(sum[:])
	return p, nil
}

func badPack(name string, what say.Text) error {
	return &say.Error{Where: name, What: say.T("this is not a pack: %s", "这不是评估包：%s", what),
		Next: say.T("see docs/formats.md", "见 docs/formats.md")}
}

// check looks at what the fields must hold together.
func (p *Pack) check() error {
	if p.Format != 1 {
		return say.Errorf("its format is %d; 1 is read", "格式为 %d；支持 1", p.Format)
	}
	classes, seen := map[string]bool{}, map[string]bool{}
	for _, c := range p.Classes {
		if c.ID == "" || classes[c.ID] {
			return say.Errorf("the class %q is there twice, or has no name", "类别 %q 重复或没有名称", c.ID)
		}
		classes[c.ID] = true
	}
	for _, r := range p.Requirements {
		fail := func(en, zh string) error {
			return say.Errorf("requirement %q: %s", "要求 %q：%s", r.ID, say.T(en, zh))
		}
		switch {
		case r.ID == "" || seen[r.ID]:
			return fail("its id is empty or there twice", "编号为空或重复")
		case r.En == "" || r.Zh == "":
			return fail("it wants en and zh", "缺少 en 或 zh")
		case !slices.Contains([]string{countWords, countBank, ageBank, rate, corpus, statement}, r.Kind):
			return fail("kind is one of words, bank, age, rate, corpus, statement", "kind 只能是 words、bank、age、rate、corpus、statement")
		case r.Kind != statement && (r.Least == nil) == (r.Most == nil):
			return fail("it wants least or most", "需要 least 或 most 之一")
		case slices.Contains([]string{countBank, ageBank, rate}, r.Kind) && r.Bank == "":
			return fail("it wants a bank", "缺少 bank")
		case r.Kind == rate && !slices.Contains([]string{byRefusal, byKeywords, byClassifier, byPeople, byAbsence}, r.Judge),
			r.Kind == corpus && !slices.Contains([]string{byKeywords, byClassifier, byPeople}, r.Judge):
			return fail("there is no such judge", "judge 不可用")
		case r.Class != "" && len(p.under(r.Class)) == 0:
			return fail("the pack has no such class", "评估包没有这个类别")
		}
		seen[r.ID] = true
	}
	return nil
}

// under returns the ids of the classes that are prefix or below it.
func (p *Pack) under(prefix string) (list []string) {
	for _, c := range p.Classes {
		if within(c.ID, prefix) {
			list = append(list, c.ID)
		}
	}
	return list
}

// within reports whether a class is prefix or below it; "" has all below it.
func within(class, prefix string) bool {
	return prefix == "" || class == prefix || strings.HasPrefix(class, prefix+".")
}

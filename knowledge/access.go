package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"suiren/internal/say"
	"suiren/knowledge/inverted"
)

// A Rule says who may read what lies at a path: a document, or a folder with
// all below it; "" is everything. Of several rules the one with the longest
// path counts, and a document without any may be read by all.
type Rule struct {
	Path  string   `json:"path"`
	Allow []string `json:"allow"` // principals: names of people and keys, and KIND:NAME of what they belong to; none: nobody
}

// Everybody is the principal that everyone is.
const Everybody = "*"

// An Access is the passages that somebody may read. The zero value reads
// everything; a search with it does as if no other passage existed.
type Access struct {
	set     inverted.Set // nil: everything
	sources []bool       // by document
	key     string
}

// Access returns what somebody with these principals may read.
func (ix *Index) Access(rules []Rule, principals ...string) Access {
	if len(rules) == 0 {
		return Access{}
	}
	byPath := make(map[string]Rule, len(rules))
	for _, r := range rules {
		r.Path = clean(r.Path)
		if old, ok := byPath[r.Path]; ok { // two rules for one path: only who both allow
			r.Allow = slices.DeleteFunc(slices.Clone(r.Allow), func(p string) bool { return !slices.Contains(old.Allow, p) })
		}
		byPath[r.Path] = r
	}
	a := Access{set: inverted.NewSet(ix.Len()), sources: make([]bool, len(ix.sources))}
	sum := sha256.New()
	for i, s := range ix.sources {
		a.sources[i] = allows(byPath, clean(s.Path), principals)
		for p := ix.first[i]; a.sources[i] && p < ix.first[i]+s.Passages; p++ {
			a.set.Add(p)
		}
		if a.sources[i] && s.Passages > 0 {
			fmt.Fprintf(sum, "%q %d %s\n", s.Path, s.Passages, ix.mark(ix.first[i]))
		}
	}
	a.key = hex.EncodeToString(sum.Sum(nil))
	return a
}

// clean writes a path in one way: no slash at its ends, none twice.
func clean(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// allows looks for the rule with the longest path.
func allows(rules map[string]Rule, at string, principals []string) bool {
	for {
		if r, ok := rules[at]; ok {
			return slices.ContainsFunc(r.Allow, func(p string) bool { return p == Everybody || slices.Contains(principals, p) })
		}
		if at == "" {
			return true
		}
		at = at[:max(strings.LastIndexAny(at, "/#"), 0)] // rows.jsonl#12 is a part of rows.jsonl
	}
}

// Governed counts for each rule the documents of these paths that lie under it, so
// that one which was written for nothing is seen.
func Governed(rules []Rule, paths []string) []int {
	under := map[string]int{}
	for _, p := range paths {
		for at := clean(p); ; at = at[:max(strings.LastIndexAny(at, "/#"), 0)] {
			under[at]++
			if at == "" {
				break
			}
		}
	}
	out := make([]int, len(rules))
	for i, r := range rules {
		out[i] = under[clean(r.Path)]
	}
	return out
}

// May reports whether a passage may be read.
func (a Access) May(passage int) bool { return a.set == nil || a.set.Has(passage) }

// MaySource reports whether a document may be known of.
func (a Access) MaySource(i int) bool { return a.set == nil || a.sources[i] }

// MayFile reports whether a document of the index may be read. One that is not
// there may not.
func (a Access) MayFile(ix *Index, file string) bool {
	i := ix.numbered(file)
	return i >= 0 && a.MaySource(i)
}

// Key is the same for those who read the same documents of an index, and another for all
// others; "" reads everything.
func (a Access) Key() string { return a.key }

// maxRules bounds the rules that lie beside an index.
const maxRules = 1 << 16

// WriteRules puts the rules of who may read what beside an index, which keeps
// to them from then on.
func WriteRules(dir string, rules []Rule) error {
	if len(rules) > maxRules {
		return say.Errorf("there are more than %d rules", "规则超过 %d 条", maxRules)
	}
	b, err := json.MarshalIndent(rules, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, rulesFile), append(b, '\n'), 0o666)
}

func (ix *Index) readRules(b []byte) error {
	if err := json.Unmarshal(b, &ix.rules); err != nil {
		return err
	}
	if len(ix.rules) > maxRules {
		return say.Errorf("there are more than %d rules", "规则超过 %d 条", maxRules)
	}
	return nil
}

// Rules returns the rules that lie beside the index; none: all may read it.
func (ix *Index) Rules() []Rule { return ix.rules }

// A Gate knows what each caller may read of an index by the same rules. It may
// be used by many goroutines.
type Gate struct {
	index *Index
	rules []Rule
	mu    sync.Mutex
	known map[string]Access // by principals
}

// maxCallers bounds the callers that a Gate remembers.
const maxCallers = 1000

// Gate returns a gate with these rules.
func (ix *Index) Gate(rules []Rule) *Gate {
	return &Gate{index: ix, rules: rules, known: map[string]Access{}}
}

// Access returns what somebody with these principals may read.
func (g *Gate) Access(principals ...string) Access {
	if len(g.rules) == 0 {
		return Access{}
	}
	key := fmt.Sprintf("%q", principals) // no name can be taken for two
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.known[key]
	if !ok {
		if len(g.known) >= maxCallers {
			clear(g.known)
		}
		a = g.index.Access(g.rules, principals...)
		g.known[key] = a
	}
	return a
}

package scenario

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
)

// A scope is what kind of question the weights were taught, learned from the
// problems themselves: which two words stand side by side in them. A number,
// of whatever size, is one word, and so is a Chinese character or a sign.
// Templates make few pairs, so a question of another kind shows at once: every
// pair of a held-out lesson is known, and of hello, or of a question about the
// weather, few or none.
type scope struct {
	Format   int                 `json:"format"`   // 1
	Examples map[string][]string `json:"examples"` // by language: one question of each family
	Always   []string            `json:"always"`   // words of every problem: a number, mostly
	Pairs    []string            `json:"pairs"`    // in order

	known map[string]bool
}

const (
	scopeFile    = "scope.json"
	problemsFile = "problems.jsonl"
	maxPairs     = 1 << 16
	maxScope     = 1 << 23 // bytes of scope.json

	inside  = 0.75 // the least share of a question's pairs that is known
	related = 0.2  // the least coverage of a passage that is worth a look
)

// split returns the words of a question between two marks of its ends.
func split(question string) []string {
	const start, end = "^", "$"
	words := []string{start}
	class := func(r rune) int {
		switch {
		case unicode.Is(unicode.Han, r):
			return 0
		case unicode.IsDigit(r):
			return 1
		case unicode.IsLetter(r):
			return 2
		}
		return 0
	}
	last := 0 // class of the rune before
	from := 0 // of the last word
	text := strings.ToLower(norm.NFKC.String(question))
	for at, r := range text {
		c := class(r)
		switch {
		case unicode.IsSpace(r):
		case c == 1 && last == 1:
		case c == 1:
			words = append(words, "0")
		case c == 2 && last == 2:
			words[len(words)-1] = text[from : at+utf8.RuneLen(r)]
		default:
			from = at
			words = append(words, string(r))
		}
		last = c
	}
	return append(words, end)
}

// pair returns a pair of neighbours as scope.json writes it.
func pair(words []string, i int) string { return words[i] + " " + words[i+1] }

// learnScope learns from a file of problems.
func learnScope(path string) (*scope, error) {
	s := &scope{Format: 1, Examples: map[string][]string{}}
	count := map[string]int{}
	first := map[[2]string]string{} // by language and family
	n := 0
	for p, err := range stage.Problems(path) {
		if err != nil {
			return nil, err
		}
		if k := [2]string{p.Lang, p.Family}; first[k] == "" {
			first[k] = p.Prompt
		}
		words := split(p.Prompt)
		if n++; n == 1 {
			s.Always = slices.Clone(words[1 : len(words)-1])
		}
		for i := range len(words) - 1 {
			count[pair(words, i)]++
		}
		s.Always = slices.DeleteFunc(s.Always, func(w string) bool { return !slices.Contains(words, w) })
	}
	slices.Sort(s.Always)
	s.Always = slices.Compact(s.Always)
	for _, k := range slices.SortedFunc(maps.Keys(first), func(a, b [2]string) int {
		return cmp.Compare(slices.Index(stage.Families, a[1]), slices.Index(stage.Families, b[1]))
	}) {
		s.Examples[k[0]] = append(s.Examples[k[0]], first[k])
	}
	s.Pairs = slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b))
	})
	s.Pairs = slices.Clip(s.Pairs[:min(len(s.Pairs), maxPairs)])
	slices.Sort(s.Pairs)
	return s, nil
}

func (s *scope) write(dir string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(s); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, scopeFile), b.Bytes(), 0o666)
}

func openScope(dir string) (*scope, error) {
	path := filepath.Join(dir, scopeFile)
	b, err := stage.ReadFile(path, maxScope)
	if err != nil {
		return nil, err
	}
	s, err := parseScope(b)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return s, nil
}

func parseScope(b []byte) (*scope, error) {
	s := new(scope)
	if err := json.Unmarshal(b, s); err != nil {
		return nil, err
	}
	if s.Format != 1 {
		return nil, say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", s.Format)
	}
	s.known = make(map[string]bool, len(s.Pairs))
	for _, p := range s.Pairs {
		s.known[p] = true
	}
	return s, nil
}

// holds reports whether a question is of a kind that was taught.
func (s *scope) holds(question string) bool {
	words, known := split(question), 0
	for _, w := range s.Always {
		if !slices.Contains(words, w) {
			return false
		}
	}
	for i := range len(words) - 1 {
		if s.known[pair(words, i)] {
			known++
		}
	}
	return float64(known) >= inside*float64(len(words)-1)
}

// decline says in the question's language what may be asked instead, and
// which passages of the documents come nearest.
func (s *scope) decline(question string, hits []knowledge.Hit) string {
	lang, text := say.English, "I was taught questions like these, and yours is unlike them:\n"
	if knowledge.Lang(question) == "zh" {
		lang, text = say.Chinese, "我只学过下面这样的题，您的问题与它们不同：\n"
	}
	for _, e := range s.Examples[string(lang)] {
		text += "\n- " + e
	}
	return text + named(lang, hits)
}

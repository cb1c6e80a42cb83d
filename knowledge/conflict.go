package knowledge

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Standing is a sentence and where it stands.
type Standing struct {
	Text    string `json:"text"`
	File    string `json:"file"`
	ID      string `json:"id"` // of the passage
	Heading string `json:"heading,omitempty"`
	Page    int    `json:"page,omitempty"` // from 1; 0: there are none
	Quote   [2]int `json:"quote"`          // where in the passage's text, in characters
}

// A Conflict is two sentences of different documents that say the same of the same with
// other values.
type Conflict struct {
	One   Standing `json:"one"`
	Two   Standing `json:"two"`
	Share float64  `json:"share"` // of their words that both have, 0 to 1
}

// An Outdated is a sentence by which its document held until a day that is over.
type Outdated struct {
	Standing
	Until string `json:"until"` // 2006-01-02
}

// Conflicts is what of the documents cannot all be true, or is not any more.
type Conflicts struct {
	Pairs    []Conflict `json:"pairs"` // the likest first
	Outdated []Outdated `json:"outdated"`
	Cut      bool       `json:"cut,omitempty"` // there was too much to look at all of it
}

// Bounds of one search for conflicts.
const (
	maxClaims   = 200_000   // sentences with values
	maxCompared = 5_000_000 // pairs
	maxMatches  = 100_000
	maxListed   = 1000
	maxShared   = 200 // sentences of one rare word: beyond, it is a form that is filled in
	maxSaid     = 2   // other values of one sentence: beyond, it is such a form too
	maxOthers   = 4   // sentences that differ from it, likewise
	leastWords  = 4
	alike       = 0.75 // least share of words of both sentences that both have
)

// values are what a sentence says of something: numbers, and days of the week.
var values = regexp.MustCompile(`\d+(?:[.,:：]\d+)*|(?i:\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b)|(?:星期|周|礼拜)[一二三四五六日天]`)

// A claim is a sentence with values.
type claim struct {
	passage int
	file    string
	lang    string
	text    string
	words   []uint64 // without the values, sorted
	values  []string
}

// Conflicts looks for sentences of different documents that say nearly the same with
// other values, and for documents that say that they held until before today. It
// looks at what may be read alone. Work and result are bounded; the same documents give
// the same list. It finds every pair whose words are as alike as that (a prefix join:
// Bayardo, Ma, Srikant, Scaling Up All Pairs Similarity Search, 2007), unless it is Cut.
func (ix *Index) Conflicts(ctx context.Context, access Access, today time.Time) (*Conflicts, error) {
	c := &Conflicts{Pairs: []Conflict{}, Outdated: []Outdated{}}
	var claims []claim
	often := map[uint64]int{}
	for i := range ix.Len() {
		if i%1000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !access.May(i) {
			continue
		}
		p := ix.Passage(i)
		for _, text := range Sentences(p.Text) {
			if until := heldUntil(text); until != "" && until < today.Format(time.DateOnly) && len(c.Outdated) < maxListed {
				c.Outdated = append(c.Outdated, Outdated{p.standing(text), until})
			}
			found := values.FindAllString(text, -1)
			if len(found) == 0 {
				continue
			}
			if len(claims) == maxClaims {
				c.Cut = true
				break
			}
			words := slices.Sorted(maps.Keys(terms(values.ReplaceAllString(text, " "))))
			if len(words) < leastWords {
				continue
			}
			for _, w := range words {
				often[w]++
			}
			claims = append(claims, claim{i, p.File, p.Lang, text, words, found})
		}
	}
	slices.SortStableFunc(c.Outdated, func(a, b Outdated) int { return cmp.Compare(a.Until, b.Until) })
	return c, ix.join(ctx, c, claims, often)
}

// join finds the pairs. Two claims that are alike share one of their rarest words.
func (ix *Index) join(ctx context.Context, c *Conflicts, claims []claim, often map[uint64]int) error {
	by := map[uint64][]int{} // claims by their rare words
	type match struct {
		one, two int
		share    float64
	}
	var found []match
	said := map[int]map[string]bool{} // of each claim, what others like it say
	others := map[int]int{}           // and how many they are
	heads := map[int]map[uint64]bool{}
	compared := 0
search:
	for k := range claims {
		if k%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		one := &claims[k]
		rare := slices.SortedFunc(slices.Values(one.words), func(a, b uint64) int { return cmp.Or(cmp.Compare(often[a], often[b]), cmp.Compare(a, b)) })
		rare = rare[:len(rare)-int(alike*float64(len(rare))+0.999)+1]
		seen := map[int]bool{}
		for _, w := range rare {
			for _, o := range by[w] {
				if seen[o] {
					continue
				}
				seen[o] = true
				if compared++; compared > maxCompared || len(found) == maxMatches {
					c.Cut = true
					break search
				}
				if share := ix.conflict(&claims[o], one, heads); share > 0 {
					found = append(found, match{o, k, share})
					for _, pair := range [][2]int{{o, k}, {k, o}} {
						if said[pair[0]] == nil {
							said[pair[0]] = map[string]bool{}
						}
						others[pair[0]]++
						said[pair[0]][strings.Join(claims[pair[1]].values, " ")] = true
					}
				}
			}
			if len(by[w]) < maxShared {
				by[w] = append(by[w], k)
			} else {
				c.Cut = true
			}
		}
	}
	for _, m := range found {
		if max(len(said[m.one]), len(said[m.two])) > maxSaid || max(others[m.one], others[m.two]) > maxOthers {
			continue // a form that each document fills in for something else
		}
		a, b := ix.Passage(claims[m.one].passage), ix.Passage(claims[m.two].passage)
		c.Pairs = append(c.Pairs, Conflict{a.standing(claims[m.one].text), b.standing(claims[m.two].text), m.share})
	}
	slices.SortStableFunc(c.Pairs, func(a, b Conflict) int { return cmp.Compare(b.Share, a.Share) })
	if len(c.Pairs) > maxListed {
		c.Pairs, c.Cut = c.Pairs[:maxListed], true
	}
	return nil
}

// conflict returns how alike two claims are that say different things; 0 if they do not.
func (ix *Index) conflict(a, b *claim, heads map[int]map[uint64]bool) float64 {
	if a.file == b.file || a.lang != b.lang || len(a.values) != len(b.values) || slices.Equal(a.values, b.values) {
		return 0
	}
	share := jaccard(a.words, b.words)
	if share < alike {
		return 0
	}
	// The heading says of what: Model A weighs 3 kg, model B weighs 4 kg.
	head := func(i int) map[uint64]bool {
		if heads[i] == nil {
			p := ix.Passage(i)
			heads[i] = terms(p.Heading)
		}
		return heads[i]
	}
	x, y := head(a.passage), head(b.passage)
	if n := min(len(x), len(y)); n > 0 {
		both := 0
		for w := range x {
			if y[w] {
				both++
			}
		}
		if 2*both < n {
			return 0
		}
	}
	return share
}

// jaccard is the share of the words of two sorted lists that both have.
func jaccard(a, b []uint64) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch cmp.Compare(a[i], b[j]) {
		case -1:
			i++
		case 1:
			j++
		default:
			i, j, both = i+1, j+1, both+1
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

func (p *Passage) standing(text string) Standing {
	at := max(0, strings.Index(p.Text, text))
	from := utf8.RuneCountInString(p.Text[:at])
	return Standing{text, p.File, p.ID, p.Heading, p.PageAt(at), [2]int{from, from + utf8.RuneCountInString(text)}}
}

// until matches a day until which something holds.
var until = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(?:valid|in force|effective|applies|apply|expires?|ends?) (?:until|till|through|on|to) (\d{4})-(\d\d?)-(\d\d?)\b`),
	regexp.MustCompile(`(?i)\b(?:valid|in force|effective|applies|apply|expires?|ends?) (?:until|till|through|on|to) (\d\d?) (january|february|march|april|may|june|july|august|september|october|november|december) (\d{4})\b`),
	regexp.MustCompile(`(?:有效期?限?|执行|适用|实施)(?:期限?)?(?:至|到|截至)[:：]?\s*(\d{4})\s*年\s*(\d\d?)\s*月\s*(\d\d?)\s*日`),
	regexp.MustCompile(`(\d{4})\s*年\s*(\d\d?)\s*月\s*(\d\d?)\s*日(?:起)?(?:失效|废止|到期|停止执行)`),
}

// heldUntil is the day until which a sentence says that something holds; "" if it does
// not.
func heldUntil(text string) string {
	for i, re := range until {
		m := re.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		year, month, day := m[1], m[2], m[3]
		if i == 1 {
			t, err := time.Parse("January", strings.ToUpper(m[2][:1])+strings.ToLower(m[2][1:]))
			if err != nil {
				continue
			}
			year, month, day = m[3], strconv.Itoa(int(t.Month())), m[1]
		}
		if t, err := time.Parse("2006-1-2", year+"-"+month+"-"+day); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

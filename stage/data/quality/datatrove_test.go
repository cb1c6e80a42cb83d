package quality

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

const (
	oracle = "../../../testdata/oracle/datatrove"
	shared = "../../../../shared/data"
)

// A decided is one line of decisions.tsv; make.py beside it says what is in it.
type decided struct {
	source, lang       string
	index, mutation, n int
	words              string
	reasons            [4]string
	signature          string

	plainWords   string // of Chinese, by jieba's dictionary alone
	plainReasons [4]string
}

func decisions(t *testing.T) (list []decided) {
	t.Helper()
	f, err := os.Open(filepath.Join(oracle, "decisions.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	for in.Scan() {
		c := strings.Split(in.Text(), "\t")
		n := func(i int) int { v, _ := strconv.Atoi(c[i]); return v }
		d := decided{source: c[0], lang: c[3], index: n(1), mutation: n(2), n: n(4), words: c[5], reasons: [4]string(c[6:10]), signature: c[10]}
		if d.lang == "zh" {
			d.plainWords, d.plainReasons = c[12], [4]string(c[13:17])
		}
		list = append(list, d)
	}
	return list
}

// sources reads the documents that make.py reads; those that are not at hand are left out.
func sources(t testing.TB) map[string][]string {
	t.Helper()
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Logf("%v: skipped", err)
		}
		return string(b)
	}
	m := map[string][]string{"own": strings.Split(read(filepath.Join(oracle, "own.txt")), "\f")}
	if s := read(filepath.Join(shared, "wikitext2/valid.txt")); s != "" {
		cut := regexp.MustCompile(`\n \n = [^=]`)
		last := 0
		add := func(a string) {
			if a = strings.TrimFunc(a, space); a != "" {
				m["wikitext"] = append(m["wikitext"], a)
			}
		}
		for _, at := range cut.FindAllStringIndex(s, -1) {
			add(s[last:at[0]])
			last = at[0] + 3
		}
		add(s[last:])
	}
	for name, file := range map[string]string{"cmrc": "cmrc2018/dev.json", "cmrc-trial": "cmrc2018/trial.json"} {
		s := read(filepath.Join(shared, file))
		if s == "" {
			continue
		}
		var d struct {
			Data []struct{ Paragraphs []struct{ Context string } }
		}
		if err := json.Unmarshal([]byte(s), &d); err != nil {
			t.Fatal(err)
		}
		for _, x := range d.Data {
			for _, p := range x.Paragraphs {
				m[name] = append(m[name], p.Context)
			}
		}
	}
	if s := read(filepath.Join(shared, "gsm8k/test.jsonl")); s != "" {
		var parts []string
		for line := range strings.Lines(s) {
			var q struct{ Question, Answer string }
			if err := json.Unmarshal([]byte(line), &q); err != nil {
				t.Fatal(err)
			}
			parts = append(parts, q.Question+"\n"+q.Answer)
		}
		for i := 0; i < len(parts)-3; i += 4 {
			m["gsm8k"] = append(m["gsm8k"], strings.Join(parts[i:i+4], "\n\n"))
		}
	}
	if s := read(filepath.Join(shared, "chinese-poetry/poet.tang.0.json")); s != "" {
		var poems []struct {
			Title      string
			Paragraphs []string
		}
		if err := json.Unmarshal([]byte(s), &poems); err != nil {
			t.Fatal(err)
		}
		for _, p := range poems {
			m["poetry"] = append(m["poetry"], p.Title+"\n"+strings.Join(p.Paragraphs, "\n"))
		}
	}
	return m
}

var threeLetters = regexp.MustCompile("[A-Za-z]{3}")

func mutate(text string, m int) string {
	cut := func(lo, hi int) string {
		r := []rune(text)
		return string(r[min(lo, len(r)):min(hi, len(r))])
	}
	switch m {
	case 1:
		return text + "\n" + text
	case 2:
		return strings.ReplaceAll(text, " ", "\n")
	case 3:
		return cut(0, 400)
	case 4:
		return "- " + strings.ReplaceAll(text, "\n", "\n- ")
	case 5:
		return strings.NewReplacer(".", "...", "。", "……").Replace(text)
	case 6:
		return strings.ReplaceAll(text, " ", " # ")
	case 7:
		return cut(0, 300) + "\n" + cut(100, 700) + "\n\n" + cut(0, 200) + " " + cut(0, 200)
	case 8:
		return threeLetters.ReplaceAllString(text, "123")
	case 9:
		return strings.NewReplacer(", ", "\n", "，", "\n").Replace(text)
	}
	return text
}

// theirs are the names that datatrove gives to the reasons.
var theirs = func() map[string]string {
	m := map[string]string{
		"duplicate_paragraphs_most": "dup_para_frac", "duplicate_paragraph_chars_most": "dup_para_char_frac",
		"duplicate_lines_most": "dup_line_frac", "duplicate_line_chars_most": "dup_line_char_frac",
		"words_least": "gopher_short_doc", "words_most": "gopher_long_doc",
		"word_length_least": "gopher_below_avg_threshold", "word_length_most": "gopher_above_avg_threshold",
		"hashes_most": "gopher_too_many_hashes", "ellipses_most": "gopher_too_many_ellipsis",
		"bullet_lines_most": "gopher_too_many_bullets", "ellipsis_lines_most": "gopher_too_many_end_ellipsis",
		"alphabetic_words_least": "gopher_below_alpha_threshold", "stop_words_least": "gopher_enough_stop_words",
		"placeholder_lines_most": "lorem_ipsum", "brace_lines_most": "curly_bracket", "sentences_least": "too_few_sentences",
		"full_lines_least": "empty", "punctuated_lines_least": "line_punct_ratio", "short_lines_most": "short_line_ratio",
		"repeated_line_chars_most": "char_dup_ratio", "newlines_most": "list_ratio",
	}
	for n := range 3 {
		m[fmt.Sprintf("top_%d_words_most", n+2)] = fmt.Sprintf("top_%d_gram", n+2)
	}
	for n := range 6 {
		m[fmt.Sprintf("repeated_%d_words_most", n+5)] = fmt.Sprintf("duplicated_%d_n_grams", n+5)
	}
	return m
}()

// English is decided as datatrove decides it, all documents. Chinese differs by the
// words: jieba's hidden Markov model joins characters that make no word of the
// dictionary, so fewer words remain, and its dictionary alone takes a number apart
// at its point (3.5 is three words, here one). Close to a threshold a few documents
// fall on the other side of it, nearly all of them that of words with a letter.
func TestDecisionsOfDatatrove(t *testing.T) {
	texts := sources(t)
	var n, wordsDiffer, reasonDiffers, markov int
	for _, d := range decisions(t) {
		list := texts[d.source]
		if d.index >= len(list) {
			continue
		}
		text := mutate(list[d.index], d.mutation)
		n++
		words := Words(nil, text, d.lang)
		h := xxhash.New()
		for i, w := range words {
			if i > 0 {
				h.WriteString("\x00")
			}
			h.WriteString(text[w.Lo:w.Hi])
		}
		want, wantWords := d.reasons, d.words
		if d.lang == "zh" {
			want, wantWords = d.plainReasons, d.plainWords
		}
		if fmt.Sprintf("%016x", h.Sum64()) != wantWords {
			wordsDiffer++
		}
		repeat, good, custom := gopherRepetition, gopherQuality, fineWebCustom
		if d.lang == "zh" {
			repeat, good, custom = chineseRepetition, chineseQuality, chineseCustom
		}
		m := &Meter{}
		whole, _ := m.Measure(text, d.lang)
		m = &Meter{Lines: FineWebLines}
		lines, _ := m.Measure(text, d.lang)
		c4 := ""
		if d.lang == "en" {
			c4 = theirs[c4Documents.Decide(&lines)]
		} else {
			lines = whole
		}
		got := [4]string{theirs[repeat.Decide(&whole)], theirs[good.Decide(&whole)], c4, theirs[custom.Decide(&whole)]}
		if got != want {
			if d.lang == "en" {
				t.Errorf("%s %d %d: %q, datatrove %q", d.source, d.index, d.mutation, got, want)
			}
			reasonDiffers++
			t.Logf("%s %d %d %s: %d words, datatrove %d: %q, datatrove %q", d.source, d.index, d.mutation, d.lang, len(words), d.n, got, want)
		}
		for i := range got {
			if (got[i] == "") != (d.reasons[i] == "") {
				markov++
				break
			}
		}
	}
	t.Logf("%d documents: words differ in %d, reasons in %d; with jieba's hidden Markov model %d are kept or dropped otherwise", n, wordsDiffer, reasonDiffers, markov)
	if n < 100 {
		t.Errorf("%d documents are too few to compare", n)
	}
	if 100*reasonDiffers > n {
		t.Errorf("%d of %d documents are decided otherwise", reasonDiffers, n)
	}
	if 50*markov > n {
		t.Errorf("%d of %d documents are decided otherwise than with jieba's hidden Markov model", markov, n)
	}
}

package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"suiren/stage/guard/classify"
	"suiren/stage/guard/detect"
)

// A sentence and what it is.
type sentence struct {
	label int // of classify.Labels
	text  string
}

// sets are what is learned from, and what is kept apart.
type sets struct {
	learn   []sentence
	choose  []sentence // half of XSTest: the cut of harm was chosen by it
	xstest  []sentence // kept apart
	cold    []sentence
	attacks []string            // of kinds that were not learned
	clean   map[string][]string // documents that were not learned
	hosts   []string            // those of clean into which attacks are put
}

const (
	safe = iota
	harm
	clean
	injection
	polite
	offence
)

//go:embed harm.txt
var harmText string

//go:embed injection.txt
var injectionText string

//go:embed plain.txt
var plainText string

// apart are the kinds of attack of BIPIA that are not learned.
var apart = []string{"Learning and Tutoring", "Misspelling Intentionally", "Anagramming", "Persuasion", "Malware Distribution",
	"Memory Scanning", "Network Propagation", "Cryptocurrency Mining"}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	x := h.Sum64()
	x ^= x >> 31
	x *= 0x9E3779B97F4A7C15
	return x ^ x>>29
}

// read reads all sets below dir.
func read(dir string) (*sets, error) {
	s := &sets{clean: map[string][]string{}}
	for _, t := range []string{harmText, injectionText, plainText} {
		s.learn = append(s.learn, expand(t, 60)...)
	}
	for _, f := range []func(string) error{s.readXSTest, s.readCOLD, s.readBIPIA, s.readClean} {
		if err := f(dir); err != nil {
			return nil, err
		}
	}
	// An ordinary text is none of the three; an order by itself asks for no harm. A
	// quarter is enough to say so.
	for _, x := range s.learn {
		if hash(x.text)%4 != 0 {
			continue
		}
		if x.label == clean {
			s.learn = append(s.learn, sentence{safe, x.text})
		}
		if x.label == clean || x.label == injection || x.label == safe {
			s.learn = append(s.learn, sentence{polite, x.text})
		}
	}
	return s, nil
}

// expand fills the slots of templates, each at most most times.
func expand(text string, most int) (list []sentence) {
	slots := map[string][]string{}
	var fill func(template string, n, k uint64) string
	fill = func(template string, n, k uint64) string {
		for {
			i := strings.IndexByte(template, '{')
			if i < 0 {
				return template
			}
			e := i + strings.IndexByte(template[i:], '}')
			options := slots[template[i+1:e]]
			k++
			pick := options[hash(fmt.Sprint(template, n, k))%uint64(len(options))]
			template = template[:i] + pick + template[e+1:]
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if name, values, ok := strings.Cut(line, "}="); ok && line[0] == '{' {
			slots[name[1:]] = strings.Split(values, ",")
			continue
		}
		label, template, _ := strings.Cut(line, "|")
		l := slices.Index(classify.Labels, label)
		if l < 0 {
			panic("no label " + label)
		}
		seen := map[string]bool{}
		for n := range most {
			if t := fill(template, uint64(n), 0); !seen[t] {
				seen[t] = true
				list = append(list, sentence{l, t})
			}
		}
	}
	return list
}

func (s *sets) readXSTest(dir string) error {
	rows, err := readCSV(filepath.Join(dir, "xstest", "prompts_a.csv"))
	if err != nil {
		return err
	}
	for _, r := range rows[1:] {
		x := sentence{safe, r[1]}
		if r[3] == "unsafe" {
			x.label = harm
		}
		if hash(r[0])%2 == 0 {
			s.choose = append(s.choose, x)
		} else {
			s.xstest = append(s.xstest, x)
		}
	}
	return nil
}

func (s *sets) readCOLD(dir string) error {
	rows, err := readCSV(filepath.Join(dir, "cold", "dev.csv"))
	if err != nil {
		return err
	}
	for _, r := range rows[1:] {
		x := sentence{polite, r[4]}
		if r[3] == "1" {
			x.label = offence
		}
		if hash(r[0])%5 == 0 {
			s.cold = append(s.cold, x)
		} else {
			s.learn = append(s.learn, x)
			if x.label == polite {
				s.learn = append(s.learn, sentence{clean, x.text})
			}
		}
	}
	return nil
}

func readCSV(path string) ([][]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	return r.ReadAll()
}

func (s *sets) readBIPIA(dir string) error {
	for _, name := range []string{"text_attack_train.json", "code_attack_train.json"} {
		b, err := os.ReadFile(filepath.Join(dir, "bipia", name))
		if err != nil {
			return err
		}
		var kinds map[string][]string
		if err := json.Unmarshal(b, &kinds); err != nil {
			return err
		}
		names := make([]string, 0, len(kinds))
		for k := range kinds {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range names {
			for _, a := range kinds[k] {
				if slices.Contains(apart, k) {
					s.attacks = append(s.attacks, a)
					continue
				}
				first, _, _ := strings.Cut(a, "\n")
				for range 6 {
					s.learn = append(s.learn, sentence{injection, first})
				}
			}
		}
	}
	for _, name := range []string{"email", "table", "code"} {
		docs, err := contexts(filepath.Join(dir, "bipia", name+".train.jsonl"))
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, d := range docs {
			switch {
			case seen[d]:
			case name == "email" && hash(d)%2 == 0:
				s.sentences(d, clean)
			default:
				s.clean[name] = append(s.clean[name], d)
			}
			seen[d] = true
		}
	}
	s.hosts = []string{"email", "table", "code"}
	return nil
}

// sentences learns the sentences of a document.
func (s *sets) sentences(doc string, label int) {
	var cut detect.Sentences
	take := func(t string, _, _ int) { s.learn = append(s.learn, sentence{label, t}) }
	cut.Write(doc, take)
	cut.Flush(take)
}

// contexts reads the documents of a file of BIPIA.
func contexts(path string) (list []string, err error) {
	err = lines(path, func(line []byte) error {
		var d struct{ Context json.RawMessage }
		if err := json.Unmarshal(line, &d); err != nil {
			return err
		}
		var text string
		if json.Unmarshal(d.Context, &text) != nil {
			var parts []string
			if err := json.Unmarshal(d.Context, &parts); err != nil {
				return err
			}
			text = strings.Join(parts, "\n")
		}
		list = append(list, text)
		return nil
	})
	return list, err
}

func lines(path string, f func([]byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewScanner(file)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		if err := f(in.Bytes()); err != nil {
			return err
		}
	}
	return in.Err()
}

// readClean reads texts in which nobody gives orders.
func (s *sets) readClean(dir string) error {
	n := 0
	err := lines(filepath.Join(dir, "tinyshakespeare", first(dir, "tinyshakespeare")), func(b []byte) error {
		if n++; len(b) > 30 && n%8 == 0 {
			s.learn = append(s.learn, sentence{clean, string(b)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, set := range []string{"math23k", "ape210k"} { // questions, and in Chinese
		n := 0
		err := lines(filepath.Join(dir, set, first(dir, set)), func(b []byte) error {
			var q struct {
				Text     string `json:"original_text"`
				Question string `json:"question"`
			}
			if json.Unmarshal(b, &q) == nil && n < 1000 {
				if q.Text += q.Question; q.Text != "" {
					s.learn = append(s.learn, sentence{clean, q.Text})
					n++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	n = 0
	err = lines(filepath.Join(dir, "gsm8k", "train.jsonl"), func(b []byte) error {
		var q struct{ Question string }
		if n++; n%8 == 0 && json.Unmarshal(b, &q) == nil {
			s.learn = append(s.learn, sentence{safe, q.Question}, sentence{polite, q.Question})
		}
		return nil
	})
	if err != nil {
		return err
	}
	api := filepath.Join(dir, "openai-openapi", first(dir, "openai-openapi"))
	err = lines(api, func(b []byte) error {
		if _, text, ok := strings.Cut(strings.TrimSpace(string(b)), "description: "); ok && len(text) > 30 {
			if q, err := strconv.Unquote(text); err == nil {
				text = q
			}
			s.sentences(text, clean)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range []string{"cmrc2018", "wikitext2"} {
		docs, err := paragraphs(filepath.Join(dir, name), name)
		if err != nil {
			return err
		}
		s.clean[name] = docs
	}
	return nil
}

// first is the first file in a folder of one set that is no note.
func first(dir, name string) string {
	entries, _ := os.ReadDir(filepath.Join(dir, name))
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "LICENSE") && !strings.HasSuffix(e.Name(), ".md") {
			return e.Name()
		}
	}
	return ""
}

func paragraphs(dir, name string) (list []string, err error) {
	if name == "wikitext2" {
		err = lines(filepath.Join(dir, "valid.txt"), func(b []byte) error {
			if len(b) > 40 {
				list = append(list, string(b))
			}
			return nil
		})
		return list, err
	}
	b, err := os.ReadFile(filepath.Join(dir, "dev.json"))
	if err != nil {
		return nil, err
	}
	var doc struct {
		Data []struct{ Paragraphs []struct{ Context string } }
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	for _, d := range doc.Data {
		for _, p := range d.Paragraphs {
			list = append(list, p.Context)
		}
	}
	return list, nil
}

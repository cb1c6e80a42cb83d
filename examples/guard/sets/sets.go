// Package sets chooses the sentences that the plan in examples/guard learns from, of data
// that is not ours to give: it lies beside the repository, in ../shared/data.
package sets

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"suiren/stage/guard/detect"
)

// apart are the kinds of attack of BIPIA that are not learnt.
var apart = []string{"Learning and Tutoring", "Misspelling Intentionally", "Anagramming", "Persuasion", "Malware Distribution",
	"Memory Scanning", "Network Propagation", "Cryptocurrency Mining"}

// learnt reports whether the row of an id is learnt from: one in five is not.
func learnt(id string) bool {
	h := fnv.New64a()
	h.Write([]byte(id))
	x := h.Sum64()
	x = (x ^ x>>31) * 0x9E3779B97F4A7C15
	return (x^x>>29)%5 != 0
}

// Write writes the sets to JSON Lines in dir, each sentence of a set once, from the folder
// data.
func Write(data, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, set := range []struct {
		name, label string
		read        func(data string) ([]string, error)
	}{
		{"offence", "offence", func(data string) ([]string, error) { return cold(data, "1") }},
		{"polite", "none", func(data string) ([]string, error) { return cold(data, "0") }},
		{"bipia", "injection", bipia},
		{"shakespeare", "none", shakespeare},
		{"api", "none", api},
	} {
		list, err := set.read(data)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(dir, set.name+".jsonl"), set.label, list); err != nil {
			return err
		}
	}
	return nil
}

func write(path, label string, list []string) error {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	seen := map[string]bool{}
	for _, text := range list {
		text = strings.TrimSpace(text)
		key := letters(text)
		if key == "" || seen[key] {
			continue
		}
		seen[key] = true
		if err := out.Encode(struct {
			Text  string `json:"text"`
			Label string `json:"label"`
		}{text, label}); err != nil {
			return err
		}
	}
	return os.WriteFile(path, b.Bytes(), 0o666)
}

// letters are those of a text, and its digits: two texts of the same ones say the same.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// cold are the comments of COLD's dev set with a label: four fifths, but what the last has too.
func cold(data, label string) (list []string, err error) {
	b, err := os.ReadFile(filepath.Join(data, "cold", "dev.csv"))
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	in.FieldsPerRecord = 5 // id, split, topic, label, TEXT
	rows, err := in.ReadAll()
	if err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	for _, r := range rows[1:] {
		if !learnt(r[0]) {
			kept[letters(r[4])] = true
		}
	}
	for _, r := range rows[1:] {
		if learnt(r[0]) && r[3] == label && !kept[letters(r[4])] {
			list = append(list, r[4])
		}
	}
	return list, nil
}

// bipia are the first lines of attacks, of all kinds but those kept apart.
func bipia(data string) (list []string, err error) {
	for _, name := range []string{"text_attack_train.json", "code_attack_train.json"} {
		b, err := os.ReadFile(filepath.Join(data, "bipia", name))
		if err != nil {
			return nil, err
		}
		var kinds map[string][]string
		if err := json.Unmarshal(b, &kinds); err != nil {
			return nil, err
		}
		names := make([]string, 0, len(kinds))
		for k := range kinds {
			if !slices.Contains(apart, k) {
				names = append(names, k)
			}
		}
		slices.Sort(names)
		for _, k := range names {
			for _, attack := range kinds[k] {
				first, _, _ := strings.Cut(attack, "\n")
				list = append(list, first)
			}
		}
	}
	return list, nil
}

// shakespeare are every eighth line of his plays, but short ones.
func shakespeare(data string) (list []string, err error) {
	n := 0
	err = lines(filepath.Join(data, "tinyshakespeare", "input.txt"), func(line string) {
		if n++; n%8 == 0 && len(line) > 30 {
			list = append(list, line)
		}
	})
	return list, err
}

// api are the sentences by which the OpenAI API is described.
func api(data string) (list []string, err error) {
	take := func(sentence string, _, _ int) { list = append(list, sentence) }
	err = lines(filepath.Join(data, "openai-openapi", "openapi.yaml"), func(line string) {
		_, text, ok := strings.Cut(strings.TrimSpace(line), "description: ")
		if !ok || len(text) <= 30 {
			return
		}
		if q, err := strconv.Unquote(text); err == nil {
			text = q
		}
		var cut detect.Sentences
		cut.Write(text, take)
		cut.Flush(take)
	})
	return list, err
}

func lines(path string, f func(line string)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewScanner(file)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		f(in.Text())
	}
	return in.Err()
}

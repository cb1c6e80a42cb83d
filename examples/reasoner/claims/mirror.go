package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"suiren/stage"
)

// A mirror is a set of others' problems, asked as they are and never learnt
// from.
type mirror struct {
	name string
	file string // below the folder of data
	lang string
}

const mirrorFamily = "mirror"

var mirrors = map[string]mirror{
	"gsm8k":   {"GSM8K", "gsm8k/test.jsonl", "en"},
	"math23k": {"Math23K", "math23k/test.json", "zh"},
	"ape210k": {"Ape210K", "ape210k/valid.json", "zh"},
}

// mostMirror bounds the problems of a mirror: the first are taken.
const mostMirror = 2000

// read reads the problems of a mirror whose answer is a plain number.
func (m mirror) read(data string) (list []stage.Problem, err error) {
	f, err := os.Open(filepath.Join(data, m.file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	for len(list) < mostMirror {
		var p struct {
			Question string `json:"question"`
			Answer   string `json:"answer"`
			Text     string `json:"original_text"`
			Ans      string `json:"ans"`
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if _, after, ok := strings.Cut(p.Answer, "####"); ok {
			p.Text, p.Ans = p.Question, after
		}
		p.Ans = strings.ReplaceAll(strings.TrimSpace(p.Ans), ",", "")
		if _, err := strconv.ParseFloat(p.Ans, 64); err == nil {
			list = append(list, stage.Problem{ID: m.name + strconv.Itoa(len(list)), Family: mirrorFamily, Lang: m.lang, Prompt: p.Text, Answer: p.Ans})
		}
	}
	return list, nil
}

var numberIn = regexp.MustCompile(`-?\d+(\.\d+)?`)

// lastNumber returns the last number in a text.
func lastNumber(text string) (float64, bool) {
	all := numberIn.FindAllString(text, -1)
	if len(all) == 0 {
		return 0, false
	}
	v, err := strconv.ParseFloat(all[len(all)-1], 64)
	return v, err == nil
}

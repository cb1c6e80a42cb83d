package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The committed files are those that the source gives.
func TestFresh(t *testing.T) {
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok {
			t.Errorf("dist/%s is not built from anything", e.Name())
		}
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, "dist", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("dist/%s is stale: go run ./console/build", name)
		}
	}
}

// The page names no address but its own server's. The names of XML's spaces
// are not addresses.
func TestNothingFromOutside(t *testing.T) {
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s"'` + "`" + `)]*`)
	for name, data := range files {
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		for _, a := range address.FindAllString(string(data), -1) {
			if !strings.HasPrefix(a, "http://www.w3.org/") {
				t.Errorf("%s names %s", name, a)
			}
		}
	}
	html := string(files["index.html"])
	for _, bad := range []string{"<style", "style=", "onclick", "<script>"} {
		if strings.Contains(html, bad) {
			t.Errorf("index.html has %s, which its content policy forbids", bad)
		}
	}
}

var sentence = regexp.MustCompile(`^  (\w+): \["((?:[^"\\]|\\.)+)", "((?:[^"\\]|\\.)+)"\],$`)

// Every sentence is there in both languages, with the same values in it, and
// is used.
func TestWords(t *testing.T) {
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	source := ""
	paths, err := filepath.Glob(filepath.Join(dir, "src", "*.ts*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(p) != "words.ts" {
			source += string(data)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "src", "words.ts"))
	if err != nil {
		t.Fatal(err)
	}
	han := regexp.MustCompile(`\p{Han}`)
	place := regexp.MustCompile(`\{\d\}`)
	n := 0
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "  ") || !strings.Contains(line, ": [") {
			continue
		}
		m := sentence.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			t.Errorf("not a pair of sentences: %s", line)
			continue
		}
		n++
		if han.MatchString(m[2]) {
			t.Errorf("%s: Chinese in the English sentence", m[1])
		}
		if len(place.FindAllString(m[2], -1)) != len(place.FindAllString(m[3], -1)) {
			t.Errorf("%s: the sentences hold different values", m[1])
		}
		if !regexp.MustCompile(`["`+"`"+`.]`+m[1]+`\b`).MatchString(source) && !strings.Contains(m[1], "_") {
			t.Errorf("%s is not used", m[1])
		}
	}
	if n < 40 {
		t.Errorf("found %d sentences; has words.ts another form?", n)
	}
	for i, line := range strings.Split(source, "\n") {
		code, _, _ := strings.Cut(line, "//")
		if han.MatchString(code) && !strings.Contains(line, "language's own name") {
			t.Errorf("a Chinese sentence outside words.ts, line %d: %s", i, line)
		}
	}
}

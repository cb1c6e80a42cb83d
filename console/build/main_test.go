package main

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path"
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

// texts are the files of the source, by their names below src.
func texts(t *testing.T) map[string]string {
	t.Helper()
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	src := filepath.Join(dir, "src")
	err = filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, ".ts") {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(src, path)
		list[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every sentence is there in both languages, with the same values in it, and
// is used: the page's own in words.ts, those of one page in its .words.ts.
func TestWords(t *testing.T) {
	all := texts(t)
	han := regexp.MustCompile(`\p{Han}`)
	place := regexp.MustCompile(`\{\d\}`)
	n := 0
	for name, text := range all {
		if !strings.HasSuffix(name, "words.ts") {
			for i, line := range strings.Split(text, "\n") {
				code, _, _ := strings.Cut(line, "//")
				if han.MatchString(code) && !strings.Contains(line, "language's own name") {
					t.Errorf("a Chinese sentence outside the words, %s:%d: %s", name, i+1, line)
				}
			}
			continue
		}
		source := "" // of who imports them
		for other, text := range all {
			if !strings.HasSuffix(other, "words.ts") && (name == "words.ts" || strings.Contains(text, "/"+strings.TrimSuffix(path.Base(name), ".ts")+`"`)) {
				source += text
			}
		}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "  ") || !strings.Contains(line, ": [") {
				continue
			}
			m := sentence.FindStringSubmatch(strings.TrimRight(line, "\n"))
			if m == nil {
				t.Errorf("%s: not a pair of sentences: %s", name, line)
				continue
			}
			n++
			if han.MatchString(m[2]) {
				t.Errorf("%s: %s: Chinese in the English sentence", name, m[1])
			}
			if len(place.FindAllString(m[2], -1)) != len(place.FindAllString(m[3], -1)) {
				t.Errorf("%s: %s: the sentences hold different values", name, m[1])
			}
			prefix, _, family := strings.Cut(m[1], "_")
			used := regexp.MustCompile(`["` + "`" + `.]` + m[1] + `\b`).MatchString(source)
			if family {
				used = used || strings.Contains(source, prefix+"_") || strings.Contains(source, `"`+prefix+`"`)
			}
			if !used {
				t.Errorf("%s: %s is not used", name, m[1])
			}
		}
	}
	if n < 300 {
		t.Errorf("found %d sentences; have the words another form?", n)
	}
}

// What a browser must load before it shows the first page is small.
func TestFirstPage(t *testing.T) {
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, name := range []string{"index.html", "suiren.css", "suiren.svg", "kit.js", "suiren.js", "home.js"} {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		z.Write(files[name])
		z.Close()
		if len(files[name]) == 0 {
			t.Errorf("%s is not built", name)
		}
		size += b.Len()
	}
	if size > 120<<10 {
		t.Errorf("the first page is %d bytes packed", size)
	}
	// No file of the source is in two of those that are built.
	in := map[string]string{}
	for name, text := range files {
		for _, m := range regexp.MustCompile(`(?m)^// (src/\S+)$`).FindAllSubmatch(text, -1) {
			if other := in[string(m[1])]; other != "" && other != name {
				t.Errorf("%s is in %s and in %s", m[1], other, name)
			}
			in[string(m[1])] = name
		}
	}
	if len(in) < 20 {
		t.Errorf("%d files of the source were found", len(in))
	}
	// Every page that the frame loads is there, and a page holds no copy of what all share.
	for _, m := range regexp.MustCompile(`import\("\./(\w+\.js)"\)`).FindAllSubmatch(files["suiren.js"], -1) {
		page := files[string(m[1])]
		if len(page) == 0 {
			t.Errorf("%s is not built", m[1])
		}
		if !bytes.Contains(page, []byte(`from "./kit.js"`)) || bytes.Contains(page, []byte("createVNode")) {
			t.Errorf("%s does not take what it shares from kit.js", m[1])
		}
	}
}

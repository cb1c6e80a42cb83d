package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"suiren/stage/data/duplicate"
)

// A Forgotten is what is noted of a document that is to be forgotten: no words of
// it, but hashes of runs of its words, by which it is found if it is still there.
type Forgotten struct {
	Source   string   `json:"source"` // as it was asked
	Artifact string   `json:"artifact"`
	Path     string   `json:"path"`
	ID       string   `json:"id"`
	Prints   []uint64 `json:"prints"`
}

// mostPrints of a document are noted: the least, which depend on its words alone.
const mostPrints = 64

// prints are the least hashes of the runs of five words of a text, or of 13
// characters if it is Chinese.
func prints(text, lang string) []uint64 {
	s := duplicate.Signer{}
	if lang == "zh" || lang == "ja" {
		s.Characters = 13
	}
	list := slices.Clone(s.Shingles(text, lang))
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), mostPrints)]
}

func hasHan(text string) string {
	for _, c := range text {
		if c >= 0x3041 && c <= 0x9fff {
			return "zh"
		}
	}
	return "en"
}

// NoteForgotten appends to file, under the name of a source, what must be known to find the documents of an
// artifact, in dir, whose path matches a pattern or that lie in such a file or folder, and returns how many there are.
func NoteForgotten(dir, artifact, source, file string, patterns ...string) (n int, err error) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	e := json.NewEncoder(f)
	err = readLines(documentsFile(dir), func(d Document) error {
		for _, pattern := range patterns {
			ok, err := filepath.Match(pattern, d.Path)
			if err != nil {
				return err
			}
			if ok || d.ID == pattern || within(d.Path, pattern) {
				n++
				text := clean(d.Text)
				return e.Encode(Forgotten{source, artifact, d.Path, d.ID, prints(text, hasHan(text))})
			}
		}
		return nil
	})
	return n, errors.Join(err, f.Close())
}

// within reports whether a document is a file, or a part of it, or lies in a folder.
func within(path, source string) bool {
	rest, ok := strings.CutPrefix(path, source)
	return ok && (rest == "" || rest[0] == '#' || rest[0] == '/')
}

// ReadForgotten returns what was noted of a source, each document once.
func ReadForgotten(file, source string) (list []Forgotten, err error) {
	err = readLines(file, func(f Forgotten) error {
		if f.Source == source && !slices.ContainsFunc(list, func(o Forgotten) bool { return o.ID == f.ID && o.Artifact == f.Artifact }) {
			list = append(list, f)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return list, err
}

// A Left is a file that still has a forgotten document, and the share of its
// fingerprints that were found; 1 if its name was.
type Left struct {
	File, Document string
	Share          float64
}

// stillThere is the share of fingerprints from which on a file has a document:
// others may share a sentence with it.
const stillThere = .3

// SearchForgotten looks for documents in all files below a folder of the state, and
// says in how many files it looked. Text and JSON are read, packed or not; weights,
// which hold no text, and databases are not: what was made from a source is known
// by its lineage.
func SearchForgotten(dir string, notes []Forgotten) (left []Left, files int, err error) {
	want := map[uint64][]int{}
	for i, n := range notes {
		for _, p := range n.Prints {
			want[p] = append(want[p], i)
		}
	}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == "forgotten.jsonl" {
			return err
		}
		switch filepath.Ext(path) {
		case ".bin", ".safetensors", ".gguf", ".db", ".list":
			return nil
		}
		files++
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		found, err := searchFile(path, want, notes)
		for i, share := range found {
			if share >= stillThere {
				left = append(left, Left{filepath.ToSlash(rel), notes[i].Path, share})
			}
		}
		return err
	})
	return left, files, err
}

// searchFile returns for each document the share of its fingerprints in a file.
func searchFile(path string, want map[uint64][]int, notes []Forgotten) ([]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".zst") {
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	}
	seen := map[uint64]bool{}
	named := make([]bool, len(notes))
	look := func(text string) {
		for _, p := range allPrints(text) {
			if want[p] != nil {
				seen[p] = true
			}
		}
	}
	b := bufio.NewReaderSize(r, 1<<16)
	var pending bytes.Buffer // lines that are no JSON belong together
	for {
		line, err := readLine(b)
		if err != nil && err != io.EOF {
			return nil, nil // not text that can be read
		}
		for i, n := range notes {
			named[i] = named[i] || bytes.Contains(line, []byte(n.ID))
		}
		var v any
		if len(line) > 0 && line[0] == '{' && json.Unmarshal(line, &v) == nil {
			everyString(v, look)
		} else if pending.Write(line); pending.Len() > 1<<20 {
			look(pending.String())
			pending.Reset()
		}
		if err == io.EOF {
			break
		}
	}
	look(pending.String())
	shares := make([]float64, len(notes))
	for i, n := range notes {
		hits := 0
		for _, p := range n.Prints {
			if seen[p] {
				hits++
			}
		}
		if len(n.Prints) > 0 {
			shares[i] = float64(hits) / float64(len(n.Prints))
		}
		if named[i] {
			shares[i] = 1
		}
	}
	return shares, nil
}

// readLine returns a line, or the first MiB of one.
func readLine(b *bufio.Reader) ([]byte, error) {
	var line []byte
	for len(line) < maxLine {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
	return line, nil
}

func allPrints(text string) []uint64 {
	s := duplicate.Signer{}
	list := slices.Clone(s.Shingles(text, "en"))
	if hasHan(text) == "zh" {
		s.Characters = 13
		list = append(list, s.Shingles(text, "zh")...)
	}
	return list
}

// everyString calls f with every string of a value of JSON.
func everyString(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, x := range v {
			everyString(x, f)
		}
	case map[string]any:
		for _, x := range v {
			everyString(x, f)
		}
	}
}

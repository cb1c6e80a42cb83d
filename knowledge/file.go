package knowledge

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
)

// The files of a knowledge artifact. passages.jsonl holds a Passage in each
// line. terms.bin holds, after its first line, the number of passages and of
// terms, and then the terms in order: length, bytes, length of the list, list.
// Numbers are uvarints; a list is pairs of (passage − the one before, times).
const (
	passagesFile = "passages.jsonl"
	termsFile    = "terms.bin"
	termsMagic   = "suiren terms 1\n"
)

// Bounds of what is read.
const (
	maxFile     = 1 << 30
	maxPassages = 1 << 22
	maxTimes    = 1 << 20
)

// Write writes the index to dir. The same index gives the same bytes.
func (ix *Index) Write(dir string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range ix.passages {
		if err := e.Encode(&ix.passages[i]); err != nil {
			return err
		}
	}
	t := []byte(termsMagic)
	t = binary.AppendUvarint(t, uint64(len(ix.passages)))
	t = binary.AppendUvarint(t, uint64(len(ix.lists)))
	for _, term := range slices.Sorted(maps.Keys(ix.lists)) {
		t = binary.AppendUvarint(t, uint64(len(term)))
		t = append(t, term...)
		t = binary.AppendUvarint(t, uint64(len(ix.lists[term])))
		t = append(t, ix.lists[term]...)
	}
	if b.Len() > maxFile || len(t) > maxFile || len(ix.passages) > maxPassages {
		return &say.Error{What: say.T("the documents make %d passages, more than an index may hold", "文档共有 %d 个段落，超过索引的上限", len(ix.passages)),
			Next: say.T("make several knowledge blocks of them", "请分成几个 knowledge 块")}
	}
	if err := os.WriteFile(filepath.Join(dir, passagesFile), b.Bytes(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, termsFile), t, 0o666)
}

// Open reads an index from dir and checks all of it.
func Open(dir string) (*Index, error) {
	ix := &Index{}
	for _, f := range []struct {
		name  string
		parse func([]byte) error
	}{{passagesFile, ix.readPassages}, {termsFile, ix.readTerms}} {
		path := filepath.Join(dir, f.name)
		b, err := readBounded(path)
		if err != nil {
			return nil, err
		}
		if err := f.parse(b); err != nil {
			return nil, damaged(path, err)
		}
	}
	ix.count()
	return ix, nil
}

var errTerms = errors.New("the list of terms is not well-formed")

func (ix *Index) readPassages(b []byte) error {
	d := json.NewDecoder(bufio.NewReader(bytes.NewReader(b)))
	d.DisallowUnknownFields()
	for {
		var p Passage
		err := d.Decode(&p)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if bm25[p.Lang].k1 == 0 || len(ix.passages) >= maxPassages {
			return say.Errorf("passage %d: language %q", "第 %d 个段落：语言 %q", len(ix.passages)+1, clip(p.Lang, 20))
		}
		ix.passages = append(ix.passages, p)
	}
}

func (ix *Index) readTerms(b []byte) error {
	b, ok := bytes.CutPrefix(b, []byte(termsMagic))
	if !ok {
		return errTerms
	}
	number := func() int {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > maxFile {
			b, ok = nil, false
			return 0
		}
		b = b[n:]
		return int(v)
	}
	part := func() []byte {
		n := number()
		if n > len(b) {
			b, ok = nil, false
			return nil
		}
		p := b[:n:n]
		b = b[n:]
		return p
	}
	passages, terms := number(), number()
	if !ok || passages != len(ix.passages) {
		return errTerms
	}
	ix.lists = map[string][]byte{}
	before := ""
	for range terms {
		term, list := string(part()), part()
		if !ok || term <= before || !soundList(list, passages) {
			return errTerms
		}
		ix.lists[term] = list
		before = term
	}
	if len(b) > 0 {
		return errTerms
	}
	return nil
}

// soundList reports whether postings may believe a list.
func soundList(l []byte, passages int) bool {
	if len(l) == 0 {
		return false
	}
	at := uint64(0)
	for first := true; len(l) > 0; first = false {
		gap, n := binary.Uvarint(l)
		if n <= 0 || gap > uint64(passages) || gap == 0 && !first {
			return false
		}
		times, m := binary.Uvarint(l[n:])
		if m <= 0 || times == 0 || times > maxTimes {
			return false
		}
		if at += gap; at >= uint64(passages) {
			return false
		}
		l = l[n+m:]
	}
	return true
}

// readBounded reads a file of at most maxFile bytes.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = damaged(path, say.Errorf("the file is larger than %d bytes", "文件大于 %d 字节", maxFile))
	}
	return b, err
}

func damaged(path string, err error) error {
	return &say.Error{Where: path, Err: err, What: say.T("the index of passages cannot be read: %v", "无法读取段落索引：%v", err),
		Next: say.T("check the store with suiren store verify, then apply again", "请用 suiren store verify 检查存储，再重新 apply")}
}

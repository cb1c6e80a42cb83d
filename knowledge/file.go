package knowledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/knowledge/inverted"
)

// The files of a knowledge artifact. documents.jsonl holds a Source in each
// line and passages.jsonl a Passage, those of a document together and in its
// order; terms.bin is an inverted index of the passages.
const (
	documentsFile = "documents.jsonl"
	passagesFile  = "passages.jsonl"
	termsFile     = "terms.bin"
	soundsFile    = "pinyin.bin"
	synonymsFile  = "synonyms.txt" // if the owner gave some
	rulesFile     = "readers.json" // if not everybody may read everything
)

// Bounds of what is read.
const (
	maxFile     = 1 << 40 // files are mapped
	maxLine     = 1 << 24 // bytes of one passage
	maxPassages = 1 << 26
)

// Open opens the index in dir. Its files are mapped and must not change. It
// looks at all documents and at the sizes of everything else.
func Open(dir string) (*Index, error) {
	ix := &Index{fused: Usual}
	if err := ix.open(dir); err != nil {
		ix.Close()
		return nil, err
	}
	return ix, nil
}

func (ix *Index) open(dir string) error {
	for _, f := range []struct {
		name  string
		parse func([]byte) error
	}{{passagesFile, ix.readPassages}, {documentsFile, ix.readDocuments}, {termsFile, ix.readTerms}, {soundsFile, ix.readSounds}, {synonymsFile, ix.readSynonyms},
		{rulesFile, ix.readRules}, {embedderFile, ix.readEmbedder}, {vectorsFile, ix.readVectors}} {
		path := filepath.Join(dir, f.name)
		b, err := ix.mapped(path)
		if slices.Contains([]string{synonymsFile, rulesFile, embedderFile, vectorsFile}, f.name) && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := f.parse(b); err != nil {
			return damaged(path, err)
		}
	}
	if ix.embedder == Default.Name() {
		ix.Use(Default)
	}
	return nil
}

// Close gives the files back. Nothing of the index may be used afterwards.
func (ix *Index) Close() error {
	var list []error
	for _, f := range ix.closers {
		list = append(list, f())
	}
	ix.closers = nil
	return errors.Join(list...)
}

// mapped returns the bytes of a file.
func (ix *Index) mapped(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile || int64(int(info.Size())) != info.Size() {
		return nil, damaged(path, say.Errorf("the file is larger than %d bytes", "文件大于 %d 字节", int64(maxFile)))
	}
	b, done, err := mapFile(f, int(info.Size()))
	if err != nil {
		return nil, err
	}
	ix.closers = append(ix.closers, done)
	return b, nil
}

// readPassages finds the lines.
func (ix *Index) readPassages(b []byte) error {
	ix.text = b
	for at := 0; at < len(b); {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 || n > maxLine || len(ix.ends) >= maxPassages {
			return say.Errorf("line %d does not end or is too long", "第 %d 行没有结束或过长", len(ix.ends)+1)
		}
		at += n + 1
		ix.ends = append(ix.ends, at)
	}
	return nil
}

func (ix *Index) readDocuments(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	first := 0
	for {
		var s Source
		err := d.Decode(&s)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if s.Passages < 0 || s.Passages > len(ix.ends)-first {
			return say.Errorf("document %d has %d passages", "第 %d 篇文档有 %d 个段落", len(ix.sources)+1, s.Passages)
		}
		ix.sources, ix.first = append(ix.sources, s), append(ix.first, first)
		first += s.Passages
	}
	if first != len(ix.ends) {
		return say.Errorf("the documents have %d passages, and there are %d", "各文档共有 %d 个段落，实际有 %d 个", first, len(ix.ends))
	}
	return nil
}

func (ix *Index) readTerms(b []byte) error {
	terms, err := inverted.Open(b)
	if err == nil && terms.Docs() != len(ix.ends) {
		err = inverted.ErrDamaged
	}
	ix.terms = terms
	return err
}

func damaged(path string, err error) error {
	return &say.Error{Where: path, Err: err, What: say.T("the index of passages cannot be read: %v", "无法读取段落索引：%v", err),
		Next: say.T("check the store with suiren store verify, then apply again", "请用 suiren store verify 检查存储，再重新 apply")}
}

// WriteSynonyms puts the owner's synonyms beside an index.
func WriteSynonyms(dir, text string) error {
	if _, err := ParseSynonyms([]byte(text)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, synonymsFile), []byte(text), 0o666)
}

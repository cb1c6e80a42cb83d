package data

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/store"
)

// Documents is the operator that reads the owner's files, in all formats of
// knowledge/document, or the answers of a running release that its readers
// rated good. What cannot be read is set aside and named in report.json.
type Documents struct {
	Path    string    `plan:"path,optional"` // a pattern of files below the folder of the plan
	Traces  stage.Ref `plan:"traces,optional" kinds:"release" pin:"traces"`
	Rated   string    `plan:"rated,optional"`                     // of traces: good
	Set     string    `plan:"set,optional" json:",omitempty"`     // of traces: those that were chosen for it, rated or not
	License string    `plan:"license,optional" json:",omitempty"` // for the data card; any words
	Policy  stage.Ref `plan:"policy,optional" kinds:"policy" json:",omitzero"`

	Rails Rails `plan:"-" json:"-"` // needed with a policy
}

// Name, Revision and Out implement stage.Operator.
func (*Documents) Name() string    { return "documents" }
func (*Documents) Revision() int   { return 7 }
func (*Documents) Out() store.Kind { return store.Documents }

// Files implements stage.FileReader.
func (d *Documents) Files() []string {
	if d.Path == "" {
		return nil
	}
	return []string{d.Path}
}

// Check implements stage.Checker.
func (d *Documents) Check() []*say.Error {
	fail := func(where, en, zh string, args ...any) []*say.Error {
		return []*say.Error{{Where: where, What: say.T(en, zh, args...)}}
	}
	switch {
	case d.Path == "" && d.Traces.IsZero():
		return fail("", "documents come from files or from answers: write path or traces", "文档来自文件或回答：请写 path 或 traces")
	case d.Path != "" && !d.Traces.IsZero():
		return fail("traces", "path and traces are two blocks: documents come from one of them", "path 和 traces 请分成两个块：一个块的文档只能有一个来源")
	case d.Path != "" && (path.IsAbs(d.Path) || slices.Contains(strings.Split(d.Path, "/"), "..") || strings.Contains(d.Path, `\`)):
		return fail("path", "%q leaves the folder of the plan file, or is not written with /", "%q 超出了计划文件所在的目录，或没有用 / 书写", d.Path)
	case d.Rated != "" && d.Traces.IsZero():
		return fail("rated", "only traces are rated", "只有 traces 才有评分")
	case d.Set != "" && d.Traces.IsZero():
		return fail("set", "only traces are chosen for sets", "只有 traces 才有数据集")
	case d.Rated != "" && d.Rated != "good":
		return fail("rated", "rated %q: only good answers can become documents", "rated 为 %q：只有评为 good 的回答才能成为文档", d.Rated)
	}
	return nil
}

// A Document is a line of documents.jsonl and of corpus.jsonl.
type Document struct {
	ID    string `json:"id"`   // 12 digits of the SHA-256 of the text, and the path
	Path  string `json:"path"` // relative to the plan's folder, or traces/ and the answer's id
	Lang  string `json:"lang"` // zh or en
	Title string `json:"title"`
	Text  string `json:"text"`

	// Of a document that was not written as text: text is Markdown made of it.
	Format string `json:"format,omitempty"` // pdf, docx, …
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
	Pages  []int  `json:"pages,omitempty"` // where in text, in bytes, each page begins
}

func newDocument(path, text string) Document {
	h := sha256.Sum256([]byte(text))
	return Document{ID: hex.EncodeToString(h[:6]) + ":" + path, Path: path, Lang: knowledge.Lang(text), Title: knowledge.Title(path, text), Text: text}
}

// Bounds of what one block may read.
const (
	maxText      = 8 << 20 // bytes of a document; a longer one is set aside
	maxDocuments = 100_000_000
	maxAll       = 1 << 40 // bytes
	maxTraces    = 1_000_000
)

// An Aside is a file, or a record of one, that was not read, and why; or of one that was
// read a remark.
type Aside struct {
	Path  string `json:"path"`
	Cause string `json:"cause"` // unknown, broken, encrypted, scanned, empty, large, slow, crashed; of a remark damaged, beside
	En    string `json:"en"`
	Zh    string `json:"zh"`
}

type documentsReport struct {
	Format    int            `json:"format"` // 1
	Documents int            `json:"documents"`
	Languages map[string]int `json:"languages"`
	Formats   map[string]int `json:"formats"`
	Bytes     int            `json:"bytes"`
	Scanned   []scannedPages `json:"scanned_pages"`
	Rails     map[string]int `json:"rails,omitempty"`   // what the policy did ("mask personal"), and to how many documents
	Remarks   []Aside        `json:"remarks,omitempty"` // what of files that were read is not in the documents as it stands there
	SetAside  []Aside        `json:"set_aside"`
	More      int            `json:"more,omitempty"` // that were set aside too
}

// scannedPages are pages of a document that are pictures without text.
type scannedPages struct {
	Path  string `json:"path"`
	Pages []int  `json:"pages"`
}

// Run implements stage.Operator.
func (d *Documents) Run(ctx context.Context, job *stage.Job) error {
	if d.Path == "" {
		return d.answers(job)
	}
	s, err := newReading(job)
	if err != nil {
		return err
	}
	defer s.close()
	if s.pass, err = d.gate(job); err != nil {
		return err
	}
	if err := readFiles(ctx, job, s.report.At, s.add); err != nil {
		return err
	}
	r := &s.report.documentsReport
	if r.Documents == 0 {
		return noDocuments(d.Path, r.SetAside)
	}
	if n := len(r.SetAside) + r.More; n > 0 {
		first := &r.SetAside[0]
		text := say.T("files or records set aside: %[1]d, see report.json; the first is %[2]s: %[3]s", "有 %[1]d 个文件或记录未读入，见 report.json；第一个是 %[2]s：%[4]s", n, first.Path, first.En, first.Zh)
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	if n := len(r.Remarks); n > 0 {
		first := &r.Remarks[0]
		text := say.T("remarks on what was read: %[1]d, see report.json; the first is %[2]s: %[3]s", "对已读入内容的说明共 %[1]d 条，见 report.json；第一条是 %[2]s：%[4]s", n, first.Path, first.En, first.Zh)
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	return s.finish(ctx)
}

func newReport() documentsReport {
	return documentsReport{Format: 1, Languages: map[string]int{}, Formats: map[string]int{}, Scanned: []scannedPages{}, SetAside: []Aside{}}
}

// answers makes documents of rated answers.
func (d *Documents) answers(job *stage.Job) error {
	w, err := createDocuments(filepath.Join(job.Out, "documents.jsonl"))
	if err != nil {
		return err
	}
	defer w.f.Close()
	r := newReport()
	pass, err := d.gate(job)
	if err != nil {
		return err
	}
	if err := d.readTraces(job.Dir("traces"), func(doc Document) error {
		if held := r.through(pass, &doc); held != nil {
			r.aside(held)
			return nil
		}
		r.count(&doc, "")
		return w.write(&doc)
	}); err != nil {
		return err
	}
	if err := w.close(); err != nil {
		return err
	}
	return stage.WriteJSON(filepath.Join(job.Out, "report.json"), &r)
}

// count notes a document of a file in a format; "" is text.
func (r *documentsReport) count(doc *Document, format string) {
	r.Bytes += len(doc.Text)
	r.Documents++
	r.Languages[doc.Lang]++
	r.Formats[cmp.Or(format, "text")]++
}

func noDocuments(pattern string, aside []Aside) error {
	e := &say.Error{Where: pattern, What: say.T("no file can be read as a document", "没有可以作为文档读入的文件"),
		Next: say.T("put text, Markdown, HTML, PDF, Office, mail or data files there", "请在该处放入文本、Markdown、HTML、PDF、Office、邮件或数据文件")}
	if len(aside) > 0 {
		e.What = say.T("no file can be read as a document: %[1]s %[2]s", "没有可以作为文档读入的文件：%[1]s %[3]s", aside[0].Path, aside[0].En, aside[0].Zh)
	}
	return e
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// A rated is a line of traces.jsonl, as stage/operate writes it for a plan.
type rated struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Rating   int    `json:"rating"` // 1 good, -1 bad
	Sets     []string
}

// wants reports whether an answer becomes a document: one that was rated good, or with
// a set one that was chosen for it, and then rated only if that is asked too.
func (d *Documents) wants(t *rated) bool {
	if d.Set == "" {
		return t.Rating > 0
	}
	return slices.Contains(t.Sets, d.Set) && (d.Rated == "" || t.Rating > 0)
}

var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// readTraces reads the answers that are wanted, in the order of their ids. A
// release that has not answered yet has none.
func (d *Documents) readTraces(dir string, add func(Document) error) error {
	name := filepath.Join(dir, "traces.jsonl")
	var docs []Document
	err := readLines(name, func(t rated) error {
		question, answer := strings.Join(strings.Fields(t.Question), " "), strings.TrimSpace(newlines.Replace(t.Answer))
		if !d.wants(&t) || question == "" || answer == "" {
			return nil
		}
		if !plainID.MatchString(t.ID) {
			h := sha256.Sum256([]byte(t.ID))
			t.ID = hex.EncodeToString(h[:12])
		}
		if len(docs) >= maxTraces {
			return &say.Error{Where: name, What: say.T("there are more than %d answers", "回答超过 %d 条", maxTraces),
				Next: say.T("choose some of them with set", "请用 set 选取其中一部分")}
		}
		docs = append(docs, newDocument("traces/"+t.ID, question+"\n\n"+answer+"\n"))
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	slices.SortStableFunc(docs, func(a, b Document) int { return strings.Compare(a.Path, b.Path) })
	for _, doc := range docs {
		if err := add(doc); err != nil {
			return err
		}
	}
	return nil
}

// maxLine bounds a line of JSON: a text of maxText bytes, all escaped.
const maxLine = 6*maxText + 1<<16

// readLines calls f with each line of a file of JSON. An error about a line
// names file and line; what f returns is returned as it is.
func readLines[T any](name string, f func(T) error) error {
	return eachLine(name, parsed(name, func(v *T) error { return f(*v) }))
}

// unpackLines is readLines of a file that zstd packed, none of whose lines is
// longer than some bytes.
func unpackLines[T any](name string, longest int, f func(*T) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return err
	}
	defer z.Close()
	return scanLines(z, name, longest, parsed(name, f))
}

func parsed[T any](name string, f func(*T) error) func(n int, line []byte) error {
	return func(n int, line []byte) error {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return badLine(name, n, err)
		}
		return f(&v)
	}
}

// eachLine calls f with each line of a file and its number, from 1.
func eachLine(name string, f func(n int, line []byte) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return scanLines(file, name, maxLine, f)
}

func scanLines(r io.Reader, name string, longest int, f func(n int, line []byte) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, longest)
	n := 1
	for ; s.Scan(); n++ {
		if err := f(n, s.Bytes()); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return badLine(name, n, err)
	}
	return nil
}

func badLine(name string, n int, err error) error {
	return &say.Error{Where: fmt.Sprintf("%s:%d", name, n), Err: err, What: say.T("this line cannot be read: %v", "无法读取这一行：%v", err),
		Next: say.T("check the store with suiren store verify, then apply again", "请用 suiren store verify 检查存储，再重新 apply")}
}

// A documentWriter writes documents as JSON Lines.
type documentWriter struct {
	f *os.File
	b *bufio.Writer
	e *json.Encoder
}

func createDocuments(name string) (*documentWriter, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	w := &documentWriter{f: f, b: bufio.NewWriter(f)}
	w.e = json.NewEncoder(w.b)
	w.e.SetEscapeHTML(false)
	return w, nil
}

func (w *documentWriter) write(d *Document) error { return w.e.Encode(d) }

func (w *documentWriter) close() error { return errors.Join(w.b.Flush(), w.f.Close()) }

// Package document reads files into trees of blocks: what a person sees in
// them, with the place where it stands. It opens no file and no connection.
//
// Every file may be hostile. Sizes are checked before they are believed, and
// whoever cannot trust a file reads it in another process (knowledge/reader).
package document

import (
	"bytes"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/knowledge/document/pdfium"
)

// A Document is what a file says, or one part of a file that holds several.
type Document struct {
	Name     string  `json:"name"`   // the file's, and where it holds several, of its part: mail.eml/plan.pdf, rows.jsonl#12
	Format   string  `json:"format"` // html, docx, …
	Title    string  `json:"title,omitempty"`
	Author   string  `json:"author,omitempty"`
	Language string  `json:"language,omitempty"` // as the file says: zh-CN
	Date     string  `json:"date,omitempty"`     // as the file says; RFC 3339 where that is known
	Pages    int     `json:"pages,omitempty"`    // or slides, or sheets
	Scanned  []int   `json:"scanned,omitempty"`  // pages that are pictures without text
	Blocks   []Block `json:"blocks"`

	// The text as it stands, of plain text, of Markdown and of a record with a field of
	// text. Ends of lines are "\n".
	Source  string   `json:"source,omitempty"`
	Remarks []Remark `json:"remarks,omitempty"` // of Beside the first in a file
}

// A Remark says what of a file is not in its documents as it stands there.
type Remark struct {
	Cause Cause `json:"cause"`
	En    string
	Zh    string
}

// A Kind says what a block is.
type Kind string

// The kinds of block.
const (
	Heading   Kind = "heading"
	Paragraph Kind = "paragraph"
	Item      Kind = "item" // of a list
	Table     Kind = "table"
	Code      Kind = "code"
	Caption   Kind = "caption" // of a figure or a table
)

// A Block is a heading, a paragraph, an item, a table, code or a caption.
// Blocks are in the order in which they are read.
type Block struct {
	Kind  Kind       `json:"kind"`
	Level int        `json:"level,omitempty"` // of a heading, 1 to 6; of an item, 0 is the outermost
	Mark  string     `json:"mark,omitempty"`  // of a numbered item: "1."
	Text  string     `json:"text,omitempty"`  // UTF-8; "\n" where the file breaks the line by will
	Lang  string     `json:"lang,omitempty"`  // of code
	Rows  [][]string `json:"rows,omitempty"`  // of a table; all rows have as many cells
	Head  int        `json:"head,omitempty"`  // how many of the rows are its head

	Page       int         `json:"page,omitempty"` // from 1; 0 where there are none
	Box        *[4]float32 `json:"box,omitempty"`  // left, top, right, bottom in points (1/72 inch) from the page's top left
	Rest       []Rest      `json:"rest,omitempty"` // where it goes on on later pages, in order
	Start, End int         `json:",omitempty"`     // bytes of the file, where it is text in UTF-8
}

// Revision changes when the same file makes another document.
const Revision = 3

// A Rejection is a file, or a part of one, that could not be read.
type Rejection struct {
	Name   string `json:"name"`
	Cause  Cause  `json:"cause"`
	En, Zh string
}

func (r *Rejection) Error() string { return r.In(say.English) }

// In returns place and cause in lang.
func (r *Rejection) In(lang say.Lang) string {
	text := r.En
	if lang == say.Chinese {
		text = r.Zh
	}
	if r.Name == "" {
		return text
	}
	return r.Name + ": " + text
}

// A Cause says why a file was rejected.
type Cause string

// The causes.
const (
	Unknown   Cause = "unknown"   // a format that is not read
	Broken    Cause = "broken"    // not what it says that it is
	Encrypted Cause = "encrypted" // asks for a password
	Scanned   Cause = "scanned"   // pictures without text
	Empty     Cause = "empty"     // no text
	Large     Cause = "large"     // more than Limits
	Slow      Cause = "slow"      // took too long
	Crashed   Cause = "crashed"   // the process that read it died
	Missing   Cause = "missing"   // a page or a part that is not there
)

// The causes of remarks.
const (
	Damaged Cause = "damaged" // bytes that are no characters
	Beside  Cause = "beside"  // other texts of a record
)

func reject(cause Cause, en, zh string, args ...any) *Rejection {
	t := say.T(en, zh, args...)
	return &Rejection{Cause: cause, En: t.In(say.English), Zh: t.In(say.Chinese)}
}

func broken(what string, err error) *Rejection {
	return reject(Broken, "is no %s that can be read: %v", "不是可读的 %s：%v", what, said(err))
}

// said is what an error says in both languages, kept short.
func said(err error) say.Text {
	return say.T("%[1]s", "%[2]s", short(say.Err(say.English, err)), short(say.Err(say.Chinese, err)))
}

// short keeps a message that quotes a hostile file within bounds.
func short(s string) string {
	return clip(strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s), "?"), 200)
}

// A Limits bounds what one file may cost. The zero value stands for Default.
type Limits struct {
	File  int64 // bytes of a file, and of what is packed in it
	Text  int64 // bytes of text that come out of it
	Pages int   // pages, sheets, slides
	Cells int   // cells of a table
	Parts int   // documents in a file
	Depth int   // files packed in files
}

// Default is large enough for a book and small enough for 1 GiB of memory.
var Default = Limits{File: 256 << 20, Text: 64 << 20, Pages: 10_000, Cells: 1 << 20, Parts: 1 << 20, Depth: 3}

// A Sink takes documents and rejected parts in the order in which they stand
// in the file. It stops the reading by an error.
type Sink interface {
	Document(*Document) error
	Rejected(*Rejection) error
}

// A Reader reads files, one at a time. The zero value works; it keeps what
// is costly to make for the next file.
type Reader struct {
	Limits Limits
	Cache  string // folder for machine code that takes seconds to make; "" keeps none

	pdf *pdfium.Library
}

// Read reads a file, named as its owner names it, and gives what is in it to
// sink. An error is a *Rejection of the whole file, or what sink returned.
func (r *Reader) Read(name string, data []byte, sink Sink) error {
	l := r.Limits
	if l == (Limits{}) {
		l = Default
	}
	s := &source{Reader: r, limits: l, sink: sink, left: l.Text, parts: l.Parts, packed: l.File}
	return s.read(name, data)
}

// Close gives back what the Reader kept.
func (r *Reader) Close() {
	if r.pdf != nil {
		r.pdf.Close()
		r.pdf = nil
	}
}

// A source is one file while it is read, with all that is packed in it.
type source struct {
	*Reader
	limits Limits
	sink   Sink
	left   int64 // text that may still come
	packed int64 // bytes that may still be unpacked
	one    int64 // of a stream: bytes that one document may have; a longer one is left out. 0: no stream
	parts  int
	depth  int
	draw   *drawing // what is asked for instead of text, or nil

	told    map[Cause]bool // remarks that were made
	remarks []Remark       // for the next document
	lost    loss           // in the next document
	damaged int            // documents that told a loss
}

// mostDamaged bounds the documents of a file that tell what of them was lost.
const mostDamaged = 100

// remark has the next document tell something, once in a file.
func (s *source) remark(cause Cause, en, zh string, args ...any) {
	if s.told[cause] {
		return
	}
	if s.told == nil {
		s.told = map[Cause]bool{}
	}
	s.told[cause] = true
	r := reject(cause, en, zh, args...)
	s.remarks = append(s.remarks, Remark{cause, r.En, r.Zh})
}

func (s *source) read(name string, data []byte) error {
	if int64(len(data)) > s.limits.File {
		return reject(Large, "is longer than %d MiB", "超过 %d MiB", s.limits.File>>20).named(name)
	}
	if len(data) == 0 {
		return reject(Empty, "is empty", "是空的").named(name)
	}
	format := Detect(name, data)
	read, ok := formats[format]
	if !ok {
		return reject(Unknown, "is in no format that is read here", "不是支持读取的格式").named(name)
	}
	switch d := s.draw; {
	case d == nil || holders[format]:
	case format == "pdf":
		read = d.draw
	default:
		return nil
	}
	err := caught(format, func() error { return read(s, name, data) })
	if r, ok := errors.AsType[*Rejection](err); ok && r.Name == "" {
		return r.named(name)
	}
	return err
}

func (r *Rejection) named(name string) *Rejection {
	r.Name = name
	return r
}

// formats are the formats that are read.
var formats map[string]func(s *source, name string, data []byte) error

func init() { // the map names functions that use it
	one := func(parse func(*source, *Document, []byte) error) func(*source, string, []byte) error {
		return func(s *source, name string, data []byte) error {
			d := &Document{Name: name}
			d.Format = Detect(name, data)
			if err := parse(s, d, data); err != nil {
				return err
			}
			return s.give(d)
		}
	}
	formats = map[string]func(*source, string, []byte) error{
		"txt": func(s *source, name string, data []byte) error {
			if text, _, err := decode(data); err == nil && Several(name, []byte(text)) {
				return readPieces(s, name, bytes.NewReader(data))
			}
			return one(readText)(s, name, data)
		},
		"markdown": one(readMarkdown), "html": one(readHTML), "csv": readCSV,
		"docx": one(readDOCX), "xlsx": one(readXLSX), "pptx": one(readPPTX), "odt": one(readODT), "epub": one(readEPUB),
		"ole":     readOLE,
		"pdf":     func(s *source, name string, data []byte) error { return s.readPDF(s, name, data) },
		"parquet": readParquet, "json": readJSON, "jsonl": readJSONL, "eml": readMail, "warc": readWARC, "zip": readZIP, "gzip": readPacked, "zstd": readPacked,
	}
}

// give hands a document on if it says something.
func (s *source) give(d *Document) error {
	lost := s.lost
	s.lost = loss{}
	n := 0
	keep := d.Blocks[:0]
	for _, b := range d.Blocks {
		if b.Kind == Table {
			if b = b.squared(); len(b.Rows) == 0 {
				continue
			}
		} else if strings.TrimSpace(b.Text) == "" {
			continue
		}
		n += b.size()
		keep = append(keep, b)
	}
	d.Blocks = keep
	if strings.TrimSpace(d.Source) == "" {
		d.Source = ""
	}
	n = max(n, len(d.Source))
	d.Title, d.Author = clip(oneLine(d.Title), 300), clip(oneLine(d.Author), 300)
	d.Language, d.Date = clip(oneLine(d.Language), 40), clip(oneLine(d.Date), 60)
	switch {
	case len(d.Blocks) == 0 && len(d.Scanned) > 0:
		return reject(Scanned, "its %d pages are pictures without text; recognise the text (OCR) first", "共 %d 页，全部是没有文字层的图像；请先做文字识别（OCR）", len(d.Scanned))
	case len(d.Blocks) == 0 && d.Source == "":
		return reject(Empty, "holds no text", "没有文字")
	}
	if s.one > 0 && int64(n) > s.one {
		return s.sink.Rejected(reject(Large, "holds more than %d MiB of text", "文字超过 %d MiB", s.one>>20).named(d.Name))
	}
	if s.left -= int64(n); s.left < 0 {
		return reject(Large, "holds more than %d MiB of text", "文字超过 %d MiB", s.limits.Text>>20)
	}
	if s.parts--; s.parts < 0 {
		return reject(Large, "holds more than %d documents", "包含的文档超过 %d 篇", s.limits.Parts)
	}
	if lost != (loss{}) {
		if s.damaged++; s.damaged <= mostDamaged {
			s.remarks = append(s.remarks, lost.remark())
		}
	}
	d.Remarks, s.remarks = s.remarks, nil
	return s.sink.Document(d)
}

// size is the length of the text of a block.
func (b *Block) size() int {
	n := len(b.Text)
	for _, row := range b.Rows {
		for _, cell := range row {
			n += len(cell) + 1
		}
	}
	return n
}

// squared gives all rows as many cells, and takes away rows and columns that
// are empty.
func (b Block) squared() Block {
	width := 0
	for _, r := range b.Rows {
		for i := range r {
			r[i] = strings.TrimSpace(r[i])
			if r[i] != "" {
				width = max(width, i+1)
			}
		}
	}
	used := make([]bool, width)
	for _, r := range b.Rows {
		for i, c := range r[:min(len(r), width)] {
			used[i] = used[i] || c != ""
		}
	}
	var rows [][]string
	head := 0
	for at, r := range b.Rows {
		row := make([]string, 0, width)
		full := false
		for i := range width {
			if !used[i] {
				continue
			}
			cell := ""
			if i < len(r) {
				cell = r[i]
			}
			full = full || cell != ""
			row = append(row, cell)
		}
		if full {
			rows = append(rows, row)
			if at < b.Head {
				head++
			}
		}
	}
	b.Rows, b.Head = rows, head
	return b
}

// unpack reads a file that lies in another. A part that cannot be read is
// told to the sink and costs nothing else.
func (s *source) unpack(name string, data []byte) error {
	if s.depth >= s.limits.Depth {
		return s.sink.Rejected(reject(Large, "is packed more than %d files deep", "嵌套超过 %d 层", s.limits.Depth).named(name))
	}
	s.depth++
	err := s.read(name, data)
	s.depth--
	if r, ok := errors.AsType[*Rejection](err); ok && s.left >= 0 && s.parts >= 0 && s.packed >= 0 {
		return s.sink.Rejected(r)
	}
	return err
}

// join names a part of a file.
func join(name, part string) string {
	part = path.Clean("/" + strings.ReplaceAll(part, `\`, "/"))
	return name + clip(strings.ToValidUTF8(part, "_"), 300)
}

// clip returns the first n runes of s.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

func toUTF8(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// wide reports whether r stands in text that has no spaces between words.
func wide(r rune) bool {
	return r >= 0x2E80 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFAFF || r >= 0xFF00 && r <= 0xFF60 || r >= 0x20000 && r <= 0x3FFFF
}

// glue joins two pieces of a running text that the file keeps apart by layout
// only: with a space, except between characters that have none.
func glue(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	l, _ := utf8.DecodeLastRuneInString(a)
	f, _ := utf8.DecodeRuneInString(b)
	if wide(l) && wide(f) || l == ' ' || l == '\n' || f == ' ' || f == '\n' {
		return a + b
	}
	return a + " " + b
}

package document

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	enc "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Texts and files of many documents are read as streams from this size on, of
// packed ones an eighth of it.
const large = 8 << 20

// streams are the formats that are read as streams, and how.
var streams map[string]func(s *source, name string, r io.Reader) error

func init() {
	streams = map[string]func(*source, string, io.Reader) error{"jsonl": readLines, "warc": readRecords, "csv": readRows, "txt": readPieces, "markdown": readPieces}
}

// Streams reports whether ReadAt is to read a file, given its first bytes: it
// is large, and is text or holds many documents.
func Streams(name string, head []byte, size int64) bool {
	switch format := Detect(name, head); format {
	case "gzip", "zstd":
		return size >= large/8 && streams[within(name)] != nil
	case "parquet":
		return size >= large
	default:
		return size >= large && streams[format] != nil
	}
}

// within is the format of what is packed in a file, by its name.
func within(name string) string {
	return byEnding[strings.ToLower(path.Ext(strings.TrimSuffix(name, path.Ext(name))))]
}

// Bounds of a stream, by its size: honest text packs to a tenth, and bombs to
// a thousandth.
const (
	unpacksTo   = 100
	mostPacked  = 1 << 40
	rowsOfTable = 500 // of a table that is cut, and bytes
	textOfTable = 1 << 20
)

// ReadAt is Read for a file that Streams named: text, Markdown, JSON Lines, WARC, CSV
// and Parquet, all but the last also packed. It holds one document at a time. Of what it would
// give to sink, documents and rejected parts, the first skip are left out. The limits of text and
// of parts grow with the file.
func (r *Reader) ReadAt(name string, f io.ReaderAt, size int64, skip int, sink Sink) error {
	l := r.Limits
	if l == (Limits{}) {
		l = Default
	}
	most := min(size, mostPacked/unpacksTo) * unpacksTo
	s := &source{Reader: r, limits: l, sink: &skipping{sink, skip}, left: l.Text + most, parts: l.Parts + int(min(size, 1<<32)), packed: l.File + most, one: l.Text}
	err := caught("stream", func() error {
		head := make([]byte, min(size, 1024))
		if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			return broken("file", err)
		}
		format := Detect(name, head)
		if format == "parquet" {
			return s.parquet(name, f, size)
		}
		in := io.Reader(bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 1<<18))
		switch format {
		case "gzip":
			z, err := gzip.NewReader(in)
			if err != nil {
				return broken("gzip", err)
			}
			in, format = &unpacking{s, z}, within(name)
		case "zstd":
			z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(mostPacked), zstd.WithDecoderMaxWindow(128<<20))
			if err != nil {
				return broken("zstd", err)
			}
			defer z.Close()
			in, format = &unpacking{s, z}, within(name)
		}
		read := streams[format]
		if read == nil {
			return reject(Unknown, "is in no format that is read here", "不是支持读取的格式")
		}
		part := name
		if in, ok := in.(*unpacking); ok && in != nil {
			var back func()
			part, back = s.packedIn(name)
			defer back()
		}
		return read(s, part, in)
	})
	if r, ok := errors.AsType[*Rejection](err); ok {
		return r.named(name)
	}
	return err
}

// caught calls f; a library's fault is a broken file.
func caught(format string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = broken(format, fmt.Errorf("%v", p))
		}
	}()
	return f()
}

// A skipping leaves the first n out.
type skipping struct {
	Sink
	n int
}

func (s *skipping) Document(d *Document) error {
	if s.n > 0 {
		s.n--
		return nil
	}
	return s.Sink.Document(d)
}

func (s *skipping) Rejected(r *Rejection) error {
	if s.n > 0 {
		s.n--
		return nil
	}
	return s.Sink.Rejected(r)
}

// An unpacking bounds what comes out of a packed file.
type unpacking struct {
	s *source
	r io.Reader
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if u.s.packed -= int64(n); u.s.packed < 0 {
		return 0, reject(Large, "unpacks to more than %d times its size", "解压后超过其大小的 %d 倍", unpacksTo)
	}
	return n, err
}

// utf8Reader decodes a text by its mark or its first bytes. What is not UTF-8
// further on is left to whoever reads a line of it. byLine says that lines are decoded,
// too: then a few bytes beside ASCII do not decide about the rest.
func utf8Reader(in io.Reader, byLine bool) (*bufio.Reader, error) {
	r := bufio.NewReaderSize(in, 1<<16)
	head, err := r.Peek(1 << 16)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	skip, e, err := encodingOf(head, err == nil)
	if err != nil {
		return nil, err
	}
	r.Discard(skip)
	if e == nil || byLine && e == charmap.Windows1252 {
		return r, nil
	}
	return bufio.NewReaderSize(transform.NewReader(r, e.NewDecoder()), 1<<16), nil
}

// encodingOf tells by its first bytes in what encoding a text is, nil if it is UTF-8, and
// how long its mark is. more says that it goes on, so a character may be cut off.
func encodingOf(head []byte, more bool) (skip int, e encoding.Encoding, err error) {
	if more {
		head = whole(head)
	}
	switch {
	case bytes.HasPrefix(head, []byte(mark)):
		return len(mark), nil, nil
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return 0, nil, reject(Broken, "is in UTF-32: save it as UTF-8", "是 UTF-32 编码：请另存为 UTF-8")
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return 2, enc.UTF16(enc.LittleEndian, enc.IgnoreBOM), nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return 2, enc.UTF16(enc.BigEndian, enc.IgnoreBOM), nil
	}
	e, err = knownEncoding(head, true)
	return 0, e, err
}

// nextLine reads a line of at most most bytes into b, without its end. One that is
// longer is read to its end, and lost.
func nextLine(r *bufio.Reader, b []byte, most int64) (text []byte, long bool, err error) {
	b = b[:0]
	for {
		piece, err := r.ReadSlice('\n')
		if long = long || int64(len(b)+len(piece)) > most; !long {
			b = append(b, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) && (len(b) > 0 || long) {
			err = nil
		}
		return bytes.TrimRight(b, "\r\n"), long, err
	}
}

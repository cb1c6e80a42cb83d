package document

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// readZIP reads the files in a ZIP file, in its order.
func readZIP(s *source, name string, data []byte) error {
	p, err := s.open("ZIP", data)
	if err != nil {
		return err
	}
	n := 0
	for _, f := range p.order {
		base := path.Base(f.Name)
		if f.FileInfo().IsDir() || Hidden(base) || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		n++
		part := join(name, memberName(f.Name, f.NonUTF8))
		b, err := p.member(f)
		if s.packed < 0 {
			return err
		}
		if err != nil {
			r, ok := errors.AsType[*Rejection](err)
			if !ok {
				r = broken("ZIP", err)
			}
			if err := s.sink.Rejected(r.named(part)); err != nil {
				return err
			}
			continue
		}
		if err := s.unpack(part, b); err != nil {
			return err
		}
	}
	if n == 0 {
		return reject(Empty, "holds no files", "没有文件")
	}
	return nil
}

// memberName decodes the name of a member that is not marked as UTF-8.
func memberName(name string, other bool) string {
	if !other {
		return name
	}
	if text, _, err := decode([]byte(name)); err == nil {
		return text
	}
	return name
}

// unpacked reads what follows, within what may still be unpacked.
func (s *source) unpacked(what string, r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, s.packed+1))
	if s.packed -= int64(len(b)); s.packed < 0 {
		return nil, reject(Large, "unpacks to more than %d MiB", "解压后超过 %d MiB", s.limits.File>>20)
	}
	if err != nil {
		return nil, broken(what, err)
	}
	return b, nil
}

// A renaming tells of what is packed in a file by that file's name.
type renaming struct {
	Sink
	from, to string
}

func (r *renaming) name(s string) string {
	if rest, ok := strings.CutPrefix(s, r.from); ok {
		return r.to + rest
	}
	return s
}

// Document implements Sink.
func (r *renaming) Document(d *Document) error {
	d.Name = r.name(d.Name)
	return r.Sink.Document(d)
}

// Rejected implements Sink.
func (r *renaming) Rejected(w *Rejection) error {
	w.Name = r.name(w.Name)
	return r.Sink.Rejected(w)
}

// packedIn returns the name by which what is packed in a file is read, and has what
// is found in it told by the file's name until back is called.
func (s *source) packedIn(name string) (inner string, back func()) {
	inner = strings.TrimSuffix(name, path.Ext(name))
	sink := s.sink
	s.sink = &renaming{sink, inner, name}
	if s.draw == nil {
		return inner, func() { s.sink = sink }
	}
	part := s.draw.part
	if rest, ok := strings.CutPrefix(part, name); ok {
		s.draw.part = inner + rest
	}
	return inner, func() { s.sink, s.draw.part = sink, part }
}

// readPacked reads one file that is compressed with gzip or Zstandard. How it is
// read is said by its name without the last ending; it is told by the whole.
func readPacked(s *source, name string, data []byte) error {
	var b []byte
	if Detect(name, data) == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return broken("gzip", err)
		}
		if b, err = s.unpacked("gzip", z); err != nil {
			return err
		}
	} else {
		z, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(s.limits.File)), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return broken("zstd", err)
		}
		defer z.Close()
		if b, err = s.unpacked("zstd", z); err != nil {
			return err
		}
	}
	if s.depth >= s.limits.Depth {
		return reject(Large, "is packed more than %d files deep", "嵌套超过 %d 层", s.limits.Depth)
	}
	s.depth++
	inner, back := s.packedIn(name)
	err := s.read(inner, b)
	back()
	s.depth--
	if r, ok := errors.AsType[*Rejection](err); ok {
		return r.named(name)
	}
	return err
}

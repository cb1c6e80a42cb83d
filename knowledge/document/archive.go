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
		if f.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(f.Name, "__MACOSX/") {
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

// readPacked reads one file that is compressed with gzip or Zstandard; its
// name is that of the packed file without its last ending.
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
	err := s.read(strings.TrimSuffix(name, path.Ext(name)), b)
	s.depth--
	if r, ok := errors.AsType[*Rejection](err); ok {
		return r.named(name)
	}
	return err
}

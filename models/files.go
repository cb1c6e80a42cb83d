package models

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"suiren/engine/weights"
	"suiren/store"
)

// Files lists the files of an open model at path, without their digests: of
// GGUF the parts of the set, of a folder all that is in it.
func Files(m *weights.Model, path string) (files []File, err error) {
	add := func(at, name string) error {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return &weights.GGUFError{Path: at, At: -1, Fault: weights.NotRegular}
		}
		files = append(files, File{Path: name, Bytes: info.Size(), Time: info.ModTime().UTC().Truncate(time.Second)})
		return nil
	}
	if m.Format == "gguf" {
		for _, p := range m.Paths {
			if err := add(p, filepath.Base(p)); err != nil {
				return nil, err
			}
		}
		return files, nil
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(path, file)
		if err != nil {
			return err
		}
		return add(file, filepath.ToSlash(name))
	})
	return files, err
}

// Sum returns the SHA-256 of a file. It ends with ctx.
func Sum(ctx context.Context, path string) (store.Digest, error) { return sum(ctx, path) }

func sum(ctx context.Context, path string) (d store.Digest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return d, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.CopyBuffer(h, struct{ io.Reader }{until{ctx, f}}, make([]byte, 1<<20))
	h.Sum(d[:0])
	return d, err
}

// until reads until its context ends.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u until) Read(b []byte) (int, error) {
	if err := context.Cause(u.ctx); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

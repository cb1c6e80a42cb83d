package weights

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// A Folder is the weights of an open Hugging Face folder: one safetensors
// file, or several and their index. Its methods may be called concurrently.
type Folder struct {
	files []*File
	where map[string]*File
}

// OpenFolder opens the safetensors files of a folder and checks that they
// hold what their index says, and nothing twice.
func OpenFolder(dir string) (*Folder, error) {
	f := &Folder{where: map[string]*File{}}
	if err := f.open(dir); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *Folder) open(dir string) error {
	names, err := shards(dir)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		file, err := OpenFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		f.files = append(f.files, file)
		for _, tensor := range file.Names() {
			if f.where[tensor] != nil {
				return malformed(file.path, tensor, "is in two files")
			}
			f.where[tensor] = file
		}
		for _, tensor := range names[name] {
			if _, ok := file.entries[tensor]; !ok {
				return malformed(file.path, tensor, "the index says that it is here, and it is not")
			}
		}
	}
	return nil
}

// Close closes the files.
func (f *Folder) Close() error {
	var first error
	for _, file := range f.files {
		if err := file.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Names returns the names of all tensors, sorted.
func (f *Folder) Names() []string { return slices.Sorted(maps.Keys(f.where)) }

// TypeOf returns the type that safetensors calls dtype. ok is false if it is
// none that Decode knows.
func TypeOf(dtype string) (t Type, ok bool) {
	switch dtype {
	case "F32":
		return F32, true
	case "F16":
		return F16, true
	case "BF16":
		return BF16, true
	}
	return 0, false
}

// Tensor returns what the files hold under a name: dtype, as they call it, and
// the shape. ok is false if they hold nothing.
func (f *Folder) Tensor(name string) (dtype string, shape []int, ok bool) {
	file := f.where[name]
	if file == nil {
		return "", nil, false
	}
	e := file.entries[name]
	return e.dtype, e.shape, true
}

// Copy fills dst with the bytes of a tensor from byte at on.
func (f *Folder) Copy(name string, at int64, dst []byte) error {
	file := f.where[name]
	if file == nil {
		return malformed("", name, "no such tensor")
	}
	e := file.entries[name]
	if at < 0 || at+int64(len(dst)) > e.to-e.from {
		return malformed(file.path, name, "has %d bytes, not %d from %d on", e.to-e.from, len(dst), at)
	}
	if _, err := file.file.ReadAt(dst, file.start+e.from+at); err != nil {
		return fmt.Errorf("read tensor %s of %s: %w", name, file.path, err)
	}
	return nil
}

// Package durable writes files that outlive a loss of power: under a name there
// is the old file or the new one, whole, and what was acknowledged is on the disk.
package durable

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file beside path and then gives it the name. After an error
// path is as it was.
func Write(path string, mode fs.FileMode, write func(io.Writer) error) error {
	return writeAs(path, mode, write, os.Rename)
}

// writeAs is Write with how the file gets its name.
func writeAs(path string, mode fs.FileMode, write func(io.Writer) error, name func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already if all went well
	w := bufio.NewWriter(f)
	err = write(w)
	if err == nil {
		err = errors.Join(w.Flush(), f.Chmod(mode), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := name(f.Name(), path); err != nil {
		return err
	}
	return Sync(filepath.Dir(path))
}

// WriteFile is Write of bytes that are there already.
func WriteFile(path string, b []byte, mode fs.FileMode) error {
	return Write(path, mode, bytesOf(b))
}

// CreateFile is WriteFile of a file that is not there: of two who create it one
// gets fs.ErrExist, and the file is the other's.
func CreateFile(path string, b []byte, mode fs.FileMode) error {
	return writeAs(path, mode, bytesOf(b), os.Link)
}

func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

// Rename gives a file or a folder another name, and brings the name to the
// disk. What it holds must be there already.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return Sync(filepath.Dir(to))
}

// Sync brings a file, or the names in a folder, to the disk.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Tree brings all files and folders below dir to the disk, and itself.
func Tree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		return Sync(path)
	})
}

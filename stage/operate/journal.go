package operate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
)

// maxLine bounds a line of a journal, in bytes.
const maxLine = 64 << 20

// A journal is a file of lines that is only ever appended to. A line that
// lacks its end was not acknowledged, and goes when the journal is opened.
// Processes take turns by an advisory lock.
type journal struct {
	f    *os.File
	path string
	size int64 // of the whole lines
}

// openJournal opens or makes the file. Call begin before reading from it.
func openJournal(path string) (*journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	_, err := os.Stat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if fresh {
		if err := durable.Sync(filepath.Dir(path)); err != nil {
			f.Close()
			return nil, err
		}
	}
	return &journal{f: f, path: path}, nil
}

// begin takes the lock, takes away a half-written last line, and hands each
// line that this journal has not seen yet to see. The caller calls end.
func (j *journal) begin(see func(line []byte) error) error {
	if err := flock.Lock(j.f); err != nil {
		return err
	}
	err := func() error {
		info, err := j.f.Stat()
		if err != nil {
			return err
		}
		if info.Size() < j.size {
			return &say.Error{Where: j.path, What: say.T("the file became shorter while it was in use", "文件在使用中变短了"),
				Next: say.T("stop what changes it, and start again", "请停止修改它的程序，然后重新启动")}
		}
		if info.Size() == j.size { // nobody else wrote
			return nil
		}
		whole, err := lines(io.NewSectionReader(j.f, j.size, info.Size()-j.size), see)
		if j.size += whole; err != nil {
			return err
		}
		if j.size < info.Size() {
			return j.f.Truncate(j.size)
		}
		return nil
	}()
	if err != nil {
		flock.Unlock(j.f)
	}
	return err
}

func (j *journal) end() { flock.Unlock(j.f) }

// append writes one line between begin and end. A line that could not be
// written whole is taken back.
func (j *journal) append(line []byte, sync bool) error {
	if len(line) >= maxLine {
		return say.Errorf("a line of %d bytes is too long for %s", "一行有 %d 字节，超出 %s 的上限", len(line), j.path)
	}
	line = append(line, '\n')
	_, err := j.f.WriteAt(line, j.size)
	if err == nil && sync {
		err = j.f.Sync()
	}
	if err != nil {
		return errors.Join(err, j.f.Truncate(j.size))
	}
	j.size += int64(len(line))
	return nil
}

// lines hands every line that has its end to see, and returns the number of
// bytes they take. The line is good until see returns.
func lines(r io.Reader, see func(line []byte) error) (whole int64, err error) {
	b := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return whole, say.Errorf("a line is longer than %d bytes", "有一行超过 %d 字节", maxLine)
		}
		line = append(line, part...)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF:
			return whole, nil
		case err != nil:
			return whole, err
		}
		if err := see(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return whole, err
		}
		whole += int64(len(line))
		line = line[:0]
	}
}

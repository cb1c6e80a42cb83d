// Package care keeps what the owner decided about keeping and deleting: how
// long records are kept, what is on hold, when backups are made, which acts need
// two persons, and who was erased. It is one small file of JSON, care.json,
// beside the books, which several processes may use.
package care

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
)

// A State is the file.
type State struct {
	Format    int            `json:"format"`         // 1
	Keep      map[string]int `json:"keep,omitempty"` // days, by class; a class that is not there is kept until someone deletes it
	Holds     []Hold         `json:"holds,omitempty"`
	Kept      Run            `json:"kept,omitzero"` // the last retention
	Backup    *Schedule      `json:"backup,omitempty"`
	TwoPeople []string       `json:"two_people,omitempty"` // acts
	Access    string         `json:"access,omitempty"`     // folder of the rules of access that the server went by last
	Requests  []Request      `json:"requests,omitempty"`   // for a second person, the oldest first
	Salt      string         `json:"salt,omitempty"`       // of the erasures made here
	Erased    []Erasure      `json:"erased,omitempty"`     // the oldest first
}

// A Run is when a job was done last, and how that ended.
type Run struct {
	Time  time.Time `json:"time"`
	Error string    `json:"error,omitempty"`
}

// maxFile bounds the file, in bytes.
const maxFile = 64 << 20

// A Book is the file. It may be used by many goroutines.
type Book struct {
	Now func() time.Time // set by Open to time.Now

	path string
}

// Name is that of the file, in the folder of the books.
const Name = "care.json"

// Open returns the book of a folder, which need not have the file yet.
func Open(dir string) *Book { return &Book{Now: time.Now, path: filepath.Join(dir, Name)} }

// Read returns the state.
func (b *Book) Read() (*State, error) {
	f, err := os.Open(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return &State{Format: 1}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(&limited{f, maxFile}); err != nil {
		return nil, b.unreadable(err)
	}
	s, err := parse(text.Bytes())
	if err != nil {
		return nil, b.unreadable(err)
	}
	return s, nil
}

func parse(text []byte) (*State, error) {
	s := new(State)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, err
	}
	if s.Format != 1 {
		return nil, say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", s.Format)
	}
	for class, days := range s.Keep {
		if err := checkKeep(class, days); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (b *Book) unreadable(err error) error {
	return &say.Error{Where: b.path, Err: err, What: say.T("the file of what is kept cannot be read: %v", "无法读取保留与审批文件：%v", err),
		Next: say.T("restore it from a backup", "请从备份恢复")}
}

// Change lets f change the state, while no other process does, and returns when
// it is on the disk. If f fails nothing is changed.
func (b *Book) Change(f func(*State) error) error {
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return err
	}
	turn, err := os.OpenFile(b.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer turn.Close() // and with it the lock
	if err := flock.Lock(turn); err != nil {
		return err
	}
	s, err := b.Read()
	if err != nil {
		return err
	}
	if err := f(s); err != nil {
		return err
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return durable.WriteFile(b.path, append(text, '\n'), 0o600)
}

// A limited reader fails where io.LimitReader would end.
type limited struct {
	f    *os.File
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.f.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n, say.Errorf("it is larger than %d bytes", "超过 %d 字节", maxFile)
	}
	return n, err
}

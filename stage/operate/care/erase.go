package care

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/crypto/argon2"

	"suiren/internal/durable"
	"suiren/internal/say"
)

// An Erasure says that somebody was erased, and, once that is done, not who: of
// the name a salted digest stays, by which a backup from before is known to hold
// them. Whoever has the salt can test a guess, at the cost of a hash each.
type Erasure struct {
	As     string    `json:"as"` // the random name that stands for them in the books
	Time   time.Time `json:"time"`
	By     string    `json:"by"`
	Said   bool      `json:"said,omitempty"` // what was said alone: the account, or key, stays
	Name   string    `json:"name,omitempty"` // until it is done
	Salt   string    `json:"salt,omitempty"`
	Digest string    `json:"digest,omitempty"`
	Done   time.Time `json:"done,omitzero"`

	Contents int64     `json:"contents"`         // of requests, gone
	Held     int64     `json:"held,omitempty"`   // of refused ones, that stay
	Until    time.Time `json:"until,omitzero"`   // until then
	Learnt   int       `json:"learnt,omitempty"` // answers that documents may have been made of
}

// The cost of a digest (Argon2id): what a guess of a name costs, and each name of a
// backup once.
const (
	digestTime   = 1
	digestMemory = 16 << 10 // KiB
)

// maxErased bounds the list; maxErasedFile the file beside backups.
const (
	maxErased     = 100_000
	maxErasedFile = 64 << 20
)

func digest(name, salt string) string {
	return base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(name), []byte(salt), digestTime, digestMemory, 1, 32))
}

// BeginErase writes down that somebody is to be erased: from then on it will be,
// whatever happens to the process. What is on hold is refused. Of somebody whose
// erasure is under way it returns that one.
func (b *Book) BeginErase(name, by string, said bool) (e Erasure, err error) {
	if name == "" || len(name) > 256 {
		return e, say.Errorf("whom to erase is not said", "没有指明要清除谁")
	}
	return e, b.Change(func(s *State) error {
		if err := s.Free(name); err != nil {
			return err
		}
		for _, old := range s.Erased {
			if old.Name == name && old.Said == said {
				e = old
				return nil
			}
		}
		if len(s.Erased) >= maxErased {
			return say.Errorf("%d people were erased, more cannot be remembered", "已清除 %d 人，无法再记录", maxErased)
		}
		if s.Salt == "" {
			s.Salt = rand.Text()
		}
		e = Erasure{As: "erased-" + rand.Text()[:12], Time: b.Now().UTC(), By: by, Said: said, Name: name, Salt: s.Salt, Digest: digest(name, s.Salt)}
		s.Erased = append(s.Erased, e)
		return nil
	})
}

// Again writes down that somebody is to be erased who was erased before: a backup
// has brought them back.
func (b *Book) Again(name string, e Erasure) error {
	e.Name, e.Done = name, time.Time{}
	return b.Change(func(s *State) error {
		if i := slices.IndexFunc(s.Erased, func(x Erasure) bool { return x.As == e.As }); i >= 0 {
			s.Erased[i] = e
			return nil
		}
		s.Erased = append(s.Erased, e)
		return nil
	})
}

// EndErase writes down that it is done, and forgets the name.
func (b *Book) EndErase(e *Erasure) error {
	name := e.Name
	e.Name, e.Done = "", b.Now().UTC()
	return b.Change(func(s *State) error {
		i := slices.IndexFunc(s.Erased, func(x Erasure) bool { return x.As == e.As })
		if i < 0 {
			return say.Errorf("the erasure %s was not begun", "清除 %s 尚未开始", e.As)
		}
		s.Erased[i] = *e
		if !e.Said {
			s.rename(name, e.As)
		}
		return nil
	})
}

// rename puts another name in the place of somebody's.
func (s *State) rename(name, as string) {
	put := func(at *string) {
		if *at == name {
			*at = as
		}
	}
	for i := range s.Holds {
		put(&s.Holds[i].By)
	}
	for i := range s.Erased {
		put(&s.Erased[i].By)
	}
	for i := range s.Requests {
		r := &s.Requests[i]
		for _, at := range []*string{&r.Subject, &r.Asker, &r.Decider} {
			put(at)
		}
		if r.Subject == as || r.Asker == as {
			r.Body, r.Reason, r.Why = nil, "", ""
		}
	}
}

// Under are the erasures that were begun and are not done.
func (s *State) Under() (list []Erasure) {
	for _, e := range s.Erased {
		if e.Name != "" {
			list = append(list, e)
		}
	}
	return list
}

// LastErased is when the last one was done.
func (s *State) LastErased() (last time.Time) {
	for _, e := range s.Erased {
		if e.Done.After(last) {
			last = e.Done
		}
	}
	return last
}

// Known finds which of some names were erased after a time: those that a backup of
// that time brings back.
func Known(list []Erasure, names []string, after time.Time) map[string]Erasure {
	found := map[string]Erasure{}
	bySalt := map[string]map[string]Erasure{}
	for _, e := range list {
		if e.Name == "" && e.Time.After(after) {
			if bySalt[e.Salt] == nil {
				bySalt[e.Salt] = map[string]Erasure{}
			}
			if old, ok := bySalt[e.Salt][e.Digest]; !ok || old.Said { // an account's goes before
				bySalt[e.Salt][e.Digest] = e
			}
		}
	}
	for salt, erased := range bySalt {
		for _, name := range names {
			if e, ok := erased[digest(name, salt)]; ok {
				found[name] = e
			}
		}
	}
	return found
}

// ErasedName is the name of the file, beside backups and the plan, that says who
// was erased since.
const ErasedName = "suiren-erased.json"

// WriteErased adds erasures to that file of a folder: what it says already stays.
func WriteErased(dir string, list []Erasure) error {
	path := filepath.Join(dir, ErasedName)
	done, err := ReadErased(path)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, e := range done {
		known[e.As] = true
	}
	before := len(done)
	for _, e := range list {
		if e.Name == "" && !known[e.As] {
			done = append(done, e)
		}
	}
	if len(done) == before {
		return nil
	}
	text, err := json.MarshalIndent(map[string]any{"format": 1, "erased": done}, "", " ")
	if err != nil {
		return err
	}
	return durable.WriteFile(path, append(text, '\n'), 0o600)
}

// ReadErased reads such a file; there need be none.
func ReadErased(path string) ([]Erasure, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var file struct {
		Format int       `json:"format"`
		Erased []Erasure `json:"erased"`
	}
	d := json.NewDecoder(&limited{f, maxErasedFile})
	d.DisallowUnknownFields()
	if err = d.Decode(&file); err == nil && (file.Format != 1 || len(file.Erased) > maxErased) {
		err = say.Errorf("format %d, %d entries", "格式 %d，%d 条", file.Format, len(file.Erased))
	}
	if err != nil {
		return nil, &say.Error{Where: path, Err: err, What: say.T("the list of those who were erased cannot be read: %v", "无法读取已清除名单：%v", err),
			Next: say.T("use another copy: one lies beside the plan and beside each scheduled backup", "请使用另一份副本：计划目录和定时备份目录中各有一份")}
	}
	// Of somebody who is not gone yet the file says nothing.
	return slices.DeleteFunc(file.Erased, func(e Erasure) bool { return e.Name != "" }), nil
}

// AddErased takes erasures over that were made elsewhere, or later.
func (b *Book) AddErased(list []Erasure) error {
	return b.Change(func(s *State) error {
		for _, e := range list {
			if !slices.ContainsFunc(s.Erased, func(x Erasure) bool { return x.As == e.As }) && len(s.Erased) < maxErased {
				s.Erased = append(s.Erased, e)
			}
		}
		return nil
	})
}

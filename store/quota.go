package store

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
)

// ErrQuota is wrapped by the error about a state folder that holds more than its
// owner allows.
var ErrQuota = errors.New("the quota is used up")

// The classes of files of a state folder, each of which may have a quota. All is the
// folder.
const (
	All    = ""
	Made   = "made"   // artifacts, checkpoints, curves, logs of runs
	Books  = "books"  // records, ledger, traces, accounts, audit log
	Copies = "copies" // of records and books, from before an upgrade
)

// QuotaClasses are those but All.
var QuotaClasses = []string{Made, Books, Copies}

// frees says of a class what makes room.
var frees = map[string]say.Text{
	All:    say.T("run suiren store gc, or raise the limit with suiren store quota --set", "请运行 suiren store gc，或用 suiren store quota --set 提高上限"),
	Made:   say.T("run suiren store gc, or raise the limit with suiren store quota --class made --set", "请运行 suiren store gc，或用 suiren store quota --class made --set 提高上限"),
	Books:  say.T("keep content for a shorter time (suiren care keep content DAYS, suiren care run), or raise the limit with suiren store quota --class books --set", "请缩短内容保留期限（suiren care keep content 天数，suiren care run），或用 suiren store quota --class books --set 提高上限"),
	Copies: say.T("let them go (suiren care keep copies DAYS, suiren care run), or raise the limit with suiren store quota --class copies --set", "请清理（suiren care keep copies 天数，suiren care run），或用 suiren store quota --class copies --set 提高上限"),
}

// classOf is the class of a file, by its path with slashes.
func classOf(rel string) string {
	top, _, below := strings.Cut(rel, "/")
	name := rel[strings.LastIndexByte(rel, '/')+1:]
	switch {
	case below && slices.Contains([]string{"artifacts", "work", "curves", "runs", "places", "tmp", "damaged", "origin"}, top):
		return Made
	case strings.HasPrefix(name, "suiren.db.format"), strings.HasPrefix(name, "usage.db.v"), strings.HasSuffix(name, ".imported"):
		return Copies
	}
	return Books
}

const (
	quotaState  = "quota"  // of All: a number
	quotasState = "quotas" // of the classes
)

// Quota returns the bytes that a class may take; 0 if there is no limit.
func (s *Store) Quota(class string) (int64, error) {
	if class == All {
		var bytes int64
		b, _, err := s.State(quotaState)
		if err != nil || b == nil {
			return 0, err
		}
		return bytes, json.Unmarshal(b, &bytes)
	}
	all, _, err := s.quotas()
	return all[class], err
}

func (s *Store) quotas() (all map[string]int64, version int64, err error) {
	b, version, err := s.State(quotasState)
	if err == nil && b != nil {
		err = json.Unmarshal(b, &all)
	}
	if all == nil {
		all = map[string]int64{}
	}
	return all, version, err
}

// SetQuota limits the bytes that a class may take; 0 does not.
func (s *Store) SetQuota(class string, bytes int64) error {
	bytes = max(bytes, 0)
	if class == All {
		_, version, err := s.State(quotaState)
		if err != nil {
			return err
		}
		b, err := json.Marshal(bytes)
		if err != nil {
			return err
		}
		return s.SetState(quotaState, version, b)
	}
	if !slices.Contains(QuotaClasses, class) {
		return &say.Error{Where: class, What: say.T("there is no such class of files", "没有这类文件"), Next: say.T("choose of %s", "可选：%s", QuotaClasses)}
	}
	all, version, err := s.quotas()
	if err != nil {
		return err
	}
	all[class] = bytes
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return s.SetState(quotasState, version, b)
}

// Used returns the bytes of the files of each class, and of All.
func (s *Store) Used() (map[string]int64, error) {
	used := map[string]int64{}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				rel, err := filepath.Rel(s.dir, path)
				if err != nil {
					return err
				}
				used[classOf(filepath.ToSlash(rel))] += info.Size()
				used[All] += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) { // it vanished meanwhile
			return nil
		}
		return err
	})
	return used, err
}

// Within refuses, wrapping ErrQuota, if the state folder, or one of some classes,
// already takes what it may. It is asked before something is made: what is being made
// is not cut off.
func (s *Store) Within(classes ...string) error {
	var used map[string]int64
	for _, class := range append([]string{All}, classes...) {
		quota, err := s.Quota(class)
		if err != nil {
			return err
		}
		if quota == 0 {
			continue
		}
		if used == nil {
			if used, err = s.Used(); err != nil {
				return err
			}
		}
		if used[class] < quota {
			continue
		}
		what := say.T("the state folder takes %d bytes, and may take %d", "状态目录占用 %d 字节，上限为 %d", used[class], quota)
		if class != All {
			what = say.T("of the state folder, %s takes %d bytes, and may take %d", "状态目录中 %s 占用 %d 字节，上限为 %d", class, used[class], quota)
		}
		return &say.Error{Where: s.dir, Err: ErrQuota, What: what, Next: frees[class]}
	}
	return nil
}

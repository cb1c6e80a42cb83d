package store

import (
	"encoding/json"
	"errors"

	"suiren/internal/say"
)

// ErrQuota is wrapped by the error about a state folder that holds more than its
// owner allows.
var ErrQuota = errors.New("the quota is used up")

const quotaState = "quota"

// Quota returns the bytes that the state folder may take; 0 if there is no limit.
func (s *Store) Quota() (bytes int64, err error) {
	b, _, err := s.State(quotaState)
	if err != nil || b == nil {
		return 0, err
	}
	return bytes, json.Unmarshal(b, &bytes)
}

// SetQuota limits the bytes that the state folder may take; 0 does not.
func (s *Store) SetQuota(bytes int64) error {
	b, err := json.Marshal(max(bytes, 0))
	if err != nil {
		return err
	}
	_, version, err := s.State(quotaState)
	if err != nil {
		return err
	}
	return s.SetState(quotaState, version, b)
}

// Used returns the bytes of all files of the state folder.
func (s *Store) Used() (int64, error) { return size(s.dir) }

// Within refuses, wrapping ErrQuota, if the state folder already takes what it
// may. It is asked before something is made: what is being made is not cut off.
func (s *Store) Within() error {
	quota, err := s.Quota()
	if err != nil || quota == 0 {
		return err
	}
	used, err := s.Used()
	if err != nil || used < quota {
		return err
	}
	return &say.Error{Where: s.dir, Err: ErrQuota, What: say.T("the state folder takes %d bytes, and may take %d", "状态目录占用 %d 字节，上限为 %d", used, quota),
		Next: say.T("run suiren store gc, or raise the limit with suiren store quota --set", "请运行 suiren store gc，或用 suiren store quota --set 提高上限")}
}

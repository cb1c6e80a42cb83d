package care

import (
	"path/filepath"
	"time"

	"suiren/internal/say"
)

// A Schedule says when backups are made, by a server or by suiren care run.
type Schedule struct {
	Hours  int      `json:"hours"` // between two
	Folder string   `json:"folder"`
	Keep   int      `json:"keep"`           // how many
	To     []string `json:"to,omitempty"`   // age recipients
	Last   Run      `json:"last,omitzero"`  // the last try
	Made   []Made   `json:"made,omitempty"` // what is in the folder, the oldest first
}

// A Made is a backup that was made and read again.
type Made struct {
	Name  string    `json:"name"`
	Time  time.Time `json:"time"` // whose state it holds
	Bytes int64     `json:"bytes"`
	Sum   string    `json:"sha256"`
}

// retryAfter is how soon a backup that failed is tried again.
const retryAfter = time.Hour

// Check refuses a schedule that cannot be kept.
func (c *Schedule) Check() error {
	switch {
	case c.Hours < 1 || c.Hours > 24*366:
		return &say.Error{Where: "hours", What: say.T("%d: between two backups are 1 to 8784 hours", "%d：两次备份间隔为 1 到 8784 小时", c.Hours), Next: say.T("24 is once a day", "24 即每天一次")}
	case c.Keep < 1 || c.Keep > 1000:
		return &say.Error{Where: "keep", What: say.T("%d: 1 to 1000 backups are kept", "%d：保留 1 到 1000 份备份", c.Keep), Next: say.T("7 keeps a week of daily ones", "每天备份时，7 即保留一周")}
	case !filepath.IsAbs(c.Folder) || len(c.Folder) > 4096:
		return &say.Error{Where: c.Folder, What: say.T("the folder of the backups is written from the root", "备份目录须写成绝对路径"), Next: say.T("choose one on another disk", "请选择另一块磁盘上的目录")}
	case len(c.To) > 20:
		return say.Errorf("%d recipients are too many", "%d 个接收者过多", len(c.To))
	}
	return nil
}

// SetBackup sets the schedule; nil ends it. What was made stays known.
func (b *Book) SetBackup(c *Schedule) error {
	if c != nil {
		if err := c.Check(); err != nil {
			return err
		}
		if rel, err := filepath.Rel(filepath.Dir(b.path), c.Folder); err == nil && filepath.IsLocal(rel) {
			return &say.Error{Where: c.Folder, What: say.T("the folder is inside what is backed up", "该目录位于被备份的目录之内"), Next: say.T("choose one on another disk", "请选择另一块磁盘上的目录")}
		}
	}
	return b.Change(func(s *State) error {
		if c != nil && s.Backup != nil && s.Backup.Folder == c.Folder {
			c.Made, c.Last = s.Backup.Made, s.Backup.Last
		}
		s.Backup = c
		return nil
	})
}

// Due reports whether a backup is to be made now.
func (c *Schedule) Due(now time.Time) bool {
	if c == nil {
		return false
	}
	after := time.Duration(c.Hours) * time.Hour
	if c.Last.Error != "" {
		after = min(after, retryAfter)
	}
	return now.Sub(c.Last.Time) >= after || now.Before(c.Last.Time) // the clock was put back
}

// Next is when the next one is due.
func (c *Schedule) Next() time.Time {
	if c.Last.Error != "" {
		return c.Last.Time.Add(min(time.Duration(c.Hours)*time.Hour, retryAfter))
	}
	return c.Last.Time.Add(time.Duration(c.Hours) * time.Hour)
}

// Old are the backups that go once there is a new one: those over the number that
// is kept, and those from before somebody was erased last.
func (c *Schedule) Old(erased time.Time) (list []Made) {
	for i, m := range c.Made {
		if i < len(c.Made)-1 && (len(c.Made)-i > c.Keep || !m.Time.After(erased)) {
			list = append(list, m)
		}
	}
	return list
}

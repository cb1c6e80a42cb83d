package main

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/compute"
	"suiren/stage/operate"
	"suiren/store"
)

// What a server warns of, and from where it fails.
const (
	diskWarn, diskFail     = 2 << 30, 200 << 20
	memoryWarn, memoryFail = 512 << 20, 100 << 20
	backupWarn             = 8 * 24 * time.Hour // a weekly one was missed
	backWarn               = 24 * time.Hour     // a release that went back by itself is told so long
)

// health looks at what else than the server a service rests on.
func (s *service) health() []serve.Health {
	var list []serve.Health
	add := func(name, level string, why say.Text) {
		list = append(list, serve.Health{Name: name, Level: level, Why: why})
	}
	below := func(n int64, warn, fail int64) string {
		switch {
		case n < fail:
			return operate.Fail
		case n < warn:
			return operate.Warn
		}
		return operate.OK
	}
	if free, ok := compute.DiskFree(s.w.st.Path()); ok {
		why := say.T("%s are free on the disk", "磁盘剩余 %s", size(free))
		if free == 0 {
			why = say.T("the disk is full", "磁盘已满")
		}
		add("disk", below(free, diskWarn, diskFail), why)
	}
	if free := compute.Probe(1).Memory; free > 0 {
		add("memory", below(free, memoryWarn, memoryFail), say.T("%s of memory are free", "内存剩余 %s", size(free)))
	}
	list = append(list, s.quotaHealth()...)
	due, dueErr := s.w.books().care().Read()
	switch last, err := s.w.lastBackup(); {
	case dueErr != nil:
		add("backup", operate.Fail, say.T("it is not known when a backup is due: %v", "无法得知备份计划：%v", dueErr))
	case due.Backup != nil && due.Backup.Last.Error != "":
		add("backup", operate.Fail, say.T("the backup of %s was not made: %s", "%s 的备份未完成：%s", due.Backup.Last.Time.Local().Format(time.DateTime), due.Backup.Last.Error))
	case due.Backup != nil && time.Since(due.Backup.Next()) > time.Hour && !due.Backup.Last.Time.IsZero():
		add("backup", operate.Fail, say.T("the backup of %s was not made", "应于 %s 进行的备份未完成", due.Backup.Next().Local().Format(time.DateTime)))
	case err != nil:
		add("backup", operate.Fail, say.T("it is not known when the last backup was made: %v", "无法得知上次备份的时间：%v", err))
	case last == nil:
		add("backup", operate.Warn, say.T("no backup was made yet", "还没有做过备份"))
	default:
		age := time.Since(last.Time)
		level := operate.OK
		if age > backupWarn {
			level = operate.Warn
		}
		add("backup", level, say.T("the last backup was made on %s", "上次备份于 %s", last.Time.Local().Format(time.DateTime)))
	}
	list = append(list, s.releaseHealth())
	return slices.Concat(list, s.owedHealth(), s.teller.health())
}

// quotaHealth says how much is taken of what may be: of the worst class alone.
func (s *service) quotaHealth() []serve.Health {
	var used map[string]int64
	worst, most := serve.Health{Name: "quota"}, -1.0
	for _, class := range append([]string{store.All}, store.QuotaClasses...) {
		quota, err := s.w.st.Quota(class)
		if err != nil || quota == 0 {
			continue
		}
		if used == nil {
			if used, err = s.w.st.Used(); err != nil {
				return nil
			}
		}
		share := float64(used[class]) / float64(quota)
		if share <= most {
			continue
		}
		most = share
		switch worst.Level = operate.OK; {
		case share >= 1:
			worst.Level = operate.Fail
		case share >= 0.9:
			worst.Level = operate.Warn
		}
		worst.Why = say.T("%s of %s of the state folder are taken", "状态目录已占用 %s，上限 %s", size(used[class]), size(quota))
		if class != store.All {
			worst.Why = say.T("%s of %s are taken by %s", "%[3]s 已占用 %[1]s，上限 %[2]s", size(used[class]), size(quota), class)
		}
	}
	if most < 0 {
		return nil
	}
	return []serve.Health{worst}
}

// roomEvery is how often it is looked whether there is room for content.
const roomEvery = 10 * time.Second

// room reports whether the books may still grow by what is said; amounts are always
// written down.
func (s *service) room() bool {
	s.roomMu.Lock()
	defer s.roomMu.Unlock()
	if time.Since(s.looked) >= roomEvery {
		s.looked, s.full = time.Now(), errors.Is(s.w.st.Within(store.Books), store.ErrQuota)
	}
	return !s.full
}

// releaseHealth says whether what answers is what should.
func (s *service) releaseHealth() serve.Health {
	h := serve.Health{Name: "release", Level: operate.OK, Why: say.T("what answers is what was decided", "作答的版本与所作的决定一致")}
	b, _, err := s.w.st.State(servingState)
	var told serving
	if err == nil && b != nil {
		err = json.Unmarshal(b, &told)
	}
	if err == nil && told.Error != "" {
		return serve.Health{Name: "release", Level: operate.Fail, Why: say.T("the server stays with what it answered from: %s", "服务器仍使用原来的版本：%s", told.Error)}
	}
	all, _, err := operate.ReadTracks(s.w.st)
	if err != nil {
		return serve.Health{Name: "release", Level: operate.Fail, Why: say.T("it is not known which release should answer: %v", "无法得知应由哪个版本作答：%v", err)}
	}
	for _, tr := range all.Tracks {
		for _, r := range tr.Releases {
			if r.Stage == operate.Retired && r.By == "watch" && time.Since(r.Since) < backWarn {
				h.Level, h.Why = operate.Warn, say.T("release %s went back by itself: %s", "版本 %s 已自动回退：%s", r.Digest.Short(), r.Why)
			}
		}
	}
	return h
}

// lastBackup returns what is known of the last backup; nil if there was none.
func (w *workspace) lastBackup() (*lastBackup, error) {
	b, _, err := w.st.State(backupState)
	if err != nil || b == nil {
		return nil, err
	}
	var last lastBackup
	return &last, json.Unmarshal(b, &last)
}

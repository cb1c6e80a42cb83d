package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/stage/compute"
	"suiren/stage/guard/watch"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/stage/operate/ledger"
	"suiren/stage/operate/people"
	"suiren/store"
	"suiren/store/backup"
)

// How often a server looks whether something is to be done, how often what is too old
// goes, and how often who waits for another process looks whether it is done.
const (
	careEvery   = time.Minute
	retainEvery = 24 * time.Hour
	turnEvery   = 200 * time.Millisecond
)

// A retained is what was too old and went, or would go.
type retained struct {
	ledger.Retained
	Reviews int64 `json:"reviews"` // what reviewers decided, strikes, suspensions
	Glasses int64 `json:"glasses"` // that were broken
	Copies  int   `json:"copies"`
	OnHold  bool  `json:"on_hold,omitempty"` // everyone is, so nothing goes
}

func (r *retained) any() bool {
	return r.Contents+r.Traces+r.Spans+r.Reasons+r.Reviews+r.Glasses > 0 || r.Copies > 0
}

// retain deletes what is older than the owner lets it become, and notes it before: what
// is cut off is gone on with and noted again. Dry only counts.
func (d bookDir) retain(by string, dry bool) (*retained, error) {
	r, err := d.tooOld(true)
	if err != nil || dry || !r.any() {
		return r, err
	}
	err = d.logAs(by, "retain", fmt.Sprintf("contents:%d traces:%d spans:%d reasons:%d reviews:%d glasses:%d copies:%d held:%d", r.Contents, r.Traces, r.Spans, r.Reasons, r.Reviews, r.Glasses, r.Copies, r.Held))
	if err != nil {
		return nil, err
	}
	return d.tooOld(false)
}

// tooOld counts what is too old, or deletes it.
func (d bookDir) tooOld(dry bool) (*retained, error) {
	s, err := d.care().Read()
	if err != nil {
		return nil, err
	}
	names, all := s.Held()
	if all {
		return &retained{OnHold: true}, nil
	}
	out := new(retained)
	err = d.rooms(func(p *people.Store, w *watch.Watch, l *ledger.Ledger) error {
		r, err := l.Retain(ledger.Retention{Content: s.Age(care.Content), Traces: s.Age(care.Traces), Feedback: s.Age(care.Feedback), Security: s.Age(care.Security), Except: names}, dry)
		if err != nil {
			return err
		}
		out.Retained = *r
		if s.Age(care.Security) == 0 {
			return nil
		}
		before := time.Now().Add(-s.SecurityAge())
		if out.Reviews, err = w.Retain(before, names, dry); err != nil {
			return err
		}
		out.Glasses, err = p.Retain(before, names, dry)
		return err
	})
	if err != nil {
		return nil, err
	}
	if age := s.Age(care.Copies); age > 0 {
		list, err := d.copies()
		if err != nil {
			return nil, err
		}
		for _, path := range list {
			info, err := os.Stat(path)
			if err != nil || time.Since(info.ModTime()) < age {
				continue
			}
			if out.Copies++; !dry {
				if err := os.Remove(path); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// logAs is log of another actor than a command.
func (d bookDir) logAs(by, action, subject string) error {
	log, err := operate.OpenAudit(d.audit())
	if err != nil {
		return err
	}
	defer log.Close()
	_, err = log.Append(by, action, subject, "")
	return err
}

// alone runs f while no other process cares for the folder; if one does, it does not.
func (d bookDir) alone(f func() error) (ran bool, err error) {
	turn, err := os.OpenFile(filepath.Join(string(d), "care.run.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	defer turn.Close() // and with it the lock
	if ok, err := store.TryLock(turn); !ok || err != nil {
		return false, err
	}
	return true, f()
}

// inTurn is alone that waits for whoever cares for the folder; wait is called once, before.
// It ends early when ctx does.
func (d bookDir) inTurn(ctx context.Context, wait func(), f func() error) error {
	ran, err := d.alone(f)
	if ran || err != nil {
		return err
	}
	wait()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(turnEvery):
		}
		if ran, err := d.alone(f); ran || err != nil {
			return err
		}
	}
}

// careFor does what is due: erasures that were cut off, what is too old, the backup. The
// workspace is nil where there is no plan.
func (d bookDir) careFor(ctx context.Context, w *workspace) error {
	_, err := d.alone(func() error {
		err := d.resumeErasures()
		s, err2 := d.care().Read()
		if err2 != nil {
			return errors.Join(err, err2)
		}
		now := time.Now()
		if since := now.Sub(s.Kept.Time); since >= retainEvery || since < 0 || s.Kept.Error != "" && since >= time.Hour {
			_, err2 := d.retain("care", false)
			err = errors.Join(err, err2, d.care().Change(func(s *care.State) error { s.Kept = ran(now, err2); return nil }))
		}
		if w != nil && s.Backup.Due(now) {
			_, err2 := w.scheduledBackup(ctx, "care")
			err = errors.Join(err, err2)
		}
		return err
	})
	return err
}

func ran(now time.Time, err error) care.Run {
	r := care.Run{Time: now.UTC()}
	if err != nil {
		r.Error = say.Err(say.English, err)
	}
	return r
}

// care does what is due, until ctx is done.
func (b *books) care(ctx context.Context, a *app, w *workspace) {
	for wait := time.Second; ; wait = careEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := b.dir.careFor(ctx, w); err != nil && ctx.Err() == nil {
			b.log(a).Error("what was to be deleted or backed up was not", "err", say.Err(a.lang, err))
		}
	}
}

// scheduledBackup makes the backup that the schedule asks for, reads it again, and then
// removes those that it replaces. How it ended is written down.
func (w *workspace) scheduledBackup(ctx context.Context, by string) (made *care.Made, err error) {
	book := w.books().care()
	s, err := book.Read()
	if err != nil {
		return nil, err
	}
	c := s.Backup
	if c == nil {
		return nil, errNoSchedule
	}
	now := time.Now()
	erased := s.LastErased()
	made, err = w.backupInto(ctx, c, now)
	err2 := book.Change(func(s *care.State) error {
		if s.Backup == nil || s.Backup.Folder != c.Folder { // it was changed meanwhile
			return nil
		}
		c = s.Backup
		if c.Last = ran(now, err); err == nil {
			c.Made = append(c.Made, *made)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, err2, w.books().logAs(by, "backup.fail", c.Folder))
	}
	if err2 != nil {
		return made, err2
	}
	if err := care.WriteErased(c.Folder, s.Erased); err != nil {
		return made, err
	}
	return made, w.removeBackups(c, erased, by)
}

var errNoSchedule = &say.Error{What: say.T("no schedule says where backups go", "尚未设置备份计划"), Next: say.T("set one: suiren care backup --every 24h --to FOLDER --keep 7", "请设置：suiren care backup --every 24h --to 目录 --keep 7")}

// removeBackups removes those that newer ones replace.
func (w *workspace) removeBackups(c *care.Schedule, erased time.Time, by string) error {
	old := c.Old(erased)
	gone := map[string]bool{}
	for _, m := range old {
		if err := w.books().logAs(by, "backup.remove", m.Sum); err != nil {
			return err
		}
		if err := os.Remove(filepath.Join(c.Folder, m.Name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		gone[m.Name] = true
	}
	return w.books().care().Change(func(s *care.State) error {
		if s.Backup != nil && s.Backup.Folder == c.Folder {
			s.Backup.Made = without(s.Backup.Made, gone)
		}
		return nil
	})
}

func without(list []care.Made, gone map[string]bool) (left []care.Made) {
	for _, m := range list {
		if !gone[m.Name] {
			left = append(left, m)
		}
	}
	return left
}

// spareRoom is what a disk must have besides a backup of the last one's size.
const spareRoom = 64 << 20

// backupInto makes one backup in the folder of a schedule.
func (w *workspace) backupInto(ctx context.Context, c *care.Schedule, now time.Time) (*care.Made, error) {
	if info, err := os.Stat(c.Folder); err != nil || !info.IsDir() { // a disk that is away must not be written beside
		return nil, &say.Error{Where: c.Folder, Err: err, What: say.T("the folder of the backups is not there", "备份目录不存在"), Next: say.T("attach the disk, or choose another folder", "请接上磁盘，或换一个目录")}
	}
	if err := sweepParts(c.Folder); err != nil {
		return nil, err
	}
	if n := len(c.Made); n > 0 {
		need := c.Made[n-1].Bytes + c.Made[n-1].Bytes/10 + spareRoom
		if free, ok := compute.DiskFree(c.Folder); ok && free < need {
			return nil, &say.Error{Where: c.Folder, Err: store.ErrFull, What: say.T("the disk has room for %s, and a backup may need %s", "磁盘剩余 %s，而备份可能需要 %s", size(free), size(need)),
				Next: say.T("make room, keep fewer backups, or choose another folder", "请清理磁盘、减少保留份数，或换一个目录")}
		}
	}
	o := backup.Options{Program: versionText(), Plan: filepath.Dir(w.st.Path()), Now: now}
	if w.file != nil {
		o.Plan = w.file.Dir
	}
	for _, text := range c.To {
		r, err := recipients(text)
		if err != nil {
			return nil, err
		}
		o.Recipients = append(o.Recipients, r...)
	}
	name := backup.Name(now, len(c.To) > 0)
	for isThere(filepath.Join(c.Folder, name)) { // names are of seconds
		time.Sleep(100 * time.Millisecond)
		now = time.Now()
		name, o.Now = backup.Name(now, len(c.To) > 0), now
	}
	b, err := w.backup(ctx, filepath.Join(c.Folder, name), o)
	if err != nil {
		return nil, err
	}
	return &care.Made{Name: name, Time: now.UTC(), Bytes: b.Size, Sum: b.Sum}, nil
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// sweepParts removes what backups that were killed have left.
func sweepParts(folder string) error {
	list, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range list {
		path := filepath.Join(folder, e.Name())
		if strings.HasPrefix(e.Name(), "suiren-") && strings.HasSuffix(e.Name(), backup.PartSuffix) && !store.Held(path) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/flock"
	"suiren/internal/say"
	"suiren/stage/guard/watch"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/care"
	"suiren/stage/operate/ledger"
	"suiren/stage/operate/people"
	"suiren/store"
)

// care is the file of what the owner decided about keeping and deleting.
func (d bookDir) care() *care.Book { return care.Open(string(d)) }

// path is a file of the folder.
func (d bookDir) path(name string) string { return filepath.Join(string(d), name) }

// rules are those of access that the server goes by, or went by last.
func (d bookDir) rules() (*access.Rules, error) {
	s, err := d.care().Read()
	if err != nil || s.Access == "" {
		return access.Default(), err
	}
	return access.Load(s.Access)
}

// planned reports whether the folder is a plan's.
func (d bookDir) planned() bool {
	_, err := os.Stat(filepath.Join(string(d), "suiren.db"))
	return err == nil
}

// An erased is an erasure that is done.
type erased struct {
	care.Erasure
	Spans     int64     `json:"spans"`
	Copies    int       `json:"copies"`
	Documents []holding `json:"documents,omitempty"` // that hold answers, and are to be made again
}

// names are all that the folder knows: keys, persons, callers.
func (d bookDir) names() (list []string, err error) {
	keys, err := operate.OpenKeys(d.keys())
	if err != nil {
		return nil, err
	}
	for _, k := range keys.List() {
		list = append(list, k.Name)
	}
	err = d.rooms(func(p *people.Store, w *watch.Watch, l *ledger.Ledger) error {
		a, err := p.Names()
		b, err2 := w.Names()
		c, err3 := l.Names()
		acted, err4 := operate.AuditNames(d.audit())
		list = slices.Concat(list, a, b, c, slices.Collect(maps.Values(acted)))
		return errors.Join(err, err2, err3, err4)
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// rooms opens the files that know people.
func (d bookDir) rooms(do func(*people.Store, *watch.Watch, *ledger.Ledger) error) error {
	p, err := d.people()
	if err != nil {
		return err
	}
	defer p.Close()
	w, err := watch.Open(d.guard())
	if err != nil {
		return err
	}
	defer w.Close()
	l, err := d.openLedger()
	if err != nil {
		return err
	}
	defer l.Close()
	s, err := d.care().Read()
	if err != nil {
		return err
	}
	l.Hold = s.SecurityAge()
	return do(p, w, l)
}

// erase takes somebody out of everything that is kept: said alone, only what they
// have said. It is written down first, so that it is gone on with if it is cut off.
func (d bookDir) erase(name, by string, said bool) (*erased, error) {
	list, err := d.names()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(list, name) {
		return nil, &say.Error{Where: name, What: say.T("nobody of this name is known here", "这里没有此人的记录"), Next: say.T("suiren user list and suiren usage --by key,person name them", "用 suiren user list 和 suiren usage --by key,person 查看")}
	}
	var out *erased
	err = d.erasing(func() error {
		e, err := d.care().BeginErase(name, by, said)
		if err == nil {
			out, err = d.finishErase(e)
		}
		return err
	})
	return out, err
}

// erasing runs f while nobody else erases: who goes on with what was cut off does not take
// an erasure that is under way for one, whose owner would be told that nothing was there.
func (d bookDir) erasing(f func() error) error {
	turn, err := os.OpenFile(d.path("erase.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer turn.Close() // and with it the lock
	if err := flock.Lock(turn); err != nil {
		return err
	}
	return f()
}

// finishErase does what was begun. Each step can be done twice.
func (d bookDir) finishErase(e care.Erasure) (*erased, error) {
	out := &erased{}
	var ids []string
	err := d.rooms(func(p *people.Store, w *watch.Watch, l *ledger.Ledger) error {
		if !e.Said { // first: nobody comes in any more who would say something new
			keys, err := operate.OpenKeys(d.keys())
			if err != nil {
				return err
			}
			if err := errors.Join(p.Erase(e.Name, e.As), keys.Erase(e.Name, e.As)); err != nil {
				return err
			}
		}
		as := e.As
		if e.Said { // who is suspended stays so
			as = e.Name
		}
		if err := w.Erase(e.Name, as); err != nil {
			return err
		}
		f, err := l.EraseAs(e.Name, e.As)
		if err != nil && !errors.Is(err, ledger.ErrNobody) {
			return err
		}
		if err == nil {
			e.Contents, e.Held, e.Until, e.Learnt = f.Contents, f.Held, f.Until, len(f.Learnt)
			out.Spans, ids = f.Spans, f.Learnt
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	copies, err := d.removeCopies()
	if err != nil {
		return nil, err
	}
	out.Copies = len(copies)
	if d.planned() {
		if out.Documents, err = d.eraseRecords(&e, ids); err != nil {
			return nil, err
		}
	}
	name := e.Name
	log, err := operate.OpenAudit(d.audit())
	if err != nil {
		return nil, err
	}
	defer log.Close()
	if !e.Said {
		if _, err := log.EraseName(name, e.As); err != nil {
			return nil, err
		}
	}
	// The salt is thrown away: the line says that someone was erased, not who.
	if _, err := log.Append(e.By, "erase", fmt.Sprintf("%s contents:%d held:%d copies:%d", e.As, e.Contents, e.Held, len(copies)), name); err != nil {
		return nil, err
	}
	if err := d.care().EndErase(&e); err != nil {
		return nil, err
	}
	out.Erasure = e
	out.Salt, out.Digest = "", ""
	return out, d.tellErased()
}

// eraseRecords takes somebody out of the records of a plan.
func (d bookDir) eraseRecords(e *care.Erasure, ids []string) ([]holding, error) {
	st, err := store.Open(string(d))
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if !e.Said {
		all, _, err := operate.ReadTracks(st)
		if err != nil {
			return nil, err
		}
		if all.Rename(e.Name, e.As) > 0 {
			if _, err := operate.ChangeTracks(st, func(t *operate.Tracks) error { t.Rename(e.Name, e.As); return nil }); err != nil {
				return nil, err
			}
		}
	}
	if err := st.Scrub(); err != nil {
		return nil, err
	}
	return (&workspace{st: st}).learnt(ids)
}

// tellErased writes who was erased, as digests, beside the state folder and beside the
// backups: a backup from before, restored, is compared with it.
func (d bookDir) tellErased() error {
	s, err := d.care().Read()
	if err != nil || !d.planned() || len(s.Erased) == 0 {
		return err
	}
	err = care.WriteErased(filepath.Dir(string(d)), s.Erased)
	if s.Backup != nil {
		if _, err2 := os.Stat(s.Backup.Folder); err2 == nil { // a disk that is away gets it with the next backup
			err = errors.Join(err, care.WriteErased(s.Backup.Folder, s.Erased))
		}
	}
	return err
}

// resumeErasures goes on with what was cut off.
func (d bookDir) resumeErasures() error {
	return d.erasing(func() error {
		s, err := d.care().Read()
		if err != nil {
			return err
		}
		for _, e := range s.Under() {
			if _, err := d.finishErase(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// eraseAgain takes out, from a folder that a backup of a time was restored to, those
// who were erased since.
func (d bookDir) eraseAgain(list []care.Erasure, made time.Time) (n int, err error) {
	if err := d.resumeErasures(); err != nil {
		return 0, err
	}
	names, err := d.names()
	if err != nil {
		return 0, err
	}
	for name, e := range care.Known(list, names, made) {
		if err := d.care().Again(name, e); err != nil {
			return n, err
		}
		n++
	}
	if err := d.resumeErasures(); err != nil {
		return n, err
	}
	return n, d.care().AddErased(list)
}

// erasePerson is the commands that erase.
func (a *app) erasePerson(name, path string, models, said bool, as string) error {
	dir, err := a.bookDir(path, models)
	if err != nil {
		return err
	}
	by, err := a.cleared(dir, care.Erase, name, as)
	if err != nil {
		return err
	}
	e, err := dir.erase(name, by, said)
	if err != nil {
		return err
	}
	f := &ledger.Forgotten{Name: e.As, Contents: e.Contents, Spans: e.Spans, Held: e.Held, Until: e.Until}
	if err := a.showForgotten(f, e.Copies); err != nil {
		return err
	}
	a.showHoldings(e.Documents)
	return nil
}

// userEraseCommand takes a person out of everything.
func (a *app) userEraseCommand() *cobra.Command {
	var models bool
	var folder, as string
	c := &cobra.Command{
		Use: "erase " + a.t("NAME", "名称"), Short: a.t("Erase a person, or the holder of a key: account, keys, sessions, and what they have said", "清除某人（或某密钥持有人）：账户、密钥、会话及其说过的内容"),
		Long: a.t(`Erase a person, or the holder of a key: the account with its passkeys and sessions, the key,
and what suiren audit erase erases. A salted digest of the name stays, beside the plan and the
scheduled backups: a backup from before is erased again when it is restored, and goes when the
next scheduled one was made. What is on hold (suiren care hold) is not erased. The lines that the
person caused in the audit log stay, under the random name.`,
			`清除某人（或某密钥持有人）：账户及其通行密钥与会话、密钥，以及 suiren audit erase 所清除的内容。
姓名的加盐摘要保留在计划目录与定时备份目录中：此前的备份在恢复时会再次清除此人，并在下一次定时
备份完成后删除。处于保全状态（suiren care hold）的内容不会清除。审计日志中由此人引起的记录保留，
姓名由随机名称代替。`),
		Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.erasePerson(args[0], folder, models, false, as)
		},
	}
	c.Flags().StringVar(&folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
	a.bookFlag(c, &models)
	a.asFlag(c, &as)
	return c
}

// asFlag says who asks for what needs two persons.
func (a *app) asFlag(c *cobra.Command, as *string) {
	c.Flags().StringVar(as, "as", "", a.t("your account, where two persons are needed; its password is asked for (from a pipe: the first line)", "须两人批准时您的账户；会询问密码（从管道输入时读取第一行）"))
}

// cleared returns who does an act, if it may be done now: where it needs two persons,
// who asks is an account, and another has approved it.
func (a *app) cleared(dir bookDir, act, subject, as string) (by string, err error) {
	by = "cli"
	if as != "" {
		if by, err = a.verified(dir, as); err != nil {
			return "", err
		}
	}
	s, err := dir.care().Read()
	if err != nil || !s.Needs(act) {
		return by, err
	}
	if as == "" {
		return "", usage("--as", say.T("this needs two persons", "此操作须两人批准"), say.T("say with --as who asks", "请用 --as 指明申请人"))
	}
	err = dir.care().Clear(care.Request{Act: act, Subject: subject, Asker: by})
	if w, ok := errors.AsType[*care.Wait](err); ok {
		log, err2 := operate.OpenAudit(dir.audit())
		if err2 != nil {
			return "", err2
		}
		defer log.Close()
		if _, err2 := log.Append(by, "approval.ask", w.Request.ID+" "+act, subject); err2 != nil {
			return "", err2
		}
	}
	return by, err
}

// verified asks for the password of an account.
func (a *app) verified(dir bookDir, name string) (string, error) {
	p, err := dir.people()
	if err != nil {
		return "", err
	}
	defer p.Close()
	text, err := a.readPassword(a.t("password of %s: ", "%s 的密码：", name))
	if err != nil {
		return "", err
	}
	who, err := p.SignIn(context.Background(), name, text, "cli")
	if err != nil {
		return "", err
	}
	return who.Name, nil
}

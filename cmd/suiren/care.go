package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/care"
)

// careCommand says what is kept how long, what is on hold, when backups are made, and
// which acts need two persons.
func (a *app) careCommand() *cobra.Command {
	var f careFlags
	list := []*cobra.Command{a.careShowCommand(&f), a.careKeepCommand(&f), a.careRunCommand(&f), a.careHoldCommand(&f), a.careUnholdCommand(&f),
		a.careBackupCommand(&f), a.careTwoCommand(&f), a.careApprovalsCommand(&f), a.careDecideCommand(&f, true), a.careDecideCommand(&f, false)}
	for _, c := range list {
		c.Flags().StringVar(&f.folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
		a.bookFlag(c, &f.models)
	}
	return a.group("care", a.t("Say what is kept how long, when backups are made, what needs two persons", "设置保留期限、定时备份、须两人批准的操作"), list...)
}

// careFlags say which books a command is about, and who gives it.
type careFlags struct {
	folder, as string
	models     bool
}

func (f *careFlags) dir(a *app) (bookDir, error) { return a.bookDir(f.folder, f.models) }

// keptText is how long a class is kept.
func (a *app) keptText(s *care.State, class string) string {
	if n := s.Keep[class]; n > 0 {
		return a.t("%d days", "%d 天", n)
	}
	return a.t("ever", "一直保留")
}

func (a *app) careShowCommand(f *careFlags) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: a.t("Show all of it", "显示全部设置"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			s, err := dir.care().Read()
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "care", "keep": s.Keep, "holds": s.Holds, "kept": s.Kept, "backup": s.Backup, "two_people": s.TwoPeople, "erased": len(s.Erased)})
				return nil
			}
			var rows [][]string
			for _, c := range care.Classes {
				rows = append(rows, []string{c.Name, a.keptText(s, c.Name), c.What.In(a.lang)})
			}
			for _, h := range s.Holds {
				rows = append(rows, []string{a.t("hold", "保全"), h.Name, h.Since.Local().Format(time.DateOnly) + "  " + h.By + "  " + h.Reason})
			}
			if c := s.Backup; c != nil {
				rows = append(rows, []string{a.t("backup", "备份"), a.t("every %d h, %d kept", "每 %d 小时，保留 %d 份", c.Hours, c.Keep), c.Folder + "  " + c.Last.Error})
			}
			if len(s.TwoPeople) > 0 {
				rows = append(rows, []string{a.t("two persons", "两人批准"), strings.Join(s.TwoPeople, ","), ""})
			}
			for _, l := range terminal.Table("lll", rows) {
				fmt.Fprintln(a.stdout, strings.TrimRight(l, " "))
			}
			return nil
		},
	}
}

func (a *app) careKeepCommand(f *careFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "keep " + a.t("CLASS DAYS|ever", "类别 天数|ever"), Short: a.t("Say how long a class of records is kept: content, traces, feedback, security, copies", "设置一类记录的保留天数：content、traces、feedback、security、copies"),
		Long: a.t(`Say how long a class of records is kept. A server deletes once a day what is older, and so
does suiren care run; nothing is deleted of what is on hold. Security records are kept for at
least 183 days. Amounts in the ledger, and the audit log, are never deleted.`,
			`设置一类记录的保留天数。服务器每天删除一次过期内容，suiren care run 亦然；处于保全状态的内容
不会删除。安全记录至少保留 183 天。账本中的用量与审计日志永不删除。`),
		Args: a.args(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			days := 0
			if args[1] != "ever" {
				if days, err = strconv.Atoi(args[1]); err != nil || days < 1 {
					return usage(args[1], say.T("this is not a number of days", "这不是天数"), say.T("give a whole number from 1, or ever", "请写不小于 1 的整数，或 ever"))
				}
			}
			s, err := dir.care().Read()
			if err != nil {
				return err
			}
			by := "cli"
			if s.Shorter(args[0], days) {
				if by, err = a.cleared(dir, care.Shorten, args[0]+" "+args[1], f.as); err != nil {
					return err
				}
			}
			if err := dir.care().SetKeep(args[0], days); err != nil {
				return err
			}
			return dir.logAs(by, "care.keep", args[0]+" "+args[1])
		},
	}
	a.asFlag(c, &f.as)
	return c
}

func (a *app) careRunCommand(f *careFlags) *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use: "run", Short: a.t("Delete now what is too old, finish erasures, and make the backup if it is due", "立即删除过期内容、完成未尽的清除，并在到期时备份"),
		Long: a.t(`Delete now what is too old, finish erasures, and make the backup if it is due. Where a server, or
another such command, is at it, this one waits, and then does what is left to do.`,
			`立即删除过期内容、完成未尽的清除，并在到期时备份。若服务器或另一条同样的命令正在执行，
则等待其完成，再处理余下的事项。`),
		Args: a.args(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			if dry {
				r, err := dir.retain("cli", true)
				if err == nil {
					a.showRetained(r, true)
				}
				return err
			}
			var r *retained
			var made *care.Made
			waits := func() {
				a.screen.Note(say.T("a server or another command is doing this: waiting until it is done", "服务器或另一命令正在执行：等待其完成"))
			}
			err = dir.inTurn(c.Context(), waits, func() (err error) {
				if err := dir.resumeErasures(); err != nil {
					return err
				}
				if r, err = dir.retain("cli", false); err != nil {
					return err
				}
				now := time.Now()
				if err := dir.care().Change(func(s *care.State) error { s.Kept = ran(now, nil); return nil }); err != nil {
					return err
				}
				s, err := dir.care().Read()
				if err != nil || !s.Backup.Due(now) || f.models {
					return err
				}
				w, err := a.openState(f.folder)
				if err != nil {
					return err
				}
				defer w.close()
				made, err = w.scheduledBackup(c.Context(), "cli")
				return err
			})
			if err != nil {
				return err
			}
			a.showRetained(r, false)
			if made != nil && a.format == formatJSONL {
				a.line(map[string]any{"type": "backup", "path": made.Name, "bytes": made.Bytes, "sha256": made.Sum})
			} else if made != nil {
				fmt.Fprintln(a.stdout, a.t("backup: %s, %s, read again", "备份：%s，%s，已重新核对", made.Name, size(made.Bytes)))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, a.t("only say what would go", "只显示将清理什么"))
	return c
}

func (a *app) showRetained(r *retained, dry bool) {
	if a.format == formatJSONL {
		a.line(struct {
			Type string `json:"type"`
			*retained
			Dry bool `json:"dry"`
		}{"retained", r, dry})
		return
	}
	if r.OnHold {
		fmt.Fprintln(a.stdout, a.t("everything is on hold: nothing goes", "全部处于保全状态：不删除任何内容"))
		return
	}
	begin := a.t("gone:", "已删除：")
	if dry {
		begin = a.t("would go:", "将删除：")
	}
	fmt.Fprintln(a.stdout, begin, a.t("what was said in %d requests, the course of %d, %d spans, %d reasons, %d reviews, %d broken glasses, %d copies",
		"%d 次请求的内容，%d 次请求的过程，%d 个 span，%d 条评价原因，%d 条审核记录，%d 条紧急访问记录，%d 个副本", r.Contents, r.Traces, r.Spans, r.Reasons, r.Reviews, r.Glasses, r.Copies))
	if r.Held > 0 {
		fmt.Fprintln(a.stdout, a.t("%d refused requests are kept for the time of security records", "%d 次被拒绝的请求按安全记录的期限保留", r.Held))
	}
}

func (a *app) careHoldCommand(f *careFlags) *cobra.Command {
	var h care.Hold
	c := &cobra.Command{
		Use: "hold " + a.t("NAME|everyone", "名称|everyone"), Short: a.t("Let nothing of somebody be deleted, whatever the times and whoever asks", "保全某人的内容：任何期限或请求都不得删除"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			h.Name, h.By = holdName(args[0]), "cli"
			if err := dir.care().AddHold(h); err != nil {
				return err
			}
			return dir.logAs(h.By, "care.hold", operate.Name(h.Name))
		},
	}
	c.Flags().StringVar(&h.Reason, "reason", "", a.t("why", "理由"))
	return c
}

func holdName(text string) string {
	if text == "everyone" {
		return care.Everyone
	}
	return text
}

func (a *app) careUnholdCommand(f *careFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "unhold " + a.t("NAME|everyone", "名称|everyone"), Short: a.t("End a hold", "解除保全"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			by, err := a.cleared(dir, care.Shorten, "unhold "+args[0], f.as)
			if err != nil {
				return err
			}
			if err := dir.care().EndHold(holdName(args[0])); err != nil {
				return err
			}
			return dir.logAs(by, "care.unhold", operate.Name(args[0]))
		},
	}
	a.asFlag(c, &f.as)
	return c
}

func (a *app) careBackupCommand(f *careFlags) *cobra.Command {
	var s care.Schedule
	var every time.Duration
	var off bool
	c := &cobra.Command{
		Use: "backup", Short: a.t("Say when backups are made, where, and how many are kept", "设置何时备份、存放何处、保留几份"),
		Long: a.t(`Say when backups are made, where, and how many are kept. A server makes them, and suiren care
run; each is read again before older ones go. Those from before somebody was erased go with the
next one. A check of /api/health fails when one was not made: suiren alert add backup.`,
			`设置何时备份、存放何处、保留几份。由服务器或 suiren care run 执行；每份备份重新核对之后才删除旧的。
在某人被清除之前做的备份，在下一份完成后删除。备份未能完成时 /api/health 的检查项失败：
suiren alert add backup。`),
		Args: a.args(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			if off {
				if err := dir.care().SetBackup(nil); err != nil {
					return err
				}
				return dir.log("care.backup", "off")
			}
			if s.Hours = int(every.Hours()); s.Folder != "" {
				if s.Folder, err = filepath.Abs(s.Folder); err != nil {
					return err
				}
			}
			return dir.setBackup(&s, "cli")
		},
	}
	c.Flags().DurationVar(&every, "every", 24*time.Hour, a.t("time between two, in whole hours", "两次备份的间隔，整小时"))
	c.Flags().StringVar(&s.Folder, "to", "", a.t("folder that is there, best on another disk", "已存在的目录，最好在另一块磁盘上"))
	c.Flags().IntVar(&s.Keep, "keep", 7, a.t("how many are kept", "保留份数"))
	c.Flags().StringSliceVar(&s.To, "recipient", nil, a.t("encrypt to this age recipient (age1…), or to those of a file", "加密给此 age 接收者（age1…），或文件中的接收者"))
	c.Flags().BoolVar(&off, "off", false, a.t("make none any more", "不再备份"))
	return c
}

// setBackup sets a schedule that can be kept.
func (d bookDir) setBackup(s *care.Schedule, by string) error {
	for _, text := range s.To {
		if _, err := recipients(text); err != nil {
			return err
		}
	}
	if err := s.Check(); err != nil {
		return err
	}
	if info, err := os.Stat(s.Folder); err != nil || !info.IsDir() {
		return &say.Error{Where: s.Folder, What: say.T("this is not a folder", "这不是目录"), Next: say.T("make it first", "请先创建")}
	}
	if err := d.care().SetBackup(s); err != nil {
		return err
	}
	return d.logAs(by, "care.backup", fmt.Sprintf("every %d h, %d kept, %d recipients", s.Hours, s.Keep, len(s.To)))
}

func (a *app) careTwoCommand(f *careFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "two-people " + a.t("ACT…|none", "操作…|none"), Short: a.t("Say which acts need two persons: erase, release, plan, break_glass, retention, audit_export, reset", "设置须两人批准的操作：erase、release、plan、break_glass、retention、audit_export、reset"),
		Long: a.t(`Say which acts need two persons: one who asks, and another, with a role that approves (security,
audit, owner). Both are accounts and in the audit log. What nobody decides on within 72 hours
expires. To take an act off the list again needs two persons too.`,
			`设置须两人批准的操作：一人申请，另一人（具有 security、audit 或 owner 角色）批准。两人均须为账户，
并记入审计日志。72 小时内无人处理即失效。从列表中移除操作同样须两人批准。`),
		Args: a.args(1, 8),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			if len(args) == 1 && args[0] == "none" {
				args = nil
			}
			s, err := dir.care().Read()
			if err != nil {
				return err
			}
			by := "cli"
			if s.Fewer(args) {
				if by, err = a.cleared(dir, care.Alone, strings.Join(args, " "), f.as); err != nil {
					return err
				}
			}
			if err := dir.care().SetTwoPeople(args); err != nil {
				return err
			}
			return dir.logAs(by, "approval.acts", strings.Join(args, " "))
		},
	}
	a.asFlag(c, &f.as)
	return c
}

func (a *app) careApprovalsCommand(f *careFlags) *cobra.Command {
	return &cobra.Command{
		Use: "approvals", Short: a.t("List what waits for a second person, and what was decided", "列出等待批准与已处理的申请"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			list, err := dir.care().List()
			if err != nil {
				return err
			}
			states := map[string]string{care.Waiting: a.t("waiting", "等待中"), care.Approved: a.t("approved", "已批准"), care.Refused: a.t("refused", "已拒绝"), care.Expired: a.t("expired", "已过期"), care.Done: a.t("done", "已执行")}
			var rows [][]string
			for _, r := range list {
				if a.format == formatJSONL {
					a.line(struct {
						Type string `json:"type"`
						care.Request
					}{"approval", r})
					continue
				}
				rows = append(rows, []string{r.ID, states[r.State], r.Act, r.Subject, r.Asker, r.Decider, r.Asked.Local().Format(time.DateTime)})
			}
			for _, l := range terminal.Table("lllllll", rows) {
				fmt.Fprintln(a.stdout, strings.TrimRight(l, " "))
			}
			a.none(len(list), "nothing was asked for", "没有申请")
			return nil
		},
	}
}

func (a *app) careDecideCommand(f *careFlags, approve bool) *cobra.Command {
	use, short, action := "approve ", a.t("Approve what another asked for; then they do it", "批准他人的申请；随后由申请人执行"), "approval.approve"
	if !approve {
		use, short, action = "refuse ", a.t("Refuse what another asked for", "拒绝他人的申请"), "approval.refuse"
	}
	var why string
	c := &cobra.Command{
		Use: use + a.t("ID", "编号"), Short: short, Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := f.dir(a)
			if err != nil {
				return err
			}
			if f.as == "" {
				return usage("--as", say.T("who decides is not said", "没有指明由谁决定"), say.T("give an account that may approve", "请给出有批准权限的账户"))
			}
			by, err := a.verified(dir, f.as)
			if err != nil {
				return err
			}
			p, err := dir.people()
			if err != nil {
				return err
			}
			defer p.Close()
			who, err := p.Find(by)
			if err != nil {
				return err
			}
			rules, err := dir.rules()
			if err != nil {
				return err
			}
			if d := rules.Decide(access.Request{Principal: who.Principal(), Action: "approve", Thing: access.Thing{Kind: "Server"}, Time: time.Now()}); !d.Allowed {
				return &say.Error{Where: by, Err: errDeniedByRules, What: say.T("denied: %s", "拒绝：%s", d.Why), Next: say.T("security, audit and owner approve, unless the owner's rules say otherwise", "security、audit、owner 可以批准，除非所有者的规则另有规定")}
			}
			r, err := dir.care().Decide(args[0], by, approve, why)
			if err != nil {
				return err
			}
			if err := dir.logAs(by, action, r.ID+" "+r.Act); err != nil {
				return err
			}
			if approve && a.format == formatText {
				fmt.Fprintln(a.stdout, a.t("%s may now do it, until %s: %s %s", "%s 现在可以执行，截至 %s：%s %s", r.Asker, r.Ends.Local().Format(time.DateTime), r.Act, r.Subject))
			}
			return nil
		},
	}
	c.Flags().StringVar(&why, "reason", "", a.t("why", "理由"))
	a.asFlag(c, &f.as)
	return c
}

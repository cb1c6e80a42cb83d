package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve/account"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/ledger"
)

// keyCommand keeps the API keys.
func (a *app) keyCommand() *cobra.Command {
	r := &keyring{app: a}
	list := []*cobra.Command{r.createCommand(), r.listCommand(), r.rotateCommand(), r.revokeCommand(), a.keyLimitCommand(r.ledger)}
	for _, c := range list {
		c.Flags().StringVar(&r.folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
		a.bookFlag(c, &r.models)
	}
	return a.group("key", a.t("Make, list, bound and end API keys", "管理 API 密钥"), list...)
}

// A keyring is the keys of a plan, or of the models that were brought.
type keyring struct {
	*app
	folder string
	models bool
}

func (r *keyring) keys() (bookDir, *operate.Keys, error) {
	dir, err := r.bookDir(r.folder, r.models)
	if err != nil {
		return "", nil, err
	}
	k, err := operate.OpenKeys(dir.keys())
	return dir, k, err
}

func (r *keyring) ledger() (bookDir, *ledger.Ledger, error) {
	dir, err := r.bookDir(r.folder, r.models)
	if err != nil {
		return "", nil, err
	}
	l, err := dir.openLedger()
	return dir, l, err
}

// show shows a key's secret.
func (r *keyring) show(name, secret string) {
	if r.format == formatJSONL {
		r.line(map[string]string{"type": "key", "name": name, "secret": secret})
	} else {
		fmt.Fprintln(r.stdout, secret)
	}
}

func (r *keyring) createCommand() *cobra.Command {
	var key operate.Key
	var days int
	var tags []string
	c := &cobra.Command{
		Use: "create " + r.t("NAME", "名称"), Short: r.t("Make a key and show it, once", "创建密钥，只显示这一次"), Args: r.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			dir, k, err := r.keys()
			if err != nil {
				return err
			}
			key.Name = args[0]
			if key.Tags, err = tagsOf(tags); err != nil {
				return err
			}
			if days < 0 || days > 3650 {
				return usage("--days", say.T("%d is not a number of days", "%d 不是天数", days), say.T("give 1 to 3650, or nothing", "请写 1 到 3650，或不写"))
			}
			if days > 0 {
				key.Expires = time.Now().UTC().Add(time.Duration(days) * 24 * time.Hour).Truncate(time.Second)
			}
			if err := account.CheckKey(key); err != nil {
				return err
			}
			store, err := dir.people()
			if err != nil {
				return err
			}
			defer store.Close()
			if _, err := store.Find(key.Name); err == nil || account.Reserved(key.Name) {
				return &say.Error{Where: key.Name, What: say.T("a person has this name already", "已有同名的人员"), Next: say.T("choose another name", "请换一个名字")}
			}
			if err := store.HasTenant(key.Tenant); err != nil {
				return err
			}
			secret, err := k.Make(key)
			if err != nil {
				return err
			}
			if err := dir.log("key.create", operate.Name(key.Name)+" "+strings.Join(key.Roles, ",")); err != nil {
				return err
			}
			r.show(key.Name, secret)
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&key.Roles, "role", []string{access.User}, r.t("what it may do: owner, system, security, audit, operator, user, viewer", "角色：owner、system、security、audit、operator、user、viewer"))
	f.StringVar(&key.Tenant, "tenant", "", r.t("the tenant that it is of", "所属租户"))
	f.StringVar(&key.Project, "project", "", r.t("the project that it is of", "所属项目"))
	f.StringSliceVar(&key.Actions, "action", nil, r.t("the only actions that it may do: chat, embed, … (default: all of its role)", "只允许的操作：chat、embed……（默认：角色允许的全部）"))
	f.StringSliceVar(&key.Models, "model", nil, r.t("the only models that it may ask (default: all)", "只允许使用的模型（默认：全部）"))
	f.StringSliceVar(&tags, "tag", nil, r.t("a word for the rules of access: ward=3", "供访问规则使用的标签，如 ward=3"))
	f.IntVar(&days, "days", 0, r.t("days until it ends (default: never)", "有效天数（默认：永久）"))
	return c
}

func (r *keyring) listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: r.t("List the keys, without their secrets", "列出密钥（不含内容）"), Args: r.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			_, k, err := r.keys()
			if err != nil {
				return err
			}
			var rows [][]string
			for _, key := range k.List() {
				if r.format == formatJSONL {
					r.line(struct {
						Type    string    `json:"type"`
						Name    string    `json:"name"`
						Made    time.Time `json:"made"`
						Expires time.Time `json:"expires,omitzero"`
						Revoked time.Time `json:"revoked,omitzero"`
						Roles   []string  `json:"roles,omitempty"`
						Tenant  string    `json:"tenant,omitempty"`
						Actions []string  `json:"actions,omitempty"`
						Models  []string  `json:"models,omitempty"`
					}{"key", key.Name, key.Made, key.Expires, key.Revoked, key.Roles, key.Tenant, key.Actions, key.Models})
					continue
				}
				rows = append(rows, []string{key.Name, r.keyState(key), strings.Join(key.Roles, ","), key.Tenant, strings.Join(append(key.Actions, key.Models...), ",")})
			}
			for _, l := range terminal.Table("lllll", rows) {
				fmt.Fprintln(r.stdout, strings.TrimRight(l, " "))
			}
			return nil
		},
	}
}

func (r *keyring) rotateCommand() *cobra.Command {
	var grace time.Duration
	c := &cobra.Command{
		Use: "rotate " + r.t("NAME", "名称"), Short: r.t("Give a key another secret and show it, once", "更换密钥内容，只显示这一次"), Args: r.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, k, err := r.keys()
			if err != nil {
				return err
			}
			if grace < 0 || grace > 30*24*time.Hour {
				return usage("--grace", say.T("%v is not 0 to 720h", "%v 不在 0 到 720h 之间", grace), say.T("write it like 24h", "请写成 24h 的样子"))
			}
			secret, until, err := k.Rotate(args[0], grace)
			if err != nil {
				return err
			}
			if err := dir.log("key.rotate", operate.Rotated(args[0], until)); err != nil {
				return err
			}
			r.show(args[0], secret)
			if until.IsZero() {
				r.screen.Note(say.T("the secret before it no longer works", "旧内容已失效"))
			} else {
				r.screen.Note(say.T("the secret before it works until %s", "旧内容有效至 %s", until.Local().Format("2006-01-02 15:04")))
			}
			return nil
		},
	}
	c.Flags().DurationVar(&grace, "grace", 0, r.t("how long the old secret works beside it, as 24h; without it, it ends at once", "旧内容继续有效的时间，如 24h；不写则立即失效"))
	return c
}

func (r *keyring) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke " + r.t("NAME", "名称"), Short: r.t("End a key", "撤销密钥"), Args: r.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, k, err := r.keys()
			if err != nil {
				return err
			}
			if err := k.Revoke(args[0]); err != nil {
				return err
			}
			return dir.log("key.revoke", operate.Name(args[0]))
		},
	}
}

// keyState says since or until when a key works.
func (a *app) keyState(key operate.Key) string {
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	old := ""
	if key.Old != "" && time.Now().Before(key.Until) {
		old = a.t(", old secret until %s", "，旧内容有效至 %s", key.Until.Local().Format("2006-01-02 15:04"))
	}
	switch {
	case !key.Revoked.IsZero():
		return a.t("revoked %s", "撤销于 %s", day(key.Revoked))
	case !key.Expires.IsZero() && key.Works(time.Now()):
		return a.t("until %s", "有效至 %s", day(key.Expires)) + old
	case !key.Expires.IsZero():
		return a.t("ended %s", "到期于 %s", day(key.Expires))
	}
	return a.t("made %s", "创建于 %s", day(key.Made)) + old
}

// tagsOf reads words of the form ward=3; of one name there may be several.
func tagsOf(list []string) (map[string][]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	tags := map[string][]string{}
	for _, s := range list {
		name, word, ok := strings.Cut(s, "=")
		if !ok || name == "" || word == "" {
			return nil, usage("--tag", say.T("%q is not a tag", "%q 不是标签", s), say.T("write it like ward=3", "请写成 ward=3 的样子"))
		}
		tags[name] = append(tags[name], word)
	}
	return tags, nil
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve"
	"suiren/serve/account"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/care"
	"suiren/stage/operate/people"
)

// people opens the accounts of a server.
func (d bookDir) people() (*people.Store, error) { return people.Open(d.accounts()) }

// door opens what a server lets callers in by. The folder of the owner's rules
// may be "".
func (b *books) door(a *app, keys *operate.Keys, rules string) (*account.Account, error) {
	store, err := b.dir.people()
	if err != nil {
		return nil, err
	}
	b.opened = append(b.opened, store.Close)
	door := &account.Account{People: store, Keys: keys, Rules: access.Default(), Audit: b.audit, Log: b.log(a), Now: time.Now, Care: b.dir.care()}
	door.Erase = func(_ context.Context, name, by string) (any, error) {
		e, err := b.dir.erase(name, by, false)
		if err == nil {
			b.forgotten(name, e.As)
		}
		return e, err
	}
	// Commands that ask who may do something go by the same rules.
	if rules != "" {
		if rules, err = filepath.Abs(rules); err != nil {
			return nil, err
		}
	}
	kept, err := door.Care.Read()
	if err == nil && kept.Access != rules {
		err = door.Care.Change(func(s *care.State) error { s.Access = rules; return nil })
	}
	if err != nil {
		return nil, err
	}
	if rules == "" {
		return door, nil
	}
	if door.Rules, err = access.Load(rules); err != nil {
		return nil, err
	}
	door.Sources, err = account.LoadSources(rules)
	return door, err
}

// peopleFlags say whose accounts a command is about.
type peopleFlags struct {
	folder string
	models bool
}

func (f *peopleFlags) add(a *app, list ...*cobra.Command) {
	for _, c := range list {
		c.Flags().StringVar(&f.folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
		a.bookFlag(c, &f.models)
	}
}

// with opens the accounts for f, and writes into the audit log what it says was done.
func (f *peopleFlags) with(a *app, do func(dir bookDir, s *people.Store) (action, subject string, err error)) error {
	dir, err := a.bookDir(f.folder, f.models)
	if err != nil {
		return err
	}
	s, err := dir.people()
	if err != nil {
		return err
	}
	defer s.Close()
	action, subject, err := do(dir, s)
	if err != nil || action == "" {
		return err
	}
	return dir.log(action, subject)
}

// userCommand keeps the accounts.
func (a *app) userCommand() *cobra.Command {
	var f peopleFlags
	name := a.t("NAME", "名称")
	act := func(use, en, zh, action string, do func(*people.Store, string) error) *cobra.Command {
		return &cobra.Command{Use: use + " " + name, Short: a.t(en, zh), Args: a.args(1, 1), RunE: func(_ *cobra.Command, args []string) error {
			return f.with(a, func(_ bookDir, s *people.Store) (string, string, error) {
				return action, operate.Name(args[0]), do(s, args[0])
			})
		}}
	}
	link := act("link", "Make a link that sets a password, once", "生成一次性的密码设置链接", "person.link", a.showLink)
	password := act("password", "Set a password here", "在此设置密码", "person.password", func(s *people.Store, name string) error {
		if _, err := s.Find(name); err != nil {
			return err
		}
		text, err := a.askPassword(name)
		if err != nil {
			return err
		}
		return s.SetPassword(name, text)
	})
	suspend := act("suspend", "Bar somebody, and end their sessions", "暂停账户并结束其会话", "person.suspend", func(s *people.Store, name string) error { return s.Suspend(name, true) })
	admit := act("admit", "Let somebody in again", "恢复账户", "person.admit", func(s *people.Store, name string) error { return s.Suspend(name, false) })
	remove := act("remove", "Take an account away", "删除账户", "person.remove", (*people.Store).Remove)
	out := act("sign-out", "End all sessions of somebody", "结束某人的全部会话", "session.end", func(s *people.Store, name string) error { _, err := s.EndAll(name); return err })
	roles := &cobra.Command{
		Use: "roles " + name + " " + a.t("ROLE…", "角色…"), Short: a.t("Set somebody's roles", "设置角色"), Args: a.args(2, 8),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.with(a, func(_ bookDir, s *people.Store) (string, string, error) {
				err := s.Change(args[0], func(p *people.Person) error { p.Roles = args[1:]; return nil })
				return "person.roles", operate.Name(args[0]) + " " + strings.Join(args[1:], ","), err
			})
		},
	}
	all := []*cobra.Command{a.userAddCommand(&f), a.userListCommand(&f), link, password, roles, suspend, admit, out, remove}
	f.add(a, all...)
	all = append(all, a.userEraseCommand())
	return a.group("user", a.t("Keep the accounts of those who sign in", "管理登录账户"), all...)
}

func (a *app) userAddCommand(f *peopleFlags) *cobra.Command {
	var p people.Person
	var tags []string
	var ask bool
	c := &cobra.Command{
		Use: "add " + a.t("NAME", "名称"), Short: a.t("Make an account, and a link that sets its password, once", "创建账户，并生成一次性的密码设置链接"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.with(a, func(dir bookDir, s *people.Store) (string, string, error) {
				keys, err := operate.OpenKeys(dir.keys())
				if err != nil {
					return "", "", err
				}
				p.Name = args[0]
				if p.Tags, err = tagsOf(tags); err != nil {
					return "", "", err
				}
				if account.Taken(keys, s, p.Name) {
					return "", "", &say.Error{Where: p.Name, What: say.T("a key or a person has this name already", "已有同名的密钥或人员"), Next: say.T("choose another name", "请换一个名字")}
				}
				var password string
				if ask {
					if password, err = a.askPassword(p.Name); err == nil {
						err = people.CheckPassword(p.Name, password) // before there is an account
					}
					if err != nil {
						return "", "", err
					}
				}
				if err := s.Add(p); err != nil {
					return "", "", err
				}
				if ask {
					return "person.add", operate.Name(p.Name) + " " + strings.Join(p.Roles, ","), s.SetPassword(p.Name, password)
				}
				return "person.add", operate.Name(p.Name) + " " + strings.Join(p.Roles, ","), a.showLink(s, p.Name)
			})
		},
	}
	c.Flags().StringSliceVar(&p.Roles, "role", []string{access.User}, a.t("what they may do: owner, system, security, audit, operator, user, viewer", "角色：owner、system、security、audit、operator、user、viewer"))
	c.Flags().StringVar(&p.Tenant, "tenant", "", a.t("the tenant that they are of", "所属租户"))
	c.Flags().StringVar(&p.Project, "project", "", a.t("the project that they are of", "所属项目"))
	c.Flags().StringVar(&p.Title, "title", "", a.t("as others call them", "显示名称"))
	c.Flags().StringSliceVar(&tags, "tag", nil, a.t("a word for the rules of access: ward=3", "供访问规则使用的标签，如 ward=3"))
	c.Flags().BoolVar(&ask, "password", false, a.t("ask for the password here instead (from a pipe: its first line)", "改为在此输入密码（从管道输入时读取第一行）"))
	return c
}

func (a *app) userListCommand(f *peopleFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.t("List the accounts", "列出账户"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return f.with(a, func(_ bookDir, s *people.Store) (string, string, error) {
				all, err := s.List()
				var rows [][]string
				for _, p := range all {
					if a.format == formatJSONL {
						a.line(struct {
							Type string `json:"type"`
							*people.Person
						}{"person", p})
						continue
					}
					state := a.t("no password yet", "尚未设置密码")
					switch {
					case !p.Suspended.IsZero():
						state = a.t("suspended", "已暂停")
					case p.Source != "":
						state = p.Source
					case p.Password || p.Passkeys > 0:
						state = a.t("signs in", "可登录")
					}
					rows = append(rows, []string{p.Name, strings.Join(p.Roles, ","), p.Tenant, state})
				}
				for _, l := range terminal.Table("llll", rows) {
					fmt.Fprintln(a.stdout, strings.TrimRight(l, " "))
				}
				a.none(len(all), "there is no account yet: suiren user add NAME", "还没有账户：suiren user add 名称")
				return "", "", err
			})
		},
	}
}

func (a *app) showLink(s *people.Store, name string) error {
	token, err := s.Link(name)
	if err != nil {
		return err
	}
	if a.format == formatJSONL {
		a.line(map[string]string{"type": "link", "name": name, "path": account.JoinPath(token)})
		return nil
	}
	fmt.Fprintln(a.stdout, a.t("%s sets a password, once, within a day, at the address of the page followed by", "请 %s 在一天内设置密码，只能用一次；网址是页面地址加上：", name))
	fmt.Fprintln(a.stdout, account.JoinPath(token))
	return nil
}

// askPassword asks twice at a terminal; from a pipe it is the first line.
func (a *app) askPassword(name string) (string, error) {
	first, err := a.readPassword(a.t("password of %s: ", "%s 的密码：", name))
	if err != nil || !term.IsTerminal(int(os.Stdin.Fd())) {
		return first, err
	}
	again, err := a.readPassword(a.t("once more: ", "再输一次："))
	if err != nil {
		return "", err
	}
	if first != again {
		return "", &say.Error{Where: name, What: say.T("the two are not the same", "两次输入不一致"), Next: say.T("try again", "请重试")}
	}
	return first, nil
}

// readPassword asks at a terminal; from a pipe it is the first line.
func (a *app) readPassword(text string) (string, error) {
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, 4096)).ReadString('\n')
		if err != nil && err != io.EOF {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprint(a.stderr, text)
	b, err := term.ReadPassword(fd)
	fmt.Fprintln(a.stderr)
	return string(b), err
}

// tenantCommand keeps the tenants.
func (a *app) tenantCommand() *cobra.Command {
	var f peopleFlags
	name := a.t("NAME", "名称")
	var title string
	add := &cobra.Command{Use: "add " + name, Short: a.t("Make a tenant: a part of the house into which the others do not see", "创建租户：彼此不可见的一部分"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.with(a, func(_ bookDir, s *people.Store) (string, string, error) {
				return "tenant.add", args[0], s.AddTenant(args[0], title)
			})
		}}
	add.Flags().StringVar(&title, "title", "", a.t("as others call it", "显示名称"))
	list := &cobra.Command{Use: "list", Short: a.t("List the tenants", "列出租户"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return f.with(a, func(_ bookDir, s *people.Store) (string, string, error) {
				all, err := s.Tenants()
				var rows [][]string
				for _, t := range all {
					if a.format == formatJSONL {
						a.line(map[string]any{"type": "tenant", "name": t.Name, "title": t.Title, "people": t.People, "shares": t.Shares})
						continue
					}
					var shares []string
					for _, x := range t.Shares {
						shares = append(shares, strings.ToLower(x.Kind)+" "+x.ID)
					}
					rows = append(rows, []string{t.Name, t.Title, a.t("%d people", "%d 人", t.People), say.List(a.lang, shares)})
				}
				for _, l := range terminal.Table("llrl", rows) {
					fmt.Fprintln(a.stdout, strings.TrimRight(l, " "))
				}
				a.none(len(all), "there is no tenant yet: suiren tenant add NAME", "还没有租户：suiren tenant add 名称")
				return "", "", err
			})
		}}
	remove := &cobra.Command{Use: "remove " + name, Short: a.t("Take a tenant away", "删除租户"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.with(a, func(dir bookDir, s *people.Store) (string, string, error) {
				keys, err := operate.OpenKeys(dir.keys())
				if err != nil {
					return "", "", err
				}
				for _, k := range keys.List() {
					if k.Tenant == args[0] && k.Works(time.Now()) {
						return "", "", &say.Error{Where: args[0], What: say.T("there are keys of this tenant: %s", "该租户还有密钥：%s", k.Name), Next: say.T("revoke them first", "请先撤销它们")}
					}
				}
				return "tenant.remove", args[0], s.RemoveTenant(args[0])
			})
		}}
	share := func(use, en, zh, action string, has bool) *cobra.Command {
		return &cobra.Command{Use: use + " " + name + " model|base " + a.t("WHAT", "对象"), Short: a.t(en, zh), Args: a.args(3, 3),
			RunE: func(_ *cobra.Command, args []string) error {
				kind := map[string]string{"model": "Model", "base": "Base"}[args[1]]
				return f.with(a, func(_ bookDir, s *people.Store) (string, string, error) {
					return action, strings.Join(args, " "), s.Give(people.Share{Kind: kind, ID: args[2]}, args[0], has)
				})
			}}
	}
	give := share("give", "Make a model or knowledge base a tenant's (- is the house): others no longer see it", "把模型或知识库分配给租户（- 表示系统本身）：其他租户不再可见", "tenant.give", true)
	take := share("take", "Take a model or knowledge base back; one that nobody has is everyone's", "收回模型或知识库；无人拥有的归所有人使用", "tenant.take", false)
	all := []*cobra.Command{add, list, give, take, remove}
	f.add(a, all...)
	return a.group("tenant", a.t("Keep the tenants, and what is theirs", "管理租户及其资源"), all...)
}

// accessCommand looks at the rules of access.
func (a *app) accessCommand() *cobra.Command {
	check := &cobra.Command{Use: "check " + a.t("FOLDER", "目录"), Short: a.t("Check the owner's rules, entities and outer sign-in", "检查自定义规则、实体与外部登录配置"), Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := access.Load(args[0])
			if err != nil {
				return err
			}
			if _, err := account.LoadSources(args[0]); err != nil {
				return err
			}
			n := rules.Count()
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "rules", "rules": n})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("%d rules hold, the default ones among them", "共 %d 条规则有效（含默认规则）", n))
			return nil
		}}
	var q access.Request
	var folder, says string
	var tags, owners []string
	ask := &cobra.Command{Use: "ask " + a.t("ACTION", "操作") + " [" + a.t("THING", "对象") + "]", Short: a.t("Ask the rules whether somebody may do something, and why not", "询问规则：某人能否执行某操作，以及原因"), Args: a.args(1, 2),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			rules := access.Default()
			if folder != "" {
				if rules, err = access.Load(folder); err != nil {
					return err
				}
			}
			kind, ok := access.Actions()[args[0]]
			if !ok {
				return usage(args[0], say.T("there is no such action", "没有这个操作"), say.T("docs/security.md lists them", "操作列表见 docs/security.md"))
			}
			q.Action, q.Thing, q.Time = args[0], access.Thing{Kind: kind, ID: strings.Join(args[1:], "")}, time.Now()
			if len(owners) > 0 {
				q.Thing.Tenants = owners
			}
			if q.Says, err = serve.ParseContext(says); err != nil {
				return usage("--context", say.T("%q is not of the form purpose=treatment&patient=P17", "%q 应形如 purpose=treatment&patient=P17", says), say.T("see docs/security.md", "见 docs/security.md"))
			}
			if q.Principal.Tags, err = tagsOf(tags); err != nil {
				return err
			}
			d := rules.Decide(q)
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "decision", "allowed": d.Allowed, "hidden": d.Hidden, "rules": d.Rules, "why": d.Why.In(a.lang)})
			} else if d.Allowed {
				fmt.Fprintln(a.stdout, a.t("allowed, by %s", "允许，依据 %s", d.Rules))
			}
			if !d.Allowed {
				return &say.Error{Where: args[0], What: say.T("denied: %s", "拒绝：%s", d.Why), Err: errDeniedByRules}
			}
			return nil
		}}
	fl := ask.Flags()
	fl.StringVar(&folder, "access", "", a.t("folder of the owner's rules", "自定义规则所在目录"))
	fl.StringVar(&q.Principal.Name, "name", "somebody", a.t("who asks", "请求者"))
	fl.StringSliceVar(&q.Principal.Roles, "role", []string{access.User}, a.t("their roles", "其角色"))
	fl.StringVar(&q.Principal.Tenant, "tenant", "", a.t("their tenant", "其租户"))
	fl.StringSliceVar(&tags, "tag", nil, a.t("a word for the rules of access: ward=3", "供访问规则使用的标签，如 ward=3"))
	fl.StringSliceVar(&owners, "of", nil, a.t("the tenants whose the thing is (default: everyone's)", "对象所属的租户（默认：所有人）"))
	fl.StringVar(&says, "context", "", a.t("what the request says of itself: purpose=treatment&patient=P17", "请求自述：purpose=treatment&patient=P17"))
	fl.BoolVar(&q.Principal.Emergency, "emergency", false, a.t("the glass is broken", "处于紧急访问"))
	fl.BoolVar(&q.Principal.TwoFactors, "two-factors", false, a.t("two factors were shown", "已通过双因素"))
	return a.group("access", a.t("Check the rules of access, and ask them", "检查并询问访问规则"), check, ask)
}

var errDeniedByRules = errors.New("denied by the rules")

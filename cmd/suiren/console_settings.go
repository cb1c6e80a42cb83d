package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"suiren/internal/say"
	"suiren/models"
	"suiren/serve"
	"suiren/serve/account"
)

// A setting is one thing that is set, with where it comes from.
type setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // flag, environment, file, database, default
	From   string `json:"from"`
	What   string `json:"what"`
}

// settings are those of the process, each with where it comes from.
func (h *house) settings(_ context.Context, q serve.Query) (any, error) {
	list := []setting{}
	if h.cmd != nil {
		words := (&app{lang: q.Lang, format: formatText, stdout: io.Discard, stderr: io.Discard, screen: h.a.screen}).root() // the same flags, in the reader's language
		h.cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "help" {
				return
			}
			s := setting{Name: f.Name, Value: f.Value.String(), Origin: "default", What: f.Usage}
			if same, _, err := words.Find(strings.Fields(h.cmd.CommandPath())[1:]); err == nil && same.Flag(f.Name) != nil {
				s.What = same.Flag(f.Name).Usage
			}
			if f.Changed {
				s.Origin, s.From = "flag", "--"+f.Name
			}
			list = append(list, s)
		})
	}
	for _, name := range []string{"SUIREN_HOME", "SUIREN_THREADS", "SUIREN_LANG", "NO_COLOR"} {
		if v, ok := os.LookupEnv(name); ok {
			list = append(list, setting{Name: name, Value: v, Origin: "environment", From: name})
		}
	}
	home, err := models.Home()
	if err != nil {
		return nil, err
	}
	places := []setting{{Name: "home", Value: home, Origin: "default"}, {Name: "books", Value: string(h.books.dir), Origin: "default"}}
	if w, err := h.workspace(); err == nil {
		places = append(places, setting{Name: "plan", Value: w.file.Path, Origin: "file", From: w.file.Path}, setting{Name: "state", Value: w.st.Path(), Origin: "default"})
	}
	access, err := h.access(q.Lang)
	if err != nil {
		return nil, err
	}
	return map[string]any{"settings": list, "places": places, "access": access}, nil
}

// access is who can come in, and by which rules they may do what.
func (h *house) access(lang say.Lang) ([]setting, error) {
	store, err := h.books.dir.people()
	if err != nil {
		return nil, err
	}
	defer store.Close()
	people, err := store.List()
	if err != nil {
		return nil, err
	}
	tenants, err := store.Tenants()
	if err != nil {
		return nil, err
	}
	list := []setting{
		{"people", strconv.Itoa(len(people)), "database", "people.db", say.T("accounts, who sign in by password or passkey", "账户，用密码或通行密钥登录").In(lang)},
		{"tenants", strconv.Itoa(len(tenants)), "database", "people.db", say.T("who share the house and do not see each other", "同住一处互不可见的租户").In(lang)},
	}
	folder := ""
	if h.cmd != nil {
		if f := h.cmd.Flags().Lookup("access"); f != nil {
			folder = f.Value.String()
		}
	}
	rules := setting{"rules", "", "default", "", say.T("what each role may do", "各角色可以做什么").In(lang)}
	if folder == "" {
		return append(list, rules), nil
	}
	rules.Value, rules.Origin, rules.From = folder, "file", "--access"
	list = append(list, rules)
	from := filepath.Join(folder, "sign-in.json")
	sources, err := account.LoadSources(folder)
	if err != nil {
		return nil, err
	}
	if o := sources.OIDC; o != nil {
		list = append(list, setting{"oidc", o.Issuer, "file", from, say.T("a sign-in server that people are sent to", "外部登录服务器").In(lang)})
	}
	if l := sources.LDAP; l != nil {
		list = append(list, setting{"ldap", l.URL, "file", from, say.T("a directory that knows names and passwords", "保存名字与密码的目录服务").In(lang)})
	}
	return list, nil
}

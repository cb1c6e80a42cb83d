package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"suiren/internal/say"
	"suiren/stage/operate/people"
)

// LoadSources reads sign-in.json of an owner's folder, which names the outer
// sources: {"oidc": {…}, "ldap": {…}}. Without the file there are none.
func LoadSources(dir string) (s Sources, err error) {
	path := filepath.Join(dir, "sign-in.json")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	bad := func(what say.Text, next say.Text) error { return &say.Error{Where: path, What: what, Next: next} }
	if info.Mode().Perm()&0o077 != 0 {
		return s, bad(say.T("others can read it, and it may hold a secret", "其他用户可以读取该文件，而其中可能有密码"), say.T("chmod 600 it", "请执行 chmod 600"))
	}
	if info.Size() > 1<<20 {
		return s, bad(say.T("it is larger than a mebibyte", "超过 1 MiB"), say.T("shorten it", "请精简"))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var file struct {
		OIDC *OIDC `json:"oidc"`
		LDAP *LDAP `json:"ldap"`
	}
	if err := d.Decode(&file); err != nil {
		return s, bad(say.T("it is not what was expected: %v", "内容不符合要求：%v", err), say.T("docs/security.md shows one", "示例见 docs/security.md"))
	}
	var grants []Grant
	if o := file.OIDC; o != nil {
		u, err := url.Parse(o.Issuer)
		if err != nil || u.Scheme != "https" || o.Client == "" || o.URL == "" {
			return s, bad(say.T("oidc: the issuer is not an https address, or client or url is missing", "oidc：issuer 不是 https 地址，或缺少 client 或 url"), say.T("docs/security.md shows one", "示例见 docs/security.md"))
		}
		if o.Title == "" {
			o.Title = u.Host
		}
		grants = append(grants, o.Grants...)
	}
	if l := file.LDAP; l != nil {
		u, err := url.Parse(l.URL)
		if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Hostname() == "" || l.Base == "" {
			return s, bad(say.T("ldap: the url is not ldap:// or ldaps://, or base is missing", "ldap：url 不是 ldap:// 或 ldaps://，或缺少 base"), say.T("docs/security.md shows one", "示例见 docs/security.md"))
		}
		grants = append(grants, l.Grants...)
	}
	for _, g := range grants {
		if err := people.CheckRoles(g.Roles); err != nil {
			return s, bad(say.T("grants: %v", "grants：%v", err), say.T("correct it", "请更正"))
		}
	}
	return Sources{file.OIDC, file.LDAP}, nil
}

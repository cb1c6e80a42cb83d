package account

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"time"

	"github.com/go-ldap/ldap/v3"

	"suiren/internal/say"
	"suiren/stage/operate/people"
)

// LDAP is a directory that the owner named (RFC 4511). It is dialed when
// somebody signs in, and never otherwise.
type LDAP struct {
	URL      string  `json:"url"` // ldaps://host, or ldap://host, which is upgraded by StartTLS unless it is this machine
	Bind     string  `json:"bind"`
	Password string  `json:"password"`
	Base     string  `json:"base"`   // where people are, and everything below
	Name     string  `json:"name"`   // attribute with the name; "" is uid. Active Directory: sAMAccountName
	Title    string  `json:"title"`  // "" is cn
	Member   string  `json:"member"` // attribute with the groups' distinguished names; "" is memberOf
	Grants   []Grant `json:"grants"`

	Roots *x509.CertPool `json:"-"` // nil: the machine's
}

const ldapTime = 10 * time.Second

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// dial connects with TLS. A password never leaves this machine in the clear.
func (l *LDAP) dial() (*ldap.Conn, error) {
	u, err := url.Parse(l.URL)
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, RootCAs: l.Roots}
	c, err := ldap.DialURL(l.URL, ldap.DialWithDialer(&net.Dialer{Timeout: ldapTime}), ldap.DialWithTLSConfig(conf))
	if err != nil {
		return nil, err
	}
	c.SetTimeout(ldapTime)
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "ldap" && !(u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
		if err := c.StartTLS(conf); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// ldap checks a name and a password at the directory.
func (a *Account) ldap(_ context.Context, name, password string) (*people.Person, error) {
	// An empty password would be an anonymous bind, which succeeds (RFC 4513, 5.1.2).
	if password == "" || people.CheckName(name) != nil {
		return nil, people.ErrSignIn
	}
	as, subject, err := a.Sources.LDAP.find(name, password)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) || ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil, people.ErrSignIn
	}
	if err == nil {
		return a.known(sourceLDAP, subject, as)
	}
	if err == people.ErrSignIn || err == errNoGrant {
		return nil, err
	}
	a.Log.Error("the directory did not answer as it should", "err", err)
	return nil, &say.Error{What: say.T("the directory did not answer as it should", "目录服务器没有正确应答"), Next: say.T("try again, or sign in with a key", "请重试，或用密钥登录")}
}

func (l *LDAP) find(name, password string) (as people.Person, subject string, err error) {
	c, err := l.dial()
	if err != nil {
		return as, "", err
	}
	defer c.Close()
	if l.Bind != "" {
		if err := c.Bind(l.Bind, l.Password); err != nil {
			return as, "", &say.Error{What: say.T("the directory does not take our own name: %v", "目录不接受本系统的账户：%v", err),
				Next: say.T("look at bind and password of ldap in sign-in.json", "请检查 sign-in.json 里 ldap 的 bind 与 password")}
		}
	}
	attr, title, member := or(l.Name, "uid"), or(l.Title, "cn"), or(l.Member, "memberOf")
	res, err := c.Search(ldap.NewSearchRequest(l.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, int(ldapTime.Seconds()), false,
		"("+ldap.EscapeFilter(attr)+"="+ldap.EscapeFilter(name)+")", []string{attr, title, member}, nil))
	if err != nil {
		return as, "", err
	}
	if len(res.Entries) != 1 {
		return as, "", people.ErrSignIn
	}
	e := res.Entries[0]
	if err := c.Bind(e.DN, password); err != nil {
		return as, "", err
	}
	as.Name, as.Title = or(e.GetAttributeValue(attr), name), e.GetAttributeValue(title)
	return as, e.DN, granted(l.Grants, e.GetAttributeValues(member), &as)
}

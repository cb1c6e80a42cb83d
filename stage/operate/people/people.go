// Package people keeps the accounts of those who use a server: who they are,
// what they sign in with, their sessions, and the tenants that they belong to.
// All of it is one SQLite file, which several processes may use.
package people

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/internal/sqlite"
	"suiren/stage/operate/access"
)

// A Person is an account.
type Person struct {
	Name      string              `json:"name"`
	Title     string              `json:"title,omitempty"` // as others call them
	Roles     []string            `json:"roles"`
	Tenant    string              `json:"tenant,omitempty"` // "" is the house itself
	Project   string              `json:"project,omitempty"`
	Tags      map[string][]string `json:"tags,omitempty"`   // for the rules: ward, department, …
	Source    string              `json:"source,omitempty"` // "" is a local account; oidc, ldap
	Made      time.Time           `json:"made"`
	Suspended time.Time           `json:"suspended,omitzero"`
	Password  bool                `json:"password"` // there is one
	Passkeys  int                 `json:"passkeys,omitempty"`
	subject   string              // of the source: who it is there
	hash      string
}

// Principal is what the rules see of a person.
func (p *Person) Principal() access.Principal {
	return access.Principal{Name: p.Name, Roles: p.Roles, Tenant: p.Tenant, Project: p.Project, Tags: p.Tags}
}

// A Store is the file of accounts. It may be used by many goroutines.
type Store struct {
	Now func() time.Time // set by Open to time.Now

	db    file
	tries tries
}

// A file is the database, whose errors say where it lies.
type file struct {
	*sql.DB
	path string
}

func (f file) Exec(query string, args ...any) (sql.Result, error) {
	r, err := f.DB.Exec(query, args...)
	return r, f.failed(err)
}

func (f file) Begin() (*sql.Tx, error) {
	tx, err := f.DB.Begin()
	return tx, f.failed(err)
}

func (f file) failed(err error) error {
	if err == nil {
		return nil
	}
	return &say.Error{Where: f.path, Err: err, What: say.T("the accounts cannot be written: %v", "无法写入账户：%v", err),
		Next: say.T("check that the disk has room", "请检查磁盘空间")}
}

const schema = `
create table if not exists people (
	name      text primary key,
	data      text not null,             -- Person, as JSON
	source    text not null default '',
	subject   text,                      -- who it is for the source
	hash      text not null default '',  -- of the password: Argon2id
	made      integer not null,          -- microseconds since 1970, as all times here
	suspended integer not null default 0
) strict;
create unique index if not exists people_subject on people (source, subject) where subject is not null;
create table if not exists passkeys (
	id     blob primary key,
	person text not null references people (name) on delete cascade,
	label  text not null,
	data   text not null,    -- the credential, as JSON
	made   integer not null,
	used   integer not null default 0
) strict;
create table if not exists sessions (
	hash   text primary key, -- SHA-256 of the secret
	person text not null,    -- or the name of a key, or page; '' if erased
	kind   text not null,    -- person, key, page, erased
	second integer not null, -- two factors were shown
	made   integer not null,
	ends   integer not null
) strict;
create table if not exists links (
	hash   text primary key, -- SHA-256 of the token
	person text not null references people (name) on delete cascade,
	ends   integer not null
) strict;
create table if not exists tenants (
	name  text primary key,
	title text not null,
	made  integer not null
) strict;
create table if not exists shares (
	kind   text not null,    -- Model, Base
	id     text not null,
	tenant text not null,    -- '' is the house
	primary key (kind, id, tenant)
) strict;
create table if not exists emergencies (
	person text not null,
	reason text not null,
	began  integer not null,
	ends   integer not null
) strict;
`

// Open opens or makes the file.
func Open(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	db, err := sqlite.Open(path, sqlite.Full)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one writer at a time is all that SQLite has
	if _, err := db.Exec(schema); err != nil {
		db.Close()
		return nil, &say.Error{Where: path, Err: err, What: say.T("the accounts cannot be read: %v", "无法读取账户：%v", err),
			Next: say.T("restore the file from a backup", "请从备份恢复该文件")}
	}
	return &Store{Now: time.Now, db: file{db, path}}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// The kinds of errors that a caller tells apart.
var (
	ErrNone   = say.Errorf("there is no such account", "没有这个账户")
	ErrExists = say.Errorf("there is an account of this name already", "已有同名的账户")
)

// nameForm leaves the length to CheckName: to count 64 letters of all scripts it
// would take 2.5 MB at every start of the program.
var nameForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@-]*$`)

const maxName = 64 // characters

// CheckName reports whether s can name a person, a tenant or a project.
func CheckName(s string) error {
	if utf8.RuneCountInString(s) > maxName || !nameForm.MatchString(s) {
		return &say.Error{Where: s, What: say.T("this is not a name", "这不是合法的名称"),
			Next: say.T("use at most 64 letters, digits, and . _ @ - inside", "请用至多 64 个字母、数字，中间可有 . _ @ -")}
	}
	return nil
}

// CheckRoles reports whether one person may hold these roles: of the three
// administrators nobody is two (GB/T 22239, separation of duties).
func CheckRoles(roles []string) error {
	var three []string
	for _, r := range roles {
		if !slices.Contains(access.Roles, r) {
			return &say.Error{Where: r, What: say.T("there is no such role", "没有这个角色"),
				Next: say.T("choose of %s", "可选：%s", access.Roles)}
		}
		if r == access.System || r == access.Security || r == access.Auditor {
			three = append(three, r)
		}
	}
	if len(three) > 1 {
		return &say.Error{Where: strings.Join(three, ", "), What: say.T("nobody may be two of the three administrators", "同一人不得兼任三员中的两员"),
			Next: say.T("give the roles to different people", "请把角色授予不同的人")}
	}
	return nil
}

// bounds of an account, so that one is never a large thing.
func (p *Person) check() error {
	if err := CheckName(p.Name); err != nil {
		return err
	}
	for _, s := range []string{p.Tenant, p.Project} {
		if s != "" {
			if err := CheckName(s); err != nil {
				return err
			}
		}
	}
	b, err := json.Marshal(p)
	if err == nil && len(b) > 8<<10 {
		err = &say.Error{Where: p.Name, What: say.T("the account is larger than 8 KiB", "账户信息超过 8 KiB"), Next: say.T("give fewer tags", "请减少标签")}
	}
	if err != nil {
		return err
	}
	return CheckRoles(p.Roles)
}

// Add makes an account, which nobody can sign in to yet.
func (s *Store) Add(p Person) error {
	if err := p.check(); err != nil {
		return err
	}
	if err := s.HasTenant(p.Tenant); err != nil {
		return err
	}
	p.Made = s.Now().UTC().Truncate(time.Second)
	return s.insert(&p)
}

func (s *Store) insert(p *Person) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	var subject any
	if p.subject != "" {
		subject = p.subject
	}
	r, err := s.db.Exec(`insert into people (name, data, source, subject, made) values (?,?,?,?,?) on conflict do nothing`, p.Name, string(data), p.Source, subject, p.Made.UnixMicro())
	if err != nil {
		return err
	}
	if n, _ := r.RowsAffected(); n == 0 {
		return &say.Error{Where: p.Name, What: ErrExists.What, Next: say.T("choose another name", "请换一个名字"), Err: ErrExists}
	}
	return nil
}

const columns = `select data, source, coalesce(subject, ''), hash, suspended, (select count(*) from passkeys where person = people.name) from people`

func scan(row interface{ Scan(...any) error }) (*Person, error) {
	var p Person
	var data, source, subject, hash string
	var suspended int64
	var passkeys int
	if err := row.Scan(&data, &source, &subject, &hash, &suspended, &passkeys); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(data), &p); err != nil {
		return nil, err
	}
	p.Source, p.subject, p.hash, p.Password, p.Passkeys = source, subject, hash, hash != "", passkeys
	p.Suspended = time.Time{}
	if suspended != 0 {
		p.Suspended = time.UnixMicro(suspended).UTC()
	}
	return &p, nil
}

// Find returns an account; ErrNone if there is none.
func (s *Store) Find(name string) (*Person, error) {
	return found(name)(scan(s.db.QueryRow(columns+` where name = ?`, name)))
}

func found(name string) func(*Person, error) (*Person, error) {
	return func(p *Person, err error) (*Person, error) {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, &say.Error{Where: name, What: ErrNone.What, Next: say.T("suiren user list names them", "用 suiren user list 查看"), Err: ErrNone}
		}
		return p, err
	}
}

// List returns the accounts by name.
func (s *Store) List() ([]*Person, error) {
	rows, err := s.db.Query(columns + ` order by name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*Person
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// Change lets f change an account's title, roles, project and tags. Roles that
// change end the person's sessions.
func (s *Store) Change(name string, f func(*Person) error) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	p, err := found(name)(scan(tx.QueryRow(columns+` where name = ?`, name)))
	if err != nil {
		return err
	}
	before := *p
	before.Roles = slices.Clone(p.Roles)
	if err := f(p); err != nil {
		return err
	}
	p.Name, p.Tenant, p.Source, p.Made = before.Name, before.Tenant, before.Source, before.Made
	if err := p.check(); err != nil {
		return err
	}
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`update people set data = ? where name = ?`, string(data), name); err != nil {
		return err
	}
	if !slices.Equal(before.Roles, p.Roles) {
		if _, err := tx.Exec(`delete from sessions where person = ? and kind = 'person'`, name); err != nil {
			return err
		}
	}
	return s.db.failed(tx.Commit())
}

// Suspend bars a person, or lets one in again. Sessions end.
func (s *Store) Suspend(name string, bar bool) error {
	at := int64(0)
	if bar {
		at = s.Now().UnixMicro()
	}
	return s.each(name, `update people set suspended = ?2 where name = ?1`, name, at)
}

// Remove takes an account away, with all that it signs in with. That a glass was
// broken, and why, stays.
func (s *Store) Remove(name string) error {
	return s.each(name, `delete from people where name = ?1`, name)
}

// each changes one account and ends its sessions.
func (s *Store) each(name, query string, args ...any) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	r, err := tx.Exec(query, args...)
	if err != nil {
		return err
	}
	if n, _ := r.RowsAffected(); n == 0 {
		_, err := found(name)(nil, sql.ErrNoRows)
		return err
	}
	if err := s.end(tx, name); err != nil {
		return err
	}
	return s.db.failed(tx.Commit())
}

// end ends what lets somebody in.
func (s *Store) end(tx *sql.Tx, name string) error {
	for _, q := range []string{`delete from sessions where person = ? and kind = 'person'`, `delete from links where person = ?`} {
		if _, err := tx.Exec(q, name); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`update emergencies set ends = ?2 where person = ?1 and ends > ?2`, name, s.Now().UnixMicro())
	return err
}

// Known finds or makes the account of somebody whom an outer source vouches
// for: what they are called there never changes, the rest follows it.
func (s *Store) Known(source, subject string, as Person) (*Person, error) {
	p, err := scan(s.db.QueryRow(columns+` where source = ? and subject = ?`, source, subject))
	if err == nil {
		err = s.Change(p.Name, func(p *Person) error {
			p.Title, p.Roles = as.Title, as.Roles
			if len(as.Tags) > 0 {
				p.Tags = as.Tags
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return s.Find(p.Name)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if err := as.check(); err != nil {
		return nil, err
	}
	as.Source, as.subject, as.Made = source, subject, s.Now().UTC().Truncate(time.Second)
	if err := s.insert(&as); err != nil {
		return nil, err
	}
	return s.Find(as.Name)
}

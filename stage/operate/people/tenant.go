package people

import (
	"encoding/json"
	"time"

	"suiren/internal/say"
)

// A Tenant is a part of the house that the others do not see into.
type Tenant struct {
	Name   string    `json:"name"`
	Title  string    `json:"title,omitempty"`
	Made   time.Time `json:"made"`
	People int       `json:"people"`
	Shares []Share   `json:"shares,omitempty"` // what is theirs
}

// A Share is a model or knowledge base that some tenants have; those that none
// has are everyone's.
type Share struct {
	Kind string `json:"kind"` // Model, Base
	ID   string `json:"id"`
}

// House is the name, in commands, of the house itself: the tenant "".
const House = "-"

// AddTenant makes a tenant.
func (s *Store) AddTenant(name, title string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if len(title) > 256 {
		return &say.Error{Where: name, What: say.T("the title is too long", "名称过长"), Next: say.T("shorten it", "请缩短")}
	}
	r, err := s.db.Exec(`insert into tenants values (?,?,?) on conflict do nothing`, name, title, s.Now().UnixMicro())
	if err != nil {
		return err
	}
	if n, _ := r.RowsAffected(); n == 0 {
		return &say.Error{Where: name, What: say.T("there is a tenant of this name already", "已有同名的租户"), Next: say.T("choose another name", "请换一个名字")}
	}
	return nil
}

// HasTenant reports whether there is such a tenant; the house, "", always is.
func (s *Store) HasTenant(name string) error {
	if name == "" {
		return nil
	}
	return s.tenantThere(name)
}

func (s *Store) tenantThere(name string) error {
	var n int
	if err := s.db.QueryRow(`select count(*) from tenants where name = ?`, name).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return &say.Error{Where: name, What: say.T("there is no such tenant", "没有这个租户"), Next: say.T("suiren tenant list names them", "用 suiren tenant list 查看")}
	}
	return nil
}

// RemoveTenant takes a tenant away that has no people left. What only it had is
// the house's afterwards, not everyone's.
func (s *Store) RemoveTenant(name string) error {
	if err := s.tenantThere(name); err != nil {
		return err
	}
	list, err := s.List()
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.Tenant == name {
			return &say.Error{Where: name, What: say.T("there are people in this tenant: %s", "该租户中还有人员：%s", p.Name), Next: say.T("remove them first", "请先移除他们")}
		}
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, q := range []string{
		`insert into shares select kind, id, '' from shares where tenant = ?1 on conflict do nothing`,
		`delete from shares where tenant = ?1`, `delete from tenants where name = ?1`,
	} {
		if _, err := tx.Exec(q, name); err != nil {
			return err
		}
	}
	return s.db.failed(tx.Commit())
}

// Tenants lists the tenants by name.
func (s *Store) Tenants() ([]Tenant, error) {
	rows, err := s.db.Query(`select name, title, made from tenants order by name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Tenant{}
	for rows.Next() {
		var t Tenant
		var made int64
		if err := rows.Scan(&t.Name, &t.Title, &made); err != nil {
			return nil, err
		}
		t.Made = time.UnixMicro(made).UTC()
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rows.Close()
	for i := range list {
		t := &list[i]
		if t.Shares, err = s.sharesOf(t.Name); err != nil {
			return nil, err
		}
		if err := s.db.QueryRow(`select count(*) from people where coalesce(json_extract(data, '$.tenant'), '') = ?`, t.Name).Scan(&t.People); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) sharesOf(tenant string) ([]Share, error) {
	rows, err := s.db.Query(`select kind, id from shares where tenant = ? order by kind, id`, tenant)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Share
	for rows.Next() {
		var x Share
		if err := rows.Scan(&x.Kind, &x.ID); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

// Give gives a model or knowledge base to a tenant, or takes it back. House is
// the house. What was everyone's is from then on its tenants' alone.
func (s *Store) Give(x Share, tenant string, has bool) error {
	if x.Kind != "Model" && x.Kind != "Base" || x.ID == "" || len(x.ID) > 256 {
		return &say.Error{Where: x.ID, What: say.T("only models and knowledge bases are given", "只能分配模型和知识库"), Next: say.T("write model NAME or base NAME", "请写 model 名称 或 base 名称")}
	}
	if tenant == House {
		tenant = ""
	} else if err := s.tenantThere(tenant); err != nil {
		return err
	}
	query := `insert into shares values (?,?,?) on conflict do nothing`
	if !has {
		query = `delete from shares where kind = ? and id = ? and tenant = ?`
	}
	_, err := s.db.Exec(query, x.Kind, x.ID, tenant)
	return err
}

// Owners returns whose a model or knowledge base is; nil: everyone's.
func (s *Store) Owners(kind, id string) ([]string, error) {
	var data string
	if err := s.db.QueryRow(`select json_group_array(tenant) from shares where kind = ? and id = ?`, kind, id).Scan(&data); err != nil {
		return nil, err
	}
	var list []string
	if err := json.Unmarshal([]byte(data), &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

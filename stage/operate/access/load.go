package access

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"suiren/internal/say"
)

// Bounds of what an owner's folder may hold.
const (
	maxFile     = 1 << 20 // bytes of a file
	maxPolicies = 1000
)

// Load reads the owner's rules, the files *.cedar of a folder, and what they
// speak of, its entities.json in Cedar's form: patients and cases with their
// tags, and tags of models and knowledge bases. They hold beside the default rules.
func Load(dir string) (*Rules, error) {
	r := Default()
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		path := filepath.Join(dir, f.Name())
		switch {
		case f.IsDir():
		case strings.HasSuffix(f.Name(), ".cedar"):
			b, err := read(path)
			if err == nil {
				err = r.add(path, b)
			}
			if err != nil {
				return nil, err
			}
		case f.Name() == "entities.json":
			b, err := read(path)
			if err == nil {
				err = r.entities(path, b)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// Count is how many rules there are.
func (r *Rules) Count() int { return len(r.policies.Map()) }

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, &say.Error{Where: path, What: say.T("it is larger than %d bytes", "超过 %d 字节", maxFile), Next: say.T("split it", "请拆分")}
	}
	return os.ReadFile(path)
}

// add reads and checks policies.
func (r *Rules) add(path string, b []byte) error {
	list, err := cedar.NewPolicyListFromBytes(path, b)
	if err != nil {
		return &say.Error{Where: path, Err: err, What: say.T("these are no Cedar policies: %v", "不是 Cedar 策略：%v", err),
			Next: say.T("see docs.cedarpolicy.com for how they are written", "写法见 docs.cedarpolicy.com")}
	}
	for i, p := range list {
		where := path + ":" + strconv.Itoa(p.Position().Line)
		id := cedar.PolicyID(p.Annotations()["id"])
		if id == "" {
			id = cedar.PolicyID(filepath.Base(path) + "/" + strconv.Itoa(i+1))
		}
		if r.policies.Get(id) != nil {
			return &say.Error{Where: where, What: say.T("there is a rule %q already", "已有规则 %q", string(id)), Next: say.T("give it an @id of its own", "请给它独有的 @id")}
		}
		if _, ours := p.Annotations()["hidden"]; ours && path != "default.cedar" {
			return &say.Error{Where: where, What: say.T("@hidden is for the default rules", "@hidden 仅用于默认规则"), Next: say.T("remove it", "请删除")}
		}
		if err := r.schema.Policy(string(id), (*ast.Policy)(p.AST())); err != nil {
			if all, ok := err.(interface{ Unwrap() []error }); ok {
				err = all.Unwrap()[0] // the others mostly follow from it
			}
			return &say.Error{Where: where, Err: err, What: say.T("the rule %q does not fit: %v", "规则 %q 不符合模式：%v", string(id), err),
				Next: say.T("docs/security.md lists what rules may speak of", "规则可用的名称见 docs/security.md")}
		}
		r.policies.Add(id, p)
		if n := len(r.policies.Map()); n > maxPolicies {
			return &say.Error{Where: path, What: say.T("there are more than %d rules", "规则超过 %d 条", maxPolicies), Next: say.T("merge some", "请合并一些")}
		}
	}
	return nil
}

// own are the kinds of entities that an owner may describe.
var ownKinds = []cedar.EntityType{"Patient", "Case", "Model", "Base"}

func (r *Rules) entities(path string, b []byte) error {
	var list cedar.EntityMap
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&list); err != nil {
		return &say.Error{Where: path, Err: err, What: say.T("these are no Cedar entities: %v", "不是 Cedar 实体：%v", err),
			Next: say.T("write a list of {\"uid\":{\"type\":…,\"id\":…},\"attrs\":{},\"parents\":[],\"tags\":{}}", "请写成 {\"uid\":{\"type\":…,\"id\":…},\"attrs\":{},\"parents\":[],\"tags\":{}} 的列表")}
	}
	for u, e := range list {
		if !slices.Contains(ownKinds, u.Type) || e.Attributes.Len() > 0 || e.Parents.Len() > 0 {
			return &say.Error{Where: path, What: say.T("%s is not a Patient, Case, Model or Base with tags alone", "%s 不是仅带标签的 Patient、Case、Model 或 Base", u.String()),
				Next: say.T("people and tenants are made with suiren user and suiren tenant", "人员与租户请用 suiren user 和 suiren tenant 管理")}
		}
		if err := r.schema.Entity(e); err != nil {
			return &say.Error{Where: path, Err: err, What: say.T("%s does not fit: %v", "%s 不符合模式：%v", u.String(), err), Next: say.T("a tag is a list of words", "标签是字符串列表")}
		}
		r.own[u] = e
	}
	return nil
}

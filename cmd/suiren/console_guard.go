package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/serve"
	"suiren/stage/guard/assess"
	"suiren/stage/operate"
)

var modes = []string{"off", "observe", "enforce"}

// A policyBlock is a policy as a plan's text says it.
type policyBlock struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Mode string `json:"mode"`
	from int    // bytes of the text
	to   int
	body *hclsyntax.Block
}

// policyBlocks are those of a text, which is known to be right.
func policyBlocks(text []byte) (list []policyBlock) {
	f, diags := hclsyntax.ParseConfig(text, plan.FileName, hcl.InitialPos)
	if diags.HasErrors() {
		return nil
	}
	for _, b := range f.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "policy" || len(b.Labels) != 1 {
			continue
		}
		p := policyBlock{Name: b.Labels[0], Mode: "enforce", from: b.TypeRange.Start.Byte, to: b.CloseBraceRange.End.Byte, body: b}
		p.Text = string(text[p.from:p.to])
		if a := b.Body.Attributes["mode"]; a != nil {
			if v, diags := a.Expr.Value(nil); !diags.HasErrors() && v.Type().FriendlyName() == "string" {
				p.Mode = v.AsString()
			}
		}
		list = append(list, p)
	}
	return list
}

// policyText finds the policy of a release in the plan's text. A release that no
// plan made has none.
func (h *house) policyText(w *workspace, release string) (text []byte, p policyBlock, err error) {
	if text, err = os.ReadFile(w.file.Path); err != nil {
		return nil, p, err
	}
	f, err := plan.Parse(text, plan.FileName, vocabulary(h.a.every))
	if err != nil {
		return nil, p, err
	}
	h.mu.Lock()
	block := ""
	for _, r := range h.made {
		if r.Name == release {
			h.books.mu.Lock()
			block = h.books.names[r.Digest]
			h.books.mu.Unlock()
		}
	}
	h.mu.Unlock()
	name := ""
	for _, b := range f.Blocks {
		if op, ok := b.Op.(*operate.Release); ok && (b.Name == block || block == "") {
			name = op.Policy.Name
		}
	}
	list := policyBlocks(text)
	i := slices.IndexFunc(list, func(p policyBlock) bool { return p.Name == name })
	if i < 0 {
		return nil, p, &say.Error{Where: release, What: say.T("no policy block of the plan stands before it", "计划中没有它的 policy 块"),
			Next: say.T("add one on the page of the plan", "请在计划页添加")}
	}
	return text, list[i], nil
}

// policyOfPlan is the policy block of a release, to be changed.
func (h *house) policyOfPlan(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	_, p, err := h.policyText(w, q.Values.Get("release"))
	return p, err
}

// draftPolicy puts a draft, in a mode, in the place of a release's policy in the
// plan's text, and writes nothing: the page shows what would come of it first.
func (h *house) draftPolicy(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	var in struct{ Release, Draft, Mode string }
	if err := read(q, &in); err != nil {
		return nil, err
	}
	if !slices.Contains(modes, in.Mode) {
		return nil, &say.Error{Where: "mode", What: say.T("a policy has no mode %q", "策略没有 %q 模式", first(in.Mode, 40)), Next: say.T("it may be off, observe or enforce", "可为 off、observe、enforce")}
	}
	text, old, err := h.policyText(w, in.Release)
	if err != nil {
		return nil, err
	}
	draft, err := withMode([]byte(in.Draft), old.Name, in.Mode)
	if err != nil {
		return nil, err
	}
	changed := slices.Concat(text[:old.from], draft, text[old.to:])
	if _, err := plan.Parse(changed, plan.FileName, vocabulary(h.a.every)); err != nil {
		return nil, err
	}
	return map[string]string{"text": string(changed), "sum": sumOf(text), "before": old.Text, "after": string(draft)}, nil
}

// withMode is the only policy block of a draft, under a name and in a mode.
func withMode(draft []byte, name, mode string) ([]byte, error) {
	list := policyBlocks(draft)
	if len(list) != 1 {
		return nil, &say.Error{Where: "draft", What: say.T("a draft is one policy block, and here are %d that can be read", "草案应为一个 policy 块，这里能读出 %d 个", len(list)),
			Next: say.T("write it as the plan does: policy \"name\" { … }", "请照计划的写法：policy \"名称\" { … }")}
	}
	p := list[0]
	type edit struct {
		from, to int
		text     string
	}
	label := p.body.LabelRanges[0]
	edits := []edit{{label.Start.Byte, label.End.Byte, strconv.Quote(name)}}
	if a := p.body.Body.Attributes["mode"]; a != nil {
		r := a.Expr.Range()
		edits = append(edits, edit{r.Start.Byte, r.End.Byte, strconv.Quote(mode)})
	} else {
		at := p.body.OpenBraceRange.End.Byte
		edits = append(edits, edit{at, at, "\n  mode = " + strconv.Quote(mode)})
		if end := p.body.CloseBraceRange; end.Start.Line == p.body.OpenBraceRange.Start.Line { // it stood on one line
			edits[1].text += "\n "
			edits = append(edits, edit{end.Start.Byte, end.Start.Byte, "\n"})
		}
	}
	out, at := []byte(nil), p.from
	for _, e := range edits { // the label stands before the body
		out = append(append(out, draft[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, draft[at:p.to]...), nil
}

// mostReports bounds the assessments that are listed, reportSize the bytes of one.
const (
	mostReports = 50
	reportSize  = 8 << 20
)

// assessments are the reports of suiren guard assess beside the plan and beside the books.
func (h *house) assessments(context.Context, serve.Query) (any, error) {
	type shown struct {
		Folder string         `json:"folder"`
		SHA256 string         `json:"sha256"`
		Signed string         `json:"signed,omitempty"` // who answers for it, by the audit log
		Report *assess.Report `json:"report"`
	}
	dirs, banks := []string{string(h.books.dir)}, []string{}
	if w, err := h.workspace(); err == nil {
		dirs = append(dirs, filepath.Dir(w.file.Path))
		banks = h.banks(w)
	}
	list := []shown{}
	for _, dir := range dirs {
		paths, err := filepath.Glob(filepath.Join(dir, "*", "report.json"))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			b, err := readSome(path, reportSize)
			var r assess.Report
			if err != nil || json.Unmarshal(b, &r) != nil || r.Format == 0 || r.Pack.ID == "" || len(list) == mostReports {
				continue // another program's report
			}
			sum := sha256.Sum256(b)
			s := shown{Folder: filepath.Base(filepath.Dir(path)), SHA256: hex.EncodeToString(sum[:]), Report: &r}
			signed, _, err := operate.SearchAudit(h.books.dir.audit(), operate.AuditQuery{Action: "assess", Text: s.SHA256, Limit: 1})
			if err != nil {
				return nil, err
			}
			if len(signed) > 0 {
				s.Signed = signed[0].Actor
			}
			list = append(list, s)
		}
	}
	return map[string]any{"reports": list, "packs": assess.Packs(), "banks": banks}, nil
}

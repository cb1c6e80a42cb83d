package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/stage/data"
	"suiren/stage/guard"
)

// An ingest passes documents through the rails of a policy on their way into a
// knowledge base. log is told what the rails did.
type ingest struct {
	policy *guard.Policy
	log    func(action, subject string) error
	base   string
	marked func(file string, n guard.Note) // sees what entered all the same; may be nil
}

// ingestInto opens the policy of a base: the one that name tells, a pack or a plan file as
// suiren serve --policy has it, "" that of the last time, "none" none. The base is told.
func (a *app) ingestInto(ctx context.Context, b *base.Base, title, name string, log func(action, subject string) error) (*ingest, error) {
	switch {
	case name == "none":
		b.Guard("", "")
		return nil, nil
	case name == "":
		name = b.Policy()
	case !slices.Contains(guard.Packs(), name):
		path, block, has := strings.Cut(name, "#")
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		if name = abs; has {
			name += "#" + block
		}
	}
	p, err := a.policyBefore(ctx, name)
	if err != nil || p == nil {
		return nil, err
	}
	b.Guard(name, p.Digest())
	return &ingest{policy: p, log: log, base: title}, nil
}

// through puts the rails behind a reader of files. nil changes nothing.
func (g *ingest) through(read base.Reader) base.Reader {
	if g == nil {
		return read
	}
	return func(ctx context.Context, name string, data []byte) ([]knowledge.Document, *base.Aside, error) {
		docs, aside, err := read(ctx, name, data)
		if err != nil {
			return docs, aside, err
		}
		var kept []knowledge.Document
		for _, d := range docs {
			held, err := g.document(&d)
			if err != nil {
				return nil, nil, err
			}
			if held == nil {
				kept = append(kept, d)
			} else if aside == nil {
				aside = held
			}
		}
		return kept, aside, nil
	}
}

// documentRails opens the rails of a plan's policy for its documents.
func documentRails(dir string) (data.Pass, error) {
	p, err := guard.Open(dir)
	if err != nil {
		return nil, err
	}
	return func(path, text string, pages []int) data.Passed {
		in := p.Ingest(text, pages, map[string]string{"file": path})
		out := data.Passed{Text: in.Text, Pages: in.Pages}
		for _, n := range in.Notes {
			out.Done = append(out.Done, ingestAction(n)+" "+n.Rule)
		}
		if r := in.Held; r != nil {
			held := say.T(heldEn, heldZh, r.Rule, r.Class)
			out.Held = &held
		}
		return out
	}, nil
}

const heldEn, heldZh = "held by rail %s (%s) of the policy", "被策略的护栏 %s（%s）拦下"

// ingestAction names what a rail did, or would have done.
func ingestAction(n guard.Note) string {
	switch {
	case n.Failed:
		return "failed"
	case n.Observed:
		return "observe"
	}
	return n.Action
}

// document passes one document: its title, and its text.
func (g *ingest) document(d *knowledge.Document) (held *base.Aside, err error) {
	labels := map[string]string{"file": d.Path}
	title, text := g.policy.Ingest(d.Title, nil, labels), g.policy.Ingest(d.Text, d.Pages, labels)
	r := title.Held
	if r == nil {
		r = text.Held
	}
	if r != nil {
		return &base.Aside{En: fmt.Sprintf(heldEn, r.Rule, r.Class), Zh: fmt.Sprintf(heldZh, r.Rule, r.Class)},
			g.log("ingest.hold", g.base+" "+d.Path+" "+r.Class+" "+r.Rule)
	}
	d.Title, d.Text, d.Pages = title.Text, text.Text, text.Pages
	for _, n := range text.Notes { // a title is the beginning of the text
		if err := g.log("ingest."+ingestAction(n), g.base+" "+d.Path+" "+n.Class+" "+n.Rule); err != nil {
			return nil, err
		}
		if g.marked != nil {
			g.marked(d.Path, n)
		}
	}
	return nil, nil
}

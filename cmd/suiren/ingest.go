package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"suiren/knowledge"
	"suiren/knowledge/base"
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
func (a *app) ingestInto(b *base.Base, title, name string, log func(action, subject string) error) (*ingest, error) {
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
	p, err := a.policyBefore(name)
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

// document passes one document: its title, and its text.
func (g *ingest) document(d *knowledge.Document) (held *base.Aside, err error) {
	labels := map[string]string{"file": d.Path}
	title, text := g.policy.Ingest(d.Title, nil, labels), g.policy.Ingest(d.Text, d.Pages, labels)
	r := title.Held
	if r == nil {
		r = text.Held
	}
	if r != nil {
		return &base.Aside{En: "held by rail " + r.Rule + " (" + r.Class + ") of the policy", Zh: "被策略的护栏 " + r.Rule + "（" + r.Class + "）拦下"},
			g.log("ingest.hold", g.base+" "+d.Path+" "+r.Class+" "+r.Rule)
	}
	d.Title, d.Text, d.Pages = title.Text, text.Text, text.Pages
	for _, n := range text.Notes { // a title is the beginning of the text
		action := n.Action
		switch {
		case n.Failed:
			action = "failed"
		case n.Observed:
			action = "observe"
		}
		if err := g.log("ingest."+action, g.base+" "+d.Path+" "+n.Class+" "+n.Rule); err != nil {
			return nil, err
		}
		if g.marked != nil {
			g.marked(d.Path, n)
		}
	}
	return nil, nil
}

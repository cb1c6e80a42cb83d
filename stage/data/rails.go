package data

import (
	"suiren/internal/say"
	"suiren/stage"
)

// Rails opens the rails of a policy artifact through which documents enter.
type Rails func(dir string) (Pass, error)

// A Pass passes the text of a document, of which pages begin at places in it.
type Pass func(path, text string, pages []int) Passed

// Passed is what came of a document.
type Passed struct {
	Text  string
	Pages []int
	Held  *say.Text // why it may not enter; nil: it may
	Done  []string  // what the policy did, and by which rail: "mask personal"
}

// gate opens the policy; nil if there is none.
func (d *Documents) gate(job *stage.Job) (Pass, error) {
	if d.Policy.IsZero() {
		return nil, nil
	}
	return d.Rails(job.Dir("policy"))
}

// through passes a document, which is changed, and notes what was done. held is not nil if
// it may not enter.
func (r *documentsReport) through(pass Pass, d *Document) (held *Aside) {
	if pass == nil {
		return nil
	}
	p := pass(d.Path, d.Text, d.Pages)
	for _, what := range p.Done {
		if r.Rails == nil {
			r.Rails = map[string]int{}
		}
		r.Rails[what]++
	}
	title := pass(d.Path, d.Title, nil)
	if p.Held == nil {
		p.Held = title.Held
	}
	if p.Held != nil {
		return &Aside{Path: d.Path, Cause: "policy", En: p.Held.In(say.English), Zh: p.Held.In(say.Chinese)}
	}
	if p.Text != d.Text {
		fresh := newDocument(d.Path, p.Text)
		d.ID, d.Text, d.Pages = fresh.ID, p.Text, p.Pages
	}
	d.Title = title.Text
	return nil
}

// aside names a file that was set aside.
func (r *documentsReport) aside(a *Aside) {
	if len(r.SetAside) < maxAside {
		r.SetAside = append(r.SetAside, *a)
	} else {
		r.More++
	}
}

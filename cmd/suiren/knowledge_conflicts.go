package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/serve"
)

// conflicting is what of a base is not to be relied on.
type conflicting struct {
	Stale []staleFile `json:"stale"`
	*knowledge.Conflicts
}

// A staleFile is not as it was read: changed, or gone.
type staleFile struct {
	File  string `json:"file"`
	State string `json:"state"`
}

// conflictsOf looks for what of a base is not to be relied on, as far as it may be
// read. Of files that say nothing only who may read all is told.
func conflictsOf(ctx context.Context, b *base.Base, ix *knowledge.Index, access knowledge.Access, all bool) (*conflicting, error) {
	found, err := ix.Conflicts(ctx, access, time.Now())
	if err != nil {
		return nil, err
	}
	out := &conflicting{[]staleFile{}, found}
	stale := map[string]bool{}
	for _, name := range b.Stale() {
		stale[name] = all
	}
	if !all {
		hidden := map[string]bool{}
		for i := range ix.Len() {
			if f := holder(b.Files(), ix.Passage(i).File); f != nil {
				if _, ok := stale[f.Name]; ok {
					hidden[f.Name] = hidden[f.Name] || !access.May(i)
					stale[f.Name] = !hidden[f.Name]
				}
			}
		}
	}
	for _, f := range b.Files() {
		if !stale[f.Name] {
			continue
		}
		s := staleFile{f.Name, "changed"}
		if _, err := os.Stat(f.Path); errors.Is(err, fs.ErrNotExist) {
			s.State = "gone"
		}
		out.Stale = append(out.Stale, s)
	}
	return out, nil
}

// baseConflicts are those of a base, for whoever asks.
func (h *house) baseConflicts(ctx context.Context, q serve.Query) (any, error) {
	done, err := h.searching.take(ctx, q.Caller)
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := openBase(q.Name)
	if err != nil {
		return nil, err
	}
	var out *conflicting
	err = h.reading(q, func(ix *knowledge.Index, access knowledge.Access) error {
		out, err = conflictsOf(ctx, b, ix, access, q.Owner && q.Values.Get("as") == "")
		return err
	})
	return out, err
}

func (a *app) knowledgeConflicts() *cobra.Command {
	var as []string
	c := &cobra.Command{
		Use: "conflicts " + a.t("NAME", "名称"), Short: a.t("List what of the documents is out of date, or says different things", "列出过时的文档与互相矛盾的说法"),
		Long: a.t(`List the files that are not as they were read, documents that say that they held until a day that is
over, and sentences of different documents that say nearly the same with other numbers or days.
Either side of such a pair may be right, or each may be of something else: a person decides.`,
			`列出：与读入时不同的文件；自称有效期已过的文档；不同文档中说法几乎相同、数字或日子不同的句子。
成对的两句可能一对一错，也可能各说各事，由人判断。`), Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := a.asking(c.Context(), args[0], as)
			if err != nil {
				return err
			}
			defer q.Close()
			found, err := conflictsOf(c.Context(), q.base, q.Index, q.access, len(as) == 0)
			if err != nil {
				return err
			}
			a.showConflicts(found)
			return nil
		},
	}
	asFlag(c, a, &as)
	return c
}

func (a *app) showConflicts(c *conflicting) {
	if a.format == formatJSONL {
		for _, s := range c.Stale {
			a.line(map[string]any{"type": "stale", "file": s.File, "state": s.State})
		}
		for _, o := range c.Outdated {
			a.line(struct {
				Type string `json:"type"`
				knowledge.Outdated
			}{"outdated", o})
		}
		for _, p := range c.Pairs {
			a.line(struct {
				Type string `json:"type"`
				knowledge.Conflict
			}{"conflict", p})
		}
		return
	}
	states := map[string]say.Text{"changed": say.T("changed since it was read", "读入后有改动"), "gone": say.T("gone since it was read", "读入后已不在")}
	for _, s := range c.Stale {
		fmt.Fprintf(a.stdout, "%s: %s\n", shown(s.File), states[s.State].In(a.lang))
	}
	standing := func(s *knowledge.Standing) string {
		return a.place(&knowledge.Passage{File: s.File, Page: s.Page, Heading: s.Heading})
	}
	for _, o := range c.Outdated {
		fmt.Fprintf(a.stdout, "%s\n   %s\n   %s\n", a.t("held until %s", "有效期至 %s", o.Until), shown(first(o.Text, 300)), shown(standing(&o.Standing)))
	}
	for i, p := range c.Pairs {
		fmt.Fprintf(a.stdout, "%d. %s\n   %s\n   %s\n   %s\n", i+1, shown(first(p.One.Text, 300)), shown(standing(&p.One)), shown(first(p.Two.Text, 300)), shown(standing(&p.Two)))
	}
	switch {
	case c.Cut:
		fmt.Fprintln(a.stdout, a.t("there was more than can be compared at once", "内容过多，未能全部比较"))
	case len(c.Stale)+len(c.Outdated)+len(c.Pairs) == 0:
		fmt.Fprintln(a.stdout, a.t("nothing differs, and nothing is out of date", "没有矛盾，也没有过时内容"))
	}
}

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/guard/classify"
	"suiren/store"
)

// drafts are the policies and classifiers of a plan file that need not have been applied.
type drafts struct {
	file     *plan.File
	policies map[stage.Ref]*guard.Policy
	learnt   map[stage.Ref]*classify.Classifier

	// Of a draft that somebody sends in; nil: everything is read and learnt.
	reads  func(pattern string) bool                       // which of the owner's files
	stands func(name string) (*classify.Classifier, error) // in place of learning
}

func newDrafts(f *plan.File) *drafts {
	return &drafts{file: f, policies: map[stage.Ref]*guard.Policy{}, learnt: map[stage.Ref]*classify.Classifier{}}
}

// named makes the policy of the block of a name, or the only one on which no other
// stands.
func (d *drafts) named(ctx context.Context, name string) (*guard.Policy, error) {
	f := d.file
	based := map[stage.Ref]bool{}
	var list []*plan.Block
	for _, b := range f.Blocks {
		if op, ok := b.Op.(*guard.Policy); ok {
			based[op.Base] = true
			list = append(list, b)
		}
	}
	list = slices.DeleteFunc(list, func(b *plan.Block) bool { return name == "" && based[b.Ref] || name != "" && b.Name != name })
	if len(list) != 1 {
		return nil, &say.Error{Where: f.Name, What: say.T("there are %d policies here that could be meant", "这里可能指的策略有 %d 个", len(list)), Next: say.T("name one: FILE#NAME", "请指明一个：文件#名称")}
	}
	return d.policy(ctx, list[0].Ref, list[0].Op.(*guard.Policy))
}

// policy makes a policy, and what it stands on.
func (d *drafts) policy(ctx context.Context, ref stage.Ref, op *guard.Policy) (*guard.Policy, error) {
	if p := d.policies[ref]; p != nil {
		return p, nil
	}
	lists, err := d.lists(ctx, op)
	if err != nil {
		return nil, err
	}
	var base *guard.Policy
	for _, b := range d.file.Blocks {
		if under, ok := b.Op.(*guard.Policy); ok && b.Ref == op.Base {
			if base, err = d.policy(ctx, b.Ref, under); err != nil {
				return nil, err
			}
		}
	}
	p, err := op.With(lists, base)
	d.policies[ref] = p
	return p, err
}

// lists are what a policy takes from the owner.
func (d *drafts) lists(ctx context.Context, op *guard.Policy) (lists guard.Lists, err error) {
	files, err := d.files(op)
	if err == nil {
		err = lists.ReadFiles(files)
	}
	if err != nil {
		return lists, err
	}
	for _, b := range d.file.Blocks {
		if c, ok := b.Op.(*guard.Classifier); ok && slices.Contains(op.Learnt, b.Ref) {
			learnt, err := d.classifier(ctx, b.Ref, c)
			if err != nil {
				return lists, err
			}
			lists.Learnt = append(lists.Learnt, learnt)
		}
	}
	return lists, nil
}

// classifier learns what a block says.
func (d *drafts) classifier(ctx context.Context, ref stage.Ref, op *guard.Classifier) (*classify.Classifier, error) {
	if c := d.learnt[ref]; c != nil {
		return c, nil
	}
	if d.stands != nil {
		return d.stands(ref.Name)
	}
	files, err := d.files(op)
	if err != nil {
		return nil, err
	}
	c, err := op.Learn(ctx, files, func(int, int) {})
	if e, ok := err.(*say.Error); ok && e.Where == "" {
		e.Where = ref.String()
	}
	d.learnt[ref] = c
	return c, err
}

// files are the owner's files that an operator reads, in the order of their paths.
func (d *drafts) files(op stage.FileReader) ([]string, error) {
	var list []string
	for _, pattern := range op.Files() {
		if d.reads != nil && !d.reads(pattern) {
			return nil, say.Errorf("a draft reads no other files than the plan: %q is not there", "草案只能读取计划中已引用的文件：计划里没有 %q", pattern)
		}
		files, err := plan.Match(d.file.Dir, pattern)
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, &say.Error{Where: pattern, What: say.T("no file matches", "没有匹配的文件"), Next: say.T("paths begin at %s", "路径从 %s 开始", d.file.Dir)}
		}
		for _, name := range files {
			list = append(list, filepath.Join(d.file.Dir, name))
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// drafted makes the policy of a draft. Where there is a plan the draft stands in it: it
// may refer to the plan's other blocks, to classifiers as they were made, and reads the
// files that the plan names, and no others.
func (d *desk) drafted(ctx context.Context, text string) (*guard.Policy, error) {
	name, whole := "", []byte(text)
	reads := map[string]bool{}
	w, _ := d.space() // without a plan the draft stands alone
	blocks := policyBlocks(whole)
	if w != nil && len(blocks) == 1 {
		of, err := os.ReadFile(w.file.Path)
		if err != nil {
			return nil, err
		}
		stands, err := plan.Parse(of, filepath.Base(w.file.Path), vocabulary(0))
		if err != nil {
			return nil, err
		}
		for _, b := range stands.Blocks {
			if op, ok := b.Op.(*guard.Policy); ok {
				reads[op.Words] = true
			}
		}
		name, whole = blocks[0].Name, append(whole, '\n') // the draft first: errors name its lines
		at := 0
		for _, p := range policyBlocks(of) {
			if p.Name == name {
				whole, at = append(whole, of[at:p.from]...), p.to
			}
		}
		whole = append(whole, of[at:]...)
	}
	f, err := plan.Parse(whole, "draft", vocabulary(0))
	if err != nil {
		return nil, err
	}
	made := newDrafts(f)
	made.reads = func(pattern string) bool { return reads[pattern] }
	made.stands = func(name string) (*classify.Classifier, error) {
		if w == nil {
			return nil, say.Errorf("there is no plan here whose classifier %s was made", "这里没有计划，无从取得分类器 %s", name)
		}
		b, err := w.standing(store.Classifier, name)
		if err != nil {
			return nil, err
		}
		dir, err := w.st.Dir(b.Output)
		if err != nil {
			return nil, err
		}
		return guard.OpenClassifier(dir)
	}
	if w != nil {
		f.Dir = w.file.Dir
	}
	return made.named(ctx, name)
}

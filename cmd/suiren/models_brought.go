package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/models"
	"suiren/plan"
	"suiren/serve"
	"suiren/serve/plain"
	"suiren/stage/talk"
	"suiren/stage/unread"
	"suiren/store"
)

// modelFlags say how a brought model is run.
type modelFlags struct {
	context  int
	slots    int
	kv       string
	adapters map[string]string
	always   bool    // the adapter is for all that is asked, so there is one at most
	policy   string  // pack, or plan file with a policy; "": none
	memory   float64 // GiB

	knowledge string // base that it answers from; "": none
}

func (f *modelFlags) addKnowledge(a *app, c *cobra.Command) {
	c.Flags().StringVar(&f.knowledge, "knowledge", "", a.t("answer from this knowledge base, each sentence with its source", "根据这个知识库回答，每句话附出处"))
}

func (f *modelFlags) add(a *app, c *cobra.Command) {
	c.Flags().IntVar(&f.context, "context", 0, a.t("most tokens of prompt and answer (default: the model's, or what the memory holds)", "提示与回答合计的最多词元数（默认：模型自身的，或内存所能容纳的）"))
	c.Flags().Float64Var(&f.memory, "memory", 0, a.t("most memory to take, in GiB (default: what the machine or the control group leaves)", "最多占用的内存，单位 GiB（默认：机器或控制组所余）"))
	c.Flags().StringVar(&f.kv, "kv", "f16", a.t("type of keys and values: f16, f32 or int8", "键值缓存的类型：f16、f32 或 int8"))
	c.Flags().StringToStringVar(&f.adapters, "adapter", nil, adapterText(a, f.always))
}

// modelOnly are the flags of add and addKnowledge, and --policy: how a brought
// model is opened.
var modelOnly = []string{"context", "memory", "kv", "adapter", "knowledge", "policy", "slots"}

// ofRelease and ofServer say why neither takes them.
var (
	ofRelease = fixed{say.T("a release is served as its plan says", "发布版本按其计划提供服务"), say.T("leave it out; change the plan, or name a model", "请去掉此选项；要改请改计划，或指定模型")}
	ofServer  = fixed{say.T("a server answers as it was started", "服务器按启动时的设置作答"), say.T("leave it out, and give it to suiren serve there", "请去掉此选项，改在那边的 suiren serve 上给出")}
	ofModel   = fixed{say.T("a model is no release, nor a server", "模型既不是发布版本，也不是服务器"), say.T("leave it out", "请去掉此选项")}
)

// A fixed is why what is named does not take a flag, and what then.
type fixed struct{ why, next say.Text }

// refuse refuses flags that are given and would be without effect.
func (x fixed) refuse(c *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if c.Flags().Changed(name) {
			return usage("--"+name, x.why, x.next)
		}
	}
	return nil
}

func adapterText(a *app, always bool) string {
	if always {
		return a.t("NAME=FOLDER of a LoRA adapter to answer with", "作答时使用的 LoRA 适配器：名称=目录")
	}
	return a.t("NAME=FOLDER of a LoRA adapter that requests may name", "可供请求指定的 LoRA 适配器：名称=目录")
}

// isModel reports whether a model or a block of weights is called that, or path
// is a model's file or folder, not a plan's.
func isModel(path string) bool {
	if isBlock(path) {
		return true
	}
	if l, err := library(); err == nil {
		if _, err := l.Get(path); err == nil {
			return true
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if !info.IsDir() {
		return strings.EqualFold(filepath.Ext(path), ".gguf")
	}
	return isFile(filepath.Join(path, "config.json")) || !isFile(filepath.Join(path, plan.FileName)) && len(models.GGUFs(path)) > 0
}

// modelName is what clients call the model at path.
func modelName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	name := filepath.Base(abs)
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".gguf") {
		name = strings.TrimSuffix(name, ext)
	}
	return strings.ReplaceAll(name, ":", "-") // which parts a name from its tag
}

// A prepared model is one that someone brought, before its weights are read.
type prepared struct {
	*plain.Model
	name, path string
	record     *models.Record // nil: it is not listed
}

// brought opens a model that someone brought, by its name or its path.
func (a *app) brought(ctx context.Context, nameOrPath string, f *modelFlags) (*serve.Release, *plain.Model, error) {
	memory, err := a.modelMemory(f)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.prepare(nameOrPath, f, false)
	if err != nil {
		return nil, nil, err
	}
	r, err := a.load(ctx, p, memory)
	if err != nil {
		p.Close()
		return nil, nil, err
	}
	return r, p.Model, nil
}

// modelMemory is the memory that brought models may take together.
func (a *app) modelMemory(f *modelFlags) (int64, error) {
	switch {
	case f.memory < 0:
		return 0, usage("--memory", say.T("%v is not an amount of memory", "%v 不是内存大小", f.memory), say.T("give GiB, like 8 or 1.5", "请写 GiB 数，例如 8 或 1.5"))
	case f.memory > 0:
		return int64(f.memory * (1 << 30)), nil
	}
	machine, err := a.machine()
	return machine.Memory, err
}

// prepare opens a brought model but for its weights; beside says that another
// is served in the same program.
func (a *app) prepare(nameOrPath string, f *modelFlags, beside bool) (*prepared, error) {
	at, err := a.findModel(nameOrPath)
	if err != nil {
		return nil, err
	}
	return a.prepareFound(at, f, beside)
}

// prepareFound is prepare of a model that was found.
func (a *app) prepareFound(at *found, f *modelFlags, beside bool) (*prepared, error) {
	path := at.path
	if isAdapter(path) {
		return nil, &say.Error{Where: path, What: say.T("this folder is an adapter, and no model by itself", "这个目录是适配器，本身不是完整的模型"),
			Next: say.T("name its base as the model, and give it with --adapter NAME=%s", "请以它的基座为模型，并用 --adapter 名称=%s 给出它", path), Err: os.ErrNotExist}
	}
	if at.record == nil && !isModel(path) {
		return nil, &say.Error{Where: path, What: say.T("there is no model here", "这里没有模型"), Next: unread.GiveModel, Err: os.ErrNotExist}
	}
	p := &prepared{name: modelName(path), path: path, record: at.record}
	switch {
	case at.record != nil:
		p.name = strings.ReplaceAll(at.record.Name, ":", "-")
	case at.block != "":
		p.name = at.block
	}
	adapters, always := f.adapters, ""
	switch {
	case at.adapter != "":
		adapters, always = maps.Clone(f.adapters), p.name
		if adapters == nil {
			adapters = map[string]string{}
		}
		adapters[always] = at.adapter
	case f.always && len(adapters) > 1:
		return nil, usage("--adapter", say.T("there is more than one", "不止一个"), say.T("give one; suiren serve takes more, and requests name theirs", "请只给一个；suiren serve 可用多个，由请求指定"))
	case f.always:
		for name := range adapters {
			always = name
		}
	}
	if _, err := wordsOf(path); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(f.adapters)) {
		if err := ofBase(path, f.adapters[name]); err != nil {
			return nil, err
		}
	}
	machine, err := a.machine()
	if err != nil {
		return nil, err
	}
	p.Model, err = plain.Prepare(path, plain.Options{
		Name: p.name, Threads: machine.Threads, Slots: f.slots, Context: f.context, KV: f.kv, Adapters: adapters, Adapter: always, Beside: beside,
		Direct:  directs(path, adapters),
		Plain:   at.plain && len(f.adapters) == 0 && f.knowledge == "",
		Planned: func(bytes int64) { a.screen.Note(say.T("%s will take %s", "%s 将占用 %s", p.name, size(bytes))) },
	})
	if err != nil {
		return nil, broughtError(path, err)
	}
	return p, nil
}

// directs says of the model at path, and with which of the adapters, that it was taught
// chats without thoughts. An adapter that does not say how it was made changes nothing.
func directs(path string, adapters map[string]string) map[string]bool {
	base, _ := talk.Direct(path)
	list := map[string]bool{"": base}
	for name, dir := range adapters {
		direct, known := talk.Direct(dir)
		list[name] = direct || !known && base
	}
	return list
}

// load reads a model's weights, which may take so much memory with all else
// of it, and makes a release of it.
func (a *app) load(ctx context.Context, p *prepared, memory int64) (*serve.Release, error) {
	var digest store.Digest
	var facts *weights.Model
	summed := make(chan error, 1)
	go func() { // reading the file twice: meanwhile the weights are packed
		var err error
		if p.record != nil { // known since it was added, and not changed
			digest = p.record.Digest
			facts, err = weights.OpenModel(p.path)
		} else {
			digest, facts, err = digestOf(ctx, p.path)
		}
		summed <- err
	}()
	err := p.Load(memory)
	if sumErr := <-summed; err == nil {
		err = sumErr
	}
	if err != nil {
		return nil, broughtError(p.path, err)
	}
	defer facts.Close()
	p.Sign(digest.String())
	return a.release(p.Model, facts, p.name, digest), nil
}

// release makes a release of a brought model.
func (a *app) release(m *plain.Model, facts *weights.Model, name string, digest store.Digest) *serve.Release {
	r := &serve.Release{Name: name, Digest: digest.String(), Made: m.Made(), Speller: m, Facts: m.Facts(), Embedder: m.Embedder(), Reranker: m.Reranker()}
	if m.Answers() {
		r.Answerer = m
	}
	r.Context, r.Origin = m.Context()
	for _, t := range facts.Tensors {
		r.Facts.Parameters += t.Weights
		r.Facts.Bytes += t.Bytes
	}
	r.Facts.Quantised = mainType(facts)
	r.About = map[string]any{"parameters": r.Facts.Parameters}
	if r.Adapters = m.Adapters(); len(r.Adapters) > 0 {
		r.About["adapters"] = r.Adapters
	}
	return r
}

// mainType is the type of most of a model's weights.
func mainType(m *weights.Model) string {
	n := map[string]int64{}
	best := ""
	for _, t := range m.Tensors {
		n[t.Type] += t.Weights
		if n[t.Type] > n[best] {
			best = t.Type
		}
	}
	return best
}

// digestOf reads a model's files whole. The caller closes the model.
func digestOf(ctx context.Context, path string) (store.Digest, *weights.Model, error) {
	m, err := weights.OpenModel(path)
	if err != nil {
		return store.Digest{}, nil, err
	}
	files, err := sumFiles(ctx, m, path)
	if err != nil {
		m.Close()
		return store.Digest{}, nil, err
	}
	if len(files) == 1 && m.Format == "gguf" {
		return files[0].Sum, m, nil
	}
	return store.FilesDigest(files), m, nil
}

// broughtError says why a model cannot be run.
func broughtError(path string, err error) error {
	own, ok := errors.AsType[*say.Error](err)
	if ok && errors.Is(err, plain.ErrNoFit) {
		own.Err = errors.Join(plan.ErrNoFit, own.Err)
	}
	if ok {
		return err
	}
	return unread.Error("", path, err)
}

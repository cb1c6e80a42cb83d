package main

import (
	"context"
	"path/filepath"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/serve/form"
	"suiren/serve/plain"
	"suiren/stage"
)

// An encoding makes the vectors of a knowledge base with a model that someone brought.
type encoding struct {
	name string // with its digest: another file of the same name is another model
	by   form.Embedder
}

// Name implements knowledge.Embedder.
func (e *encoding) Name() string { return e.name }

// Width implements knowledge.Embedder.
func (e *encoding) Width() int { return e.by.Width() }

// Embed implements knowledge.Embedder. What is too long is cut.
func (e *encoding) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	prompts := make([]form.Prompt, len(texts))
	for i, t := range texts {
		prompts[i].Text = t
	}
	list, _, err := e.by.Embed(ctx, prompts, true)
	return list, err
}

// embedder opens a model that makes vectors. The caller closes it.
func (a *app) embedder(ctx context.Context, nameOrPath string) (knowledge.Embedder, *plain.Model, error) {
	rel, m, err := a.brought(ctx, nameOrPath, &modelFlags{})
	if err != nil {
		return nil, nil, err
	}
	by := m.Embedder()
	if by == nil {
		m.Close()
		return nil, nil, &say.Error{Where: nameOrPath, What: say.T("this model makes no vectors", "这个模型不生成向量"), Next: say.T("name an embedding model", "请给出向量模型")}
	}
	return &encoding{rel.Name + "@" + rel.Digest[:min(len(rel.Digest), 16)], by}, m, nil
}

// A judge reranks passages with a model that someone brought.
type judge struct{ by form.Reranker }

// Rerank implements knowledge.Reranker.
func (j judge) Rerank(ctx context.Context, question string, texts []string) ([]float64, error) {
	scores, _, err := j.by.Rerank(ctx, question, texts)
	return scores, err
}

// reranker opens a cross-encoder. The caller closes it.
func (a *app) reranker(ctx context.Context, nameOrPath string) (knowledge.Reranker, *plain.Model, error) {
	_, m, err := a.brought(ctx, nameOrPath, &modelFlags{})
	if err != nil {
		return nil, nil, err
	}
	by := m.Reranker()
	if by == nil {
		m.Close()
		return nil, nil, &say.Error{Where: nameOrPath, What: say.T("this model does not score pairs of texts", "这个模型不给成对文本打分"), Next: say.T("name a reranking model", "请给出重排模型")}
	}
	return judge{by}, m, nil
}

// openEncoder opens a model of a plan's knowledge.
func openEncoder(path, name string, machine stage.Machine) (*knowledge.Encoder, error) {
	if file := filepath.Join(path, "model.gguf"); isFile(file) { // as train writes it
		path = file
	}
	m, err := plain.Open(path, plain.Options{Name: modelName(path), Threads: machine.Threads, Slots: 1, Memory: machine.Memory})
	if err != nil {
		return nil, broughtError(path, err)
	}
	e := &knowledge.Encoder{Close: m.Close}
	if by := m.Embedder(); by != nil {
		e.Embedder = &encoding{name, by}
	}
	if by := m.Reranker(); by != nil {
		e.Reranker = judge{by}
	}
	return e, nil
}

// modelPath is a model's name as it is kept: a path is made absolute.
func modelPath(nameOrPath string) string {
	if l, err := library(); err == nil {
		if _, err := l.Get(nameOrPath); err == nil {
			return nameOrPath
		}
	}
	if abs, err := filepath.Abs(nameOrPath); err == nil {
		return abs
	}
	return nameOrPath
}

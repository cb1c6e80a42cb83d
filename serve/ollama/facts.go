package ollama

import (
	"encoding/json"
	"fmt"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Model is what the lists of models say of one.
type Model struct {
	Name, Digest string
	Parent       string // of an adapter the model's name
	Made         time.Time
	Facts        form.Facts
	Context      int    // tokens of prompt and answer here
	Origin       string // who set Context
	Can          form.Can
	Embeds       bool
}

func (m *Model) details() map[string]any {
	f := &m.Facts
	return map[string]any{"parent_model": m.Parent, "format": f.Format, "family": f.Family, "families": []string{f.Family},
		"parameter_size": size(f.Parameters), "quantization_level": f.Quantised}
}

// size writes a number of parameters as people say it.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1fB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1fM", float64(n)/1e6)
	}
	return fmt.Sprint(n)
}

func (m *Model) entry() map[string]any {
	return map[string]any{"name": m.Name, "model": m.Name, "modified_at": m.Made.UTC(), "size": m.Facts.Bytes, "digest": m.Digest, "details": m.details()}
}

// Tags is the body of GET /api/tags.
func Tags(models []Model) any {
	list := []any{}
	for i := range models {
		list = append(list, models[i].entry())
	}
	return map[string]any{"models": list}
}

// Processes is the body of GET /api/ps: every model is loaded, and stays.
func Processes(models []Model) any {
	list := []any{}
	for i := range models {
		e := models[i].entry()
		delete(e, "modified_at")
		e["expires_at"], e["size_vram"] = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0
		e["context_length"], e["context_origin"] = models[i].Context, models[i].Origin
		list = append(list, e)
	}
	return map[string]any{"models": list}
}

// ParseShow reads a POST /api/show, and returns the model's name.
func ParseShow(body []byte) (string, error) {
	var name string
	set := func(_ *struct{}, v json.RawMessage) error { return json.Unmarshal(v, &name) }
	err := form.Fields[struct{}]{"model": set, "name": set, "verbose": form.Ignore[struct{}],
		"system": form.Ignore[struct{}], "template": form.Ignore[struct{}], "options": form.Ignore[struct{}]}.Read(body, &struct{}{})
	if err == nil && name == "" {
		err = form.Invalid("model", "missing_parameter", say.T("model is missing", "缺少 model"))
	}
	return name, err
}

// Show is the body of POST /api/show.
func (m *Model) Show() any {
	var abilities []string
	for _, a := range []struct {
		name string
		has  bool
	}{{"completion", m.Can != 0 || !m.Embeds}, {"tools", m.Can&form.Tools != 0}, {"thinking", m.Facts.Thinks},
		{"insert", m.Can&form.Middle != 0}, {"embedding", m.Embeds}} {
		if a.has {
			abilities = append(abilities, a.name)
		}
	}
	f := &m.Facts
	return map[string]any{"modelfile": "FROM " + m.Name + "\n", "parameters": "", "template": f.Template, "details": m.details(),
		"model_info": map[string]any{"general.architecture": f.Family, "general.parameter_count": f.Parameters,
			f.Family + ".context_length": f.Context, f.Family + ".embedding_length": f.Width},
		"capabilities": abilities, "modified_at": m.Made.UTC()}
}

// Refuse is the error of what would fetch, send or change models.
func Refuse(what string) *form.Error {
	return &form.Error{Status: 501, Type: "invalid_request_error", Code: "not_supported",
		Text: say.T("%s is not done here: this server dials out to nobody and changes no files", "这里不提供 %s：本服务器不对外联网，也不改动文件", what),
		Next: say.T("bring the file yourself and run suiren models add", "请自行带入文件，再运行 suiren models add")}
}

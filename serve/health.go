package serve

import (
	"net/http"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Health is one thing that is looked at while the server runs.
type Health struct {
	Name  string
	Level string // ok, warn, fail
	Why   say.Text
}

// Health says how the server itself is: whether it has something to answer from,
// and how full its queue and its memory for keys and values are.
func (s *Server) Health() []Health {
	list := s.releases()
	ready := Health{"ready", "ok", say.T("models that answer: %d", "有 %d 个模型在作答", len(list))}
	if len(list) == 0 {
		ready = Health{"ready", "fail", say.T("there is nothing to answer from yet", "还没有可用于作答的模型")}
	}
	waiting, room := int(s.queue.waiting.Load()), int(s.queue.most)
	queue := Health{"queue", "ok", say.T("%d requests wait, there is room for %d", "%d 个请求在等待，最多 %d 个", waiting, room)}
	switch {
	case waiting >= room:
		queue.Level = "fail"
	case 2*waiting >= room:
		queue.Level = "warn"
	}
	used := s.stat(func(t form.Stats) (int, int) { return t.PagesUsed, t.Pages })
	kv := Health{"kv", "ok", say.T("%.0f%% of the memory for keys and values is in use", "键值缓存已用 %.0f%%", 100*used)}
	if used > 0.95 {
		kv.Level = "warn"
	}
	return []Health{ready, queue, kv}
}

// healthFull tells all that is looked at, with reasons.
func (s *Server) healthFull(w http.ResponseWriter, r *http.Request) error {
	type check struct {
		Name  string `json:"name"`
		Level string `json:"level"`
		Why   string `json:"why"`
	}
	list := s.Health()
	if s.conf.Health != nil {
		list = append(list, s.conf.Health()...)
	}
	out := struct {
		Status string  `json:"status"` // the worst level
		Checks []check `json:"checks"`
	}{Status: "ok", Checks: []check{}}
	for _, h := range list {
		if h.Level == "fail" || h.Level == "warn" && out.Status == "ok" {
			out.Status = h.Level
		}
		out.Checks = append(out.Checks, check{h.Name, h.Level, h.Why.In(language(r))})
	}
	return WriteJSON(w, http.StatusOK, out)
}

package serve

import (
	"net/http"

	"suiren/serve/ollama"
)

// ollamaPaths are the paths whose errors have Ollama's shape.
var ollamaPaths = []string{
	"/api/version", "/api/tags", "/api/ps", "/api/show", "/api/generate", "/api/chat", "/api/embed", "/api/embeddings",
	"/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete",
}

// ollamaVersion is the version of Ollama whose interface this is: clients ask
// for what they may use.
const ollamaVersion = "0.17.4"

func (s *Server) ollamaModel(rel *listed) ollama.Model {
	m := ollama.Model{Name: rel.name(), Digest: rel.Digest, Made: rel.Made, Facts: rel.Facts, Context: rel.Context, Origin: rel.Origin, Embeds: rel.Embedder != nil}
	if rel.Answerer != nil {
		m.Can = rel.Answerer.Can()
	}
	if rel.Adapter != "" {
		m.Parent = rel.Name
	}
	if m.Facts.Family == "" {
		m.Facts.Family = "suiren"
	}
	return m
}

func (s *Server) ollamaModels(r *http.Request) []ollama.Model {
	var list []ollama.Model
	for _, l := range s.listed(r) {
		list = append(list, s.ollamaModel(&l))
	}
	return list
}

func (s *Server) ollamaRoutes() []Route {
	list := []Route{
		{"GET /api/version", ReadState, func(w http.ResponseWriter, r *http.Request) error {
			return WriteJSON(w, http.StatusOK, map[string]string{"version": ollamaVersion, "suiren": s.conf.Version})
		}},
		{"GET /api/tags", ReadModels, func(w http.ResponseWriter, r *http.Request) error {
			return WriteJSON(w, http.StatusOK, ollama.Tags(s.ollamaModels(r)))
		}},
		{"GET /api/ps", ReadModels, func(w http.ResponseWriter, r *http.Request) error {
			return WriteJSON(w, http.StatusOK, ollama.Processes(s.ollamaModels(r)))
		}},
		{"POST /api/show", ReadModels, func(w http.ResponseWriter, r *http.Request) error {
			body, err := readBody(w, r)
			if err != nil {
				return err
			}
			name, err := ollama.ParseShow(body)
			if err != nil {
				return err
			}
			rel, err := s.pick(r, name)
			if err != nil {
				return err
			}
			m := s.ollamaModel(&listed{rel, rel.adapter(name)})
			return WriteJSON(w, http.StatusOK, m.Show())
		}},
		{"POST /api/chat", Chat, s.ask(ollama.ParseChat)},
		{"POST /api/generate", Chat, s.ask(ollama.ParseGenerate)},
		{"POST /api/embed", Embed, s.ollamaEmbed(false)},
		{"POST /api/embeddings", Embed, s.ollamaEmbed(true)},
	}
	for _, refused := range []string{"POST /api/pull", "POST /api/push", "POST /api/create", "POST /api/copy", "DELETE /api/delete"} {
		list = append(list, Route{refused, ReadState, func(_ http.ResponseWriter, r *http.Request) error { return ollama.Refuse(r.URL.Path) }})
	}
	return list
}

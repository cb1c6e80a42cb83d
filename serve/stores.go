package serve

import (
	"errors"
	"net/http"

	"suiren/internal/say"
	"suiren/serve/form"
	"suiren/serve/openai"
)

// ErrNoStore is what Config.Search returns for a knowledge base that is not
// there, or holds nothing.
var ErrNoStore = errors.New("no such knowledge base")

// NoStore tells a client that there is no such knowledge base, or none for it.
var NoStore = &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "vector_store_not_found",
	Text: say.T("there is no such knowledge base", "没有这个知识库"), Next: say.T("suiren knowledge list names them", "用 suiren knowledge list 查看")}

// NoBase is NoStore for a base that the parameter knowledge names.
var NoBase = func() *form.Error {
	e := *NoStore
	e.Param = "knowledge"
	return &e
}()

// searchStore finds passages of a knowledge base that the caller may read.
func (s *Server) searchStore(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	q, err := openai.ParseStoreQuery(body)
	if err != nil {
		return err
	}
	if s.conf.Search == nil {
		return NoStore
	}
	if err := Allow(r, ABase, r.PathValue("id")); errors.Is(err, ErrHidden) {
		return NoStore
	} else if err != nil {
		return err
	}
	c := CallerOf(r)
	list, err := s.conf.Search(c.readers(), r.PathValue("id"), q.Query, q.Most)
	if errors.Is(err, ErrNoStore) {
		return NoStore
	}
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, q.Reply(list))
}

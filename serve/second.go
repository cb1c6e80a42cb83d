package serve

import "net/http"

// An Asked is the error of an act that waits for a second person: the reply is
// 202 with the request that was made, as {"approval": …}. It is no failure.
type Asked struct{ Request any }

func (*Asked) Error() string { return "it waits for a second person" }

// second returns nil if a request's caller may do an act alone, or another
// person has approved it; otherwise an Asked.
func (s *Server) second(r *http.Request, act, subject string, body []byte) error {
	if s.conf.Second == nil {
		return nil
	}
	return s.conf.Second(r, act, subject, body)
}

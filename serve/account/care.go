package account

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate/care"
)

// second lets an act pass that one person may do alone, or that another person
// has approved. Those who ask and approve are people who signed in: of a key, or the
// address that the terminal printed, nobody knows who holds it.
func (a *Account) second(r *http.Request, act, subject string, body []byte) error {
	if a.Care == nil {
		return nil
	}
	s, err := a.Care.Read()
	if err != nil || !s.Needs(act) {
		return err
	}
	me, err := person(r)
	if err != nil {
		return err
	}
	if !json.Valid(body) {
		body = nil
	}
	err = a.Care.Clear(care.Request{Act: act, Subject: subject, Asker: me.Name, Body: body})
	wait, ok := errors.AsType[*care.Wait](err)
	if !ok {
		return told(err)
	}
	// The subject may be a name: of it the log keeps a digest.
	if _, err := a.Audit.Append(me.Name, "approval.ask", wait.Request.ID+" "+act, subject); err != nil {
		return err
	}
	return &serve.Asked{Request: wait.Request}
}

// erase takes somebody out, whom the route has found.
func (a *Account) erase(w http.ResponseWriter, r *http.Request, name string) error {
	if a.Erase == nil {
		return errNone
	}
	if err := a.second(r, care.Erase, name, nil); err != nil {
		return err
	}
	out, err := a.Erase(r.Context(), name, serve.CallerOf(r).Name)
	if err != nil {
		return told(err)
	}
	return serve.WriteJSON(w, http.StatusOK, out)
}

func (a *Account) erasePerson(w http.ResponseWriter, r *http.Request) error {
	p, err := a.theirs(r)
	if err != nil {
		return err
	}
	return a.erase(w, r, p.Name)
}

func (a *Account) eraseKey(w http.ResponseWriter, r *http.Request) error {
	k, err := a.theirKey(r)
	if err != nil {
		return err
	}
	return a.erase(w, r, k.Name)
}

// erasures lists that people were erased, the newest first, and not who.
func (a *Account) erasures(w http.ResponseWriter, _ *http.Request) error {
	if a.Care == nil {
		return errNone
	}
	s, err := a.Care.Read()
	if err != nil {
		return err
	}
	list := []care.Erasure{}
	for i := len(s.Erased) - 1; i >= 0 && len(list) < 1000; i-- {
		e := s.Erased[i]
		e.Name, e.Salt, e.Digest = "", "", ""
		list = append(list, e)
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"erasures": list})
}

// approvals lists what waits for a second person, and what was decided: all of it for
// those who approve, to others their own.
func (a *Account) approvals(w http.ResponseWriter, r *http.Request) error {
	if a.Care == nil {
		return errNone
	}
	s, err := a.Care.Read()
	if err != nil {
		return err
	}
	all, err := a.Care.List()
	if err != nil {
		return err
	}
	me := serve.CallerOf(r)
	may := serve.May(r, serve.Approve, serve.TheServer, "")
	list := []care.Request{}
	for _, x := range all {
		if may || me.Person && x.Asker == me.Name {
			list = append(list, x)
		}
	}
	acts := s.TwoPeople
	if acts == nil {
		acts = []string{}
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"approvals": list, "two_people": acts, "acts": care.Acts, "may_approve": may && me.Person})
}

// setApprovals says which acts need two persons. That fewer do needs two itself.
func (a *Account) setApprovals(w http.ResponseWriter, r *http.Request) error {
	if a.Care == nil {
		return errNone
	}
	var in acts
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	s, err := a.Care.Read()
	if err != nil {
		return err
	}
	if s.Fewer(in.TwoPeople) {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		if err := a.second(r, care.Alone, strings.Join(in.TwoPeople, " "), body); err != nil {
			return err
		}
	}
	if err := a.setActs(serve.CallerOf(r).Name, in); err != nil {
		return told(err)
	}
	return ok(w)
}

type acts struct {
	TwoPeople []string `json:"two_people"`
}

func (a *Account) setActs(by string, in acts) error {
	if err := a.Care.SetTwoPeople(in.TwoPeople); err != nil {
		return err
	}
	_, err := a.Audit.Append(by, "approval.acts", strings.Join(in.TwoPeople, " "), "")
	return err
}

// decideApproval approves or refuses, and does at once what was approved, in the name of
// who asked for it.
func (a *Account) decideApproval(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	if a.Care == nil {
		return errNone
	}
	var in struct {
		Approve bool
		Reason  string
	}
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	x, err := a.Care.Decide(r.PathValue("id"), me.Name, in.Approve, in.Reason)
	switch {
	case errors.Is(err, care.ErrNoRequest):
		return errNone
	case errors.Is(err, care.ErrSelf):
		return &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "own_request",
			Text: say.T("nobody approves what they asked for themselves", "不得批准自己提出的申请"), Next: say.T("ask another administrator", "请由其他管理员批准")}
	case err != nil:
		return told(err)
	}
	action := map[bool]string{true: "approval.approve", false: "approval.refuse"}[in.Approve]
	if err := a.note(r, action, x.ID+" "+x.Act); err != nil {
		return err
	}
	out := map[string]any{"approval": x}
	if in.Approve {
		result, err := a.perform(r, x)
		if err != nil {
			return told(err)
		}
		if result != nil {
			x.State = care.Done
			out["approval"], out["result"] = x, result
		}
	}
	return serve.WriteJSON(w, http.StatusOK, out)
}

// perform does what was approved; nil: who asked for it must do it.
func (a *Account) perform(r *http.Request, x care.Request) (any, error) {
	use := func() error { return a.Care.Clear(x) }
	switch {
	case x.Act == care.Erase && a.Erase != nil:
		if err := use(); err != nil {
			return nil, err
		}
		return a.Erase(r.Context(), x.Subject, x.Asker)
	case x.Act == care.Glass:
		var g glass
		if err := json.Unmarshal(x.Body, &g); err != nil {
			return nil, err
		}
		if err := use(); err != nil {
			return nil, err
		}
		return a.broken(x.Asker, g)
	case x.Act == care.Alone:
		var in acts
		if err := json.Unmarshal(x.Body, &in); err != nil {
			return nil, err
		}
		if err := use(); err != nil {
			return nil, err
		}
		return map[string]bool{"ok": true}, a.setActs(x.Asker, in)
	case a.Perform != nil && (x.Act == care.Release || x.Act == care.Shorten || x.Act == care.Plan):
		if err := use(); err != nil {
			return nil, err
		}
		return a.Perform(r.Context(), x)
	}
	return nil, nil
}

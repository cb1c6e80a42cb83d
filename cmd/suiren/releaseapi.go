package main

import (
	"context"
	"encoding/json"
	"errors"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage"
)

// releasesView is what the page shows of the releases.
func (s *service) releasesView() (json.RawMessage, error) {
	list, version, err := s.w.releases()
	if err != nil {
		return nil, err
	}
	if list == nil {
		list = []releaseView{}
	}
	return json.Marshal(map[string]any{"version": version, "releases": list})
}

// releaseDo carries out what someone decided on the page.
func (s *service) releaseDo(ctx context.Context, caller, action string, body json.RawMessage) (json.RawMessage, error) {
	var d decision
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, serve.BadAct(say.T("the decision cannot be read: %v", "无法读取这项决定：%v", err), say.Text{}, false)
	}
	log := func(action, subject string) error {
		_, err := s.audit.Append(caller, action, subject, "")
		return err
	}
	var out any
	var err error
	if action == "check" {
		m, err := s.w.a.machine()
		if err != nil {
			return nil, err
		}
		out, err = s.w.check(ctx, caller, d.Release, m)
		if err == nil {
			err = log("release.check", d.Release)
		}
		if err != nil {
			return nil, publicStep(err)
		}
		return json.Marshal(map[string]any{"checks": out})
	}
	version, err := s.w.decide(caller, action, d, log)
	if err != nil {
		return nil, publicStep(err)
	}
	out = map[string]any{"version": version}
	return json.Marshal(out)
}

// publicStep makes an error that was made for people one for the client.
func publicStep(err error) error {
	if e, ok := errors.AsType[*say.Error](err); ok {
		return serve.BadAct(e.What, e.Next, errors.Is(err, stage.ErrRefused))
	}
	return err
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/operate"
)

// alertEvery is how often a server looks whether someone is to be told.
const alertEvery = 5 * time.Second

// watchHealth tells by the owner's rules what is not well, until ctx is done.
func (s *service) watchHealth(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(alertEvery):
		}
		rules, err := s.alertRules()
		if err != nil {
			continue
		}
		var list []operate.Health
		if len(rules) > 0 {
			for _, h := range append(s.Health(), s.health()...) {
				list = append(list, operate.Health(h))
			}
		}
		s.teller.look(rules, list, time.Now())
	}
}

func (s *service) alertRules() ([]operate.Alert, error) {
	b, _, err := s.w.st.State(operate.AlertsState)
	if err != nil {
		return nil, err
	}
	return operate.ParseAlerts(b)
}

// A teller tells receivers. One that does not answer keeps none of the others
// waiting, and is tried again, the longer it is away the less often.
type teller struct {
	ctx  context.Context
	stop func()
	lang say.Lang
	note func(say.Text)
	all  sync.WaitGroup

	mu     sync.Mutex
	alarms operate.Alarms
	ways   map[string]*way // by the rule's id
}

// A way is a rule's to its receiver.
type way struct {
	rule   operate.Alert
	busy   bool
	urgent []operate.Notice
	failed error // of the last try
	wait   time.Duration
	next   time.Time
}

// How long it is waited before a receiver is tried again, and how many urgent
// notices wait for one.
const (
	firstWait = alertEvery
	mostWait  = 5 * time.Minute
	maxUrgent = 100
)

func newTeller(lang say.Lang, note func(say.Text)) *teller {
	ctx, stop := context.WithCancel(context.Background())
	return &teller{ctx: ctx, stop: stop, lang: lang, note: note, alarms: operate.Alarms{}, ways: map[string]*way{}}
}

func (t *teller) close() error {
	t.stop()
	t.all.Wait()
	return nil
}

// look begins to tell what is due by the rules there are.
func (t *teller) look(rules []operate.Alert, list []operate.Health, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := map[string]*way{}
	for i := range rules {
		kept[rules[i].ID()] = t.way(&rules[i])
	}
	t.ways = kept
	for _, w := range kept {
		if w.busy || now.Before(w.next) {
			continue
		}
		if due := append(w.urgent, t.alarms.Due(&w.rule, list, now, t.lang)...); len(due) > 0 {
			t.begin(w, due)
		} else {
			w.failed = nil // nothing is owed
		}
	}
}

func (t *teller) way(a *operate.Alert) *way {
	w := t.ways[a.ID()]
	if w == nil {
		w = &way{rule: *a}
		t.ways[a.ID()] = w
	}
	return w
}

// atOnce tells something that has happened by all rules that hear of it.
func (t *teller) atOnce(rules []operate.Alert, n operate.Notice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range rules {
		if a := &rules[i]; a.Wants(&n) {
			w := t.way(a)
			if w.urgent = append(w.urgent, n); len(w.urgent) > maxUrgent {
				w.urgent = w.urgent[1:]
			}
			if !w.busy {
				t.begin(w, w.urgent)
			}
		}
	}
}

// begin tells a receiver what is due, until it fails.
func (t *teller) begin(w *way, due []operate.Notice) {
	w.busy = true
	due = append([]operate.Notice{}, due...)
	t.all.Go(func() {
		all := true
		for i := 0; i < len(due) && all; i++ {
			all = t.told(w, &due[i], deliver(t.ctx, &w.rule, due[i]))
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if w.busy = false; all && len(w.urgent) > 0 { // they came meanwhile
			t.begin(w, w.urgent)
		}
	})
}

func (t *teller) told(w *way, n *operate.Notice, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		if w.failed == nil && t.ctx.Err() == nil {
			t.note(say.T("nobody was told that %s is %s, it will be tried again: %v", "未能通知 %s 为 %s，将重试：%v", n.Name, n.Level, err))
		}
		w.failed, w.wait = err, min(max(2*w.wait, firstWait), mostWait)
		w.next = time.Now().Add(w.wait)
		return false
	}
	w.failed, w.wait, w.next = nil, 0, time.Time{}
	if len(w.urgent) > 0 && w.urgent[0] == *n {
		w.urgent = w.urgent[1:]
	} else {
		t.alarms.Told(&w.rule, n)
	}
	return true
}

// health says whether somebody who was to be told could not be; what is always well
// is not told.
func (t *teller) health() []serve.Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	var failed error
	for _, w := range t.ways {
		if w.failed != nil {
			n, failed = n+1, w.failed
		}
	}
	if len(t.ways) == 0 {
		return nil
	}
	if n == 0 {
		return []serve.Health{{Name: "alert", Level: operate.OK, Why: say.T("whoever was to be told was told", "该通知的都已通知")}}
	}
	return []serve.Health{{Name: "alert", Level: operate.Warn, Why: say.T("%d of %d rules of suiren alert tell nobody: %v", "suiren alert 的 %[2]d 条规则中有 %[1]d 条未能通知：%[3]v", n, len(t.ways), failed)}}
}

// Limits of telling.
const (
	hookTime    = 10 * time.Second
	commandTime = time.Minute
)

// deliver tells one notice. The webhook's address is the owner's: it is asked
// itself, without a proxy, and leads nowhere else. What may be secret in it, all
// but the host, is not in the error.
func deliver(ctx context.Context, a *operate.Alert, n operate.Notice) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	b = append(b, '\n')
	switch {
	case a.File != "":
		if info, err := os.Stat(a.File); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
			return say.Errorf("%s is a pipe, which would wait for a reader", "%s 是管道，写入会一直等待读取者", a.File)
		}
		f, err := os.OpenFile(a.File, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(b)
		return errors.Join(err, f.Close())
	case len(a.Command) > 0:
		ctx, cancel := context.WithTimeout(ctx, commandTime)
		defer cancel()
		c := exec.CommandContext(ctx, a.Command[0], a.Command[1:]...)
		c.Stdin = bytes.NewReader(b)
		c.WaitDelay = time.Second
		return c.Run()
	}
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Webhook, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if of, ok := errors.AsType[*url.Error](err); ok {
		return say.Errorf("%s does not answer: %v", "%s 没有应答：%v", req.URL.Host, of.Err)
	}
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode >= 300 {
		return say.Errorf("%s answered %s", "%s 返回 %s", req.URL.Host, resp.Status)
	}
	return nil
}

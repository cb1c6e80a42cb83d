package operate

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
)

// A Health is one thing that is looked at while a server runs.
type Health struct {
	Name  string   `json:"name"`  // disk, backup, queue, …
	Level string   `json:"level"` // OK, Warn or Fail
	Why   say.Text `json:"-"`
}

// The levels of health, the best first.
const (
	OK   = "ok"
	Warn = "warn"
	Fail = "fail"
)

var levels = []string{OK, Warn, Fail}

// An Alert is a rule: who is told when something is not well. Exactly one of
// Webhook, File and Command says how.
type Alert struct {
	On      string   `json:"on"`    // one of Heard
	Level   string   `json:"level"` // from which on: warn or fail
	Webhook string   `json:"webhook,omitempty"`
	File    string   `json:"file,omitempty"`
	Command []string `json:"command,omitempty"`
}

// Any is what a rule is about that is about everything.
const Any = "any"

// Heard are the names that a rule may be about: what a server looks at, and what is
// told at once: an emergency, a caller who is suspended.
var Heard = []string{Any, "ready", "queue", "kv", "disk", "memory", "quota", "backup", "release", "books", "alert", "emergency", "suspended"}

// AlertsState is the name of the state that holds the rules.
const AlertsState = "alerts"

// maxAlerts bounds the rules.
const maxAlerts = 100

// ParseAlerts reads the state.
func ParseAlerts(b json.RawMessage) ([]Alert, error) {
	var list []Alert
	if b == nil {
		return nil, nil
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, unreadable("state "+AlertsState, err)
	}
	if len(list) > maxAlerts {
		return nil, unreadable("state "+AlertsState, fmt.Errorf("%d rules", len(list)))
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Check refuses a rule that tells nobody, or more than one.
func (a *Alert) Check() error {
	n := 0
	for _, there := range []bool{a.Webhook != "", a.File != "", len(a.Command) > 0} {
		if there {
			n++
		}
	}
	if n != 1 {
		return &say.Error{Where: a.On, What: say.T("an alert has one way to be told", "一条告警须有且只有一种通知方式"), Next: say.T("give --webhook, --file or --command", "请给出 --webhook、--file 或 --command 之一")}
	}
	if a.Level != Warn && a.Level != Fail {
		return &say.Error{Where: a.On, What: say.T("%q is not a level", "%q 不是级别", a.Level), Next: say.T("choose warn or fail", "可选：warn、fail")}
	}
	if a.Webhook != "" {
		if u, err := url.Parse(a.Webhook); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return &say.Error{Where: a.Webhook, What: say.T("this is not the address of a webhook", "这不是 webhook 的网址"), Next: say.T("write it like http://10.0.0.5/hook", "请写成 http://10.0.0.5/hook 的样子")}
		}
	}
	return nil
}

// A Notice is what is told.
type Notice struct {
	Time  time.Time `json:"time"`
	Name  string    `json:"name"`
	Level string    `json:"level"` // OK: it is well again
	Text  string    `json:"text"`
}

// Again is after how long a rule is told again of what is still not well.
const Again = 24 * time.Hour

// Alarms remembers what was told, so that each change is told once, and what stays
// wrong again after Again.
type Alarms map[string]told // rule and name

type told struct {
	level string
	at    time.Time
}

func (a *Alert) key(name string) string { return a.ID() + "\x00" + name }

// ID is a rule's own: two rules that say the same have one.
func (a *Alert) ID() string {
	return a.On + "\x00" + a.Level + "\x00" + a.Webhook + a.File + strings.Join(a.Command, "\x00")
}

// Hears reports whether a rule is about a name.
func (a *Alert) Hears(name string) bool { return a.On == Any || a.On == name }

// Wants reports whether a rule is to be told what has happened.
func (a *Alert) Wants(n *Notice) bool {
	return a.Hears(n.Name) && slices.Index(levels, n.Level) >= slices.Index(levels, a.Level)
}

// Due returns what a rule is to be told now, until Told says that it was. What was
// never told to be wrong is not told to be well.
func (m Alarms) Due(a *Alert, list []Health, now time.Time, lang say.Lang) (due []Notice) {
	for _, h := range list {
		if !a.Hears(h.Name) {
			continue
		}
		level := h.Level
		if slices.Index(levels, level) < slices.Index(levels, a.Level) {
			level = OK
		}
		before, known := m[a.key(h.Name)]
		switch {
		case !known && level == OK, known && level == before.level && now.Sub(before.at) < Again:
			continue
		}
		due = append(due, Notice{Time: now.UTC(), Name: h.Name, Level: level, Text: h.Why.In(lang)})
	}
	return due
}

// Told remembers that a rule was told.
func (m Alarms) Told(a *Alert, n *Notice) {
	if n.Level == OK {
		delete(m, a.key(n.Name))
		return
	}
	m[a.key(n.Name)] = told{n.Level, n.Time}
}

package care

import (
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
)

// The classes of what is kept.
const (
	Content  = "content"  // what was asked and answered
	Traces   = "traces"   // the course of requests: rails, times, settings. Amounts stay, for the ledger
	Feedback = "feedback" // reasons of ratings
	Security = "security" // refused requests, decisions of rails and reviewers, broken glasses
	Copies   = "copies"   // of records and books, from before an upgrade
)

// A Class is a kind of record.
type Class struct {
	Name  string
	Least int // days; what was promised to a law is not deleted earlier
	What  say.Text
}

// Classes are all of them. The audit log is in none: it is never cut.
var Classes = []Class{
	{Content, 0, say.T("what was asked and answered", "提问与回答的内容")},
	{Traces, 0, say.T("the course of requests; amounts stay in the ledger", "请求过程；用量保留在账本中")},
	{Feedback, 0, say.T("reasons of ratings", "评价原因")},
	{Security, 183, say.T("refused requests, decisions of rails and reviewers, broken glasses", "被拒绝的请求、护栏与审核决定、紧急访问记录")},
	{Copies, 0, say.T("copies of records and books from before an upgrade", "升级之前的记录与账本副本")},
}

// maxDays bounds how long something can be promised to be kept.
const maxDays = 36500

// checkKeep refuses a class that there is none of, and a time that is too short.
func checkKeep(class string, days int) error {
	i := slices.IndexFunc(Classes, func(c Class) bool { return c.Name == class })
	if i < 0 {
		var names []string
		for _, c := range Classes {
			names = append(names, c.Name)
		}
		return &say.Error{Where: class, What: say.T("there is no such class of records", "没有这类记录"), Next: say.T("choose of %s", "可选：%s", names)}
	}
	if least := max(1, Classes[i].Least); days < least || days > maxDays {
		return &say.Error{Where: class, What: say.T("%d days: it is kept for %d to %d days", "%d 天：此类记录保留 %d 到 %d 天", days, least, maxDays),
			Next: say.T("give a number within, or ever", "请给出范围内的天数，或 ever（一直保留）")}
	}
	return nil
}

// SetKeep says for how many days a class is kept; 0 is until someone deletes it.
func (b *Book) SetKeep(class string, days int) error {
	checked := days
	if days == 0 {
		checked = maxDays
	}
	if err := checkKeep(class, checked); err != nil {
		return err
	}
	return b.Change(func(s *State) error {
		if s.Keep == nil {
			s.Keep = map[string]int{}
		}
		if s.Keep[class] = days; days == 0 {
			delete(s.Keep, class)
		}
		return nil
	})
}

// Shorter reports whether a class would be kept for a shorter time than now.
func (s *State) Shorter(class string, days int) bool {
	return days > 0 && (s.Keep[class] == 0 || days < s.Keep[class])
}

// Age is how old a class may become; 0 is for ever.
func (s *State) Age(class string) time.Duration { return time.Duration(s.Keep[class]) * 24 * time.Hour }

// SecurityAge is how long the security class is held at least.
func (s *State) SecurityAge() time.Duration {
	return time.Duration(max(s.Keep[Security], 183)) * 24 * time.Hour
}

// A Hold keeps what somebody, or everyone, has said from being deleted, whatever
// the times and whoever asks.
type Hold struct {
	Name   string    `json:"name"` // of a person or key; Everyone
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	Since  time.Time `json:"since"`
}

// Everyone is whom a hold without a name is about.
const Everyone = "*"

// maxHolds bounds the holds.
const maxHolds = 10_000

// AddHold puts a hold on what somebody has said.
func (b *Book) AddHold(h Hold) error {
	if h.Reason = strings.TrimSpace(h.Reason); h.Reason == "" || len(h.Reason) > 4000 || h.Name == "" || len(h.Name) > 256 {
		return &say.Error{Where: h.Name, What: say.T("a hold is of a name, with a reason of at most 1000 characters", "保全须指明对象，并写明不超过 1000 字的理由"),
			Next: say.T("give --reason", "请给出 --reason")}
	}
	h.Since = b.Now().UTC()
	return b.Change(func(s *State) error {
		if s.held(h.Name) != nil || len(s.Holds) >= maxHolds {
			return &say.Error{Where: h.Name, What: say.T("it is on hold already, or there are too many holds", "已在保全中，或保全数量过多"), Next: say.T("suiren care show lists them", "用 suiren care show 查看")}
		}
		s.Holds = append(s.Holds, h)
		return nil
	})
}

// EndHold takes a hold away.
func (b *Book) EndHold(name string) error {
	return b.Change(func(s *State) error {
		n := len(s.Holds)
		if s.Holds = slices.DeleteFunc(s.Holds, func(h Hold) bool { return h.Name == name }); len(s.Holds) == n {
			return &say.Error{Where: name, What: say.T("there is no such hold", "没有这项保全"), Next: say.T("suiren care show lists them", "用 suiren care show 查看")}
		}
		return nil
	})
}

func (s *State) held(name string) *Hold {
	for i := range s.Holds {
		if s.Holds[i].Name == name {
			return &s.Holds[i]
		}
	}
	return nil
}

// Free refuses if what somebody has said is on hold.
func (s *State) Free(name string) error {
	for _, who := range []string{name, Everyone} {
		if h := s.held(who); h != nil {
			return &say.Error{Where: name, What: say.T("it is on hold since %s: nothing of it is deleted", "自 %s 起处于保全状态：不得删除", h.Since.Local().Format(time.DateOnly)),
				Next: say.T("end the hold first: suiren care unhold", "请先解除保全：suiren care unhold")}
		}
	}
	return nil
}

// Held are the names on hold; all reports whether everyone is.
func (s *State) Held() (names []string, all bool) {
	for _, h := range s.Holds {
		names, all = append(names, h.Name), all || h.Name == Everyone
	}
	return names, all
}

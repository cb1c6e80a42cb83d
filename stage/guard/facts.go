package guard

import (
	"time"

	"suiren/stage/guard/watch"
)

// A Fact is what is to be known of a rail.
type Fact struct {
	Pack     string   `json:"pack"`
	ID       string   `json:"id"`
	Class    string   `json:"class"`
	About    string   `json:"about,omitempty"`
	On       []Stage  `json:"on"`
	Keywords int      `json:"keywords,omitempty"`
	Detect   []string `json:"detect,omitempty"`
	When     string   `json:"when,omitempty"`
	Action   string   `json:"action"`
	Mode     string   `json:"mode"` // that counts: the weaker of the policy's and its own
	Owner    string   `json:"owner,omitempty"`
	Expires  string   `json:"expires,omitempty"`
	Expired  bool     `json:"expired,omitempty"`
}

// Facts are the rails of a policy, those of its bases first, as of a day.
func (p *Policy) Facts(today time.Time) []Fact {
	list := []Fact{}
	for _, d := range p.bases {
		for i := range d.Rules {
			r := &d.Rules[i]
			f := Fact{Pack: d.Pack, ID: r.ID, Class: r.Class, About: r.About, On: r.On, Keywords: len(r.Keywords), Detect: r.Detect, When: r.When, Action: r.Action,
				Mode: d.mode(r), Owner: r.Owner, Expires: r.Expires, Expired: past(r.Expires, today) || past(d.Expires, today)}
			if len(f.On) == 0 {
				f.On = Stages
			}
			if f.Owner == "" {
				f.Owner = d.Owner
			}
			list = append(list, f)
		}
	}
	return list
}

// past reports whether the day of a date is over where today is told; "" never is.
func past(date string, today time.Time) bool {
	_, err := time.Parse(time.DateOnly, date)
	return err == nil && date < today.Format(time.DateOnly)
}

// Limit is after how much a caller is suspended: the strictest of the policy
// and its bases.
func (p *Policy) Limit() watch.Limit {
	var l watch.Limit
	least := func(a, b int) int {
		if a == 0 || b > 0 && b < a {
			return b
		}
		return a
	}
	for _, d := range p.bases {
		l.Row, l.Day = least(l.Row, d.Suspend.Row), least(l.Day, d.Suspend.Day)
		l.For = max(l.For, time.Duration(d.Suspend.Hours)*time.Hour)
	}
	return l
}

// Wait is how long an answer waits for a person.
func (p *Policy) Wait() time.Duration {
	n := 600
	for _, d := range p.bases {
		if d.Review > 0 {
			n = min(n, d.Review)
		}
	}
	return time.Duration(n) * time.Second
}

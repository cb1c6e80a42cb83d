package plain

import (
	"slices"

	"suiren/serve/form"
)

// parts are the parts of a conversation that may be left out, from and to, the oldest
// first: turns of the user with what was answered, and after the last question calls
// with their results. The last question and what ends the conversation are in none.
func parts(list []form.Message) (out [][2]int) {
	last := -1
	for i := range list {
		if list[i].Role == "user" {
			last = i
		}
	}
	from := -1
	for i := range list {
		role := list[i].Role
		begins := i <= last && role == "user" || i > last && role == "assistant" || from < 0 && i < last && !list[i].Instructs()
		if !begins {
			continue
		}
		if from >= 0 {
			out = append(out, [2]int{from, i})
		}
		if from = i; i == last {
			from = -1
		}
	}
	return out
}

// without leaves out parts of a conversation, but what the system says in them.
func without(list []form.Message, out [][2]int) []form.Message {
	var kept []form.Message
	for i := range list {
		in := slices.ContainsFunc(out, func(p [2]int) bool { return p[0] <= i && i < p[1] })
		if !in || list[i].Instructs() {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// fitting returns a conversation without as few of its oldest parts as let its prompt
// have at most most tokens; if none do, without all of them. It halves the number of
// parts each time: a conversation of a thousand turns is rendered ten times.
func (m *Model) fitting(r *form.Request, list []form.Message, most int) ([]form.Message, error) {
	_, p, err := m.render(r, list, nil)
	if err != nil || len(m.words.prompt(p.Text)) <= most {
		return list, err
	}
	out := parts(list)
	low, high := 1, len(out)
	for low < high {
		half := (low + high) / 2
		_, p, err := m.render(r, without(list, out[:half]), nil)
		if err != nil {
			return nil, err
		}
		if len(m.words.prompt(p.Text)) <= most {
			high = half
		} else {
			low = half + 1
		}
	}
	return without(list, out[:high]), nil
}

// limits returns how many tokens prompt and answer may have together, and what of them
// a prompt that can be shorter leaves to the answer.
func (m *Model) limits(r *form.Request) (limit, room int) {
	limit = m.engine.Limit()
	if r.Context > 0 {
		limit = min(limit, r.Context)
	}
	room = min(limit/answerShare, longAnswer)
	if r.MaxTokens >= 0 {
		room = min(room, r.MaxTokens)
	}
	return limit, max(room, 1)
}

// shortened leaves out what does not fit of a conversation, if the request says so;
// beside passages it is to leave them their share of the context.
func (m *Model) shortened(r *form.Request, list []form.Message, passages bool) ([]form.Message, error) {
	if !r.Shorten {
		return list, nil
	}
	limit, room := m.limits(r)
	most := limit - room
	if passages {
		most -= limit / passageShare
	}
	return m.fitting(r, list, most)
}

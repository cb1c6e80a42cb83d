package plain

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/serve/form"
)

// Whole turns are left out, then calls with their results; never the last question, what
// ends the conversation, or what the system says.
func TestParts(t *testing.T) {
	for _, c := range []struct{ roles, want string }{ // capitals: with calls
		{"u", ""},
		{"su", ""},
		{"suauau", "[1 3] [3 5]"},
		{"auau", "[0 1] [1 3]"},
		{"suasuau", "[1 4] [4 6]"},
		{"duaduau", "[1 4] [4 6]"},
		{"uAtau", "[0 4]"},
		{"uauAtAttAt", "[0 2] [3 5] [5 8]"},
		{"uAt", ""},
		{"uua", "[0 1]"},
		{"t", ""},
		{"tAt", ""},
		{"AtAt", "[0 2]"},
	} {
		var list []form.Message
		for _, r := range c.roles {
			role := map[rune]string{'s': "system", 'd': "developer", 'u': "user", 'a': "assistant", 'A': "assistant", 't': "tool"}[r]
			list = append(list, form.Message{Role: role, Text: fmt.Sprint(len(list))})
		}
		var got []string
		for _, p := range parts(list) {
			got = append(got, fmt.Sprint(p))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.roles, got, c.want)
		}
		kept := without(list, parts(list))
		if last := len(list) - 1; kept[len(kept)-1].Text != list[last].Text {
			t.Errorf("%s: the end is left out", c.roles)
		}
		if n := slices.IndexFunc(kept, func(m form.Message) bool { return !m.Instructs() }); n != strings.Count(c.roles, "s")+strings.Count(c.roles, "d") {
			t.Errorf("%s: %d system messages are left", c.roles, n)
		}
	}
}

// talk is a conversation of n turns about numbers, and a question.
func talk(n int) []form.Message {
	list := []form.Message{{Role: "system", Text: "be brief"}}
	for i := range n {
		list = append(list, form.Message{Role: "user", Text: fmt.Sprintf("what is %d?", i)}, form.Message{Role: "assistant", Text: fmt.Sprintf("it is %d.", i)})
	}
	return append(list, form.Message{Role: "user", Text: "and now?"})
}

func TestShorten(t *testing.T) {
	m := open(t, Options{})
	const room = 24
	job := func(list []form.Message, change func(*form.Request)) (*job, error) {
		return m.job(hello(func(r *form.Request) {
			r.Messages, r.Shorten = list, true
			if change != nil {
				change(r)
			}
		}))
	}
	prompt := func(list []form.Message) []int32 {
		_, p, err := m.render(&form.Request{}, list, nil)
		if err != nil {
			t.Fatal(err)
		}
		return m.words.prompt(p.Text)
	}
	for _, n := range []int{1, 5, 40, 300} {
		list := talk(n)
		j, err := job(list, nil)
		if err != nil {
			t.Fatal(n, err)
		}
		least := 0 // turns that must go, one after another
		for len(prompt(slices.Concat(list[:1], list[1+2*least:])))+room > m.engine.Limit() {
			least++
		}
		if want := prompt(slices.Concat(list[:1], list[1+2*least:])); !slices.Equal(j.req.Prompt, want) {
			t.Errorf("%d turns: %q, want %q", n, m.Spell(j.req.Prompt), m.Spell(want))
		}
		if _, ids, err := m.Render(j.ask.Request); err != nil || !slices.Equal(ids, j.req.Prompt) {
			t.Errorf("%d turns: %v, what is counted is not what is read", n, err)
		}
		if !reflect.DeepEqual(list, talk(n)) {
			t.Error("the request was changed")
		}
		if (least > 0) != (n >= 40) {
			t.Errorf("%d turns: %d left out", n, least)
		}
	}

	small, err := job(talk(20), func(r *form.Request) { r.Context = 128 })
	if err != nil || len(small.req.Prompt)+room > 128 {
		t.Errorf("with a context of 128: %v", err)
	}
	_, err = job(append(talk(3), form.Message{Role: "user", Text: strings.Repeat("zq ", 1200)}), nil)
	if e, ok := errors.AsType[*form.Error](err); !ok || e.Code != "context_length_exceeded" {
		t.Errorf("a question that is too long alone: %v", err)
	}
	_, err = job(talk(300), func(r *form.Request) { r.Shorten = false })
	if e, ok := errors.AsType[*form.Error](err); !ok || e.Code != "context_length_exceeded" {
		t.Errorf("not shortened: %v", err)
	}

	said := must(t, m, hello(func(r *form.Request) { r.Messages, r.Shorten = talk(300), true }))
	if said.usage.Prompt == 0 || said.usage.Prompt+room > m.engine.Limit() {
		t.Errorf("%+v", said.usage)
	}
}

// Passages have their share of the context beside a conversation that is shortened.
func TestShortenBesidePassages(t *testing.T) {
	m := open(t, Options{})
	j, err := m.job(asked(say.English, func(r *form.Request) { r.Messages, r.Shorten = talk(300), true }))
	if err != nil {
		t.Fatal(err)
	}
	p := m.Spell(j.req.Prompt)
	if len(j.sources) != len(read) || !strings.Contains(p, "and now?") || !strings.Contains(p, "it is 299.") || strings.Contains(p, "it is 1.") {
		t.Errorf("%d sources in %q", len(j.sources), p)
	}
}

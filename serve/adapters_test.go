package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A weaver answers with the adapter that it is asked for.
type weaver struct {
	parrot
	letters
	name string
}

func (w weaver) Answer(_ context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		if yield(form.Event{Kind: form.Text, Text: w.name + "+" + a.Adapter}, nil) {
			yield(form.Event{Kind: form.Finish, Reason: form.Stop}, nil)
		}
	}
}

func (w weaver) Render(r *form.Request) (string, []int32, error) { return r.Adapter, nil, nil }

// A model that is asked for by the name of an adapter is the one that has it, with it: where no
// model of that name is there for the caller, who may know of it and ask it. The books name
// the model.
func TestAdapterAsModel(t *testing.T) {
	hidden, barred := "", ""
	b := start(t, parrot{}, func(c *Config, _ *Release) {
		c.Decide = func(q Question) error {
			switch {
			case q.Kind == AModel && q.ID == hidden:
				return fmt.Errorf("%w", ErrHidden)
			case q.Kind == AModel && q.ID == barred:
				return &form.Error{Status: 403, Code: "denied", Text: say.T("no", "不")}
			}
			return nil
		}
	})
	release := func(name string, adapters ...string) *Release {
		w := weaver{name: name}
		return &Release{Name: name, Digest: strings.Repeat(name, 32), Made: time.Unix(1, 0), Answerer: w, Speller: w, Adapters: adapters}
	}
	b.s.Open(release("aa", "shop", "bb", "both"), release("bb", "bb", "both", "desk"))
	ask := func(model string, more string) (int, string) {
		code, body := b.send(t, "POST", "/v1/chat/completions", fmt.Sprintf(`{"model": %q, "messages": [{"role": "user", "content": "q"}]%s}`, model, more))
		var reply struct {
			Model   string
			Choices []struct{ Message struct{ Content string } }
		}
		json.Unmarshal([]byte(body), &reply)
		if code != 200 {
			return code, body
		}
		return code, reply.Model + " " + reply.Choices[0].Message.Content
	}
	for _, c := range []struct {
		model, more, hidden, barred string
		code                        int
		want                        string
	}{
		{"aa", "", "", "", 200, "aa aa+"},
		{"aa", `, "adapter": "shop"`, "", "", 200, "aa aa+shop"},
		{"shop", "", "", "", 200, "shop aa+shop"},
		{"shop:latest", "", "", "", 200, "shop aa+shop"},
		{"shop", `, "adapter": "shop"`, "", "", 200, "shop aa+shop"},
		{"shop", `, "adapter": "both"`, "", "", 400, `"param":"adapter"`},
		{"desk", "", "", "", 200, "desk bb+desk"},
		{"both", "", "", "", 200, "both aa+both"},
		{"both", "", "aa", "", 200, "both bb+both"},
		{"both", "", "", "aa", 200, "both bb+both"},
		{"bb", "", "", "", 200, "bb bb+"}, // a model of that name
		{"bb", "", "bb", "", 200, "bb aa+bb"},
		{"shop", "", "aa", "", 404, "there is no model"},
		{"shop", "", "", "aa", 403, "denied"},
		{"none", "", "", "", 404, "there is no model"},
	} {
		hidden, barred = c.hidden, c.barred
		code, got := ask(c.model, c.more)
		if code != c.code || code == 200 && got != c.want || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %d %s", c, code, got)
		}
		if code == 200 {
			<-b.kept
			if rec := b.records[len(b.records)-1]; rec.Release.Name != strings.Fields(got)[1][:2] {
				t.Errorf("%+v: the books name %s", c, rec.Release.Name)
			}
		}
	}
	hidden, barred = "", ""
	if code, body := b.send(t, "POST", "/apply-template", `{"model": "shop", "messages": [{"role": "user", "content": "q"}]}`); code != 200 || !strings.Contains(body, `"shop"`) {
		t.Errorf("the prompt is another's: %d %s", code, body)
	}

	for _, c := range []struct{ hidden, barred, want string }{
		{"", "", "aa shop<aa both<aa bb desk<bb"}, {"aa", "", "bb both<bb desk<bb"}, {"bb", "", "aa shop<aa bb<aa both<aa"}, {"", "bb", "aa shop<aa both<aa"},
	} {
		hidden, barred = c.hidden, c.barred
		var openai struct{ Data []struct{ ID, Parent string } }
		var ollama struct {
			Models []struct {
				Name    string
				Details struct {
					Parent string `json:"parent_model"`
				}
			}
		}
		_, body := b.send(t, "GET", "/v1/models", "")
		_, tags := b.send(t, "GET", "/api/tags", "")
		if err := json.Unmarshal([]byte(body), &openai); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tags), &ollama); err != nil {
			t.Fatal(err)
		}
		var one, other []string
		for _, m := range openai.Data {
			one = append(one, strings.TrimSuffix(m.ID+"<"+m.Parent, "<"))
		}
		for _, m := range ollama.Models {
			other = append(other, strings.TrimSuffix(m.Name+"<"+m.Details.Parent, "<"))
		}
		if strings.Join(one, " ") != c.want || !slices.Equal(one, other) {
			t.Errorf("%+v: %q, %q", c, one, other)
		}
	}
}

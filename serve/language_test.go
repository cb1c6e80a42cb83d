package serve

import (
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/serve/form"
)

// What stands in the place of an answer is in the language that the asker says, failing
// that in that of the question.
func TestAskersLanguage(t *testing.T) {
	barred := false
	b := start(t, parrot{}, func(c *Config, r *Release) {
		scriptedPolicy(c, r)
		c.Language = func(question string) say.Lang {
			if strings.Contains(question, "怎么") {
				return say.Chinese
			}
			return say.English
		}
		c.Barred = func(string) error {
			if barred {
				return &form.Error{Status: 403, Code: "suspended", Text: say.T("not now", "现在不行")}
			}
			return nil
		}
	})
	for _, c := range []struct{ spoken, question, refusal, error string }{
		{"", "怎么做 bomb", "这个我不能谈", "现在不行"}, {"*", "怎么做 bomb", "这个我不能谈", "现在不行"}, {"en-GB", "怎么做 bomb", "I may not talk", "not now"},
		{"", "how to bomb", "I may not talk", "not now"}, {"zh", "how to bomb", "这个我不能谈", "现在不行"},
	} {
		for path, body := range map[string]string{
			"/v1/chat/completions": `{"messages":[{"role":"user","content":"%s"}]}`,
			"/v1/completions":      `{"prompt":"%s"}`,
			"/v1/messages":         `{"max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hi"},{"role":"user","content":"%s"}]}`,
		} {
			body = strings.Replace(body, "%s", c.question, 1)
			barred = false
			if _, text := b.send(t, "POST", path, body, "Accept-Language", c.spoken); !strings.Contains(text, c.refusal) {
				t.Errorf("%s %q %q: %s", path, c.spoken, c.question, text)
			}
			barred = true
			if _, text := b.send(t, "POST", path, body, "Accept-Language", c.spoken); !strings.Contains(text, c.error) {
				t.Errorf("%s %q %q: %s", path, c.spoken, c.question, text)
			}
		}
	}
}

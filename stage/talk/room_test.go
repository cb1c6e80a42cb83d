package talk

import (
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// Answers are counted, whether they share a document or not; and conversations of which none is left.
func TestCut(t *testing.T) {
	plain := writerOf(t, "{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}")
	own, err := Rough(1)
	check(t, err)
	e := stage.Example{Messages: []stage.Message{said("user", "Hi?"), said("assistant", "one"), said("user", "And?"), said("assistant", "two"), said("user", "And?"), said("assistant", "three")}}
	for name, w := range map[string]*Writer{"one document": plain, "several": own} {
		all, _, err := w.Docs(&e, stage.Choice{}, 1<<20)
		check(t, err)
		if (len(all) == 1) != (name == "one document") {
			t.Fatalf("%s: %d", name, len(all))
		}
		var c Cut
		for most, want := range map[int]Cut{1 << 20: {3, 0, 1, 0}, w.Size(all[len(all)-1].IDs) - 1: {3, 1, 1, 0}, 1: {3, 3, 1, 1}} {
			var one Cut
			docs, long, err := w.Docs(&e, stage.Choice{}, most)
			check(t, err)
			if one.Add(docs, long); one != want {
				t.Errorf("%s, most %d: %+v, want %+v", name, most, one, want)
			}
			c.Add(docs, long)
		}
		text := c.Text(say.T("%d tokens", "%d 个词元", 9))
		if en := "4 of 9 answers, longer than 9 tokens with the conversation before; of 1 of 3 conversations no answer is learnt"; text.In(say.English) != en || text.In(say.Chinese) != "9 个回答中的 4 个，连同前文超过9 个词元；3 段对话中有 1 段一个回答也学不到" {
			t.Errorf("%s: %v", name, text)
		}
	}
	if text := new(Cut).Text(say.Text{}); !text.IsZero() {
		t.Errorf("of nothing: %v", text)
	}
}

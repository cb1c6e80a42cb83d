package talk

import (
	"path/filepath"
	"testing"

	"suiren/stage"
)

// A question can ask for a thought if the template has a switch, or begins all
// answers with one; a template may know thoughts, and leave them to the model.
func TestThinks(t *testing.T) {
	const say = "{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}assistant: "
	for name, c := range map[string]struct {
		template     string
		knows, asked bool
	}{
		"none":    {say + "{% endif %}", false, false},
		"switch":  {say + "{% if not enable_thinking %}<think></think>{% endif %}{% endif %}", true, true},
		"always":  {say + "<think>\n{% endif %}{# </think> #}", true, true},
		"history": {"{% for m in messages %}{{ m.role }}: {{ m.content.split('</think>')[-1] }}</s>{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}", true, false},
	} {
		if knows, asked := writerOf(t, c.template).Thinks(); knows != c.knows || asked != c.asked {
			t.Errorf("%s: knows %t, asked %t", name, knows, asked)
		}
	}
	if Mute(filepath.Join("..", "..", "testdata", "oracle", "qwen3", "folder")) || !Mute(filepath.Join("..", "..", "testdata", "oracle", "arch", "qwen2")) {
		t.Error("of our own and of a base without thoughts")
	}
}

// Templates that write today's date write one that does not change.
func TestDay(t *testing.T) {
	w := writerOf(t, "{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}")
	dated := writerOf(t, "{{ strftime_now('%d %b %Y') }}\n{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}")
	hi := []stage.Message{said("user", "Hi")}
	for _, c := range []struct {
		w    *Writer
		want string
	}{{w, "user: Hi</s>assistant: "}, {dated, "26 Jul 2024\nuser: Hi</s>assistant: "}} {
		q, err := c.w.Ask("", hi, nil, nil)
		check(t, err)
		d, err := c.w.Doc("", hi, []stage.Message{said("assistant", "Ho")}, nil)
		check(t, err)
		if got, whole := c.w.Tokenizer.Decode(q.IDs), c.w.Tokenizer.Decode(d.IDs); got != c.want || whole != c.want+"Ho</s>" {
			t.Errorf("%q and %q, want %q", got, whole, c.want)
		}
	}
}

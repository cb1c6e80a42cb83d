package talk

import (
	"path/filepath"
	"testing"
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

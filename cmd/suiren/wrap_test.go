package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"short\n  suiren up  # as it is\n", "short\n  suiren up  # as it is\n"},
		{strings.Repeat("word ", 20) + "end", strings.TrimRight(strings.Repeat("word ", 19), " ") + "\nword end"},
		{strings.Repeat("睡", 50), strings.Repeat("睡", 48) + "\n睡睡"},
		{strings.Repeat("睡", 48) + "。莲", strings.Repeat("睡", 47) + "\n睡。莲"},
		{strings.Repeat("睡", 46) + "（gguf）", strings.Repeat("睡", 46) + "\n（gguf）"},
		{strings.Repeat("x", 200), strings.Repeat("x", 200)},
		{"one\ntwo\n\nthree\n  suiren up\nfour\n", "one two\n\nthree\n  suiren up\nfour\n"},
		{"一行，\n两行 a\n三行\nb", "一行，两行 a 三行 b"},
	} {
		if got := wrap(c.text); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

// No line of a command's description is wider than a terminal, and its usage is
// in the reader's language.
func TestHelpFits(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		var walk func(*cobra.Command)
		walk = func(c *cobra.Command) {
			for line := range strings.Lines(c.Long) {
				if n := columns(strings.TrimRight(line, "\n")); n > widest {
					t.Errorf("%s, %s: a line of %d columns: %s", lang, c.CommandPath(), n, line)
				}
			}
			usage := c.UsageString()
			if strings.Contains(usage, "[flags]") != (lang == "en") {
				t.Errorf("%s, %s: %s", lang, c.CommandPath(), usage)
			}
			for _, what := range []string{"string", "strings", "stringArray", "stringToString", "int", "float", "duration"} {
				if lang == "zh" && regexp.MustCompile(`--[\w-]+ `+what+` `).MatchString(usage) {
					t.Errorf("%s: %s in %s", c.CommandPath(), what, usage)
				}
			}
			for _, sub := range c.Commands() {
				walk(sub)
			}
		}
		walk(newApp([]string{"--lang", lang}).root())
	}
}

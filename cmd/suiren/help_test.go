package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"suiren/internal/terminal"
)

// No line of a command's description is wider than a terminal, and its usage is
// in the reader's language.
func TestHelpFits(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		var walk func(*cobra.Command)
		walk = func(c *cobra.Command) {
			for line := range strings.Lines(c.Long) {
				if n := terminal.Columns(strings.TrimRight(line, "\n")); n > terminal.Widest {
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

package browser

import (
	"context"
	"net/url"
	"testing"
)

// journeys are whole ways through the console, each through the real binary from
// a folder of its own.
func journeys(t *testing.T, browser context.Context) {
	t.Run("doors", func(t *testing.T) { doors(t, browser) })
	w := &workshop{}
	t.Cleanup(w.clear)
	for _, j := range []struct {
		name string
		walk func(t *testing.T, browser context.Context, dir string)
	}{
		{"plan", planned}, {"canary", canary}, {"budget", budget}, {"policy", policy},
		{"roles", roles}, {"strangers", strangers}, {"hostile", hostile}, {"hands", hands}, {"erasure", erasure}, {"talk", talk}, {"kept", conversations}, {"adapter", adapter}, {"written", written}, {"wires", wires}, {"house", house}, {"keeping", keeping}, {"desk", desk}, {"compared", compared}, {"shelf", shelf}, {"outer", outer}, {"chosen", chosen}, {"proposed", proposed},
	} {
		t.Run(j.name, func(t *testing.T) { j.walk(t, browser, w.folder(t)) })
	}
}

func query(s string) string { return url.QueryEscape(s) }

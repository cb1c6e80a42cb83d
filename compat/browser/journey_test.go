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
}

func query(s string) string { return url.QueryEscape(s) }

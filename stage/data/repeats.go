package data

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"suiren/stage/data/duplicate"
)

// What happens to pieces of a text that stood in an earlier one.
const (
	repeatsKeep     = "keep"
	repeatsLines    = "lines"    // lines of at least 20 characters
	repeatsPassages = "passages" // 100 bytes or more, word for word
)

// leastLine is the length of lines that are told apart, in characters: short ones
// are headings and bullets, which may come again.
const leastLine = 20

// repeats finds the lines that came before, with the memory of one sort.
func (c *curator) repeats(ctx context.Context) error {
	if c.plan.Repeats != repeatsLines {
		return nil
	}
	dirs := [2]string{filepath.Join(c.job.Work, "lines"), filepath.Join(c.job.Work, "again")}
	for _, d := range dirs {
		if err := errors.Join(os.RemoveAll(d), os.MkdirAll(d, 0o700)); err != nil {
			return err
		}
	}
	s := &duplicate.Sorter{Dir: dirs[0], Limit: sortPairs}
	err := c.again(ctx, func(n uint32, d *Document) error {
		if d == nil {
			return nil
		}
		i := uint64(0)
		for line := range strings.Lines(d.Text) {
			if utf8.RuneCountInString(line) > leastLine {
				if err := s.Add(duplicate.Pair{Key: xxhash.Sum64String(strings.TrimSuffix(line, "\n")), Value: uint64(n)<<32 | i}); err != nil {
					return err
				}
			}
			i++
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.before = map[uint32][]uint32{}
	return s.Each(func(_ uint64, values []uint64) error {
		for _, v := range values[1:] {
			c.before[uint32(v>>32)] = append(c.before[uint32(v>>32)], uint32(v))
		}
		return nil
	})
}

// cut returns the text of document n without what came before.
func (c *curator) cut(n uint32, text string) string {
	if c.passages != nil {
		return c.passages.Cut(text)
	}
	lines := c.before[n]
	if len(lines) == 0 {
		return text
	}
	drop := map[uint32]bool{}
	for _, i := range lines {
		drop[i] = true
	}
	var b strings.Builder
	i := uint32(0)
	for line := range strings.Lines(text) {
		if !drop[i] {
			b.WriteString(line)
		}
		i++
	}
	return b.String()
}

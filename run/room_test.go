package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// A step that the disk has no room for does not begin, says what to do, and is no reason for
// others not to; what it kept before counts as room.
func TestRoom(t *testing.T) {
	b := newBench(t, &join{})
	b.step.Forecast.Disk = 3 << 20
	free, known := int64(2<<20), true
	m := stage.Machine{Threads: 1, Free: func(dir string) (int64, bool) {
		if dir != b.st.Path() {
			t.Errorf("asked of %s", dir)
		}
		return free, known
	}}
	run := func() error {
		b.told = nil
		_, err := b.step.Run(context.Background(), b.st, m, "v1", "20261125T193752Z-0001", func(e stage.Event) { b.told = append(b.told, e) })
		return err
	}
	err := run()
	fault, own := errors.AsType[*Fault](err)
	bad, said := errors.AsType[*say.Error](err)
	if !own || !said || fault.Step != "corpus.clean" || !strings.Contains(bad.In(say.English), "about 3 MiB here, and there is room for 2") || bad.In(say.English) == bad.In(say.Chinese) || bad.Next.IsZero() {
		t.Fatal(err)
	}
	if b.told[0].Vals["disk"] != 3<<20 {
		t.Errorf("told: %v", b.told[0].Vals)
	}
	work, err := b.st.Work(b.step.Key)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(work, "kept"), make([]byte, 1<<20), 0o600))
	if room, ok := Room(b.st, m, b.step.Key); !ok || room < 3<<20 {
		t.Errorf("room for %d, %v", room, ok)
	}
	check(t, run())
	if free, known = 0, false; run() != nil { // not known
		t.Error("where nothing is known of the disk, a step does not begin")
	}
	free, known, b.step.Forecast.Disk = 0, true, 0
	check(t, run()) // and of which nothing is foretold
}

package curve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func metric(vals map[string]float64) stage.Event { return stage.Event{Type: "metric", Vals: vals} }

func point(t *testing.T, c *Curve, i, step int, want map[string]float64) {
	t.Helper()
	if i >= len(c.Points) || c.Points[i].Step != step || !maps.Equal(c.Points[i].Values, want) || c.Points[i].Time == 0 {
		t.Errorf("point %d of %+v is not %v at step %d", i, c.Points, want, step)
	}
}

// What is told is there at once, one row a step, and a resumed run goes on.
func TestWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "weights.base", "0123")
	w := New(dir, "first")
	w.Event(stage.Event{Type: "count", Vals: map[string]float64{"vocab": 300}})
	w.Event(metric(map[string]float64{"loss": 5})) // of no step
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder for a step that trains nothing: %v", err)
	}
	w.Event(metric(map[string]float64{"step": 1, "loss": 5.5, "norm": 0.25}))
	w.Event(metric(map[string]float64{"step": 2, "loss": 1.0 / 3}))
	w.Event(metric(map[string]float64{"step": 2, "heldout": 4}))
	w.Event(metric(map[string]float64{"step": 3, "loss": 4}))
	c, err := Read(dir)
	check(t, err)
	if len(c.Points) != 3 || c.Counts["vocab"] != 300 || c.Runs[0] != "first" {
		t.Errorf("%+v", c)
	}
	point(t, c, 0, 1, map[string]float64{"loss": 5.5, "norm": 0.25})
	point(t, c, 1, 2, map[string]float64{"loss": 1.0 / 3, "heldout": 4})
	if steps, vals := c.Series("heldout"); len(steps) != 1 || steps[0] != 2 || vals[0] != 4 {
		t.Errorf("series %v %v", steps, vals)
	}
	check(t, w.Close())

	// A kill leaves half a row.
	path := filepath.Join(dir, tableFile)
	b, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, append(b, "4,17"...), 0o600))
	w = New(dir, "second")
	w.Event(stage.Event{Type: "count", Vals: map[string]float64{"rows": 7}})
	w.Event(metric(map[string]float64{"step": 2, "loss": 3}))
	w.Event(metric(map[string]float64{"step": 3, "loss": 2, "a,\"b": 1}))
	check(t, w.Close())
	c, err = Read(dir)
	check(t, err)
	if len(c.Points) != 3 || len(c.Runs) != 2 || c.Counts["vocab"] != 300 || c.Counts["rows"] != 7 {
		t.Errorf("%+v", c)
	}
	point(t, c, 1, 2, map[string]float64{"loss": 3, "heldout": 4}) // which may be of a look that is not taken again
	point(t, c, 2, 3, map[string]float64{"loss": 2, "a,\"b": 1})
	files, _ := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if len(files) != 2 {
		t.Errorf("event files %v", files)
	}
}

// The bytes of a file of TensorBoard's own writer: testdata/board.py. A
// version, two scalars, a start of session, a text.
func TestBoard(t *testing.T) {
	dir := t.TempDir()
	now := time.UnixMicro(1_700_000_000_250_000)
	w, err := newBoard(dir, now)
	check(t, err)
	check(t, w.scalars(now, 300, map[string]float64{"loss": 1.5, "norm": 2}))
	check(t, w.restart(now, 200))
	check(t, w.text(now, 200, "sample", "3+4 → 7"))
	check(t, w.close())
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	got, err := os.ReadFile(files[0])
	check(t, err)
	want, err := os.ReadFile("testdata/board.tfevents")
	check(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	for n := 0; len(got) > 0; n++ { // each record's sums are right
		size := binary.LittleEndian.Uint64(got)
		if masked(got[:8]) != binary.LittleEndian.Uint32(got[8:]) || masked(got[12:12+size]) != binary.LittleEndian.Uint32(got[12+size:]) {
			t.Errorf("record %d: a sum is wrong", n)
		}
		got = got[16+size:]
	}
}

// A disk that was full, or a kill, may leave the table without what was counted:
// the next run goes on.
func TestWriterHalf(t *testing.T) {
	for _, left := range []string{tableFile, infoFile} {
		dir := t.TempDir()
		for step := 1; step <= 2; step++ {
			w := New(dir, "")
			w.Event(stage.Event{Type: "count", Vals: map[string]float64{"vocab": 300}})
			w.Event(metric(map[string]float64{"step": float64(step), "loss": 1}))
			check(t, w.Close())
			c, err := Read(dir)
			check(t, err)
			if c.Counts["vocab"] != 300 || len(c.Points) == 0 || c.Points[len(c.Points)-1].Step != step {
				t.Errorf("%s was left: %+v", left, c)
			}
			for _, name := range []string{tableFile, infoFile} {
				if name != left {
					check(t, os.Remove(filepath.Join(dir, name)))
				}
			}
		}
	}
}

// TensorBoard is told each step as it is, a sample with its step, and from where a resumed
// run tells anew. Its files hold each value of a step once, wherever a run was killed.
func TestWriterBoard(t *testing.T) {
	now := time.UnixMicro(1_700_000_000_250_000)
	loss := func(step, v float64) stage.Event {
		return metric(map[string]float64{"step": step, "loss": v, "memory": step})
	}
	look := func(step, v float64) stage.Event {
		return metric(map[string]float64{"step": step, "heldout": v, "memory": -1})
	}
	text := say.T("3+4 → 7", "3+4 → 7")
	sample := stage.Event{Type: "sample", Text: &text, Vals: map[string]float64{"step": 2}}
	first := func(b *board) []error { return []error{b.scalars(now, 1, map[string]float64{"loss": 3, "memory": 1})} }
	second := func(b *board) []error {
		return append(first(b), b.scalars(now, 2, map[string]float64{"loss": 2, "memory": 2}), b.scalars(now, 2, map[string]float64{"heldout": 5}), b.text(now, 2, "sample", "3+4 → 7"))
	}
	restart := func(step float64, more map[string]float64) func(b *board) []error {
		vals := map[string]float64{"loss": 4 - step, "memory": step}
		maps.Copy(vals, more)
		return func(b *board) []error {
			return []error{b.restart(now, int64(step)), b.scalars(now, int64(step), vals)}
		}
	}
	dir := t.TempDir()
	for i, run := range []struct {
		told []stage.Event
		tell []func(b *board) []error // in all files, then
	}{
		{[]stage.Event{loss(1, 3), loss(2, 2), look(2, 5), sample, loss(3, 1)}, []func(b *board) []error{func(b *board) []error {
			return append(second(b), b.scalars(now, 3, map[string]float64{"loss": 1, "memory": 3}))
		}}},
		// the last step again
		{[]stage.Event{loss(3, 1)}, []func(b *board) []error{second, restart(3, nil)}},
		// a look at the last step
		{[]stage.Event{look(3, 4)}, []func(b *board) []error{second, func(*board) []error { return nil }, restart(3, map[string]float64{"heldout": 4, "memory": -1})}},
		// two steps again
		{[]stage.Event{loss(2, 2), sample}, []func(b *board) []error{first, func(*board) []error { return nil }, func(*board) []error { return nil }, func(b *board) []error {
			return append(restart(2, map[string]float64{"heldout": 5})(b), b.text(now, 2, "sample", "3+4 → 7"))
		}}},
		// none again
		{[]stage.Event{loss(3, 1)}, nil},
	} {
		w := New(dir, "")
		w.now = func() time.Time { return now }
		for _, e := range run.told {
			w.Event(e)
		}
		check(t, w.Close())
		files, err := filepath.Glob(filepath.Join(dir, "events.*"))
		check(t, err)
		if len(files) != i+1 {
			t.Fatalf("files %v", files)
		}
		for k, tell := range run.tell {
			b, err := newBoard(t.TempDir(), now)
			check(t, err)
			check(t, errors.Join(append(tell(b), b.close())...))
			want, err := os.ReadFile(b.f.Name())
			check(t, err)
			got, err := os.ReadFile(files[k])
			check(t, err)
			if !bytes.Equal(got, want) {
				t.Errorf("run %d, %s: %q, want %q", i, filepath.Base(files[k]), got, want)
			}
		}
		b, err := os.ReadFile(files[i])
		check(t, err)
		check(t, os.WriteFile(files[i], append(b, b[:5+i*7]...), 0o600)) // a kill leaves half a record
		c, err := Read(dir)
		check(t, err)
		if i > 0 && c.Points[1].Values["heldout"] != 5 {
			t.Errorf("run %d lost the look at step 2: %v", i, c.Points)
		}
	}
}

// A disk that takes nothing costs the curve and not the run.
func TestWriterRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	w := New(filepath.Join(file, "below"), "")
	w.Event(metric(map[string]float64{"step": 1, "loss": 1}))
	w.Event(metric(map[string]float64{"step": 2, "loss": 1}))
	if err := w.Close(); err == nil {
		t.Error("written below a file")
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no head": "a,b\n1,2\n", "not a step": "step,time,loss\nx,1,2\n", "back": "step,time,loss\n2,1,2\n1,1,2\n",
		"not a number": "step,time,loss\n1,1,x\n", "ragged": "step,time,loss\n1,1\n",
	} {
		dir := t.TempDir()
		check(t, os.WriteFile(filepath.Join(dir, tableFile), []byte(text), 0o600))
		_, err := Read(dir)
		e, ok := errors.AsType[*say.Error](err)
		if !ok || !strings.HasSuffix(e.Where, tableFile) || e.Next.IsZero() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

// What is read can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte("step,time,loss,norm\n1,2.5,3,\n2,3,,1e-3\n"))
	f.Add([]byte("step,time\n0,0\n"))
	f.Add([]byte("step,time,\"a\nb\"\n1,1,NaN\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parse(b)
		if err != nil {
			return
		}
		names := columns(nil, list)
		out := header(names)
		for i := range list {
			list[i].Time = 1
			out = format(out, names, &list[i])
		}
		again, err := parse(out)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q, then %q: %v", b, out, err)
		}
		for i := range list {
			if again[i].Step != list[i].Step || !maps.Equal(again[i].Values, list[i].Values) {
				t.Fatalf("%+v, then %+v", list[i], again[i])
			}
		}
	})
}

// What others put into the folder stays as it is, under whatever name.
func TestWriterForeign(t *testing.T) {
	dir := t.TempDir()
	told := func(steps ...float64) {
		w := New(dir, "")
		for _, step := range steps {
			w.Event(metric(map[string]float64{"step": step, "loss": step}))
		}
		check(t, w.Close())
	}
	told(1, 2, 3)
	ours, err := filepath.Glob(filepath.Join(dir, "events.*"))
	check(t, err)
	whole, err := os.ReadFile(ours[0])
	check(t, err)
	huge := binary.LittleEndian.AppendUint64(nil, 1<<62)
	huge = binary.LittleEndian.AppendUint32(huge, masked(huge))
	others := map[string][]byte{"events.out.tfevents.1.host": whole, "events.out.tfevents.1.suiren.notes": []byte("my own notes"), "events.out.tfevents.2.suiren.7": huge}
	for name, b := range others {
		check(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	check(t, os.Mkdir(filepath.Join(dir, "events.out.tfevents.3.suiren.0"), 0o700))
	told(2, 3)
	for name, want := range others {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if cut, err := os.ReadFile(ours[0]); err != nil || len(cut) >= len(whole) {
		t.Errorf("of ours %d bytes of %d are left, %v", len(cut), len(whole), err)
	}
	if c, err := Read(dir); err != nil || len(c.Points) != 3 {
		t.Errorf("%v, %v", c, err)
	}
}

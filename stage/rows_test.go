package stage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
)

func writeRows(t testing.TB, vocab, length int, rows ...[]RowDoc) string {
	t.Helper()
	dir := t.TempDir()
	w, err := NewRowWriter(dir, vocab, length, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, docs := range rows {
		if err := w.Add(docs); err != nil {
			t.Fatal(err)
		}
	}
	w.Drop()
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRows(t *testing.T) {
	for _, vocab := range []int{512, 1 << 16, 1<<16 + 1} {
		last := int32(vocab - 1)
		dir := writeRows(t, vocab, 6,
			[]RowDoc{{IDs: []int32{5, 6, last}, Supervised: 2}, {IDs: []int32{7, 8}, Supervised: 0}},
			[]RowDoc{{IDs: []int32{1, 2, 3, 4, 5, 0}, Supervised: 9}})
		r, err := OpenRows(dir)
		if err != nil {
			t.Fatal(err)
		}
		want := RowsInfo{Format: 1, Vocab: vocab, Length: 6, Rows: 2, Think: true, Documents: 3, Dropped: 1, Tokens: 11, Supervised: 2}
		if r.Info() != want {
			t.Errorf("info = %+v, want %+v", r.Info(), want)
		}
		ids, start, weight := r.Row(0)
		if !slices.Equal(ids, []int32{5, 6, last, 7, 8, 0}) || !slices.Equal(start, []int32{0, 0, 0, 3, 3, -1}) || !slices.Equal(weight, []uint8{0, 0, 1, 0, 1, 0}) {
			t.Errorf("row 0 = %v %v %v", ids, start, weight)
		}
		ids, start, weight = r.Row(1)
		if !slices.Equal(ids, []int32{1, 2, 3, 4, 5, 0}) || !slices.Equal(start, make([]int32, 6)) || !slices.Equal(weight, make([]uint8, 6)) {
			t.Errorf("row 1 = %v %v %v", ids, start, weight)
		}
	}
}

func TestRowWriterRefuses(t *testing.T) {
	w, err := NewRowWriter(t.TempDir(), 4, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, docs := range [][]RowDoc{{{IDs: []int32{1, 2, 3}, Supervised: 1}}, {{IDs: []int32{4}, Supervised: 1}}, {{IDs: []int32{-1}, Supervised: 1}}, {{}}} {
		if w.Add(docs) == nil {
			t.Errorf("Add(%v) was taken", docs)
		}
	}
	w.Close()
	for _, size := range [][2]int{{0, 1}, {1, 0}, {1 << 30, 1}, {1, 1 << 30}} {
		if _, err := NewRowWriter(t.TempDir(), size[0], size[1], false); err == nil {
			t.Errorf("vocab %d, length %d were taken", size[0], size[1])
		}
	}
}

func TestOpenRowsRefuses(t *testing.T) {
	good := func() string { return writeRows(t, 512, 4, []RowDoc{{IDs: []int32{5, 0, 7}, Supervised: 1}}) }
	change := func(name, old, new string) func(string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name)
			b, err := os.ReadFile(path)
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("%s has no %q", name, old)
			}
			return errors.Join(err, os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(new), 1), 0o666))
		}
	}
	for name, c := range map[string]struct {
		spoil func(dir string) error
		want  string
	}{
		"no file":          {func(dir string) error { return os.Remove(filepath.Join(dir, idsFile)) }, "ids.bin"},
		"not JSON":         {change(rowsFile, "{", "["), "not the description"},
		"format":           {change(rowsFile, `"format": 1`, `"format": 2`), "format 2"},
		"no vocabulary":    {change(rowsFile, "512", "0"), "vocab is 0"},
		"huge length":      {change(rowsFile, `"length": 4`, `"length": 4000000000`), "length is"},
		"huge rows":        {change(rowsFile, `"rows": 1`, `"rows": 9000000000000000000`), "too many"},
		"negative rows":    {change(rowsFile, `"rows": 1`, `"rows": -1`), "too many"},
		"a row more":       {change(rowsFile, `"rows": 1`, `"rows": 2`), "announces 16"},
		"id out of range":  {change(idsFile, "\x05\x00", "\x05\x02"), "token 0: id 517"},
		"padding has id":   {change(idsFile, "\x07\x00\x00\x00", "\x07\x00\x01\x00"), "token 3: id 1"},
		"unknown mark":     {change(marksFile, "\x03\x00", "\x09\x00"), "mark 9"},
		"no first":         {change(marksFile, "\x01", "\x02"), "token 0: mark 2"},
		"hole":             {change(marksFile, "\x03\x03\x00", "\x00\x03\x00"), "token 2: mark 3"},
		"other count":      {change(marksFile, "\x03\x00", "\x02\x00"), "announced"},
		"count is changed": {change(rowsFile, `"tokens": 3`, `"tokens": 4`), "announced"},
	} {
		dir := good()
		if err := c.spoil(dir); err != nil {
			t.Fatal(err)
		}
		_, err := OpenRows(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
			continue
		}
		var e *say.Error
		if errors.As(err, &e) && (e.Where == "" || e.In(say.Chinese) == e.In(say.English)) {
			t.Errorf("%s: place or Chinese is missing: %v", name, e)
		}
	}
}

func FuzzRows(f *testing.F) {
	read := func(dir, name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	dir := writeRows(f, 300, 5, []RowDoc{{IDs: []int32{5, 6, 299}, Supervised: 1}, {IDs: []int32{1}, Supervised: 1}}, []RowDoc{{IDs: []int32{2}, Supervised: 1}})
	f.Add(read(dir, rowsFile), read(dir, idsFile), read(dir, marksFile))
	f.Add([]byte(`{"format":1,"vocab":1,"length":1}`), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, info, ids, marks []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{rowsFile: info, idsFile: ids, marksFile: marks} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		r, err := OpenRows(dir)
		if err != nil {
			return
		}
		for i := range r.Len() {
			ids, start, weight := r.Row(i)
			for p := range ids {
				if ids[p] < 0 || int(ids[p]) >= r.Vocab() || int(start[p]) > p || weight[p] == 1 && int(start[p]) >= p {
					t.Fatalf("row %d, token %d: id %d, start %d, weight %d", i, p, ids[p], start[p], weight[p])
				}
			}
		}
	})
}

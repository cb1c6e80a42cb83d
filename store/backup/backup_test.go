package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"suiren/store"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plant makes a store with an artifact, records, a journal and a file that is
// replaced, below a folder with a plan.
func plant(t testing.TB) (plan string, st *store.Store, d store.Digest) {
	t.Helper()
	plan = t.TempDir()
	check(t, os.WriteFile(filepath.Join(plan, "suiren.hcl"), []byte("# a plan\n"), 0o644))
	st, err := store.Open(filepath.Join(plan, ".suiren"))
	check(t, err)
	t.Cleanup(func() { st.Close() })
	dir, err := st.Temp()
	check(t, err)
	check(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
	check(t, os.WriteFile(filepath.Join(dir, "sub", "a"), bytes.Repeat([]byte("weights"), 100000), 0o644))
	check(t, os.WriteFile(filepath.Join(dir, "b"), nil, 0o644))
	d, err = st.Put(dir)
	check(t, err)
	check(t, st.SetBlock(store.Block{Kind: store.Corpus, Name: "c", Key: d, Output: d}))
	check(t, st.SetState("releases", 0, []byte(`{"live":1}`), d))
	check(t, os.WriteFile(st.Path()+"/audit.jsonl", []byte("one\ntwo\nthree without its e"), 0o600))
	check(t, os.WriteFile(st.Path()+"/audit.jsonl.head", []byte("2\n"), 0o600))
	check(t, os.WriteFile(st.Path()+"/keys.json", []byte("{}"), 0o600))
	check(t, os.WriteFile(st.Path()+"/serving.lock", nil, 0o600))
	return plan, st, d
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestBackup(t *testing.T) {
	plan, st, d := plant(t)
	id, err := age.GenerateX25519Identity()
	check(t, err)
	for _, sealed := range []bool{false, true} {
		o := Options{Program: "test", Plan: plan, Now: noon}
		var ids []age.Identity
		if sealed {
			o.Recipients, ids = []age.Recipient{id.Recipient()}, []age.Identity{id}
		}
		path := filepath.Join(t.TempDir(), Name(noon, sealed))
		s, err := Create(t.Context(), path, st, o)
		check(t, err)
		if _, err := Create(t.Context(), path, st, o); !errors.Is(err, os.ErrExist) {
			t.Fatalf("a backup was replaced: %v", err)
		}
		b, err := os.ReadFile(path)
		check(t, err)
		if sealed == bytes.Contains(b, []byte("suiren.db")) && sealed || s.Size != int64(len(b)) {
			t.Error("not sealed, or its size is another")
		}
		if sealed {
			if _, err := Check(bytes.NewReader(b), nil); !errors.Is(err, ErrIdentity) {
				t.Errorf("read without an identity: %v", err)
			}
			other, _ := age.GenerateX25519Identity()
			if _, err := Check(bytes.NewReader(b), []age.Identity{other}); !errors.Is(err, ErrIdentity) {
				t.Errorf("read with another's identity: %v", err)
			}
		}
		to := t.TempDir()
		state := filepath.Join(to, ".suiren")
		if _, err := Restore(bytes.NewReader(b), ids, state, to, 1000, nil); !errors.Is(err, store.ErrFull) {
			t.Errorf("written to a disk without room: %v", err)
		}
		m, err := Restore(bytes.NewReader(b), ids, state, to, math.MaxInt64, nil)
		check(t, err)
		if !m.Made.Equal(noon) || m.Schema != store.Schema {
			t.Errorf("%+v", m)
		}
		again, err := store.Open(state)
		check(t, err)
		if v, n, err := again.State("releases"); string(v) != `{"live":1}` || n != 1 || err != nil {
			t.Error(string(v), n, err)
		}
		good := 0
		check(t, again.Verify(t.Context(), func(_ store.Digest, p *store.Problem) {
			if p != nil {
				t.Error(p)
			}
			good++
		}))
		if dir, err := again.Dir(d); err != nil || good != 1 {
			t.Error(dir, good, err)
		}
		check(t, again.Close())
		for name, want := range map[string]string{".suiren/audit.jsonl": "one\ntwo\n", ".suiren/audit.jsonl.head": "2\n", "suiren.hcl": "# a plan\n", ".suiren/keys.json": "{}"} {
			if b, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(b) != want {
				t.Errorf("%s: %q %v", name, b, err)
			}
		}
		if _, err := os.Lstat(filepath.Join(state, "serving.lock")); err == nil {
			t.Error("a lock was backed up")
		}
		if _, err := Restore(bytes.NewReader(b), ids, state, to, math.MaxInt64, nil); err == nil {
			t.Error("a state folder was replaced")
		}
	}
}

// Whatever is done to a backup, it is refused, and nothing appears.
func TestDamaged(t *testing.T) {
	plan, st, _ := plant(t)
	var b bytes.Buffer
	_, err := Write(t.Context(), &b, st, Options{Plan: plan, Now: noon})
	check(t, err)
	try := func(what string, b []byte) {
		t.Helper()
		to := t.TempDir()
		if _, err := Restore(bytes.NewReader(b), nil, filepath.Join(to, "s"), to, math.MaxInt64, nil); err == nil {
			t.Errorf("%s: restored", what)
		}
		if list, _ := os.ReadDir(to); len(list) > 0 {
			t.Errorf("%s: left %v", what, list)
		}
	}
	for _, n := range []int{0, 1, 10, b.Len() / 2, b.Len() - 1} {
		try(fmt.Sprint("cut to ", n), b.Bytes()[:n])
	}
	for i := 0; i < b.Len(); i += 1 + b.Len()/40 {
		bad := bytes.Clone(b.Bytes())
		bad[i] ^= 0x10
		try(fmt.Sprint("byte ", i, " changed"), bad)
	}
}

// archive makes an archive of files as given, whatever its manifest says.
func archive(t testing.TB, manifest string, files ...string) []byte {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	check(t, err)
	w := tar.NewWriter(z)
	files = append([]string{manifestName, manifest}, files...)
	for i := 0; i < len(files); i += 2 {
		check(t, w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o600}))
		_, err := w.Write([]byte(files[i+1]))
		check(t, err)
	}
	check(t, errors.Join(w.Close(), z.Close()))
	return b.Bytes()
}

func TestHostile(t *testing.T) {
	const sum = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" // of foo
	list := func(path string) string {
		return fmt.Sprintf(`{"format":1,"files":[{"path":%q,"size":3,"sha256":%q}]}`, path, sum)
	}
	if _, err := Check(bytes.NewReader(archive(t, list("state/a"), "state/a", "foo")), nil); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"up":           archive(t, list("state/../../a"), "state/../../a", "foo"),
		"absolute":     archive(t, list("/etc/a"), "/etc/a", "foo"),
		"elsewhere":    archive(t, list("other/a"), "other/a", "foo"),
		"plan program": archive(t, list("plan/run.sh"), "plan/run.sh", "foo"),
		"plan below":   archive(t, list("plan/a/b.hcl"), "plan/a/b.hcl", "foo"),
		"another":      archive(t, list("state/a"), "state/b", "foo"),
		"more":         archive(t, list("state/a"), "state/a", "foo", "state/b", "foo"),
		"longer":       archive(t, list("state/a"), "state/a", "fooo"),
		"changed":      archive(t, list("state/a"), "state/a", "fop"),
		"newer":        archive(t, strings.Replace(list("state/a"), `{"format":1`, `{"format":1,"schema":99`, 1), "state/a", "foo"),
		"twice":        archive(t, `{"format":1,"files":[{"path":"state/a","size":3,"sha256":"`+sum+`"},{"path":"state/a","size":3,"sha256":"`+sum+`"}]}`, "state/a", "foo", "state/a", "foo"),
		"artifact":     archive(t, list("state/artifacts/"+sum+"/a"), "state/artifacts/"+sum+"/a", "foo"),
	} {
		to := t.TempDir()
		if _, err := Restore(bytes.NewReader(b), nil, filepath.Join(to, "s"), to, math.MaxInt64, nil); err == nil {
			t.Errorf("%s: restored", name)
		}
		if list, _ := os.ReadDir(to); len(list) > 0 {
			t.Errorf("%s: left %v", name, list)
		}
	}
}

// A backup that is made while others write holds a moment of each: whole lines,
// whole records, and no artifact that a record names is missing.
func TestWhileWriting(t *testing.T) {
	plan, st, _ := plant(t)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	writing := func(f func(i int) error) {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := f(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	journal, err := os.OpenFile(st.Path()+"/traces.jsonl", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	check(t, err)
	defer journal.Close()
	writing(func(i int) error {
		_, err := fmt.Fprintf(journal, "{\"line\":%d,\"text\":%q}\n", i, strings.Repeat("x", i%3000))
		return err
	})
	writing(func(i int) error {
		path := st.Path() + "/keys.json"
		if err := os.WriteFile(path+".new", fmt.Appendf(nil, "{%d}", i), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	})
	writing(func(i int) error {
		dir, err := st.Temp()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "f"), fmt.Append(nil, i), 0o644); err != nil {
			return err
		}
		d, err := st.Put(dir)
		if err != nil {
			return err
		}
		return st.SetBlock(store.Block{Kind: store.Corpus, Name: fmt.Sprint(i % 50), Key: d, Output: d})
	})
	for range 3 {
		var b bytes.Buffer
		_, err := Write(t.Context(), &b, st, Options{Plan: plan, Now: noon})
		check(t, err)
		to := t.TempDir()
		_, err = Restore(&b, nil, filepath.Join(to, "s"), "", math.MaxInt64, nil)
		check(t, err)
		again, err := store.Open(filepath.Join(to, "s"))
		check(t, err)
		check(t, again.Verify(t.Context(), func(_ store.Digest, p *store.Problem) {
			if p != nil {
				t.Error(p)
			}
		}))
		check(t, again.Close())
		lines, err := os.ReadFile(filepath.Join(to, "s", "traces.jsonl"))
		check(t, err)
		if n := len(lines); n > 0 && lines[n-1] != '\n' {
			t.Error("a line is cut")
		}
	}
	close(stop)
	wg.Wait()
}

func FuzzRestore(f *testing.F) {
	f.Add(archive(f, `{"format":1,"files":[]}`))
	f.Add([]byte(ageMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		to := t.TempDir()
		Restore(bytes.NewReader(b), nil, filepath.Join(to, "s"), "", 1<<20, nil)
	})
}

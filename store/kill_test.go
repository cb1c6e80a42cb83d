package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// makeForever makes artifact after artifact with a record and a block, says
// of each when all of it was promised, and now and then removes and collects,
// until it is killed.
func makeForever(s *Store) error {
	from, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	for i := from; ; i++ {
		dir, err := s.Temp()
		if err != nil {
			return err
		}
		for _, f := range killFiles(i) {
			path := filepath.Join(dir, f.name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
				return err
			}
		}
		d, err := s.Put(dir)
		if err != nil {
			return err
		}
		if err := s.Record(Record{Key: killKey(i), Kind: Corpus, Name: "x", Output: d}); err != nil {
			return err
		}
		if err := s.SetBlock(Block{Kind: Corpus, Name: fmt.Sprintf("b%d", i%8), Key: killKey(i), Output: d}); err != nil {
			return err
		}
		fmt.Println(i, d)
		if i%5 == 0 { // b0 … b7 stand; what stood before them goes
			if _, _, err := s.GC(context.Background(), false); err != nil {
				return err
			}
		}
	}
}

type killFile struct{ name, text string }

func killFiles(i int) []killFile {
	return []killFile{
		{"a", strings.Repeat("a", i*37%5000)}, {"sub/b", fmt.Sprint(i)}, {"sub/deep/c", strings.Repeat("c", 1<<16)},
	}
}

func killKey(i int) Digest { return Digest{1, byte(i), byte(i >> 8), byte(i >> 16)} }

// A store whose process is killed at a random moment has every artifact whole
// or absent, and all that was promised.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	promised := map[int]Digest{}
	next := 1
	for round := range 16 {
		c := start(t, "make", dir, strconv.Itoa(next))
		kill := func() { time.AfterFunc(time.Duration(rng.IntN(60))*time.Millisecond, func() { c.cmd.Process.Kill() }) }
		alive := 1 + rng.IntN(3) // artifacts that it may make before the clock begins to run …
		if round%2 == 0 {
			alive = 0 // … or while it opens the store
			kill()
		}
		for lines := 1; ; lines++ {
			line, err := c.out.ReadString('\n')
			if err != nil {
				break // killed; the last line may be cut
			}
			var hex string
			var i int
			if _, err := fmt.Sscan(line, &i, &hex); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			d, err := ParseDigest(hex)
			check(t, err)
			promised[i], next = d, i+1
			if lines == alive {
				kill()
			}
		}
		c.kill()
		next++ // one may have been made and not told of

		s := open(t, dir)
		if left := names(t, filepath.Join(dir, "tmp")); left != "lock" {
			t.Fatalf("left in tmp: %s", left)
		}
		check(t, s.Verify(t.Context(), func(d Digest, p *Problem) {
			if p != nil {
				t.Errorf("%v: %v", d, p)
			}
		}))
		list, err := os.ReadDir(filepath.Join(dir, "artifacts"))
		check(t, err)
		for _, e := range list {
			if _, err := ParseDigest(strings.TrimSuffix(e.Name(), listSuffix)); err != nil {
				t.Errorf("in artifacts: %s", e.Name())
			}
		}
		for i := max(1, next-8); i < next-1; i++ { // no collection reaches these
			d, ok := promised[i]
			if !ok {
				continue
			}
			if r, made, err := s.Made(killKey(i)); !made || err != nil || r.Output != d {
				t.Errorf("%d was promised: %v %v", i, made, err)
			}
		}
		check(t, s.Close())
		if t.Failed() {
			return
		}
	}
	t.Logf("%d artifacts were promised", len(promised))
}

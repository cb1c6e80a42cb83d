package reader

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"suiren/knowledge/document"
)

var mutations = flag.Int("mutations", 60, "damaged files to read in TestMutations; 10000 is the whole test")

// TestMutations damages files of all formats and has them read: whatever
// becomes of the child, this process lives, and the next file is read.
//
//	go test ./knowledge/reader -run Mutations -mutations 10000 -timeout 2h
func TestMutations(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../../testdata/oracle/documents/sample.*", "../../../shared/data/pdf/*.pdf"} {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	if len(files) < 5 {
		t.Fatal("there are no files to damage")
	}
	p := New(Options{Cache: machineCode})
	defer p.Close()
	causes := map[document.Cause]int{}
	for i := range *mutations {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		name := files[i%len(files)]
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b = mutate(r, b)
		err = p.Read(t.Context(), filepath.Base(name), b, &collect{})
		var whole *document.Rejection
		switch {
		case err == nil:
			causes["read"]++
		case errors.As(err, &whole):
			causes[whole.Cause]++
			if whole.Cause == document.Crashed || whole.Cause == document.Slow {
				t.Logf("%d %s: %v", i, filepath.Base(name), whole)
			}
		default:
			t.Fatalf("%d %s: %v", i, filepath.Base(name), err)
		}
	}
	t.Log(causes)
	var c collect
	if err := p.Read(t.Context(), "last.html", []byte("<p>still here"), &c); err != nil || len(c.documents) != 1 {
		t.Errorf("after all: %v", err)
	}
}

// mutate changes, removes, repeats or cuts off bytes, at up to 20 places.
func mutate(r *rand.Rand, b []byte) []byte {
	for range 1 + r.IntN(20) {
		if len(b) < 8 {
			break
		}
		i := r.IntN(len(b) - 4)
		n := 1 + r.IntN(min(64, len(b)-i-1))
		switch r.IntN(6) {
		case 0:
			b[i] ^= 1 << r.IntN(8)
		case 1:
			b[i] = byte(r.Uint32())
		case 2:
			copy(b[i:], []byte{0xff, 0xff, 0xff, 0x7f})
		case 3:
			b = append(b[:i:i], b[i+n:]...)
		case 4:
			b = append(b[:i+n:i+n], b[i:]...)
		case 5:
			if r.IntN(4) == 0 {
				b = b[:i+1]
			}
		}
	}
	return b
}

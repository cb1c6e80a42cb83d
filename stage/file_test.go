package stage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
)

// A file is read up to its bound, and of one that is larger nothing is believed.
func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte("12345678"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := ReadFile(path, 8); string(b) != "12345678" || err != nil {
		t.Errorf("read %q, %v", b, err)
	}
	_, err := ReadFile(path, 7)
	e, ok := errors.AsType[*say.Error](err)
	if !ok || e.Where != path || !strings.Contains(err.Error(), "larger than 7 bytes") {
		t.Errorf("a byte too many: %v", err)
	}
	if _, err := ReadFile(path+"x", 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
}

package plain

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"suiren/engine/model"
)

// An adapter is one that requests may name.
type adapter struct {
	*model.Adapter
	digest string // of its files: see form.Receipt
}

// Adapters are the names of the adapters that requests may name, in order.
func (m *Model) Adapters() []string { return slices.Sorted(maps.Keys(m.adapters)) }

// Adapter is the digest of the adapter of requests that name none; "": none.
func (m *Model) Adapter() string {
	if a := m.adapters[m.opt.Adapter]; a != nil {
		return a.digest
	}
	return ""
}

func openAdapter(dir string, s *model.Shape) (*adapter, error) {
	a, err := model.OpenAdapter(dir, s)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, name := range []string{"adapter_config.json", "adapter_model.safetensors"} {
		if err := hashFile(h, filepath.Join(dir, name)); err != nil {
			a.Close()
			return nil, err
		}
	}
	return &adapter{a, "sha256:" + hex.EncodeToString(h.Sum(nil))}, nil
}

func hashFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

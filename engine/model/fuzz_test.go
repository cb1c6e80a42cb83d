package model

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// Any config.json gives a shape that passes its check, or an error.
func FuzzConfig(f *testing.F) {
	paths, _ := filepath.Glob(archOracle + "/*/config.json")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseHF(text)
		if err == nil && s.Check() != nil {
			t.Errorf("%+v: %v", s, s.Check())
		}
	})
}

// Any bytes as a GGUF file give a decoder's plan of bounded size, or an error.
func FuzzOpenGGUF(f *testing.F) {
	paths, _ := filepath.Glob(archOracle + "/*/model.gguf.gz")
	for _, path := range paths {
		text, err := os.ReadFile(unzip(f, path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	fused, err := os.ReadFile(fusedGGUF(f, unzip(f, filepath.Join(archOracle, "qwen3_5_moe", "model.gguf.gz"))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fused)
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "m.gguf")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path)
		if err != nil {
			return
		}
		defer m.Close()
		if m.Encoder == nil {
			m.DecoderBytes(32, 64, 1)
		}
	})
}

// written writes a safetensors file of zeros: a tensor a line, its name, type and shape.
// It reports false if the lines are no such list, or it is long.
func written(t testing.TB, path, lines string) bool {
	sizes := map[string]int{"F32": 4, "F16": 2, "BF16": 2, "I8": 1}
	header, at := map[string]any{}, 0
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) < 2 || sizes[f[1]] == 0 {
			return false
		}
		n, shape := sizes[f[1]], []int{}
		for _, d := range f[2:] {
			k, err := strconv.Atoi(d)
			if err != nil || k < 0 || k > 1<<16 || n*k > 1<<20 {
				return false
			}
			n, shape = n*k, append(shape, k)
		}
		if at+n > 4<<20 {
			return false
		}
		if _, ok := header[f[0]]; !ok {
			header[f[0]] = map[string]any{"dtype": f[1], "shape": shape, "data_offsets": []int{at, at + n}}
			at += n
		}
	}
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	if err := os.WriteFile(path, append(file, make([]byte, at)...), 0o644); err != nil {
		t.Fatal(err)
	}
	return true
}

// listed are the tensors of a file as written takes them.
func listed(t testing.TB, path string) string {
	f, err := weights.OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines strings.Builder
	for _, x := range f.Tensors {
		fmt.Fprintln(&lines, x.Name, x.Type, strings.Trim(fmt.Sprint(x.Shape), "[]"))
	}
	return lines.String()
}

// Any config.json beside any tensors is a model that answers, or an error. What a
// model would take is known before it is taken.
func FuzzOpenFolder(f *testing.F) {
	paths, _ := filepath.Glob(archOracle + "/*/config.json")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		pool, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "1_Pooling/config.json"))
		f.Add(text, pool, listed(f, filepath.Dir(path)))
	}
	fused := sharedFolder(f, fuseExperts(sharedTensors(f)))
	text, err := os.ReadFile(filepath.Join(fused, "config.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, []byte(nil), listed(f, fused))
	f.Fuzz(func(t *testing.T, config, pool []byte, tensors string) {
		dir := t.TempDir()
		if !written(t, filepath.Join(dir, "model.safetensors"), tensors) {
			return
		}
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644), os.Mkdir(filepath.Join(dir, "1_Pooling"), 0o755),
			os.WriteFile(filepath.Join(dir, "1_Pooling/config.json"), pool, 0o644)); err != nil {
			t.Fatal(err)
		}
		m, err := Open(dir)
		if err != nil {
			return
		}
		defer m.Close()
		m.tensors(AsQ4_K_M)
		m.metadata(AsQ4_K_M)
		const most = 64 << 20
		if m.Encoder != nil {
			off, heap, err := m.EncoderBytes(16, 1)
			if err != nil || off+heap > most {
				return
			}
			e, err := m.NewEncoder(16, 1)
			if err != nil {
				return
			}
			defer e.Close()
			if err := e.Run([]Text{{IDs: []int32{0}}}, make([]float32, e.Width())); err != nil {
				t.Logf("%v", err)
			}
			return
		}
		off, heap, err := m.DecoderBytes(16, 32, 1)
		if err != nil || off+heap > most {
			return
		}
		if full, window := PageBytes(&m.Shape, KVFloat32); full+window > most {
			return
		}
		d, err := m.NewDecoder(16, 32, 1)
		if err != nil {
			return
		}
		defer d.Close()
		p, err := NewPages(&m.Shape, KVFloat32, 2, 2)
		if err != nil {
			return
		}
		defer p.Close()
		if err := d.Step(p, []Seq{{IDs: []int32{0, 0}, Full: []int32{0}, Window: []int32{0}, Logits: 1}}, make([]float32, m.Shape.Vocab)); err != nil {
			t.Logf("%v", err)
		}
	})
}

// Any adapter for a model is one that it answers with, or an error.
func FuzzAdapter(f *testing.F) {
	base := filepath.Join(archOracle, "llama3")
	m, err := Open(base)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { m.Close() })
	dir := adapterFolder(f, &m.Shape, 2, false)
	config, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
	if err != nil {
		f.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "adapter_model.safetensors"), filepath.Join(dir, "model.safetensors")); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Add(config, listed(f, dir))
	f.Fuzz(func(t *testing.T, config []byte, tensors string) {
		dir := t.TempDir()
		if !written(t, filepath.Join(dir, "adapter_model.safetensors"), tensors) {
			return
		}
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), config, 0o644); err != nil {
			t.Fatal(err)
		}
		m.Merge(dir)
		a, err := OpenAdapter(dir, &m.Shape)
		if err != nil {
			return
		}
		defer a.Close()
		d, err := m.NewDecoder(16, 32, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		p, err := NewPages(&m.Shape, KVFloat32, 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := d.Step(p, []Seq{{IDs: []int32{0, 1}, Full: []int32{0}, Logits: 1, Adapter: a}}, make([]float32, m.Shape.Vocab)); err != nil {
			t.Fatal(err)
		}
	})
}

package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

type toyState struct {
	Step  int       `json:"step"`
	Names []string  `json:"names"`
	Sums  []float64 `json:"sums"`
}

func TestCheckpoint(t *testing.T) {
	dir := t.TempDir()
	a, b := []float32{1, -2, 0.5}, []float32{7}
	state := toyState{3, []string{"x"}, []float64{0.1}}
	s := newSaver(dir, time.Hour)
	if s.due() || !newSaver(dir, time.Nanosecond).due() || newSaver(dir, 0).every != checkpointEvery {
		t.Error("due at the wrong time")
	}
	var none toyState
	if ok, err := load(dir, &none, a); ok || err != nil {
		t.Errorf("from nothing: %v %v", ok, err)
	}
	check(t, s.save(&toyState{Step: 1}, a, b))
	check(t, os.WriteFile(filepath.Join(dir, checkpointName+".new"), []byte("a process was killed here"), 0o600))
	check(t, s.save(&state, a, b))
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files %v", left)
	}
	var got toyState
	a2, b2 := make([]float32, 3), make([]float32, 1)
	ok, err := load(dir, &got, a2, b2)
	if !ok || err != nil || got.Step != 3 || !slices.Equal(got.Names, state.Names) || !slices.Equal(a2, a) || !slices.Equal(b2, b) {
		t.Errorf("%v %v %+v %v %v", ok, err, got, a2, b2)
	}

	// One of another shape, of another state, cut short, or with any bit turned is as none, and touches nothing.
	whole, err := os.ReadFile(filepath.Join(dir, checkpointName))
	check(t, err)
	refuse := func(name string) {
		t.Helper()
		got, clean := toyState{Step: 9}, []float32{5, 5, 5}
		if ok, err := load(dir, &got, clean, b2); ok || err != nil || got.Step != 9 || clean[0] != 5 {
			t.Errorf("%s: %v %v %+v %v", name, ok, err, got, clean)
		}
	}
	if ok, err := load(dir, &got, a2); ok || err != nil {
		t.Errorf("with fewer floats: %v %v", ok, err)
	}
	if ok, err := load(dir, new([]int), a2, b2); ok || err != nil {
		t.Errorf("of another state: %v %v", ok, err)
	}
	for n := range whole {
		check(t, os.WriteFile(filepath.Join(dir, checkpointName), whole[:n], 0o600))
		refuse("cut short")
		turned := bytes.Clone(whole)
		turned[n] ^= 1 << (n % 8)
		check(t, os.WriteFile(filepath.Join(dir, checkpointName), turned, 0o600))
		refuse("turned")
	}
	if err := newSaver(filepath.Join(dir, "nowhere"), 0).save(&state); err == nil {
		t.Error("saved where there is no folder")
	}
}

// A run goes on from all that its state holds: no field is left out of a checkpoint.
func TestStatesAreWhole(t *testing.T) {
	for _, state := range []any{new(sftState), new(tuneState), new(rlState)} {
		n := 0
		var fill func(v reflect.Value)
		fill = func(v reflect.Value) {
			n++
			switch v.Kind() {
			case reflect.Struct:
				for i := range v.NumField() {
					fill(v.Field(i))
				}
			case reflect.Int:
				v.SetInt(int64(n))
			case reflect.Float64:
				v.SetFloat(float64(n) + 0.1)
			case reflect.Bool:
				v.SetBool(true)
			case reflect.String:
				v.SetString(fmt.Sprint(n))
			case reflect.Slice:
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
				fill(v.Index(0))
			case reflect.Map:
				v.Set(reflect.ValueOf(map[string]float64{fmt.Sprint(n): float64(n)}))
			default:
				t.Fatalf("what is a %v?", v.Type())
			}
		}
		fill(reflect.ValueOf(state).Elem())
		dir, got := t.TempDir(), reflect.New(reflect.TypeOf(state).Elem()).Interface()
		check(t, newSaver(dir, 0).save(state))
		text, err := os.ReadFile(filepath.Join(dir, checkpointName))
		check(t, err)
		check(t, json.Unmarshal(text[8:len(text)-sha256.Size], got))
		if !reflect.DeepEqual(got, state) {
			t.Errorf("%+v became %+v", state, got)
		}
	}
}

// Whatever the file holds, even under a right sum, it is taken whole or not at all.
func FuzzCheckpoint(f *testing.F) {
	f.Add(uint64(10), []byte(`{"step":3}........`))
	f.Add(uint64(1)<<63, []byte(`{}`))
	f.Add(uint64(2), []byte(`{}12345678`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, n uint64, rest []byte) {
		body := append(binary.LittleEndian.AppendUint64(nil, n), rest...)
		sum := sha256.Sum256(body)
		check(t, os.WriteFile(filepath.Join(dir, checkpointName), append(body, sum[:]...), 0o600))
		arena, state := []float32{4, 4}, toyState{Step: -1}
		ok, err := load(dir, &state, arena)
		check(t, err)
		if ok && n+8 != uint64(len(rest)) {
			t.Errorf("%d bytes of state and %d in all were taken", n, len(rest))
		}
		if !ok && (state.Step != -1 || arena[0] != 4 || arena[1] != 4) {
			t.Errorf("not taken, but %+v %v", state, arena)
		}
	})
}

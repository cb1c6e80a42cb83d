package talk

import (
	"os"
	"path/filepath"

	"suiren/engine/weights"
	"suiren/stage"
)

// Direct reports whether the model at path, a folder or a GGUF file, was taught chats of
// which none has a thought, here: it is asked without one, unless who asks says otherwise.
// known is false of a model that does not say how it was made. What cannot be read says
// nothing: whether the model can be used is told by what opens it.
func Direct(path string) (direct, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return false, false
	}
	dir := path
	if !info.IsDir() {
		if dir = filepath.Dir(path); filepath.Base(path) != ggufName { // not an artifact's
			return directGGUF(path)
		}
	}
	if direct, known, err = stage.DirectOf(dir); err != nil || known {
		return direct, known
	}
	if path = Path(path); filepath.Ext(path) == filepath.Ext(ggufName) {
		return directGGUF(path)
	}
	return false, false
}

func directGGUF(path string) (direct, known bool) {
	g, err := weights.OpenGGUF(path)
	if err != nil {
		return false, false
	}
	defer g.Close()
	direct, known = g.Value(weights.KeyDirect).(bool)
	return direct, known
}

// DirectMeta is what a GGUF file says of a model that is direct; nothing of others.
func DirectMeta(direct bool) []weights.Pair {
	if !direct {
		return nil
	}
	return []weights.Pair{{Key: weights.KeyDirect, Value: true}}
}

// CopyDirect writes to dir, a folder that is the model at path in another type, that it is
// direct; nothing of others. A folder's own file says it with all else that it says.
func CopyDirect(path, dir string) error {
	if direct, _ := Direct(path); !direct {
		return nil
	}
	from := path
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		from = filepath.Dir(path)
	}
	if direct, _, err := stage.DirectOf(from); err == nil && direct && (from == path || filepath.Base(path) == ggufName) {
		return copyFile(filepath.Join(from, stage.WeightsFile), filepath.Join(dir, stage.WeightsFile))
	}
	return stage.WriteJSON(filepath.Join(dir, stage.WeightsFile), map[string]bool{"direct": true})
}

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
	return saidOf(path, stage.DirectOf, weights.KeyDirect)
}

// Plain reports whether the model at path, a folder or a GGUF file, is a copy that says it
// was taught plain text alone. What cannot be read says nothing.
func Plain(path string) bool {
	plain, _ := saidOf(path, stage.PlainOf, weights.KeyPlain)
	return plain
}

// Trained reports whether the model at path, of an artifact, was trained here. What cannot
// be read says nothing.
func Trained(path string) bool {
	trained, _ := saidOf(path, stage.TrainedOf, "")
	return trained
}

// saidOf reads a fact of the model at path: of a folder from its weights file by of, of a
// GGUF file by its key.
func saidOf(path string, of func(dir string) (is, known bool, err error), key string) (is, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return false, false
	}
	dir := path
	if !info.IsDir() {
		if dir = filepath.Dir(path); filepath.Base(path) != ggufName { // not an artifact's
			return saidOfGGUF(path, key)
		}
	}
	if is, known, err = of(dir); err != nil || known {
		return is, known
	}
	if path = Path(path); filepath.Ext(path) == filepath.Ext(ggufName) {
		return saidOfGGUF(path, key)
	}
	return false, false
}

func saidOfGGUF(path, key string) (is, known bool) {
	g, err := weights.OpenGGUF(path)
	if err != nil {
		return false, false
	}
	defer g.Close()
	is, known = g.Value(key).(bool)
	return is, known
}

// AskedMeta is what a GGUF file says of how a model is asked, that is direct or plain;
// nothing of others.
func AskedMeta(direct, plain bool) (list []weights.Pair) {
	if direct {
		list = append(list, weights.Pair{Key: weights.KeyDirect, Value: true})
	}
	if plain {
		list = append(list, weights.Pair{Key: weights.KeyPlain, Value: true})
	}
	return list
}

// CopyAsked writes to dir, a folder that is the model at path in another type, that it is
// plain, or direct; nothing of others. A folder's own file says that it is direct with all
// else that it says.
func CopyAsked(path, dir string, plain bool) error {
	if plain { // and no chats were learnt
		return stage.WriteJSON(filepath.Join(dir, stage.WeightsFile), map[string]bool{"plain": true})
	}
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

// Package weights reads and writes the files of a model: a folder in the
// Hugging Face form (model.safetensors, config.json, generation_config.json
// and README.md, the model card) or a GGUF file, whose block formats it
// defines. It knows no layers: a tensor is a name, a shape and numbers.
//
// Every file is taken for hostile: no size in it is believed before it was
// compared with the file's.
package weights

import "fmt"

// A FormatError says that a file is not what its format requires, or needs
// something that this package does not do.
type FormatError struct {
	Path  string // file
	Place string // tensor or field; may be empty
	Why   string // a format of Args
	Args  []any
}

func malformed(path, place, why string, args ...any) *FormatError {
	return &FormatError{path, place, why, args}
}

func (e *FormatError) Error() string {
	why := fmt.Sprintf(e.Why, e.Args...)
	if e.Place == "" {
		return fmt.Sprintf("%s: %s", e.Path, why)
	}
	return fmt.Sprintf("%s: %s: %s", e.Path, e.Place, why)
}

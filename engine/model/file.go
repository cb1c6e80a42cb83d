package model

import (
	"os"
	"path/filepath"

	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// A File is a model's files, opened where they lie: a decoder or an encoder.
type File struct {
	Shape   Shape         // of a decoder
	Encoder *EncoderShape // of an encoder; nil: it is a decoder
	src     source
	gguf    *weights.GGUF // if it is one
	as      Mixture       // of what is not made yet
	close   func() error
}

// Open opens a GGUF file or a Hugging Face folder and reads its shape. An
// architecture that is not in the table gives an *ArchError.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	f := &File{}
	if info.IsDir() {
		err = f.openFolder(path)
	} else {
		err = f.openGGUF(path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) openGGUF(path string) error {
	g, err := weights.OpenGGUF(path)
	if err != nil {
		return err
	}
	f.close, f.gguf = g.Close, g
	if isEncoder(g.Text("general.architecture")) {
		f.src = &ggufSource{g: g}
		f.Encoder, err = encoderFromGGUF(g)
		return err
	}
	if f.Shape, err = FromGGUF(g); err != nil {
		return err
	}
	f.src = newGGUFSource(g, &f.Shape)
	return nil
}

func (f *File) openFolder(dir string) error {
	var kind struct {
		Type string `json:"model_type"`
	}
	if err := readConfig(filepath.Join(dir, "config.json"), &kind); err != nil {
		return err
	}
	folder, err := weights.OpenFolder(dir)
	if err != nil {
		return err
	}
	f.close = folder.Close
	if isEncoder(kind.Type) {
		src := newEncoderSource(folder, kind.Type)
		f.src = src
		f.Encoder, err = encoderFromFolder(dir, kind.Type, src)
		return err
	}
	if f.Shape, err = FromFolder(dir); err != nil {
		return err
	}
	row, err := familyOf(f.Shape.Arch)
	if err != nil {
		return err
	}
	src := newFolderSource(folder, &f.Shape, row)
	f.src = src
	f.Shape.Tied, err = src.tied(&f.Shape)
	return err
}

// Close closes the files. Decoders read embeddings from them: they end before.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// NewDecoder packs the weights for decoding in steps of up to rows tokens and
// sequences of up to limit.
func (f *File) NewDecoder(rows, limit, threads int) (*Decoder, error) {
	return newDecoder(f.Shape, f.src, rows, limit, threads)
}

// NewEncoder packs the weights for reading texts of up to rows tokens
// together.
func (f *File) NewEncoder(rows, threads int) (*Encoder, error) {
	return newEncoder(*f.Encoder, f.src, rows, threads)
}

// EncoderBytes is DecoderBytes of an encoder.
func (f *File) EncoderBytes(rows, threads int) (off, heap int64, err error) {
	e, err := planEncoder(*f.Encoder, f.src, rows, threads)
	if err != nil {
		return 0, 0, err
	}
	var count tensor.Arena
	e.lay(&count)
	return 4 * int64(count.Len()), 4 * int64(e.net.plan.vectorFloats()), nil
}

// DecoderBytes returns the memory that NewDecoder takes, without taking it:
// outside the Go heap, and of vectors on it.
func (f *File) DecoderBytes(rows, limit, threads int) (off, heap int64, err error) {
	if err := f.Shape.Check(); err != nil {
		return 0, 0, err
	}
	plan, err := planNet(&f.Shape, f.src)
	if err != nil {
		return 0, 0, err
	}
	var count tensor.Arena
	layDecoder(f.Shape, plan, rows, limit, threads, &count)
	return 4 * int64(count.Len()), 4 * int64(plan.vectorFloats()), nil
}

// WeightBytes returns how many of DecoderBytes are of the model's weights.
func (f *File) WeightBytes() (int64, error) {
	plan, err := planNet(&f.Shape, f.src)
	if err != nil {
		return 0, err
	}
	var count tensor.Arena
	plan.lay(&count)
	return 4 * int64(count.Len()+plan.vectorFloats()), nil
}

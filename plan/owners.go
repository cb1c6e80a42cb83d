package plan

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"suiren/internal/say"
	"suiren/store"
)

// ownedModel takes a snapshot of a model of the owner's, of which argument a of
// block b has the path: a GGUF file, or a folder as Hugging Face has them. It
// reads it all and copies nothing: models are large, and lie where other
// programs find them.
func ownedModel(ctx context.Context, f *File, b *Block, a Arg) (*snapshot, error) {
	place := filepath.FromSlash(a.Path)
	if !filepath.IsAbs(place) {
		place = filepath.Join(f.Dir, place)
	}
	s := &snapshot{arg: a.Name, place: place, sum: store.ModelFiles}
	if a.Form == "adapter" {
		s.sum = store.AdapterFiles
	}
	err := a.formed(place)
	if err == nil {
		s.files, err = s.sum(ctx, place)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &say.Error{Where: a.At, What: say.T("%s: there is no %s at %q", "%s：%[3]q 处没有%[2]s", a.Name, formNames[a.Form], clip(a.Path)),
			Next: say.T("paths begin at %s, and nothing is fetched from elsewhere: put the model there", "路径从 %s 开始；这里不会从别处下载，请把模型放到该处", f.Dir), Err: ErrInvalid}
	}
	if err != nil {
		return nil, noted(b, err)
	}
	s.digest = store.FilesDigest(s.files)
	return s, nil
}

// formed refuses what does not look like what a's operator takes at place, before
// it is read whole: a text is no model.
func (a *Arg) formed(place string) error {
	info, err := os.Stat(place)
	if err != nil {
		return err
	}
	wrong := func(what, next say.Text) error {
		return &say.Error{Where: a.At, What: say.T("%s: %q %s", "%s：%q %s", a.Name, clip(a.Path), what), Next: next, Err: ErrInvalid}
	}
	has := func(name string) bool {
		info, err := os.Stat(filepath.Join(place, name))
		return err == nil && info.Mode().IsRegular()
	}
	switch {
	case a.Form == "adapter":
		if !has("adapter_config.json") {
			return wrong(say.T("is no adapter: it is no folder with adapter_config.json", "不是适配器：不是含 adapter_config.json 的目录"),
				say.T("give the folder as the PEFT library saves it", "请给出 PEFT 库保存的目录"))
		}
	case info.IsDir():
		if has("config.json") || has("tokenizer.json") || has("model.gguf") {
			return nil
		}
		if has("adapter_config.json") {
			return wrong(say.T("is an adapter, not a model", "是适配器，不是模型"), say.T("give the model that it was trained over, and the folder in adapter: to go on from it, or to add it (train = \"merge\")", "请给出训练它时所用的模型，并在 adapter 中写明该目录：用来接着训练，或用 train = \"merge\" 合并"))
		}
		next := giveModel
		if list, _ := fs.Glob(os.DirFS(place), "*.gguf"); len(list) > 0 {
			next = say.T("name the file in it: %s", "请写明其中的文件：%s", clip(path.Join(a.Path, list[0])))
		}
		return wrong(say.T("is no model: the folder has no config.json", "不是模型：目录里没有 config.json"), next)
	case !info.Mode().IsRegular():
		return wrong(say.T("is no plain file", "不是普通文件"), giveModel)
	default:
		f, err := os.Open(place)
		if err != nil {
			return err
		}
		defer f.Close()
		magic := make([]byte, 4)
		if _, err := io.ReadFull(f, magic); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if string(magic) != "GGUF" {
			return wrong(say.T("is no model: the file does not begin as GGUF does", "不是模型：文件开头不是 GGUF"), giveModel)
		}
	}
	return nil
}

// formNames are what of an owner's a path names.
var formNames = map[string]say.Text{"model": say.T("model", "模型"), "adapter": say.T("adapter", "适配器")}

var giveModel = say.T("give a GGUF file or a Hugging Face folder", "请给出 GGUF 文件或 Hugging Face 目录")

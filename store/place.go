package store

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"suiren/internal/durable"
	"suiren/internal/say"
)

// Models of the owner's are large, and lie where other programs find them: the
// store notes where (places/<digest>.json) and copies nothing.

// ErrMoved is wrapped by the error about a model of the owner's that is no
// longer what it was.
var ErrMoved = errors.New("the model is no longer what it was")

// A place is where files of the owner's lie.
type place struct {
	Path string `json:"path"`
}

const maxPlace = 1 << 16 // bytes of its file

func (s *Store) place(d Digest) string {
	return filepath.Join(s.dir, "places", d.String()+".json")
}

// SetPlace notes where the model with digest d, of ModelFiles, lies, unless that is noted.
func (s *Store) SetPlace(d Digest, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if old, ok := s.placed(d); ok && old == path {
		return nil
	}
	text, err := json.Marshal(place{path})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.place(d)), 0o700); err != nil {
		return DiskFull(s.dir, err)
	}
	return DiskFull(s.dir, durable.WriteFile(s.place(d), append(text, '\n'), 0o600))
}

// Model returns the folder of artifact d, or where the owner's model of that
// digest lies, which it reads whole to see that it still is that one. The
// error wraps ErrNotFound or ErrMoved.
func (s *Store) Model(d Digest) (string, error) {
	dir, err := s.Dir(d)
	if !errors.Is(err, ErrNotFound) {
		return dir, err
	}
	path, ok := s.placed(d)
	if !ok {
		return "", err
	}
	files, err := ModelFiles(context.Background(), path)
	if err == nil && FilesDigest(files) != d { // or an adapter was meant, which may lie beside a model
		files, err = AdapterFiles(context.Background(), path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &say.Error{Where: path, What: say.T("nothing is here any more: the model that was used (%s) was moved or removed", "此处已没有任何内容：当初所用的模型（%s）已移走或删除", d.Short()),
			Next: say.T("put it back; or, if it was moved, name its new path in the plan, then run suiren apply: nothing is made again", "请放回原处；若已移走，请在计划中写明新路径，再运行 suiren apply：不会重做任何内容"), Err: ErrMoved}
	case err == nil && FilesDigest(files) != d:
		return "", &say.Error{Where: path, What: say.T("the model here is no longer the one that was used (%s)", "此处的模型已不是当初所用的模型（%s）", d.Short()),
			Next: say.T("put that one back; or, if it lies elsewhere now, name that path in the plan; then run suiren apply", "请放回原来的模型；若它现在别处，请在计划中写明该路径；再运行 suiren apply"), Err: ErrMoved}
	}
	return path, err
}

// placed is where the model with digest d was noted to lie.
func (s *Store) placed(d Digest) (path string, ok bool) {
	text, err := os.ReadFile(s.place(d))
	var p place
	if err != nil || len(text) > maxPlace || json.Unmarshal(text, &p) != nil || !filepath.IsAbs(p.Path) {
		return "", false
	}
	return p.Path, true
}

// maxModelFiles bounds the files of a model's folder.
const maxModelFiles = 10_000

// shardName is the end of the name of one of several files of a model.
var shardName = regexp.MustCompile(`-\d{5}-of-(\d{5})\.gguf$`)

// modelFiles match the names of what is read of a folder of a model or an adapter,
// or copied into what is made of it, as the licence is. Of all else in the folder,
// and of hidden files, nothing that is made depends.
var modelFiles = []string{"config.json", "generation_config.json", "adapter_config.json", "suiren.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
	"special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "chat_template*", "*.safetensors", "*.safetensors.index.json", "*.gguf", "LICENSE"}

// ofModel reports whether a file of that name is a part of the model in its folder.
func ofModel(name string) bool {
	return name[0] != '.' && slices.ContainsFunc(modelFiles, func(pattern string) bool {
		ok, _ := filepath.Match(pattern, name)
		return ok
	})
}

// beside reports whether a file of that name, among names of one folder, is no part of the
// model there: of an adapter, or weights that are not those that are read, as Mistral's
// consolidated.safetensors. Where it is not known which are read, none is beside them.
func beside(dir string, names []string) func(name string) bool {
	if !slices.Contains(names, "config.json") && !slices.Contains(names, "model.gguf") {
		return func(string) bool { return false }
	}
	read := weightsRead(dir, names)
	return func(name string) bool {
		return name == "adapter_config.json" || name == "adapter_model.safetensors" ||
			read != nil && (strings.HasSuffix(name, ".safetensors") || strings.HasSuffix(name, indexEnd)) && !slices.Contains(read, name)
	}
}

const (
	indexEnd = ".safetensors.index.json"
	maxIndex = 64 << 20 // bytes of such a file
)

// weightsRead are the safetensors files that are read of a model's folder, and their index;
// nil: it is not known.
func weightsRead(dir string, names []string) []string {
	const index = "model" + indexEnd
	if !slices.Contains(names, index) {
		if slices.Contains(names, "model.safetensors") {
			return []string{"model.safetensors"}
		}
		return nil
	}
	f, err := os.Open(filepath.Join(dir, index))
	if err != nil {
		return nil
	}
	defer f.Close()
	var list struct {
		Map map[string]string `json:"weight_map"`
	}
	if json.NewDecoder(io.LimitReader(f, maxIndex)).Decode(&list) != nil || len(list.Map) == 0 {
		return nil
	}
	return append(slices.Compact(slices.Sorted(maps.Values(list.Map))), index)
}

// ModelFiles sums a model's files: one, or the shards that belong to it, or
// those of a folder that are a part of it, without its folders. Links are followed:
// that is how the caches of models are built.
func ModelFiles(ctx context.Context, place string) ([]File, error) {
	return filesAt(ctx, place, beside)
}

// AdapterFiles is ModelFiles of an adapter's folder, of which a model's files may be a part, too.
func AdapterFiles(ctx context.Context, place string) ([]File, error) { return filesAt(ctx, place, nil) }

// filesAt sums the files at place, without those of a folder that are beside what is meant.
func filesAt(ctx context.Context, place string, beside func(dir string, names []string) func(name string) bool) ([]File, error) {
	info, err := os.Stat(place)
	if err != nil {
		return nil, err
	}
	dir, names := filepath.Split(place)
	list := []string{names}
	switch at := shardName.FindStringSubmatchIndex(names); {
	case info.IsDir():
		dir, list = place, nil
		entries, err := os.ReadDir(place) // in the order of their names
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !ofModel(e.Name()) {
				continue
			}
			info, err := os.Stat(filepath.Join(dir, e.Name()))
			switch {
			case err != nil || info.IsDir():
			case info.Mode().IsRegular():
				list = append(list, e.Name())
			default: // whoever reads it as a part of the model would wait, or read for ever
				return nil, notPlain(filepath.Join(dir, e.Name()))
			}
		}
		if beside != nil {
			list = slices.DeleteFunc(list, beside(dir, list))
		}
	case at != nil:
		found, err := filepath.Glob(filepath.Join(globSafe(dir), globSafe(names[:at[0]])+"-?????-of-"+names[at[2]:at[3]]+".gguf"))
		if err != nil {
			return nil, err
		}
		list = nil
		for _, p := range found {
			list = append(list, filepath.Base(p))
		}
	}
	if len(list) > maxModelFiles {
		return nil, say.Errorf("the folder has %d files, more than %d: is it a model?", "目录里有 %d 个文件，多于 %d：这是模型吗？", len(list), maxModelFiles)
	}
	var files []File
	for _, name := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f, err := sumPlain(ctx, filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f.Path = name
		files = append(files, f)
	}
	return files, nil
}

// globSafe quotes what would be a pattern.
func globSafe(s string) string { return globSigns.ReplaceAllString(s, `\$0`) }

var globSigns = regexp.MustCompile(`[\\*?\[]`)

// sumPlain is sumFile of what must be a plain file.
func sumPlain(ctx context.Context, path string) (File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe is to wait
		return File{}, notPlain(path)
	}
	return sumFile(ctx, path)
}

// notPlain is the error of a pipe, a device or a socket among the files of a model.
func notPlain(path string) error {
	return &say.Error{What: say.T("%s is no plain file", "%s 不是普通文件", path), Next: say.T("put the file itself in its place", "请换成文件本身")}
}

package models

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"suiren/engine/weights"
	"suiren/internal/durable"
	"suiren/internal/say"
)

// locate returns where the model of a path lies: in a folder of Hugging
// Face's cache the files of its newest revision; of a manifest in Ollama's
// store the file with the weights, and the SHA-256 that it must have; of a folder
// with a GGUF file that file; or else path itself.
func locate(path string) (file, want string, err error) {
	if ollamaName(path) != "" {
		return ollama(path)
	}
	path = snapshot(path)
	file, err = onlyGGUF(path)
	return file, "", err
}

// partName is the end of the name of a file of a set.
var partName = regexp.MustCompile(`-(\d{5})-of-\d{5}\.gguf$`)

// GGUFs lists the GGUF models of a folder that has no weights of another form,
// of a set its first file; none, if it cannot be read.
func GGUFs(dir string) (list []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		switch ext := filepath.Ext(e.Name()); {
		case strings.EqualFold(ext, ".safetensors"):
			return nil
		case strings.EqualFold(ext, ".gguf"):
			if part := partName.FindStringSubmatch(e.Name()); part == nil || part[1] == "00001" {
				list = append(list, filepath.Join(dir, e.Name()))
			}
		}
	}
	return list
}

// onlyGGUF returns the one GGUF model of a folder, or path itself if it holds none.
func onlyGGUF(path string) (string, error) {
	switch list := GGUFs(path); len(list) {
	case 0:
		return path, nil
	case 1:
		return list[0], nil
	default:
		more := ""
		if n := 8; len(list) > n {
			list, more = list[:n], ", …"
		}
		return "", &say.Error{Where: path, What: say.T("this folder holds more than one GGUF model", "这个目录里有不止一个 GGUF 模型"),
			Next: say.T("name one of them: %s", "请指明其中一个：%s", strings.Join(list, ", ")+more)}
	}
}

// ollamaName makes a name of the path of a manifest in Ollama's store,
// models/manifests/HOST/OWNER/NAME/TAG. It is "" for any other path.
func ollamaName(path string) string {
	_, id, ok := strings.Cut(filepath.ToSlash(path), "/manifests/")
	part := strings.Split(id, "/")
	if info, err := os.Stat(path); !ok || len(part) != 4 || err != nil || !info.Mode().IsRegular() {
		return ""
	}
	if part[3] == "latest" {
		return part[2]
	}
	return part[2] + "-" + part[3]
}

func ollama(path string) (file, want string, err error) {
	text, err := readSmall(path)
	if err != nil {
		return "", "", err
	}
	bad := func(en, zh string, args ...any) error {
		return &say.Error{Where: path, What: say.T(en, zh, args...), Next: say.T("give a manifest of Ollama's store that has one file of weights", "请给出 Ollama 存储中只含一个权重文件的清单")}
	}
	var manifest struct {
		Layers []descriptor `json:"layers"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return "", "", bad("the manifest is not JSON: %v", "清单不是 JSON：%v", err)
	}
	root, _, _ := strings.Cut(filepath.ToSlash(path), "/manifests/")
	for _, d := range manifest.Layers {
		switch d.MediaType {
		case "application/vnd.ollama.image.adapter":
			return "", "", bad("the model has an adapter", "该模型带有适配器")
		case "application/vnd.ollama.image.model":
			sum, ok := strings.CutPrefix(d.Digest, "sha256:")
			if b, err := hex.DecodeString(sum); !ok || err != nil || len(b) != 32 {
				return "", "", bad("%q is not a SHA-256 digest", "%q 不是 SHA-256 摘要", d.Digest)
			}
			if file != "" {
				return "", "", bad("the model has two files of weights", "该模型有两个权重文件")
			}
			file, want = filepath.Join(filepath.FromSlash(root), "blobs", "sha256-"+sum), strings.ToLower(sum)
		}
	}
	if file == "" {
		return "", "", bad("it names no weights", "清单中没有权重")
	}
	return file, want, nil
}

// copyTo copies the files of the model at path into the folder to, all or
// none, and returns the path of the copy.
func copyTo(ctx context.Context, path, to string) (string, error) {
	m, err := weights.OpenModel(path)
	if err != nil {
		return "", err
	}
	defer m.Close()
	files, err := Files(m, path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(to), ".copy-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	from := &Record{Path: path, Format: m.Format}
	for _, f := range files {
		if err := copyFile(ctx, from.file(f), filepath.Join(tmp, filepath.FromSlash(f.Path))); err != nil {
			return "", err
		}
	}
	if err := durable.Tree(tmp); err != nil {
		return "", err
	}
	if err := durable.Rename(tmp, to); err != nil {
		return "", err
	}
	if m.Format == "gguf" {
		to = filepath.Join(to, filepath.Base(path))
	}
	return to, nil
}

func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, until{ctx, in})
	return errors.Join(err, out.Close())
}

// cacheRepo returns the name of the model if path is a folder of Hugging
// Face's cache: models--owner--name.
func cacheRepo(path string) string {
	for _, part := range strings.Split(filepath.ToSlash(path), "/") {
		if rest, ok := strings.CutPrefix(part, "models--"); ok {
			_, name, _ := strings.Cut(rest, "--")
			return name
		}
	}
	return ""
}

// snapshot returns the folder with the files of a folder of that cache, or
// path itself.
func snapshot(path string) string {
	if !strings.HasPrefix(filepath.Base(path), "models--") {
		return path
	}
	rev, err := os.ReadFile(filepath.Join(path, "refs", "main"))
	if err == nil {
		if at := filepath.Join(path, "snapshots", filepath.Base(strings.TrimSpace(string(rev)))); isDir(at) {
			return at
		}
	}
	entries, err := os.ReadDir(filepath.Join(path, "snapshots"))
	if err == nil && len(entries) == 1 {
		return filepath.Join(path, "snapshots", entries[0].Name())
	}
	return path
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

package models

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"suiren/engine/weights"
	"suiren/internal/durable"
	"suiren/internal/say"
)

// A bundle is one thing that holds a model's files.
type bundle int

const (
	notBundle bundle = iota
	tarFile          // .tar, .tar.gz, .tgz, .tar.zst
	ociLayout        // a folder with oci-layout and index.json
)

var tarEndings = []string{".tar", ".tar.gz", ".tgz", ".tar.zst"}

func bundleKind(path string) bundle {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return notBundle
	case info.IsDir():
		if _, err := os.Stat(filepath.Join(path, "oci-layout")); err == nil {
			return ociLayout
		}
	case info.Mode().IsRegular() && slices.ContainsFunc(tarEndings, func(end string) bool { return strings.HasSuffix(path, end) }):
		return tarFile
	}
	return notBundle
}

// Bounds of a bundle: they are far above any model, and keep a hostile one
// from filling the disk with names.
const (
	maxFiles = 10_000
	maxJSON  = 4 << 20
	maxGrow  = 100       // how many times its size a bundle may unpack to, besides
	maxSmall = 64 << 20  // this many bytes
	window   = 128 << 20 // of zstd, as its --ultra has it
)

// unpack writes the files of a bundle into the folder to, all or none.
func (l *Library) unpack(ctx context.Context, kind bundle, path, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(to), ".unpack-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	root, err := os.OpenRoot(tmp) // no name in a bundle leads out of it
	if err != nil {
		return err
	}
	defer root.Close()
	u := &unpacker{ctx: ctx, root: root, where: path}
	if kind == tarFile {
		err = u.tarFile(path)
	} else {
		err = u.oci(path)
	}
	if err != nil {
		return err
	}
	if err := durable.Tree(tmp); err != nil {
		return err
	}
	return durable.Rename(tmp, to)
}

type unpacker struct {
	ctx   context.Context
	root  *os.Root
	where string
	files int
	left  int64 // bytes that may still be written
}

// allow lets bytes from a source of that size be written.
func (u *unpacker) allow(size int64) { u.left = maxSmall + maxGrow*min(size, 1<<50) }

// plain returns what r holds when it is not compressed.
func (u *unpacker) plain(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<20)
	head, _ := b.Peek(4) // what cannot be read is no archive either
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, u.bad("this is not a gzip file: %v", "这不是 gzip 文件：%v", err)
		}
		return z, nil
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, u.bad("this is not a zstd file: %v", "这不是 zstd 文件：%v", err)
		}
		return z.IOReadCloser(), nil // without concurrency it keeps nothing that must be closed
	}
	return b, nil
}

func (u *unpacker) bad(en, zh string, args ...any) error {
	return &say.Error{Where: u.where, What: say.T(en, zh, args...),
		Next: say.T("make or fetch the bundle again, and compare its SHA-256", "请重新制作或获取该归档，并核对 SHA-256")}
}

func (u *unpacker) tarFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	u.allow(info.Size())
	if err := u.tar(until{u.ctx, f}); err != nil {
		return err
	}
	return u.lift()
}

// tar unpacks the regular files of an archive, compressed or not.
func (u *unpacker) tar(r io.Reader) error {
	r, err := u.plain(r)
	if err != nil {
		return err
	}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return u.bad("the archive is damaged: %v", "归档已损坏：%v", err)
		}
		switch h.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			return u.bad("%q is a link or a device; only files are unpacked", "%q 是链接或设备；只解包普通文件", h.Name)
		}
		if err := u.write(h.Name, t); err != nil {
			return err
		}
	}
}

// write makes one file of the model.
func (u *unpacker) write(name string, r io.Reader) error {
	name = filepath.FromSlash(strings.TrimPrefix(name, "./"))
	if !filepath.IsLocal(name) {
		return u.bad("the name %q leads out of the bundle", "名称 %q 指向归档之外", name)
	}
	if u.files++; u.files > maxFiles {
		return u.bad("it holds more than %d files", "文件超过 %d 个", maxFiles)
	}
	if err := u.root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return u.bad("%q comes twice", "%q 出现了两次", name)
	}
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(until{u.ctx, r}, u.left+1))
	if u.left -= n; err == nil && u.left < 0 {
		err = u.bad("it unpacks to more than %d times its size", "解包后超过其大小的 %d 倍", maxGrow)
	}
	return errors.Join(err, f.Close())
}

// lift moves the files up if one folder holds them all.
func (u *unpacker) lift() error {
	dir := u.root.Name()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || !entries[0].IsDir() {
		return err
	}
	inner := filepath.Join(dir, entries[0].Name())
	list, err := os.ReadDir(inner)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Name() == entries[0].Name() {
			return nil // its own name would be in the way
		}
	}
	for _, e := range list {
		if err := os.Rename(filepath.Join(inner, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return os.Remove(inner)
}

// A descriptor names a blob of an OCI layout.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations"`
}

// oci unpacks a layout with one manifest: the layers of the CNCF ModelPack
// specification (raw or tar, compressed or not), or any layer that is a tar.
// Of a layer that is a file, an annotation has its name.
func (u *unpacker) oci(dir string) error {
	var index struct {
		Manifests []descriptor `json:"manifests"`
	}
	text, err := readSmall(filepath.Join(dir, "index.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return u.bad("index.json is not JSON: %v", "index.json 不是 JSON：%v", err)
	}
	if len(index.Manifests) != 1 {
		return u.bad("it holds %d manifests, not one", "含有 %d 个清单，应为一个", len(index.Manifests))
	}
	path, err := u.blob(dir, index.Manifests[0])
	if err != nil {
		return err
	}
	if text, err = readSmall(path); err != nil {
		return err
	}
	var manifest struct {
		Layers []descriptor `json:"layers"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return u.bad("the manifest is not JSON: %v", "清单不是 JSON：%v", err)
	}
	for _, layer := range manifest.Layers {
		path, err := u.blob(dir, layer)
		if err != nil {
			return err
		}
		if err := u.layer(path, layer); err != nil {
			return err
		}
	}
	return u.lift()
}

func (u *unpacker) layer(path string, d descriptor) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	u.allow(d.Size)
	if strings.Contains(d.MediaType, ".tar") {
		return u.tar(f)
	}
	var r io.Reader = f
	if strings.HasSuffix(d.MediaType, "gzip") || strings.HasSuffix(d.MediaType, "zstd") {
		if r, err = u.plain(f); err != nil {
			return err
		}
	}
	for _, key := range []string{"org.cncf.model.filepath", "org.opencontainers.image.title"} {
		if name := d.Annotations[key]; name != "" {
			return u.write(name, r)
		}
	}
	return u.bad("the layer %s has no file name", "层 %s 没有文件名", d.Digest)
}

// blob returns the path of a blob, whose size and digest are checked.
func (u *unpacker) blob(dir string, d descriptor) (string, error) {
	hexa, ok := strings.CutPrefix(d.Digest, "sha256:")
	want, err := hex.DecodeString(hexa)
	if !ok || err != nil || len(want) != sha256.Size {
		return "", u.bad("%q is not a SHA-256 digest", "%q 不是 SHA-256 摘要", d.Digest)
	}
	path := filepath.Join(dir, "blobs", "sha256", hexa)
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() != d.Size {
		return "", u.bad("the blob %s is not what its digest says", "数据块 %s 与其摘要不符", d.Digest)
	}
	got, err := sum(u.ctx, path)
	if err != nil {
		return "", err
	}
	if string(got[:]) != string(want) {
		return "", u.bad("the blob %s is not what its digest says", "数据块 %s 与其摘要不符", d.Digest)
	}
	return path, nil
}

func readSmall(path string) ([]byte, error) {
	f, err := weights.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxJSON+1))
	if err == nil && len(text) > maxJSON {
		err = &say.Error{Where: path, What: say.T("is larger than %d bytes", "超过 %d 字节", maxJSON)}
	}
	return text, err
}

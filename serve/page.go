package serve

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"suiren/console"
)

// types of the page's files, named here because the machine's own table of
// them, which net/http reads, differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// page serves the console's files, which hold no secret: what they show they
// ask for with a session.
func (s *Server) page(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	if name == "" {
		name = "index.html"
	}
	f, ok := files()[name]
	if !ok {
		return s.notFound(w, r)
	}
	tag := `"` + f.tag + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache") // ask each time; the tag answers
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(f.packed)
		return nil
	}
	w.Write(f.data)
	return nil
}

type file struct {
	data, packed []byte
	tag          string
}

// files are those of the console, packed once.
var files = sync.OnceValue(func() map[string]file {
	m := map[string]file{}
	list, err := fs.ReadDir(console.Files(), ".")
	for _, e := range list {
		data, err := fs.ReadFile(console.Files(), e.Name())
		if err != nil {
			panic("serve: " + err.Error()) // it is embedded
		}
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		z.Write(data)
		z.Close()
		sum := sha256.Sum256(data)
		m[e.Name()] = file{data, b.Bytes(), hex.EncodeToString(sum[:8])}
	}
	if err != nil {
		panic("serve: " + err.Error())
	}
	return m
})

// Package console holds the built files of the web page.
package console

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files are the page's files: index.html, its script and its style.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("console: " + err.Error()) // dist is embedded above
	}
	return files
}

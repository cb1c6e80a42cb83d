package document

import (
	"archive/zip"
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// byEnding names formats by the ending of a file's name.
var byEnding = map[string]string{
	".txt": "txt", ".text": "txt", ".log": "txt", ".md": "markdown", ".markdown": "markdown",
	".html": "html", ".htm": "html", ".xhtml": "html", ".shtml": "html", ".mht": "eml", ".mhtml": "eml",
	".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
	".docx": "docx", ".docm": "docx", ".dotx": "docx", ".xlsx": "xlsx", ".xlsm": "xlsx", ".pptx": "pptx", ".pptm": "pptx", ".ppsx": "pptx",
	".odt": "odt", ".ods": "odt", ".odp": "odt", ".epub": "epub", ".eml": "eml", ".warc": "warc", ".parquet": "parquet", ".zip": "zip", ".pdf": "pdf", ".gz": "gzip", ".zst": "zstd",
}

// Hidden reports whether a file of this name is none of its owner's documents: its
// name begins with a dot, or is that of Office's note that a document is open.
func Hidden(base string) bool { return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "~$") }

// Detect names the format of a file: by its first bytes where these say it,
// or else by its name; of a name that says nothing, txt if it is text in UTF-8; "" if it
// is none that is read.
func Detect(name string, data []byte) string {
	ending := byEnding[strings.ToLower(path.Ext(name))]
	head := data[:min(len(data), 1024)]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return zipFormat(ending, data)
	case bytes.Contains(head, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "parquet"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "gzip"
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return "zstd"
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return "ole"
	case bytes.HasPrefix(head, []byte("WARC/")):
		return "warc"
	}
	switch ending {
	case "txt", "":
		low := bytes.ToLower(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"))
		if bytes.HasPrefix(low, []byte("<!doctype html")) || bytes.HasPrefix(low, []byte("<html")) {
			return "html"
		}
		if ending == "" && isText(data) {
			return "txt"
		}
	case "docx", "xlsx", "pptx", "odt", "epub", "zip", "pdf", "parquet", "gzip", "zstd", "warc":
		return ending // that its bytes are another's is said by its reader
	}
	return ending
}

// isText reports whether data, or the beginning of a file, is text in UTF-8 and no form
// that only looks like one.
func isText(data []byte) bool {
	for _, form := range []string{"{\\rtf", "%!PS"} {
		if bytes.HasPrefix(data, []byte(form)) {
			return false
		}
	}
	return len(data) > 0 && utf8.Valid(whole(data)) && bytes.IndexByte(data, 0) < 0
}

// zipFormat tells what a ZIP file is by what it holds.
func zipFormat(ending string, data []byte) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		if ending == "" {
			return "zip"
		}
		return ending
	}
	for i, f := range z.File {
		if i > 1000 {
			break
		}
		switch f.Name {
		case "word/document.xml":
			return "docx"
		case "xl/workbook.xml":
			return "xlsx"
		case "ppt/presentation.xml":
			return "pptx"
		case "content.xml":
			return "odt"
		case "META-INF/container.xml":
			return "epub"
		}
	}
	switch ending {
	case "docx", "xlsx", "pptx", "odt", "epub":
		return ending
	}
	return "zip"
}

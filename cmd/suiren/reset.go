package main

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/stage/operate/origin"
	"suiren/store"
)

func (a *app) resetCommand() *cobra.Command {
	var everything bool
	var report, as string
	var probes []string
	c := &cobra.Command{
		Use: "reset [" + a.t("FOLDER", "目录") + "]", Short: a.t("Wipe all that was made and written down, and prove it", "清除全部产物与记录，并给出证明"),
		Long: a.t(`Wipe the state folder of a plan: keys first, then every file, overwritten before it is
removed. Then every file that is left below the plan's folder is searched for pieces of
what was wiped, and for the words of --probe: files that still hold some, such as your own
documents and backups, are named. The list of what was wiped is signed with the owner's
key, which is wiped too: note the public key that is shown.

What a disk keeps of overwritten files (wear levelling, snapshots) no program can tell.`,
			`清除计划的状态目录：先清除密钥，再逐个覆写并删除全部文件。随后在计划目录下余下的每个文件中
查找被清除内容的片段，以及 --probe 给出的词；仍含这些内容的文件（如您自己的文档和备份）会被列出。
被清除文件的清单用所有者密钥签署，该密钥随后也被清除：请记下显示的公钥。

磁盘自身保留的已覆写内容（磨损均衡、快照）任何程序都无法得知。`),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if !everything {
				return usage("--everything", say.T("nothing is wiped unless you say so", "未明确要求时不会清除任何内容"), say.T("add --everything; there is no way back but a backup", "请加上 --everything；除备份外无法恢复"))
			}
			folder := strings.Join(args, "")
			if folder == "" {
				folder = "."
			}
			dir, err := a.bookDir(folder, false)
			if err != nil {
				return err
			}
			if _, err := a.cleared(dir, care.Reset, "everything", as); err != nil {
				return err
			}
			if report == "" {
				report = filepath.Join(folder, "suiren-reset-"+time.Now().UTC().Format("20060102-150405")+".json")
			}
			r, key, err := a.reset(folder, probes)
			if err != nil {
				return err
			}
			if err := r.save(report); err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "reset", "files": len(r.wiped.Files), "left": r.wiped.Left, "looked": r.wiped.Looked, "report": report, "key": key})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("%d files are gone; %d others were searched", "已清除 %d 个文件；检查了其余 %d 个文件", len(r.wiped.Files), r.wiped.Looked))
			for _, path := range r.wiped.Left {
				fmt.Fprintln(a.stdout, a.t("still holds some of it: %s", "仍含有其中内容：%s", path))
			}
			fmt.Fprintln(a.stdout, a.t("report: %s, signed; its key is %s", "报告：%s，已签署；公钥为 %s", report, key))
			return nil
		},
	}
	c.Flags().BoolVar(&everything, "everything", false, a.t("yes, everything", "确认清除全部内容"))
	c.Flags().StringVar(&report, "report", "", a.t("file of the signed report", "签署的报告文件"))
	a.asFlag(c, &as)
	c.Flags().StringSliceVar(&probes, "probe", nil, a.t("words that must not be left either", "不得残留的词"))
	return c
}

// A wiped is the report of a reset.
type wiped struct {
	Format  int         `json:"format"` // 1
	Time    time.Time   `json:"time"`
	Program string      `json:"program"`
	Files   []wipedFile `json:"files"`
	Looked  int         `json:"looked"` // files that were searched afterwards
	Left    []string    `json:"left"`   // of them, those that hold some of what was wiped
}

type wipedFile struct {
	Path  string       `json:"path"`
	Bytes int64        `json:"bytes"`
	Sum   store.Digest `json:"sha256"`
}

// A signedReport is a report and its note.
type signedReport struct {
	wiped  wiped
	text   []byte
	signed []byte
}

func (r *signedReport) save(path string) error {
	if err := os.WriteFile(path, r.text, 0o644); err != nil {
		return err
	}
	return os.WriteFile(noteBeside(path), r.signed, 0o644)
}

// reset wipes the state folder of a plan.
func (a *app) reset(folder string, probes []string) (*signedReport, string, error) {
	w, err := a.openState(folder)
	if err != nil {
		return nil, "", err
	}
	state := w.st.Path()
	if store.Held(w.path("serving.lock")) {
		w.close()
		return nil, "", &say.Error{Where: state, Err: stage.ErrRefused, What: say.T("a server answers from this folder", "有服务器正在使用此目录"), Next: say.T("stop it first", "请先停止它")}
	}
	unlock, err := w.st.Lock()
	if err != nil {
		w.close()
		return nil, "", err
	}
	signer, key, err := operate.NoteKey(origin.KeyFile(state), "suiren-origin")
	unlock()
	w.close()
	if err != nil {
		return nil, "", err
	}
	r := &signedReport{wiped: wiped{Format: 1, Time: time.Now().UTC(), Program: versionText(), Left: []string{}}}
	pieces := newPieces(probes)
	if r.wiped.Files, err = listForWiping(state, pieces); err != nil {
		return nil, "", err
	}
	for _, f := range r.wiped.Files {
		if err := overwrite(filepath.Join(state, filepath.FromSlash(f.Path)), f.Bytes); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
	}
	if err := os.RemoveAll(state); err != nil {
		return nil, "", err
	}
	if r.wiped.Looked, r.wiped.Left, err = pieces.search(folder); err != nil {
		return nil, "", err
	}
	if r.text, err = json.MarshalIndent(&r.wiped, "", "  "); err != nil {
		return nil, "", err
	}
	r.text = append(r.text, '\n')
	r.signed, err = note.Sign(&note.Note{Text: fmt.Sprintf("suiren-reset\n%x\n", sha256.Sum256(r.text))}, signer)
	return r, key, err
}

// listForWiping lists all files of a state folder, what holds keys first.
func listForWiping(state string, pieces *pieces) (list []wipedFile, err error) {
	err = filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(state, path)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		n, err := io.Copy(io.MultiWriter(h, pieces.taker()), f)
		list = append(list, wipedFile{filepath.ToSlash(rel), n, store.Digest(h.Sum(nil))})
		return err
	})
	keys := func(f wipedFile) bool {
		return strings.HasSuffix(f.Path, ".key") || strings.Contains(f.Path, "keys.json")
	}
	slices.SortStableFunc(list, func(a, b wipedFile) int {
		switch {
		case keys(a) == keys(b):
			return 0
		case keys(a):
			return -1
		}
		return 1
	})
	return list, err
}

// overwrite writes random bytes over a file, and removes it.
func overwrite(path string, n int64) error {
	if err := os.Chmod(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, n)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Remove(path)
}

// pieces are bytes of what is wiped, to be looked for afterwards.
type pieces struct {
	words []string
	byKey map[[8]byte][]string // by their first bytes
	n     int
}

// A piece is pieceSize bytes; of each file one in every pieceStep bytes is taken, at
// most maxPieces of all.
const (
	pieceSize = 32
	pieceStep = 4096
	maxPieces = 200_000
)

func newPieces(words []string) *pieces {
	return &pieces{words: words, byKey: map[[8]byte][]string{}}
}

// taker takes pieces of one file.
func (p *pieces) taker() io.Writer { return &taker{pieces: p} }

type taker struct {
	*pieces
	at   int64
	last []byte
}

func (t *taker) Write(b []byte) (int, error) {
	for i := range b {
		if (t.at+int64(i))%pieceStep < pieceSize {
			if t.last = append(t.last, b[i]); len(t.last) == pieceSize {
				t.take(t.last)
				t.last = t.last[:0]
			}
		}
	}
	t.at += int64(len(b))
	return len(b), nil
}

// take keeps a piece that could not stand anywhere: one of many different bytes.
func (p *pieces) take(b []byte) {
	var seen [256]bool
	kinds := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			kinds++
		}
	}
	if kinds < 12 || p.n >= maxPieces {
		return
	}
	p.n++
	key := [8]byte(b[:8])
	p.byKey[key] = append(p.byKey[key], string(b))
}

// search looks through all files below a folder.
func (p *pieces) search(folder string) (looked int, left []string, err error) {
	left = []string{}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		looked++
		found, err := p.in(path)
		if found {
			left = append(left, path)
		}
		return err
	})
	return looked, left, err
}

// in reports whether a file holds a piece or a word.
func (p *pieces) in(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	keep := pieceSize
	for _, w := range p.words {
		keep = max(keep, len(w))
	}
	r := bufio.NewReader(f)
	b := make([]byte, 0, 1<<20)
	for {
		n, err := io.ReadFull(r, b[len(b):cap(b)])
		b = b[:len(b)+n]
		text := string(b)
		for _, w := range p.words {
			if w != "" && strings.Contains(text, w) {
				return true, nil
			}
		}
		for i := 0; i+pieceSize <= len(b); i++ {
			for _, piece := range p.byKey[[8]byte(b[i:i+8])] {
				if text[i:i+pieceSize] == piece {
					return true, nil
				}
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		copy(b[:keep], b[len(b)-keep:])
		b = b[:keep]
	}
}

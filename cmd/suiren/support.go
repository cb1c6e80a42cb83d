package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/run"
	"suiren/stage/operate"
	"suiren/store"
)

func (a *app) supportCommand() *cobra.Command {
	var models bool
	var out string
	c := &cobra.Command{
		Use: "support [" + a.t("FOLDER", "目录") + "]", Short: a.t("Gather what helps to find a fault, without content, keys or names of people", "收集有助于排查故障的信息，不含内容、密钥和人名"),
		Long: a.t(`Gather into one zip file what helps to find a fault: the program and its build, the
machine, what was made (kinds, digests, sizes, times), runs and how they ended, how the
releases stand, whether the audit log and the records hold, and which files there are;
with --models the models that were brought instead of what was made. Not in it: what
was asked or answered, documents, settings, words of policies, keys, names of keys and
people, reasons that people wrote, and the names of files, blocks and models of yours.`,
			`把有助于排查故障的信息收集到一个 zip 文件：程序与构建、机器、产物（类型、摘要、大小、时间）、
运行及结果、版本所处阶段、审计日志与记录是否完整、有哪些文件；加 --models 时不含产物，而含带来的
模型。不包含：提问与回答、文档、设置、策略词、密钥、密钥与人员的名称、人写的理由，以及您的文件名、
块名和模型名。`),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			parts, err := a.supportParts(strings.Join(args, ""), models)
			if err != nil {
				return err
			}
			if out == "" {
				out = "suiren-support-" + time.Now().UTC().Format("20060102-150405") + ".zip"
			}
			err = writeFile(out, func(f io.Writer) error {
				z := zip.NewWriter(f)
				for _, p := range parts {
					f, err := z.Create(p.name)
					if err != nil {
						return err
					}
					e := json.NewEncoder(f)
					e.SetIndent("", "  ")
					if err := e.Encode(p.value); err != nil {
						return err
					}
				}
				return z.Close()
			})
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "support", "path": out, "parts": len(parts)})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("%s: look into it before you send it", "%s：发送之前请先查看内容", out))
			return nil
		},
	}
	a.bookFlag(c, &models)
	c.Flags().StringVar(&out, "to", "", a.t("file to write (default: suiren-support-TIME.zip)", "写入的文件（默认：suiren-support-时间.zip）"))
	return c
}

type supportPart struct {
	name  string
	value any
}

// supportParts says all that a support bundle says, of the plan at path or of the
// models. Everything in it is chosen here, field by field: nothing is copied whole.
func (a *app) supportParts(path string, models bool) ([]supportPart, error) {
	machine, err := a.machine()
	if err != nil {
		return nil, err
	}
	about := map[string]any{"program": versionText(), "time": time.Now().UTC(), "os": runtime.GOOS, "machine": machine}
	if info, ok := debug.ReadBuildInfo(); ok {
		modules := map[string]string{}
		for _, m := range info.Deps {
			modules[m.Path] = m.Version
		}
		about["go"], about["modules"] = info.GoVersion, modules
	}
	parts := []supportPart{{"about.json", about}}
	var dir bookDir
	if models {
		if dir, err = broughtBooks(); err == nil {
			parts, err = supportModels(parts)
		}
	} else {
		dir, parts, err = a.supportMade(path, parts)
	}
	if err != nil {
		return nil, err
	}
	files, err := supportFiles(string(dir))
	if err != nil {
		return nil, err
	}
	lines, _, auditErr := operate.VerifyAudit(dir.audit())
	if errors.Is(auditErr, fs.ErrNotExist) {
		auditErr = nil
	}
	return append(parts, supportPart{"files.json", files}, supportPart{"audit.json", map[string]any{"lines": lines, "holds": auditErr == nil}}), nil
}

// supportMade adds what was made of a plan.
func (a *app) supportMade(path string, parts []supportPart) (bookDir, []supportPart, error) {
	w, err := a.openState(path)
	if err != nil {
		return "", nil, err
	}
	defer w.close()
	for _, p := range []struct {
		name string
		tell func() (any, error)
	}{{"store.json", w.supportStore}, {"runs.json", w.supportRuns}, {"releases.json", w.supportReleases}} {
		v, err := p.tell()
		if err != nil {
			return "", nil, err
		}
		parts = append(parts, supportPart{p.name, v})
	}
	return w.books(), parts, nil
}

// supportModels adds the models that were brought.
func supportModels(parts []supportPart) ([]supportPart, error) {
	l, err := library()
	if err != nil {
		return nil, err
	}
	all, err := l.List()
	if err != nil {
		return nil, err
	}
	type brought struct {
		Digest       string    `json:"digest"`
		Format       string    `json:"format"`
		Architecture string    `json:"architecture"`
		Parameters   int64     `json:"parameters"`
		Bytes        int64     `json:"bytes"`
		Files        int       `json:"files"`
		Added        time.Time `json:"added"`
		Whole        bool      `json:"whole"` // its files are as when it was added
	}
	var list []brought
	for _, r := range all {
		list = append(list, brought{r.Digest.String(), r.Format, r.Architecture, r.Parameters, r.Bytes, len(r.Files), r.Added, len(r.Changed()) == 0})
	}
	return append(parts, supportPart{"models.json", list}), nil
}

func (w *workspace) supportStore() (any, error) {
	version, err := w.st.Version()
	if err != nil {
		return nil, err
	}
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, err
	}
	type madeBlock struct {
		Kind     store.Kind `json:"kind"`
		Digest   string     `json:"digest"`
		Operator string     `json:"operator"`
		Revision int        `json:"revision"`
		Program  string     `json:"program"`
		Bytes    int64      `json:"bytes"`
		Began    time.Time  `json:"began"`
		Seconds  float64    `json:"seconds"`
		Memory   int64      `json:"memory"`
		Present  bool       `json:"present"`
		Whole    bool       `json:"whole"`
	}
	var list []madeBlock
	for _, b := range blocks {
		r, present, err := w.st.Made(b.Key)
		if err != nil {
			return nil, err
		}
		list = append(list, madeBlock{b.Kind, b.Output.String(), r.Operator, r.Revision, r.Version, r.Bytes, r.Began, r.Seconds, r.Memory, present, w.st.Whole(b.Output) == nil})
	}
	return map[string]any{"format": version, "blocks": list}, nil
}

func (w *workspace) supportRuns() (any, error) {
	runs, err := run.Runs(w.st.Path())
	if err != nil {
		return nil, err
	}
	type ended struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}
	var list []ended
	for _, r := range runs {
		list = append(list, ended{r.ID, string(r.State)})
	}
	return list, nil
}

func (w *workspace) supportReleases() (any, error) {
	views, version, err := w.releases()
	if err != nil {
		return nil, err
	}
	type standing struct {
		Digest  string          `json:"digest"`
		Stage   string          `json:"stage"`
		Since   time.Time       `json:"since"`
		Checks  map[string]bool `json:"checks"`
		Present bool            `json:"present"`
	}
	var list []standing
	for _, v := range views {
		s := standing{v.Digest.String(), v.Stage, v.Since, map[string]bool{}, v.Present}
		for _, c := range v.Checks {
			s.Checks[c.Name] = c.OK
		}
		list = append(list, s)
	}
	return map[string]any{"version": version, "releases": list}, nil
}

// What Suiren makes in a state folder and in the owner's, and endings of what it makes below.
var (
	ownFile = regexp.MustCompile(`^(lock|(serving|care\.run|erase)\.lock|(keys|care)\.json(\.lock)?|(owner|guard)\.key|forgotten\.jsonl|audit\.jsonl(\.(head|names|key|checkpoints|lock))?` +
		`|(suiren|people|guard|usage)\.db([-.](wal|shm|journal|lock|v\d+|format\d+\.\d{8}T[0-9.]+))?)$`)
	ownFolders = []string{"artifacts", "curves", "damaged", "knowledge", "machine-code", "models", "origin", "places", "plans", "runs", "tmp", "traces", "work"}
	ownEndings = []string{".bin", ".csv", ".db", ".gguf", ".imported", ".jinja", ".json", ".jsonl", ".key", ".list", ".lock", ".md", ".model", ".note", ".safetensors", ".zst"}
)

// supportFiles lists a state folder or the owner's: files of ours at the top by their
// names, those in folders of ours by folder and ending, and how many others there are.
func supportFiles(dir string) (any, error) {
	type file struct {
		Path  string    `json:"path"`
		Bytes int64     `json:"bytes"`
		Time  time.Time `json:"time"`
	}
	var out struct {
		Files  []file `json:"files"`
		Others struct {
			Files int   `json:"files"`
			Bytes int64 `json:"bytes"`
		} `json:"others"`
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		top, rest, below := strings.Cut(rel, "/")
		if below && !slices.Contains(ownFolders, top) || !below && !ownFile.MatchString(rel) || len(out.Files) == 100_000 {
			out.Others.Files++
			out.Others.Bytes += info.Size()
			return nil
		}
		if below {
			id, _, _ := strings.Cut(rest, "/")
			id, _, _ = strings.Cut(id, ".")
			if _, err := store.ParseDigest(id); err != nil {
				id = "…"
			}
			rel = top + "/" + id + "/…"
			if end := filepath.Ext(rest); slices.Contains(ownEndings, end) {
				rel += end
			}
		}
		out.Files = append(out.Files, file{rel, info.Size(), info.ModTime().UTC()})
		return nil
	})
	return out, err
}

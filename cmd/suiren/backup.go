package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/stage/compute"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/store"
	"suiren/store/backup"
)

// backupState is the name of the state that tells of the last backup.
const backupState = "backup"

// A lastBackup is that state.
type lastBackup struct {
	Time      time.Time `json:"time"`
	Bytes     int64     `json:"bytes"`
	Files     int       `json:"files"`
	Sum       string    `json:"sha256"` // of the file
	Encrypted bool      `json:"encrypted"`
}

func (a *app) backupCommand() *cobra.Command {
	var folder string
	var to []string
	c := &cobra.Command{
		Use: "backup " + a.t("FOLDER|FILE", "目录|文件"), Short: a.t("Write all that was made and written down into one file, while serving", "把产物与记录写入一个文件，服务无需停止"),
		Long: a.t(`Write all that was made and written down into one file: records, artifacts, keys,
the ledger, traces and the audit log, with the plan files. A server may run meanwhile.
The file is read again afterwards. It holds keys and conversations: keep it as you
keep those, or encrypt it to an age recipient, whose identity only the reader has.

Models of yours that lie elsewhere, and documents, are not in it.`,
			`把产物与记录写入一个文件：记录库、产物、密钥、账本、会话记录、审计日志和计划文件。
服务可以同时运行，写完后会重新读取核对。文件中含密钥与对话，请妥善保管，或加密给
age 接收者（只有持有对应身份的人能打开）。

不包含存放在别处的自带模型和原始文档。`),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.openState(folder)
			if err != nil {
				return err
			}
			defer w.close()
			o := backup.Options{Program: versionText(), Plan: folder, Now: time.Now()}
			for _, text := range to {
				r, err := recipients(text)
				if err != nil {
					return err
				}
				o.Recipients = append(o.Recipients, r...)
			}
			path := args[0]
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				path = filepath.Join(path, backup.Name(o.Now, len(to) > 0))
			}
			s, err := w.backup(c.Context(), path, o)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "backup", "path": s.Path, "bytes": s.Size, "files": len(s.Files), "sha256": s.Sum, "encrypted": len(to) > 0})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("%s: %s of %d files, read again; SHA-256 %s", "%s：%s，共 %d 个文件，已重新核对；SHA-256 %s", s.Path, size(s.Size), len(s.Files), s.Sum))
			return nil
		},
	}
	c.Flags().StringVar(&folder, "plan", ".", a.t("folder of the plan", "计划所在的目录"))
	c.Flags().StringSliceVar(&to, "recipient", nil, a.t("encrypt to this age recipient (age1…), or to those of a file", "加密给此 age 接收者（age1…），或文件中的接收者"))
	return c
}

// recipients reads an age recipient, or a file of them.
func recipients(text string) ([]age.Recipient, error) {
	list, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		f, err2 := os.Open(text)
		if err2 == nil {
			defer f.Close()
			list, err = age.ParseRecipients(io.LimitReader(f, 1<<20))
		}
	}
	if err != nil {
		return nil, &say.Error{Where: text, Err: errors.Join(errUsage, err), What: say.T("this is no age recipient, nor a file of them", "这不是 age 接收者，也不是其文件"),
			Next: say.T("make one with age-keygen; it begins with age1", "请用 age-keygen 生成；以 age1 开头")}
	}
	return list, nil
}

// backup writes a backup and writes down that there is one.
func (w *workspace) backup(ctx context.Context, path string, o backup.Options) (*backup.Sealed, error) {
	s, err := backup.Create(ctx, path, w.st, o)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(lastBackup{Time: o.Now.UTC(), Bytes: s.Size, Files: len(s.Files), Sum: s.Sum, Encrypted: len(o.Recipients) > 0})
	if err != nil {
		return nil, err
	}
	for {
		_, version, err := w.st.State(backupState)
		if err == nil {
			err = w.st.SetState(backupState, version, b)
		}
		if errors.Is(err, store.ErrChanged) {
			continue
		}
		return s, errors.Join(err, w.books().log("backup", s.Sum))
	}
}

func (a *app) restoreCommand() *cobra.Command {
	var identity string
	var check bool
	var gone []string
	c := &cobra.Command{
		Use: "restore " + a.t("FILE", "文件") + " [" + a.t("FOLDER", "目录") + "]", Short: a.t("Make a folder of a backup again, or check the backup", "从备份恢复目录，或核对备份"),
		Long: a.t(`Make the state folder and the plan files of a backup again, in a folder that has
none. Every file is compared with the backup's list, every artifact with its name and
the audit log with its chain, and who was erased since (suiren-erased.json, beside the backup or
the folder) is erased again, before anything appears.`,
			`在尚无状态目录的目录中恢复备份的状态目录与计划文件。全部文件与清单、全部产物与摘要、
审计日志与哈希链核对一致，并再次清除备份之后被清除的人（备份或目录旁的 suiren-erased.json）
之后，才会出现在目录中。`),
		Args: a.args(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			var ids []age.Identity
			if identity != "" {
				b, err := os.ReadFile(identity)
				if err == nil {
					ids, err = age.ParseIdentities(strings.NewReader(string(b)))
				}
				if err != nil {
					return &say.Error{Where: identity, Err: err, What: say.T("this is no file of age identities: %v", "这不是 age 身份文件：%v", err), Next: say.T("give the file that age-keygen wrote", "请给出 age-keygen 写的文件")}
				}
			}
			if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
				return usage(args[0], say.T("it is a folder", "这是一个目录"), say.T("name the file of a backup", "请给出备份文件"))
			}
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			var m *backup.Manifest
			if check {
				m, err = backup.Check(f, ids)
			} else {
				m, err = a.restore(f, ids, args[1:], append(gone, filepath.Join(filepath.Dir(args[0]), care.ErasedName)))
			}
			if e, ok := err.(*say.Error); ok && e.Where == "" {
				e.Where = args[0]
			}
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "restored", "made": m.Made, "program": m.Program, "files": len(m.Files), "bytes": m.Bytes(), "checked": check})
				return nil
			}
			if check {
				fmt.Fprintln(a.stdout, a.t("the backup is whole: %d files, %s, made %s", "备份完整：%d 个文件，%s，备份于 %s", len(m.Files), size(m.Bytes()), m.Made.Local().Format(time.DateTime)))
			} else {
				fmt.Fprintln(a.stdout, a.t("restored: %d files, %s, as of %s", "已恢复：%d 个文件，%s，为 %s 的状态", len(m.Files), size(m.Bytes()), m.Made.Local().Format(time.DateTime)))
			}
			return nil
		},
	}
	c.Flags().StringVar(&identity, "identity", "", a.t("file of the age identity that opens the backup", "打开备份的 age 身份文件"))
	c.Flags().StringSliceVar(&gone, "erased", nil, a.t("another file of who was erased since (those beside the backup and the folder are read)", "另一份已清除名单文件（备份与目录旁的会自动读取）"))
	c.Flags().BoolVar(&check, "check", false, a.t("only read the backup and say whether it is whole", "只读取备份并说明是否完整"))
	return c
}

// restore makes a folder of a backup, erases again who was erased since by the lists
// that are there, and notes it in its audit log.
func (a *app) restore(f io.Reader, ids []age.Identity, args, lists []string) (*backup.Manifest, error) {
	folder := "."
	if len(args) > 0 {
		folder = args[0]
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	state := a.stateDir(folder)
	free, ok := compute.DiskFree(folder)
	if !ok {
		free = math.MaxInt64
	}
	var gone []care.Erasure
	for _, path := range append(lists, filepath.Join(filepath.Dir(filepath.Clean(state)), care.ErasedName)) {
		list, err := care.ReadErased(path)
		if err != nil {
			return nil, err
		}
		gone = append(gone, list...)
	}
	return backup.Restore(f, ids, state, folder, free, func(m *backup.Manifest, made string) error {
		st, err := store.Open(made) // brings the records up
		if err != nil {
			return err
		}
		defer st.Close()
		dir := bookDir(made)
		if _, err := os.Stat(dir.audit()); err == nil {
			if _, _, err := operate.VerifyAudit(dir.audit()); err != nil {
				return err
			}
		}
		n, err := dir.eraseAgain(gone, m.Made)
		if err != nil {
			return err
		}
		return dir.log("restore", fmt.Sprintf("%s erased:%d", m.Made.Format(time.RFC3339), n))
	})
}

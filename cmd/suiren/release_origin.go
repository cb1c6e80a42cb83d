package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/stage/operate/origin"
	"suiren/store"
)

// releaseOutputs are the standing releases, by name.
func (w *workspace) releaseOutputs() (map[string]store.Digest, error) {
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, err
	}
	list := map[string]store.Digest{}
	for _, b := range blocks {
		if b.Kind == store.Release {
			list[b.Name] = b.Output
		}
	}
	return list, nil
}

// signMade signs the bills of origin of the releases that were made since before.
// A release that stood already is not signed: its bill was lost or taken, and
// only its owner can say which.
func (w *workspace) signMade(before map[string]store.Digest) error {
	now, err := w.releaseOutputs()
	if err != nil {
		return err
	}
	for name, d := range now {
		if before[name] == d || origin.Has(w.st.Path(), d) {
			continue
		}
		if _, err := origin.Sign(w.st, d); err != nil {
			return err
		}
		if err := w.books().log("release.sign", name+" "+d.String()); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) releaseSignCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sign " + a.t("RELEASE", "版本"), Short: a.t("Write a release's bill of origin and sign it with the owner's key", "写出版本的来源清单，并用所有者的密钥签署"),
		Long: a.t("Write a release's bill of origin and sign it with the owner's key. Apply does so for what it\nmakes; sign is for a release that was made before, or whose bill was lost.",
			"写出版本的来源清单，并用所有者的密钥签署。apply 会为新制作的版本自动签署；\n此命令用于更早制作的版本，或清单丢失的版本。"),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, v, err := a.namedRelease(c, args[0])
			if err != nil {
				return err
			}
			defer w.close()
			key, err := origin.Sign(w.st, v.Digest)
			if err != nil {
				return err
			}
			if err := w.books().log("release.sign", v.Name+" "+v.Digest.String()); err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]string{"type": "signed", "release": v.Digest.String(), "key": key})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("signed; others verify it with the key %s", "已签署；他人用此密钥验证：%s", key))
			return nil
		},
	}
}

func (a *app) releaseBillCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "bill " + a.t("RELEASE", "版本"), Short: a.t("Show a release's bill of origin: CycloneDX, with data sets, licences and code", "显示版本的来源清单：CycloneDX 格式，含数据、许可与代码"), Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, v, err := a.namedRelease(c, args[0])
			if err != nil {
				return err
			}
			defer w.close()
			if _, err := origin.Verify(w.st, v.Digest, ""); err != nil {
				return err
			}
			bill, signed, err := origin.Read(w.st.Path(), v.Digest)
			if err != nil {
				return err
			}
			if out == "" {
				_, err = a.stdout.Write(bill)
				return err
			}
			if err := os.WriteFile(out, bill, 0o644); err != nil {
				return err
			}
			return os.WriteFile(noteBeside(out), signed, 0o644)
		},
	}
	c.Flags().StringVar(&out, "to", "", a.t("write it into this file, and its signature beside it (.note)", "写入此文件，签名写在旁边（.note）"))
	return c
}

func noteBeside(path string) string { return path + ".note" }

func (a *app) releaseProveCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "prove " + a.t("BILL", "清单文件"), Short: a.t("Verify a bill of origin and its signature, without the store", "在没有存储的情况下验证来源清单及其签名"), Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if key == "" {
				return usage("--key", say.T("a bill is verified with its owner's key", "验证来源清单需要所有者的公钥"), say.T("ask the owner; release sign shows it", "请向所有者索取；release sign 会显示它"))
			}
			bill, err := readSome(args[0], 64<<20)
			if err != nil {
				return err
			}
			signed, err := readSome(noteBeside(args[0]), 64<<10)
			if err != nil {
				return err
			}
			b, d, err := origin.Prove(bill, signed, key)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "proved", "release": d, "components": len(b.Components)})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("the bill of release %s is as its owner signed it: %d components", "版本 %s 的来源清单与所有者签署的一致：共 %d 个组成部分", d, len(b.Components)))
			return nil
		},
	}
	c.Flags().StringVar(&key, "key", "", a.t("the owner's public key", "所有者的公钥"))
	return c
}

// readSome reads a file that should not be larger than most.
func readSome(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > most {
		err = &say.Error{Where: filepath.Base(path), What: say.T("the file is larger than %d bytes", "文件大于 %d 字节", most)}
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

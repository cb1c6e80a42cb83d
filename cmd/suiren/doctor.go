package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/compute"
)

// version is set by the linker for a release.
var version = ""

// versionText names this build: what the linker said, or the revision.
func versionText() string {
	v := version
	if info, ok := debug.ReadBuildInfo(); ok && v == "" {
		v = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
				v = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return cmp.Or(v, "(devel)")
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: a.t("Print the version", "显示版本"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			arch := runtime.GOOS + "/" + compute.Arch()
			if a.format == formatJSONL {
				a.line(map[string]string{"type": "version", "ui": uiVersion, "suiren": versionText(), "go": runtime.Version(), "arch": arch})
				return nil
			}
			fmt.Fprintf(a.stdout, "suiren %s  %s  %s\n", versionText(), runtime.Version(), arch)
			return nil
		},
	}
}

func (a *app) doctorCommand() *cobra.Command {
	var folder string
	c := &cobra.Command{
		Use: "doctor [" + a.t("RUN", "运行") + "]", Short: a.t("Check whether this machine is fit for work, or what looks wrong in a run", "检查本机能否正常工作，或诊断某次训练"),
		Long: a.t("Check whether this machine is fit for work.\n\nWith the name of a block (weights.base), the id of a run or latest: say what looks wrong in its training.",
			"检查本机能否正常工作。\n\n给出块名（如 weights.base）、运行编号或 latest 时：指出训练中的异常。"),
		Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.diagnoseRun(folder, args[0])
			}
			m, err := a.measured()
			if err != nil {
				return err
			}
			checks := compute.Doctor(m, cmp.Or(a.state, ".suiren"), time.Now())
			bandwidth, err := compute.Bandwidth(m.Threads)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "machine", "machine": m, "bandwidth": bandwidth})
			}
			failed := 0
			var rows [][]string
			for _, c := range checks {
				if c.Status == compute.Fail {
					failed++
				}
				if a.format == formatJSONL {
					a.line(struct {
						Type string `json:"type"`
						compute.Check
						Found string `json:"found"`
						Next  string `json:"next,omitempty"`
					}{"check", c, c.Found.In(a.lang), c.Next.In(a.lang)})
					continue
				}
				rows = append(rows, []string{statusMark[c.Status], c.Name.In(a.lang), c.Found.In(a.lang)})
				if !c.Next.IsZero() {
					rows = append(rows, []string{"", "", "→ " + c.Next.In(a.lang)})
				}
			}
			if a.format == formatText {
				for _, l := range terminal.Table("lll", rows) {
					fmt.Fprintln(a.stdout, l)
				}
				fmt.Fprintln(a.stdout, a.t("memory is read at %.1f GB/s by %d threads", "%[2]d 个线程读内存的速度为 %.1[1]f GB/s", bandwidth/1e9, m.Threads))
			}
			if failed > 0 {
				return say.Errorf("%d checks failed: Suiren cannot work here as it is", "%d 项检查未通过：Suiren 目前无法在此工作", failed)
			}
			return nil
		},
	}
	c.Flags().StringVar(&folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
	return c
}

var statusMark = map[compute.Status]string{compute.OK: "✓", compute.Warn: "!", compute.Fail: "✗"}

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
)

// pseudo opens a terminal of so many columns: what is written to it is read
// from the other end.
func pseudo(t *testing.T, columns int) (end, tty *os.File) {
	t.Helper()
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end.Close() })
	fd := int(end.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)})
	}
	if err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return end, tty
}

// On 80 columns a step that trains tells all that it tells, in both languages,
// and no line is broken by the terminal: each would be drawn again below itself.
func TestProgressNarrow(t *testing.T) {
	long := say.T(strings.Repeat("pre-flight: watched problems 96.4% right; ", 4), strings.Repeat("预检：观察题正确率 96.4%；", 6))
	sample := say.T("step 100: 3 + 4 = ? → "+strings.Repeat("x", 120), "第 100 步：睡莲 → "+strings.Repeat("睡莲", 60))
	for _, lang := range []say.Lang{say.English, say.Chinese} {
		for _, columns := range []int{80, 40} {
			end, tty := pseudo(t, columns)
			a := &app{lang: lang, stderr: tty, screen: terminal.NewScreen(tty, true)}
			now := time.Unix(0, 0)
			p := newProgress(a)
			p.now = func() time.Time { now = now.Add(time.Second); return now }
			step := "weights.an-assistant-for-teachers"
			p.begin(step)
			for _, e := range []stage.Event{
				{Type: "metric", Vals: map[string]float64{"loss": 1.2345, "norm": 0.0123, "tokens_per_s": 141234, "share_of_peak": 0.61, "watch_loss": 1.3, "bits_per_byte": 1.1, "watch_right": 0.9, "rate": 0.42, "memory": 3 << 29}},
				{Type: "progress", Done: 1000, Total: 120000, Unit: "steps"},
				{Type: "note", Text: &long}, {Type: "sample", Text: &sample},
				{Type: "progress", Done: 2000, Total: 120000, Unit: "steps"},
			} {
				e.Step = step
				p.event(e)
			}
			fmt.Fprint(tty, "\x04end\n")
			var all strings.Builder
			for b := make([]byte, 4096); !strings.Contains(all.String(), "\x04end"); {
				n, err := end.Read(b)
				if all.Write(b[:n]); err != nil && err != io.EOF {
					t.Fatal(err)
				}
			}
			last := "" // what stands since it was drawn again
			for line := range strings.Lines(strings.ReplaceAll(strings.Split(all.String(), "\x04")[0], "\r", "")) {
				if rest, again := strings.CutPrefix(line, "\x1b["); again {
					_, line, _ = strings.Cut(rest, "\x1b[J")
					last = ""
				}
				last += line
				if n := terminal.Columns(strings.TrimSuffix(line, "\n")); n >= columns {
					t.Errorf("%v: a line has %d of %d columns: %q", lang, n, columns, line)
				}
			}
			for _, want := range []say.Text{say.T("left", "还需"), say.T("loss 1.234", "损失 1.234"), say.T("held out 1.300", "留出集 1.300"), say.T("tokens/s 141,234", "词元/秒 141,234"), say.T("of peak 61%", "峰值占比 61%"), say.T("rate 42%", "学习率 42%"), say.T("memory 1.5 GiB", "内存 1.5 GiB")} {
				if !strings.Contains(last, want.In(lang)) {
					t.Errorf("%v, %d columns: no %q in %q", lang, columns, want.In(lang), last)
				}
			}
		}
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/run"
	"suiren/stage"
	"suiren/stage/compute"
)

// The formats of -o.
const (
	formatText  = "text"
	formatJSONL = "jsonl"
)

// uiVersion is the version of the lines of -o jsonl: a new minor number adds
// fields or types, a new major number may change them.
const uiVersion = "1.5"

// An app is one run of the program: what its flags and its terminal say.
type app struct {
	lang       say.Lang
	format     string
	threads    int
	saveTo     string        // where plan saves
	state      string        // folder, or "" for .suiren beside the plan file
	unsigned   bool          // serve what has no proof of its origin
	only, anew []string      // blocks that plan and apply were told
	every      time.Duration // between checkpoints; 0: as training likes
	stdout     io.Writer
	stderr     io.Writer
	colour     bool // what stdout wants
	screen     *terminal.Screen

	interrupt atomic.Pointer[func()] // what an interrupt stops, instead of the program
}

// newApp looks for --lang and -o before anything else, because what is wrong
// with the other flags is already said in a language and in a form.
func newApp(args []string) *app {
	a := &app{lang: say.Locale(), format: formatText, stdout: os.Stdout, stderr: os.Stderr}
	if lang, known := say.Parse(flagOf(args, "--lang")); known {
		a.lang = lang
	}
	if flagOf(args, "--output", "-o") == formatJSONL {
		a.format = formatJSONL
	}
	a.colour, a.screen = terminal.Coloured(os.Stdout), terminal.NewScreen(a.stderr, terminal.Moves(os.Stderr))
	return a
}

// flagOf is the last value that a flag has by one of its names; "" if it has none.
func flagOf(args []string, names ...string) (v string) {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		switch {
		case !slices.Contains(names, name):
		case joined:
			v = value
		case i+1 < len(args):
			v = args[i+1]
		}
	}
	return v
}

// none says of a list without rows that it is empty, and what fills it.
func (a *app) none(rows int, en, zh string) {
	if rows == 0 && a.format == formatText {
		fmt.Fprintln(a.stdout, a.t(en, zh))
	}
}

// t returns a sentence in the reader's language.
func (a *app) t(en, zh string, args ...any) string { return say.T(en, zh, args...).In(a.lang) }

// machine probes the machine, within the limit on threads.
func (a *app) machine() (stage.Machine, error) {
	n := a.threads
	if v := os.Getenv("SUIREN_THREADS"); n == 0 && v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil || n < 1 {
			return stage.Machine{}, usage("SUIREN_THREADS", say.T("%q is not a number of threads", "%q 不是线程数", v), say.T("give a whole number from 1", "请写不小于 1 的整数"))
		}
	}
	return compute.Probe(n), nil
}

// measured probes the machine and measures its peak.
func (a *app) measured() (stage.Machine, error) {
	m, err := a.machine()
	if err == nil {
		compute.Calibrate(&m)
	}
	return m, err
}

// line writes v as a line of JSON to standard output.
func (a *app) line(v any) {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.Encode(v) // a failure is the output's
}

// diagnose writes an error as lines of JSON.
func (a *app) diagnose(err error) {
	type diagnostic struct {
		Type  string `json:"type"`
		Step  string `json:"step,omitempty"`
		Where string `json:"where,omitempty"`
		What  string `json:"what"`
		Next  string `json:"next,omitempty"`
		Exit  int    `json:"exit"`
	}
	for _, e := range unjoin(err) {
		d := diagnostic{Type: "diagnostic", What: say.Err(a.lang, e), Exit: exitCode(err)}
		if f, ok := e.(*run.Fault); ok {
			d.Step, e = f.Step, f.Err
			d.What = say.Err(a.lang, e)
		}
		if s, ok := errors.AsType[*say.Error](e); ok {
			d.Where, d.What, d.Next = s.Where, s.What.In(a.lang), s.Next.In(a.lang)
		}
		a.line(d)
	}
}

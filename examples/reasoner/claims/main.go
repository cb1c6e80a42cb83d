// Claims makes the experiments of the plan beside it, of three seeds, and
// writes what came out to docs/reports: tables and plots in two languages.
//
//	go run ./examples/reasoner/claims -state DIR
//
// It may be stopped and run again: what was made stays made. What has not been
// made yet is reported as not run. suiren plan examples/reasoner/claims says how
// long the training of one seed takes on this machine; the questions come besides.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"suiren/stage/compute"
)

func main() {
	o := options{seeds: 3}
	flag.StringVar(&o.state, "state", "", "folder of what is made; it is needed")
	flag.StringVar(&o.folder, "plan", "examples/reasoner/claims", "folder of the plan")
	flag.StringVar(&o.out, "out", "docs/reports", "folder of the report")
	flag.StringVar(&o.data, "data", "", "folder of GSM8K, Math23K and Ape210K; they are left out without it")
	flag.StringVar(&o.only, "only", "", "claims to make, such as 1,4,2; the others are reported as not run")
	flag.BoolVar(&o.tell, "tell", false, "make nothing: report what is made already")
	flag.StringVar(&o.dev, "dev", "", "instead of a report: make these weights of seed 1 and ask them the watched problems")
	flag.IntVar(&o.seeds, "seeds", 3, "seeds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	state, folder, out, data, only, dev string
	tell                                bool
	seeds                               int
}

func (o *options) run(ctx context.Context) error {
	if o.state == "" {
		return fmt.Errorf("-state is needed: a folder for what is made, outside of the repository")
	}
	m := compute.Probe(0)
	compute.Calibrate(&m)
	l, err := openLab(filepath.Join(o.folder, "suiren.hcl"), o.state, o.data, m)
	if err != nil {
		return err
	}
	defer l.st.Close()
	l.tell = o.tell
	if o.dev != "" {
		return o.try(ctx, l)
	}
	r := newReport(l, o)
	for i := range claims {
		c := &claims[i]
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), c.id) {
			continue
		}
		for seed := 1; seed <= o.seeds; seed++ {
			if err := r.make(ctx, c, seed); errors.Is(err, errNotMade) {
				continue
			} else if err != nil {
				return err
			}
			if err := r.write(); err != nil {
				return err
			}
		}
		if c.id == "4" && o.data != "" {
			if err := r.look(ctx); err != nil {
				return err
			}
		}
	}
	if len(r.problems) == 0 {
		fmt.Fprintln(os.Stderr, "nothing of these claims is made yet: there is no report")
	}
	return r.write()
}

// try asks weights the watched problems, to choose settings by.
func (o *options) try(ctx context.Context, l *lab) error {
	names := strings.Split(o.dev, ",")
	for _, name := range names {
		if err := l.make(ctx, 1, name); err != nil {
			return err
		}
		think := fullThought
		if name == "direct" {
			think = 0
		}
		x, err := l.examine(ctx, 1, name, "watch", think)
		if err != nil {
			return err
		}
		problems, err := l.problems(1, "watch")
		if err != nil {
			return err
		}
		fmt.Printf("%s  %d parameters  %.3g + %.3g FLOPs  %.3f  empty %d  cut %d  %v\n", name, x.Params, x.FLOPs, x.Sampled, share(x.Right), x.Empty, x.Cut, x.Notes)
		for _, f := range familiesOf(problems) {
			fmt.Printf("  %-10s %.3f  %.1f tokens\n", f, share(pick(x.Right, problems, f)), mean(floats(pick(x.Tokens, problems, f))))
		}
	}
	return nil
}

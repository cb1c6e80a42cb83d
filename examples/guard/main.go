// Guard makes the classifiers again that are built into suiren: it writes the sets that
// their plan learns from, and applies the plan. Run it in the root of the repository:
//
//	go run ./examples/guard
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"

	"suiren/examples/guard/sets"
)

func main() {
	data := flag.String("data", "../shared/data", "folder of the sets")
	flag.Parse()
	if err := run(*data); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func run(data string) error {
	if err := sets.Write(data, "examples/guard/sets"); err != nil {
		return err
	}
	apply := exec.Command("go", "run", "./cmd/suiren", "apply", "examples/guard")
	apply.Stdin, apply.Stdout, apply.Stderr = os.Stdin, os.Stdout, os.Stderr
	return apply.Run()
}

package main

import (
	"archive/zip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"suiren/engine/weights"
)

// scriptCommands are what the scripts can say besides testscript's own.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits": exits, "equal": equal, "same": same, "tutor": tutor, "made": made, "cptree": cptree, "artifact": artifact, "pick": pick, "edit": edit, "flip": flip, "cut": cutCmd, "blocks": blocksCmd, "shard": shard,
	"unpack": unpack, "nothing": nothing, "setkey": setKey, "serve": serveCmd, "http": httpCmd, "ask": askCmd,
}

// exits runs a command that must end with an exit code: exits 64 suiren x.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ee, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = ee.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// equal compares two files and expects them to differ after !.
func equal(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: equal FILE FILE")
	}
	if same := ts.ReadFile(args[0]) == ts.ReadFile(args[1]); same == neg {
		ts.Fatalf("%s and %s: equal is %v", args[0], args[1], same)
	}
}

// same compares two words.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same WORD WORD")
	}
	if (args[0] == args[1]) == neg {
		ts.Fatalf("%s and %s", args[0], args[1])
	}
}

// tutor writes the shipped example, with tiny sizes, into a folder.
func tutor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tutor FOLDER")
	}
	ts.Check(writeTutor(ts.MkAbs(args[0])))
}

// cptree copies a folder with all that is below it.
func cptree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cptree FROM TO")
	}
	ts.Check(copyTree(ts.MkAbs(args[1]), ts.MkAbs(args[0])))
}

// made copies a tiny tutor that was made already into a folder.
func made(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: made FOLDER")
	}
	dir, err := madeTutor()
	ts.Check(err)
	ts.Check(copyTree(ts.MkAbs(args[0]), dir))
}

// artifact sets a variable to the folder of what stands of a block.
func artifact(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: artifact VARIABLE FOLDER BLOCK")
	}
	out, err := program("show", "-o", "jsonl", "--plan", ts.MkAbs(args[1]), args[2]).Output()
	ts.Check(err)
	first, _, _ := strings.Cut(string(out), "\n")
	var record struct{ Dir string }
	ts.Check(json.Unmarshal([]byte(first), &record))
	ts.Setenv(args[0], record.Dir)
}

// pick sets a variable to the first group of the first match in a file.
func pick(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: pick VARIABLE FILE EXPRESSION")
	}
	m := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(m) < 2 {
		ts.Fatalf("%s has no %s", args[1], args[2])
	}
	ts.Setenv(args[0], m[1])
}

// edit replaces a text that must be in a file exactly once; \n stands for a
// new line.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	old, put := strings.ReplaceAll(args[1], `\n`, "\n"), strings.ReplaceAll(args[2], `\n`, "\n")
	if n := strings.Count(text, old); n != 1 {
		ts.Fatalf("%s: %q is there %d times", args[0], old, n)
	}
	text = strings.Replace(text, old, put, 1)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

// cutCmd takes bytes off the end of a file, or all but so many.
func cutCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && (len(args) != 3 || args[1] != "to") {
		ts.Fatalf("usage: cut FILE [to] BYTES")
	}
	n, err := strconv.Atoi(args[len(args)-1])
	ts.Check(err)
	if len(args) == 2 {
		n = len(ts.ReadFile(args[0])) - n
	}
	ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(n)))
}

// blocksCmd sets variables to what blocks.gguf in a folder holds: TENSORS, WEIGHTS, BYTES, how
// many of them are DAMAGED, of Q4_0 how many weights are INFINITE, and in percent the PART of the
// bytes that is Q4_K's; COUNTED, SIZE and BITS as people are told them. All but bytes are counted in values.gguf, which the gguf package made of it.
func blocksCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: blocks FOLDER")
	}
	open := func(name string) *weights.GGUF {
		g, err := weights.OpenGGUF(filepath.Join(ts.MkAbs(args[0]), name))
		ts.Check(err)
		ts.Defer(func() { g.Close() })
		return g
	}
	blocks, values := open("blocks.gguf"), open("values.gguf")
	var all, bytes, damaged int64
	infinite := map[string]int{} // weights of a tensor, or not numbers
	for _, t := range blocks.Tensors() {
		bytes += t.Bytes
		v := make([]float32, t.Weights())
		ts.Check(values.Read(t.Name, v))
		all += int64(len(v))
		for _, x := range v {
			if x-x != 0 {
				infinite[t.Name]++
			}
		}
		if infinite[t.Name] > 0 {
			damaged++
		}
	}
	part, ok := blocks.Tensor("Q4_K")
	if !ok || damaged == 0 {
		ts.Fatalf("no Q4_K, or nothing is damaged")
	}
	for name, value := range map[string]any{"TENSORS": len(blocks.Tensors()), "WEIGHTS": all, "BYTES": bytes, "DAMAGED": damaged, "INFINITE": infinite["Q4_0"],
		"COUNTED": count(float64(all)), "SIZE": size(bytes), "BITS": fmt.Sprintf("%.2f", 8*float64(bytes)/float64(all)), "PART": fmt.Sprintf("%.1f%%", 100*float64(part.Bytes)/float64(bytes))} {
		ts.Setenv(name, fmt.Sprint(value))
	}
}

// shard writes a safetensors file with one tensor of zeros.
func shard(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: shard FILE NAME TYPE NUMBERS BYTES")
	}
	n, err := strconv.Atoi(args[4])
	ts.Check(err)
	head := fmt.Sprintf(`{%q:{"dtype":%q,"shape":[%s],"data_offsets":[0,%d]}}`, args[1], args[2], args[3], n)
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), append(append(b, head...), make([]byte, n)...), 0o666))
}

// flip turns over one bit in the middle of a file, however it is protected.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flip FILE")
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.Chmod(filepath.Dir(path), 0o700))
	ts.Check(os.Chmod(path, 0o600))
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o600))
}

// unpack unpacks a zip file into a folder.
func unpack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unpack FILE FOLDER")
	}
	z, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer z.Close()
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), z))
}

// nothing expects that no file below a folder holds a word.
func nothing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || args[1] == "" {
		ts.Fatalf("usage: nothing FOLDER WORD")
	}
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(b), args[1]) {
			err = fmt.Errorf("%s holds %q", path, args[1])
		}
		return err
	}))
}

// setKey takes KEY from a file.
func setKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: setkey FILE")
	}
	ts.Setenv("KEY", strings.TrimSpace(ts.ReadFile(args[0])))
}

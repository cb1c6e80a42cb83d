package compute

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestParseCPUName(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"processor\t: 0\nmodel\t\t: 85\nmodel name\t: Intel(R)  Xeon(R) CPU\n", "Intel(R) Xeon(R) CPU"},
		{"system type : generic\nModel Name\t\t: Loongson-3A5000\n", "Loongson-3A5000"},
		{"hart : 0\nuarch\t: sifive,u74-mc\n", "sifive,u74-mc"},
		{"processor : 0\nBogoMIPS : 100\n", ""},
		{"", ""},
	} {
		if got := parseCPUName(c.text); got != c.want {
			t.Errorf("parseCPUName(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestParseMeminfo(t *testing.T) {
	const text = "MemTotal:       16000000 kB\nMemAvailable:    1000 kB\n"
	if got := parseMeminfo(text, "MemAvailable"); got != 1000<<10 {
		t.Errorf("got %d", got)
	}
	if got := parseMeminfo("nonsense", "MemAvailable"); got != 0 {
		t.Errorf("got %d of nonsense", got)
	}
}

func TestGroupMemory(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, path)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a/memory.max", "1000\n")
	write("a/memory.current", "900\n")
	write("a/memory.stat", "anon 200\ninactive_file 300\nactive_file 400\n")
	write("a/b/memory.max", "max\n")
	get := func(group string) int64 {
		return groupMemory(root, group, "memory.max", "memory.current", "")
	}
	if got := get("/a/b"); got != 800 {
		t.Errorf("below a limit of 1000 with 200 in use %d are left", got)
	}
	if got := get("/elsewhere"); got != math.MaxInt64 {
		t.Errorf("without a limit %d are left", got)
	}
}

package say

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// What others wrote commands no terminal, and makes no line of its own; our lines stay.
func TestTold(t *testing.T) {
	const evil = "x\x1b]0;t\a\nerror: \u009bA\u202egnp.exe\u2066\x7f\t\xff"
	const seen = `x\x1b]0;t\a\nerror: \u009bA\u202egnp.exe\u2066\x7f\t\xff`
	deep := &Error{Where: evil, What: T("no %s: %v\nand so on", "没有 %s：%v\n等等", evil, errors.New(evil)), Next: T("drop %s of %d files", "去掉 %s，共 %d 个", []string{evil, "b"}, 1)}
	for _, c := range []struct{ got, want string }{
		{Err(English, deep), seen + ": no " + seen + ": " + seen + "\nand so on; drop " + seen + ", b of 1 file"},
		{Err(Chinese, deep), seen + ": 没有 " + seen + "：" + seen + "\n等等；去掉 " + seen + "、b，共 1 个"},
		{Err(English, errors.New(evil)), seen},
		{Err(English, fmt.Errorf("%s: %w", evil, errors.New("a"))), seen + ": a"},
		{Err(English, errors.Join(errors.New("a"), errors.New("b"))), "a\nb"},
		{Err(English, &fs.PathError{Op: "open", Path: evil, Err: fs.ErrNotExist}), "open " + seen + ": file does not exist"},
		{T("%q %-4s| %.2s %5.1f %d", "", "\x1b", "睡", "睡莲花", 1.25, 7).Told(English), `"\x1b" 睡   | 睡莲   1.2 7`},
		{T("%v and %s", "", T("<%s>", "", evil), evil).Told(English), "<" + seen + "> and " + seen},
		{T("%s\n%s", "", "a\nb", evil).In(English), "a\nb\n" + evil},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

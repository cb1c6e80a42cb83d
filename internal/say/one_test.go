package say

import "testing"

// What is counted agrees with its number.
func TestOne(t *testing.T) {
	for _, c := range []struct {
		en   string
		args []any
		want string
	}{
		{"%d files", []any{1}, "1 file"},
		{"%d files", []any{2}, "2 files"},
		{"%d files", []any{11}, "11 files"},
		{"%d files", []any{0}, "0 files"},
		{"%d files are gone; %d others were searched", []any{1, 1}, "1 file is gone; 1 other was searched"},
		{"%d tensors lie in their files, %d are damaged", []any{1, 1}, "1 tensor lies in their files, 1 is damaged"},
		{"%s: %d entries, %s requests", []any{"1", int64(1), "1"}, "1: 1 entry, 1 request"},
		{"%[2]d passages of %[1]d documents", []any{1, 3}, "3 passages of 1 document"},
		{"%d of %d questions answered", []any{1, 12}, "1 of 12 questions answered"},
		{"%d%% of %d boxes, %d glasses, %d replies", []any{1, 1, 1, 1}, "1% of 1 box, 1 glass, 1 reply"},
		{"%d is not 1 to %d", []any{1, 9}, "1 is not 1 to 9"},
		{"version %d less %s", []any{1, "1 files"}, "version 1 less 1 files"},
		{"entry %d corrects entry %d", []any{1, 1}, "entry 1 corrects entry 1"},
		{"%d", []any{1, 1}, "1%!(EXTRA int=1)"},
	} {
		if got := T(c.en, "", c.args...).In(English); got != c.want {
			t.Errorf("%q of %v: %q, want %q", c.en, c.args, got, c.want)
		}
	}
	if got := T("one of %s", "%s 之一", []string{"a", "b"}); got.In(English) != "one of a, b" || got.In(Chinese) != "a、b 之一" {
		t.Error(got.In(English), got.In(Chinese))
	}
	if got := T("%d files", "%d 个文件", 1).In(Chinese); got != "1 个文件" {
		t.Error(got)
	}
}

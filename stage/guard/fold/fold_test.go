package fold

import "testing"

func TestSimplified(t *testing.T) {
	for from, to := range simplified {
		if s, ok := simplified[to]; ok {
			t.Errorf("%c becomes %c, which becomes %c: the table has slipped, or a chain", from, to, s)
		}
	}
	for _, c := range []string{"萬万", "體体", "龜龟", "鬆松", "壇坛", "槍枪", "彈弹", "學学", "藥药", "線线"} {
		r := []rune(c)
		if simplified[r[0]] != r[1] {
			t.Errorf("%c becomes %c, want %c", r[0], simplified[r[0]], r[1])
		}
	}
}

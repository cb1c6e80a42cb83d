package leak

import "testing"

func TestLook(t *testing.T) {
	for c, want := range map[rune]byte{'１': '1', '①': '1', '❶': '1', '⓪': '0', '𝟏': '1', '𝟬': '0', '¹': '1', '₈': '8', '٣': '3', '८': '8', '๓': '3', '⑴': '1', '⒈': '1', '八': '8', '捌': '8', '〇': '0',
		'Ａ': 'A', 'ａ': 'a', 'А': 'A', 'а': 'a', 'ο': 'o', '𝐬': 's', 'ⓢ': 's', 'Ⓢ': 'S', '🅂': 'S', '＠': '@', '．': '.', '（': '(', '–': '-', '＝': '=', '：': ':', 'é': 'e', '７': '7'} {
		if s, got := look(c); got != want {
			t.Errorf("%c is %d %q, want %q", c, s, got, want)
		}
	}
	for c, want := range map[rune]sort{'\u200b': unseen, '\U000E0041': unseen, '\u0301': unseen, '\ufe0f': unseen, '\u00ad': unseen, '\u3000': gap, '\u00a0': gap, '京': place, '人': other, '。': other, '号': other, '三': numeral} {
		if got, _ := look(c); got != want {
			t.Errorf("%U is %d, want %d", c, got, want)
		}
	}
}

package verify

import "testing"

// readings is a table of what an answer is judged as.
type readings []struct {
	spec         string
	right, wrong []string
}

func (r readings) test(t *testing.T) {
	t.Helper()
	for _, c := range r {
		for want, list := range map[float64][]string{1: c.right, 0: c.wrong} {
			for _, reply := range list {
				if s := score(t, c.spec, reply); s != want {
					t.Errorf("%s: %q scores %g, not %g", c.spec, reply, s, want)
				}
			}
		}
	}
}

// Thousands parted by spaces, of exactly three digits each.
func TestSpaces(t *testing.T) {
	readings{
		{`{"number": 250000}`, []string{"$250 000", "250 000 元", "250\u2009000 元", "250\u202f000", "$250\u00a0000", "The answer is 250 000.", "答案：250 000元", `\boxed{250\,000}`, `\boxed{250 000}`, "#### 250 000", "<answer>250 000</answer>", "250 000.0", "It is 200 000 + 50 000 = 250 000", "The answer is 250 000, not 25 000.", "125 000 * 2 = 250 000"},
			[]string{"250", "000", "250 0000", "250 00", "250  000", "250\n000", "1250 000", "2.250 000", "250 000/2", "1 250 000", "250 000 or 251 000", "250 000, 251 000", "1/250 000", "250 000-page", "x 250,000 000"}},
		{`{"number": 1234567.5}`, []string{"1 234 567.5", "1 234 567.50 km"}, []string{"1 234 567", "1 234 5675"}},
		{`{"number": -10000}`, []string{"-10 000", "minus 10 000"}, []string{"10 000"}},
		{`{"number": "250 000"}`, []string{"250000", "250,000"}, []string{"250"}},
		{`{"number": 52}`, []string{"2 100/200 is too much; 52", "There were 3 200 m races: 52"}, nil},
		{`{"number": "5/2"}`, []string{"2 100/200"}, nil},
		{`{"number": 250}`, []string{"250 250", "250\n250"}, []string{"250 251"}},
		{`{"number": 142}`, []string{"3 142 are no answer, but 142", "142"}, []string{"141 142", "142 141", "100 142"}},
		{`{"equation": "3*14"}`, nil, []string{"3 014 * 42"}},
	}.test(t)
}

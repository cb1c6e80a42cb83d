package verify

import "testing"

// A fraction that is the answer, however LaTeX writes it; one that leaves a division to
// do is none.
func TestFractions(t *testing.T) {
	readings{
		{`{"number": 0.5}`, []string{`\frac{1}{2}`, `\dfrac{1}{2}`, `\tfrac12`, `$\frac12$`, `\boxed{\dfrac{1}{2}}`, `The answer is $\frac{1}{2}$.`, "1/2"}, []string{`\frac{2}{4}`, `\frac{2}{1}`}},
		{`{"number": "1/2"}`, []string{`\frac{1}{2}`, `\dfrac{1}{2}`, `\[\frac{1}{2}\]`, "0.5", "1/2"}, []string{`\frac{1}{3}`}},
		{`{"number": 0.75}`, []string{`\tfrac34`, `\boxed{\tfrac34}`, `x = \tfrac34`}, []string{`\tfrac43`, `\frac{75}{100}`}},
		{`{"number": 42}`, []string{`\frac{84}{2} = 42`}, []string{`\frac{84}{2}`, "84/2", `\boxed{\frac{84}{2}}`}},
	}.test(t)
}

// Of a number and what it is rounded to, either is right for what it is.
func TestRounded(t *testing.T) {
	both := []string{"1/3 ≈ 0.333", `\frac13 \approx 0.333`, `\boxed{\frac{1}{3} \approx 0.333}`, "The answer is 1/3 (≈ 0.333).", "1/3（约0.333）", "1/3，约等于0.333", "x = 1/3 ≈ 0.333", "1/3 kg ≈ 0.333 kg", "The answer is 1/3, which is approximately 0.333.", "2/6 = 1/3 ≈ 0.333", "#### 1/3 ≈ 0.333"}
	neither := []string{"1/3 ≈ 0.334", "2/3 ≈ 0.667", "1/3 or 0.333", "1/3, 0.333", "1/3 ≈ 0.333?", "2 + 1/3 ≈ 2.333"}
	readings{
		{`{"number": "1/3"}`, append([]string{"1/3", "1/3 ≈ 33.3%", "0.333 ≈ 1/3"}, both...), append([]string{"0.333", "x/3 ≈ 0.333"}, neither...)},
		{`{"number": 0.333}`, append([]string{"0.333"}, both...), append([]string{"1/3", "0.333 ≈ 1/3"}, neither...)},
		{`{"number": 42}`, []string{"41.7 ≈ 42", "42 ≈ 42.0", "42.3 ≈ 42"}, []string{"42 ≈ 41", "42 ≈ 40", "40 ≈ 42.5", "84/2 ≈ 43"}},
		{`{"number": 314}`, []string{"100π ≈ 314"}, nil},
		{`{"number": 100}`, nil, []string{"100π ≈ 314", "100 ≈ 314"}},
		{`{"number": 41.7}`, []string{"41.7 ≈ 42"}, []string{"41.7 ≈ 41", "41.7 ≈ 43"}},
	}.test(t)
}

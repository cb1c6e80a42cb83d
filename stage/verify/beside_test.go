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

// The only number in bold is the answer before others that only add to it.
func TestBold(t *testing.T) {
	readings{
		{`{"number": 42}`, []string{"**42** boxes, 6 crates", "**42 boxes**, 6 crates", "You need **42** boxes (7 per crate).", "一共需要**42**个箱子，每箱6个。", "It takes **42** minutes, at 6 km/h.", "**$42$**, for 6 crates", "**$42** at 6 each", "**42** boxes for 6 crates of 7",
			"**3** boxes of 14 hold 42 in all", "**3** boxes of 14 are 42", "There are **3** boxes with 14 each, so it is 42.", "**3** × 14 = 42", "**3** boxes: with 14 each 42", "**6** × 7 → 42", "**6** times 7 is 42", "**Step 2**: 42", "**2.** Multiply: 42", "**2**. Multiply to 42", "**2. Multiply** 42", "每盒**3**个，一共42个", "**6**盒，得42", "**not** 41, but 42", "**Answer:** 42", "**3** boxes and **14** crates hold 42", "not **41** but 42", "**7** boxes, but 42 crates", "**3** red. The answer is 42."},
			[]string{"**41** boxes, 42 crates", "**42** or 41", "**42**, 41", "**42** and **41**", "**42** boxes or 41", "**42** boxes, maybe 41", "**42** boxes, 6 crates. Or 41 boxes.", "not **42** boxes, 6 crates", "**42**? 6 crates", "**42** minutes 30 seconds"}},
		{`{"number": 6}`, []string{"**42**. Or rather not: wait, 6", "<answer>6</answer> **42** boxes, 7", `\boxed{6}, **42** boxes, 7 crates`, "**42** boxes, 7 crates\n#### 6", "**42** boxes, 7 crates. Answer: 6"}, []string{"**42** boxes, 6 crates"}},
		{`{"number": 9}`, []string{"2**3**2 is no 9", "3**2 = 9"}, nil},
	}.test(t)
}

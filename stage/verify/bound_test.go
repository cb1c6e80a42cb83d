package verify

import "testing"

// A bound is not the number, but where one of its side is asked for.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		prompt       string
		right, wrong []string
	}{
		{"How many apples are there? 有多少个？",
			[]string{"42", "It adds up to 42", "That brings the total up to 42", "=> 42", "-> 42", "卖得最多的一天卖了42个", "42. 以上", "1 + 41 = 42", "The answer is 42, more than 40."},
			[]string{"> 42", ">42", ">= 42", "<=42", "x>42", "x<42", "x >= 42", "≥42", "≤42", `\boxed{>42}`, `\boxed{\ge 42}`, "at least 42", "at most 42 apples", "up to 42", "under 42", "over 42", "42 or more", "42 or less", "42 apples or more", "42+", "42+ apples", `\boxed{42+}`,
				"less than 42", "more than 42", "greater than 42", "no more than 42", "no fewer than 42", "42 at most", "42 at least", "The answer is at least 42.", "Answer: 42 or more", `\boxed{\text{at least } 42}`, "#### at least 42", "at least 42 ≈ 42.0",
				"最多42", "最少42", "至少42", "大于42", "小于42", "高于42", "低于42", "大于等于42", "大于或等于42", "42以上", "42以下", "42个以上", "超过42", "不超过42", "至少需要42个", "最多能买42个", "答：最多42个"}},
		{"至少需要多少个？", []string{"42", "至少需要42个", "至少42", "答：至少要用42个。", "42个以上"}, []string{"最多42个", "超过42", "大于42", "不超过42个"}},
		{"最多能买多少个？", []string{"42", "最多能买42个。", "最多可以买 42 个", "不超过42个"}, []string{"至少42个", "不到42", "42以上"}},
		{"What is the least number of apples that are needed?", []string{"42", "at least 42 apples are needed", "She needs at least 42.", "42 or more", "no fewer than 42"}, []string{"at most 42", "more than 42", "> 42", "up to 42"}},
		{"At most how many can he buy?", []string{"42", "at most 42", "up to 42", "a maximum of 42", "no more than 42"}, []string{"at least 42", "under 42", "< 42"}},
	} {
		v, err := Parse([]byte(`{"number": 42}`))
		if err != nil {
			t.Fatal(err)
		}
		for want, list := range map[float64][]string{1: c.right, 0: c.wrong} {
			for _, a := range list {
				if s, err := v.Score(t.Context(), c.prompt, a); s != want || err != nil {
					t.Errorf("%q, answered %q, scores %g, not %g (%v)", c.prompt, a, s, want, err)
				}
			}
		}
	}
}

// What is only said to be made of an expression, or better than another number, is settled on.
func TestProven(t *testing.T) {
	readings{
		{`{"number": 42}`, []string{"42=6*7", "42 (=6*7)", "42 apples (= 6*7)", `\boxed{42=6*7}`, "42 = 84/2", "42 rather than 43", "42 instead of 43", "So it is 42 instead of $43$."},
			[]string{"42 = 6*8", "42=43-2", "43=42+1", "2*21=6*7", "42=42=6*8", "42 or 43 (=42+1)", "42 or 43 = 6*7+1", "43 rather than 42", "43 instead of 42", "42 or 41 rather than 43", "42 (6*8=48)", "6*7", "=6*7"}},
		{`{"number": 5}`, []string{"He shoveled 5 driveways because 35 / 7 = 5"}, []string{"35/7 = 10/2"}},
	}.test(t)
}

// What can be or must be is often said as a bound, and what looks like one is not always.
func TestBoundsOfWhatCanBe(t *testing.T) {
	for _, c := range []struct {
		prompt, answer string
		right          bool
	}{
		{"How many shirts can she buy with $100?", "She can buy at most 42 shirts.", true},
		{"How many buses are needed to carry everyone?", "At least 42 buses are needed.", true},
		{"What is the capacity of the bus?", "The bus holds up to 42 people.", true},
		{"How many questions must she answer?", "She must answer at least 42 questions.", true},
		{"他一共能买多少件？", "最多能买42件", true},
		{"需要多少个箱子？", "至少需要42个箱子", true},
		{"How many apples does he have?", "at most 42", false},
		{"How many apples does he have?", "42 apples minimum", false},
		{"他有多少个苹果？", "至少42个", false},
		{"How many shirts can she buy?", "more than 42", false},
		{"How warm was it?", "The temperature rose up to 42", true},
		{"What is the price now?", "The price went from 40 up to 42", true},
		{"How many are there?", "42 minimum-wage workers", true},
		{"How many are there?", "Total: 42 students at most schools", true},
		{"一共多少？", "卖得最少：42", true},
		{"一共多少？", "42以上就是答案", true},
	} {
		v, err := Parse([]byte(`{"number":42}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Score(t.Context(), c.prompt, c.answer); err != nil || (got == 1) != c.right {
			t.Errorf("%q to %q: %v, %v", c.answer, c.prompt, got, err)
		}
	}
}

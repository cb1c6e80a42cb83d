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

// Chinese numbers of several units, in digits and in words.
func TestChineseNumbers(t *testing.T) {
	readings{
		{`{"number": 35000}`, []string{"3万5千", "3万5", "3万5。", "3万5千元", "一共3万5千元。", "答案：3万5千", "3万五千", "3万5000", "三万五千", "三万五", "答：三万五千元。", `\boxed{3万5千}`, "10000+25000=3万5千", "负3万5千的相反数是3万5千", "2万6千+9千=3万5千", "“3万5”"},
			[]string{"3万5百", "3万零5", "3万5元", "3万5-4万", "3万", "5千", "3万5千米", "3万5千克", "13万5千", "1.3万5千", "1,3万5千", "三万五个", "3万5个", "3万5千或3万6千", "3万5千、3万6千", "3万5%", "1/3万5千", "3万5千/2", "3万5千.5"}},
		{`{"number": 120000000}`, []string{"1亿2千万", "一亿两千万", "1亿2千万元", "1.2亿", "1亿2"}, []string{"1亿", "2千万", "1亿零2千", "1亿2百万"}},
		{`{"number": 25000000}`, []string{"2千5百万", "两千五百万"}, []string{"2千5百", "5百万"}},
		{`{"number": 30005}`, []string{"3万零5", "3万零5个", "三万零五"}, []string{"3万5", "3万5千"}},
		{`{"number": 205}`, []string{"两百零五", "两百零五个", "2百零5", "二百零五"}, []string{"两百五", "两百五十"}},
		{`{"number": 250}`, []string{"两百五", "二百五十"}, []string{"两百五元", "两百零五"}},
		{`{"number": 30500}`, []string{"3万500", "3万零500", "3万零5百"}, nil},
		{`{"number": 32000}`, []string{"3万2千", "三万两千", "三万二"}, []string{"三万两"}},
		{`{"number": 30000}`, []string{"3万两"}, nil}, // of silver
		{`{"number": 3000000}`, []string{"3百万", "300万"}, nil},
		{`{"number": 50000}`, []string{"5万", "5万千克"}, []string{"5万3", "5万3千"}},
		{`{"number": 3500}`, []string{"3千5", "3千5百米", "三千五百"}, []string{"3千5元"}},
	}.test(t)
	for _, c := range []struct {
		want, prompt, answer string
		score                float64
	}{
		{"3.5", "一共有多少万元？", "3万5千", 1}, {"35000", "一共有多少万元？", "3万5千", 1}, {"3.5", "一共有多少元？", "3万5千", 0}, {"3", "一共有多少百万？", "3百万", 1},
	} {
		v, err := Parse([]byte(`{"number": ` + c.want + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if s, _ := v.Score(t.Context(), c.prompt, c.answer); s != c.score {
			t.Errorf("%s, answered %s for %s, scores %g, not %g", c.prompt, c.answer, c.want, s, c.score)
		}
	}
}

// Numbers in English words, where they are all of an answer.
func TestEnglishNumbers(t *testing.T) {
	readings{
		{`{"number": 42}`, []string{"forty-two", "Forty two.", "The answer is forty-two.", "**Forty-two**", `\boxed{\text{forty-two}}`, "<answer>forty-two apples</answer>", "Answer: forty-two", "So the total is forty-two boxes.", "There are forty-two apples.", "forty-two dollars", "#### forty-two", "It's 42. Forty-two."},
			[]string{"forty-one", "forty-two or forty-one", "forty-two, forty-one", "not forty-two", "The answer is not forty-two.", "forty-two?", "forty two two", "two forty", "forty-second", "fortytwo", "minus forty-two", "forty-two and a half", "forty-two hundredths", "forty-two dozen", "forty-two point five", "forty-two squared", "more than forty-two", "forty-two 41", "forty-two hundred"}},
		{`{"number": 12}`, []string{"The answer is twelve.", "twelve", "a dozen is 12", "twelve months"}, []string{"twelve hundred", "two", "twelve fifths", "twelve more"}},
		{`{"number": 105}`, []string{"one hundred and five", "one hundred five", "a hundred and five"}, []string{"one hundred and", "hundred and five", "one and hundred five", "one hundred fifty"}},
		{`{"number": 2000}`, []string{"two thousand", "twenty hundred", "two thousand dollars"}, []string{"two", "thousand two", "two thousand thousand"}},
		{`{"number": 1234567}`, []string{"one million two hundred thirty-four thousand five hundred and sixty-seven"}, []string{"two hundred thirty-four thousand one million"}},
		{`{"number": 1200}`, []string{"twelve hundred", "one thousand two hundred"}, []string{"one thousand twelve hundred"}},
		{`{"number": -5}`, []string{"minus five", "negative five", "The answer is negative five."}, []string{"five"}},
		{`{"number": 0}`, []string{"zero", "Zero apples."}, []string{"zero one", "none"}},
		{`{"number": 0.5}`, []string{"fifty percent", "half"}, []string{"fifty"}},
		{`{"number": 1}`, []string{"one"}, []string{"one third", "one half", "no one", "one or two", "one another two"}},
		{`{"number": 3}`, []string{"The answer is twelve, for 3"}, []string{"two 3s or 4"}}, // digits answer where there are some
	}.test(t)
}

// Decimals and fractions in words.
func TestPartsInWords(t *testing.T) {
	readings{
		{`{"number": 3.5}`, []string{"三点五", "答案是三点五。", "三点五米", "三个半", "三年半", "三个半小时", "3个半小时", "3个半", "3天半", "three point five", "three and a half", "The answer is three and a half hours.", "3 and a half"},
			[]string{"三点半", "3点半", "三时半", "三点五分", "三点十五", "三点五万", "三点五点", "三点五或三点六", "三个半圆", "4个半圆", "three point five million", "three and half a million", "three point fifty", "three point five or four", "three or three and a half", "not three and a half"}},
		{`{"number": 3}`, []string{"3个半圆"}, []string{"3个半小时", "3 and a half", "three and a half", "三个半", "三点五"}},
		{`{"number": 3.14}`, []string{"三点一四", "three point one four"}, []string{"三点四一", "three point fourteen"}},
		{`{"number": 0.5}`, []string{"零点五", "一半", "半", "半个", "半小时", "半个小时", "half", "a half", "one half", "half an hour", "The answer is half.", "zero point five"},
			[]string{"一半多", "两半", "half of", "half a million", "half dozen", "half past", "half or one", "half, or a quarter", "not half", "two quarters"}},
		{`{"number": 0.75}`, []string{"three quarters", "three-quarters", "three fourths", "three quarters of an hour"}, []string{"three quarter", "three"}},
		{`{"number": "2/3"}`, []string{"two thirds", "Two-thirds.", "two thirds of a cup"}, []string{"two third", "one third", "two thirds or one third", "twenty thirds", "a third"}},
		{`{"number": "1/3"}`, []string{"one third", "a third"}, []string{"third", "the third", "one thirds"}},
		{`{"number": 1}`, nil, []string{"two halves", "one half"}},
		{`{"number": 2.75}`, []string{"two and three quarters"}, []string{"two and five quarters", "two and seven quarters"}},
		{`{"number": -2.5}`, []string{"minus two and a half", "negative two point five", "负二点五"}, []string{"two and a half"}},
		{`{"number": 0.05}`, []string{"零点零五", "zero point zero five"}, nil},
		{`{"number": 42}`, []string{"The answer is forty-three, no wait, forty-two", "The answer is 43. Wait, no, forty-two."}, []string{"forty-two, no wait, forty-three", "forty-two, no wait, forty-two or forty-one", "42. Wait, no, forty-three."}},
	}.test(t)
}

package verify

import "testing"

// What is taken back is no answer; what replaces it is.
func TestCorrected(t *testing.T) {
	for _, c := range []struct {
		spec         string
		right, wrong []string
	}{
		{`{"choice": "C"}`, []string{"答案是B。不对，应该是C。", "The answer is B. Wait, no. It's C.", "The answer is B. Hmm, actually it should be C.", "The answer is B. On second thought, C is correct.", "答案是B。更正：C。", "The answer is B. Wait, no. The answer is C.",
			"答案是B。等等，不对，答案是C。", "答案是B？不，应该选C", "The answer is B? No, it's C.", `\boxed{B} Wait, that is wrong. \boxed{C}`, "The answer is A. Wait. The answer is B. No, wait. The answer is C.", "答案是C。B不对。", "The answer is C. Actually, A and B are traps.", "Let me think about A. A is false. So C."},
			[]string{"答案是C。不对，应该是B。", "The answer is C. Wait, no. It's B.", "答案是C。更正：B。", `\boxed{C} Wait, no, it's B.`, "The answer is B or C.", "The answer is B. Maybe C.", "Think about A and C. A is false.", "Let me think about C. C is false. So B.", "Think about B. C. A is false.", "The answer is B. Alternatively, C."}},
		{`{"number": 42}`, []string{"The answer is 41. Wait, no, I made a mistake. 6*7 = 42. So the answer is 42.", "答案是41。等等，不对，重新计算：6×7=42，所以答案是42。", "The answer is 40. Wait, no, it's 42.", "\\boxed{41}\n\nWait, that is wrong: 6*7 is more. \\boxed{42}", "答案是41。更正：42。", "The answer is 41. Sorry, the answer is 42."},
			[]string{"The answer is 42. Wait, no, it's 40.", "答案是42。不对，应该是40。", `\boxed{42} Wait, no, it's 40.`, "The answer is 41. Or the answer is 42.", `\boxed{41}\boxed{42}`, `\boxed{41}, or \boxed{42}`, "The answer is 41. Wait, let me check: 6*7 = 42?"}},
		{`{"equation": "6*7"}`, []string{`\boxed{41} Wait, that is wrong. \boxed{6*7}`}, []string{`\boxed{6*7} Wait, that is wrong. \boxed{41}`}},
	} {
		for want, list := range map[float64][]string{1: c.right, 0: c.wrong} {
			for _, reply := range list {
				if s := score(t, c.spec, reply); s != want {
					t.Errorf("%s: %q scores %g", c.spec, reply, s)
				}
			}
		}
	}
}

// What explains a result is no other one; what is denied or only compared is none.
func TestAsides(t *testing.T) {
	for _, c := range []struct {
		spec         string
		right, wrong []string
	}{
		{`{"number": 42}`, []string{"42\n\nExplanation: She had 50 and gave 8 away.", "6 × 7 = 42\n\nCheck: 42 ÷ 7 = 6 ✓", "一共有42个。验算：42÷7=6。", "42 is the answer.", "42 is correct.", "It is 42.\n\n**Note:** there were 50.",
			`{"answer": 42, "confidence": 0.95}`, "```json\n{\"steps\": 3, \"answer\": \"42 apples\"}\n```", "Explanation: 50 - 8 = 42", "40\nCheck: that is wrong, so 42"},
			[]string{"41\n\nExplanation: not 42.", "42 is incorrect.", "42 is not the answer.", "42不对", "42是错误的", "答案不应该是42", "I don't think it's 42.", "more than 42", "less than 42", "half of 42", "twice 42", `{"answer": 41, "alternative": 42}`, `{"answer": [41, 42]}`, `{"answer": null, "x": 42}`}},
		{`{"choice": "ACD"}`, []string{`{"answer": ["A", "C", "D"]}`, `{"answer": "ACD"}`}, []string{`{"answer": "A", "others": "CD"}`}},
	} {
		for want, list := range map[float64][]string{1: c.right, 0: c.wrong} {
			for _, reply := range list {
				if s := score(t, c.spec, reply); s != want {
					t.Errorf("%s: %q scores %g", c.spec, reply, s)
				}
			}
		}
	}
}

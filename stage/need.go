package stage

import "suiren/internal/say"

// Keys of what a verdict requires, besides the families of its problems, of each of which
// the accuracy is required. A family of such a name cannot be required by itself.
const (
	NeedAccuracy = "accuracy"     // of all held-out problems
	NeedLow      = "accuracy_low" // the lower bound of its interval: holds for the model, not only for these problems
	NeedGain     = "gain"         // accuracy above the direct model's
)

// NeedUnseen is the check that every verdict makes, whatever is required.
const NeedUnseen = "unseen"

// A Check is one thing that a release needs of its verdict.
type Check struct {
	Name string   `json:"name"` // NeedUnseen, or a key of require
	Want float64  `json:"want"`
	Got  *float64 `json:"got,omitempty"` // nil: there was nothing to measure
	OK   bool     `json:"ok"`
}

// NeedText is a key of require for people.
func NeedText(key string) say.Text {
	switch key {
	case NeedAccuracy:
		return say.T("an accuracy", "正确率")
	case NeedLow:
		return say.T("a lower bound of the accuracy", "正确率区间下限")
	case NeedGain:
		return say.T("a gain over direct answers", "相对直接作答的提高")
	}
	return say.T("an accuracy in %s", "%s的正确率", FamilyText(key))
}

// Text says what was wanted and what was found.
func (c *Check) Text() say.Text {
	switch {
	case c.Name == NeedUnseen && c.Got != nil && *c.Got > 0:
		return say.T("%.0f of the test problems were seen in training", "有 %.0f 道测试题在训练中出现过", *c.Got)
	case c.Name == NeedUnseen:
		return say.T("none of the test problems was seen in training", "没有测试题在训练中出现过")
	case c.Got == nil:
		return say.T("wanted %s of %v, which could not be measured", "要求%s达到 %v，但无从测量", NeedText(c.Name), c.Want)
	}
	return say.T("wanted %s of %v, got %v", "要求%s达到 %v，实际为 %v", NeedText(c.Name), c.Want, *c.Got)
}

// Next says what helps where the check does not hold.
func (c *Check) Next() say.Text {
	if c.Name == NeedUnseen {
		return say.T("take those problems out of the training data, or ask others", "请把这些题从训练数据中去掉，或改用其他题")
	}
	return say.T("improve the model, or change what the verdict requires", "请改进模型，或修改评测的要求")
}

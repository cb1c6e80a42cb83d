package intake

import (
	"cmp"
	"slices"
	"strconv"

	"suiren/internal/say"
)

// weights are the names of what says whether a turn is learnt: of OpenAI's form, of
// Axolotl (train, training), and of ms-swift (loss, loss_scale).
var weights = []string{"weight", "train", "training", "loss", "loss_scale"}

// weight reads whether a turn is learnt; nil: it is. Turns of others than the assistant
// are not, whatever they say. A train, training or loss that is neither true nor false, nor
// 1 or 0, is the owner's: a loss that was measured, say.
func (r *record) weight(v *node, path, role string) (*int, *say.Error) {
	if role != "assistant" {
		return nil, nil
	}
	first, learnt := "", true
	for _, name := range weights {
		n := v.get(name)
		if n == nil {
			continue
		}
		yes, ok := n.flag()
		switch {
		case !ok && (name == "weight" || name == "loss_scale"):
			return nil, r.wrong(n, path+name, say.T("a turn is learnt or it is not, and a weight that is neither cannot be kept: %s", "一轮要么学习，要么不学习，无法保留其他权重：%s", clip(string(n.raw(r.src)))),
				say.T("write 1 (the turn is learnt) or 0 (it is read alone), or leave it out", "请写 1（学习这一轮）或 0（只读），或删去此项"))
		case !ok:
			continue
		case first != "" && yes != learnt:
			return nil, r.wrong(n, path+name, say.T("%s says otherwise", "与 %s 不一致", first), say.T("delete one of the two", "请删去其中一个"))
		}
		first, learnt = cmp.Or(first, name), yes
	}
	for _, name := range []string{"train_detail", "training_detail"} { // Axolotl's: which of its characters
		if n := v.get(name); n != nil && slices.ContainsFunc(n.items, func(part *node) bool { return part.kind == object }) {
			return nil, r.wrong(n, path+name, say.T("a turn is learnt as a whole, or not at all", "一轮只能整体学习或不学习"), say.T("write train for all of it, or leave the example out", "请用 train 写明整轮是否学习，或去掉这条样例"))
		}
	}
	if learnt {
		return nil, nil
	}
	return new(int), nil
}

// masked is the name of what says that a turn is not learnt; "" if nothing does.
func masked(v *node) string {
	for _, name := range weights {
		if n := v.get(name); n != nil {
			if yes, ok := n.flag(); ok && !yes {
				return name
			}
		}
	}
	return ""
}

// flag is n as true or false; ok is false if it is neither, nor 1 or 0.
func (n *node) flag() (yes, ok bool) {
	switch n.kind {
	case boolean:
		return n.yes, true
	case number:
		x, err := strconv.ParseFloat(n.text, 64) // 1.0 is 1
		return x == 1, err == nil && (x == 0 || x == 1)
	}
	return false, false
}

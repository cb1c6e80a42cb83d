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
// are not, whatever they say.
func (r *record) weight(v *node, path, role string) (*int, *say.Error) {
	first, learnt := "", true
	for _, name := range weights {
		n := v.get(name)
		if n == nil || role != "assistant" && name != "weight" {
			continue
		}
		yes, ok := n.flag()
		switch {
		case !ok:
			next := say.T("write 1 (the turn is learnt) or 0 (it is read alone), or leave it out", "请写 1（学习这一轮）或 0（只读），或删去此项")
			if name != "weight" && name != "loss_scale" {
				next = say.T("write true (the turn is learnt) or false (it is read alone), or give this field another name", "请写 true（学习这一轮）或 false（只读），或将此项改名")
			}
			return nil, r.wrong(n, path+name, say.T("a turn is learnt or it is not, and this says neither: %s", "一轮要么学习，要么不学习，而此项两者都不是：%s", clip(string(n.raw(r.src)))), next)
		case first != "" && yes != learnt:
			return nil, r.wrong(n, path+name, say.T("%s says otherwise", "与 %s 不一致", first), say.T("delete one of the two", "请删去其中一个"))
		}
		first, learnt = cmp.Or(first, name), yes
	}
	for _, name := range []string{"train_detail", "training_detail"} { // Axolotl's
		if n := v.get(name); n != nil && role == "assistant" {
			return nil, r.wrong(n, path+name, say.T("a turn is learnt as a whole, or not at all", "一轮只能整体学习或不学习"), say.T("write train for all of it, or leave the example out", "请用 train 写明整轮是否学习，或去掉这条样例"))
		}
	}
	if role != "assistant" || learnt {
		return nil, nil
	}
	return new(int), nil
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

// flags are names of what is true or false: a list, a word or a measure of such a name
// is the owner's.
var flags = slices.Concat([]string{"label", "kto_tag"}, weights[1:])

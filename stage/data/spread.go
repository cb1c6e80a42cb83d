package data

import "suiren/internal/say"

// A spread is how the owner's examples fall into the parts. All that begin with one question
// are of one part, so that questions that are few, or one, may leave a part empty. So are the
// dialogues of one draw from a grammar.
type spread struct {
	share     float64        // that is to be held out; as much again is watched
	examples  int            // read, copies of others among them; of dialogues none is
	questions int            // different ones, or draws, by which they are parted
	parts     map[string]int // of those
	drawn     bool
}

// remark says that a part holds nothing though some was to be in it, why, and what helps;
// nothing if none is empty, or all are.
func (s *spread) remark() say.Text {
	var empty say.Text
	watch, held := s.parts[watchPart] == 0, s.parts[heldoutPart] == 0
	switch {
	case s.share == 0 || s.examples == 0 || !watch && !held:
		return say.Text{}
	case watch && held:
		empty = say.T("nothing is held out or watched", "没有任何样例被留出或观察")
	case watch:
		empty = say.T("nothing is watched", "没有观察集")
	default:
		empty = say.T("nothing is held out", "没有留出集")
	}
	return say.T("%v: %v; %v", "%v：%v；%v", empty, s.why(), s.more())
}

// left is the error of examples of which none is to be learnt; nil if there is one, or if
// that is what the plan says: then those who would learn are refused.
func (s *spread) left(where string) *say.Error {
	if s.parts[trainPart] > 0 || s.share == maxHeldout {
		return nil
	}
	return &say.Error{Where: where, What: say.T("no example is left to learn from, all are held out or watched: %v", "没有可供学习的样例，全部被留出或用于观察：%v", s.why()),
		Next: say.T("lower heldout, or %v", "请减小 heldout，或%v", s.others())}
}

func (s *spread) why() say.Text {
	if s.drawn {
		return say.T("the number of different draws among the %d dialogues is %d, and all of one draw are of one part", "%d 段对话的抽取结果共有 %d 种，同一结果的对话归入同一部分", s.examples, s.questions)
	}
	return say.T("the number of different first questions among the %d examples is %d, and all of one question are of one part", "%d 条样例的首个提问共有 %d 种，同一提问的样例归入同一部分", s.examples, s.questions)
}

// more says what fills an empty part.
func (s *spread) more() say.Text {
	if s.questions < 2 || s.share >= maxHeldout {
		return say.T("%v, or bring other examples to watch", "请%v，或另写用于观察的样例", s.others())
	}
	return say.T("raise heldout, or %v", "请调大 heldout，或%v", s.others())
}

// others says how there come to be more questions.
func (s *spread) others() say.Text {
	if s.drawn {
		return say.T("widen what is drawn, or raise count", "扩大抽取范围，或增大 count")
	}
	return say.T("bring more of them that begin with other questions", "增加以其他提问开头的样例")
}

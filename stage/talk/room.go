package talk

import "suiren/internal/say"

// A Cut counts what of conversations there is no room for.
type Cut struct {
	Answers int // of the assistant, that are to be learnt
	Left    int // … of which, with what stands before them, there is no room
	Chats   int // conversations
	Silent  int // … of which no answer is left
}

// Add counts a conversation as Docs writes it.
func (c *Cut) Add(docs []Doc, long int) {
	c.Chats++
	c.Left += long
	c.Answers += long
	for i := range docs {
		c.Answers += docs[i].Answers
	}
	if long > 0 && len(docs) == 0 {
		c.Silent++
	}
}

// Text says what is left out, as it is longer than most, which is said; nothing, if all has room.
func (c *Cut) Text(most say.Text) say.Text {
	if c.Left == 0 {
		return say.Text{}
	}
	text := say.T("%d of %d answers, longer than %v with the conversation before", "%[2]d 个回答中的 %[1]d 个，连同前文超过%[3]v", c.Left, c.Answers, most)
	if c.Silent > 0 {
		text = say.T("%v; of %d of %d conversations no answer is learnt", "%[1]v；%[3]d 段对话中有 %[2]d 段一个回答也学不到", text, c.Silent, c.Chats)
	}
	return text
}

// Few reports whether so few of n are left out that a plan is silent about them: it counts some,
// and a run tells all.
func Few(left, n float64) bool { return left <= 0.03*n }

// Foretold says before a run about how many of n answers are left out, as they are longer than
// most; nothing if they are few.
func Foretold(left, n float64, most say.Text) say.Text {
	switch {
	case Few(left, n):
		return say.Text{}
	case left >= n:
		return say.T("left out: about all of %.0f answers, longer than %v with the conversation before: little or nothing may be left to learn", "略去：%.0f 个回答几乎全部，连同前文超过%v：可学的内容可能所剩无几，甚至没有", n, most)
	}
	return say.T("left out: about %.0f of %.0f answers, longer than %v with the conversation before", "略去：%.0[2]f 个回答中约 %.0[1]f 个，连同前文超过%[3]v", left, n, most)
}

package scenario

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// courtesies are greetings, thanks, goodbyes, and the question who answers, as
// courtesy compares them. No document is asked about them.
var courtesies = func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(`
hi|hello|hey|hi there|hello there|hey there|hello everyone|greetings|good day|good morning|good afternoon|good evening|morning
how are you|how are you today|how are you doing|how do you do|nice to meet you|are you there
thanks|thank you|thank you very much|thank you so much|thanks a lot|thanks so much|many thanks|thx|cheers
bye|goodbye|good bye|bye bye|good night|see you|see you later|see you soon|see you tomorrow|have a nice day
who are you|what are you|what is your name|whats your name|what's your name|what’s your name|who am i talking to|are you a robot|are you human
你好|您好|你们好|大家好|早|早上好|早安|上午好|中午好|下午好|晚上好|嗨|哈喽|哈啰|喂|在吗|你在吗|您在吗|在不在|有人吗|你好吗|您好吗
谢谢|谢谢你|谢谢您|谢谢你们|谢谢大家|多谢|谢了|感谢|感谢你|感谢您|非常感谢|十分感谢|太感谢了|辛苦了|謝謝|謝謝你|謝謝您|多謝
再见|拜拜|拜|晚安|回头见|明天见|下次见|再會|再見
你是谁|您是谁|你是誰|您是誰|请问你是谁|请问您是谁|你是什么|你叫什么|你叫什么名字|您叫什么名字|怎么称呼你|怎么称呼您|你是机器人吗|你是人吗|你是真人吗
`) {
		for _, s := range strings.FieldsFunc(line, func(c rune) bool { return c == '|' || c == '\n' }) {
			m[s] = true
		}
	}
	return m
}()

// courtesy reports whether a message is nothing but courtesies: each part between its
// marks is one, but for a particle at its end.
func courtesy(text string) bool {
	n := 0
	for part := range strings.FieldsFuncSeq(strings.ToLower(norm.NFKC.String(text)), func(c rune) bool {
		return c == '\n' || c != '\'' && c != '’' && (unicode.IsPunct(c) || unicode.IsSymbol(c))
	}) {
		part = strings.Join(strings.Fields(part), " ")
		if part == "" {
			continue
		}
		if n++; !courtesies[part] && !courtesies[strings.TrimRight(part, "啊呀呢吧哦哈啦噢喔了")] {
			return false
		}
	}
	return n > 0
}

package scenario

import "testing"

func TestCourtesy(t *testing.T) {
	for text, is := range map[string]bool{
		"你好": true, "您好！": true, "你好，谢谢": true, "谢谢啦～": true, "  Hello!! 👋": true, "Hi, who are you?": true, "Thank you.": true, "What’s your name?": true, "再见": true,
		"": false, "！？": false, "你好，图书馆几点关门？": false, "谢谢参与活动的条件": false, "hello world program": false, "Who are you allowed to lend to?": false, "早饭": false, "2": false,
	} {
		if courtesy(text) != is {
			t.Errorf("%q: %v", text, !is)
		}
	}
}

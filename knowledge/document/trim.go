package document

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lines that pages put into and around an article.
var (
	byline = regexp.MustCompile(`(?i)^(by|von|por|par|di|door|updated|published|posted|last (updated|modified)|作者|来源|编辑|记者|责任编辑|发布时间|原标题)[\s:：]|^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}|\b(min(ute)? read|\d{1,2}:\d{2}( ?[ap]m)?)\b`)
	filler = regexp.MustCompile(`(?i)^(advert(isement)?s?|sponsored|share (this|on|with)|sharing is caring|(sign|signing) up (for|to|here)|subscribe|follow (us|him|her|them|me)\b|read (more|next|also|this)|see also|related( articles| stories| posts| content)?:?$|more (on|from|stories|great)|most (read|popular)|click here|download (the|our) app|tell us what you think|(leave|post|add|write) a (comment|reply)|comments?$|tags?:|filed under|topics?:|image (source|credit|copyright)|photo(s|graph)?( by|:| credit)|getty images|(©|copyright|\(c\))|all rights reserved|don.t miss|watch( now|:| the)|listen( now|:)|skip to|have a (news )?tip|get (the|our) (latest|daily|newsletter)|this (article|story) (was|originally|appeared|first)|电子报|责任编辑|（?责编|分享到|扫一扫|关注我们|点击查看|相关(新闻|阅读|推荐)|版权|免责声明|上一篇|下一篇)`)
)

// trim takes what surrounds an article off its blocks: what stands before its
// title, bylines and dates, calls to subscribe, and headings at its end.
func trim(blocks []Block, title string) []Block {
	for i := range min(len(blocks), 8) {
		if b := &blocks[i]; b.Kind == Heading && b.Level == 1 || b.Kind == Heading && same(b.Text, title) {
			small := true
			for _, a := range blocks[:i] {
				small = small && utf8.RuneCountInString(a.Text) < 200 && a.Kind != Table
			}
			if small {
				blocks = blocks[i:]
			}
			break
		}
	}
	out := blocks[:0]
	prose := false // has begun
	for _, b := range blocks {
		n, _ := length(b.Text)
		switch {
		case b.Kind == Table || b.Kind == Code || b.Kind == Caption:
		case b.Kind != Heading && n < 300 && filler.MatchString(b.Text), b.Kind == Heading && n < 60 && filler.MatchString(b.Text):
			continue
		case !prose && b.Kind != Heading && n < 120 && (byline.MatchString(b.Text) || !sentence(b.Text)):
			continue
		case b.Kind == Paragraph && (n >= 120 || sentence(b.Text)):
			prose = true
		}
		out = append(out, b)
	}
	if !prose {
		return blocks
	}
	for len(out) > 0 { // nothing follows a heading at the end
		if b := out[len(out)-1]; b.Kind == Heading || b.Kind == Paragraph && len(b.Text) < 60 && !sentence(b.Text) && !strings.ContainsFunc(b.Text, unicode.IsDigit) {
			out = out[:len(out)-1]
			continue
		}
		break
	}
	return out
}

// sentence reports whether a text ends like one.
func sentence(s string) bool {
	s = strings.TrimRight(s, " \n\"'”’»」』)）]")
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?:;…。！？：；।؟۔", r)
}

// same reports whether two titles are one, but for signs.
func same(a, b string) bool { return plainTitle(a) == plainTitle(b) && plainTitle(a) != "" }

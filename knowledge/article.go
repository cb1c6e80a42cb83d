package knowledge

import (
	"regexp"
	"strings"
)

const ordinal = `[一二三四五六七八九十百千零〇两\d]+`

var (
	article  = regexp.MustCompile(`^\s*(第` + ordinal + `条(?:之` + ordinal + `)?)(?:[\s　：:、【（(]|$)`)
	chapter  = regexp.MustCompile(`^\s*第` + ordinal + `([编章节])(?:[\s　]\S.{0,40}|\S{0,20})?$`)
	question = regexp.MustCompile(`^\s*(?:问|Q|Question)\s*\d*\s*[:：.]\s*(.{2,200})`)

	// opens is how a line begins that opens an article, a chapter or a question.
	opens = regexp.MustCompile(`^\s*(?:第` + ordinal + `(?:条(?:之` + ordinal + `)?|[编章节])(?:[\s　：:、【（(]|$)|(?:问|Q|Question)\s*\d*\s*[:：.])`)
)

// articles parts sections at what stands alone though no heading says so:
// the articles of Chinese statutes (第…条, under their 编, 章 and 节), and
// questions with their answers. Its number, or the question, is the heading.
func articles(sections []section) []section {
	n := 0
	for _, s := range sections {
		for _, b := range s.blocks {
			if article.MatchString(b.first()) || question.MatchString(b.first()) {
				n++
			}
		}
	}
	if n < 2 { // one is named, not laid down
		return sections
	}
	var list []section
	for _, s := range sections {
		levels := map[string]string{}
		now := section{path: s.path}
		begin := func(own string) {
			if len(now.blocks) > 0 {
				list = append(list, now)
			}
			path := append([]string{}, s.path...)
			for _, l := range []string{"编", "章", "节"} {
				if levels[l] != "" {
					path = append(path, levels[l])
				}
			}
			if own != "" {
				path = append(path, own)
			}
			now = section{path: path}
		}
		for _, b := range s.blocks {
			line := b.first()
			if m := chapter.FindStringSubmatch(line); m != nil && len(b.parts) == 1 {
				below := false
				for _, l := range []string{"编", "章", "节"} {
					if below {
						delete(levels, l)
					}
					if l == m[1] {
						levels[l], below = oneLine(line), true
					}
				}
				begin("")
				continue
			}
			if m := article.FindStringSubmatch(line); m != nil {
				begin(m[1])
			} else if m := question.FindStringSubmatch(line); m != nil {
				begin(clip(oneLine(m[1]), 200))
			}
			now.blocks = append(now.blocks, b)
		}
		if len(now.blocks) > 0 {
			list = append(list, now)
		}
	}
	return list
}

// first returns the first line of a block that is no table.
func (b block) first() string {
	if len(b.parts) == 0 || b.head != "" {
		return ""
	}
	line, _, _ := strings.Cut(b.parts[0], "\n")
	return line
}

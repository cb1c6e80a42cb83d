package quality

import (
	"maps"

	"suiren/internal/say"
)

// A Recipe is a named way of cleaning.
type Recipe struct {
	Name       string
	Lines      LineRules
	Languages  []string              // kept; none: all
	Sure       map[string]float64    // least score of the language found, by language; "" for the others
	Thresholds map[string]Thresholds // by language; "" for the others
	Duplicates string                // none, exact, near
	PII        string                // keep, mask, tag, replace, drop
	What       say.Text
	Warnings   []say.Text // where this cleaning does harm
}

// repetition is Gopher's table A1, in the order of Rules.
func repetition(line, lineChars, para, paraChars float64, top [3]float64, repeated [6]float64) Thresholds {
	t := Thresholds{}
	for name, v := range map[string]float64{
		"duplicate_lines_most": line, "duplicate_line_chars_most": lineChars,
		"duplicate_paragraphs_most": para, "duplicate_paragraph_chars_most": paraChars,
		"top_2_words_most": top[0], "top_3_words_most": top[1], "top_4_words_most": top[2],
		"repeated_5_words_most": repeated[0], "repeated_6_words_most": repeated[1], "repeated_7_words_most": repeated[2],
		"repeated_8_words_most": repeated[3], "repeated_9_words_most": repeated[4], "repeated_10_words_most": repeated[5],
	} {
		if v > 0 {
			t[name] = v
		}
	}
	return t
}

func join(list ...Thresholds) Thresholds {
	all := Thresholds{}
	for _, t := range list {
		maps.Copy(all, t)
	}
	return all
}

func without(t Thresholds, names ...string) Thresholds {
	t = maps.Clone(t)
	for _, n := range names {
		delete(t, n)
	}
	return t
}

var (
	gopherRepetition = repetition(.3, .2, .3, .2, [3]float64{.2, .18, .16}, [6]float64{.15, .14, .13, .12, .11, .10})
	gopherQuality    = Thresholds{
		"words_least": 50, "words_most": 100_000, "word_length_least": 3, "word_length_most": 10,
		"hashes_most": .1, "ellipses_most": .1, "bullet_lines_most": .9, "ellipsis_lines_most": .3,
		"alphabetic_words_least": .8, "stop_words_least": 2,
	}
	c4Documents   = Thresholds{"placeholder_lines_most": 0, "brace_lines_most": 0, "sentences_least": 5}
	fineWebCustom = Thresholds{
		"full_lines_least": 1, "punctuated_lines_least": .12, "short_lines_most": .67, "repeated_line_chars_most": .01, "newlines_most": .3,
	}

	// FineWeb-2, configs/cmn_Hani.yml and its pipeline, which asks neither paragraphs nor short lines.
	chineseRepetition = repetition(.287, 0, 0, 0, [3]float64{.256, .201, .171}, [6]float64{.198, .182, .167, .154, .14, .127})
	chineseQuality    = join(gopherQuality, Thresholds{"word_length_least": 1, "word_length_most": 5, "alphabetic_words_least": .735})
	// Their values assume jieba's words and drop a quarter of clean encyclopaedia
	// paragraphs; recipes for Chinese use the two changes below.
	chineseCustom = Thresholds{"full_lines_least": 1, "punctuated_lines_least": .106, "repeated_line_chars_most": .1, "newlines_most": .178}

	// Marks count as words, and prose has one for three or four words; and a paragraph
	// that is cut off in its last sentence is prose: of a line it is asked whether it
	// holds a full stop, not whether it ends with one.
	chineseTexts = join(chineseRepetition, chineseQuality, without(chineseCustom, "punctuated_lines_least"),
		Thresholds{"sentence_lines_least": .106, "alphabetic_words_least": .6})
)

// Where cleaning does harm.
var (
	harmLists = say.T("law, medicine and tables: statutes, dosage lists and forms are short lines without full stops, and look like junk to these rules; look at what is dropped (suiren data review)",
		"法律、医学与表格：条文、用药清单和表单多为没有句号的短行，在这些规则看来像是垃圾；请查看被去掉的内容（suiren data review）")
	harmVerse = say.T("literature: verse, lyrics and dialogue repeat themselves and have short lines", "文学：诗词、歌词与对白多重复、行短")
	harmTalk  = say.T("dialect and chat: stop words and lengths were chosen on the standard written language", "方言与口语：停用词与长度阈值取自规范书面语")
	harmCode  = say.T("programs: a brace drops the whole text", "程序：出现花括号就会去掉整篇")
)

// Recipes are the named recipes.
var Recipes = []Recipe{
	{
		Name: "rag", Duplicates: "near", PII: "keep",
		Thresholds: map[string]Thresholds{"": {}},
		What:       say.T("whole documents, for search, and for training on texts of one's own that are clean", "保留整篇文档：用于检索，也用于以本来就干净的自有文本训练"),
	},
	{
		Name: "fineweb-en", Lines: FineWebLines, Languages: []string{"en"}, Sure: map[string]float64{"en": .65}, Duplicates: "near", PII: "mask",
		Thresholds: map[string]Thresholds{"": join(gopherRepetition, gopherQuality, c4Documents, fineWebCustom)},
		What:       say.T("English web text for training, as FineWeb", "按 FineWeb 清洗英文网页，用于训练"),
		Warnings:   []say.Text{harmLists, harmVerse, harmTalk, harmCode},
	},
	{
		Name: "fineweb2-zh", Languages: []string{"zh"}, Sure: map[string]float64{"zh": .692}, Duplicates: "near", PII: "mask",
		Thresholds: map[string]Thresholds{"": chineseTexts},
		What:       say.T("Chinese web text for training, as FineWeb-2 (cmn_Hani)", "按 FineWeb-2（cmn_Hani）清洗中文网页，用于训练"),
		Warnings:   []say.Text{harmLists, harmVerse, harmTalk},
	},
	{
		Name: "gopher", Duplicates: "near", PII: "keep",
		Thresholds: map[string]Thresholds{
			"en": join(gopherRepetition, gopherQuality), "zh": join(gopherRepetition, chineseTexts),
			"": without(join(gopherRepetition, gopherQuality), "stop_words_least", "word_length_least", "word_length_most"),
		},
		What:     say.T("quality and repetition as Gopher, thresholds by language", "按 Gopher 的质量与重复规则，阈值随语言而定"),
		Warnings: []say.Text{harmLists, harmVerse, harmTalk},
	},
	{
		Name: "c4", Lines: C4Lines, Duplicates: "near", PII: "keep",
		Thresholds: map[string]Thresholds{"": c4Documents},
		What:       say.T("lines that are sentences, as C4", "按 C4 只保留成句的行"),
		Warnings:   []say.Text{harmLists, harmVerse, harmCode},
	},
	{
		Name: "sft-clean", Duplicates: "near", PII: "replace",
		Thresholds: map[string]Thresholds{"": {
			"words_least": 3, "words_most": 20_000, "repeated_10_words_most": .3, "symbols_most": .5, "addresses_most": .3, "spaces_most": .5,
		}},
		What: say.T("texts to learn answers from: short ones stay, broken ones and whole books go", "用于学习回答的文本：短文保留，破损的与整本的书去掉"),
	},
	{
		Name: "measure", Duplicates: "none", PII: "keep",
		Thresholds: map[string]Thresholds{"": {}},
		What:       say.T("nothing is dropped: measures only, from which other corpora decide", "不去掉任何文档：只度量，供其他语料据此判定"),
	},
}

// Named returns the recipe of a name, or nil.
func Named(name string) *Recipe {
	for i := range Recipes {
		if Recipes[i].Name == name {
			return &Recipes[i]
		}
	}
	return nil
}

// For returns the thresholds of a language.
func (r *Recipe) For(lang string) Thresholds {
	if t, ok := r.Thresholds[lang]; ok {
		return t
	}
	return r.Thresholds[""]
}

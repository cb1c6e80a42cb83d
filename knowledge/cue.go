package knowledge

import "regexp"

// A cue is how a question says what kind of answer it wants, and what a text
// that has one holds.
type cue struct{ asks, answers *regexp.Regexp }

// cues, of which the first that a question holds counts.
var cues = []cue{
	{regexp.MustCompile(`(?i)多少钱|几块|几元|几毛|什么价|价格|价钱|费用|怎么收费|收多少|\bhow much\b|\bhow expensive\b|\bwhat (do|does|did|will|would) .*\b(cost|charge)|\b(price|cost|fee) (of|for)\b|\bthe (price|cost|fee)\b`),
		regexp.MustCompile(`(?i)\d ?(元|块|角|毛|分|欧元|美元|英镑|日元|万|yuan|rmb|euros?|dollars?|pounds?|cents?|pence|francs?|eur|usd|cny|%)|[¥￥$€£] ?\d|[一二三四五六七八九十百千万]+元|免费|不收费|\bfree\b|no charge|without charge|\bnothing\b`)},
	{regexp.MustCompile(`(?i)几点|几时|什么时间|\bwhat time\b|\b(opening|closing) (time|hour)|\bhow (late|early)\b`),
		regexp.MustCompile(`(?i)\d[:：]\d\d|\d ?(点|时|am\b|pm\b|a\.m|p\.m)|[一二三四五六七八九十]点|\b(noon|midnight|o'clock)\b`)},
	{regexp.MustCompile(`(?i)多久|多长时间|几天|几周|几个?月|几年|几个?小时|几分钟|多少(天|年|小时|分钟)|\bhow long\b|\bhow many (days|weeks|months|years|hours|minutes)\b`),
		regexp.MustCompile(`(?i)[\d一二两三四五六七八九十百半] ?个?(天|日|周|星期|月|年|小时|钟头|分钟)|\b(days?|weeks?|months?|years?|hours?|minutes?)\b`)},
	{regexp.MustCompile(`(?i)什么时候|何时|几月|几号|几日|哪天|哪一天|哪年|哪一年|(星期|周|礼拜)几|\bwhen\b|\b(what|which) (day|date|month|year)`),
		regexp.MustCompile(`(?i)\d[:：]\d\d|\d ?(点|时|号|日|月|年)|[周期拜][一二三四五六日天末]|[一二三四五六七八九十]+月|每[天日周月年]|[早晚]上|上午|下午|中午|季|\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(january|february|march|april|may|june|july|august|september|october|november|december)\b|\b(morning|noon|afternoon|evening|daily|every|days?|weeks?|hours?|spring|summer|autumn|winter)\b|\b(1[89]|20)\d\d\b`)},
	{regexp.MustCompile(`(?i)多少|第?几[个位名次本件张楼层岁页倍种间辆条]|\bhow (many|often|old|far|large|big|tall|high)\b|\b(what|which) (age|number|floor)\b`),
		regexp.MustCompile(`(?i)\d|[一二两三四五六七八九十百千]|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|once|twice|first|second|third)\b`)},
	{regexp.MustCompile(`(?i)谁|哪位|什么人|\bwho(m|se)?\b`),
		regexp.MustCompile(`先生|女士|老师|主任|经理|[院馆校所部处科局会]长|[部处科室]|人|\b(Mr|Mrs|Ms|Dr|Prof)\b|(?i)\b(director|head|manager|staff|department|office|person|people|man|woman|borrower|member)s?\b`)},
	{regexp.MustCompile(`(?i)哪里|哪儿|在哪|什么地方|何处|\bwhere\b`),
		regexp.MustCompile(`(?i)[楼层室厅门旁边街路巷处前后内外台区院柜架]|\b(floor|room|hall|street|lane|road|desk|door|gate|house|building|entrance|office|shelf|shelves|beside|behind|next to|at|in|on|under)\b`)},
}

// cueOf returns the cue of a question; nil if it has none.
func cueOf(question string) *cue {
	for i := range cues {
		if cues[i].asks.MatchString(question) {
			return &cues[i]
		}
	}
	return nil
}

package tokenizer

// A family is a way of splitting text that GGUF names in tokenizer.ggml.pre.
type family struct {
	names []string // the first is written
	pre   []stepJSON
	nfc   bool
	whole bool // ignore_merges: a piece that is a token is not split first
	bos   bool // a text begins with BOS unless the file says otherwise
}

func split(patterns ...string) (steps []stepJSON) {
	no := false
	for _, p := range patterns {
		steps = append(steps, stepJSON{Type: "Split", Pattern: &patternJSON{Regex: &p}, Behavior: "Isolated", Invert: &no})
	}
	return append(steps, stepJSON{Type: "ByteLevel", AddPrefix: &no, TrimOffsets: &no, UseRegex: &no})
}

// level is ByteLevel with GPT-2's pattern, after steps.
func level(steps ...stepJSON) []stepJSON {
	no, yes := false, true
	return append(steps, stepJSON{Type: "ByteLevel", AddPrefix: &no, TrimOffsets: &yes, UseRegex: &yes})
}

func digits(one bool) stepJSON { return stepJSON{Type: "Digits", Individual: &one} }

func isolated(pattern string) stepJSON { return split(pattern)[0] }

// families are the names of tokenizer.ggml.pre that are read. The steps are
// those of the models' own tokenizer.json. Source of the names:
// https://github.com/ggml-org/llama.cpp, src/llama-vocab.cpp.
var families = []family{
	{names: []string{"qwen2", "megrez", "kormo", "f2llmv2"}, pre: split(patternQwen2), nfc: true},
	{names: []string{"deepseek-r1-qwen", "hunyuan", "grok-2", "solar-open"}, pre: split(patternQwen2)},
	{names: []string{"qwen35"}, pre: split(patternQwen35)}, // llama.cpp's vectors are without NFC
	{names: []string{"stablelm2"}, pre: split(patternQwen2), nfc: true},
	{names: []string{"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"}, pre: split(patternLlama3), whole: true, bos: true},
	{names: []string{"glm4", "glm5"}, pre: split(patternLlama3), whole: true},
	{names: []string{"chatglm-bpe", "dbrx", "smaug-bpe"}, pre: split(patternLlama3)},
	{names: []string{"minicpm5"}, pre: split(patternDigits3, patternMiniCPM), whole: true},
	{names: []string{"gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "jais", "exaone4", "trillion", "granite-docling"}, pre: level()},
	{names: []string{"roberta-bpe", "jina-v1-en", "jina-v2-code"}, pre: level()},
	{names: []string{"mpt", "olmo"}, pre: level(), nfc: true},
	{names: []string{"smollm", "starcoder", "refact", "codeshell", "minerva-7b", "exaone", "mellum2"}, pre: level(digits(true))},
	{names: []string{"command-r"}, pre: level(digits(true)), nfc: true},
	{names: []string{"falcon"}, pre: append(level(stepJSON{Type: "Punctuation", Behavior: "Contiguous"}), digits(false), isolated(patternThree))},
	{names: []string{"deepseek-llm"}, pre: split(patternNewline, patternCased, patternWide, patternEnd, patternCJK, patternDigits)},
	{names: []string{"deepseek-coder"}, pre: split(patternNewline, patternLetters, patternPuncts, patternCJK, patternDigit)},
	{names: []string{"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"}, pre: split(patternDigits3, patternKana, patternV3)},
	{names: []string{"spark2_5"}, pre: split(patternDigits3, patternKana, patternSpark, patternDigit)},
	{names: []string{"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, pre: split(patternGPT4o)},
	{names: []string{"tekken"}, pre: split(patternTekken), whole: true, bos: true},
	{names: []string{"bailingmoe", "bailingmoe2", "llada-moe"}, pre: split(patternBailing)},
	{names: []string{"seed-coder"}, pre: split(patternSeed)},
	{names: []string{"ufakzeka"}, pre: split(patternUfak)},
	{names: []string{"bloom", "poro-chat", "gpt3-finnish"}, pre: split(patternBloom)},
	{names: []string{"laguna"}, pre: split(patternLines, patternQwen2)},
	{names: []string{"default"}, pre: split(patternMarks, patternGPT2, patternDigits, patternThree)}, // llama.cpp's, where a file does not know
	{names: []string{"viking"}, pre: split(patternBloom, patternDigit)},
}

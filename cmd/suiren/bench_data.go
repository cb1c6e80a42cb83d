package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/knowledge/chinese"
	"suiren/knowledge/language"
	"suiren/pii"
	"suiren/serve"
	"suiren/stage/data/duplicate"
	"suiren/stage/data/quality"
)

// A dataLane is one thing that curation does with a text, on one core.
type dataLane struct {
	name string
	what say.Text
	run  func(texts []string, lang string)
}

// dataLanes are asked of English and of Chinese texts, but for segment.
var dataLanes = []dataLane{
	{"signature", say.T("MinHash signatures as FineWeb", "FineWeb 的 MinHash 签名"), func(texts []string, lang string) {
		var s duplicate.Signer
		var sig duplicate.Signature
		for _, t := range texts {
			duplicate.Sign(&sig, s.Shingles(t, lang))
		}
	}},
	{"once", say.T("signatures of one permutation", "单次置换签名"), func(texts []string, lang string) {
		var s duplicate.Signer
		var sig duplicate.Signature
		for _, t := range texts {
			duplicate.SignOnce(&sig, s.Shingles(t, lang))
		}
	}},
	{"filters", say.T("all filters of the web recipes, and personal data", "网页配方的全部过滤与个人信息"), func(texts []string, lang string) {
		m := quality.Meter{}
		limits := quality.Named("fineweb2-zh").For(lang)
		if lang == "en" {
			m.Lines = quality.FineWebLines
			limits = quality.Named("fineweb-en").For(lang)
		}
		var found []pii.Finding
		for _, t := range texts {
			c, kept := m.Measure(t, lang)
			limits.Decide(&c)
			found = pii.Find(found[:0], kept)
			pii.Redact(kept, found, pii.Mask, nil)
		}
	}},
	{"pii", say.T("personal data", "个人信息"), func(texts []string, _ string) {
		var found []pii.Finding
		for _, t := range texts {
			found = pii.Find(found[:0], t)
		}
	}},
	{"language", say.T("language, paragraphs of 100 bytes", "语言识别，100 字节的段落"), func(texts []string, _ string) {
		for _, t := range texts {
			for len(t) > 0 {
				n := min(100, len(t))
				language.Identify(t[:n])
				t = t[n:]
			}
		}
	}},
	{"segment", say.T("words of Chinese", "中文分词"), func(texts []string, lang string) {
		if lang != "zh" {
			return
		}
		for _, t := range texts {
			for range chinese.Words(t) {
			}
		}
	}},
}

func (a *app) benchDataCommand() *cobra.Command {
	var peer, recipe string
	var rounds, corpus int
	c := &cobra.Command{
		Use: "data " + a.t("FILE…", "文件…"), Short: a.t("Measure how fast texts are curated here, on one core", "测量本机单核清洗文本的速度"),
		Long: a.t("Measure how fast texts are curated here: megabytes a second of processor time. A file is a text, or JSON Lines of {\"text\": …}, whose language is found, or HTML (also .gz) or PDF, which are read: megabytes and pages a second.\n\n"+
			"--peer gives a command that is asked for the same in alternation: it reads a line with the name of a lane (signature-en, filters-zh, …) and answers with a line of JSON, {\"rate\": megabytes a second}; a lane that it does not have, it answers with {}. The ratios are medians over the rounds.\n\n"+
			"--corpus MB generates so many megabytes of documents of the texts' sentences, with duplicates, in the folder for temporary files, and cleans them with one worker and with two: rate, peak memory, and whether the bytes are the same.",
			"测量本机清洗文本的速度：每秒处理器时间的兆字节数。文件可以是文本，或 {\"text\": …} 的 JSON Lines（语言自动识别），也可以是 HTML（含 .gz）或 PDF，测量读取速度：每秒兆字节与页数。\n\n"+
				"--peer 给出一条命令，与本程序交替测量同样的内容：它读入一行项目名称（signature-en、filters-zh 等），回答一行 JSON：{\"rate\": 每秒兆字节}；没有的项目回答 {}。比值取各轮的中位数。\n\n"+
				"--corpus MB 用文本中的句子在临时目录生成指定兆字节的文档（含重复），分别用一个和两个工作线程清洗：给出速度、内存峰值，以及结果是否逐字节相同。"),
		Args: a.args(1, 100_000),
		RunE: func(c *cobra.Command, args []string) error {
			if corpus != 0 {
				return a.benchCorpus(c.Context(), args, corpus, recipe)
			}
			return a.benchData(c.Context(), args, peer, rounds)
		},
	}
	c.Flags().StringVar(&peer, "peer", "", a.t("a command to compare with", "用来比较的命令"))
	c.Flags().IntVar(&corpus, "corpus", 0, a.t("megabytes to generate and to clean", "要生成并清洗的兆字节数"))
	c.Flags().StringVar(&recipe, "recipe", "sft-clean", a.t("recipe of --corpus", "--corpus 所用的配方"))
	c.Flags().IntVar(&rounds, "rounds", 3, a.t("rounds", "轮数"))
	return c
}

// longestBenchText bounds a line of a file of texts.
const longestBenchText = 64 << 20

// readTexts reads texts and sorts them by their language.
func readTexts(names []string) (map[string][]string, error) {
	m := map[string][]string{}
	add := func(t string) {
		lang, _ := language.Identify(t)
		if lang == "en" || lang == "zh" {
			m[lang] = append(m[lang], t)
		}
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		s := bufio.NewScanner(f)
		s.Buffer(nil, longestBenchText)
		var whole strings.Builder
		for s.Scan() {
			var line struct{ Text string }
			if strings.HasPrefix(s.Text(), "{") && json.Unmarshal(s.Bytes(), &line) == nil && line.Text != "" {
				add(line.Text)
				continue
			}
			whole.WriteString(s.Text() + "\n")
			if whole.Len() > 4<<10 && s.Text() == "" {
				add(whole.String())
				whole.Reset()
			}
		}
		f.Close()
		if err := s.Err(); err != nil {
			return nil, &say.Error{Where: name, What: say.T("the file cannot be read: %v", "无法读取文件：%v", err), Err: err}
		}
		add(whole.String())
	}
	return m, nil
}

func (a *app) benchData(ctx context.Context, names []string, peer string, rounds int) error {
	if err := checkRounds(rounds); err != nil {
		return err
	}
	names, files := documentFiles(names)
	texts, err := readTexts(names)
	if err != nil {
		return err
	}
	if len(texts)+len(files) == 0 {
		return usage(strings.Join(names, " "), say.T("there is no English and no Chinese text in it", "其中没有英文或中文文本"), say.Text{})
	}
	var other *peerProcess
	if peer != "" {
		if other, err = startPeer(ctx, peer); err != nil {
			return err
		}
		defer other.stop()
	}
	if err := a.benchDocuments(ctx, files, other, rounds); err != nil {
		return err
	}
	for _, lane := range dataLanes {
		for _, lang := range []string{"en", "zh"} {
			size := 0
			for _, t := range texts[lang] {
				size += len(t)
			}
			if size == 0 || lane.name == "segment" && lang != "zh" {
				continue
			}
			name := lane.name + "-" + lang
			lane.run(texts[lang][:1], lang) // what is made once
			var ours, theirs, ratios []float64
			for range rounds {
				if err := ctx.Err(); err != nil {
					return err
				}
				n, from, start := 0, serve.CPUSeconds(), time.Now()
				for time.Since(start) < time.Second {
					lane.run(texts[lang], lang)
					n++
				}
				seconds := serve.CPUSeconds() - from
				if seconds <= 0 {
					seconds = time.Since(start).Seconds()
				}
				ours = append(ours, float64(n*size)/seconds/1e6)
				if other == nil {
					continue
				}
				rate, err := other.askLane(name)
				if err != nil {
					return err
				}
				if rate > 0 {
					theirs = append(theirs, rate)
					ratios = append(ratios, ours[len(ours)-1]/rate)
				}
			}
			a.dataLine(name, lane.what, ours, theirs, ratios)
		}
	}
	return nil
}

func (a *app) dataLine(name string, what say.Text, ours, theirs, ratios []float64) {
	a.rateLine(name, "MB", what, ours, theirs, ratios)
}

// rateLine tells how many of a unit are done in a second of processor time.
func (a *app) rateLine(name, unit string, what say.Text, ours, theirs, ratios []float64) {
	if a.format == formatJSONL {
		line := map[string]any{"type": "bench", "name": "data-" + name, "rate": median(ours), "unit": unit + " per second of processor time"}
		if len(ratios) > 0 {
			line["peer"], line["ratio"] = median(theirs), median(ratios)
		}
		a.line(line)
		return
	}
	text := fmt.Sprintf("%-13s %8.1f %s/s", name, median(ours), unit)
	if len(ratios) > 0 {
		text += a.t("  peer %8.2f  ratio %.1f (%.1f to %.1f)", "  对照 %8.2f  比值 %.1f（%.1f 至 %.1f）", median(theirs), median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	fmt.Fprintln(a.stdout, text+"  "+what.In(a.lang))
}

// askLane has the peer do a lane; 0 if it has none of that name.
func (p *peerProcess) askLane(lane string) (float64, error) {
	if err := p.line(lane); err != nil {
		return 0, err
	}
	var r struct{ Rate float64 }
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
		return 0, &say.Error{Where: "--peer", What: say.T("the answer is not {\"rate\": …}: %s", "回答不是 {\"rate\": …}：%s", p.out.Text()), Err: err}
	}
	return r.Rate, nil
}

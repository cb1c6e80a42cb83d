package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage/compute"
	"suiren/stage/unread"
)

// What bench infer measures.
const (
	inferPrompt   = 512 // tokens read at once, where the model takes so many
	inferAnswer   = 64  // tokens written one by one
	inferTogether = 8   // answers written together
)

// inferTests are the tests of a round, by the names that a peer knows.
var inferTests = []struct {
	name string
	what say.Text
}{
	{"prefill", say.T("reading a prompt of %d tokens", "读入 %d 词元的提示", inferPrompt)},
	{"decode", say.T("writing one answer", "生成一个回答")},
	{"decode8", say.T("writing 8 answers together", "同时生成 8 个回答")},
}

func (a *app) benchInferCommand() *cobra.Command {
	var peer string
	var rounds int
	c := &cobra.Command{
		Use: "infer " + a.t("MODEL", "模型"), Short: a.t("Measure how fast a model's files run here", "测量某个模型文件在本机的运行速度"),
		Long: a.t("Measure how fast a GGUF file or a Hugging Face folder runs here, against the bandwidth of memory, measured between the tokens of an answer.\n\n"+
			"--peer gives a command that is asked for the same in alternation: it reads a line with the name of a test (prefill, decode, decode8) and answers with a line of JSON, {\"rate\": tokens a second}. The ratios are medians over the rounds.",
			"测量 GGUF 文件或 Hugging Face 目录在本机的运行速度，并与在回答的词元之间实测的内存带宽比较。\n\n"+
				"--peer 给出一条命令，与本程序交替测量同样的内容：它读入一行测试名称（prefill、decode、decode8），回答一行 JSON：{\"rate\": 每秒词元数}。比值取各轮的中位数。"),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return a.benchInfer(c.Context(), args[0], peer, rounds) },
	}
	c.Flags().StringVar(&peer, "peer", "", a.t("a command to compare with", "用来比较的命令"))
	c.Flags().IntVar(&rounds, "rounds", 5, a.t("rounds", "轮数"))
	return c
}

func (a *app) benchInfer(ctx context.Context, path, peer string, rounds int) error {
	if err := checkRounds(rounds); err != nil {
		return err
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	b, err := newInferBench(path, m.Threads)
	if err != nil {
		return unread.Error("", path, err)
	}
	defer b.close()
	var other *peerProcess
	if peer != "" {
		if b.prompt < inferPrompt {
			return &say.Error{Where: path, What: say.T("its context of %d tokens is too short to compare", "其上下文为 %d 个词元，太短，无法比较", b.f.Shape.Context), Next: say.T("leave --peer out", "请去掉 --peer")}
		}
		if other, err = startPeer(ctx, peer); err != nil {
			return err
		}
		defer other.stop()
	}
	reader, err := compute.NewReader(m.Threads)
	if err != nil {
		return err
	}
	defer reader.Close()
	ours, theirs := map[string][]float64{}, map[string][]float64{}
	var read memoryUse
	for range rounds {
		if err := b.alternate(reader, &read); err != nil {
			return err
		}
		for _, t := range inferTests {
			if err := ctx.Err(); err != nil {
				return err
			}
			rate, err := b.run(t.name)
			if err != nil {
				return err
			}
			ours[t.name] = append(ours[t.name], rate)
			if other != nil {
				if rate, err = other.ask(t.name); err != nil {
					return err
				}
				theirs[t.name] = append(theirs[t.name], rate)
			}
		}
	}
	for _, t := range inferTests {
		if t.name == "prefill" {
			t.what.Args = []any{b.prompt}
		}
		a.inferLine(t.name, t.what, ours[t.name], theirs[t.name], &read, m.Threads)
	}
	return nil
}

// A memoryUse is how many bytes a second were read, one by one in alternation:
// weights, by tokens of an answer, and memory alone.
type memoryUse struct{ weights, memory []float64 }

// share is that of the medians: what disturbs one disturbs the other.
func (u *memoryUse) share() float64 { return median(u.weights) / median(u.memory) }

// alternate adds a round to u. A token reads the weights once.
func (b *inferBench) alternate(r *compute.Reader, u *memoryUse) error {
	q := slices.Clone(b.seqs[:1])
	for at := range b.answer / 2 {
		q[0].IDs, q[0].At = []int32{b.token(at)}, at
		start := time.Now()
		if err := b.d.Step(b.p, q, b.out); err != nil {
			return err
		}
		u.weights = append(u.weights, float64(b.bytes)/time.Since(start).Seconds())
		u.memory = append(u.memory, r.Read())
	}
	return nil
}

// inferLine shows one test's medians. Of one answer at a time, the weights
// are read once a token: their bytes are a share of the bandwidth.
func (a *app) inferLine(name string, what say.Text, ours, theirs []float64, read *memoryUse, threads int) {
	var ratios []float64
	for i := range ours {
		if i < len(theirs) {
			ratios = append(ratios, ours[i]/theirs[i])
		}
	}
	if a.format == formatJSONL {
		line := map[string]any{"type": "bench", "name": "infer-" + name, "rate": median(ours), "threads": threads}
		if len(ratios) > 0 {
			line["peer"], line["ratio"] = median(theirs), median(ratios)
		}
		if name == "decode" {
			line["share_of_bandwidth"], line["bandwidth"] = read.share(), median(read.memory)
		}
		a.line(line)
		return
	}
	text := fmt.Sprintf("%-8s %9.1f %s", name, median(ours), a.t("tokens/s", "词元/秒"))
	if len(ratios) > 0 {
		text += a.t("  peer %9.1f  ratio %.2f (%.2f to %.2f)", "  对照 %9.1f  比值 %.2f（%.2f 至 %.2f）", median(theirs), median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	if name == "decode" {
		text += a.t("  %.0f%% of the %.1f GB/s that memory gives", "  达到内存带宽 %.1[2]f GB/s 的 %.0[1]f%%", 100*read.share(), median(read.memory)/1e9)
	}
	fmt.Fprintln(a.stdout, text+"  "+what.In(a.lang))
}

func median(list []float64) float64 {
	s := slices.Sorted(slices.Values(list))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// An inferBench is a model ready to run.
type inferBench struct {
	f     *model.File
	d     *model.Decoder
	p     *model.Pages
	bytes int64 // of the weights that a token reads
	seqs  []model.Seq
	out   []float32

	prompt, answer int // tokens
}

func newInferBench(path string, threads int) (*inferBench, error) {
	f, err := model.Open(path)
	if err != nil {
		return nil, err
	}
	if f.Encoder != nil {
		f.Close()
		return nil, &say.Error{Where: path, What: say.T("it reads texts and writes none", "它只读文本，不生成"), Next: say.T("name a model that answers", "请指定能作答的模型")}
	}
	b := &inferBench{f: f, answer: min(inferAnswer, f.Shape.Context/2)}
	b.prompt = min(inferPrompt, f.Shape.Context-b.answer)
	limit := b.prompt + b.answer
	if b.d, err = f.NewDecoder(b.prompt, limit, threads); err != nil {
		f.Close()
		return nil, err
	}
	each := (limit + model.PageTokens - 1) / model.PageTokens
	windows := each
	if b.d.Shape.Delta != nil { // the state before and the one after
		windows = 2
	}
	if b.p, err = model.NewPages(&b.d.Shape, model.KVFloat16, inferTogether*each, inferTogether*windows); err != nil {
		b.close()
		return nil, err
	}
	b.bytes = b.d.WeightBytes()
	b.out = make([]float32, inferTogether*b.d.Shape.Vocab)
	for i := range inferTogether {
		q := model.Seq{Logits: 1}
		for j := range each {
			q.Full, q.Window = append(q.Full, int32(i*each+j)), append(q.Window, int32(i*windows+j%windows))
		}
		b.seqs = append(b.seqs, q)
	}
	return b, nil
}

func (b *inferBench) close() {
	if b.p != nil {
		b.p.Close()
	}
	if b.d != nil {
		b.d.Close()
	}
	b.f.Close()
}

func (b *inferBench) token(i int) int32 {
	return int32(tensor.Rand(3, 0, uint64(i)) % uint64(b.d.Shape.Vocab))
}

// run does a test once and returns tokens a second.
func (b *inferBench) run(test string) (float64, error) {
	start := time.Now()
	if test == "prefill" {
		q := b.seqs[0]
		for i := range b.prompt {
			q.IDs = append(q.IDs, b.token(i))
		}
		err := b.d.Step(b.p, []model.Seq{q}, b.out)
		return float64(b.prompt) / time.Since(start).Seconds(), err
	}
	n := 1
	if test == "decode8" {
		n = inferTogether
	}
	seqs := slices.Clone(b.seqs[:n])
	for at := range b.answer {
		for i := range seqs {
			seqs[i].IDs, seqs[i].At = []int32{b.token(at*n + i)}, at
		}
		if err := b.d.Step(b.p, seqs, b.out); err != nil {
			return 0, err
		}
	}
	return float64(n*b.answer) / time.Since(start).Seconds(), nil
}

// A peerProcess is another program that runs the same tests.
type peerProcess struct {
	ctx context.Context
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// startPeer starts a command that is asked for the same; the end of ctx ends it.
func startPeer(ctx context.Context, command string) (*peerProcess, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, usage("--peer", say.T("it names no command", "没有写命令"), say.Text{})
	}
	p := &peerProcess{ctx: ctx, cmd: exec.CommandContext(ctx, words[0], words[1:]...)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	return p, p.cmd.Start()
}

func (p *peerProcess) stop() {
	p.in.Close()
	p.cmd.Wait()
}

// ask has the peer do a test and returns its rate.
func (p *peerProcess) ask(test string) (float64, error) {
	r, err := p.askFor(test)
	return r.Rate, err
}

// A peerAnswer is what a peer says of a test.
type peerAnswer struct {
	Rate   float64 // tokens a second
	Memory int64   // peak bytes; 0 if not told
}

// line asks a line; the answer is in out.
func (p *peerProcess) line(question string) error {
	_, err := fmt.Fprintln(p.in, question)
	if err != nil || !p.out.Scan() {
		err = &say.Error{Where: "--peer", What: say.T("the command ended without an answer", "命令没有回答就结束了"), Next: say.T("run it by itself, and see what it says", "请单独运行它，查看输出"), Err: p.out.Err()}
	}
	if err != nil && p.ctx.Err() != nil { // it was ended
		return p.ctx.Err()
	}
	return err
}

func (p *peerProcess) askFor(test string) (r peerAnswer, err error) {
	if err := p.line(test); err != nil {
		return r, err
	}
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil || !(r.Rate > 0) {
		return r, &say.Error{Where: "--peer", What: say.T("the answer is not {\"rate\": …}: %s", "回答不是 {\"rate\": …}：%s", p.out.Text()), Err: err}
	}
	return r, nil
}

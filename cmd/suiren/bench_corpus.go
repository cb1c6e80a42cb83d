package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/serve"
	"suiren/stage"
	"suiren/stage/data"
)

// maxBenchCorpus bounds what is generated, in megabytes.
const maxBenchCorpus = 1 << 20

// benchCorpus generates so many megabytes of documents from texts, cleans them
// with one worker and with two, and compares what came of it.
func (a *app) benchCorpus(ctx context.Context, names []string, megabytes int, recipe string) error {
	if megabytes < 1 || megabytes > maxBenchCorpus {
		return usage("--corpus", say.T("%d megabytes is not between 1 and %d", "%d 兆字节不在 1 到 %d 之间", megabytes, maxBenchCorpus), say.Text{})
	}
	texts, err := readTexts(names)
	if err != nil {
		return err
	}
	if len(texts) == 0 {
		return usage(names[0], say.T("there is no English and no Chinese text in it", "其中没有英文或中文文本"), say.Text{})
	}
	dir, err := os.MkdirTemp("", "suiren-corpus-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n, size, err := generateCorpus(ctx, filepath.Join(dir, "documents.jsonl"), texts, int64(megabytes)*1e6)
	if err != nil {
		return err
	}
	if a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("%d documents, %d MB of text", "%d 篇文档，%d MB 文本", n, size/1e6))
	}
	var before string
	for _, workers := range []int{1, 2} {
		digest, err := a.benchCorpusRun(ctx, dir, recipe, workers, size)
		if err != nil {
			return err
		}
		if before != "" && digest != before {
			return say.Errorf("one worker and two made different bytes: %s, %s", "一个与两个工作线程的结果不同：%s、%s", before, digest)
		}
		before = digest
	}
	return nil
}

// benchCorpusRun cleans the documents in dir and tells how; it returns the digest
// of the corpus and of its journal, which names what is like what.
func (a *app) benchCorpusRun(ctx context.Context, dir, recipe string, workers int, size int64) (string, error) {
	out, work := filepath.Join(dir, fmt.Sprint("out-", workers)), filepath.Join(dir, fmt.Sprint("work-", workers))
	if err := errors.Join(os.Mkdir(out, 0o700), os.Mkdir(work, 0o700)); err != nil {
		return "", err
	}
	forgetPeak()
	from, start := serve.CPUSeconds(), time.Now()
	job := &stage.Job{Inputs: []stage.Input{{Arg: "from", Dir: dir}}, Out: out, Work: work, Machine: stage.Machine{Threads: workers}, Emit: func(stage.Event) {}}
	if err := (&data.Corpus{Recipe: recipe}).Run(ctx, job); err != nil {
		return "", err
	}
	wall, cpu, peak := time.Since(start).Seconds(), serve.CPUSeconds()-from, peakMemory()
	b, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		return "", err
	}
	var r data.CorpusReport
	if err := json.Unmarshal(b, &r); err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range []string{"corpus.jsonl", data.JournalFile} {
		f, err := os.Open(filepath.Join(out, name))
		if err != nil {
			return "", err
		}
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return "", err
		}
	}
	digest := hex.EncodeToString(h.Sum(nil)[:8])
	rate := float64(size) / 1e6 / cpu
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "bench", "name": "corpus", "workers": workers, "read": r.Read, "kept": r.Kept, "reasons": r.Reasons, "digest": digest,
			"seconds": wall, "cpu_seconds": cpu, "rate": rate, "unit": "MB per second of processor time", "peak_bytes": peak})
	} else {
		fmt.Fprintln(a.stdout, a.t("%d workers: %.1f MB/s a core, %.0f s, peak %d MiB; kept %d of %d, equal %d, nearly equal %d; %s", "%d 个工作线程：每核 %.1f MB/s，%.0f 秒，峰值 %d MiB；保留 %d/%d，相同 %d，近似 %d；%s",
			workers, rate, wall, peak>>20, r.Kept, r.Read, r.Reasons["equal"], r.Reasons["nearly_equal"], digest))
	}
	return digest, errors.Join(os.RemoveAll(out), os.RemoveAll(work))
}

// generateCorpus writes documents of the sentences of texts, half English and half
// Chinese where there are both: of ten, one is an earlier one again, two are earlier ones with a
// sentence changed.
func generateCorpus(ctx context.Context, name string, texts map[string][]string, size int64) (n int, written int64, err error) {
	sentences := map[string][]string{}
	var langs []string
	for _, lang := range []string{"en", "zh"} {
		for _, t := range texts[lang] {
			for line := range strings.Lines(t) {
				sentences[lang] = append(sentences[lang], knowledge.Sentences(line)...)
			}
		}
		if len(sentences[lang]) > 0 {
			langs = append(langs, lang)
		}
	}
	if len(langs) == 0 {
		return 0, 0, say.Errorf("there are no sentences in the texts", "文本中没有句子")
	}
	f, err := os.Create(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	r := rand.New(rand.NewPCG(1, 2))
	type recent struct {
		lang string
		list []string
	}
	var before []recent // the last thousand
	for ; written < size; n++ {
		if err := ctx.Err(); err != nil {
			return n, written, err
		}
		now := recent{lang: langs[n%len(langs)]}
		pool := sentences[now.lang]
		pick := func() string { // not the same twice: a number of its own now and then
			s := pool[r.IntN(len(pool))]
			if r.IntN(4) == 0 {
				s = strconv.Itoa(r.IntN(1e6)) + " " + s
			}
			return s
		}
		switch k := r.IntN(10); {
		case k < 3 && len(before) > 0:
			old := before[r.IntN(len(before))]
			now = recent{old.lang, append([]string(nil), old.list...)}
			if k > 0 {
				pool = sentences[now.lang]
				now.list[r.IntN(len(now.list))] = pick()
			}
		default:
			for range 8 + r.IntN(40) {
				now.list = append(now.list, pick())
			}
		}
		if len(before) < 1000 {
			before = append(before, now)
		} else {
			before[r.IntN(len(before))] = now
		}
		text := strings.Join(now.list, map[bool]string{true: "", false: " "}[now.lang == "zh"]) + "\n"
		d := data.Document{ID: fmt.Sprint(n), Path: fmt.Sprintf("generated/%d.txt", n), Lang: now.lang, Title: fmt.Sprint(n), Text: text}
		if err := e.Encode(&d); err != nil {
			return n, written, err
		}
		written += int64(len(text))
	}
	return n, written, errors.Join(w.Flush(), f.Close())
}

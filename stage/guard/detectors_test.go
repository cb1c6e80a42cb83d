package guard

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"suiren/stage/guard/classify"
	"suiren/stage/guard/detect"
	"suiren/stage/guard/leak"
)

// chineseText is about a megabyte of ordinary Chinese.
func chineseText(b *testing.B) string {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "cmrc2018", "dev.json"))
	if err != nil {
		b.Skip("no shared/data: ", err)
	}
	var doc struct {
		Data []struct{ Paragraphs []struct{ Context string } }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for _, d := range doc.Data {
		for _, p := range d.Paragraphs {
			text.WriteString(p.Context + "\n")
		}
	}
	return text.String()[:1<<20]
}

// BenchmarkDetectors reads a megabyte in pieces of twelve bytes, four characters of
// Chinese, and tells how much one core reads in a second of its time, and how long
// the slowest hundredth of the pieces took.
func BenchmarkDetectors(b *testing.B) {
	text := chineseText(b)
	list := map[string]detect.Detector{
		"leak": leak.New(), "classify": classify.New(), "instructions": detect.Instructions(), "invisible": detect.Invisible(),
		"markup": detect.Markup(), "loop": detect.Loop(),
	}
	var sum []detect.Detector
	names := []string{"leak", "classify", "instructions", "invisible", "markup", "loop"}
	for _, n := range names {
		sum = append(sum, list[n])
	}
	list["all"] = detect.All(sum...)
	p, err := (&Policy{Pack: "minors-zh"}).With(Lists{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("keywords", func(b *testing.B) { // to compare with
		b.SetBytes(int64(len(text)))
		from := cpuTime()
		n := 0
		for b.Loop() {
			r := p.Rail(Output, Context{})
			for at := 0; at < len(text); at += 12 {
				r.Write(text[at:min(len(text), at+12)])
			}
			r.Flush()
			n++
		}
		b.ReportMetric(float64(n*len(text))/1e6/(cpuTime()-from).Seconds(), "MB/cpu-s")
	})
	for _, name := range append(names, "all") {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			detect.Find(list[name], text) // what is made once
			from := cpuTime()
			n := 0
			var hits []detect.Hit
			for b.Loop() {
				s := list[name].New()
				for at := 0; at < len(text); at += 12 {
					hits = s.Write(hits[:0], text[at:min(len(text), at+12)])
				}
				hits = s.Flush(hits[:0])
				n++
			}
			b.ReportMetric(float64(n*len(text))/1e6/(cpuTime()-from).Seconds(), "MB/cpu-s")
			took := make([]time.Duration, 0, len(text)/12+1)
			s := list[name].New()
			for at := 0; at < len(text); at += 12 {
				t := time.Now()
				hits = s.Write(hits[:0], text[at:min(len(text), at+12)])
				took = append(took, time.Since(t))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-us")
		})
	}
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

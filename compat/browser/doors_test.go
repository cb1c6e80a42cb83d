package browser

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// doors goes through each of the three doors of a server that was started in an
// empty folder, to success, with nothing but what is in the binary and what a
// person would have brought. What each takes is bounded in acts; its time is told.
func doors(t *testing.T, browser context.Context) {
	for _, d := range []struct {
		name string
		most int // acts
		walk func(t *testing.T, v *visitor)
	}{
		{"first-answer", 7, runModel},
		{"cited-answer", 6, askDocuments},
		{"own-model", 4, trainOwn},
	} {
		t.Run(d.name, func(t *testing.T) {
			v := visit(t, browser, startIn(t, t.TempDir(), "serve").url)
			v.wait(`document.querySelectorAll(".door").length === 3`)
			began := time.Now()
			d.walk(t, v)
			told(t, "%s: %d acts (%s) in %.0f s", d.name, len(v.acts), strings.Join(v.acts, ", "), time.Since(began).Seconds())
			if len(v.acts) > d.most {
				t.Errorf("%d acts to success, at most %d are meant: %q", len(v.acts), d.most, v.acts)
			}
			v.clean(t)
		})
	}
}

// told says something of a run that passes: run.sh shows it.
func told(t *testing.T, format string, args ...any) {
	t.Logf(format, args...)
	if *tell == "" {
		return
	}
	f, err := os.OpenFile(*tell, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintf(f, format+"\n", args...)
}

// runModel is the way from a first start to a first answer, of a model that lies
// on this machine.
func runModel(t *testing.T, v *visitor) {
	path := filepath.Join(t.TempDir(), "little")
	if err := os.CopyFS(path, os.DirFS(*model)); err != nil {
		t.Fatal(err)
	}
	var acts []string
	journey(t, v,
		step{"door", func(t *testing.T) { v.push("Choose a model"); v.sees("No model has a name yet") }},
		step{"add", func(t *testing.T) {
			v.tell("Path on this machine", path)
			v.push("Add")
			v.wait(`document.querySelector(".picks li b")?.innerText === "little"`)
		}},
		step{"fits", func(t *testing.T) { // before it is loaded, and what it would take
			v.wait(`document.querySelector(".picks .tag.done")?.innerText === "fits" && document.querySelector("main [role=status] .meter-row")`)
			v.sees("conversations of")
			v.accessible(t)
		}},
		step{"load", func(t *testing.T) { v.push("Load and talk"); v.push("Open the chat") }},
		step{"answer", func(t *testing.T) {
			v.asks("What is a kiln?")
			if v.text(".turn .answer") == "" {
				t.Errorf("no answer: %s", v.text(".turn"))
			}
			v.wait(`document.querySelector(".turn .limit")?.innerText.includes("Context:")`) // it comes behind the answer
		}},
		step{"told", func(t *testing.T) { // the first page knows of it; that is no part of the way
			acts = v.acts
			v.push("Home")
			v.wait(`document.querySelector(".door a")?.innerText === "Talk with little"`)
			v.acts = acts
		}},
	)
}

// askDocuments is the way from a folder to answers with their sources, in the
// language of the question.
func askDocuments(t *testing.T, v *visitor) {
	dir := t.TempDir()
	const who, en, zh = "Who holds the key of the kiln?", "The kiln is fired on the first Monday of each month. Only Mei Lin holds its key.\n",
		"窑炉每月第一个星期一点火。窑房的钥匙只由林梅保管。\n"
	for name, text := range map[string][]byte{
		"kiln.md":   []byte("# The kiln\n\n" + en + "\n# The glaze\n\nGlazes are mixed by weight.\n"),
		"窑炉.md":     []byte("# 窑炉\n\n" + zh),
		"clay.pdf":  pdf(page("The clay room opens at eight in the morning.", 16), page("A bag of stoneware clay weighs twelve kilograms.", 2)),
		"empty.pdf": []byte("%PDF-1.4 and no more"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	type passage struct {
		File, Text       string
		Page, Start, End int
	}
	// opened holds what is marked, and in sight, in the document that is open.
	opened := func(t *testing.T, file, answer string) {
		v.wait(`(e => {
			if (!e) return false;
			const box = e.getBoundingClientRect(), frame = e.closest("dialog").getBoundingClientRect();
			return box.top < frame.bottom && box.bottom > frame.top;
		})([...document.querySelectorAll("dialog[open] .sheet mark")].find(e => e.innerText.includes(` + quote(answer) + `)))`)
		if got := v.text("dialog[open] h2"); !strings.Contains(got, file) {
			t.Errorf("%s opens as %q", file, got)
		}
	}
	// place is where the passage lies that answers a question, by the server.
	place := func(question string) passage {
		return get[struct{ Source passage }](v.tab, "/api/bases/handbook/find?as=&q="+query(question)).Source
	}
	ask := func(t *testing.T, question, answer, file string) {
		v.tell("Question", question)
		v.enter()
		v.wait(`document.querySelector(".said-by")?.innerText.includes(` + quote(answer) + `)`)
		if got := v.text(".said-by .place"); !strings.Contains(got, file) {
			t.Errorf("%s is answered from %q", question, got)
		}
	}
	var acts []string
	journey(t, v,
		step{"door", func(t *testing.T) { v.push("Open knowledge") }},
		step{"read", func(t *testing.T) { v.tell("Folder or file on this machine", dir); v.push("Read it") }},
		step{"answer", func(t *testing.T) { ask(t, who, "Mei Lin", "kiln.md") }},
		step{"source", func(t *testing.T) {
			v.act("click the source")
			v.click(".said-by .place")
			opened(t, "kiln.md", "Only Mei Lin holds its key.")
			p := place(who)
			file, err := os.ReadFile(filepath.Join(dir, "kiln.md"))
			if err != nil {
				t.Fatal(err)
			}
			if p.End > len(file) || p.Start >= p.End || !bytes.Contains(file[p.Start:p.End], []byte("Only Mei Lin holds its key.")) {
				t.Errorf("bytes %d to %d of the file are not the passage", p.Start, p.End)
			}
			if got, want := v.text("dialog[open] li.here"), fmt.Sprintf("bytes %d to %d", p.Start, p.End); !strings.Contains(got, want) {
				t.Errorf("the place is told as %q, and is %s", got, want)
			}
			v.accessible(t)
			acts = v.acts // one cited answer is a success; what follows is looked at besides
			v.push("Close")
		}},
		step{"zh", func(t *testing.T) {
			ask(t, "谁保管窑房的钥匙？", "林梅", "窑炉.md")
			v.click(".said-by .place")
			opened(t, "窑炉.md", "窑房的钥匙只由林梅保管。")
			v.push("Close")
		}},
		step{"page", func(t *testing.T) {
			ask(t, "How much does a bag of stoneware clay weigh?", "twelve kilograms", "clay.pdf")
			if got := v.text(".said-by .place"); !strings.Contains(got, "page 2") {
				t.Errorf("the source is told as %q, and is on page 2", got)
			}
			v.click(".said-by .place")
			v.wait(`document.querySelector("dialog[open] .drawn img")?.naturalWidth > 500`) // the page as it looks, what is cited marked on it, and beside it
			v.wait(`document.querySelector("dialog[open] .drawn rect.quoted")`)
			at := eval[[]float64](v.tab, `(() => { // as shares of the picture
				const img = document.querySelector("dialog[open] .drawn img").getBoundingClientRect(), r = document.querySelector("dialog[open] .drawn rect.quoted").getBoundingClientRect();
				return [(r.left - img.left) / img.width, (r.top - img.top) / img.height, (r.bottom - img.top) / img.height];
			})()`)
			const left, base = 72.0 / 612, 72.0 / 792 // where the file writes it
			if math.Abs(at[0]-left) > 0.005 || at[1] > base-9.0/792 || at[1] < base-18.0/792 || at[2] < base || at[2] > base+6.0/792 {
				t.Errorf("what is cited is marked at %v, and is written at %.3f, %.3f", at, left, base)
			}
			v.wait(`document.querySelector("dialog[open] [role=status]").innerText.includes("What is cited of passage 1 is marked, from 8 to 11 % of its height.")`)
			v.accessible(t)
			v.wait(`document.querySelector("dialog[open] .passages li.here mark")?.innerText.includes("twelve kilograms")`)
			v.push("As text")
			opened(t, "clay.pdf", "twelve kilograms")
			if got := v.text("dialog[open] h3"); got != "Page 2" {
				t.Errorf("it opens at %q", got)
			}
			v.push("Close")
		}},
		step{"refused", func(t *testing.T) { // what the documents do not say is not answered
			v.tell("Question", "Who won the chess tournament in Reykjavik?")
			v.enter()
			v.wait(`document.querySelector(".found") && !document.querySelector(".said-by")`)
		}},
		step{"files", func(t *testing.T) { // what could not be read says why
			v.push("Files")
			v.wait(`[...document.querySelectorAll(".trow")].some(e => e.innerText.includes("empty.pdf") && e.querySelector(".tag.failed"))`)
			v.acts = acts
		}},
	)
}

// trainOwn is the way from nothing to an answer of a model that was made here.
func trainOwn(t *testing.T, v *visitor) {
	journey(t, v,
		step{"door", func(t *testing.T) { v.push("Make a first model") }},
		step{"watch", func(t *testing.T) {
			v.wait(`look.history.some(h => Object.values(h.nodes).includes("running"))`)
			v.wait(`Object.values(look.history.at(-1).points).some(n => n > 2)`)
			v.await(`look.history.at(-1).nodes["release.mine"] === "done"`, 10*patience)
		}},
		step{"answer", func(t *testing.T) {
			v.push("Chat")
			v.asks("What is 12+7?")
			if v.text(".turn .answer") == "" {
				t.Errorf("no answer: %s", v.text(".turn"))
			}
		}},
	)
}

// page is a page that begins with a line, with more lines of its kind below.
func page(line string, more int) string {
	for i := range more {
		line += fmt.Sprintf("\nShelf %d holds clay of the year %d, in bags that are closed.", i+1, 2000+i)
	}
	return line
}

// pdf is a document of the lines of its pages (ISO 32000-1).
func pdf(pages ...string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(at)}, args...)...)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+2*i))
	}
	object("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(pages))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	for i, text := range pages {
		stream := "BT /F1 12 Tf 14 TL 72 720 Td (" + strings.ReplaceAll(text, "\n", ") Tj T* (") + ") Tj ET"
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", 5+2*i)
		object("<< /Length %d >>\nstream\n%s\nendstream", len(stream), stream)
	}
	end := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, end)
	return b.Bytes()
}

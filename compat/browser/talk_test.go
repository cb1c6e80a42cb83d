package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pick chooses from the list of a label.
func (v *visitor) pick(label, value string) {
	v.t.Helper()
	v.act("choose %s", label)
	field := `[...document.querySelectorAll("label")].find(l => l.innerText.trim() === ` + quote(label) + ` && l.control?.checkVisibility())?.control`
	v.wait(`[...(` + field + `)?.options ?? []].some(o => o.value === ` + quote(value) + `)`)
	eval[bool](v.tab, `(e => { e.value = `+quote(value)+`; return e.dispatchEvent(new Event("change", { bubbles: true })); })(`+field+`)`)
}

// downloads has what the tab saves land in a folder.
func (p *tab) downloads() (dir string) {
	p.t.Helper()
	dir = p.t.TempDir()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, cdbrowser.SetDownloadBehavior, cdbrowser.SetDownloadBehaviorParams{
			Behavior: cdbrowser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID, DownloadPath: dir})
		return err
	}))
	return dir
}

// saved waits for a file that the browser saves, and reads it.
func (p *tab) saved(dir, pattern string) (path, text string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			p.t.Fatal(err)
		}
		if len(found) > 0 {
			b, err := os.ReadFile(found[0])
			if err != nil {
				p.t.Fatal(err)
			}
			if len(b) > 0 {
				return found[0], string(b)
			}
		}
		if time.Now().After(end) {
			p.t.Fatalf("no file %s was saved", pattern)
		}
	}
}

// pasted is what a reader gets who pastes into an empty field.
func (p *tab) pasted(selector string) string {
	p.t.Helper()
	p.fill(selector, "")
	p.click(selector)
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "v", Code: "KeyV", WindowsVirtualKeyCode: 'V', Modifiers: 2, Commands: []string{"paste"}})
		return err
	}))
	p.wait(`document.querySelector(` + quote(selector) + `).value`)
	defer p.fill(selector, "")
	return eval[string](p, `document.querySelector(`+quote(selector)+`).value`)
}

// reasoned is true when the server has the reason of a rating, and not only the rating before it.
const reasoned = `!document.querySelector("form.why") && [...document.querySelectorAll("footer > [role=status]")].some(e => e.innerText.startsWith("Thank you"))`

// runs does a command of the reader's, with their key, and returns what it says.
func (s *server) runs(t *testing.T, dir string, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "SUIREN_KEY="+s.key, "SUIREN_HOME="+s.home)
	said, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said)
	}
	return string(said)
}

// talk is a conversation: two models beside each other, a question asked
// differently, an answer rated, proved, asked for by a program, and saved; in the
// end one of the models is unloaded.
func talk(t *testing.T, browser context.Context, dir string) {
	little := filepath.Join(t.TempDir(), "little")
	if err := os.CopyFS(little, os.DirFS(*model)); err != nil {
		t.Fatal(err)
	}
	s := start(t, "serve", dir, "--traces")
	v := visit(t, browser, s.url)
	defer v.close()
	folder := v.downloads()
	answer := func() string { return v.text(".turn:last-child .reply .answer") }
	journey(t, v,
		step{"loaded", func(t *testing.T) {
			v.push("Models")
			v.tell("Path on this machine", little)
			v.push("Add")
			v.push("Load and talk")
			v.wait(`document.querySelector(".picks .tag.done")?.innerText === "answers now"`)
		}},
		step{"beside", func(t *testing.T) { // two answers to one question, each under its name
			v.push("Chat")
			v.push("Parameters · mine")
			v.pick("Beside it", "little")
			v.tell("Temperature", "0")
			v.tell("Most tokens", "24")
			v.asks("What is 3+4?")
			v.wait(`document.querySelectorAll(".turn:last-child .reply footer").length === 2`)
			if got := eval[[]string](v.tab, `[...document.querySelectorAll(".turn:last-child .reply .who")].map(e => e.innerText)`); len(got) != 2 || got[0] != "mine" || got[1] != "little" {
				t.Errorf("the answers are of %q", got)
			}
			if left, right := eval[float64](v.tab, `document.querySelectorAll(".reply")[0].getBoundingClientRect().right`), eval[float64](v.tab, `document.querySelectorAll(".reply")[1].getBoundingClientRect().left`); left > right {
				t.Errorf("they do not stand side by side: one ends at %.0f, the other begins at %.0f", left, right)
			}
			v.accessible(t)
		}},
		step{"branched", func(t *testing.T) { // asked differently: a version beside the first, both kept
			v.push("Edit")
			v.tell("Ask it differently", "What is 5+6?")
			v.push("Send")
			v.wait(`document.querySelector(".branches")?.innerText.includes("Version 2 of 2") && document.querySelectorAll(".turn:last-child .reply footer").length === 2`)
			for _, way := range []struct{ button, version, question string }{{"Earlier version", "Version 1 of 2", "What is 3+4?"}, {"Later version", "Version 2 of 2", "What is 5+6?"}} {
				v.push(way.button)
				v.wait(`document.querySelector(".branches").innerText.includes(` + quote(way.version) + `) && document.querySelector(".turn .question").innerText.includes(` + quote(way.question) + `)`)
			}
		}},
		step{"rated", func(t *testing.T) { // with a reason, which stands by its trace
			v.push("Bad answer")
			v.tell("Why? (optional)", "it does not add")
			v.push("Send the reason")
			v.wait(reasoned)
			v.push("Traces")
			v.pick("Rated", "bad")
			v.wait(`document.querySelectorAll(".trace").length === 1`)
			v.click(".trace")
			v.sees("What is 5+6?")
			v.sees("it does not add")
			v.push("Close")
			v.push("Chat")
		}},
		step{"labelled", func(t *testing.T) { // what a reader copies of an answer says that an AI wrote it; of the question not
			copied := func(selector string) string {
				v.act("copy %s", selector)
				eval[bool](v.tab, `(e => { document.activeElement.blur(); getSelection().selectAllChildren(e); return true; })(document.querySelector(`+quote(selector)+`))`)
				v.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
					_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "c", Code: "KeyC", WindowsVirtualKeyCode: 'C', Modifiers: 2, Commands: []string{"copy"}})
					return err
				}))
				return v.pasted("#question")
			}
			v.wait(`document.querySelectorAll(".turn:last-child .reply:first-child .label").length === 1`)
			if got := copied(".turn:last-child .reply:first-child .answer"); !strings.HasSuffix(got, "\n\nAI-generated") || !strings.HasPrefix(flat(got), flat(answer())) {
				t.Errorf("of the answer %q this is copied: %q", answer(), got)
			}
			if got := copied(".turn:last-child .question"); strings.Contains(got, "AI-generated") || !strings.Contains(got, "5+6") {
				t.Errorf("of the question this is copied: %q", got)
			}
		}},
		step{"proved", func(t *testing.T) { // by the page, and by who has nothing but the saved receipt
			v.push("Receipt")
			v.push("Save as a file")
			path, text := v.saved(folder, "*.json")
			if !json.Valid([]byte(text)) {
				t.Errorf("the receipt is %q", text)
			}
			v.push("Replay")
			v.sees("the same answer, character by character")
			if got := s.runs(t, dir, *suiren, "replay", path, "--model", dir, "--lang", "en"); !strings.Contains(got, "same") {
				t.Errorf("suiren replay says %q", got)
			}
			spoilt := filepath.Join(t.TempDir(), "spoilt.json") // or it would say so of anything
			if err := os.WriteFile(spoilt, []byte(strings.Replace(text, `"temperature": 0`, `"temperature": 1.9`, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if said, err := exec.Command(*suiren, "replay", spoilt, "--model", dir, "--lang", "en").CombinedOutput(); err == nil {
				t.Errorf("a receipt that was changed is proved too: %s", said)
			}
		}},
		step{"copied", func(t *testing.T) { // the same request as a program's gets the same answer
			v.push("As code")
			shown := answer()
			content := func(reply string) string {
				var r struct {
					Choices []struct{ Message struct{ Content string } }
				}
				if err := json.Unmarshal([]byte(reply[strings.Index(reply+"{", "{"):]), &r); err != nil || len(r.Choices) == 0 {
					t.Fatalf("a program got %q", reply)
				}
				return r.Choices[0].Message.Content
			}
			copied := func(tongue string) string {
				v.pick("As code", tongue)
				v.push("Copy the request")
				v.sees("Copied.")
				text := v.pasted("#question")
				if want := v.text(".proof[open] pre code"); text != want {
					t.Fatalf("what is copied is not what shows:\n%s\n%s", text, want)
				}
				return text
			}
			if got := content(s.runs(t, dir, "sh", "-c", copied("curl")+"\n")); flat(got) != flat(shown) {
				t.Errorf("by curl comes %q, and %q shows", got, shown)
			}
			program := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(program, []byte(copied("Go")), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := content(s.runs(t, filepath.Dir(program), "go", "run", program)); flat(got) != flat(shown) {
				t.Errorf("by Go comes %q, and %q shows", got, shown)
			}
			if got := s.runs(t, dir, *python, "-c", copied("Python")); strings.TrimSpace(flat(got)) != strings.TrimSpace(flat(shown)) {
				t.Errorf("by Python comes %q, and %q shows", got, shown)
			}
		}},
		step{"saved", func(t *testing.T) { // whole, and labelled as made by a model, in each form
			v.push("Save the conversation")
			for _, format := range []string{"md", "html", "json", "docx", "pdf"} {
				v.pick("Format", format)
				v.wait(`!document.querySelector(".export button:disabled")`)
				v.click(".export button")
				_, text := v.saved(folder, "conversation."+format)
				switch format {
				case "docx":
					if !strings.HasPrefix(text, "PK") {
						t.Error("the Word file is none")
					}
				case "pdf":
					if !strings.HasPrefix(text, "%PDF-") {
						t.Error("the PDF is none")
					}
				default:
					for _, want := range []string{"What is 5+6?", "mine"} {
						if !strings.Contains(strings.NewReplacer("&#43;", "+", `\+`, "+", `\u002b`, "+").Replace(text), want) {
							t.Errorf("the saved %s does not say %q: %s", format, want, text)
						}
					}
					if !strings.Contains(text, "AI") {
						t.Errorf("the saved %s does not say that a model wrote it: %s", format, text)
					}
				}
			}
		}},
		step{"at-hand", func(t *testing.T) { // copied with its label, stopped by Escape, a file that is dropped, the tab's name
			v.click("footer .copy")
			v.wait(`document.querySelector("footer .copy + [role=status]").innerText === "Copied."`) // not what is said beside the code
			if got, want := v.pasted("#question"), answer(); !strings.HasPrefix(flat(got), strings.TrimSpace(flat(want))) || !strings.HasSuffix(got, "[AI-generated]") {
				t.Errorf("of the answer %q, %q is copied", want, got)
			}
			v.fill("#question", strings.Repeat("a long line that was pasted\n", 500))
			if high, all := eval[float64](v.tab, `document.querySelector("#question").clientHeight`), eval[float64](v.tab, `innerHeight`); high > all/2 {
				t.Errorf("a long text makes the field %.0f pixels high in a window of %.0f", high, all)
			}
			v.fill("#question", "")
			v.pace(500)
			n := v.count(".turn")
			v.tell("Your question", "What is 4+4?")
			v.enter()
			v.wait(fmt.Sprintf(`document.querySelectorAll(".turn").length === %d && document.querySelector(".turn:last-child .thoughts")?.textContent`, n+1))
			v.hold()
			v.press(kb.Escape)
			v.sees("Stopped.")
			v.pace(0)
			if got := eval[string](v.tab, `document.activeElement.id`); got != "question" {
				t.Errorf("after a stop the keyboard is at %q", got)
			}
			stays := eval[bool](v.tab, `(() => { const data = new DataTransfer(); data.items.add(new File(["x"], "x.txt")); return !document.querySelector(".turns").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })); })()`)
			if !stays {
				t.Error("the browser leaves the page for a file that is dropped on it")
			}
			v.sees("A file is not asked about here.")
			if got := eval[string](v.tab, `document.title`); !strings.HasPrefix(got, "What is 3+4? · ") && !strings.HasPrefix(got, "What is 5+6? · ") {
				t.Errorf("the tab is called %q", got)
			}
			v.accessible(t)
		}},
		step{"taken-back", func(t *testing.T) { // a fenced text is copied alone; what is withdrawn in the end does not stay, nor is it kept
			eval[bool](v.tab, `(() => {
				const real = window.fetch, said = "Schön:\n`+"```"+`go\nfmt.Println(1)\n`+"```"+`\n";
				const chunk = (delta, finish, suiren) => "data: " + JSON.stringify({ id: "made-up", choices: [{ delta, finish_reason: finish ?? null }], suiren }) + "\n\n";
				window.fetch = async (path, asked) => {
					if (!String(path).endsWith("/chat/completions")) return real(path, asked);
					window.fetch = real;
					return new Response(chunk({ content: said }) + chunk({ content: "WITHDRAWN" }) + chunk({}, "content_filter", { refusal: { class: "c", text: "Taken back." }, retract: { from: new TextEncoder().encode(said).length, text: "Taken back." } }) + "data: [DONE]\n\n",
						{ headers: { "Content-Type": "text/event-stream" } });
				};
				return true;
			})()`)
			v.asks("What is 1+2?")
			v.sees("Taken back.")
			if got := v.text(".turn:last-child .reply"); strings.Contains(got, "WITHDRAWN") || !strings.Contains(got, "Schön") {
				t.Errorf("of an answer whose end is withdrawn shows %q", got)
			}
			v.keeps("Taken back.")
			if got := v.stored(); strings.Contains(got, "WITHDRAWN") {
				t.Error("what was withdrawn is kept")
			}
			v.push("Copy the code")
			v.wait(`document.querySelector(".copy-code [role=status]").innerText === "Copied."`)
			if got := v.pasted("#question"); got != "fmt.Println(1)\n" {
				t.Errorf("of a fenced text %q is copied", got)
			}
		}},
		step{"unloaded", func(t *testing.T) { // its memory is free, and its name no longer answers
			v.push("Models")
			v.push("Unload")
			v.wait(`document.querySelector(".picks") && !document.querySelector(".picks").innerText.includes("answers now")`)
			v.accessible(t)
			if status, text := s.call(t, "POST", "/v1/chat/completions", `{"model":"little","messages":[{"role":"user","content":"1+1"}]}`); status != 404 {
				t.Errorf("an unloaded model is answered %d %s", status, text)
			}
			v.push("Chat")
			v.wait(`document.querySelector(".turn") && !document.querySelector(".beside")`) // what was said stays
			v.asks("What is 2+2?")
			if n := v.count(".turn:last-child .reply"); n != 1 || answer() == "" {
				t.Errorf("%d answers come, the first is %q", n, answer())
			}
		}},
	)
	v.clean(t, fmt.Sprint(404))
}

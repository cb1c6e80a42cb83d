package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written is a question to one's documents that a model answers: by the model that
// is served, which says nothing of sense, and then by words that stand in its
// place, told as the server tells them: the sources open at the place that says it,
// and what none of them says is marked.
func written(t *testing.T, browser context.Context, dir string) {
	little := filepath.Join(t.TempDir(), "little")
	if err := os.CopyFS(little, os.DirFS(*model)); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(little, "config.json") // room for passages: it knows no places by heart
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, bytes.Replace(text, []byte(`"max_position_embeddings": 128`), []byte(`"max_position_embeddings": 4096`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join(t.TempDir(), "docs")
	if err := os.MkdirAll(docs, 0o755); err != nil {
		t.Fatal(err)
	}
	const passage = "The kiln is fired on the first Monday of each month. Only Mei Lin holds its key."
	if err := os.WriteFile(filepath.Join(docs, "kiln.md"), []byte("# The kiln\n\n"+passage+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := startIn(t, t.TempDir(), "serve", little, "--slots", "1")
	s.runs(t, t.TempDir(), *suiren, "knowledge", "add", "pottery", docs)
	v := visit(t, browser, s.url)

	const answer = "Only Mei Lin holds the key of the kiln [1]. It is **fired on the first Monday** of each month [1].\nThe mayor of Springfield paints seven vases.\n"
	source := get[struct{ Source map[string]any }](v.tab, "/api/bases/pottery/find?as=&q="+query("Who holds the key of the kiln?")).Source
	place := func(words string) (at [2]int) {
		at[0] = len([]rune(answer[:strings.Index(answer, words)]))
		at[1] = at[0] + len([]rune(words))
		return at
	}
	mark := func(words, quote string) map[string]any {
		p := place(words)
		m := map[string]any{"from": p[0], "to": p[1], "supported": quote != ""}
		if quote != "" {
			from := strings.Index(passage, quote)
			m["cites"] = []any{map[string]any{"source": 1, "id": source["id"], "file": source["file"], "quotes": [][2]int{{from, from + len(quote)}}}}
		}
		return m
	}
	chunks := []any{
		map[string]any{"id": "chatcmpl-1", "choices": []any{map[string]any{"index": 0, "delta": map[string]any{"role": "assistant"}}}, "suiren": map[string]any{"sources": []any{source}}},
		map[string]any{"id": "chatcmpl-1", "choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": answer}}}},
		map[string]any{"id": "chatcmpl-1", "choices": []any{map[string]any{"index": 0, "delta": map[string]any{}}}, "suiren": map[string]any{"marks": []any{
			mark("Only Mei Lin holds the key of the kiln [1].", "Only Mei Lin holds its key."),
			mark("It is **fired on the first Monday** of each month [1].", "The kiln is fired on the first Monday of each month."),
			mark("The mayor of Springfield paints seven vases.", "")}}},
		map[string]any{"id": "chatcmpl-1", "choices": []any{map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": "stop"}}},
	}
	stream := ""
	for _, c := range chunks {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		stream += "data: " + string(b) + "\n\n"
	}
	stream += "data: [DONE]\n\n"
	shown := func(t *testing.T, in string) {
		v.wait(`document.querySelectorAll(` + quote(in+" .cite") + `).length === 2 && document.querySelectorAll(` + quote(in+" .loose") + `).length === 1`)
		if got := v.text(in + " .written"); strings.Contains(got, "[1]") || !strings.Contains(got, "vases. not in the sources") && !strings.Contains(got, "vases.not in the sources") {
			t.Errorf("the answer reads %q", got)
		}
		if got := v.text(in + " .checked"); got != "1 of 3 sentences are not in the sources." {
			t.Errorf("it is counted as %q", got)
		}
		v.accessible(t)
		v.dark(true)
		v.accessible(t)
		v.dark(false)
		v.click(in + " .cite")
		v.wait(`[...document.querySelectorAll("dialog[open] .sheet mark")].map(e => e.innerText).join() === "Only Mei Lin holds its key."`)
		v.push("Close")
	}
	journey(t, v,
		step{"ask", func(t *testing.T) {
			v.push("Knowledge")
			v.tell("Question", "Who holds the key of the kiln?")
			v.enter()
			v.push("Have a model write the answer")
			v.wait(`document.querySelector(".ask-written .sources, .ask-written .written")`)
			v.wait(`[...document.querySelectorAll(".ask-written button")].some(e => !e.disabled)`)
		}},
		step{"marks", func(t *testing.T) {
			eval[bool](v.tab, `(() => { const real = window.fetch; window.fetch = (to, how) => String(to).endsWith("/v1/chat/completions") ? (window.sent = how.body, Promise.resolve(new Response(`+quote(stream)+`, { headers: { "Content-Type": "text/event-stream" } }))) : real(to, how); return true; })()`)
			v.push("Have a model write the answer")
			shown(t, ".ask-written")
		}},
		step{"chat", func(t *testing.T) {
			v.push("Chat")
			v.asks("Who holds the key of the kiln?")
			v.wait(`document.querySelectorAll(".turn .cite").length === 2 && document.querySelectorAll(".turn .loose").length === 1`)
			v.accessible(t)
			if eval[bool](v.tab, `JSON.parse(window.sent).knowledge !== undefined`) {
				t.Error("a base was asked that nobody chose")
			}
		}},
		// The base that a conversation is asked with is sent, kept with it, and opens its documents.
		step{"base", func(t *testing.T) {
			v.push("Parameters · little")
			v.pick("Knowledge", "pottery")
			v.asks("And when is it fired?")
			v.wait(`JSON.parse(window.sent).knowledge === "pottery" && document.querySelectorAll(".turn:last-child .cite").length === 2`)
			v.click(".turn:last-child .cite")
			v.wait(`[...document.querySelectorAll("dialog[open] .sheet mark")].map(e => e.innerText).join() === "Only Mei Lin holds its key."`)
			v.push("Close")
			v.accessible(t)
			v.wait(`document.querySelector("select.knowledge").value === "pottery"`)
			v.push("New conversation")
			v.wait(`!document.querySelector(".turn") && document.querySelector("select.knowledge")?.value === "pottery"`)
			v.push("Parameters · little · pottery")
			v.pick("Knowledge", "")
			eval[bool](v.tab, `(history.back(), true)`)
			v.wait(`document.querySelectorAll(".turn").length === 2 && document.querySelector("select.knowledge").value === "pottery"`)
		}},
		// A model that is served with a base is asked without it.
		step{"none", func(t *testing.T) {
			own := &server{home: t.TempDir()}
			own.runs(t, t.TempDir(), *suiren, "knowledge", "add", "pottery", docs)
			own = startAt(t, own.home, t.TempDir(), "serve", little, "--slots", "1", "--knowledge", "pottery")
			v := visit(t, browser, own.url)
			v.push("Chat")
			v.push("Parameters · little · pottery")
			eval[bool](v.tab, `(() => { const real = window.fetch; window.fetch = (to, how) => { if (String(to).endsWith("/v1/chat/completions")) window.sent = how.body; return real(to, how); }; return true; })()`)
			v.pick("Knowledge", "-")
			v.asks("Who holds the key of the kiln?")
			v.wait(`JSON.parse(window.sent).knowledge === false`)
			v.sees("Parameters · little")
			if v.text("details.parameters summary") != "Parameters · little" || eval[bool](v.tab, `!!document.querySelector(".turn .sources")`) {
				t.Error("the base is asked though nobody wants it")
			}
			v.accessible(t)
		}},
		step{"trace", func(t *testing.T) {
			b, err := json.Marshal(map[string]any{"trace": map[string]any{"seq": 1, "id": "chatcmpl-1", "time": "2026-11-27T00:00:00Z", "reason": "stop", "wait": 0, "first": 1, "total": 2, "seed": 1, "operation": "chat", "amounts": map[string]any{"prompt": 1, "thought": 0, "answer": 1}, "sentences": map[string]any{"all": 3, "unsupported": 1},
				"content": map[string]any{"messages": []any{map[string]any{"role": "user", "text": "Who?"}}, "answer": answer, "sources": []any{source}, "marks": chunks[2].(map[string]any)["suiren"].(map[string]any)["marks"]}}})
			if err != nil {
				t.Fatal(err)
			}
			eval[bool](v.tab, `(() => { const real = window.fetch; window.fetch = (to, how) => String(to).includes("/api/traces/") ? Promise.resolve(new Response(`+quote(string(b))+`, { headers: { "Content-Type": "application/json" } })) : real(to, how); return true; })()`)
			v.push("Traces")
			v.click("button.trace")
			v.wait(`document.querySelectorAll("dialog[open] .cite").length === 2 && document.querySelectorAll("dialog[open] .loose").length === 1`)
			v.sees("1 of 3 sentences are not in the sources.")
			v.click("dialog[open] .cite")
			v.wait(`document.querySelector("dialog[open] .sources details[open] mark")`)
			v.accessible(t)
			v.push("Close")
		}},
	)
	v.clean(t)
}

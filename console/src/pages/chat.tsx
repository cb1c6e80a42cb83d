// The chat: a question, the thought unfolding, the answer and its sources, of
// one model or of two side by side.
import { ask, count, Empty, Field, Fragment, h, mayDo, Meter, params, progressOfPlan, redraw, say, seconds, type Source, store, t, useAct, useEffect, useGet, useMemo, useState, Fail } from "../kit";
import { words } from "./chat.words";
import { Conversations, Trouble } from "./conversations";
import { again, alone, baseFor, begin, body, coming, fresh, forMe, keyboard, modelsNow, noBase, path, rate, release, send, sendDraft, state, stop, talk, touched, turnTo, wire } from "./conversation";
import { copy, Copy } from "./copy";
import { type Cited, Document, spans } from "./document";
import { me } from "../pages/kept";
import { Prose } from "./prose";
import { Written } from "./written";
import type { Reply, Turn } from "./talk";

const w = say(words);

export default function Chat() {
  const s = store.server;
  useEffect(() => {
    document.addEventListener("copy", labelled);
    return () => document.removeEventListener("copy", labelled);
  }, []);
  if (store.failure && !s) return <div class="card middle" role="alert"><p class="failure">{store.failure.message}</p></div>;
  if (!s) return <p class="middle quiet">{t("loading")}</p>;
  forMe();
  return <Talks key={me()} />;
}

function Talks() {
  useEffect(() => { turnTo(store.rest); }, [store.rest]);
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      if (e.key !== "Escape" || e.isComposing || e.defaultPrevented || document.querySelector("dialog[open]") || (e.target as HTMLElement).closest(".shelf, .edit")) return;
      stop();
    };
    const over = (e: DragEvent) => { if (e.dataTransfer?.types.includes("Files")) e.preventDefault(); }; // or the browser would leave the page for it
    const drop = (e: DragEvent) => {
      if (!e.dataTransfer?.types.includes("Files")) return;
      e.preventDefault();
      state.told = "file";
      redraw();
    };
    document.addEventListener("keydown", key);
    document.addEventListener("dragover", over);
    document.addEventListener("drop", drop);
    return () => { document.removeEventListener("keydown", key); document.removeEventListener("dragover", over); document.removeEventListener("drop", drop); store.title = ""; };
  }, []);
  const turns = path();
  store.title = turns[0]?.question.trim().split("\n")[0].slice(0, 60) ?? "";
  const comes = !["", "new", talk.id].includes(store.rest), none = !modelsNow().length;
  return <div class="talks">
    <Conversations />
    <div key={talk.id} class={turns.length || none ? "chat" : "chat new"}>
      {turns.length > 0 && <h1 class="hidden">{t("chat")}</h1>}
      <Trouble />
      {comes ? <p class="quiet">{t("loading")}</p> : <Fragment>
        {(turns.length > 0 || !none) && <div class="turns" role="log" aria-live="polite" aria-label={t("conversation")}>
          {turns.length === 0 ? <Hello /> : turns.map(turn => <TurnView key={turn.id} turn={turn} />)}
        </div>}
        {none ? store.plan ? <NotReady /> : <Nobody /> : <Ask />}
      </Fragment>}
    </div>
  </div>;
}

function Nobody() {
  return <Fragment><h1 class="hidden">{t("chat")}</h1><Empty title={w("none")}><p>{w("noneHelp")}</p><div class="row"><a class="button main" href="#models">{w("load")}</a><a class="button" href="#home">{w("first")}</a></div></Empty></Fragment>;
}

function NotReady() {
  const p = progressOfPlan();
  return <div class="card middle">
    <h1>{t("notReady")}</h1>
    {p && <Fragment>
      <progress max={1} value={p.part} aria-label={t("notReady")} />
      <p>{p.text}{p.now && <span class="quiet"> · {p.now}</span>}</p>
    </Fragment>}
    <p class="quiet">{t("notReadyHelp")}</p>
    <a class="button main" href="#plan">{t("toPlan")}</a>
  </div>;
}

function Hello() {
  const r = release(modelsNow()[0])!, en = store.lang === "en";
  return <div class="hello">
    <h1>{t("hello", r.name)}</h1>
    {alone(r) && <p class="quiet">{t("helloHelp")}</p>}
    <Facts />
    {r.examples.length > 0 && <ul class="examples" aria-label={t("examples")}>
      {r.examples.map(e => <li><button onClick={() => send(en ? e.en : e.zh)}>{en ? e.en : e.zh}</button></li>)}
    </ul>}
  </div>;
}

// Facts says what answers.
function Facts() {
  const r = release(modelsNow()[0])!, a = r.about, facts = [];
  if (a?.parameters) facts.push(t("factParameters", params(a.parameters)));
  if (a?.think) facts.push(t("factThink", count(a.think)));
  if (a?.passages) facts.push(t("factPassages", count(a.passages)));
  facts.push(t("factHere"));
  return <ul class="facts">{facts.map(f => <li>{f}</li>)}</ul>;
}

function TurnView({ turn }: { turn: Turn }) {
  const [editing, edit] = useState<string | null>(null);
  const beside = turn.parent!.children, at = beside.indexOf(turn);
  const choose = (i: number) => { turn.parent!.chosen = i; touched(); };
  const idle = coming().length === 0;
  return <article class="turn">
    {editing === null ? <div class="question"><span class="hidden">{t("you")}: </span>{turn.question}</div>
      : <form class="question edit" onSubmit={e => { e.preventDefault(); edit(null); again(turn, editing); }}>
        <Field label={w("editing")}>{id => <textarea id={id} rows={2} value={editing} onInput={e => edit((e.target as HTMLTextAreaElement).value)} />}</Field>
        <div class="row"><button class="main" disabled={!editing.trim() || !idle}>{t("send")}</button><button type="button" onClick={() => edit(null)}>{w("cancel")}</button></div>
      </form>}
    <div class="turn-tools">
      {beside.length > 1 && <span class="branches"><button class="bare" disabled={at === 0} aria-label={w("earlier")} onClick={() => choose(at - 1)}>‹</button>
        <span class="quiet">{w("branch", at + 1, beside.length)}</span><button class="bare" disabled={at === beside.length - 1} aria-label={w("later")} onClick={() => choose(at + 1)}>›</button></span>}
      {idle && editing === null && <Fragment><button class="bare" onClick={() => edit(turn.question)}>{w("edit")}</button><button class="bare" onClick={() => again(turn)}>{w("again")}</button></Fragment>}
    </div>
    <div class={turn.replies.length > 1 ? "replies two" : "replies"}>{turn.replies.map(r => <ReplyView key={r.model} reply={r} turn={turn} many={turn.replies.length > 1} />)}</div>
  </article>;
}

// labelled adds to what a reader copies of an answer that an AI wrote it, where the
// model's answers bear the label.
function labelled(e: ClipboardEvent) {
  const chosen = getSelection(), at = document.activeElement;
  if (!chosen?.rangeCount || chosen.isCollapsed || !e.clipboardData || at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement) return;
  const range = chosen.getRangeAt(0), label = t("aiLabel");
  if (![...document.querySelectorAll(".reply.made :is(.answer, .thoughts)")].some(n => range.intersectsNode(n))) return;
  const rich = document.createElement("div"), last = document.createElement("p");
  last.textContent = label;
  rich.append(range.cloneContents(), last);
  e.clipboardData.setData("text/plain", chosen + "\n\n" + label);
  e.clipboardData.setData("text/html", rich.innerHTML);
  e.preventDefault();
}

function ReplyView({ reply, turn, many }: { reply: Reply; turn: Turn; many: boolean }) {
  return <div class={release(reply.model)?.label ? "reply made" : "reply"}>
    {many && <h2 class="who">{reply.model}</h2>}
    <Thought reply={reply} />
    {reply.calls.map(name => <p class="quiet">{w("tool", name)}</p>)}
    {reply.marks.length > 0 ? <Written of={reply} path={file => documentOf(reply, file)} /> : reply.answer && <div class="answer"><Prose text={answerOf(reply)} /></div>}
    {reply.refusal && <div class="answer refusal">{reply.refusal}</div>}
    {reply.failure && <div class="failure" role="alert">
      <p>{reply.failure.message}</p>
      {reply.failure.code === "model_not_ready" ? <a class="button" href="#plan">{t("toPlan")}</a> : <button onClick={() => again(turn)}>{t("retry")}</button>}
    </div>}
    {reply.reason === "elsewhere" && <p class="quiet pulse">{w("elsewhere")}</p>}
    {reply.reason === "cancelled" && <p class="quiet">{t("stopped")}</p>}
    {reply.reason === "length" && <p class="quiet">{t("cutShort")}</p>}
    {reply.sources.length > 0 && reply.answer && !reply.marks.length && <Sources of={reply} />}
    {reply.reason && reply.reason !== "elsewhere" && <Foot reply={reply} turn={turn} />}
  </div>;
}

// answerOf leaves out the answer's last paragraph if that only names the
// source, which shows below.
function answerOf(reply: Reply): string {
  const end = reply.answer.lastIndexOf("\n\n");
  const named = end > 0 && reply.sources.some(s => reply.answer.indexOf(s.file, end) > 0);
  return named ? reply.answer.slice(0, end) : reply.answer;
}

// Thought shows the thought open while it comes, and folded after, unless
// the reader has chosen otherwise.
function Thought({ reply }: { reply: Reply }) {
  if (!reply.thought) return reply.reason || reply.answer || reply.failure ? null : <p class="quiet pulse">{t("waiting")}</p>;
  const thinking = !reply.answerAt && !reply.reason;
  const took = seconds(((reply.answerAt || reply.ended) - reply.began) / 1000);
  return <details class="thought" open={reply.unfold ?? thinking}>
    <summary class={thinking ? "pulse" : ""} onClick={e => {
      e.preventDefault();
      reply.unfold = !(reply.unfold ?? thinking);
      redraw();
    }}>{thinking ? t("thinking") : reply.thoughtTokens ? t("thoughtTokens", took, reply.thoughtTokens) : t("thought", took)}</summary>
    <div class="thoughts">{reply.thought}</div>
  </details>;
}

// documentOf is where a document is read that a reply cites.
const documentOf = (of: Reply, file: string) => `${of.knowledge ? `/api/bases/${encodeURIComponent(of.knowledge)}/text` : `/api/documents/${encodeURIComponent(of.model)}`}?file=${encodeURIComponent(file)}`;

// Sources open where the answer stands in them, and as a whole document.
function Sources({ of }: { of: Reply }) {
  const quoted = answerOf(of).replace(/[“”]/g, "").trim(), [open, setOpen] = useState<Cited | null>(null);
  const cited = (s: Source): Cited => {
    const at = quoted.length > 8 ? s.text.indexOf(quoted) : -1, from = [...s.text.slice(0, Math.max(at, 0))].length;
    return { ...s, quotes: s.quotes?.length ? s.quotes : at < 0 ? undefined : [[from, from + [...quoted].length]] };
  };
  return <section class="sources" aria-label={t("sources")}>
    <h2>{t("sources")}</h2>
    {of.sources.map(s => { const c = cited(s); return <details>
      <summary>{s.heading && <span>{s.heading} · </span>}{s.page ? <span>{w("page", s.page)} · </span> : null}<code>{s.file}</code></summary>
      <blockquote>{c.quotes ? spans(s.text, c.quotes).map(([text, here]) => here ? <mark>{text}</mark> : text) : s.text}</blockquote>
      <button class="open-source" onClick={() => setOpen(c)}>{w("openAt")}</button>
    </details>; })}
    {open && <Document path={documentOf(of, open.file)} at={open} close={() => setOpen(null)} />}
  </section>;
}

function Foot({ reply, turn }: { reply: Reply; turn: Turn }) {
  const said = reply.answer || reply.thought, r = release(reply.model);
  const [why, setWhy] = useState<string | null>(null);
  const total = (reply.ended - reply.began) / 1000, first = (reply.first - reply.began) / 1000;
  const after = total - first;
  const click = (good: boolean) => { setWhy(""); rate(reply, good); };
  return <Fragment>
    <footer class={said ? "" : "hidden"}>
      {r?.label && said && <span class="label">{t("aiLabel")}</span>}
      {reply.tokens > 0 && <span class="quiet">{after > 0.05 ? w("speed", reply.tokens, seconds(total), seconds(first), count(+(Math.max(reply.tokens - 1, 1) / after).toPrecision(3))) : t("cost", reply.tokens, seconds(total))}</span>}
      {reply.id && reply.answer && <span class="rate">
        <button aria-pressed={reply.rating === true} aria-label={t("good")} title={t("good")} onClick={() => click(true)}><Thumb up /></button>
        <button aria-pressed={reply.rating === false} aria-label={t("bad")} title={t("bad")} onClick={() => click(false)}><Thumb /></button>
      </span>}
      {reply.answer && <Copy text={reply.answer + (r?.label ? `\n\n[${t("aiLabel")}]` : "")} label={w("copy")} />}
      <span class="quiet" role="status">{reply.ratingSaid === "thanks" ? t("thanks") : reply.ratingSaid}</span>
    </footer>
    {why !== null && reply.rating !== null && <form class="why row" onSubmit={e => { e.preventDefault(); rate(reply, reply.rating!, why); setWhy(null); }}>
      <Field label={w("why")}>{id => <input id={id} value={why} maxLength={2000} onInput={e => setWhy((e.target as HTMLInputElement).value)} />}</Field>
      <button disabled={!why.trim()}>{w("send")}</button></form>}
    {r && r.context > 0 && reply.prompt > 0 && <Limit used={reply.prompt + reply.tokens} of={r.context} />}
    {said && <Proof reply={reply} turn={turn} />}
  </Fragment>;
}

function Limit({ used, of }: { used: number; of: number }) {
  return <div class="limit"><Meter part={used / of} label={w("context", count(used), count(of))} />{used / of > 0.9 && <p class="bad">{w("full")}</p>}</div>;
}

// Proof is how the answer was made, and how anyone makes it again.
function Proof({ reply, turn }: { reply: Reply; turn: Turn }) {
  const [receipt, setReceipt] = useState<string | null>(null), [same, setSame] = useState<boolean | null>(null), [busy, setBusy] = useState(false);
  const file = useMemo(() => receipt ? URL.createObjectURL(new Blob([receipt], { type: "application/json" })) : "", [receipt]);
  const load = async () => {
    if (receipt !== null || !reply.id) return;
    try {
      setReceipt(JSON.stringify(await (await ask("GET", "/v1/receipts/" + encodeURIComponent(reply.id))).json(), null, 2));
    } catch { setReceipt(""); }
  };
  const replay = () => {
    setBusy(true);
    setSame(null);
    const second = begin(turn, reply.model, reply.seed);
    const timer = setInterval(() => {
      if (!second.reason && !second.failure) return;
      clearInterval(timer);
      setBusy(false);
      setSame(!second.failure && second.answer === reply.answer && second.thought === reply.thought);
    }, 50);
  };
  return <Fragment>
    <details class="proof" onToggle={e => { if ((e.target as HTMLDetailsElement).open) load(); }}><summary>{w("receipt")}</summary>
      <p class="quiet">{w("receiptHelp")}</p>
      {receipt === "" && <p>{w("noReceipt")}</p>}
      {receipt && <Fragment><pre tabIndex={0} aria-label={w("receipt")}>{receipt}</pre><a class="button" download={`${reply.id}.json`} href={file}>{w("save")}</a></Fragment>}
      {reply.seed && <button disabled={busy} onClick={replay}>{w("replay")}</button>}
      <p role="status">{busy ? w("replaying") : same === null ? "" : same ? "✓ " + w("same") : "✗ " + w("differs")}</p>
    </details>
    <details class="proof"><summary>{w("code")}</summary><Code turn={turn} model={reply.model} /></details>
  </Fragment>;
}

function Code({ turn, model }: { turn: Turn; model: string }) {
  const [tongue, setTongue] = useState<"curl" | "Python" | "Go">("curl"), [said, setSaid] = useState("");
  const json = wire(body(turn, model), 2), base = location.origin + "/v1";
  const text = tongue === "curl" ? `curl ${base}/chat/completions \\\n  -H "Authorization: Bearer $SUIREN_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d @- <<'JSON'\n${json}\nJSON`
    : tongue === "Python" ? `import json, os\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${base}", api_key=os.environ["SUIREN_KEY"])\nrequest = json.loads(r"""\n${json.replaceAll('"""', '\\u0022\\u0022\\u0022')}\n""")\nreply = client.post("/chat/completions", body=request, cast_to=dict)\nprint(reply["choices"][0]["message"]["content"])`
      : `package main\n\nimport (\n\t"fmt"\n\t"io"\n\t"net/http"\n\t"os"\n\t"strings"\n)\n\nfunc main() {\n\tbody := strings.NewReader(${goText(json)})\n\tr, err := http.NewRequest("POST", "${base}/chat/completions", body)\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tr.Header.Set("Authorization", "Bearer "+os.Getenv("SUIREN_KEY"))\n\tr.Header.Set("Content-Type", "application/json")\n\treply, err := http.DefaultClient.Do(r)\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tdefer reply.Body.Close()\n\ttext, _ := io.ReadAll(reply.Body)\n\tfmt.Println(string(text))\n}`;
  return <Fragment>
    <div class="row"><label class="hidden" for={"tongue" + turn.id + model}>{w("code")}</label><select id={"tongue" + turn.id + model} value={tongue} onChange={e => { setSaid(""); setTongue((e.target as HTMLSelectElement).value as "curl"); }}>{["curl", "Python", "Go"].map(v => <option key={v}>{v}</option>)}</select>
      <button onClick={async () => setSaid(await copy(text) ? w("copied") : "")}>{w("copyCode")}</button><span class="quiet" role="status">{said}</span></div>
    <pre tabIndex={0} aria-label={w("code")}><code>{text}</code></pre>
  </Fragment>;
}

const goText = (s: string) => s.includes("`") ? JSON.stringify(s) : "`" + s + "`";

function Thumb({ up = false }) {
  return <svg class={up ? "" : "down"} viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
    <path d="M2 9h3v8H2zM7 9l3-7c1.5 0 2 1 2 2.2L11.6 8H16c1.2 0 2 .9 1.8 2l-1 5.5c-.2.9-.9 1.5-1.8 1.5H7z"
      fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" />
  </svg>;
}

function Ask() {
  const busy = coming();
  useEffect(() => {
    if (!keyboard.here || path().length || talk.draft.trim()) return; // not the new one yet
    keyboard.here = false;
    document.getElementById("question")!.focus();
  });
  return <form class="ask" onSubmit={e => { e.preventDefault(); sendDraft(); document.getElementById("question")!.focus(); }}>
    <label class="hidden" for="question">{t("question")}</label>
    <div class="field"><textarea id="question" rows={1} placeholder={t("askPlace")} value={talk.draft} aria-describedby="how"
      onInput={e => { talk.draft = (e.target as HTMLTextAreaElement).value; touched(); }}
      onKeyDown={e => {
        // An input method's Enter chooses a word; it must not send.
        if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229) return;
        e.preventDefault();
        sendDraft();
      }} />
    <div class="buttons">
      <span id="how" class="quiet">{t("askHint")}</span>
      {path().length > 0 && !busy.length && <button type="button" class="bare" onClick={fresh}>{w("fresh")}</button>}
      {busy.length ? <button type="button" class="main" onClick={stop}>{t("stop")}</button>
        : <button type="submit" class="main" disabled={!talk.draft.trim()}>{t("send")}</button>}
    </div></div>
    <Parameters />
    {path().length > 0 && !busy.length && mayDo("export") && <Save />}
  </form>;
}

// inSight keeps the form in sight: while something is unfolded in it, it does not stick to the window's edge.
const inSight = (e: Event) => (e.target as HTMLElement).closest("form")!.scrollIntoView({ block: "end" });

const formats = ["docx", "pdf", "html", "md", "json"] as const;

// Save exports the conversation as a file, which the server labels.
function Save() {
  const [format, setFormat] = useState<typeof formats[number]>("docx"), save = useAct();
  const go = () => save.run(async () => {
    const turns = path().flatMap(turn => [{ role: "user", text: turn.question }, ...turn.replies.filter(r => r.answer || r.refusal).map(r => ({ role: "assistant", text: r.answer || r.refusal }))]);
    const file = await (await ask("POST", "/api/export", { format, title: path()[0].question.slice(0, 80), turns, answer: path().at(-1)?.replies[0]?.id ?? "" })).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "conversation." + format;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return <details class="parameters export" onToggle={inSight}><summary>{w("export")}</summary>
    <div class="row"><label class="hidden" for="format">{w("format")}</label><select id="format" value={format} onChange={e => setFormat((e.target as HTMLSelectElement).value as "docx")}>{formats.map(f => <option key={f}>{f}</option>)}</select>
      <button type="button" disabled={save.busy} onClick={go}>{w("exportGo")}</button><span class="quiet">{w("exportHelp")}</span></div>
    {save.failure && <Fail of={save.failure} />}
  </details>;
}

function Parameters() {
  const names = (store.server?.releases ?? []).filter(r => r.answers).map(r => r.name), o = talk.options;
  const set = (k: keyof typeof o) => (e: Event) => { o[k] = (e.target as HTMLInputElement).value; touched(); };
  const model = modelsNow()[0], bases = useGet<{ name: string }[]>(release(model)?.bases && mayDo("search") && store.server?.has.includes("bases") ? "/api/bases" : "").data ?? [];
  const own = release(model)?.base ?? "", chosen = baseFor(model), base = chosen === noBase ? "" : chosen || own;
  const choices = [["", own ? w("ownBase", own) : w("noBase")], ...own ? [[noBase, w("noBase")]] : []];
  for (const n of new Set([...bases.map(b => b.name), chosen])) if (n !== own && choices.every(c => c[0] !== n)) choices.push([n, n]);
  return <details class="parameters" onToggle={inSight}><summary>{w("options")} · {[modelsNow().join(" | "), base].filter(Boolean).join(" · ")}</summary><div class="form">
    <Field label={w("model")}>{id => <select id={id} class="model" value={modelsNow()[0]} onChange={e => { talk.model = (e.target as HTMLSelectElement).value; touched(); }}>{names.map(n => <option key={n}>{n}</option>)}</select>}</Field>
    {names.length > 1 && <Field label={w("beside")}>{id => <select id={id} class="beside" value={talk.beside} onChange={e => { talk.beside = (e.target as HTMLSelectElement).value; touched(); }}>
      <option value="">{w("nobody")}</option>{names.filter(n => n !== modelsNow()[0]).map(n => <option key={n}>{n}</option>)}</select>}</Field>}
    {choices.length > 1 && <Field label={t("knowledge")} hint={w("knowledgeHint")}>{id => <select id={id} class="knowledge" value={chosen} onChange={set("knowledge")}>{choices.map(([n, label]) => <option key={n} value={n}>{label}</option>)}</select>}</Field>}
    {(release(modelsNow()[0])?.about?.adapters ?? []).length > 0 && <Field label={w("adapter")}>{id => <select id={id} class="adapter" value={o.adapter} onChange={set("adapter")}><option value="">{w("noAdapter")}</option>{release(modelsNow()[0])!.about!.adapters!.map(a => <option key={a}>{a}</option>)}</select>}</Field>}
    <Field label={w("temperature")} hint={w("temperatureHint")}>{id => <input id={id} type="number" min="0" max="2" step="0.1" value={o.temperature} onInput={set("temperature")} />}</Field>
    <Field label={w("top_p")}>{id => <input id={id} type="number" min="0.01" max="1" step="0.01" value={o.top_p} onInput={set("top_p")} />}</Field>
    <Field label={w("tokens")} hint={w("tokensHint")}>{id => <input id={id} type="number" min="1" step="1" value={o.max_tokens} onInput={set("max_tokens")} />}</Field>
    <Field label={w("seed")} hint={w("seedHint")}>{id => <input id={id} inputMode="numeric" pattern="[0-9]*" value={o.seed} onInput={set("seed")} />}</Field>
    <Field label={w("think")}>{id => <select id={id} value={o.think} onChange={set("think")}><option value="">{w("think_")}</option><option value="on">{w("think_on")}</option><option value="off">{w("think_off")}</option></select>}</Field>
    <Field label={w("system")}>{id => <textarea id={id} rows={2} value={o.system} onInput={set("system")} />}</Field>
    {alone(release(modelsNow()[0])) && <p class="quiet">{w("alone")}</p>}
  </div></details>;
}

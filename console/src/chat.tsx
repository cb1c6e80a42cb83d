// The chat: a question, the thought unfolding, the answer and its sources.
import { h, Fragment } from "preact";
import { ask, events, Failure, type Source } from "./api";
import { count, seconds } from "./format";
import { progressOfPlan } from "./plan";
import { redraw, store } from "./state";
import { t } from "./words";

export interface Turn {
  question: string;
  id: string;
  thought: string;
  answer: string;
  sources: Source[];
  refusal: string;
  reason: string; // "" while it comes; stop, length, content_filter, cancelled
  failure: Failure | null;
  began: number; // ms
  answerAt: number; // when the thought ended, ms
  ended: number;
  thoughtTokens: number;
  tokens: number;
  unfold: boolean | null; // the thought, when the reader has chosen
  rating: boolean | null;
  ratingFailure: string;
  abort: AbortController;
}

export function Chat() {
  const s = store.server;
  if (store.failure && !s) {
    return <div class="card middle" role="alert"><p class="failure">{store.failure.message}</p></div>;
  }
  if (!s) return <p class="middle quiet">{t("loading")}</p>;
  if (!s.release) return <NotReady />;
  return <div class={store.turns.length ? "chat" : "chat new"}>
    <div class="turns" role="log" aria-live="polite" aria-label={t("conversation")}>
      {store.turns.length === 0 ? <Hello /> : store.turns.map(turn => <TurnView key={turn.began} turn={turn} />)}
    </div>
    <Ask />
  </div>;
}

function NotReady() {
  const p = progressOfPlan();
  return <div class="card middle">
    <h1>{t("notReady")}</h1>
    {p && <Fragment>
      <progress max={1} value={p.part} aria-label={t("notReady")} />
      <p>{t("stepsDone", p.done, p.all)}{p.now && <span class="quiet"> · {p.now}</span>}</p>
    </Fragment>}
    <p class="quiet">{t("notReadyHelp")}</p>
    <a class="button main" href="#plan">{t("toPlan")}</a>
  </div>;
}

function Hello() {
  const r = store.server!.release!;
  const en = store.lang === "en";
  return <div class="hello">
    <h1>{t("hello", r.name)}</h1>
    <p class="quiet">{t("helloHelp")}</p>
    <Facts />
    {r.examples.length > 0 && <ul class="examples" aria-label={t("examples")}>
      {r.examples.map(e => <li><button onClick={() => send(en ? e.en : e.zh)}>{en ? e.en : e.zh}</button></li>)}
    </ul>}
  </div>;
}

// Facts says what answers.
function Facts() {
  const a = store.server!.release!.about, facts = [];
  if (a?.parameters) facts.push(t("factParameters", a.parameters < 1e6 ? count(Math.round(a.parameters / 1e3)) + " K" : (a.parameters / 1e6).toFixed(1) + " M"));
  if (a?.think) facts.push(t("factThink", count(a.think)));
  if (a?.passages) facts.push(t("factPassages", count(a.passages)));
  facts.push(t("factHere"));
  return <ul class="facts">{facts.map(f => <li>{f}</li>)}</ul>;
}

function TurnView({ turn }: { turn: Turn }) {
  return <article class="turn">
    <div class="question"><span class="hidden">{t("you")}: </span>{turn.question}</div>
    <div class="reply">
      <Thought turn={turn} />
      {turn.answer && <div class="answer">{answerOf(turn)}</div>}
      {turn.refusal && <div class="answer refusal">{turn.refusal}</div>}
      {turn.failure && <Failed turn={turn} />}
      {turn.reason === "cancelled" && <p class="quiet">{t("stopped")}</p>}
      {turn.reason === "length" && <p class="quiet">{t("cutShort")}</p>}
      {turn.sources.length > 0 && turn.answer && <Sources list={turn.sources} />}
      {turn.reason && <Foot turn={turn} />}
    </div>
  </article>;
}

// answerOf leaves out the answer's last paragraph if that only names the
// source, which shows below.
function answerOf(turn: Turn): string {
  const end = turn.answer.lastIndexOf("\n\n");
  const named = end > 0 && turn.sources.some(s => turn.answer.indexOf(s.file, end) > 0);
  return named ? turn.answer.slice(0, end) : turn.answer;
}

// Thought shows the thought open while it comes, and folded after, unless
// the reader has chosen otherwise.
function Thought({ turn }: { turn: Turn }) {
  if (!turn.thought) return turn.reason || turn.answer || turn.failure ? null : <p class="quiet pulse">{t("waiting")}</p>;
  const coming = !turn.answerAt && !turn.reason;
  const took = seconds(((turn.answerAt || turn.ended) - turn.began) / 1000);
  return <details class="thought" open={turn.unfold ?? coming}>
    <summary class={coming ? "pulse" : ""} onClick={e => {
      e.preventDefault();
      turn.unfold = !(turn.unfold ?? coming);
      redraw();
    }}>{coming ? t("thinking") : turn.thoughtTokens ? t("thoughtTokens", took, turn.thoughtTokens) : t("thought", took)}</summary>
    <div class="thoughts">{turn.thought}</div>
  </details>;
}

function Failed({ turn }: { turn: Turn }) {
  const f = turn.failure!;
  return <div class="failure" role="alert">
    <p>{f.message}</p>
    {f.code === "model_not_ready" ? <a class="button" href="#plan">{t("toPlan")}</a>
      : <button onClick={() => again(turn)}>{t("retry")}</button>}
  </div>;
}

function Sources({ list }: { list: Source[] }) {
  return <section class="sources" aria-label={t("sources")}>
    <h2>{t("sources")}</h2>
    {list.map(s => <details>
      <summary>{s.heading && <span>{s.heading} · </span>}<code>{s.file}</code></summary>
      <blockquote>{s.text}</blockquote>
    </details>)}
  </section>;
}

function Foot({ turn }: { turn: Turn }) {
  const rated = turn.rating !== null, said = turn.answer || turn.thought;
  return <footer class={said ? "" : "hidden"}>
    {store.server!.release!.label && said && <span class="label">{t("aiLabel")}</span>}
    {turn.tokens > 0 && <span class="quiet">{t("cost", turn.tokens, seconds((turn.ended - turn.began) / 1000))}</span>}
    {turn.id && turn.answer && <span class="rate">
      <button aria-pressed={turn.rating === true} aria-label={t("good")} title={t("good")} onClick={() => rate(turn, true)}><Thumb up /></button>
      <button aria-pressed={turn.rating === false} aria-label={t("bad")} title={t("bad")} onClick={() => rate(turn, false)}><Thumb /></button>
    </span>}
    <span class="quiet" role="status">{turn.ratingFailure || (rated ? t("thanks") : "")}</span>
  </footer>;
}

function Thumb({ up = false }) {
  return <svg class={up ? "" : "down"} viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
    <path d="M2 9h3v8H2zM7 9l3-7c1.5 0 2 1 2 2.2L11.6 8H16c1.2 0 2 .9 1.8 2l-1 5.5c-.2.9-.9 1.5-1.8 1.5H7z"
      fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" />
  </svg>;
}

const coming = () => store.turns.find(turn => !turn.reason && !turn.failure);

function Ask() {
  const now = coming();
  return <form class="ask" onSubmit={e => { e.preventDefault(); send(store.draft); }}>
    <label class="hidden" for="question">{t("question")}</label>
    <div class="field"><textarea id="question" rows={1} placeholder={t("askPlace")} value={store.draft} aria-describedby="how"
      onInput={e => { store.draft = (e.target as HTMLTextAreaElement).value; redraw(); }}
      onKeyDown={e => {
        // An input method's Enter chooses a word; it must not send.
        if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
        e.preventDefault();
        send(store.draft);
      }} />
    <div class="buttons">
      <span id="how" class="quiet">{t("askHint")}</span>
      {store.turns.length > 0 && !now && <button type="button" class="bare" onClick={() => { store.turns = []; redraw(); }}>{t("clear")}</button>}
      {now ? <button type="button" class="main" onClick={() => now.abort.abort()}>{t("stop")}</button>
        : <button type="submit" class="main" disabled={!store.draft.trim()}>{t("send")}</button>}
    </div></div>
  </form>;
}

function again(turn: Turn) {
  store.turns = store.turns.filter(other => other !== turn);
  send(turn.question);
}

async function send(text: string) {
  text = text.trim();
  if (!text || coming()) return;
  store.draft = "";
  const turn: Turn = {
    question: text, id: "", thought: "", answer: "", sources: [], refusal: "", reason: "", failure: null,
    began: performance.timeOrigin + performance.now(), answerAt: 0, ended: 0, thoughtTokens: 0, tokens: 0,
    unfold: null, rating: null, ratingFailure: "", abort: new AbortController(),
  };
  store.turns.push(turn);
  change(turn);
  try {
    const r = await ask("POST", "/v1/chat/completions", {
      model: store.server!.release!.name, messages: [{ role: "user", content: text }],
      stream: true, stream_options: { include_usage: true },
    }, turn.abort.signal);
    let whole = false;
    for await (const e of events(r)) {
      if (e.data === "[DONE]") { whole = true; break; }
      take(turn, JSON.parse(e.data));
      change(turn);
    }
    if (!whole) throw new Failure(0, "broken", t("brokenOff"));
  } catch (err) {
    if (turn.abort.signal.aborted) turn.reason = "cancelled";
    else turn.failure = err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff"));
    if (turn.failure?.status === 401) store.signIn = true;
  }
  turn.ended = performance.timeOrigin + performance.now();
  change(turn);
}

// take adds one chunk of the stream to the turn.
function take(turn: Turn, c: any) {
  if (c.error) throw new Failure(500, c.error.code, c.error.message);
  const now = performance.timeOrigin + performance.now();
  turn.id = c.id;
  if (c.suiren?.sources) turn.sources = c.suiren.sources;
  if (c.suiren?.refusal) turn.refusal = c.suiren.refusal.text;
  if (c.usage) {
    turn.tokens = c.usage.completion_tokens;
    turn.thoughtTokens = c.usage.completion_tokens_details?.reasoning_tokens ?? 0;
  }
  const choice = c.choices[0];
  if (!choice) return;
  if (choice.delta.reasoning_content) turn.thought += choice.delta.reasoning_content;
  if (choice.delta.content && !choice.delta.refusal) {
    turn.answerAt ||= now;
    turn.answer += choice.delta.content;
  }
  if (choice.finish_reason) {
    turn.ended = now;
    turn.reason = choice.finish_reason;
  }
}

// change draws, and keeps the end of the conversation in sight if it was.
function change(turn: Turn) {
  const page = document.scrollingElement!;
  const low = page.scrollHeight - page.scrollTop - page.clientHeight < 120 || turn === store.turns.at(-1) && !turn.id;
  redraw();
  if (low) setTimeout(() => page.scrollTo({ top: page.scrollHeight }), 40);
}

async function rate(turn: Turn, good: boolean) {
  const before = turn.rating;
  turn.rating = good;
  turn.ratingFailure = "";
  redraw();
  try {
    await ask("POST", "/api/feedback", { id: turn.id, good });
  } catch (err) {
    turn.rating = before;
    turn.ratingFailure = (err as Failure).message;
  }
  redraw();
}

// A conversation: questions that branch, each with an answer of every chosen model.
import { ask, events, Failure, redraw, type Release, type Source, store, t } from "../kit";
import type { Mark } from "./written";

export interface Reply {
  model: string; id: string; thought: string; answer: string; calls: string[]; sources: Source[]; marks: Mark[]; refusal: string;
  reason: string; // "" while it comes; stop, length, content_filter, cancelled
  failure: Failure | null;
  began: number; first: number; answerAt: number; ended: number; // ms
  prompt: number; tokens: number; thoughtTokens: number;
  seed: string; // of the answer; larger than a number of JavaScript's
  unfold: boolean | null; // the thought, when the reader has chosen
  rating: boolean | null; ratingSaid: string;
  abort: AbortController;
}

export interface Turn { id: number; question: string; replies: Reply[]; parent: Turn | null; children: Turn[]; chosen: number }

export interface Options { system: string; temperature: string; top_p: string; max_tokens: string; seed: string; think: string; adapter: string }

const root: Turn = { id: 0, question: "", replies: [], parent: null, children: [], chosen: 0 };
let turns = 0;

export const talk = {
  draft: "", model: "", beside: "",
  options: { system: "", temperature: "", top_p: "", max_tokens: "", seed: "", think: "", adapter: "" } as Options,
};

export const now = () => performance.timeOrigin + performance.now();

// path is the chosen branch, from the first question.
export function path(): Turn[] {
  const out: Turn[] = [];
  for (let at = root; at.children.length; out.push(at = at.children[at.chosen]));
  return out;
}

export function clear() { root.children = []; root.chosen = 0; redraw(); }

export const coming = () => path().flatMap(turn => turn.replies).filter(r => !r.reason && !r.failure);

export const release = (name: string): Release | undefined => store.server?.releases.find(r => r.name === name);

// alone reports whether a release answers each question by itself: those of a
// plan's own small models were taught and judged that way.
export const alone = (r: Release | undefined) => !!r?.about?.layers;

export function modelsNow(): string[] {
  const can = (store.server?.releases ?? []).filter(r => r.answers).map(r => r.name);
  const one = can.includes(talk.model) ? talk.model : can[0];
  return [one, ...can.includes(talk.beside) && talk.beside !== one ? [talk.beside] : []].filter(Boolean);
}

// send asks a question after a turn; without one, after the last.
export function send(text: string, after: Turn = path().at(-1) ?? root) {
  text = text.trim();
  if (!text || coming().length) return;
  const turn: Turn = { id: ++turns, question: text, replies: [], parent: after, children: [], chosen: 0 };
  after.children.push(turn);
  after.chosen = after.children.length - 1;
  for (const model of modelsNow()) turn.replies.push(begin(turn, model));
  redraw();
}

// again asks a turn's question once more, or another, as a branch beside it.
export const again = (turn: Turn, text = turn.question) => send(text, turn.parent ?? root);

// body is the request for an answer of a model to a turn.
export function body(turn: Turn, model: string, seed = talk.options.seed): Record<string, unknown> {
  const o = talk.options, messages: { role: string; content: string }[] = [];
  if (o.system.trim()) messages.push({ role: "system", content: o.system });
  if (!alone(release(model))) {
    const before: Turn[] = [];
    for (let at = turn.parent; at && at !== root; at = at.parent) before.unshift(at);
    for (const old of before) {
      const r = old.replies.find(one => one.model === model) ?? old.replies[0];
      messages.push({ role: "user", content: old.question });
      if (r?.answer) messages.push({ role: "assistant", content: r.answer });
    }
  }
  messages.push({ role: "user", content: turn.question });
  const b: Record<string, unknown> = { model, messages };
  for (const k of ["temperature", "top_p", "max_tokens"] as const) if (o[k] !== "" && Number.isFinite(+o[k])) b[k] = +o[k];
  if (release(model)?.about?.adapters?.includes(o.adapter)) b.adapter = o.adapter;
  if (o.think) b.think = o.think === "on";
  if (/^\d+$/.test(seed)) b.seed = seed;
  return b;
}

// wire is a body as JSON: a seed may be larger than JavaScript's numbers hold.
export const wire = (b: Record<string, unknown>, space = 0) => JSON.stringify(b, null, space).replace(/"seed":( ?)"(\d+)"/, '"seed":$1$2');

export function begin(turn: Turn, model: string, seed?: string): Reply {
  const reply: Reply = {
    model, id: "", thought: "", answer: "", calls: [], sources: [], marks: [], refusal: "", reason: "", failure: null, began: now(), first: 0, answerAt: 0, ended: 0,
    prompt: 0, tokens: 0, thoughtTokens: 0, seed: "", unfold: null, rating: null, ratingSaid: "", abort: new AbortController(),
  };
  run(reply, wire({ ...body(turn, model, seed), stream: true, stream_options: { include_usage: true } }));
  return reply;
}

async function run(reply: Reply, text: string) {
  try {
    const r = await ask("POST", "/v1/chat/completions", text, reply.abort.signal);
    let whole = false;
    for await (const e of events(r)) {
      if (e.data === "[DONE]") { whole = true; break; }
      take(reply, e.data);
      change(reply);
    }
    if (!whole) throw new Failure(0, "broken", t("brokenOff"));
  } catch (err) {
    if (reply.abort.signal.aborted) reply.reason = "cancelled";
    else reply.failure = err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff"));
    if (reply.failure?.status === 401) store.signIn = true;
  }
  reply.ended = now();
  change(reply);
}

// take adds one chunk of the stream to a reply.
function take(reply: Reply, data: string) {
  const c = JSON.parse(data);
  if (c.error) throw new Failure(500, c.error.code, c.error.message);
  reply.id = c.id;
  reply.first ||= now();
  if (c.suiren?.sources) reply.sources = c.suiren.sources;
  if (c.suiren?.marks) reply.marks.push(...c.suiren.marks);
  if (c.suiren?.refusal) reply.refusal = c.suiren.refusal.text;
  if (c.suiren?.seed !== undefined) reply.seed = /"seed":(\d+)/.exec(data)?.[1] ?? "";
  if (c.usage) {
    reply.prompt = c.usage.prompt_tokens;
    reply.tokens = c.usage.completion_tokens;
    reply.thoughtTokens = c.usage.completion_tokens_details?.reasoning_tokens ?? 0;
  }
  const choice = c.choices[0];
  if (!choice) return;
  if (choice.delta.reasoning_content) reply.thought += choice.delta.reasoning_content;
  for (const call of choice.delta.tool_calls ?? []) if (call.function?.name) reply.calls.push(call.function.name);
  if (choice.delta.content && !choice.delta.refusal) {
    reply.answerAt ||= now();
    reply.answer += choice.delta.content;
  }
  if (choice.finish_reason) {
    reply.ended = now();
    reply.reason = choice.finish_reason;
  }
}

// change draws, and keeps the end of the conversation in sight if it was.
function change(reply: Reply) {
  const page = document.scrollingElement!;
  const low = page.scrollHeight - page.scrollTop - page.clientHeight < 120 || !reply.id;
  redraw();
  if (low) setTimeout(() => page.scrollTo({ top: page.scrollHeight }), 40);
}

export async function rate(reply: Reply, good: boolean, reason = "") {
  const before = reply.rating;
  reply.rating = good;
  reply.ratingSaid = "";
  redraw();
  try {
    await ask("POST", "/api/feedback", { id: reply.id, good, reason });
    reply.ratingSaid = t("thanks");
  } catch (err) {
    reply.rating = before;
    reply.ratingSaid = (err as Failure).message;
  }
  redraw();
}

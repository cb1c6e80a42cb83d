// The conversations that are open: questions that branch, each with an answer of
// every chosen model; and what keeps them as they grow.
import { ask, events, Failure, redraw, type Release, store, t } from "../kit";
import { type Head, list, me, mostOne, onTold, read, remove, shelf, write } from "../pages/kept";
import { merge, newReply, newTalk, newTurn, type Reply, taken, type Talk, type Turn, turnsOf, written } from "./talk";

export let talk = newTalk(); // the one that shows
export const state = { told: "" as "" | "other" | "both" | "gone" | "missing" | "broken" | "large" | "file" };

const open = new Map<string, Talk>(); // those whose answers come, or that are not kept yet
let who = "", reads = 0;

export const now = () => performance.timeOrigin + performance.now();

// path is the chosen branch, from the first question.
export function path(of = talk): Turn[] {
  const out: Turn[] = [];
  for (let at = of.root; at.children.length; out.push(at = at.children[at.chosen]));
  return out;
}

const pending = (r: Reply) => !r.reason && !r.failure;

export const coming = () => turnsOf(talk).flatMap(turn => turn.replies).filter(pending);

// busy reports whether answers of a conversation come, in sight or not.
export const busy = (id: string) => { const of = talk.id === id ? talk : open.get(id); return !!of && turnsOf(of).some(turn => turn.replies.some(pending)); };

export const stop = () => coming().forEach(r => r.abort.abort());

export const keyboard = { here: false }; // the keyboard is to go where a question is asked

// fresh begins a new conversation, with the keyboard where it is asked.
export function fresh() {
  location.hash = "#chat/new";
  keyboard.here = true;
  redraw();
}

export const release = (name: string): Release | undefined => store.server?.releases.find(r => r.name === name);

// alone reports whether a release answers each question by itself: those of a
// plan's own small models were taught and judged that way.
export const alone = (r: Release | undefined) => !!r?.about?.layers;

// baseFor is the knowledge base that a model is to be asked with; "": the one it is served with, if it
// has one; noBase: none though it has one.
export const noBase = "-"; // no base has such a name
export const baseFor = (model: string) => {
  const r = release(model), base = talk.options.knowledge;
  return !r?.bases || base === (r.base ?? noBase) ? "" : base;
};

export function modelsNow(): string[] {
  const can = (store.server?.releases ?? []).filter(r => r.answers).map(r => r.name);
  const one = can.includes(talk.model) ? talk.model : can[0];
  return [one, ...can.includes(talk.beside) && talk.beside !== one ? [talk.beside] : []].filter(Boolean);
}

// forMe begins anew for somebody else, who finds nothing of who was here before.
export function forMe() {
  if (who === me()) return;
  for (const of of [talk, ...open.values()]) silence(of);
  open.clear();
  who = me();
  talk = newTalk();
  shelf.heads = [];
  list();
}

// silence ends the answers of a conversation that come.
function silence(of: Talk) { for (const turn of turnsOf(of)) for (const r of turn.replies) r.abort.abort(); }

// turnTo shows the conversation of an address: "" is the one that showed last, new an empty one.
export async function turnTo(rest: string) {
  if (rest === talk.id || (rest === "" || rest === "new") && blank(talk)) return;
  if (rest === "") return address();
  state.told = "";
  if (!talk.gone && (talk.dirty || saving.has(talk) || busy(talk.id))) open.set(talk.id, talk);
  else open.delete(talk.id);
  if (rest === "new" || open.has(rest)) {
    talk = open.get(rest) ?? newTalk(talk);
    return redraw();
  }
  const mine = ++reads, found = await read(rest);
  const of = found && taken(found.body, rest, found.head.version, false, t("brokenOff"));
  if (mine !== reads || store.rest !== rest) return;
  if (of) talk = of;
  else {
    state.told = found ? "broken" : "missing";
    talk = newTalk(talk);
    address("new");
  }
  redraw();
  if (of) setTimeout(() => document.scrollingElement!.scrollTo({ top: document.scrollingElement!.scrollHeight }), 60);
}

const blank = (of: Talk) => !of.root.children.length && !of.draft.trim();

// address names the conversation that shows, without a step for the browser's back.
function address(rest = talk.id) {
  if (store.page !== "chat") return;
  store.rest = rest;
  history.replaceState(null, "", "#chat/" + rest);
}

// touched draws what has changed, and keeps it soon.
export function touched(of = talk, soon = 400) {
  of.dirty = true;
  if (of === talk) {
    if (state.told !== "large") state.told = "";
    if (!blank(of) && store.rest !== of.id) address();
  }
  redraw();
  later(of, soon);
}

const timers = new Map<Talk, { timer: number; due: number }>(), saving = new Set<Talk>();

// later keeps a conversation in so many milliseconds, or sooner if that was said.
function later(of: Talk, ms: number) {
  const due = now() + ms, before = timers.get(of);
  if (before && before.due <= due) return;
  clearTimeout(before?.timer);
  timers.set(of, { due, timer: setTimeout(() => { timers.delete(of); save(of); }, ms) });
}

async function save(of: Talk) {
  if (!of.dirty || of.gone || who !== me() || blank(of) && !of.version) return;
  if (saving.has(of)) return later(of, 100);
  if (blank(of)) { // a draft that was taken back
    of.version = 0;
    of.dirty = false;
    return remove([of.id]);
  }
  saving.add(of);
  of.dirty = false;
  let more = false, large = false, gone = false;
  const kept: Head | null = await write(of.id, old => {
    if (!old && of.version > 0) { gone = true; return null; }
    if (old && old.head.version !== of.version) {
      const theirs = taken(old.body, of.id, old.head.version, true, "");
      more = !!theirs && merge(of, theirs);
    }
    const body = written(of);
    if (body.length > mostOne) { large = true; return null; }
    return { title: (of.root.children[0]?.question ?? of.draft).trim().split("\n")[0].slice(0, 80), body };
  }, busy(of.id));
  saving.delete(of);
  if (kept) of.version = kept.version;
  else if (gone) lose(of);
  else of.dirty = true; // and it stays open
  if (of === talk && (large || more)) state.told = large ? "large" : "both";
  if (of !== talk && !of.dirty && !busy(of.id)) open.delete(of.id);
  redraw();
}

// lose lets go of a conversation that was deleted.
function lose(of: Talk) {
  of.gone = true;
  silence(of);
  open.delete(of.id);
  if (of !== talk) return;
  talk = newTalk(of);
  address("new");
  redraw();
}

// deleted lets go of conversations that were deleted, here or in another tab.
export function deleted(ids: string[], elsewhere = false) {
  for (const of of [talk, ...open.values()]) if (ids.includes(of.id)) {
    if (of === talk && elsewhere) state.told = "gone";
    lose(of);
  }
}

onTold(async m => {
  if (m.gone) deleted(m.gone, true);
  const of = talk, own = () => of.dirty || saving.has(of) || coming().length > 0; // what is not kept yet is merged when it is
  if (m.wrote !== of.id || own() || m.version! <= of.version) return;
  const found = await read(of.id), theirs = found && taken(found.body, of.id, found.head.version, !!m.coming, t("brokenOff"));
  if (!theirs || talk !== of || own() || theirs.version <= of.version) return;
  const said = (one: Talk) => turnsOf(one).map(turn => turn.id + turn.replies.map(r => r.model + r.answer + r.reason)).join();
  if (said(theirs) !== said(of)) state.told = "other";
  talk = theirs;
  redraw();
});

addEventListener("pagehide", () => { for (const of of [talk, ...open.values()]) save(of); });
addEventListener("visibilitychange", () => { if (document.hidden) for (const of of [talk, ...open.values()]) save(of); });

// send asks a question after a turn; without one, after the last.
export function send(text: string, after: Turn = path().at(-1) ?? talk.root) {
  text = text.trim();
  if (!text || coming().length) return;
  const turn = newTurn(text, after);
  after.children.push(turn);
  after.chosen = after.children.length - 1;
  for (const model of modelsNow()) turn.replies.push(begin(turn, model));
  touched(talk, 0);
}

// sendDraft asks what stands in the field.
export function sendDraft() {
  if (!talk.draft.trim() || coming().length) return;
  const text = talk.draft;
  talk.draft = "";
  send(text);
}

// again asks a turn's question once more, or another, as a branch beside it.
export const again = (turn: Turn, text = turn.question) => send(text, turn.parent!);

// body is the request for an answer of a model to a turn.
export function body(turn: Turn, model: string, seed = talk.options.seed): Record<string, unknown> {
  const o = talk.options, messages: { role: string; content: string }[] = [];
  if (o.system.trim()) messages.push({ role: "system", content: o.system });
  if (!alone(release(model))) {
    const before: Turn[] = [];
    for (let at = turn.parent; at?.parent; at = at.parent) before.unshift(at);
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
  const base = baseFor(model);
  if (base) b.knowledge = base !== noBase && base;
  if (o.think) b.think = o.think === "on";
  if (/^\d+$/.test(seed)) b.seed = seed;
  return b;
}

// wire is a body as JSON: a seed may be larger than JavaScript's numbers hold.
export const wire = (b: Record<string, unknown>, space = 0) => JSON.stringify(b, null, space).replace(/"seed":( ?)"(\d+)"/, '"seed":$1$2');

export function begin(turn: Turn, model: string, seed?: string): Reply {
  const base = baseFor(model), reply = { ...newReply(model, base === noBase ? "" : base), began: now() };
  run(talk, reply, wire({ ...body(turn, model, seed), stream: true, stream_options: { include_usage: true } }));
  return reply;
}

async function run(of: Talk, reply: Reply, text: string) {
  try {
    const r = await ask("POST", "/v1/chat/completions", text, reply.abort.signal);
    let whole = false;
    for await (const e of events(r)) {
      if (e.data === "[DONE]") { whole = true; break; }
      take(reply, e.data);
      change(of, reply);
    }
    if (!whole) throw new Failure(0, "broken", t("brokenOff"));
  } catch (err) {
    if (reply.abort.signal.aborted) reply.reason = "cancelled";
    else reply.failure = err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff"));
    if (reply.failure?.status === 401) store.signIn = true;
  }
  reply.ended = now();
  change(of, reply);
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
  if (c.suiren?.retract) { // the rest of the answer is withdrawn: it is not shown, nor kept
    const { from, text } = c.suiren.retract;
    reply.answer = new TextDecoder().decode(new TextEncoder().encode(reply.answer).slice(0, from));
    reply.marks = reply.marks.filter(m => m.to <= [...reply.answer].length);
    reply.refusal = text;
  }
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
function change(of: Talk, reply: Reply) {
  of.dirty = true;
  later(of, pending(reply) ? 500 : 0);
  if (of !== talk) return redraw();
  const page = document.scrollingElement!;
  const low = page.scrollHeight - page.scrollTop - page.clientHeight < 120 || !reply.id;
  redraw();
  if (low) setTimeout(() => page.scrollTo({ top: page.scrollHeight }), 40);
}

let rated = Promise.resolve(); // the last rating, once the server has it
const rating = new Map<Reply, number>();

// rate sends ratings one after another: the last is the one that counts.
export function rate(reply: Reply, good: boolean, reason = "") {
  const before = reply.rating, of = talk, mine = (rating.get(reply) ?? 0) + 1;
  rating.set(reply, mine);
  reply.rating = good;
  reply.ratingSaid = "";
  redraw();
  rated = rated.then(async () => {
    let said = "thanks", failed = false;
    try {
      await ask("POST", "/api/feedback", { id: reply.id, good, reason });
    } catch (err) { [said, failed] = [(err as Failure).message, true]; }
    if (rating.get(reply) !== mine) return; // it was rated again meanwhile
    rating.delete(reply);
    if (failed) reply.rating = before;
    reply.ratingSaid = said;
    touched(of);
  });
}

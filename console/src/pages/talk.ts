// A conversation as it is kept: a list of turns, each after one before it. What
// is read back is hostile until it has this shape.
import { Failure, type Source } from "../kit";
import type { Mark } from "./written";

export interface Reply {
  model: string; knowledge: string; id: string; thought: string; answer: string; calls: string[]; sources: Source[]; marks: Mark[]; refusal: string;
  reason: string; // "" while it comes; stop, length, content_filter, cancelled; elsewhere: it comes in another tab
  failure: Failure | null;
  began: number; first: number; answerAt: number; ended: number; // ms
  prompt: number; tokens: number; thoughtTokens: number;
  seed: string; // of the answer; larger than a number of JavaScript's
  unfold: boolean | null; // the thought, when the reader has chosen
  rating: boolean | null; ratingSaid: string; // thanks, or why it was not taken
  abort: AbortController;
}

export interface Turn { id: string; question: string; replies: Reply[]; parent: Turn | null; children: Turn[]; chosen: number }

export interface Options { system: string; temperature: string; top_p: string; max_tokens: string; seed: string; think: string; adapter: string; knowledge: string }

export interface Talk {
  id: string; root: Turn; draft: string; model: string; beside: string; options: Options;
  version: number; // that was read or written last; 0: not kept yet
  dirty: boolean; gone: boolean; // deleted in another tab
}

export const newId = () => [...crypto.getRandomValues(new Uint8Array(8))].map(b => b.toString(16).padStart(2, "0")).join("");

export const newTurn = (question: string, parent: Turn | null, id = newId()): Turn => ({ id, question, replies: [], parent, children: [], chosen: 0 });

export const newReply = (model: string, knowledge = ""): Reply => ({
  model, knowledge, id: "", thought: "", answer: "", calls: [], sources: [], marks: [], refusal: "", reason: "", failure: null, began: 0, first: 0, answerAt: 0, ended: 0,
  prompt: 0, tokens: 0, thoughtTokens: 0, seed: "", unfold: null, rating: null, ratingSaid: "", abort: new AbortController(),
});

export const newTalk = (like?: Talk): Talk => ({
  id: newId(), root: newTurn("", null, ""), draft: "", model: like?.model ?? "", beside: like?.beside ?? "", version: 0, dirty: false, gone: false,
  options: like ? { ...like.options } : { system: "", temperature: "", top_p: "", max_tokens: "", seed: "", think: "", adapter: "", knowledge: "" },
});

// turnsOf are all turns, each after its parent.
export function turnsOf(t: Talk): Turn[] {
  const out: Turn[] = [];
  for (const list = [...t.root.children]; list.length;) {
    const turn = list.shift()!;
    out.push(turn);
    list.push(...turn.children);
  }
  return out;
}

const numbers = ["began", "first", "answerAt", "ended", "prompt", "tokens", "thoughtTokens"] as const;
const texts = ["model", "knowledge", "id", "thought", "answer", "refusal", "reason", "seed"] as const;

// written is a conversation as it is kept.
export function written(t: Talk): string {
  return JSON.stringify({
    draft: t.draft, model: t.model, beside: t.beside, options: t.options, chosen: t.root.chosen,
    turns: turnsOf(t).map(turn => ({
      id: turn.id, after: turn.parent!.id, question: turn.question, chosen: turn.chosen,
      replies: turn.replies.map(({ abort, failure, unfold, ratingSaid, ...r }) => ({ ...r, reason: r.reason === "elsewhere" ? "" : r.reason, failure: failure && { status: failure.status, code: failure.code, message: failure.message } })),
    })),
  });
}

const text = (v: unknown, most = 4 << 20) => typeof v === "string" ? v.slice(0, most) : "";
const number = (v: unknown) => typeof v === "number" && Number.isFinite(v) ? v : 0;
const list = (v: unknown): any[] => Array.isArray(v) ? v : [];
const own = (v: unknown): any => typeof v === "object" && v !== null ? v : {};
const quotes = (v: unknown) => list(v).filter(q => Array.isArray(q) && q.length === 2 && q.every(Number.isInteger)) as [number, number][];

// taken reads what is kept of a conversation; null if it has not the shape of one.
// A reply that had not ended is one that broke off, or comes in another tab.
export function taken(body: unknown, id: string, version: number, coming: boolean, brokenOff: string): Talk | null {
  let v: any;
  try { v = typeof body === "string" ? JSON.parse(body) : null; } catch { v = null; }
  if (!Array.isArray(v?.turns) || v.turns.length > 10000) return null;
  const t = newTalk(), by = new Map([["", t.root]]);
  Object.assign(t, { id, version, draft: text(v.draft), model: text(v.model, 200), beside: text(v.beside, 200) });
  for (const k of Object.keys(t.options) as (keyof Options)[]) t.options[k] = text(own(v.options)[k]);
  for (const one of v.turns) {
    const after = by.get(one?.after);
    if (!after || typeof one.id !== "string" || !/^[0-9a-f]{16}$/.test(one.id) || by.has(one.id) || typeof one.question !== "string") return null;
    const turn = newTurn(one.question, after, one.id);
    turn.chosen = number(one.chosen);
    for (const r of list(one.replies)) if (!turn.replies.some(other => other.model === r?.model)) turn.replies.push(replyOf(own(r), coming, brokenOff));
    after.children.push(turn);
    by.set(turn.id, turn);
  }
  t.root.chosen = number(v.chosen);
  for (const turn of by.values()) if (!turn.children[turn.chosen]) turn.chosen = Math.max(0, turn.children.length - 1);
  return t;
}

function replyOf(r: any, coming: boolean, brokenOff: string): Reply {
  const out = newReply("");
  for (const k of texts) out[k] = text(r[k]);
  for (const k of numbers) out[k] = number(r[k]);
  if (!/^\d*$/.test(out.seed)) out.seed = "";
  out.calls = list(r.calls).filter(c => typeof c === "string");
  out.sources = list(r.sources).map(own).filter(s => typeof s.file === "string" && typeof s.text === "string").map(s => ({
    id: text(s.id), file: s.file, heading: text(s.heading), text: s.text, score: number(s.score), page: number(s.page), start: number(s.start), end: number(s.end),
    quotes: quotes(s.quotes),
  }));
  out.marks = list(r.marks).map(own).filter(m => Number.isInteger(m.from) && Number.isInteger(m.to)).map(m => ({
    from: m.from, to: m.to, supported: m.supported === true, corrected: number(m.corrected),
    cites: list(m.cites).map(own).filter(c => Number.isInteger(c.source) && typeof c.file === "string").map(c => ({ source: c.source, id: text(c.id), file: c.file, page: number(c.page), quotes: quotes(c.quotes) })),
  }));
  out.rating = typeof r.rating === "boolean" ? r.rating : null;
  if (r.failure) out.failure = new Failure(number(r.failure.status), text(r.failure.code), text(r.failure.message));
  else if (!out.reason) {
    if (coming) out.reason = "elsewhere";
    else out.failure = new Failure(0, "broken", brokenOff);
  }
  return out;
}

// merge adds to a conversation what another tab wrote of it: nothing of either is lost.
// It reports whether there was anything.
export function merge(into: Talk, from: Talk): boolean {
  const by = new Map(turnsOf(into).map(turn => [turn.id, turn]));
  by.set("", into.root);
  let more = false;
  for (const theirs of turnsOf(from)) {
    const mine = by.get(theirs.id);
    if (!mine) {
      const turn = newTurn(theirs.question, by.get(theirs.parent!.id)!, theirs.id);
      turn.replies = theirs.replies;
      turn.parent!.children.push(turn);
      by.set(turn.id, turn);
      more = true;
      continue;
    }
    theirs.replies.forEach(r => {
      const at = mine.replies.findIndex(other => other.model === r.model);
      if (at < 0) mine.replies.push(r);
      else if (mine.replies[at].reason === "elsewhere" || mine.replies[at].failure?.code === "broken" && r.reason) mine.replies[at] = r; // they have more of it
      else mine.replies[at].rating ??= r.rating;
    });
  }
  return more;
}

// wordsOf is all that was asked and answered in what is kept, for a search.
export function wordsOf(body: unknown): string {
  const t = taken(body, "", 0, false, "");
  return t ? turnsOf(t).flatMap(turn => [turn.question, ...turn.replies.map(r => r.answer)]).join("\n") : "";
}

// What the server tells of the plan and its runs, kept as it comes.
import { ask, events, Failure, get, type Live } from "./api";
import { clauses, count, seconds } from "./format";
import { inTurn, redraw, store } from "./state";
import { maybe, t } from "./words";

export interface Node {
  kind: string; name: string;
  action: string; // make, change, keep, remove
  state: string;  // waiting, running, done, failed, skipped
  reason?: string;
  why?: string; // it failed or was skipped
  forecast?: { low: number; high: number; memory: number; disk?: number; flops?: number; derived?: string; basis?: string };
  actual?: { seconds: number; memory: number };
  digest?: string;
  inputs?: string[]; // of blocks, "kind.name"
  progress?: { done: number; total: number; unit?: string }; // of one that runs
}
export interface PlanView { name?: string; nodes: Node[] }
export interface Run { id: string; state: string; began: string }

// StepLive is what the events of a run have told of one step.
export interface StepLive {
  done: number; total: number; unit: string; what: string;
  since: number; first: number; // when this phase began, by our clock, and at what
  values: Record<string, number>;
  series: Map<string, [number, number][]>; // name → (step, value)
  notes: string[];
}

export const idOf = (n: Node) => `${n.kind}.${n.name}`;

const may = (action: string) => store.who?.may[action] !== false;

export const loadPlan = inTurn(async () => {
  try {
    const [plan, runs] = await Promise.all([may("read_plan") ? get<PlanView>("/api/plan") : null, may("read_runs") ? get<Run[]>("/api/runs") : null]);
    store.plan = plan;
    store.noPlan = !plan;
    store.runs = runs ?? [];
    redraw();
  } catch (err) {
    if (err instanceof Failure && err.status === 401) store.signIn = true;
    redraw(); // what showed before still holds
  }
});

let source: EventSource | null = null;
let followed = ""; // the run whose lines the stream tells

let lost = 0; // the timer of a stream that has broken

// heard is whether the server is heard. That it is not is told when it lasts.
function heard(is: boolean) {
  if (!is) {
    lost ||= setTimeout(() => { store.lost = true; redraw(); }, 2000);
    return;
  }
  clearTimeout(lost);
  lost = 0;
  if (!store.lost) return;
  store.lost = false;
  store.back++;
  loadPlan();
  redraw();
}

// followLive opens the one stream of this tab. The browser comes back to it by
// itself, and says which line it saw last; onEnd is told where it does not, as the
// server has refused it. onLive is told of a release more or less.
export function followLive(onLive: () => void, onEnd: () => void) {
  source?.close();
  const mine = source = new EventSource("/api/events?lang=" + store.lang);
  let names = "";
  source.onopen = () => heard(true);
  source.onerror = () => {
    heard(false);
    if (mine.readyState === EventSource.CLOSED && source === mine) setTimeout(onEnd, 3000);
  };
  source.onmessage = e => {
    const m = JSON.parse(e.data);
    if (m.type === "live") {
      store.now = m.live as Live;
      const releases = store.now.releases.map(r => r.name).join(), now = releases + (store.now.tasks ?? []).map(task => task.id + (task.ended ?? "")).join();
      if (names ? now !== names : store.server && releases !== store.server.releases.map(r => r.name).join()) onLive(); // they may have changed before the stream began
      names = now || " ";
    } else if (m.type === "line" && store.run === "latest") {
      if (m.run !== followed) {
        followed = m.run;
        reader?.abort(); // of the run before
        store.live = new Map();
        loadPlan();
      }
      takeLine(m.line);
    } else if (m.type === "run_end") loadPlan();
    redraw();
  };
}

let reader: AbortController | null = null;

// showRun reads the lines of an older run, or goes back to the newest.
export async function showRun(id: string) {
  reader?.abort();
  const mine = reader = new AbortController();
  store.run = id;
  store.live = new Map();
  redraw();
  const run = id === "latest" ? followed || store.runs[0]?.id : id;
  if (!run) return;
  try {
    for await (const e of events(await ask("GET", `/api/runs/${encodeURIComponent(run)}/events`, undefined, mine.signal))) {
      if (mine.signal.aborted) return;
      if (e.id) takeLine(JSON.parse(e.data));
      else return;
    }
  } catch { /* what came before shows */ }
}

let planDue = 0;

export function takeLine(e: any) {
  if (!["progress", "metric", "count", "note", "sample"].includes(e.type)) {
    planDue ||= setTimeout(() => { planDue = 0; loadPlan(); }, 50); // a step began or ended: its state has changed
    return;
  }
  if (store.run === "latest" && store.plan?.nodes.some(n => idOf(n) === e.step && n.state === "waiting"))
    planDue ||= setTimeout(() => { planDue = 0; loadPlan(); }, 3000); // another terminal makes it, and the server had not planned again when it began
  let s = store.live.get(e.step);
  if (!s) {
    s = { done: 0, total: 0, unit: "", what: "", since: 0, first: 0, values: {}, series: new Map(), notes: [] };
    store.live.set(e.step, s);
  }
  if (e.text) e.type === "note" || e.type === "sample" ? s.notes.push(e.text) : s.what = e.text;
  if (e.type === "progress") {
    const done = e.done ?? 0, total = e.total ?? 0, unit = e.unit ?? "";
    if (!s.since || unit !== s.unit || total !== s.total || done < s.done) [s.since, s.first] = [Date.now(), done];
    [s.done, s.total, s.unit] = [done, total, unit];
  }
  Object.assign(s.values, e.values);
  if (e.type === "metric" && e.values?.step !== undefined) {
    for (const [name, v] of Object.entries(e.values as Record<string, number>)) {
      if (name === "step") continue;
      const points = s.series.get(name) ?? [];
      while (points.length && points.at(-1)![0] >= e.values.step) points.pop(); // a resumed step does some again
      points.push([e.values.step, v]);
      s.series.set(name, points);
    }
  }
  redraw();
}

// stateOf is a node's state for the reader; part is how far it has come.
export function stateOf(n: Node): { state: string; part: number } {
  const live = store.live.get(idOf(n)) ?? n.progress; // whoever may not read runs has what the plan told
  const state = n.state || (n.action === "keep" || n.digest ? "done" : "waiting");
  return { state, part: state === "done" ? 1 : state === "running" && live?.total ? Math.min(1, live.done / live.total) : 0 };
}

export function progressOfPlan() {
  const nodes = store.plan?.nodes ?? [];
  if (nodes.length === 0) return null;
  const weight = (n: Node) => n.forecast ? Math.max((n.forecast.low + n.forecast.high) / 2, 0.1) : 0.1;
  let part = 0, all = 0, done = 0, failed = 0, skipped = 0, now = "";
  for (const n of nodes) {
    const s = stateOf(n);
    part += s.part * weight(n);
    all += weight(n);
    if (s.state === "done") done++;
    if (s.state === "failed") failed++;
    if (s.state === "skipped") skipped++;
    if (s.state === "running") now = idOf(n) + " " + liveText(n);
  }
  const text = clauses([t("stepsDone", done, nodes.length), failed ? t("stepsFailed", failed) : "", skipped ? t("stepsSkipped", skipped) : ""]);
  return { part: part / all, done, all: nodes.length, now, text };
}

export function liveText(n: Node): string {
  const s = store.live.get(idOf(n));
  if (!s) return "";
  const parts: string[] = [];
  if (s.total) parts.push(`${Math.floor(100 * s.done / s.total)}%`, `${count(s.done)}/${count(s.total)} ${maybe("unit", s.unit)}`);
  const spent = (Date.now() - s.since) / 1000;
  if (s.total > s.done && s.done > s.first && spent > 1) parts.push(t("left", seconds((s.total - s.done) / (s.done - s.first) * spent)));
  if (s.what) parts.push(s.what);
  return parts.join(" · ");
}


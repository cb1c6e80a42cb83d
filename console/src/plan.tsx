// The plan page: the graph of the plan with the chosen step, the training
// curves and the report, all of it live while a run goes on.
import { h, Fragment } from "preact";
import { ask, events, Failure, get } from "./api";
import { Curves } from "./chart";
import { bytes, count, flops, seconds, span } from "./format";
import { Graph } from "./graph";
import { Report as ReportView, type Report } from "./report";
import { redraw, store } from "./state";
import { maybe, t } from "./words";

export interface Node {
  kind: string; name: string;
  action: string; // make, change, keep, remove
  state: string;  // waiting, running, done, failed
  reason?: string;
  forecast?: { low: number; high: number; memory: number; flops?: number; basis?: string };
  actual?: { seconds: number; memory: number };
  digest?: string;
  inputs?: string[]; // of blocks, "kind.name"
}
export interface PlanView { name?: string; nodes: Node[] }
export interface Run { id: string } // the time of its beginning

// StepLive is what the events of a run have told of one step.
export interface StepLive {
  done: number; total: number; unit: string; what: string;
  since: number; first: number; // when this phase began, by our clock, and at what
  values: Record<string, number>;
  series: Map<string, [number, number][]>; // name → (step, value)
  notes: string[];
}

export const idOf = (n: Node) => `${n.kind}.${n.name}`;

export async function loadPlan() {
  try {
    const [plan, report, runs] = await Promise.all(
      [get<PlanView>("/api/plan"), get<Report>("/api/report"), get<Run[]>("/api/runs")]);
    store.plan = plan;
    store.noPlan = !plan;
    store.report = report;
    store.runs = runs ?? [];
    redraw();
  } catch (err) {
    if (err instanceof Failure && err.status === 401) store.signIn = true;
    redraw(); // what showed before still holds
  }
}

let follower: AbortController | null = null;

// followRun reads the events of the chosen run, and comes back for those it
// missed when the connection breaks. When the latest has ended, it looks for a
// newer one.
export async function followRun() {
  follower?.abort();
  const mine = follower = new AbortController();
  let run = "", last = "", over = false;
  while (!mine.signal.aborted) {
    try {
      const latest = store.run === "latest";
      if (latest) store.runs = await get<Run[]>("/api/runs") ?? [];
      const wanted = latest ? store.runs[0]?.id ?? "" : store.run;
      if (mine.signal.aborted) return;
      if (wanted !== run) {
        [run, last, over] = [wanted, "", false];
        store.live = new Map();
        redraw();
      }
      if (run && !over) {
        const r = await ask("GET", `/api/runs/${encodeURIComponent(run)}/events`, undefined, mine.signal, last ? { "Last-Event-ID": last } : {});
        for await (const e of events(r)) {
          if (mine.signal.aborted) return;
          last = e.id || last;
          const event = JSON.parse(e.data);
          if (e.id) take(event);
          else if (event.type === "end") over = true;
        }
        if (over) {
          loadPlan();
          if (latest) await lookBack(mine.signal);
        }
      }
      if (over && !latest) return;
    } catch (err) {
      if (mine.signal.aborted || err instanceof Failure && err.status === 401) return;
    }
    await new Promise(wake => setTimeout(wake, 5000));
  }
}

// lookBack reads the curves of an older run where the latest trained nothing.
async function lookBack(signal: AbortSignal) {
  for (const r of store.runs.slice(1, 20)) {
    if ([...store.live.values()].some(s => s.series.size)) return;
    for await (const e of events(await ask("GET", `/api/runs/${encodeURIComponent(r.id)}/events`, undefined, signal))) {
      const event = JSON.parse(e.data);
      if (signal.aborted) return;
      if (event.type === "metric") take(event);
    }
  }
}

let planDue = 0;

function take(e: any) {
  if (!["progress", "metric", "count", "note", "sample"].includes(e.type)) {
    clearTimeout(planDue); // a step began or ended: its state has changed
    planDue = setTimeout(loadPlan, 200);
    return;
  }
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
  const live = store.live.get(idOf(n));
  const state = n.state || (n.action === "keep" || n.digest ? "done" : "waiting");
  return { state, part: state === "done" ? 1 : state === "running" && live?.total ? Math.min(1, live.done / live.total) : 0 };
}

export function progressOfPlan() {
  const nodes = store.plan?.nodes ?? [];
  if (nodes.length === 0) return null;
  const weight = (n: Node) => n.forecast ? Math.max((n.forecast.low + n.forecast.high) / 2, 0.1) : 0.1;
  let part = 0, all = 0, done = 0, now = "";
  for (const n of nodes) {
    const s = stateOf(n);
    part += s.part * weight(n);
    all += weight(n);
    if (s.state === "done") done++;
    if (s.state === "running") now = idOf(n) + " " + liveText(n);
  }
  return { part: part / all, done, all: nodes.length, now };
}

function liveText(n: Node): string {
  const s = store.live.get(idOf(n));
  if (!s) return "";
  const parts: string[] = [];
  if (s.total) parts.push(`${Math.floor(100 * s.done / s.total)}%`, `${count(s.done)}/${count(s.total)} ${maybe("unit", s.unit)}`);
  const spent = (Date.now() - s.since) / 1000;
  if (s.total > s.done && s.done > s.first && spent > 1) parts.push(t("left", seconds((s.total - s.done) / (s.done - s.first) * spent)));
  if (s.what) parts.push(s.what);
  return parts.join(" · ");
}

export function Plan() {
  if (store.noPlan) return <p class="card middle quiet">{t("noPlan")}</p>;
  if (!store.plan) return <p class="middle quiet">{store.failure?.message ?? t("loading")}</p>;
  const nodes = store.plan.nodes;
  const chosen = nodes.find(n => idOf(n) === store.picked) ?? nodes.find(n => n.state === "running") ?? nodes.at(-1);
  const p = progressOfPlan();
  return <div class="plan">
    <section class="card" aria-labelledby="graph">
      <div class="row">
        <h1 id="graph">{t("plan")} {store.plan.name}</h1>
        {p && <span class="quiet" role="status">{t("stepsDone", p.done, p.all)}</span>}
        <span class="quiet push">{t("graphHelp")}</span>
      </div>
      {nodes.some(n => n.state === "running") && p && <progress max={1} value={p.part} aria-label={t("running")} />}
      <Graph nodes={nodes} picked={chosen && idOf(chosen)} pick={id => { store.picked = id; redraw(); }} />
      {chosen && <Details node={chosen} />}
    </section>
    <section class="card" aria-labelledby="curves">
      <div class="row">
        <h2 id="curves">{t("curves")}</h2>
        {store.runs.length > 1 && <label class="push">{t("which")} <select value={store.run} onChange={e => {
          store.run = (e.target as HTMLSelectElement).value;
          followRun();
          redraw();
        }}>
          <option value="latest">{t("latest")}</option>
          {store.runs.slice(0, 50).map(r => <option value={r.id}>{r.id}</option>)}
        </select></label>}
      </div>
      <Curves coming={nodes.some(n => n.state === "running" || n.state === "waiting")} />
    </section>
    <section class="card" aria-labelledby="report">
      <h2 id="report">{t("report")}</h2>
      <ReportView report={store.report} nodes={nodes} />
    </section>
  </div>;
}

function Details({ node: n }: { node: Node }) {
  const s = stateOf(n), live = store.live.get(idOf(n)), f = n.forecast, a = n.actual;
  const rows: [string, string][] = [];
  if (s.state === "running" && live) rows.push([t("field_now"), liveText(n)]);
  const time = [], memory = [];
  if (f && f.high > 0) time.push(t("forecast", span(f.low, f.high)));
  if (a && a.seconds > 0) time.push(t("actual", seconds(a.seconds)));
  if (f && f.memory > 0) memory.push(t("forecast", bytes(f.memory)));
  if (a && a.memory > 0) memory.push(t("used", bytes(a.memory)));
  if (time.length) rows.push([t("field_time"), time.join(", ")]);
  if (memory.length) rows.push([t("field_memory"), memory.join(", ")]);
  if (f?.flops) rows.push([t("field_flops"), flops(f.flops)]);
  if (f?.basis) rows.push([t("field_basis"), f.basis]);
  if (n.reason) rows.push([t("field_reason"), n.reason]);
  if (n.inputs?.length) rows.push([t("field_inputs"), n.inputs.join(", ")]);
  if (n.digest) rows.push([t("field_digest"), n.digest.slice(0, 16)]);
  return <div class="details" role="region" aria-live="off" aria-label={idOf(n)}>
    <h2>{maybe("kind", n.kind)} <b>{n.name}</b> <span class={"tag " + s.state}>{maybe("state", s.state)}</span> {n.action && (s.state !== "done" || n.action === "keep") &&
      <span class="tag">{maybe("action", n.action)}</span>}</h2>
    <dl>{rows.map(([name, value]) => <Fragment><dt>{name}</dt><dd>{value}</dd></Fragment>)}</dl>
    {live && live.notes.length > 0 && <details><summary>{t("notes")}</summary><ul>{live.notes.map(note => <li>{note}</li>)}</ul></details>}
  </div>;
}

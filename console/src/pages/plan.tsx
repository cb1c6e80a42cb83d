// The plan: its text with what is wrong in it, its graph with the chosen step,
// what it comes to, and the making of it as it goes.
import { act, bytes, Card, Chart, Command, count, day, Empty, Fail, type Failure, failureOf, flops, Fragment, h, idOf, liveText, Loaded, maybe, mayDo, type Node, Page, type PlanView, progressOfPlan, redraw, say, scaleOfShares, seconds, type Series, showRun, span, stateOf, store, t, Tabs, Tag, TaskList, useAct, useEffect, useGet, useRef, useState, listed, told, clauses } from "../kit";
import { Graph } from "./graph";
import { words } from "./plan.words";
import { Outcome, type Report } from "./report";

const w = say(words);

let picked = ""; // the step whose details show

export default function Plan() {
  const tab = store.rest === "file" ? "file" : "graph", setTab = (to: "graph" | "file") => { location.hash = to === "file" ? "#plan/file" : "#plan"; };
  if (store.noPlan) return <Page title={t("plan")} lead={w("lead")}><Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#home">{t("home")}</a></Empty></Page>;
  if (!store.plan) return <p class="middle quiet">{store.failure?.message ?? t("loading")}</p>;
  return <Page title={`${t("plan")} ${store.plan.name ?? ""}`} lead={w("lead")} side={<Tabs label={w("views")} at={tab} set={setTab} of={[["graph", w("tab_graph")], ["file", w("tab_file")]]} />}>
    <TaskList kinds={["plan"]} />
    {tab === "graph" ? <Steps /> : <Editor />}
  </Page>;
}

function Steps() {
  const nodes = store.plan!.nodes, report = useGet<Report>("/api/report");
  const done = nodes.map(n => n.state + n.digest).join();
  useEffect(report.reload, [done]);
  const chosen = nodes.find(n => idOf(n) === picked) ?? nodes.find(n => n.state === "running") ?? nodes.at(-1);
  const p = progressOfPlan();
  return <div class="plan">
    <section class="card" aria-labelledby="graph">
      <div class="row">
        <h2 id="graph">{w("tab_graph")}</h2>
        {p && <span class="quiet" role="status">{p.text}</span>}
        <span class="quiet push">{t("graphHelp")}</span>
      </div>
      {nodes.some(n => n.state === "running") && p && <progress max={1} value={p.part} aria-label={t("running")} />}
      <Graph nodes={nodes} picked={chosen && idOf(chosen)} pick={id => { picked = id; redraw(); }} />
      {chosen && <Details node={chosen} />}
    </section>
    <section class="card" aria-labelledby="curves">
      <div class="row">
        <h2 id="curves">{t("curves")}</h2>
        {store.runs.length > 1 && <label class="push">{t("which")} <select value={store.run} onChange={e => showRun((e.target as HTMLSelectElement).value)}>
          <option value="latest">{t("latest")}</option>
          {store.runs.slice(0, 50).map(r => <option value={r.id}>{day(r.began) || r.id}</option>)}
        </select></label>}
      </div>
      <Curves coming={nodes.some(n => n.state === "running" || n.state === "waiting")} />
    </section>
    <section class="card" aria-labelledby="report">
      <h2 id="report">{w("tab_report")}</h2>
      <Outcome report={report.data} nodes={nodes} />
    </section>
  </div>;
}

interface Diagnostic { line?: number; column?: number; what: string; next?: string }
interface Checked { diagnostics: Diagnostic[]; view?: PlanView; empty: boolean }

function Editor() {
  const file = useGet<{ path: string; text: string; sum: string }>("/api/plan/file");
  const [text, setText] = useState<string | null>(null), [sum, setSum] = useState(""), [checked, setChecked] = useState<Checked & { of: string } | null>(null);
  const [unchecked, setUnchecked] = useState<Failure | null>(null), save = useAct(), apply = useAct(), area = useRef<HTMLTextAreaElement>(null), [begun, setBegun] = useState(false);
  const now = text ?? file.data?.text ?? "", saved = text === null || text === file.data?.text, own = sum || file.data?.sum || "";
  useEffect(() => {
    if (!file.data || !mayDo("set_plan")) return;
    let over = false; // of two texts the older's answer may come later
    const timer = setTimeout(async () => {
      try {
        const found = await act<Checked>("POST", "/api/plan/check", { text: now });
        if (!over) { setChecked({ ...found, of: now }); setUnchecked(null); }
      } catch (err) { if (!over) setUnchecked(failureOf(err)); }
    }, 400);
    return () => { over = true; clearTimeout(timer); };
  }, [now, file.data, store.lang, store.now?.tasks?.[0]?.ended]);
  const wrong = checked?.diagnostics ?? [];
  const go = (line: number) => {
    const at = now.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.current!.focus();
    area.current!.setSelectionRange(at, at);
  };
  return <Loaded of={file}>{f => <div class="two editor-page">
    <Card title={w("file")} side={<Tag kind={saved ? "done" : "running"}>{saved ? w("saved") : w("changed")}</Tag>}>
      <code class="quiet">{f.path}</code>
      <label class="hidden" for="plan-text">{w("text")}</label>
      <div class="editor"><pre aria-hidden="true" class="lines">{now.split("\n").map((_, i) => <span class={wrong.some(d => d.line === i + 1) ? "bad" : ""}>{i + 1}{"\n"}</span>)}</pre>
        <textarea id="plan-text" readOnly={!mayDo("set_plan")} ref={area} spellcheck={false} value={now} rows={now.split("\n").length + 1} wrap="off" onInput={e => { setBegun(false); setText((e.target as HTMLTextAreaElement).value); }} /></div>
      {mayDo("set_plan") && <div class="row">
        <button class="main" disabled={saved || wrong.length > 0 || save.busy} onClick={() => save.run(async () => {
          const r = await act<{ sum: string }>("PUT", "/api/plan/file", { text: now, sum: own });
          setSum(r.sum);
          file.reload();
        })}>{w("save")}</button>
        <button onClick={() => { setText(null); setSum(""); file.reload(); }}>{w("again")}</button>
      </div>}
      {save.failure && <Fail of={save.failure} />}
      {store.server?.has.includes("approvals") && <Proposals after={save.busy} />}
      {unchecked && <Fail of={unchecked} />}
      <div role="status">{checked && (wrong.length === 0 ? <p class="good">✓ {w("right")}</p> : <Fragment><p class="bad">✗ {w("wrong", wrong.length)}</p>
        <ul class="plainlist">{wrong.map(d => <li>{d.line ? <button class="bare" onClick={() => go(d.line!)}>{w("line", d.line)}</button> : null} {d.what}{d.next && <div class="quiet">→ {d.next}</div>}</li>)}</ul></Fragment>)}</div>
    </Card>
    {mayDo("set_plan") && <Card title={w("diff")}>
      {checked?.view && <Diff of={checked.view} />}
      {checked?.empty && <p>{w("nothing")}</p>}
      {checked?.view && !checked.empty && <Fragment><p class="quiet">{w("applyHelp")}</p>
        <button class="main apply" disabled={!saved || checked.of !== now || apply.busy || begun} onClick={() => apply.run(() => act("POST", "/api/plan/apply", { sum: own })).then(ok => { setBegun(ok); if (ok) { showRun("latest"); } })}>{w("apply")}</button></Fragment>}
      {begun && <p role="status">{w("applied")}</p>}
      {apply.failure && <Fail of={apply.failure} />}
      <Command line="suiren plan && suiren apply" />
    </Card>}
  </div>}</Loaded>;
}

interface Proposal { id: string; act: string; asker: string; asked: string; state: string; decider?: string; why?: string }

// Proposals are texts that wait for a second person, and what became of the last.
function Proposals({ after }: { after: boolean }) {
  const got = useGet<{ approvals: Proposal[] }>("/api/approvals", 10000);
  useEffect(got.reload, [after]);
  const list = (got.data?.approvals ?? []).filter(r => r.act === "plan"), shown = [...list.filter(r => r.state === "waiting"), ...list.filter(r => r.state !== "waiting").slice(0, 1)];
  return shown.length === 0 ? null : <section class="proposals" aria-label={w("proposed")}><h3>{w("proposed")}</h3><ul class="plainlist">{shown.map(r => <li key={r.id}>
    <Tag kind={{ waiting: "running", approved: "done", done: "done" }[r.state] ?? "failed"}>{Object.hasOwn(words, "proposal_" + r.state) ? w(`proposal_${r.state}` as "proposal_waiting") : r.state}</Tag> {w("proposedBy", r.asker, day(r.asked))}
    {r.decider && <span class="quiet"> · {r.decider}{r.why && told("", r.why)}</span>} {r.state === "waiting" && <a href="#settings/two">{w("toDecide")}</a>}</li>)}</ul></section>;
}

const marks: Record<string, string> = { make: "+", change: "~", remove: "-", keep: "=" };

function Diff({ of }: { of: PlanView }) {
  const list = of.nodes.filter(n => n.action !== "keep");
  const stays = of.nodes.filter(n => n.action === "keep");
  const low = list.reduce((s, n) => s + (n.forecast?.low ?? 0), 0), high = list.reduce((s, n) => s + (n.forecast?.high ?? 0), 0);
  return <Fragment>{list.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label={w("diff")}><table class="left"><thead><tr><th scope="col">{w("block")}</th><th scope="col">{w("action")}</th><th scope="col">{w("time")}</th><th scope="col">{w("memory")}</th><th scope="col">{w("why")}</th></tr></thead>
    <tbody>{list.map(n => <tr><th scope="row"><code>{marks[n.action]} {idOf(n)}</code></th><td>{maybe("action", n.action)}</td>
      <td>{n.forecast && n.forecast.high > 0 ? span(n.forecast.low, n.forecast.high) : ""}</td><td>{n.forecast?.memory ? bytes(n.forecast.memory) : ""}</td>
      <td class="wrap">{n.reason ?? ""}{n.forecast?.disk ? <div class="quiet">{told(t("field_disk"), bytes(n.forecast.disk))}</div> : ""}{n.forecast?.derived && <div class="quiet">{told(w("derived"), n.forecast.derived)}</div>}{n.forecast?.basis && <div class="quiet">{told(w("basis"), n.forecast.basis)}</div>}</td></tr>)}
      {list.length > 0 && <tr class="total"><th scope="row">{w("inAll")}</th><td>{count(list.length)}</td><td>{high > 0 ? span(low, high) : ""}</td><td>{bytes(Math.max(0, ...list.map(n => n.forecast?.memory ?? 0)))}</td><td></td></tr>}
    </tbody></table></div>}
    {stays.length > 0 && <details><summary>{w("stays", count(stays.length))}</summary><table class="left unchanged"><tbody>{stays.map(n => <tr><th scope="row"><code>{marks[n.action]} {idOf(n)}</code></th></tr>)}</tbody></table></details>}</Fragment>;
}

function Curves({ coming }: { coming: boolean }) {
  const charts = [];
  for (const [step, live] of store.live) {
    const loss = live.series.get("loss");
    const watched = live.series.get("watch_loss"), norm = live.series.get("norm");
    if (loss) charts.push(<Chart title={t("loss", step)} series={[{ name: maybe("series", "loss"), points: loss },
      ...watched ? [{ name: maybe("series", "watch_loss"), points: watched }] : []]} />);
    if (norm) charts.push(<Chart title={t("norm", step)} series={[{ name: maybe("series", "norm"), points: norm }]} />);
    const scores: Series[] = [];
    for (const [name, points] of live.series) {
      const family = name.replace(/^heldout_/, "");
      if (["reward", "heldout", "watch_reward"].includes(name) || family !== name) scores.push({ name: family === name ? maybe("series", name) : family, points });
    }
    if (scores.length) charts.push(<Chart title={t("scores", step)} series={scores} {...scaleOfShares(scores)} />);
  }
  return charts.length ? <div class="charts">{charts}</div> : <p class="quiet">{t(coming ? "curvesComing" : "noCurves")}</p>;
}

function Details({ node: n }: { node: Node }) {
  const s = stateOf(n), live = store.live.get(idOf(n)), f = n.forecast, a = n.actual;
  const rows: [string, string][] = [];
  if (n.why) rows.push([t("field_why"), n.why]);
  if (s.state === "running" && live) rows.push([t("field_now"), liveText(n)]);
  const time = [], memory = [];
  if (f && f.high > 0) time.push(t("forecast", span(f.low, f.high)));
  if (a && a.seconds > 0) time.push(t("actual", seconds(a.seconds)));
  if (f && f.memory > 0) memory.push(t("forecast", bytes(f.memory)));
  if (a && a.memory > 0) memory.push(t("used", bytes(a.memory)));
  if (time.length) rows.push([t("field_time"), clauses(time)]);
  if (memory.length) rows.push([t("field_memory"), clauses(memory)]);
  if (f?.disk) rows.push([t("field_disk"), bytes(f.disk)]);
  if (f?.flops) rows.push([t("field_flops"), flops(f.flops)]);
  if (f?.derived) rows.push([t("field_derived"), f.derived]);
  if (f?.basis) rows.push([t("field_basis"), f.basis]);
  if (n.reason) rows.push([t("field_reason"), n.reason]);
  if (n.inputs?.length) rows.push([t("field_inputs"), listed(n.inputs)]);
  if (n.digest) rows.push([t("field_digest"), n.digest.slice(0, 16)]);
  return <div class="details" role="region" aria-live="off" aria-label={idOf(n)}>
    <h2>{maybe("kind", n.kind)} <b>{n.name}</b> <span class={"tag " + s.state}>{maybe("state", s.state)}</span> {n.action && (s.state !== "done" || n.action === "keep") &&
      <span class="tag">{maybe("action", n.action)}</span>}</h2>
    <dl>{rows.map(([name, value]) => <Fragment><dt>{name}</dt><dd>{value}</dd></Fragment>)}</dl>
    {live && live.notes.length > 0 && <details><summary>{t("notes")}</summary><ul>{live.notes.map(note => <li>{note}</li>)}</ul></details>}
  </div>;
}

// The report: what the verdict found, and how the plan's estimates held.
import { bytes, count, flops, Fragment, h, idOf, maybe, type Node, percent, seconds, span, store, t } from "../kit";

// A Report is verdict.json, to whose models the server adds what their
// training took.
export interface Report {
  name?: string; // the plan's of the verdict
  pass: boolean; // every check holds
  checks?: Check[];
  models: Model[];
  overall?: Group;
  families: Group[];
  length?: Group[]; // problems longer than those that were taught
  said?: { en: string; zh: string }[];
}
interface Check { name: string; want: number; got?: number; ok: boolean }
interface Model {
  name: string; role?: string; block?: string; method?: string; flops?: number; sample_flops?: number;
  seconds?: number; memory?: number; share?: number;
}
// A Group's scores stand in the order of the models.
interface Group { name: string; problems: number; scores: Score[] }
interface Score { accuracy: number; low: number; high: number; tokens?: number }

// Outcome is what the plan's page says of a report: whether the release may be
// served, by which conditions, and how the estimates held.
export function Outcome({ report: r, nodes }: { report: Report | null; nodes: Node[] }) {
  return <Fragment>
    {!r ? <p class="quiet">{t("noReport")}</p> : <Fragment>
      {r.name && <p><code>verdict.{r.name}</code></p>}
      <Passed of={r} />
      <Checks list={r.checks ?? []} />
      <p><a class="button" href="#evaluation">{t("wholeReport")}</a></p>
    </Fragment>}
    <Predicted nodes={nodes} />
  </Fragment>;
}

function Passed({ of: r }: { of: Report }) {
  return <p class={r.pass ? "passed" : "failure"}>{r.pass ? "✓ " + t("pass") : "✗ " + t("fail")}</p>;
}

export function Report({ report: r }: { report: Report }) {
  return <Fragment>
      <Passed of={r} />
      <Scores title={t("accuracy")} models={r.models} groups={r.overall ? [r.overall, ...r.families] : r.families} total={r.overall} />
      {r.said && r.said.length > 0 && <Fragment>
        <h3>{t("inWords")}</h3>
        <ul class="said">{r.said.map(s => <li>{store.lang === "en" ? s.en : s.zh}</li>)}</ul>
      </Fragment>}
      <Checks list={r.checks ?? []} />
      {r.length && r.length.length > 0 && <Scores title={t("lengths")} models={r.models} groups={r.length} />}
      <Costs report={r} />
  </Fragment>;
}

const nameOf = (m: Model) => maybe("role", m.role === "tutor" && m.method === "grpo" ? "rl" : m.role ?? m.block ?? m.name);

function Scores({ title, models, groups, total }: { title: string; models: Model[]; groups: Group[]; total?: Group }) {
  return <Fragment>
    <h3>{title}</h3>
    <div class="scroll" tabIndex={0} role="region" aria-label={title}><table class="scores">
      <thead><tr><th scope="col">{t("family")}</th><th scope="col">{t("problems")}</th>
        {models.map(m => <th scope="col" title={m.name}>{nameOf(m)}</th>)}</tr></thead>
      <tbody>{groups.map(g => <tr class={g === total ? "total" : ""}>
        <th scope="row">{g === total ? t("overall") : maybe("family", g.name)}</th><td>{g.problems}</td>
        {g.scores.map((s, i) => <td>
          <div class="score"><Interval score={s} colour={i % 6} /><span>{percent(s.accuracy)}<small>{percent(s.low)} – {percent(s.high)}</small></span></div>
        </td>)}
      </tr>)}</tbody>
    </table></div>
  </Fragment>;
}

// Interval draws a score between 0 and 1 with its interval. Its numbers stand
// beside it.
function Interval({ score: s, colour }: { score: Score; colour: number }) {
  const wide = 96, x = (v: number) => 4 + v * (wide - 8);
  return <svg class={`interval c${colour}`} width={wide} height="16" viewBox={`0 0 ${wide} 16`} aria-hidden="true">
    <line class="track" x1={x(0)} x2={x(1)} y1="8" y2="8" />
    <line class="reach" x1={x(s.low)} x2={x(s.high)} y1="8" y2="8" />
    <circle cx={x(s.accuracy)} cy="8" r="4" />
  </svg>;
}

// Checks are the conditions of a release. All are shares but unseen, a count.
function Checks({ list }: { list: Check[] }) {
  if (list.length === 0) return null;
  const named = (c: Check) => {
    const need = maybe("need", c.name);
    return need !== c.name ? need : t("needFamily", maybe("family", c.name)); // one of the owner's is called as it is
  };
  const unseen = (c: Check) => c.name === "unseen";
  return <Fragment>
    <h3>{t("checks")}</h3>
    <div class="scroll" tabIndex={0} role="region" aria-label={t("checks")}><table>
      <thead><tr>{(["check", "wanted", "measured"] as const).map(k => <th scope="col">{t(k)}</th>)}<th /></tr></thead>
      <tbody>{list.map(c => <tr>
        <th scope="row">{named(c)}</th>
        <td>{unseen(c) ? t("none") : t("atLeast", percent(c.want))}</td>
        <td>{c.got === undefined ? t("notMeasured") : unseen(c) ? count(c.got) : percent(c.got)}</td>
        <td class={c.ok ? "good" : "bad"}>{c.ok ? "✓ " + t("ok") : "✗ " + t("notOk")}</td>
      </tr>)}</tbody>
    </table></div>
    {list.some(c => unseen(c) && !c.ok) && <p>{t("unseenNext")}</p>}
  </Fragment>;
}

// Costs says what each model took to train, and how much it writes.
function Costs({ report: r }: { report: Report }) {
  const some = (f: (m: Model) => number | undefined) => r.models.some(m => f(m));
  const columns: [string, (m: Model, i: number) => string, boolean][] = [
    [t("meanTokens"), (_, i) => count(r.overall?.scores[i].tokens ?? 0), !!r.overall],
    [t("field_flops"), m => m.flops ? flops(m.flops) : "–", some(m => m.flops)],
    [t("sampled"), m => m.sample_flops ? flops(m.sample_flops) : "–", some(m => m.sample_flops)],
    [t("field_time"), m => m.seconds ? seconds(m.seconds) : "–", some(m => m.seconds)],
    [t("share"), m => m.share ? percent(m.share) : "–", some(m => m.share)],
    [t("field_memory"), m => m.memory ? bytes(m.memory) : "–", some(m => m.memory)],
  ];
  const shown = columns.filter(c => c[2]);
  return <Fragment>
    <h3>{t("costs")}</h3>
    <div class="scroll" tabIndex={0} role="region" aria-label={t("costs")}><table>
      <thead><tr><th scope="col">{t("model")}</th>{shown.map(([name]) => <th scope="col">{name}</th>)}</tr></thead>
      <tbody>{r.models.map((m, i) => <tr><th scope="row">{nameOf(m)}</th>{shown.map(([, value]) => <td>{value(m, i)}</td>)}</tr>)}</tbody>
    </table></div>
  </Fragment>;
}

// Predicted sets what was foretold against what happened, step by step. Times
// were foretold as a span: its error is how far the actual time lies outside.
function Predicted({ nodes }: { nodes: Node[] }) {
  const made = nodes.filter(n => n.actual && n.actual.seconds > 0);
  const told = made.filter(n => n.forecast && n.forecast.high > 0);
  if (told.length === 0) return null;
  const sum = (f: (n: Node) => number) => told.reduce((s, n) => s + f(n), 0);
  const rows = told.map(n => ({ name: idOf(n), low: n.forecast!.low, high: n.forecast!.high, took: n.actual!.seconds, memory: n.forecast!.memory, used: n.actual!.memory }));
  if (told.length > 1) rows.push({
    name: "", low: sum(n => n.forecast!.low), high: sum(n => n.forecast!.high), took: sum(n => n.actual!.seconds),
    memory: Math.max(...told.map(n => n.forecast!.memory)), used: Math.max(...told.map(n => n.actual!.memory)),
  });
  const error = (v: number) => v >= 2 ? v.toPrecision(2) + " ×" : (v < 1 ? "−" : "+") + percent(Math.abs(v - 1), 0);
  return <Fragment>
    <h3>{t("predicted")}</h3>
    <div class="scroll" tabIndex={0} role="region" aria-label={t("predicted")}><table>
      <thead><tr>{(["stepName", "timePlanned", "timeActual", "error", "memoryPlanned", "memoryActual", "error"] as const).map(k => <th scope="col">{t(k)}</th>)}</tr></thead>
      <tbody>{rows.map(r => <tr class={r.name ? "" : "total"}>
        <th scope="row">{r.name || t("inAll")}</th>
        <td>{span(r.low, r.high)}</td>
        <td>{seconds(r.took)}</td>
        <td>{r.took > r.high ? error(r.took / r.high) : r.took < r.low ? error(r.took / r.low) : t("within")}</td>
        <td>{r.memory > 0 ? bytes(r.memory) : "–"}</td>
        <td>{r.used > 0 ? bytes(r.used) : "–"}</td>
        <td>{r.memory > 0 && r.used > 0 ? error(r.used / r.memory) : "–"}</td>
      </tr>)}</tbody>
    </table></div>
  </Fragment>;
}

// The report: what the verdict found, and how the plan's estimates held.
import { h, Fragment } from "preact";
import { bytes, count, flops, percent, range, seconds } from "./format";
import { idOf, type Node } from "./plan";
import { store } from "./state";
import { maybe, t } from "./words";

// A Report is verdict.json, to whose models the server adds what their
// training took.
export interface Report {
  pass: boolean; // every check holds
  models: Model[];
  overall?: Group;
  families: Group[];
  length?: Group[]; // problems longer than those that were taught
  said?: { en: string; zh: string }[];
}
interface Model { name: string; role?: string; method?: string; flops?: number; seconds?: number; share?: number }
// A Group's scores stand in the order of the models.
interface Group { name: string; problems: number; scores: Score[] }
interface Score { accuracy: number; low: number; high: number; tokens?: number }

export function Report({ report: r, nodes }: { report: Report | null; nodes: Node[] }) {
  return <Fragment>
    {!r ? <p class="quiet">{t("noReport")}</p> : <Fragment>
      <p class={r.pass ? "passed" : "failure"}>{r.pass ? "✓ " + t("pass") : "✗ " + t("fail")}</p>
      {(r.said ?? []).map(s => <p>{store.lang === "en" ? s.en : s.zh}</p>)}
      <Scores title={t("accuracy")} models={r.models} groups={r.overall ? [r.overall, ...r.families] : r.families} total={r.overall} />
      <Costs models={r.models} />
      {r.length && r.length.length > 0 && <Scores title={t("lengths")} models={r.models} groups={r.length} />}
    </Fragment>}
    <Predicted nodes={nodes} />
  </Fragment>;
}

const nameOf = (m: Model) => maybe("role", m.role === "tutor" && m.method === "grpo" ? "rl" : m.role ?? m.name);

function Scores({ title, models, groups, total }: { title: string; models: Model[]; groups: Group[]; total?: Group }) {
  return <Fragment>
    <h3>{title}</h3>
    <div class="scroll"><table>
      <thead><tr><th scope="col">{t("family")}</th><th scope="col">{t("problems")}</th>
        {models.map(m => <th scope="col" title={m.name}>{nameOf(m)}</th>)}</tr></thead>
      <tbody>{groups.map(g => <tr class={g === total ? "total" : ""}>
        <th scope="row">{g === total ? t("overall") : maybe("family", g.name)}</th><td>{g.problems}</td>
        {g.scores.map(s => <td>{percent(s.accuracy)}<small>{percent(s.low)} – {percent(s.high)}</small></td>)}
      </tr>)}</tbody>
    </table></div>
    {total?.scores.some(s => s.tokens) && <p class="quiet">{t("meanTokens")}: {
      total.scores.map((s, i) => `${nameOf(models[i])} ${count(s.tokens ?? 0)}`).join(" · ")}</p>}
  </Fragment>;
}

// Costs says what the training of each model took.
function Costs({ models }: { models: Model[] }) {
  if (!models.some(m => m.flops)) return null;
  return <div class="scroll"><table>
    <thead><tr><th scope="col">{t("model")}</th><th scope="col">{t("field_flops")}</th><th scope="col">{t("field_time")}</th>
      <th scope="col">{t("share")}</th></tr></thead>
    <tbody>{models.map(m => <tr><th scope="row">{nameOf(m)}</th><td>{m.flops ? flops(m.flops) : "–"}</td>
      <td>{m.seconds ? seconds(m.seconds) : "–"}</td><td>{m.share ? percent(m.share) : "–"}</td></tr>)}</tbody>
  </table></div>;
}

// Predicted sets what was foretold against what happened, step by step.
function Predicted({ nodes }: { nodes: Node[] }) {
  const made = nodes.filter(n => n.actual && n.actual.seconds > 0);
  if (made.length === 0) return null;
  return <Fragment>
    <h3>{t("predicted")}</h3>
    <div class="scroll"><table>
      <thead><tr>{(["stepName", "timePlanned", "timeActual", "memoryPlanned", "memoryActual"] as const).map(k => <th scope="col">{t(k)}</th>)}</tr></thead>
      <tbody>{made.map(n => <tr>
        <th scope="row">{idOf(n)}</th>
        <td>{n.forecast && n.forecast.high > 0 ? range(n.forecast.low, n.forecast.high, seconds) : "–"}</td>
        <td>{seconds(n.actual!.seconds)}</td>
        <td>{n.forecast && n.forecast.memory > 0 ? bytes(n.forecast.memory) : "–"}</td>
        <td>{n.actual!.memory > 0 ? bytes(n.actual!.memory) : "–"}</td>
      </tr>)}</tbody>
    </table></div>
  </Fragment>;
}

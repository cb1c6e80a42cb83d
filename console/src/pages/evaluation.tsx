// Evaluation: what each verdict found, and the paired comparison behind it.
import { Card, Command, count, Empty, Fragment, h, Loaded, maybe, mayDo, Page, percent, say, short, t, Tabs, useGet, useState, listed, clauses } from "../kit";
import { words } from "./evaluation.words";
import { PairRows } from "./pairs";
import { Report as ReportView, type Report } from "./report";

const w = say(words);

interface Paired { name: string; both: number; gained: number; lost: number; neither: number; value: number; low: number; high: number }
interface Verdict { name: string; digest: string; report: Report & { changes: { over: string; overall: Paired; families: Paired[] | null }[] | null; models: { name: string; role?: string }[] } }

export default function Evaluation() {
  const list = useGet<Verdict[]>("/api/verdicts");
  const [name, choose] = useState("");
  const none = <Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#plan">{t("plan")}</a></Empty>;
  return <Page title={t("evaluation")} lead={w("lead")}>
    <Loaded of={list} none={none}>{all => {
      const v = all.find(one => one.name === name) ?? all[0];
      if (!v) return none;
      return <Fragment>
        <Card title={v.name} side={<Fragment>{all.length > 1 && <label>{w("choose")} <select value={v.name} onChange={e => choose((e.target as HTMLSelectElement).value)}>{all.map(o => <option key={o.name}>{o.name}</option>)}</select></label>}<code>{short(v.digest)}</code></Fragment>}>
          <ReportView report={v.report} />
        </Card>
        <Changes of={v} />
      </Fragment>;
    }}</Loaded>
  </Page>;
}

// Changes are one comparison at a time, of what the release serves with what it came from.
function Changes({ of: v }: { of: Verdict }) {
  const list = v.report.changes ?? [], [over, choose] = useState(""), c = list.find(o => o.over === over) ?? list[0];
  return c ? <Fragment>{list.length > 1 && <Tabs label={w("against")} at={c.over} set={choose} of={list.map(o => [o.over, w("pairedWith", maybe("role", v.report.models.at(-1)?.name ?? ""), maybe("role", o.over))])} />}
    <Change key={v.name + c.over} verdict={v.name} of={c} mine={v.report.models.at(-1)?.name ?? ""} /></Fragment> : null;
}

function Change({ of, mine, verdict }: { verdict: string; of: { over: string; overall: Paired; families: Paired[] | null }; mine: string }) {
  const o = of.overall;
  return <Card title={w("paired", maybe("role", mine), maybe("role", of.over))}>
    <Bar of={o} />
    <p><b>{o.low > 0 ? w("clear") : o.high < 0 ? w("worse") : w("open")}</b> {clauses([`${w("difference")} ${signed(o.value)}`, `${w("interval")} ${signed(o.low)} – ${signed(o.high)}`])}</p>
    {of.families && of.families.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label={w("family")}><table><thead><tr><th scope="col">{w("family")}</th><th scope="col">{w("both")}</th><th scope="col">{w("gained")}</th><th scope="col">{w("lost")}</th><th scope="col">{w("neither")}</th><th scope="col">{w("difference")}</th></tr></thead>
      <tbody>{of.families.map(f => <tr key={f.name}><th scope="row">{maybe("family", f.name)}</th><td>{count(f.both)}</td><td class="good">{count(f.gained)}</td><td class="bad">{count(f.lost)}</td><td>{count(f.neither)}</td>
        <td>{signed(f.value)} <small>{signed(f.low)} – {signed(f.high)}</small></td></tr>)}</tbody></table></div>}
    {mayDo("read_traces") && <PairRows path={`/api/verdicts/replies?verdict=${encodeURIComponent(verdict)}&over=${encodeURIComponent(of.over)}`} names={[maybe("role", of.over), maybe("role", mine)]} />}
    <Command line={`suiren show verdict.${verdict}`} />
  </Card>;
}

const signed = (v: number) => (v > 0 ? "+" : "") + percent(v);

function Bar({ of }: { of: Paired }) {
  const all = of.both + of.gained + of.lost + of.neither || 1;
  const parts: [string, number, string][] = [[w("both"), of.both, "rest"], [w("gained"), of.gained, "gained"], [w("lost"), of.lost, "lost"], [w("neither"), of.neither, "none"]];
  let at = 0;
  return <Fragment><svg class="map" viewBox="0 0 1000 28" preserveAspectRatio="none" role="img" aria-label={listed(parts.map(([n, v]) => `${n} ${v}`))}>{parts.map(([n, v, c]) => { const from = at; at += v / all * 1000; return <rect key={n} class={c} x={from} width={v / all * 1000} height="28" />; })}</svg>
    <ul class="legend">{parts.map(([n, v, c]) => <li key={n}><svg width="14" height="14" aria-hidden="true"><rect class={c} width="14" height="14" /></svg>{n} <b>{count(v)}</b></li>)}</ul></Fragment>;
}

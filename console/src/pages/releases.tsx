// Releases: what was made, how each stands, and canary, promotion and the way back.
import { act, Card, Command, day, Empty, Fail, Field, Fragment, h, Loaded, Page, count, bytes, mayDo, percent, say, short, store, t, Tag, TaskList, useAct, useEffect, useGet, useState, FactList, listed } from "../kit";
import { PairRows } from "./pairs";
import { words } from "./releases.words";

const w = say(words);

interface Release {
  name: string; made: string; present: boolean; newest: boolean; digest: string; stage: string; since?: string; by?: string; why?: string; before?: string;
  rule?: { share?: number; callers?: string[]; header?: string }; checks?: { name: string; ok: boolean; time: string }[];
}

const stage = (v: string) => Object.hasOwn(words, "stage_" + v) ? w(`stage_${v}` as "stage_live") : v;
const needed = ["evaluation", "guard", "parity"] as const;

export default function Releases() {
  const got = useGet<{ version: number; releases: Release[] }>("/api/releases");
  const [chosen, choose] = useState("");
  const none = <Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#plan">{t("plan")}</a></Empty>;
  return <Page title={t("releases")} lead={w("lead")}>
    <Loaded of={got} none={none}>{({ releases }) => {
      if (releases.length === 0) return none;
      const r = releases.find(one => one.digest === chosen) ?? releases[0];
      return <div class="listed">
        <ul class="picks">{releases.map(one => <li key={one.digest}><button aria-pressed={one === r} onClick={() => choose(one.digest)}>
          <b>{one.name}</b> <code>{short(one.digest)}</code>
          <span class="row"><Tag kind={{ live: "done", canary: "running", retired: "failed" }[one.stage] ?? ""}>{stage(one.stage)}</Tag>{one.newest && <Tag>{w("newest")}</Tag>}{!one.present && <Tag kind="failed">{w("gone")}</Tag>}<span class="quiet">{w("made", day(one.made))}</span></span>
        </button></li>)}</ul>
        <div class="stack"><One key={r.digest} of={r} reload={got.reload} /><Origin key={"of" + r.digest} of={r} /><Compare of={releases} at={r} /></div>
      </div>;
    }}</Loaded>
  </Page>;
}

function One({ of, reload }: { of: Release; reload: () => void }) {
  const [why, setWhy] = useState(""), [share, setShare] = useState(10), [stop, setStop] = useState("errors=2%"), run = useAct(), [said, setSaid] = useState("");
  const go = (what: "check" | "canary" | "promote" | "rollback" | "retire") => {
    setSaid(what === "check" ? w("working") : "");
    run.run(async () => {
      const r = await act<{ version?: number }>("POST", "/api/releases/" + what, { release: of.digest, why, ...what === "canary" ? { share: share / 100, stop } : {} });
      setSaid(r.version ? w("done", r.version) : "");
    }).then(ok => { if (!ok) setSaid(""); reload(); });
  };
  return <Card title={of.name} side={<Tag kind={of.stage === "live" ? "done" : "running"}>{stage(of.stage)}</Tag>}>
    <p class="quiet"><code>{of.digest}</code>{of.since && day(of.since) ? <Fragment><br />{w("since", day(of.since), of.by ?? "")} {of.why}</Fragment> : null}{of.before && !/^0*$/.test(of.before) ? <Fragment><br />{w("before", short(of.before))}</Fragment> : null}</p>
    {of.rule?.share ? <p>{w("canaryOf", percent(of.rule.share, 0))}</p> : null}
    <h3>{w("checks")}</h3>
    <ul class="plainlist">{needed.map(name => { const c = of.checks?.find(one => one.name === name); return <li key={name}>{c ? c.ok ? <span class="good">✓</span> : <span class="bad">✗</span> : "○"} {w(`check_${name}`)} <span class="quiet">{c ? day(c.time) : w("notChecked")}</span></li>; })}</ul>
    {mayDo("set_release") && <Fragment><Field label={w("why")} hint={w("whyHint")}>{id => <input id={id} class="why-release" value={why} maxLength={200} onInput={e => setWhy((e.target as HTMLInputElement).value)} />}</Field>
    <div class="row"><button class="check" disabled={run.busy} onClick={() => go("check")}>{w("check")}</button>
      <button class="main promote" disabled={run.busy || of.stage === "live"} onClick={() => go("promote")}>{w("promote")}</button>
      <button class="rollback" disabled={run.busy} onClick={() => go("rollback")}>{w("rollback")}</button><button disabled={run.busy} onClick={() => go("retire")}>{w("retire")}</button></div>
    <div class="form"><Field label={w("share", share)}>{id => <input id={id} type="range" min="1" max="100" value={share} onInput={e => setShare(+(e.target as HTMLInputElement).value)} />}</Field>
      <Field label={w("stop")} hint={w("stopHint")}>{id => <input id={id} value={stop} onInput={e => setStop((e.target as HTMLInputElement).value)} />}</Field>
      <button class="canary" disabled={run.busy || of.stage === "live"} onClick={() => go("canary")}>{w("canary")}</button></div></Fragment>}
    <p role="status">{said}</p>
    {run.failure && <Fail of={run.failure} />}
    {mayDo("set_release") && <Command line={`suiren release promote ${short(of.digest)}`} />}
  </Card>;
}

interface Part { "bom-ref": string; type: string; name: string; version?: string; description?: string; licenses?: { license: { name: string } }[]; properties?: { name: string; value: string }[]; modelCard?: { modelParameters: { approach?: { type: string }; task: string; datasets?: { ref: string }[] } } }
interface Lineage { root: string; parts: Part[]; made_of: { ref: string; dependsOn?: string[] }[]; signed: boolean; why: string }

// Origin is all that a release was made of, down to the owner's files, each with its card.
function Origin({ of }: { of: Release }) {
  const [open, setOpen] = useState(false), got = useGet<Lineage>(open ? "/api/lineage?release=" + of.digest : "");
  return <Card title={w("lineage")}>
    <p class="quiet">{w("lineageHelp")}</p>
    {!open ? <button class="lineage" disabled={!of.present} onClick={() => setOpen(true)}>{w("lineageShow")}</button> : <Loaded of={got}>{l => <Fragment>
      <p class={l.signed ? "good" : "bad"} role="status">{l.signed ? "✓ " + w("signed") : "✗ " + l.why}</p>
      <ul class="tree"><Branch of={l} at={l.root} seen={[]} /></ul></Fragment>}</Loaded>}
    <Command line={`suiren release bill ${short(of.digest)}`} />
  </Card>;
}

function Branch({ of: l, at, seen }: { of: Lineage; at: string; seen: string[] }) {
  const part = l.parts.find(p => p["bom-ref"] === at), below = l.made_of.find(d => d.ref === at)?.dependsOn ?? [];
  if (!part) return null;
  return <li><details open={seen.length < 2}><summary><b>{part.name}</b> <code>{part.version}</code>{part.licenses?.map(one => <Tag key={one.license.name}>{one.license.name}</Tag>)}</summary>
    <PartCard of={part} all={l} />
    {below.length > 0 && !seen.includes(at) && <Fragment><span class="quiet">{w("madeOf")}</span><ul class="tree">{below.map(ref => <Branch key={ref} of={l} at={ref} seen={[...seen, at]} />)}</ul></Fragment>}
  </details></li>;
}

function PartCard({ of: p, all }: { of: Part; all: Lineage }) {
  const value = (name: string) => p.properties?.find(one => one.name === "suiren:" + name)?.value ?? "", learnt = p.modelCard?.modelParameters;
  return <Fragment>
    {p.description && <p class="quiet">{w("owners")}</p>}
    <FactList rows={[[w("operator"), value("operator")], [w("madeAt"), day(value("made"))], [w("size"), value("bytes") ? bytes(+value("bytes")) : ""], [w("program"), value("program")], [w("licence"), value("licence") ? w("notStated") : ""],
      [w("approach"), learnt?.approach?.type ?? ""], [w("learnt"), listed((learnt?.datasets ?? []).map(d => all.parts.find(one => one["bom-ref"] === d.ref)?.name ?? d.ref))]]} />
    {value("settings") && value("settings") !== "{}" && <details><summary>{w("settings")}</summary><pre tabIndex={0} aria-label={w("settings")}>{pretty(value("settings"))}</pre></details>}
  </Fragment>;
}

function pretty(json: string): string {
  try { return JSON.stringify(JSON.parse(json), null, 2); } catch { return json; }
}

interface Paired { both: number; gained: number; lost: number; neither: number; value: number; low: number; high: number }
interface Compared { first: string; second: string; releases: [string, string]; overall: Paired; p: number; outcome: string }

// Compare puts the same questions to two releases.
function Compare({ of, at }: { of: Release[]; at: Release }) {
  const others = of.filter(o => o.digest !== at.digest && o.present), [other, choose] = useState(""), run = useAct();
  const got = useGet<Compared>("/api/comparison"), ended = JSON.stringify((store.now?.tasks ?? []).filter(task => task.kind === "compare"));
  useEffect(got.reload, [ended]);
  const with_ = others.find(o => o.digest === other) ?? others[0], c = got.data;
  const signed = (v: number) => (v > 0 ? "+" : "") + percent(v);
  return <Card title={w("compare")}>
    <p class="quiet">{w("compareHelp")}</p>
    <TaskList kinds={["compare"]} />
    {!with_ ? <p>{w("compareNone")}</p> : mayDo("set_release") && <form class="form" onSubmit={e => { e.preventDefault(); run.run(() => act("POST", "/api/comparison", { first: with_.digest, second: at.digest })); }}>
      <Field label={w("with")}>{id => <select id={id} value={with_.digest} onChange={e => choose((e.target as HTMLSelectElement).value)}>{others.map(o => <option key={o.digest} value={o.digest}>{o.name} {short(o.digest)} · {stage(o.stage)}</option>)}</select>}</Field>
      <button class="compare" disabled={run.busy || !at.present}>{w("compareGo")}</button></form>}
    {run.failure && <Fail of={run.failure} />}
    {c && <Fragment><p role="status"><b>{w("found", c.second, c.first, signed(c.overall.value), signed(c.overall.low), signed(c.overall.high))}</b> {w("counts", count(c.overall.gained), count(c.overall.lost), c.p.toPrecision(2))}</p>
      {mayDo("read_traces") && <PairRows path="/api/comparison?" names={[c.first, c.second]} />}</Fragment>}
    <Command line={`suiren release compare ${with_ ? short(with_.digest) : "FIRST"} ${short(at.digest)}`} />
  </Card>;
}

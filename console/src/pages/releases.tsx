// Releases: what was made, how each stands, and canary, promotion and the way back.
import { act, Card, Command, day, Empty, Fail, Field, Fragment, h, Loaded, Page, percent, say, short, t, Tag, useAct, useGet, useState } from "../kit";
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
  return <Page title={t("releases")} lead={w("lead")}>
    <Loaded of={got}>{({ releases }) => {
      if (releases.length === 0) return <Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#plan">{t("plan")}</a></Empty>;
      const r = releases.find(one => one.digest === chosen) ?? releases[0];
      return <div class="two">
        <ul class="picks">{releases.map(one => <li key={one.digest}><button aria-pressed={one === r} onClick={() => choose(one.digest)}>
          <b>{one.name}</b> <code>{short(one.digest)}</code>
          <span class="row"><Tag kind={{ live: "done", canary: "running", retired: "failed" }[one.stage] ?? ""}>{stage(one.stage)}</Tag>{one.newest && <Tag>{w("newest")}</Tag>}{!one.present && <Tag kind="failed">{w("gone")}</Tag>}<span class="quiet">{w("made", day(one.made))}</span></span>
        </button></li>)}</ul>
        <One key={r.digest} of={r} reload={got.reload} />
      </div>;
    }}</Loaded>
    {got.data === null && !got.loading && !got.failure && <Empty title={w("none")}><p>{w("noneHelp")}</p></Empty>}
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
    <Field label={w("why")} hint={w("whyHint")}>{id => <input id={id} class="why-release" value={why} maxLength={200} onInput={e => setWhy((e.target as HTMLInputElement).value)} />}</Field>
    <div class="row"><button class="check" disabled={run.busy} onClick={() => go("check")}>{w("check")}</button>
      <button class="main promote" disabled={run.busy || of.stage === "live"} onClick={() => go("promote")}>{w("promote")}</button>
      <button class="rollback" disabled={run.busy} onClick={() => go("rollback")}>{w("rollback")}</button><button disabled={run.busy} onClick={() => go("retire")}>{w("retire")}</button></div>
    <div class="form"><Field label={w("share", share)}>{id => <input id={id} type="range" min="1" max="100" value={share} onInput={e => setShare(+(e.target as HTMLInputElement).value)} />}</Field>
      <Field label={w("stop")} hint={w("stopHint")}>{id => <input id={id} value={stop} onInput={e => setStop((e.target as HTMLInputElement).value)} />}</Field>
      <button class="canary" disabled={run.busy || of.stage === "live"} onClick={() => go("canary")}>{w("canary")}</button></div>
    <p role="status">{said}</p>
    {run.failure && <Fail of={run.failure} />}
    <Command line={`suiren release promote ${short(of.digest)}`} />
  </Card>;
}

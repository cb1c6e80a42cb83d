// Guard: policies, a playground that shows each rail on a stream, the replay of a
// draft, and what waits for a person.
import { act, Card, Command, count, day, Empty, Fail, Field, Fragment, h, Loaded, Page, say, store, t, Tabs, Tag, useAct, useGet, useState } from "../kit";
import { words } from "./guard.words";

const w = say(words);

interface Rail { pack: string; id: string; class: string; about?: string; on: string[]; keywords?: number; detect?: string[]; when?: string; action: string; mode: string; owner?: string; expired?: boolean }
interface Policies { policies: { release: string; pack: string; title: string; version?: string; mode: string; rails: Rail[] }[]; packs: string[]; stages: string[] }
interface Trial { verdict: string; rule?: string; class?: string; text?: string; left: string; most_held: number; holds: { at: number; left: number }[]; steps: { rule: string; class: string; detector: string; kind?: string; from: number; to: number; holds: boolean; action: string; observed?: boolean; error?: string }[] }
interface Outcome { verdict: string; rule?: string }
interface Comparison { requests: number; tighter: number; looser: number; differences: { id: string; time: string; before: Outcome; after: Outcome }[] | null; rules: { rule: string; before: number; after: number; observed?: number }[] | null }
interface Item { id: string; kind: "answer" | "appeal"; until: string; caller: string; rule: string; state: string; content: { found?: string; asked?: string[]; written?: string; appealed?: string } }

const verdict = (v: string) => Object.hasOwn(words, "verdict_" + v) ? w(`verdict_${v}` as "verdict_passed") : v;
const mode = (v: string) => Object.hasOwn(words, "mode_" + v) ? w(`mode_${v}` as "mode_off") : v;

type View = "policies" | "try" | "replay" | "review";

export default function Guard() {
  const tab = (["try", "replay", "review"].includes(store.rest) ? store.rest : "policies") as View;
  const got = useGet<Policies>("/api/guard");
  return <Page title={t("guard")} lead={w("lead")} side={<Tabs label={w("views")} at={tab} set={to => { location.hash = to === "policies" ? "#guard" : "#guard/" + to; }}
    of={[["policies", w("tab_policies")], ["try", w("tab_try")], ["replay", w("tab_replay")], ["review", w("tab_review")]]} />}>
    <Loaded of={got}>{g => tab === "try" ? <Playground of={g} /> : tab === "replay" ? <Replay of={g} /> : tab === "review" ? <Reviews /> : <List of={g} />}</Loaded>
  </Page>;
}

function List({ of }: { of: Policies }) {
  if (of.policies.length === 0) return <Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#guard/try">{w("tab_try")}</a></Empty>;
  return <Fragment>{of.policies.map(p => <Card key={p.release} title={`${p.release} · ${p.title || p.pack}`} side={<Tag kind={p.mode === "enforce" ? "done" : p.mode === "observe" ? "running" : "failed"}>{mode(p.mode)}</Tag>}>
    <div class="scroll" tabIndex={0} role="region" aria-label={p.release}><table class="left"><thead><tr><th scope="col">{w("rail")}</th><th scope="col">{w("class")}</th><th scope="col">{w("on")}</th><th scope="col">{w("what")}</th><th scope="col">{w("action")}</th><th scope="col">{w("mode")}</th><th scope="col">{w("owner")}</th></tr></thead>
      <tbody>{p.rails.map(r => <tr key={r.pack + r.id}><th scope="row"><code>{r.id}</code></th><td>{r.class}</td><td class="wrap">{r.on.join(", ")}</td>
        <td class="wrap">{r.about ?? ""} {r.keywords ? <span class="quiet">{w("keywords", count(r.keywords))}</span> : null} {r.detect?.join(", ")}</td><td>{r.action}</td>
        <td><Tag kind={r.mode === "enforce" ? "done" : r.mode === "observe" ? "running" : ""}>{mode(r.mode)}</Tag></td><td>{r.owner ?? ""}{r.expired && <Tag kind="failed">{w("expired")}</Tag>}</td></tr>)}</tbody></table></div>
  </Card>)}<p class="quiet">{w("modeHelp")}</p></Fragment>;
}

function Choice({ of, value, set, packs }: { of: Policies; value: string; set: (v: string) => void; packs: boolean }) {
  return <Field label={w("policy")}>{id => <select id={id} value={value} onChange={e => set((e.target as HTMLSelectElement).value)}>
    {of.policies.map(p => <option key={p.release} value={p.release}>{w("served", p.release)}</option>)}{packs && of.packs.map(p => <option key={p} value={p}>{p}</option>)}</select>}</Field>;
}

function Playground({ of }: { of: Policies }) {
  const [policy, setPolicy] = useState(of.policies[0]?.release ?? of.packs[0] ?? ""), [draft, setDraft] = useState(""), [stage, setStage] = useState(of.stages[0] ?? "input"), [text, setText] = useState("");
  const run = useAct(), [got, setGot] = useState<Trial | null>(null);
  return <Card title={w("tab_try")}>
    <form onSubmit={e => { e.preventDefault(); run.run(async () => setGot(await act<Trial>("POST", "/api/guard/try", { policy: draft ? "" : policy, draft, stage, text }))); }}>
      <div class="form"><Choice of={of} value={policy} set={setPolicy} packs />
        <Field label={w("stage")}>{id => <select id={id} value={stage} onChange={e => setStage((e.target as HTMLSelectElement).value)}>{of.stages.map(s => <option key={s}>{s}</option>)}</select>}</Field></div>
      <details><summary>{w("draft")}</summary><Field label={w("draft")}>{id => <textarea id={id} rows={6} spellcheck={false} class="code" value={draft} placeholder={'policy "draft" {\n  pack = "minors-zh"\n  mode = "observe"\n}'} onInput={e => setDraft((e.target as HTMLTextAreaElement).value)} />}</Field></details>
      <Field label={w("text")}>{id => <textarea id={id} class="trial" rows={4} required value={text} onInput={e => setText((e.target as HTMLTextAreaElement).value)} />}</Field>
      <p><button class="main" disabled={run.busy || !text}>{w("try")}</button></p>
    </form>
    {run.failure && <Fail of={run.failure} />}
    {got && <div class="verdict" role="status">
      <p><b class={got.verdict === "passed" ? "good" : got.verdict === "refused" ? "bad" : ""}>{verdict(got.verdict)}</b> {got.rule && w("rule", got.rule, got.class ?? "")}</p>
      {got.text && <blockquote class="said-by">{got.text}</blockquote>}
      <h3>{w("leaves")}</h3><p class="passage tokens">{got.left || w("nothing")}</p>
      <h3>{w("stream")}</h3><Holds of={got.holds} /><p class="quiet">{w("held", got.most_held)}</p>
      {got.steps.length > 0 && <Fragment><h3>{w("steps")}</h3><ul class="plainlist">{got.steps.map((s, i) => <li key={i}><Tag kind={s.holds ? "failed" : ""}>{s.action}</Tag> <code>{s.rule}</code> {s.detector}{s.kind && "/" + s.kind} <mark>{slice(text, s.from, s.to)}</mark> {s.observed && <span class="quiet">{w("observed")}</span>} {s.error && <span class="bad">{s.error}</span>}</li>)}</ul></Fragment>}
    </div>}
    <Command line={`suiren guard check ${draft ? "FILE" : of.policies.find(p => p.release === policy)?.pack ?? policy}`} />
  </Card>;
}

// slice is a part of a text whose places are bytes of its UTF-8.
function slice(text: string, from: number, to: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text).slice(from, to));
}

function Holds({ of }: { of: { at: number; left: number }[] }) {
  const most = Math.max(of.at(-1)?.at ?? 1, 1), wide = 600, high = 90;
  const line = (f: (o: { at: number; left: number }) => number) => of.map((o, i) => `${i ? "L" : "M"}${(i / Math.max(of.length - 1, 1) * wide).toFixed(1)} ${(high - f(o) / most * (high - 6) - 2).toFixed(1)}`).join("");
  return <Fragment><svg class="chart" viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={w("stream")}><path class="line c1" d={line(o => o.at)} stroke-dasharray="6 3" /><path class="line c0" d={line(o => o.left)} /></svg>
    <ul class="legend"><li><svg width="22" height="8" aria-hidden="true"><line class="line c1" x1="1" x2="21" y1="4" y2="4" stroke-dasharray="6 3" /></svg>{w("written")}</li><li><svg width="22" height="8" aria-hidden="true"><line class="line c0" x1="1" x2="21" y1="4" y2="4" /></svg>{w("left")}</li></ul></Fragment>;
}

function Replay({ of }: { of: Policies }) {
  const [release, setRelease] = useState(of.policies[0]?.release ?? ""), [draft, setDraft] = useState(`policy "draft" {\n  pack = "${of.policies[0]?.pack ?? of.packs[0] ?? ""}"\n  mode = "observe"\n}\n`), [last, setLast] = useState(100);
  const run = useAct(), [got, setGot] = useState<Comparison | null>(null);
  if (of.policies.length === 0) return <Empty title={w("none")}><p>{w("noneHelp")}</p></Empty>;
  const outcome = (o: Outcome) => `${verdict(o.verdict)} ${o.rule ?? ""}`;
  return <Card title={w("tab_replay")}>
    <p class="quiet">{w("replayHelp")}</p>
    <form onSubmit={e => { e.preventDefault(); run.run(async () => setGot(await act<Comparison>("POST", "/api/guard/replay", { release, draft, last }))); }}>
      <div class="form"><Choice of={of} value={release} set={setRelease} packs={false} />
        <Field label={w("last")}>{id => <input id={id} type="number" min="1" max="10000" value={last} onInput={e => setLast(+(e.target as HTMLInputElement).value)} />}</Field></div>
      <Field label={w("draft")}>{id => <textarea id={id} rows={6} spellcheck={false} class="code" value={draft} onInput={e => setDraft((e.target as HTMLTextAreaElement).value)} />}</Field>
      <p><button class="main" disabled={run.busy || !draft}>{w("replay")}</button></p>
    </form>
    {run.failure && <Fail of={run.failure} />}
    {got && <div class="replayed" role="status"><p><b>{w("replayed", count(got.requests), count(got.tighter), count(got.looser))}</b></p>
      {!got.differences?.length ? <p>{w("noChange")}</p> : <div class="scroll" tabIndex={0} role="region" aria-label={w("tab_replay")}><table class="left"><thead><tr><th scope="col">{w("request")}</th><th scope="col">{w("now")}</th><th scope="col">{w("then")}</th></tr></thead>
        <tbody>{got.differences.slice(0, 200).map(d => <tr key={d.id}><th scope="row"><a href="#traces">{day(d.time) || d.id}</a></th><td>{outcome(d.before)}</td><td>{outcome(d.after)}</td></tr>)}</tbody></table></div>}</div>}
    <Command line="suiren guard replay --draft FILE" />
  </Card>;
}

function Reviews() {
  const items = useGet<Item[] | null>("/api/guard/reviews", 5000), barred = useGet<{ caller: string; until: string; why: string }[] | null>("/api/guard/suspended");
  const decide = useAct(), [why, setWhy] = useState<Record<string, string>>({});
  const waiting = (items.data ?? []).filter(i => i.state === "waiting");
  return <Fragment>
    <Card title={w("waiting")}>
      {decide.failure && <Fail of={decide.failure} />}
      {waiting.length === 0 ? <p>{w("noneWaits")}</p> : <ul class="plainlist">{waiting.map(i => <li key={i.id} class="card">
        <div class="row"><Tag>{w(i.kind === "appeal" ? "appeal" : "answer")}</Tag><b>{i.caller}</b><code>{i.rule}</code><span class="quiet">{w("until", day(i.until))}</span></div>
        {[...i.content.asked ?? [], i.content.written, i.content.found, i.content.appealed].filter(Boolean).map(s => <p class="passage">{s}</p>)}
        <div class="form"><Field label={w("why")}>{id => <input id={id} value={why[i.id] ?? ""} onInput={e => setWhy({ ...why, [i.id]: (e.target as HTMLInputElement).value })} />}</Field>
          {([true, false] as const).map(allow => <button class={allow ? "" : "main"} onClick={() => decide.run(() => act("POST", "/api/guard/reviews/" + encodeURIComponent(i.id), { allow, reason: why[i.id] ?? "" })).then(items.reload)}>{allow ? w("allow") : w("refuse")}</button>)}</div></li>)}</ul>}
      <Command line="suiren guard review" />
    </Card>
    <Card title={w("suspended")}>{!barred.data?.length ? <p>{w("nobody")}</p> : <ul class="plainlist">{barred.data.map(s => <li key={s.caller} class="row"><b>{s.caller}</b><code>{s.why}</code><span class="quiet">{w("until", day(s.until))}</span>
      <button onClick={() => decide.run(() => act("DELETE", "/api/guard/suspended/" + encodeURIComponent(s.caller))).then(barred.reload)}>{w("lift")}</button></li>)}</ul>}</Card>
  </Fragment>;
}

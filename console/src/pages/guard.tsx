// Guard: policies, a playground that shows each rail on a stream, the replay of a
// draft, and what waits for a person.
import { act, Card, Command, count, day, Empty, Fail, Field, Fragment, h, idOf, Loaded, maybe, mayDo, Page, percent, type PlanView, say, span, store, t, Tabs, Tag, TaskList, useAct, useEffect, useGet, useState, listed, told } from "../kit";
import { words } from "./guard.words";
import { Lines } from "./lines";

const w = say(words);

interface Rail { pack: string; id: string; class: string; about?: string; on: string[]; keywords?: number; detect?: string[]; when?: string; action: string; mode: string; owner?: string; expired?: boolean }
interface Kind { name: string; threshold: number; sentences: number; asked: number; found: number; wrong: number }
interface Policies { policies: { release: string; pack: string; title: string; version?: string; mode: string; rails: Rail[]; kinds?: Kind[] }[]; packs: string[]; stages: string[] }
interface Trial { verdict: string; rule?: string; class?: string; text?: string; left: string; most_held: number; holds: { at: number; left: number }[]; steps: { rule: string; class: string; detector: string; kind?: string; from: number; to: number; holds: boolean; action: string; observed?: boolean; error?: string }[] }
interface Outcome { verdict: string; rule?: string }
interface Comparison { requests: number; tighter: number; looser: number; differences: { id: string; time: string; before: Outcome; after: Outcome }[] | null; rules: { rule: string; before: number; after: number; observed?: number }[] | null }
interface Item { id: string; kind: "answer" | "appeal"; until: string; caller: string; rule: string; state: string; content: Reviewed }
interface Reviewed { release?: string; policy?: string; digest?: string; stage?: string; class?: string; said?: { role: string; text: string }[]; call?: { name: string; arguments: string }; before?: string; found?: string; after?: string; cut?: boolean; refusal?: { en: string; zh: string }; appealed?: string }

const known = (prefix: string, v: string) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}` as "action_log") : v;
const where = (on: string[], all: string[]) => on.length === all.length ? w("everywhere") : on.map(s => known("stage", s)).join(w("comma"));
const classOf = (r: Rail) => { const key = "class_" + r.class.replaceAll(".", ""); const own = r.about && /\p{Script=Han}/u.test(r.about) === (store.lang !== "en"); // in the reader's language
  return !own && Object.hasOwn(words, key) ? w(key as "class_LLM01") : r.about ?? ""; };
const verdict = (v: string) => Object.hasOwn(words, "verdict_" + v) ? w(`verdict_${v}` as "verdict_passed") : v;
const mode = (v: string) => Object.hasOwn(words, "mode_" + v) ? w(`mode_${v}` as "mode_off") : v;

type View = "policies" | "try" | "replay" | "review" | "assess";

export default function Guard() {
  const all: [View, string][] = [["policies", w("tab_policies")], ["try", w("tab_try")], ["replay", w("tab_replay")], ["review", w("tab_review")], ["assess", w("tab_assess")]];
  const tabs = all.filter(([k]) => k !== "replay" || mayDo("read_traces")), tab = tabs.find(([k]) => k === store.rest)?.[0] ?? "policies";
  const got = useGet<Policies>("/api/guard", 5000);
  return <Page title={t("guard")} lead={w("lead")} side={<Tabs label={w("views")} at={tab} set={to => { location.hash = to === "policies" ? "#guard" : "#guard/" + to; }} of={tabs} />}>
    <Loaded of={got}>{g => tab === "try" ? <Playground of={g} /> : tab === "replay" ? <Replay of={g} changed={got.reload} /> : tab === "review" ? <Reviews /> : tab === "assess" ? <Assessments /> : <List of={g} />}</Loaded>
  </Page>;
}

function List({ of }: { of: Policies }) {
  if (of.policies.length === 0) return <Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#guard/try">{w("tab_try")}</a></Empty>;
  return <Fragment>{of.policies.map(p => <Card key={p.release} title={`${p.release} · ${p.title || p.pack}`} side={<Tag kind={p.mode === "enforce" ? "done" : p.mode === "observe" ? "running" : "failed"}>{mode(p.mode)}</Tag>}>
    <div class="scroll" tabIndex={0} role="region" aria-label={p.release}><table class="left"><thead><tr><th scope="col">{w("rail")}</th><th scope="col">{w("what")}</th><th scope="col">{w("action")}</th><th scope="col">{w("on")}</th><th scope="col">{w("class")}</th></tr></thead>
      <tbody>{p.rails.map(r => <tr key={r.pack + r.id}><th scope="row"><code>{r.id}</code></th>        <td class="wrap">{classOf(r)} <span class="quiet">{listed([r.keywords ? w("keywords", count(r.keywords)) : "", ...r.detect ?? []])}{r.owner && <Fragment> · {told(w("owner"), r.owner)}</Fragment>}</span> {r.expired && <Tag kind="failed">{w("expired")}</Tag>}</td>
        <td>{known("action", r.action)}{r.mode !== p.mode && <Fragment> <Tag kind={r.mode === "enforce" ? "done" : r.mode === "observe" ? "running" : ""}>{mode(r.mode)}</Tag></Fragment>}</td><td class="wrap">{where(r.on, of.stages)}</td><td>{r.class}</td></tr>)}</tbody></table></div>
    {p.kinds && <Kinds of={p.kinds} />}
    {mayDo("read_traces") && mayDo("set_policy") && <a class="button" href="#guard/replay">{w("changeIt")}</a>}
  </Card>)}<p class="quiet">{w("modeHelp")} {mayDo("read_audit") && <a href="#traces/audit">{w("audit")}</a>}</p></Fragment>;
}

// Kinds are those that a policy's classifiers learnt, and how well they tell them.
function Kinds({ of }: { of: Kind[] }) {
  const share = (n: number, all: number) => all ? `${percent(n / all)} (${n}/${all})` : "–";
  return <div class="scroll" tabIndex={0} role="region" aria-label={w("kinds")}><table class="left"><thead><tr><th scope="col">{w("kind")}</th><th scope="col">{w("sentences")}</th><th scope="col">{w("threshold")}</th><th scope="col">{w("precision")}</th><th scope="col">{w("recall")}</th></tr></thead>
    <tbody>{of.map(k => <tr key={k.name}><th scope="row"><code>classify:{k.name}</code></th><td>{count(k.sentences)}</td><td>{k.threshold}</td><td>{share(k.found, k.found + k.wrong)}</td><td>{share(k.found, k.asked)}</td></tr>)}</tbody></table><p class="quiet">{w("kindsHelp")}</p></div>;
}

function Choice({ of, value, set, packs }: { of: Policies; value: string; set: (v: string) => void; packs: boolean }) {
  return <Field label={w("policy")}>{id => <select id={id} value={value} onChange={e => set((e.target as HTMLSelectElement).value)}>
    {of.policies.map(p => <option key={p.release} value={p.release}>{w("served", p.release)}</option>)}{packs && of.packs.map(p => <option key={p} value={p}>{p}</option>)}</select>}</Field>;
}

function Playground({ of }: { of: Policies }) {
  const [policy, setPolicy] = useState(of.policies[0]?.release ?? of.packs[0] ?? ""), [draft, setDraft] = useState(""), [stage, setStage] = useState(of.stages[0] ?? "input"), [text, setText] = useState("");
  const run = useAct(), [got, setGot] = useState<Trial & { of: string; at: string } | null>(null);
  return <Card title={w("tab_try")}>
    <form onSubmit={e => { e.preventDefault(); run.run(async () => setGot({ ...await act<Trial>("POST", "/api/guard/try", { policy: draft ? "" : policy, draft, stage, text }), of: text, at: stage })); }}>
      <div class="form"><Choice of={of} value={policy} set={setPolicy} packs />
        <Field label={w("stage")}>{id => <select id={id} value={stage} onChange={e => setStage((e.target as HTMLSelectElement).value)}>{of.stages.map(s => <option key={s} value={s}>{known("stage", s)}</option>)}</select>}</Field></div>
      <details><summary>{w("draft")}</summary><Field label={w("draft")}>{id => <textarea id={id} rows={6} spellcheck={false} class="code" value={draft} placeholder={'policy "draft" {\n  pack = "minors-zh"\n  mode = "observe"\n}'} onInput={e => setDraft((e.target as HTMLTextAreaElement).value)} />}</Field></details>
      <Field label={w("text")}>{id => <textarea id={id} class="trial" rows={4} required value={text} onInput={e => setText((e.target as HTMLTextAreaElement).value)} />}</Field>
      <p><button class="main" disabled={run.busy || !text}>{w("try")}</button></p>
    </form>
    {run.failure && <Fail of={run.failure} />}
    {got && <div class="verdict" role="status">
      <p><b class={got.verdict === "passed" ? "good" : got.verdict === "refused" ? "bad" : ""}>{verdict(got.verdict)}</b> {got.rule && w("rule", got.rule, got.class ?? "")}</p>
      {got.text && <blockquote class="said-by">{got.text}</blockquote>}
      <h3>{w(["thought", "output"].includes(got.at) ? "leaves" : "goesOn")}</h3><p class="passage tokens">{got.left || w("nothing")}</p>
      <h3>{w("stream")}</h3><Holds of={got.holds} /><p class="quiet">{w("held", got.most_held)}</p>
      {got.steps.length > 0 && <Fragment><h3>{w("steps")}</h3><ul class="plainlist">{got.steps.map((s, i) => <li key={i}><Tag kind={s.holds ? "failed" : ""}>{known("action", s.action)}</Tag> <code>{s.rule}</code> {s.detector}{s.kind && "/" + s.kind} <mark>{slice(got.of, s.from, s.to)}</mark> {s.observed && <span class="quiet">{w("observed")}</span>} {s.error && <span class="bad">{s.error}</span>}</li>)}</ul></Fragment>}
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

function Replay({ of, changed }: { of: Policies; changed: () => void }) {
  const [release, setRelease] = useState(of.policies[0]?.release ?? ""), [written, write] = useState<string | null>(null), [last, setLast] = useState(100);
  const own = useGet<Block>(release ? "/api/guard/policy?release=" + encodeURIComponent(release) : "");
  const run = useAct(), [compared, setCompared] = useState<Comparison & { of: string } | null>(null);
  if (of.policies.length === 0) return <Empty title={w("none")}><p>{w("noneHelp")}</p></Empty>;
  const serving = of.policies.find(p => p.release === release);
  const draft = written ?? own.data?.text ?? (own.loading ? "" : `policy "draft" {\n  pack = "${serving?.pack ?? of.packs[0] ?? ""}"\n  mode = "observe"\n}\n`);
  const got = compared?.of === release + draft ? compared : null; // not what is said of a draft that has changed since
  const outcome = (o: Outcome) => `${verdict(o.verdict)} ${o.rule ?? ""}`;
  return <Fragment>
    <Card title={w("tab_replay")} side={serving && <Tag kind={serving.mode === "enforce" ? "done" : "running"}>{mode(serving.mode)}</Tag>}>
      <p class="quiet">{w("replayHelp")}</p>
      <form onSubmit={e => { e.preventDefault(); run.run(async () => setCompared({ ...await act<Comparison>("POST", "/api/guard/replay", { release, draft, last }), of: release + draft })); }}>
        <div class="form"><Choice of={of} value={release} set={v => { setRelease(v); write(null); }} packs={false} />
          <Field label={w("last")}>{id => <input id={id} type="number" min="1" max="10000" value={last} onInput={e => setLast(+(e.target as HTMLInputElement).value)} />}</Field></div>
        <Field label={w("change")}>{id => <textarea id={id} rows={8} spellcheck={false} class="code" value={draft} onInput={e => write((e.target as HTMLTextAreaElement).value)} />}</Field>
        <p><button class="main" disabled={run.busy || !draft}>{w("replay")}</button></p>
      </form>
      {run.failure && <Fail of={run.failure} />}
      {got && <div class="replayed" role="status"><p><b>{w("replayed", count(got.requests), count(got.tighter), count(got.looser))}</b></p>
        {!got.differences?.length ? <p>{w("noChange")}</p> : <div class="scroll" tabIndex={0} role="region" aria-label={w("tab_replay")}><table class="left"><thead><tr><th scope="col">{w("request")}</th><th scope="col">{w("now")}</th><th scope="col">{w("then")}</th></tr></thead>
          <tbody>{got.differences.slice(0, 200).map(d => <tr key={d.id}><th scope="row"><a href="#traces">{day(d.time) || d.id}</a></th><td>{outcome(d.before)}</td><td>{outcome(d.after)}</td></tr>)}</tbody></table></div>}
        {got.rules && got.rules.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label={w("rail")}><table class="left"><thead><tr><th scope="col">{w("rail")}</th><th scope="col">{w("now")}</th><th scope="col">{w("then")}</th><th scope="col">{w("onlyObserved")}</th></tr></thead>
          <tbody>{got.rules.map(r => <tr key={r.rule}><th scope="row"><code>{r.rule}</code></th><td>{count(r.before)}</td><td>{count(r.after)}</td><td>{count(r.observed ?? 0)}</td></tr>)}</tbody></table></div>}</div>}
      <Command line="suiren guard replay --draft FILE" />
    </Card>
    {!mayDo("set_policy") || !mayDo("set_plan") ? null : own.data ? <Stage release={release} draft={draft} done={() => { write(null); setCompared(null); own.reload(); changed(); }} /> : !own.loading && <p class="quiet">{w("noBlock")}</p>}
  </Fragment>;
}

interface Block { name: string; text: string; mode: string }
interface Staged { text: string; sum: string; before: string; after: string; view?: PlanView; wrong: string[]; of: string }

// Stage carries a draft into the plan: first what would be written and made, then the making.
function Stage({ release, draft, done }: { release: string; draft: string; done: () => void }) {
  const [shown, setStaged] = useState<Staged | null>(null), staged = shown?.of === release + draft ? shown : null, stage = useAct(), make = useAct(), [begun, begin] = useState(0);
  const task = store.now?.tasks?.find(one => one.id === begun);
  useEffect(() => { if (task?.ended) { begin(0); if (!task.failed) { setStaged(null); done(); } } }, [task?.ended]);
  const show = (to: string) => stage.run(async () => {
    const s = await act<Omit<Staged, "view" | "wrong" | "of">>("POST", "/api/guard/policy", { release, draft, mode: to });
    const c = await act<{ diagnostics: { what: string }[]; view?: PlanView }>("POST", "/api/plan/check", { text: s.text });
    setStaged({ ...s, view: c.view, wrong: c.diagnostics.map(d => d.what), of: release + draft });
  });
  const go = () => make.run(async () => {
    const saved = await act<{ sum: string }>("PUT", "/api/plan/file", { text: staged!.text, sum: staged!.sum });
    begin((await act<{ task: number }>("POST", "/api/plan/apply", { sum: saved.sum })).task);
  });
  const steps = (staged?.view?.nodes ?? []).filter(n => n.action !== "keep");
  return <Card title={w("carry")}>
    <p class="quiet">{w("carryHelp")}</p>
    <div class="row">{(["observe", "enforce"] as const).map(to => <button key={to} class={"stage-" + to} disabled={stage.busy || !!begun} onClick={() => show(to)}>{w(`go_${to}`)}</button>)}</div>
    {stage.failure && <Fail of={stage.failure} />}
    {staged && <div class="staged">
      <h3>{w("diff")}</h3><Lines label={w("diff")} before={staged.before} after={staged.after} />
      {staged.wrong.map(what => <p class="bad" key={what}>{what}</p>)}
      {staged.before === staged.after ? <p>{w("sameText")}</p> : <Fragment>
        <p>{w("makes")} {steps.map(n => <Tag key={idOf(n)}>{maybe("action", n.action)} {idOf(n)}</Tag>)} <span class="quiet">{span(steps.reduce((s, n) => s + (n.forecast?.low ?? 0), 0), steps.reduce((s, n) => s + (n.forecast?.high ?? 0), 0))}</span></p>
        <button class="main carry" disabled={make.busy || !!begun || staged.wrong.length > 0} onClick={go}>{w("write")}</button></Fragment>}
      {make.failure && <Fail of={make.failure} />}
    </div>}
    <TaskList kinds={["plan"]} />
    <Command line="suiren plan && suiren apply" />
  </Card>;
}

interface Assessment { folder: string; sha256: string; signed?: string; report: { as_of: string; program: string; questions: number; unconfirmed: number; counts: Record<string, number>; pack: { id: string; title: { en: string; zh: string }; source: string }; subject: { name: string; digest: string };
  results: { id: string; clause: string; outcome: string; en: string; zh: string; got?: number; least?: number; most?: number; low?: number; high?: number; of?: number; why?: { en: string; zh: string } }[] } }

function Assessments() {
  const got = useGet<{ reports: Assessment[]; packs: string[]; banks: string[] | null }>("/api/guard/assessments"), ended = (store.now?.tasks ?? []).find(one => one.kind === "assess")?.ended;
  useEffect(got.reload, [ended]);
  const said = (v?: { en: string; zh: string }) => v ? store.lang === "en" ? v.en : v.zh : "";
  const result = (v: string) => ({ surely: w("outcome_surely"), met: w("outcome_met"), missed: w("outcome_missed"), "not assessed": w("outcome_missing") })[v] ?? v;
  const number = (v?: number) => v === undefined ? "" : v <= 1 && v >= 0 && !Number.isInteger(v) ? percent(v) : count(v);
  return <Card title={w("tab_assess")}>
    <p class="quiet">{w("assessHelp")}</p>
    <TaskList kinds={["assess"]} />
    <Loaded of={got}>{({ reports, packs, banks }) => <Fragment>
      {mayDo("set_policy") && <Begin packs={packs} banks={banks ?? []} />}
      {reports.length === 0 ? <p>{w("assessNone", listed(packs))}</p> : reports.map(a => <details key={a.sha256} class="assessment"><summary><b>{said(a.report.pack.title)}</b> · {a.report.subject.name} · {a.report.as_of} {Object.entries(a.report.counts).map(([k, n]) => <Tag key={k} kind={{ surely: "done", met: "done", missed: "failed" }[k] ?? ""}>{result(k)} {n}</Tag>)}</summary>
        <p class={a.signed ? "good" : "quiet"}>{a.signed ? "✓ " + w("assessSigned", a.signed) : w("assessUnsigned")}</p>
        {a.report.unconfirmed > 0 && <p class="bad">{w("unconfirmed", a.report.unconfirmed)}</p>}
        <p class="quiet">{w("assessOf", count(a.report.questions), a.report.pack.source)} <code>{a.folder}/report.html</code> <code>SHA-256 {a.sha256}</code></p>
        <div class="scroll" tabIndex={0} role="region" aria-label={said(a.report.pack.title)}><table class="left"><thead><tr><th scope="col">{w("clause")}</th><th scope="col">{w("condition")}</th><th scope="col">{w("found")}</th><th scope="col">{w("asked")}</th><th scope="col">{w("outcome")}</th></tr></thead>
          <tbody>{a.report.results.map(r => <tr key={r.id}><th scope="row">{r.clause || r.id}</th><td class="wrap">{store.lang === "en" ? r.en : r.zh}{r.why && <div class="quiet">{said(r.why)}</div>}</td><td>{number(r.got)}{r.low !== undefined && r.high !== undefined ? <small>{percent(r.low)} – {percent(r.high)}</small> : null}</td>
            <td>{r.least !== undefined ? "≥ " + number(r.least) : r.most !== undefined ? "≤ " + number(r.most) : ""}</td><td><Tag kind={{ surely: "done", met: "done", missed: "failed" }[r.outcome] ?? ""}>{result(r.outcome)}</Tag></td></tr>)}</tbody></table></div>
      </details>)}
    </Fragment>}</Loaded>
    <Command line="suiren guard assess --bank FOLDER --sign NAME" />
  </Card>;
}

// Begin has a release judged; the report comes below.
function Begin({ packs, banks }: { packs: string[]; banks: string[] }) {
  const releases = (store.server?.releases ?? []).map(r => r.name), begin = useAct();
  const [release, setRelease] = useState(releases[0] ?? ""), [pack, setPack] = useState(packs[0] ?? ""), [chosen, choose] = useState<string[]>([]);
  return <form onSubmit={e => { e.preventDefault(); begin.run(() => act("POST", "/api/guard/assessments", { release, pack, bank: chosen })); }}>
    <div class="form"><Field label={w("assessRelease")}>{id => <select id={id} value={release} onChange={e => setRelease((e.target as HTMLSelectElement).value)}>{releases.map(r => <option key={r}>{r}</option>)}</select>}</Field>
      <Field label={w("assessPack")}>{id => <select id={id} class="assess-pack" value={pack} onChange={e => setPack((e.target as HTMLSelectElement).value)}>{packs.map(p => <option key={p}>{p}</option>)}</select>}</Field></div>
    {banks.length === 0 ? <p>{w("assessNoBank")}</p> : <fieldset class="roles"><legend>{w("assessBank")}</legend>{banks.map(b => <label key={b} class="pick"><input type="checkbox" checked={chosen.includes(b)} onChange={() => choose(chosen.includes(b) ? chosen.filter(o => o !== b) : [...chosen, b])} /><code>{b}</code></label>)}</fieldset>}
    <div class="row"><button class="main assess" disabled={begin.busy || chosen.length === 0}>{w("assessGo")}</button><span class="quiet">{w("assessGoHelp")}</span></div>
    {begin.failure && <Fail of={begin.failure} />}
  </form>;
}

// Decided is all that a person decides on: the text with what was found in it, what was
// said before, and what is said in each case.
function Decided({ of: c }: { of: Reviewed }) {
  const refusal = c.refusal && (store.lang === "en" ? c.refusal.en : c.refusal.zh), stage = c.stage ?? "";
  return <Fragment>
    {c.policy && <p class="quiet">{w("byPolicy", c.release ?? "", c.policy)} <code title={c.digest}>{c.digest?.slice(0, 12)}</code></p>}
    {!!c.said?.length && <details><summary>{w("saidBefore", count(c.said.length))}</summary>{c.said.map((m, k) => <p key={k} class="passage"><b>{known("role", m.role)}</b> {m.text}</p>)}</details>}
    {c.call && <p class="passage"><b>{w("calls")}</b> <code>{c.call.name}{c.call.arguments}</code></p>}
    {c.found && <p class="passage"><b>{known("text", stage)}</b> {c.before}<mark>{c.found}</mark>{c.after}</p>}
    {c.appealed && <p class="passage">{c.appealed}</p>}
    {c.cut && <p class="quiet">{w("leftOut")}</p>}
    {refusal !== undefined && <dl class="facts-list"><div><dt>{w("ifAllowed")}</dt><dd>{w(["thought", "tool_call", "output"].includes(stage) ? "goesOut" : "goesIn")}</dd></div>
      <div><dt>{w("ifRefused")}</dt><dd>{stage === "retrieval" ? w("isLeftOut") : w(stage === "tool_result" ? "modelTold" : "callerTold", refusal)}</dd></div></dl>}
  </Fragment>;
}

function Reviews() {
  const items = useGet<Item[] | null>(mayDo("set_policy") ? "/api/guard/reviews" : "", 5000), barred = useGet<{ caller: string; until: string; why: string }[] | null>("/api/guard/suspended");
  const decide = useAct(), [why, setWhy] = useState<Record<string, string>>({});
  const waiting = (items.data ?? []).filter(i => i.state === "waiting");
  return <Fragment>
    {mayDo("set_policy") && <Card title={w("waiting")}>
      {decide.failure && <Fail of={decide.failure} />}
      {!items.data && items.loading ? <p class="quiet">{t("loading")}</p> : waiting.length === 0 ? <p>{w("noneWaits")}</p> : <ul class="plainlist">{waiting.map(i => <li key={i.id} class="card">
        <div class="row"><Tag>{w(i.kind === "appeal" ? "appeal" : "answer")}</Tag><b>{i.caller || w("unnamed")}</b><code>{i.rule}</code><span class="quiet">{w("until", day(i.until))}</span></div>
        <Decided of={i.content} />
        <div class="form"><Field label={w("why")}>{id => <input id={id} value={why[i.id] ?? ""} onInput={e => setWhy({ ...why, [i.id]: (e.target as HTMLInputElement).value })} />}</Field>
          {([true, false] as const).map(allow => <button class={allow ? "" : "main"} disabled={decide.busy} onClick={() => decide.run(() => act("POST", "/api/guard/reviews/" + encodeURIComponent(i.id), { allow, reason: why[i.id] ?? "" })).then(() => { items.reload(); barred.reload(); })}>{allow ? w("allow") : w("refuse")}</button>)}</div></li>)}</ul>}
      <Command line="suiren guard review" />
    </Card>}
    <Card title={w("suspended")}>{!barred.data && barred.loading ? <p class="quiet">{t("loading")}</p> : !barred.data?.length ? <p>{w("nobody")}</p> : <ul class="plainlist">{barred.data.map((s, i) => <li key={s.caller || i} class="row"><b>{s.caller || w("unnamed")}</b><code>{s.why}</code><span class="quiet">{w("until", day(s.until))}</span>
      {mayDo("set_policy") && s.caller && <button disabled={decide.busy} onClick={() => decide.run(() => act("DELETE", "/api/guard/suspended/" + encodeURIComponent(s.caller))).then(barred.reload)}>{w("lift")}</button>}</li>)}</ul>}</Card>
  </Fragment>;
}

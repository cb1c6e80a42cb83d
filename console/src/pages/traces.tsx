// Traces: every answer with its timeline, and the audit log with its proof.
import { act, Card, Command, count, day, Empty, FactList, Field, Fragment, get, h, Loaded, mayDo, Page, say, seconds, short, type Source, store, t, Tabs, Tag, useAct, useEffect, useGet, useRef, useState, Fail, milliseconds } from "../kit";
import { Choose, type Set, Sets } from "./chosen";
import { words } from "./traces.words";
import { checked, type Mark, Written } from "./written";

const w = say(words);

interface Span { name: string; parent?: string; start: number; total: number; count?: number } // nanoseconds
interface Trace {
  seq: number; id: string; time: string; operation: string; reason: string; wait: number; first: number; total: number; seed: number;
  account?: { key: string; person?: string }; supply?: { release: string; model: string };
  amounts: { prompt: number; thought: number; answer: number };
  rails?: { class: string; rule: string; action: string }[]; spans?: Span[]; rating?: { good: boolean; why?: string };
  sentences?: { all: number; unsupported: number; corrected?: number };
  content?: { messages: { role: string; text: string }[]; thought?: string; answer: string; sources?: Source[]; marks?: Mark[]; receipt?: unknown };
}
interface Line { n: number; time: string; actor: string; action: string; subject: string }
interface Verified { holds: boolean; lines: number; hash: string; checkpoints: number; error?: { en: string; zh: string } }

const operations = ["chat", "embeddings", "rerank", "job", "assess", ""] as const;
const reason = (v: string) => Object.hasOwn(words, "reason_" + v) ? w(`reason_${v}` as "reason_stop") : v;
// moment is a time to the second: answers come fast.
const moment = (v: string) => { const d = new Date(v); return `${day(v)}:${String(d.getSeconds()).padStart(2, "0")}`; };
const known = (prefix: string, v: string) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}` as "span_queue") : v.replaceAll("_", " ");
const ns = (v: number) => v < 1e8 ? milliseconds(v / 1e6) : seconds(v / 1e9);

export default function Traces() {
  const tabs: ["traces" | "audit", string][] = [];
  if (mayDo("read_traces")) tabs.push(["traces", w("tab_traces")]);
  if (mayDo("read_audit")) tabs.push(["audit", w("tab_audit")]);
  const tab = tabs.find(([k]) => k === store.rest)?.[0] ?? tabs[0]?.[0];
  return <Page title={t("traces")} lead={w("lead")} side={tabs.length > 1 && <Tabs label={w("views")} at={tab!} set={to => { location.hash = to === "audit" ? "#traces/audit" : "#traces"; }} of={tabs} />}>
    {tab === "traces" ? <List /> : tab === "audit" && <Audit />}
  </Page>;
}

function List() {
  const [f, change] = useState({ operation: "chat", text: "", key: "", rated: "", slower: "", set: "" }), [asked, ask] = useState(f), [before, setBefore] = useState(0), [open, setOpen] = useState("");
  const [picked, pick] = useState<string[]>([]), sets = useGet<{ sets: Set[] | null }>("/api/sets"), out = useAct();
  useEffect(() => { const timer = setTimeout(() => { setBefore(0); ask(f); }, 300); return () => clearTimeout(timer); }, [f]);
  const query = new URLSearchParams(Object.entries({ ...asked, before: before ? String(before) : "", limit: "100" }).filter(([, v]) => v));
  const got = useGet<{ traces: Trace[] | null; next: number }>("/api/traces?" + query);
  const input = (k: keyof typeof f) => (e: Event) => change({ ...f, [k]: (e.target as HTMLInputElement).value });
  const toggle = (id: string) => pick(picked.includes(id) ? picked.filter(o => o !== id) : [...picked, id]);
  return <Fragment><Card>
    <div class="form">
      <Field label={w("operation")}>{id => <select id={id} value={f.operation} onChange={input("operation")}>{operations.map(v => <option key={v} value={v}>{w(`operation_${v}`)}</option>)}</select>}</Field>
      <Field label={w("search")}>{id => <input id={id} value={f.text} onInput={input("text")} />}</Field>
      <Field label={w("key")}>{id => <input id={id} value={f.key} onInput={input("key")} />}</Field>
      <Field label={w("rated")}>{id => <select id={id} value={f.rated} onChange={input("rated")}>{(["", "good", "bad", "any"] as const).map(v => <option key={v} value={v}>{w(`rated_${v}`)}</option>)}</select>}</Field>
      <Field label={w("slower")}>{id => <input id={id} type="number" min="0" step="any" value={f.slower} onInput={input("slower")} />}</Field>
      {(sets.data?.sets ?? []).length > 0 && <Field label={w("set")}>{id => <select id={id} value={f.set} onChange={input("set")}><option value="">{w("rated_")}</option>{sets.data!.sets!.map(s => <option key={s.name}>{s.name}</option>)}</select>}</Field>}
    </div>
    <Loaded of={got}>{({ traces, next }) => !traces || traces.length === 0 ? <Empty title={w("none")}><p>{w("noneHelp")}</p>{mayDo("chat") && <a class="button" href="#chat">{t("chat")}</a>}</Empty> : <Fragment>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("traces")}><table class="left traces"><thead><tr><th scope="col"><input type="checkbox" aria-label={w("pickAll")} checked={traces.every(one => picked.includes(one.id))}
        onChange={() => pick(traces.every(one => picked.includes(one.id)) ? [] : traces.map(one => one.id))} /></th><th scope="col">{w("time")}</th><th scope="col">{w("key")}</th><th scope="col">{w("model")}</th><th scope="col">{w("tokens")}</th><th scope="col">{w("took")}</th><th scope="col">{w("reason")}</th><th scope="col">{w("number")}</th></tr></thead>
        <tbody>{traces.map(one => <tr key={one.id}><td><input type="checkbox" aria-label={w("pick", one.id)} checked={picked.includes(one.id)} onChange={() => toggle(one.id)} /></td><th scope="row"><button class="bare trace" onClick={() => setOpen(one.id)}>{moment(one.time)}</button></th><td>{one.account?.key}</td><td>{one.supply?.model}</td>
          <td>{count(one.amounts.prompt + one.amounts.thought + one.amounts.answer)}</td><td>{ns(one.total)}</td><td><Tag kind={one.reason === "stop" ? "done" : one.reason === "error" ? "failed" : ""}>{reason(one.reason)}</Tag>{one.rating && <Tag kind={one.rating.good ? "done" : "failed"}>{one.rating.good ? w("rated_good") : w("rated_bad")}</Tag>}</td><td class="clip"><code>{one.id}</code></td></tr>)}</tbody></table></div>
      <div class="row">{before > 0 && <button onClick={() => setBefore(0)}>{w("first")}</button>}{next > 0 && <button onClick={() => setBefore(next)}>{w("more")}</button>}</div>
    </Fragment>}</Loaded>
    {picked.length > 0 && mayDo("set_data") && <Choose ids={picked} sets={sets.data?.sets ?? []} done={() => { pick([]); sets.reload(); }} />}
    {picked.length > 0 && f.set && mayDo("set_data") && <button disabled={out.busy} onClick={() => out.run(() => act("DELETE", "/api/sets/" + encodeURIComponent(f.set), { traces: picked })).then(() => { pick([]); sets.reload(); got.reload(); })}>{w("takeOut", count(picked.length), f.set)}</button>}
    {out.failure && <Fail of={out.failure} />}
    <Command line="suiren trace list" />
    {open && <One id={open} sets={sets.data?.sets ?? []} close={() => { setOpen(""); sets.reload(); }} />}
  </Card><Sets of={sets} show={name => change({ ...f, set: name })} /></Fragment>;
}

function One({ id, sets, close }: { id: string; sets: Set[]; close: () => void }) {
  const got = useGet<{ trace: Trace }>("/api/traces/" + encodeURIComponent(id)), box = useRef<HTMLDialogElement>(null);
  useEffect(() => { if (!box.current!.open) box.current!.showModal(); }, []);
  return <dialog ref={box} class="document" aria-label={w("trace", id)} onClose={close}>
    <div class="row"><h2>{w("trace", id)}</h2><button class="push" onClick={() => box.current!.close()}>{w("close")}</button></div>
    <Loaded of={got}>{({ trace: one }) => <Fragment>
      <FactList rows={[[w("time"), moment(one.time)], [w("key"), one.account?.key ?? ""], [w("person"), one.account?.person ?? ""], [w("model"), one.supply?.model ?? ""], [w("release"), short(one.supply?.release ?? "")], [w("seed"), String(one.seed)], [w("reason"), reason(one.reason)],
        [w("rated"), one.rating ? [one.rating.good ? w("rated_good") : w("rated_bad"), one.rating.why].filter(Boolean).join(": ") : ""], [w("tokens"), w("tokensOf", count(one.amounts.prompt), count(one.amounts.thought), count(one.amounts.answer))]]} />
      <h3>{w("timeline")}</h3><Timeline of={one} />
      <h3>{w("rails")}</h3>
      {!one.rails?.length ? <p class="quiet">{w("noRails")}</p> : <ul class="plainlist">{one.rails.map(d => <li><Tag kind={d.action === "refuse" ? "failed" : ""}>{known("rail", d.action)}</Tag> <code>{d.class}</code> {d.rule}</li>)}</ul>}
      {one.content ? <Fragment>
        <h3>{w("asked")}</h3>{one.content.messages.map(m => <p class="passage"><b>{known("role", m.role)}</b> {m.text}</p>)}
        {one.content.thought && <details><summary>{w("thought")}</summary><p class="passage">{one.content.thought}</p></details>}
        <h3>{w("answered")}</h3>{one.content.marks?.length ? <Written of={{ answer: one.content.answer, sources: one.content.sources ?? [], marks: one.content.marks }} />
          : <p class="passage">{one.content.answer}</p>}
        {!one.content.marks?.length && one.content.sources && one.content.sources.length > 0 && <details><summary>{w("sources")}</summary>{one.content.sources.map(s => <blockquote><code>{s.file}</code><p class="passage">{s.text}</p></blockquote>)}</details>}
        {one.content.receipt ? <details><summary>{w("receipt")}</summary><pre tabIndex={0} aria-label={w("receipt")}>{JSON.stringify(one.content.receipt, null, 2)}</pre></details> : null}
        {mayDo("set_data") && <Fragment><h3>{w("toSet")}</h3><Choose ids={[id]} sets={sets} done={() => {}} /></Fragment>}
      </Fragment> : <Fragment>{one.sentences && <p class="quiet">{checked(one.sentences.unsupported, one.sentences.all, one.sentences.corrected)}</p>}<p class="quiet">{w("notKept")}</p></Fragment>}
    </Fragment>}</Loaded>
  </dialog>;
}

function Timeline({ of }: { of: Trace }) {
  const spans: Span[] = of.spans?.length ? of.spans : of.operation === "job" ? [{ name: of.supply?.model ?? "", start: 0, total: of.total }] : [{ name: w("queue"), start: 0, total: of.wait }, { name: w("reading"), start: of.wait, total: Math.max(0, (of.first || of.total) - of.wait) }, ...of.first ? [{ name: w("writing"), start: of.first, total: of.total - of.first }] : []];
  const all = Math.max(of.total, ...spans.map(s => s.start + s.total), 1);
  return <ol class="timeline">{spans.map(s => <li key={s.name + s.start} class={s.parent ? "inner" : ""}><span>{known("span", s.name.replaceAll(" ", "_"))}{s.count ? <span class="quiet"> · {count(s.count)}</span> : null}</span>
    <svg viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label={`${s.name} ${ns(s.total)}`}><rect class="track" width="1000" height="12" /><rect class="part" x={s.start / all * 1000} width={Math.max(s.total / all * 1000, 2)} height="12" /></svg><span class="number">{ns(s.total)}</span></li>)}</ol>;
}

function Audit() {
  const [f, change] = useState({ actor: "", action: "", text: "" }), [asked, ask] = useState(f), [before, setBefore] = useState(0), [verified, setVerified] = useState<Verified | null>(null), verify = useAct();
  useEffect(() => { const timer = setTimeout(() => { setBefore(0); ask(f); }, 300); return () => clearTimeout(timer); }, [f]);
  const query = new URLSearchParams(Object.entries({ ...asked, before: before ? String(before) : "", limit: "100" }).filter(([, v]) => v));
  const got = useGet<{ entries: Line[] | null; next: number }>("/api/audit?" + query);
  const input = (k: keyof typeof f) => (e: Event) => change({ ...f, [k]: (e.target as HTMLInputElement).value });
  return <Card>
    <p class="quiet">{w("auditHelp")}</p>
    <div class="form">
      <Field label={w("actor")}>{id => <input id={id} value={f.actor} onInput={input("actor")} />}</Field>
      <Field label={w("action")}>{id => <input id={id} value={f.action} onInput={input("action")} />}</Field>
      <Field label={w("search")}>{id => <input id={id} value={f.text} onInput={input("text")} />}</Field>
      <button class="main" disabled={verify.busy} onClick={() => verify.run(async () => setVerified((await get<{ verified: Verified }>("/api/audit?limit=1&verify=1"))?.verified ?? null))}>{w("verify")}</button>
    </div>
    {verify.failure && <Fail of={verify.failure} />}
    <p role="status" class={verified?.holds === false ? "bad" : "good"}>{verified ? verified.holds ? "✓ " + w("holds", count(verified.lines), short(verified.hash), verified.checkpoints) : "✗ " + w("holdsNot", store.lang === "en" ? verified.error?.en ?? "" : verified.error?.zh ?? "") : ""}</p>
    <Loaded of={got}>{({ entries, next }) => !entries || entries.length === 0 ? <p>{w("auditNone")}</p> : <Fragment>
      <div class="scroll" tabIndex={0} role="region" aria-label={w("tab_audit")}><table class="left"><thead><tr><th scope="col">{w("line")}</th><th scope="col">{w("time")}</th><th scope="col">{w("actor")}</th><th scope="col">{w("action")}</th><th scope="col">{w("subject")}</th></tr></thead>
        <tbody>{entries.map(e => <tr key={e.n}><th scope="row">{e.n}</th><td>{day(e.time)}</td><td>{e.actor}</td><td><code>{e.action}</code></td><td class="wrap">{e.subject}</td></tr>)}</tbody></table></div>
      <div class="row">{before > 0 && <button onClick={() => setBefore(0)}>{w("first")}</button>}{next > 0 && <button onClick={() => setBefore(next)}>{w("more")}</button>}</div>
    </Fragment>}</Loaded>
    <Command line="suiren audit verify" />
  </Card>;
}

// Knowledge: folders of documents, what was read of them, what a question finds
// and why, who may read what, and how well it works.
import { act, bytes, Card, Command, count, Empty, Fail, Field, Fragment, get, h, Loaded, mayDo, Page, percent, say, type Slice, store, t, Table, Tabs, Tag, TaskList, useAct, useEffect, useGet, useState } from "../kit";
import { type Cited, Document } from "./document";
import { words } from "./knowledge.words";
import { AskWritten } from "./written";

const w = say(words);

interface Base { name: string; files: number; aside: number; stale: number; roots: string[] | null; rules: number }
interface File { name: string; size: number; changed: string; state: "read" | "stale" | "aside"; why?: string }
interface Hit { rank: number; id: string; file: string; page: number; start: number; end: number; heading: string; score: number; words: number; meaning: number; coverage: number; terms: { term: string; score: number }[] | null; text: string }
interface Found { hits: Hit[]; refused: boolean; sentences: { text: string; hit: number; supported: boolean }[]; source: Hit | null; differ: [string, string][] }
interface Rule { path: string; allow: string[] | null }

const at = (name: string) => "/api/bases/" + encodeURIComponent(name);

export default function Knowledge() {
  const list = useGet<Base[]>("/api/bases");
  const tasks = JSON.stringify((store.now?.tasks ?? []).filter(task => task.kind === "knowledge"));
  useEffect(list.reload, [tasks]);
  const name = store.rest || list.data?.[0]?.name || "";
  const base = list.data?.find(b => b.name === name);
  return <Page title={t("knowledge")} lead={w("lead")}>
    <TaskList kinds={["knowledge"]} />
    <Loaded of={list}>{bases => <Fragment>
      {bases.length === 0 && <Empty title={w("none")}><p>{w(mayDo("set_bases") ? "noneHelp" : "noneOpen")}</p></Empty>}
      {bases.length > 0 && <ul class="picks row">{bases.map(b => <li key={b.name}><a class="button" href={"#knowledge/" + encodeURIComponent(b.name)} aria-current={b.name === name ? "true" : undefined}>
        <b>{b.name}</b> <span class="quiet">{w("files", count(b.files))}</span>
        {b.stale > 0 && <Tag kind="running">{w("stale", b.stale)}</Tag>}{b.aside > 0 && <Tag>{w("aside", b.aside)}</Tag>}</a></li>)}</ul>}
      {base && <One key={base.name} of={base} changed={list.reload} />}
    </Fragment>}</Loaded>
    {mayDo("set_bases") && <Make />}
  </Page>;
}

function Make() {
  const [name, setName] = useState("handbook"), [path, setPath] = useState(""), make = useAct();
  return <Card title={w("make")}>
    <form class="form" onSubmit={e => { e.preventDefault(); make.run(async () => { await act("POST", at(name), { paths: [path] }); location.hash = "#knowledge/" + encodeURIComponent(name); }); }}>
      <Field label={w("name")} hint={w("nameHint")}>{id => <input id={id} value={name} required onInput={e => setName((e.target as HTMLInputElement).value)} />}</Field>
      <Field label={w("path")} hint={w("pathHint")}>{id => <input id={id} class="base-path" value={path} required onInput={e => setPath((e.target as HTMLInputElement).value)} />}</Field>
      <button class="main" disabled={make.busy || !name || !path}>{w("go")}</button>
    </form>
    {make.failure && <Fail of={make.failure} />}
    <Command line={`suiren knowledge add ${name || "NAME"} ${path || "PATH"}`} />
  </Card>;
}

function One({ of, changed }: { of: Base; changed: () => void }) {
  const [tab, setTab] = useState<"ask" | "files" | "conflicts" | "readers" | "eval">(mayDo("search") ? "ask" : "files");
  const [open, setOpen] = useState<Cited | null>(null);
  const again = useAct(), keeps = mayDo("read_bases");
  const tabs: [typeof tab, string][] = [["ask", w("tab_ask")], ["files", w("tab_files")], ["conflicts", w("tab_conflicts")], ["readers", w("tab_readers")], ["eval", w("tab_eval")]];
  return <Card title={of.name} side={mayDo("set_bases") && <button disabled={again.busy} onClick={() => again.run(() => act("POST", at(of.name), { paths: [] })).then(changed)}>{w("again")}</button>}>
    {again.failure && <Fail of={again.failure} />}
    <Tabs label={w("views")} at={tab} set={setTab} of={tabs.filter(([k]) => k === "files" || (k === "readers" ? keeps && mayDo("set_bases") : mayDo("search")))} />
    {tab === "ask" && <Asking base={of.name} open={setOpen} />}
    {tab === "files" && (keeps ? <Table label={w("tab_files")} source={of.name + of.files + of.stale} load={(from, n) => get<Slice<File>>(`${at(of.name)}?from=${from}&n=${n}`)} columns={[
      { key: "name", title: w("file"), wide: 3, cell: f => <button class="bare" title={f.name} onClick={() => setOpen({ file: f.name })}>{f.name}</button> },
      { key: "state", title: w("state"), cell: f => <Tag kind={{ read: "done", stale: "running", aside: "failed" }[f.state]}>{w(`state_${f.state}`)}</Tag> },
      { key: "why", title: w("reason"), wide: 2, cell: f => <span title={f.why}>{f.why ?? ""}</span> },
      { key: "size", title: w("size"), number: true, cell: f => bytes(f.size) },
      { key: "changed", title: w("changed"), number: true, cell: f => f.changed }]} />
      : <Table label={w("tab_files")} source={of.name + of.files} load={(from, n) => get<Slice<{ name: string }>>(`${at(of.name)}/documents?from=${from}&n=${n}`)} columns={[
        { key: "name", title: w("file"), wide: 3, cell: f => <button class="bare" title={f.name} onClick={() => setOpen({ file: f.name })}>{f.name}</button> }]} />)}
    {tab === "conflicts" && <Conflicts base={of.name} open={setOpen} />}
    {tab === "readers" && <Readers base={of.name} />}
    {tab === "eval" && <Evaluate base={of.name} />}
    {open && <Document key={open.file + open.id} path={`${at(of.name)}/text?file=${encodeURIComponent(open.file)}`} at={open} close={() => setOpen(null)} />}
  </Card>;
}

function Asking({ base, open }: { base: string; open: (c: Cited) => void }) {
  const [q, setQ] = useState(""), [as, setAs] = useState(""), [found, setFound] = useState<Found & { q: string; as: string } | null>(null), ask = useAct();
  return <Fragment>
    <form class="form" onSubmit={e => { e.preventDefault(); ask.run(async () => { const got = await get<Found>(`${at(base)}/find?q=${encodeURIComponent(q)}&as=${encodeURIComponent(as)}`); setFound(got && { ...got, q, as }); }); }}>
      <Field label={w("question")}>{id => <input id={id} class="base-question" value={q} required onInput={e => setQ((e.target as HTMLInputElement).value)} />}</Field>
      {mayDo("set_bases") && <Field label={w("as")} hint={w("asHint")}>{id => <input id={id} value={as} onInput={e => setAs((e.target as HTMLInputElement).value)} />}</Field>}
      <button class="main" disabled={ask.busy || !q}>{w("ask")}</button>
    </form>
    {ask.failure && <Fail of={ask.failure} />}
    {found && <div class="found" aria-live="polite">
      <h3>{w("answer")}</h3>
      {found.refused ? <p>{w("refused")}</p> : <blockquote class="said-by">{found.sentences.map(s => <p>{s.text}{!s.supported && <Tag kind="failed">{w("unsupported")}</Tag>}</p>)}
        {found.source && <footer><Place of={found.source} open={h => open({ ...h, quotes: quotes(h.text, found.sentences.map(s => s.text)) })} /></footer>}</blockquote>}
      {!found.as && <AskWritten base={base} question={found.q} path={file => `${at(base)}/text?file=${encodeURIComponent(file)}`} />}
      {found.differ.map(([, other]) => <p class="bad">{w("differs")}: {other}</p>)}
      <h3>{w("hits")}</h3>
      {found.hits.length === 0 ? <p class="quiet">{w("noHits")}</p> : <ol class="hits">{found.hits.map(hit => <li key={hit.id}>
        <Place of={hit} open={h => open({ ...h, quotes: quotes(h.text, found.sentences.map(s => s.text)) })} />
        <p class="quiet">{w("score", hit.score.toFixed(2), percent(hit.coverage, 0))} · {w("byWords", hit.words.toFixed(2))} {(hit.terms ?? []).slice(0, 8).map(m => <span class="term">{m.term} {m.score.toFixed(2)}</span>)}{hit.meaning ? <Fragment> · {w("byMeaning", hit.meaning.toFixed(2))}</Fragment> : null}</p>
        <p class="passage">{hit.text.slice(0, 400)}{hit.text.length > 400 && "…"}</p></li>)}</ol>}
      <Command line={`suiren knowledge search ${base} ${JSON.stringify(found.q)}`} />
    </div>}
  </Fragment>;
}

// quotes are where a passage says sentences word for word, in characters.
function quotes(text: string, sentences: string[]): [number, number][] {
  return sentences.flatMap(s => {
    const at = text.indexOf(s), from = [...text.slice(0, Math.max(at, 0))].length;
    return at < 0 || !s ? [] : [[from, from + [...s].length] as [number, number]];
  });
}

function Place<T extends { file: string; page: number; heading: string }>({ of, open }: { of: T; open: (h: T) => void }) {
  return <button type="button" class="bare place" title={w("openAt")} onClick={() => open(of)}><code>{of.file}</code>{of.page > 0 && <span> · {w("page", of.page)}</span>}{of.heading && <span> · {of.heading}</span>}</button>;
}

interface Standing { text: string; file: string; id: string; heading?: string; page?: number; quote: [number, number] }
interface Conflicting { stale: { file: string; state: "changed" | "gone" }[]; outdated: (Standing & { until: string })[]; pairs: { one: Standing; two: Standing }[]; cut?: boolean }

// Conflicts lists what is not to be relied on: files that are not as they were read,
// documents that are out of date by themselves, and what two say differently.
function Conflicts({ base, open }: { base: string; open: (c: Cited) => void }) {
  const got = useGet<Conflicting>(at(base) + "/conflicts");
  const stands = (s: Standing) => <Fragment><p class="passage">{s.text}</p><Place of={{ ...s, page: s.page ?? 0, heading: s.heading ?? "" }} open={() => open({ ...s, quotes: [s.quote] })} /></Fragment>;
  return <div class="conflicts">
    <p class="quiet">{w("conflictsHelp")}</p>
    <Loaded of={got}>{c => <Fragment>
      {c.stale.length + c.outdated.length + c.pairs.length === 0 && <p>{w("noConflicts")}</p>}
      {c.stale.length > 0 && <Fragment><h3>{w("staleFiles", count(c.stale.length))}</h3><ul class="plainlist">{c.stale.map(f => <li key={f.file} class="row"><button class="bare place" title={w("openAt")} onClick={() => open({ file: f.file })}><code>{f.file}</code></button><Tag kind={f.state === "gone" ? "failed" : "running"}>{w(f.state === "gone" ? "state_gone" : "state_stale")}</Tag></li>)}</ul></Fragment>}
      {c.outdated.length > 0 && <Fragment><h3>{w("outdated", count(c.outdated.length))}</h3><ul class="plainlist">{c.outdated.map((o, i) => <li key={i} class="card"><Tag kind="running">{w("heldUntil", o.until)}</Tag>{stands(o)}</li>)}</ul></Fragment>}
      {c.pairs.length > 0 && <Fragment><h3>{w("pairs", count(c.pairs.length))}</h3><ol class="plainlist">{c.pairs.map((p, i) => <li key={i} class="card pair">{stands(p.one)}{stands(p.two)}</li>)}</ol></Fragment>}
      {c.cut && <p class="quiet">{w("conflictsCut")}</p>}
    </Fragment>}</Loaded>
    <Command line={`suiren knowledge conflicts ${base}`} />
  </div>;
}

function Readers({ base }: { base: string }) {
  const got = useGet<{ rules: Rule[] | null; governed: number[]; rows: File[] }>(`${at(base)}?n=1`);
  const [rules, setRules] = useState<Rule[] | null>(null), save = useAct(), [saved, setSaved] = useState(false), [under, setUnder] = useState<number[] | null>(null);
  const now = rules ?? got.data?.rules ?? [];
  const set = (i: number, r: Rule | null) => { setSaved(false); setUnder(null); setRules(r ? now.map((old, j) => j === i ? r : old) : now.filter((_, j) => j !== i)); };
  const counts = rules ? under : got.data?.governed; // of what is saved
  return <Loaded of={got}>{({ rows }) => <div>
    <p class="quiet">{w("rules")}{rows[0] && " " + w("like", rows[0].name)}</p>
    {now.map((r, i) => <div class="form" key={i}>
      <Field label={w("rule")}>{id => <input id={id} value={r.path} onInput={e => set(i, { ...r, path: (e.target as HTMLInputElement).value })} />}</Field>
      <Field label={w("allow")}>{id => <input id={id} value={(r.allow ?? []).join(", ")} onChange={e => set(i, { ...r, allow: (e.target as HTMLInputElement).value.split(/[,，]/).map(s => s.trim()).filter(Boolean) })} />}</Field>
      {counts && (counts[i] ? <span class="quiet">{w("files", count(counts[i]))}</span> : <span class="bad">{w("governsNone")}</span>)}
      <button onClick={() => set(i, null)}>{w("remove")}</button>
    </div>)}
    <div class="row"><button onClick={() => { setSaved(false); setUnder(null); setRules([...now, { path: "", allow: [] }]); }}>{w("addRule")}</button>
      <button class="main" disabled={save.busy || !rules} onClick={() => save.run(async () => setUnder((await act<{ governed: number[] }>("PUT", at(base) + "/readers", { rules: now })).governed)).then(setSaved)}>{w("save")}</button>
      <span class="quiet" role="status">{saved ? w("saved") : ""}</span></div>
    {save.failure && <Fail of={save.failure} />}
  </div>}</Loaded>;
}

interface Score { mean: number; low: number; high: number }
type Evaluation = Record<"recall_at_1" | "recall_at_3" | "recall_at_10" | "ndcg_at_10" | "mrr_at_10" | "answered", Score> & { questions: number; missed: { question: string }[] | null };

function Evaluate({ base }: { base: string }) {
  const [e, setE] = useState<Evaluation | null>(null), run = useAct();
  return <div>
    <p class="quiet">{w("evalHelp")}</p>
    <button class="main" disabled={run.busy} onClick={() => run.run(async () => setE(await act("POST", at(base) + "/eval")))}>{w("evalGo")}</button>
    {run.failure && <Fail of={run.failure} />}
    {e && <div class="scroll" tabIndex={0} role="region" aria-label={w("tab_eval")}><table><thead><tr><th scope="col">{w("measure")}</th><th scope="col">{w("value")}</th></tr></thead>
      <tbody>{(["recall_at_1", "recall_at_3", "recall_at_10", "ndcg_at_10", "mrr_at_10", "answered"] as const).map(k => <tr><th scope="row">{w(k)}</th>
        <td>{percent(e[k].mean)} <small>{percent(e[k].low)}–{percent(e[k].high)}</small></td></tr>)}</tbody></table></div>}
    {e?.missed && e.missed.length > 0 && <details><summary>{w("missed")} ({e.missed.length})</summary><ul>{e.missed.slice(0, 20).map(m => <li>{m.question}</li>)}</ul></details>}
    <Command line={`suiren knowledge eval ${base}`} />
  </div>;
}

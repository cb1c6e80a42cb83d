// Data: what was read and kept, what each rule leaves out, near-duplicates,
// the data card, and the rows that a model learns from.
import { bytes, Card, Command, count, Empty, FactList, Field, Fragment, get, h, Loaded, Page, percent, say, short, type Slice, t, Table, Tabs, Tag, useEffect, useGet, useRef, useState, listed, told } from "../kit";
import { words } from "./data.words";

const w = say(words);

interface Corpus { name: string; digest: string; used_by: string[] | null; report: { recipe: string; read: number; kept: number; bytes: number; reasons?: Record<string, number>; pii?: Record<string, number>; languages?: Record<string, { read: number; kept: number }> } }
interface Entry { id: string; path: string; source: string; lang: string; kept: boolean; reason?: string; like?: string; chars: number; pii?: Record<string, number> }
interface Document { entry: Entry & { before: string; after?: string }; rules: { rule: string; value: number; limit: number; most: boolean; dropped: boolean }[] | null; used_by: string[] | null; text: string; pii: { kind: string; text: string }[] | null }

const at = (name: string) => "/api/corpora/" + encodeURIComponent(name);

export default function Data() {
  const list = useGet<{ corpora: Corpus[]; rules: string[] }>("/api/corpora");
  const blocks = useGet<{ blocks: string[] }>("/api/rows");
  const [name, choose] = useState(""), [tab, setTab] = useState<"documents" | "rules" | "near" | "card" | "rows">("documents"), [open, setOpen] = useState("");
  return <Page title={t("data")} lead={w("lead")}>
    <Loaded of={list} none={<Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#home">{t("home")}</a></Empty>}>{got => {
      const corpora = got.corpora, c = corpora.find(one => one.name === name) ?? corpora[0];
      return <Fragment>
        {!c && <Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#plan">{t("plan")}</a></Empty>}
        {c && <Card title={c.name} side={corpora.length > 1 && <label>{w("corpus")} <select value={c.name} onChange={e => choose((e.target as HTMLSelectElement).value)}>{corpora.map(o => <option key={o.name}>{o.name}</option>)}</select></label>}>
          <p>{w("kept", count(c.report.kept), count(c.report.read), bytes(c.report.bytes))} · <code>{c.report.recipe}</code> · <code>{short(c.digest)}</code></p>
          <Reasons of={c} />
          <Tabs label={w("views")} at={tab} set={setTab} of={[["documents", w("tab_documents")], ["rules", w("tab_rules")], ["near", w("tab_near")], ["card", w("tab_card")], ["rows", w("tab_rows")]]} />
          {tab === "documents" && <Documents of={c} open={setOpen} />}
          {tab === "rules" && <Rules of={c} rules={got.rules} open={setOpen} />}
          {tab === "near" && <Near of={c} open={setOpen} />}
          {tab === "card" && <DataCard of={c} />}
          {tab === "rows" && <Rows blocks={blocks.data?.blocks ?? []} />}
          {open && <Lineage of={c} id={open} close={() => setOpen("")} />}
        </Card>}
        {!c && blocks.data && blocks.data.blocks.length > 0 && <Card title={w("tab_rows")}><Rows blocks={blocks.data.blocks} /></Card>}
      </Fragment>;
    }}</Loaded>
  </Page>;
}

function Reasons({ of }: { of: Corpus }) {
  const list = Object.entries(of.report.reasons ?? {}).sort((a, b) => b[1] - a[1]), pii = Object.entries(of.report.pii ?? {});
  return <details><summary>{w("reasons")} ({list.reduce((s, [, n]) => s + n, 0)})</summary>
    {list.length === 0 ? <p class="quiet">{w("noneLeft")}</p> : <FactList rows={list.map(([name, n]) => [name, count(n)])} />}
    {pii.length > 0 && <Fragment><h3>{w("pii")}</h3><FactList rows={pii.map(([name, n]) => [name, count(n)])} /></Fragment>}
    {of.used_by && of.used_by.length > 0 && <p>{w("usedBy")} {listed(of.used_by)}</p>}
  </details>;
}

function Documents({ of, open }: { of: Corpus; open: (id: string) => void }) {
  const [reason, setReason] = useState(""), [q, setQ] = useState(""), [asked, ask] = useState("");
  useEffect(() => { const timer = setTimeout(() => ask(q), 250); return () => clearTimeout(timer); }, [q]);
  const path = `${at(of.name)}/journal?reason=${encodeURIComponent(reason)}&q=${encodeURIComponent(asked)}`;
  return <Fragment>
    <div class="form">
      <Field label={w("show")}>{id => <select id={id} value={reason} onChange={e => setReason((e.target as HTMLSelectElement).value)}>
        <option value="">{w("all")}</option><option value="kept">{w("onlyKept")}</option><option value="left">{w("onlyLeft")}</option><option value="pii">{w("onlyPII")}</option>
        {Object.keys(of.report.reasons ?? {}).map(r => <option key={r} value={r}>{w("left", r)}</option>)}</select>}</Field>
      <Field label={w("search")}>{id => <input id={id} value={q} onInput={e => setQ((e.target as HTMLInputElement).value)} />}</Field>
    </div>
    <Table<Entry> label={w("tab_documents")} source={path} load={(from, n) => get<Slice<Entry>>(`${path}&from=${from}&n=${n}`)} columns={[
      { key: "path", title: w("document"), wide: 3, cell: e => <button class="bare" title={e.path} onClick={() => open(e.id)}>{e.path}</button> },
      { key: "verdict", title: w("verdict"), wide: 1.4, cell: e => <Tag kind={e.kept ? "done" : "failed"}>{e.kept ? w("onlyKept") : w("left", e.reason ?? "")}</Tag> },
      { key: "lang", title: w("language"), wide: 1.1, cell: e => e.lang },
      { key: "pii", title: w("pii"), wide: 1.6, cell: e => listed(Object.entries(e.pii ?? {}).map(([k, n]) => `${k} ${n}`)) },
      { key: "chars", title: w("characters"), wide: 1.2, number: true, cell: e => count(e.chars) },
      { key: "source", title: w("source"), wide: 1.9, cell: e => e.source }]} />
  </Fragment>;
}

interface Measured { rule: string; most: boolean; low: number; high: number; counts: number[]; limits: Record<string, number>; at: number; total: number; below: number; samples: { id: string; path: string; value: number }[] | null }

function Rules({ of, rules, open }: { of: Corpus; rules: string[]; open: (id: string) => void }) {
  const [rule, setRule] = useState(rules.find(r => r === "words_least") ?? rules[0]), [moved, move] = useState<number | null>(null), [asked, ask] = useState<number | null>(null);
  useEffect(() => { const timer = setTimeout(() => ask(moved), 120); return () => clearTimeout(timer); }, [moved]);
  const got = useGet<Measured>(`${at(of.name)}/measure?rule=${encodeURIComponent(rule)}${asked === null ? "" : "&at=" + asked}`);
  const last = useRef<Measured | null>(null); // what showed before shows while more is asked for
  if (got.data) last.current = got.data;
  const m = last.current?.rule === rule ? last.current : null;
  const value = moved ?? m?.at ?? 0, limits = Object.entries(m?.limits ?? {});
  return <Fragment>
    <Field label={w("rule")}>{id => <select id={id} value={rule} onChange={e => { move(null); ask(null); setRule((e.target as HTMLSelectElement).value); }}>{rules.map(r => <option key={r}>{r}</option>)}</select>}</Field>
    {m && <Fragment>
      <p class="quiet">{m.most ? w("most") : w("least")} · {limits.length ? w("limits", listed(limits.map(([lang, v]) => `${lang} ${+v.toPrecision(4)}`))) : w("noLimit")}</p>
      {m.total === 0 ? <p class="measureless">{w("noMeasures")}</p> : <Fragment><Histogram of={m} at={value} />
      <Field label={w("threshold", +value.toPrecision(4))} hint={w("thresholdHelp")}>{id => <input id={id} type="range" min={m.low} max={m.high} step={(m.high - m.low) / 200} value={value} onInput={e => move(+(e.target as HTMLInputElement).value)} />}</Field>
      <p role="status"><b>{w("would", count(m.most ? m.total - m.below : m.below), count(m.total))}</b></p>
      <h3>{w("nearest")}</h3>
      <ul class="plainlist">{(m.samples ?? []).map(s => <li key={s.id}><button class="bare" onClick={() => open(s.id)}>{s.path}</button> <span class="quiet">{+s.value.toPrecision(4)}</span></li>)}</ul></Fragment>}
      <Command line={`suiren data try ${of.name} --set ${rule}=${+value.toPrecision(4)}`} />
    </Fragment>}
  </Fragment>;
}

function Histogram({ of, at: value }: { of: Measured; at: number }) {
  const most = Math.max(...of.counts, 1), wide = 600, high = 150, each = wide / of.counts.length;
  const x = (value - of.low) / (of.high - of.low) * wide;
  return <svg class="chart histogram" viewBox={`0 0 ${wide} ${high + 18}`} role="img" aria-label={told(of.rule, of.counts.join(" "))}>
    {of.counts.map((n, i) => { // a root: a few documents show beside many
      const tall = Math.sqrt(n / most) * high;
      const out = of.most ? (i + 0.5) * each > x : (i + 0.5) * each < x;
      return <rect key={i} class={out ? "out" : "fill c1"} x={i * each + 1} width={each - 2} y={high - tall} height={tall} />;
    })}
    <line class="threshold" x1={x} x2={x} y1="0" y2={high} />
    <text x="0" y={high + 14}>{+of.low.toPrecision(3)}</text><text x={wide} y={high + 14} text-anchor="end">{+of.high.toPrecision(3)}</text>
  </svg>;
}

function Near({ of, open }: { of: Corpus; open: (id: string) => void }) {
  const got = useGet<{ total: number; clusters: { kept: string; path: string; count: number; members: { id: string; path: string; jaccard?: number; reason: string }[] }[] }>(at(of.name) + "/near");
  return <Loaded of={got}>{({ total, clusters }) => total === 0 ? <p class="quiet">{w("noClusters")}</p> : <Fragment>
    <p class="quiet">{w("clusters", count(total))}</p>
    {clusters.map(c => <details key={c.kept}><summary>{c.path || c.kept} ({c.count + 1})</summary><ul class="plainlist">
      <li><button class="bare" onClick={() => open(c.kept)}>{c.path || c.kept}</button> <Tag kind="done">{w("stays")}</Tag></li>
      {c.members.map(m => <li key={m.id}><button class="bare" onClick={() => open(m.id)}>{m.path}</button> <Tag>{m.reason}</Tag> {m.jaccard ? <span class="quiet">{w("similar", percent(m.jaccard, 0))}</span> : null}</li>)}
    </ul></details>)}
  </Fragment>}</Loaded>;
}

function DataCard({ of }: { of: Corpus }) {
  const got = useGet<{ markdown: string }>(at(of.name) + "/card");
  return <Loaded of={got}>{({ markdown }) => <Fragment><div class="markdown">{markdown.split("\n").map((line, i) =>
    line.startsWith("# ") ? null : line.startsWith("## ") ? <h3 key={i}>{line.slice(3)}</h3> : line.startsWith("- ") ? <p class="item" key={i}>{"• " + line.slice(2)}</p> : line && <p key={i}>{line.replaceAll("`", "")}</p>)}</div>
    <Command line={`suiren data card ${of.name}`} /></Fragment>}</Loaded>;
}

function Lineage({ of, id, close }: { of: Corpus; id: string; close: () => void }) {
  const got = useGet<Document>(`${at(of.name)}/document?id=${encodeURIComponent(id)}`), box = useRef<HTMLDialogElement>(null);
  useEffect(() => { if (!box.current!.open) box.current!.showModal(); }, []);
  return <dialog ref={box} class="document" aria-label={w("lineage", id)} onClose={close}>
    <div class="row"><h2>{w("lineage", got.data?.entry.path ?? id)}</h2><button class="push" onClick={() => box.current!.close()}>{w("close")}</button></div>
    <Loaded of={got}>{d => <Fragment>
      <FactList rows={[["id", <code>{d.entry.id}</code>], [w("source"), d.entry.source], [w("language"), d.entry.lang], [w("verdict"), d.entry.kept ? w("onlyKept") : w("left", d.entry.reason ?? "")],
        ["SHA-256", <code>{d.entry.before}{d.entry.after && ` → ${d.entry.after}`}</code>], [w("usedBy"), d.entry.kept ? listed(d.used_by ?? []) : ""]]} />
      <h3>{w("asked")}</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label={w("asked")}><table><thead><tr><th scope="col">{w("rule")}</th><th scope="col">{w("value")}</th><th scope="col">{w("limit")}</th></tr></thead>
        <tbody>{(d.rules ?? []).map(r => <tr key={r.rule} class={r.dropped ? "bad" : ""}><th scope="row">{r.dropped ? "✗ " : ""}{r.rule}</th><td>{+r.value.toPrecision(4)}</td><td>{r.most ? "≤" : "≥"} {+r.limit.toPrecision(4)}</td></tr>)}</tbody></table></div>
      <h3>{w("path")}</h3>
      <ol class="chain">{[d.entry.source || w("source"), d.entry.path, "corpus." + of.name, ...(d.entry.kept ? d.used_by ?? [] : [])].filter(Boolean).map((step, i) => <li key={i}><code>{step}</code></li>)}{!d.entry.kept && <li class="bad">{w("left", d.entry.reason ?? "")}</li>}</ol>
      <h3>{w("pii")}</h3>
      {!d.pii?.length ? <p class="quiet">{w("noPII")}</p> : <ul class="plainlist pii">{d.pii.map((hit, i) => <li key={i}><Tag>{hit.kind}</Tag> <mark>{hit.text}</mark></li>)}</ul>}
      <h3>{w("text")}</h3>
      {d.text ? <p class="passage" tabIndex={0}>{d.text}</p> : <p class="quiet">{w("noText")}</p>}
      <Command line={`suiren data explain ${d.entry.id}`} />
    </Fragment>}</Loaded>
  </dialog>;
}

interface RowView { rows: number; learnt: number; row: number; parts: { text: string; learn: boolean }[][] }

function Rows({ blocks }: { blocks: string[] }) {
  const [block, setBlock] = useState(""), [row, setRow] = useState(0);
  const now = block || blocks[0] || "";
  const got = useGet<RowView>(now && `/api/rows?block=${encodeURIComponent(now)}&from=${row}`);
  if (!now) return <p class="quiet">{w("noBlocks")}</p>;
  return <Fragment>
    <div class="row"><label>{w("block")} <select value={now} onChange={e => { setRow(0); setBlock((e.target as HTMLSelectElement).value); }}>{blocks.map(b => <option key={b}>{b}</option>)}</select></label>
      <button disabled={row === 0} onClick={() => setRow(row - 1)}>{w("before")}</button><button disabled={!got.data || row + 1 >= got.data.rows} onClick={() => setRow(row + 1)}>{w("next")}</button>
      {got.data && <span role="status" class="quiet">{w("row", count(row + 1), count(got.data.rows))}</span>}</div>
    <Loaded of={got}>{v => <Fragment>
      <p class="quiet">{w("mask", percent(v.learnt))}</p>
      {v.parts.map((parts, i) => <figure key={i}><figcaption>{w("piece", i + 1)}</figcaption><p class="passage tokens">{parts.map(p => p.learn ? <mark title={w("learnt")}>{p.text}</mark> : <span title={w("onlyRead")}>{p.text}</span>)}</p></figure>)}
    </Fragment>}</Loaded>
    <Command line={`suiren preview ${now} --from ${row}`} />
  </Fragment>;
}

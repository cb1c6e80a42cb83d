// An answer that a model wrote from passages: its numbers open their source at the
// place that says it, and a sentence that no source supports says so.
import { ask, events, Failure, Fail, Field, Fragment, h, say, type Source, store, t, useEffect, useRef, useState, type ComponentChildren } from "../kit";
import { type Cited, Document, spans } from "./document";
import { Prose } from "./prose";
import { words } from "./written.words";

const w = say(words);

export interface Cite { source: number; id?: string; file: string; page?: number; quotes?: [number, number][] }
export interface Mark { from: number; to: number; supported: boolean; cites?: Cite[]; corrected?: number } // of the answer, in characters

interface Answer { answer: string; sources: Source[]; marks: Mark[] }

// Written shows the answer and its sources; path is where a document is read. Without
// one a number unfolds its source.
export function Written({ of, path }: { of: Answer; path?: (file: string) => string }) {
  const [open, setOpen] = useState<Cited | null>(null), [unfolded, unfold] = useState(0);
  const marks = inUnits(of.answer, of.marks), loose = of.marks.filter(m => !m.supported).length, fixed = of.marks.reduce((n, m) => n + (m.corrected ?? 0), 0);
  const show = (c: Cite) => !path ? unfold(c.source) : setOpen({ file: c.file, id: c.id, page: c.page, quotes: c.quotes });
  const button = (c: Cite, key: string) => <button key={key} type="button" class="cite" title={w("cite", c.source, c.file)} aria-label={w("cite", c.source, c.file)} onClick={() => show(c)}>{c.source}</button>;

  // plain renders a piece of the text that begins at a place of the answer.
  const plain = (text: string, from: number): ComponentChildren => {
    const out: ComponentChildren[] = [];
    let at = 0;
    const pass = (to: number) => { if (to > at) out.push(text.slice(at, to)); at = to; };
    const numbers = [...text.matchAll(/ ?(?:\[\d{1,3}(?:[ ,，、]+\d{1,3})*\]|【\d{1,3}(?:[ ,，、]+\d{1,3})*】)/g)];
    const ends = marks.filter(m => m.to > from && m.to <= from + text.length);
    const stops = [...numbers.map(n => ({ at: n.index!, n: n[0] })), ...ends.map(m => ({ at: m.to - from, m }))].sort((a, b) => a.at - b.at);
    for (const s of stops) {
      if ("n" in s) {
        const mark = marks.find(m => m.from <= from + s.at && m.to >= from + s.at + s.n.length);
        const list = (s.n.match(/\d+/g) ?? []).map(n => mark?.cites?.find(c => c.source === +n));
        if (!list.length || list.includes(undefined)) continue;
        pass(s.at);
        at = s.at + s.n.length;
        const after = /^[.,;:!?。，；：！？）)]*/.exec(text.slice(at))![0]; // a point does not begin a line
        out.push(<span key={`n${from + s.at}`} class="cites">{list.map((c, i) => button(c!, `${i}`))}{after}</span>);
        at += after.length;
      } else {
        pass(s.at);
        const said = of.answer.slice(s.m.from, s.m.to);
        if (s.m.supported) for (const c of s.m.cites ?? []) if (!new RegExp(`[\\[【,，、 ]${c.source}[\\]】,，、 ]`).test(said)) out.push(button(c, `m${s.m.to}.${c.source}`));
        if (!s.m.supported) out.push(<span key={`u${s.m.to}`} class="loose">{w("unsupported")}</span>);
      }
    }
    pass(text.length);
    return out;
  };

  const cited = of.sources.map((s, i) => ({ s, n: i + 1, cites: of.marks.flatMap(m => m.cites ?? []).filter(c => c.source === i + 1) }));
  const row = ({ s, n, cites }: typeof cited[number]) => {
    const quotes = cites.flatMap(c => c.quotes ?? []), page = cites.find(c => c.page)?.page ?? s.page;
    return <details key={n} open={unfolded === n}>
      <summary><b>{n}</b> {s.heading && <span>{s.heading} · </span>}{page ? <span>{w("page", page)} · </span> : null}<code>{s.file}</code></summary>
      <blockquote>{quotes.length ? spans(s.text, quotes).map(([text, here]) => here ? <mark>{text}</mark> : text) : s.text}</blockquote>
      {path && <button class="open-source" onClick={() => setOpen({ ...s, page, quotes: quotes.length ? quotes : undefined })}>{w("openAt")}</button>}
    </details>;
  };
  const rest = cited.filter(c => !c.cites.length);
  return <Fragment>
    <div class="answer written"><Prose text={of.answer} plain={plain} /></div>
    {(loose > 0 || fixed > 0) && <p class="quiet checked">{checked(loose, of.marks.length, fixed)}</p>}
    {of.sources.length > 0 && <section class="sources" aria-label={t("sources")}>
      <h2>{t("sources")}</h2>
      {cited.filter(c => c.cites.length).map(row)}
      {rest.length > 0 && <details><summary>{w("read", rest.length)}</summary>{rest.map(row)}</details>}
    </section>}
    {open && path && <Document key={open.file + open.id} path={path(open.file)} at={open} close={() => setOpen(null)} />}
  </Fragment>;
}

// checked says how many sentences no source supports, and how many numbers were put right.
export const checked = (loose: number, all: number, fixed = 0) => [loose > 0 && w("count", loose, all), fixed > 0 && w("corrected", fixed)].filter(Boolean).join(" ") || w("allIn", all);

// inUnits makes places in characters places in JavaScript's text.
function inUnits(text: string, marks: Mark[]): Mark[] {
  const at: number[] = [];
  let i = 0;
  for (const c of text) { at.push(i); i += c.length; }
  at.push(i);
  return marks.map(m => ({ ...m, from: at[m.from] ?? i, to: at[m.to] ?? i }));
}

// AskWritten has one of the models that can write the answer to a question about a base.
export function AskWritten({ base, question, path }: { base: string; question: string; path: (file: string) => string }) {
  const can = (store.server?.releases ?? []).filter(r => r.bases).map(r => r.name);
  const [model, setModel] = useState(""), [got, setGot] = useState<Answer | null>(null), [busy, setBusy] = useState(false), [failure, setFailure] = useState<Failure | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  useEffect(() => { stop.current?.abort(); setGot(null); setFailure(null); }, [question, base]);
  if (!can.length) return null;
  const one = can.includes(model) ? model : can[0];
  const run = async () => {
    const own = stop.current = new AbortController(), a: Answer = { answer: "", sources: [], marks: [] };
    setBusy(true); setFailure(null); setGot({ ...a });
    try {
      const r = await ask("POST", "/v1/chat/completions", { model: one, knowledge: base, messages: [{ role: "user", content: question }], stream: true }, own.signal);
      for await (const e of events(r)) {
        if (e.data === "[DONE]") break;
        const c = JSON.parse(e.data);
        if (c.error) throw new Failure(500, c.error.code, c.error.message);
        if (c.suiren?.sources) a.sources = c.suiren.sources;
        a.marks = [...a.marks, ...c.suiren?.marks ?? []];
        a.answer += c.choices[0]?.delta.refusal ?? c.choices[0]?.delta.content ?? "";
        if (stop.current === own) setGot({ ...a });
      }
    } catch (err) {
      if (!own.signal.aborted) setFailure(err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff")));
    }
    setBusy(false);
  };
  return <div class="ask-written">
    <div class="form">
      {can.length > 1 && <Field label={w("model")}>{id => <select id={id} value={one} onChange={e => setModel((e.target as HTMLSelectElement).value)}>{can.map(name => <option>{name}</option>)}</select>}</Field>}
      <button type="button" disabled={busy || !question} onClick={run}>{w("write")}</button>
    </div>
    {failure && <Fail of={failure} />}
    <div aria-live="polite">{got && (got.answer ? <Written of={got} path={path} /> : busy && <p class="quiet pulse">{w("writing")}</p>)}</div>
  </div>;
}

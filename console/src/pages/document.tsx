// A document at the place that is cited: the page's text with the span marked,
// beside the passages that it was cut into.
import { count, Fragment, h, Loaded, say, Tabs, useEffect, useGet, useRef, useState } from "../kit";
import { words } from "./document.words";

const w = say(words);

export interface Passage { id: string; heading?: string; text: string; page?: number; start?: number; end?: number; turns?: { page: number }[] } // turns: the pages after it that it reaches into
export interface Cited { file: string; id?: string; page?: number; quotes?: [number, number][] } // quotes: of the passage's text, in characters

type Box = [number, number, number, number]; // left, top, right, bottom, as shares of a page
interface Places { passages: Record<string, Box[]>; quoted: Box[] } // passages: by id

// Document opens what a path answers as passages, at a cited place. With /page after the
// path, before its query, the server draws a page of a PDF, or with boxes tells where
// passages and quotes stand on it.
export function Document({ path, at, close }: { path: string; at: Cited; close: () => void }) {
  const got = useGet<{ passages: Passage[] }>(path), box = useRef<HTMLDialogElement>(null);
  useEffect(() => { if (!box.current!.open) box.current!.showModal(); }, []);
  return <dialog ref={box} class="document" aria-label={at.file} onClose={close}>
    <div class="row"><h2>{at.file}</h2><button class="push" onClick={() => box.current!.close()}>{w("close")}</button></div>
    <Loaded of={got}>{({ passages }) => passages.length === 0 ? <p>{w("gone")}</p> : <Pages of={passages} at={at} picture={/\.pdf$/i.test(at.file) ? picture(path) : null} />}</Loaded>
  </dialog>;
}

// picture is where the server tells of a page of the document that a path answers as text.
const picture = (path: string) => (page: number) => `${path.replace(/(\/text)?\?/, "/page?")}&page=${page}`;

function Pages({ of, at, picture }: { of: Passage[]; at: Cited; picture: ((page: number) => string) | null }) {
  const cited = of.find(p => p.id === at.id);
  const on = (p: Passage) => [p.page ?? 0, ...(p.turns ?? []).map(one => one.page)];
  const numbers = [...new Set(of.flatMap(on))].sort((a, b) => a - b);
  const [page, turn] = useState(at.page && numbers.includes(at.page) ? at.page : cited?.page ?? numbers[0]), [marked, mark] = useState(cited?.id ?? "");
  const here = of.filter(p => on(p).includes(page)), i = numbers.indexOf(page), span = useRef<HTMLElement>(null);
  const [drawn, draw] = useState(!!picture), [undrawn, setUndrawn] = useState(false), shows = !!picture && drawn && !undrawn && page > 0;
  const quotes = at.id ? `&id=${encodeURIComponent(at.id)}${(at.quotes ?? []).slice(0, 100).map(([from, to]) => `&quote=${from}-${to}`).join("")}` : "";
  const places = useGet<Places>(shows ? `${picture!(page)}&boxes=true${quotes}` : "").data;
  const [pointed, point] = useState(""), [loaded, setLoaded] = useState(0), first = useRef<SVGRectElement>(null);
  useEffect(() => { setUndrawn(false); point(""); }, [page]);
  useEffect(() => { (shows ? first : span).current?.scrollIntoView({ block: "center" }); }, [page, marked, shows, places, loaded]);
  const quoted = marked === at.id && places?.quoted.length ? places.quoted : null, lines = quoted ?? places?.passages[marked] ?? [];
  const rect = ([left, top, right, bottom]: Box) => ({ x: left, y: top, width: right - left, height: bottom - top });
  const told = !places || !here.some(p => p.id === marked) ? w("drawnHelp") : lines.length === 0 ? w("unplaced")
    : w(quoted ? "placedQuote" : "placed", 1 + here.findIndex(p => p.id === marked), Math.round(100 * Math.min(...lines.map(b => b[1]))), Math.round(100 * Math.max(...lines.map(b => b[3]))));
  const text = (p: Passage) => spans(p.text, p.id === at.id ? at.quotes : undefined).map(([text, quoted], k) =>
    quoted ? <mark key={k} ref={k < 2 ? span : undefined}>{text}</mark> : <span key={k} ref={k === 0 ? span : undefined}>{text}</span>);
  return <Fragment>
    <div class="row"><h3>{page ? w("page", page) : w("whole")}</h3>
      {numbers.length > 1 && <Fragment><button disabled={i <= 0} onClick={() => turn(numbers[i - 1])}>{w("before")}</button><button disabled={i === numbers.length - 1} onClick={() => turn(numbers[i + 1])}>{w("next")}</button></Fragment>}
      {picture && page > 0 && <span class="push"><Tabs label={w("views")} at={shows ? "page" : "text"} set={to => { setUndrawn(false); draw(to === "page"); }} of={[["page", w("asDrawn")], ["text", w("asText")]]} /></span>}</div>
    <p class="quiet" role="status">{undrawn ? w("undrawn") : shows ? told : w("asRead")}</p>
    <div class="beside">
      <div class="sheet" tabIndex={0} role="region" aria-label={page ? w("page", page) : w("whole")}>{shows ? <div class="drawn"><img key={page} src={picture!(page) + "&width=1200"} alt={w("drawnAlt", page, at.file)} onLoad={() => setLoaded(n => n + 1)} onError={() => setUndrawn(true)} />
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          {here.flatMap(p => (places?.passages[p.id] ?? []).map((b, k) => <rect key={p.id + k} {...rect(b)} class={p.id === pointed ? "pointed" : p.id === marked && !quoted ? "marked" : ""} ref={p.id === marked && !quoted && k === 0 ? first : undefined}
            onMouseEnter={() => point(p.id)} onMouseLeave={() => point("")} onClick={() => mark(p.id)} />))}
          {quoted?.map((b, k) => <rect key={"quoted" + k} {...rect(b)} class="marked quoted" ref={k === 0 ? first : undefined} />)}</svg></div> : here.map((p, n) => <Fragment key={p.id + n}>
        {p.heading && p.heading !== here[n - 1]?.heading && <h4>{p.heading}</h4>}
        <p class={p.id === marked ? "passage here" : "passage"}>{p.id === marked ? text(p) : p.text}</p></Fragment>)}</div>
      <section aria-label={w("passages")}><h3>{w("passages")}</h3><ol class="passages">{here.map((p, n) => <li key={p.id + n} class={p.id === marked ? "here" : p.id === pointed ? "pointed" : ""} onMouseEnter={() => point(p.id)} onMouseLeave={() => point("")}>
        <button class="bare" aria-pressed={p.id === marked} onFocus={() => point(p.id)} onBlur={() => point("")} onClick={() => mark(p.id)}>{n + 1}. {[...p.text].slice(0, 60).join("")}{[...p.text].length > 60 && "…"}</button>
        {shows && p.id === marked && <p class="passage">{text(p)}</p>}
        {p.end ? <span class="quiet">{w("place", count(p.start ?? 0), count(p.end))}</span> : null}</li>)}</ol></section>
    </div>
  </Fragment>;
}

// spans parts a text into what is cited and what is not; without quotes all of it is.
export function spans(text: string, quotes?: [number, number][]): [string, boolean][] {
  if (!quotes?.length) return [[text, true]];
  const letters = [...text], out: [string, boolean][] = [];
  let at = 0;
  for (const [from, to] of [...quotes].sort((a, b) => a[0] - b[0])) {
    if (from < at || to <= from || to > letters.length) continue;
    if (from > at) out.push([letters.slice(at, from).join(""), false]);
    out.push([letters.slice(from, to).join(""), true]);
    at = to;
  }
  if (at < letters.length) out.push([letters.slice(at).join(""), false]);
  return out;
}

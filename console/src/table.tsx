// A table of any length: only the rows in sight are there, and they are asked
// for as they come into sight.
import { h, type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact-hooks";
import { Failure } from "./api";
import { count } from "./format";
import { Fail, missed } from "./parts";
import { store } from "./state";
import { t } from "./words";

export interface Column<R> { key: string; title: string; cell: (row: R) => ComponentChildren; number?: boolean; wide?: number } // wide: of the free width
export interface Slice<R> { total: number; rows: R[] }

const high = 38, block = 100, beyond = 8;

// source names what the rows come from: when it changes, they are asked for anew.
export function Table<R>({ columns, source, load, label, empty }: {
  columns: Column<R>[]; source: string; load: (from: number, n: number) => Promise<Slice<R> | null>; label: string; empty?: ComponentChildren;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const got = useRef<{ source: string; total: number; blocks: Map<number, R[] | Failure | null> }>({ source: "", total: -1, blocks: new Map() });
  const [top, setTop] = useState(0);
  const [, drawn] = useState(0);
  const [turn, again] = useState(0);
  const name = [source, store.lang, store.back].join();
  if (got.current.source !== name) got.current = { source: name, total: -1, blocks: new Map() };
  const mine = got.current;
  const seen = Math.ceil((frame.current?.clientHeight ?? 480) / high);
  const first = Math.max(0, Math.floor(top / high) - beyond), last = Math.min(Math.max(mine.total, 0), first + seen + 2 * beyond);
  useEffect(() => {
    const timer = setTimeout(() => { // what only passes by is not asked for
      for (let b = Math.floor(first / block); b <= Math.floor(Math.max(first, last - 1) / block); b++) {
        if (mine.blocks.has(b)) continue;
        mine.blocks.set(b, null); // on its way
        load(b * block, block).then(slice => {
          mine.total = slice?.total ?? 0;
          mine.blocks.set(b, slice?.rows ?? []);
          drawn(n => n + 1);
        }, err => { mine.blocks.set(b, missed(err)); drawn(n => n + 1); });
      }
    }, mine.total < 0 ? 0 : 60);
    return () => clearTimeout(timer);
  }, [name, first, last, turn]);
  useEffect(() => { if (frame.current) frame.current.scrollTop = 0; setTop(0); }, [name]);
  const why = [...mine.blocks.values()].find(rows => rows instanceof Failure) as Failure | undefined;
  const failure = why && <Fail of={why} retry={() => {
    for (const [b, rows] of mine.blocks) if (rows instanceof Failure) mine.blocks.delete(b);
    again(n => n + 1);
  }} />;
  if (failure && mine.total < 0) return failure;
  if (mine.total === 0) return <div class="quiet">{empty ?? t("noRows")}</div>;
  const rows = [];
  for (let i = first; i < last; i++) {
    const of = mine.blocks.get(Math.floor(i / block)), row = Array.isArray(of) ? of[i % block] : undefined;
    rows.push(<div role="row" aria-rowindex={i + 2} class="trow" key={i} ref={e => { if (e) e.style.top = `${i * high}px`; }}>
      {columns.map(c => <div role="cell" key={c.key} class={c.number ? "number" : ""} ref={grow(c)}>{row ? c.cell(row) : "…"}</div>)}
    </div>);
  }
  return <div class="vtable"><div role="table" class="tbody" ref={frame} tabIndex={0} aria-label={label} aria-rowcount={mine.total + 1} onScroll={e => setTop((e.target as HTMLElement).scrollTop)}>
    <div role="rowgroup" class="thead"><div role="row" class="trow" aria-rowindex={1}>
      {columns.map(c => <div role="columnheader" key={c.key} class={c.number ? "number" : ""} ref={grow(c)}>{c.title}</div>)}
    </div></div>
    <div role="rowgroup" class="tall" ref={e => { if (e) e.style.height = `${Math.max(mine.total, 1) * high}px`; }}>{rows}</div></div>
    {failure}
    <p class="quiet" role="status">{mine.total < 0 ? t("loading") : t("rows", count(mine.total))}</p>
  </div>;
}

const grow = <R,>(c: Column<R>) => (e: HTMLElement | null) => { if (e) e.style.flexGrow = String(c.wide ?? 1); };

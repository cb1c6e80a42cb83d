// Curves over steps, drawn as SVG from few points: the server thins long ones.
import { h, Fragment } from "preact";
import { useEffect, useRef, useState } from "preact-hooks";
import { get } from "./api";
import { count } from "./format";
import { store } from "./state";
import { t } from "./words";

export type Points = [number, number][];
export interface Series { name: string; points: Points }

const wide = 520, high = 230, left = 44, right = 12, top = 10, bottom = 26;
const dashes = ["", "6 3", "2 3", "9 3 2 3"];
const colours = 6;

// Chart draws some series. With onZoom a reader may choose a part of the steps,
// by dragging or by the keys + and -, and go back.
export function Chart({ title, series, low, high: most, unit = "", onZoom, zoomed = false, x: xName = t("step") }: {
  title: string; series: Series[]; low?: number; high?: number; unit?: string; onZoom?: (range: [number, number] | null) => void; zoomed?: boolean; x?: string;
}) {
  const [drag, setDrag] = useState<[number, number] | null>(null);
  if (series.every(s => s.points.length === 0)) return <figure><figcaption>{title}</figcaption><p class="quiet">{t("noRows")}</p></figure>;
  const xs = series.flatMap(s => s.points.map(p => p[0])), ys = series.flatMap(s => s.points.map(p => p[1])).filter(Number.isFinite);
  const x0 = Math.min(...xs), x1 = Math.max(...xs, x0 + 1);
  const y0 = low ?? Math.min(...ys), y1 = most ?? Math.max(...ys, y0 + 1e-3);
  const x = (v: number) => left + (v - x0) / (x1 - x0) * (wide - left - right);
  const y = (v: number) => top + (y1 - v) / (y1 - y0) * (high - top - bottom);
  const back = (e: PointerEvent) => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    return x0 + Math.max(0, Math.min(1, ((e.clientX - box.left) / box.width * wide - left) / (wide - left - right))) * (x1 - x0);
  };
  const middle = (x0 + x1) / 2, quarter = (x1 - x0) / 4;
  return <figure>
    <figcaption>{title}{unit && <span class="quiet"> · {unit}</span>}</figcaption>
    <svg class="chart" viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={title}
      onPointerDown={e => { if (onZoom) setDrag([back(e), back(e)]); }}
      onPointerMove={e => { if (drag) setDrag([drag[0], back(e)]); }}
      onPointerUp={() => {
        if (drag && Math.abs(drag[1] - drag[0]) > (x1 - x0) / 50) onZoom!([Math.floor(Math.min(...drag)), Math.ceil(Math.max(...drag))]);
        setDrag(null);
      }}>
      {drag && <rect class="chosen" x={x(Math.min(...drag))} width={Math.abs(x(drag[1]) - x(drag[0]))} y={top} height={high - top - bottom} />}
      {ticks(y0, y1, 5).map(v => <Fragment>
        <line class="grid" x1={left} x2={wide - right} y1={y(v)} y2={y(v)} />
        <text x={left - 6} y={y(v) + 4} text-anchor="end">{brief(v + 0)}</text>
      </Fragment>)}
      {ticks(x0, x1, 6).map(v => <text x={x(v)} y={high - 8} text-anchor="middle">{count(v)}</text>)}
      <text x={left - 6} y={high - 8} text-anchor="end">{xName}</text>
      {series.map((s, i) => <path class={`line c${i % colours}`} stroke-dasharray={dashes[Math.floor(i / colours) % dashes.length]}
        d={thin(s.points).map(([a, b], j) => `${j ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("")} />)}
      {series.map((s, i) => { // a single point makes no line
        const [a, b] = s.points.at(-1) ?? [x0, NaN];
        return Number.isFinite(b) && <circle class={`dot c${i % colours}`} cx={x(a)} cy={y(b)} r="3" />;
      })}
    </svg>
    <ul class="legend">{series.map((s, i) => <li><svg width="22" height="8" aria-hidden="true"><line class={`line c${i % colours}`} x1="1" x2="21" y1="4" y2="4"
      stroke-dasharray={dashes[Math.floor(i / colours) % dashes.length]} /></svg>{s.name} <b>{figure(s.points.at(-1)?.[1])}</b></li>)}</ul>
    {onZoom && <div class="zoom"><button type="button" onClick={() => onZoom([Math.floor(middle - quarter), Math.ceil(middle + quarter)])} aria-label={t("zoomIn", title)}>+</button>
      {zoomed && <button type="button" onClick={() => onZoom(null)} aria-label={t("zoomOut", title)}>{t("whole")}</button>}</div>}
    <details class="quiet"><summary>{t("asTable")}</summary><Numbers title={title} series={series} /></details>
  </figure>;
}

function Numbers({ title, series }: { title: string; series: Series[] }) {
  const rows = [...new Set(series.flatMap(s => thin(s.points, 24).map(p => p[0])))].sort((a, b) => a - b);
  const at = series.map(s => new Map(s.points));
  return <div class="scroll" tabIndex={0} role="region" aria-label={title}><table>
    <thead><tr><th scope="col">{t("step")}</th>{series.map(s => <th scope="col">{s.name}</th>)}</tr></thead>
    <tbody>{rows.map(r => <tr><th scope="row">{r}</th>{at.map(m => <td>{m.get(r)?.toFixed(4) ?? ""}</td>)}</tr>)}</tbody>
  </table></div>;
}

// thin keeps the lowest and the highest point of each of some buckets, so
// that no spike is lost.
export function thin(points: Points, most = 400): Points {
  if (points.length <= most) return points;
  const out: Points = [points[0]], n = most / 2 - 1;
  for (let i = 0; i < n; i++) {
    const part = points.slice(1 + Math.floor(i * (points.length - 2) / n), 1 + Math.floor((i + 1) * (points.length - 2) / n));
    const low = part.reduce((a, b) => b[1] < a[1] ? b : a), up = part.reduce((a, b) => b[1] > a[1] ? b : a);
    out.push(...low === up ? [low] : low[0] < up[0] ? [low, up] : [up, low]);
  }
  out.push(points.at(-1)!);
  return out;
}

// ticks are round numbers between low and high, about n of them.
export function ticks(low: number, high: number, n: number): number[] {
  const rough = (high - low) / n, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find(m => m * power >= rough) ?? 10);
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) out.push(i * step);
  return out;
}

// figure is a value as it is read beside a curve.
function figure(v: number | undefined): string {
  return v === undefined || !Number.isFinite(v) ? "" : Math.abs(v) >= 1e6 ? brief(v) : Math.abs(v) >= 100 ? count(v) : Math.abs(v) < 1e-3 && v !== 0 ? v.toExponential(2) : v.toFixed(3);
}

// brief is a number on an axis.
export function brief(v: number): string {
  for (const [unit, of] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e4]] as const) if (Math.abs(v) >= of) return +(v / (of === 1e4 ? 1e3 : of)).toPrecision(4) + unit;
  return String(+v.toPrecision(6));
}

// scaleOfShares is 0 to 1, and as far below as the values go: a reward less the price of
// its length may be below 0.
export function scaleOfShares(series: Series[]): { low: number; high: number } {
  const values = series.flatMap(s => s.points.map(p => p[1])).filter(Number.isFinite);
  return { low: Math.min(0, ...values), high: Math.max(1, ...values) };
}

export interface Wanted { id: string; name: string; series: string } // a series of a training, and how it is called

// Curve draws series of trainings that the server thins to what a drawing can show,
// and asks for more of a part that the reader chooses. Those of shares have the whole
// from 0 to 1 as their scale.
export function Curve({ title, of, unit, scale = 1, every = 0, shares = false }: { title: string; of: Wanted[]; unit?: string; scale?: number; every?: number; shares?: boolean }) {
  const [range, setRange] = useState<[number, number] | null>(null);
  const [series, setSeries] = useState<Series[] | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => { // only curves in sight are asked for
    const eye = new IntersectionObserver(list => { if (list.some(e => e.isIntersecting)) setNear(true); }, { rootMargin: "200px" });
    eye.observe(frame.current!);
    return () => eye.disconnect();
  }, []);
  const key = JSON.stringify(of) + JSON.stringify(range) + store.lang;
  useEffect(() => {
    if (!near) return;
    let over = false, timer = 0;
    const run = async () => {
      const list = await Promise.all(of.map(async w => {
        const part = range ? `&from=${range[0]}&to=${range[1]}` : "";
        const got = await get<{ series: Record<string, Points> }>(`/api/curves/points?id=${encodeURIComponent(w.id)}&series=${encodeURIComponent(w.series)}&most=800${part}`).catch(() => null);
        return { name: w.name, points: (got?.series[w.series] ?? []).map(([a, b]): [number, number] => [a, b * scale]) };
      }));
      if (over) return;
      setSeries(list);
      if (every) timer = setTimeout(run, every);
    };
    run();
    return () => { over = true; clearTimeout(timer); };
  }, [key, near, every]);
  return <div ref={frame} class="curve">{!series ? <figure class="coming"><figcaption>{title}</figcaption><p class="quiet">…</p></figure> : <Chart title={title} unit={unit} series={series.filter(s => s.points.length)} {...shares && scaleOfShares(series)} onZoom={setRange} zoomed={!!range} />}</div>;
}

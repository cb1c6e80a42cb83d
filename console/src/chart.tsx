// The training curves: for each step that trained, its loss, and the scores
// of reinforcement.
import { h, Fragment } from "preact";
import { count } from "./format";
import { store } from "./state";
import { maybe, t } from "./words";

type Points = [number, number][];
interface Series { name: string; points: Points }

export function Curves({ coming }: { coming: boolean }) {
  const charts = [];
  for (const [step, live] of store.live) {
    const loss = live.series.get("loss");
    const watched = live.series.get("watch_loss"), norm = live.series.get("norm");
    if (loss) charts.push(<Chart title={t("loss", step)} series={[{ name: maybe("series", "loss"), points: loss },
      ...watched ? [{ name: maybe("series", "watch_loss"), points: watched }] : []]} />);
    if (norm) charts.push(<Chart title={t("norm", step)} series={[{ name: maybe("series", "norm"), points: norm }]} />);
    const scores: Series[] = [];
    for (const [name, points] of live.series) {
      const family = name.replace(/^heldout_/, "");
      if (name === "reward" || name === "heldout" || family !== name) scores.push({ name: family === name ? maybe("series", name) : family, points });
    }
    if (scores.length) charts.push(<Chart title={t("scores", step)} series={scores} low={0} high={1} />);
  }
  return charts.length ? <div class="charts">{charts}</div> : <p class="quiet">{t(coming ? "curvesComing" : "noCurves")}</p>;
}

const wide = 520, high = 230, left = 44, right = 12, top = 10, bottom = 26;
const dashes = ["", "6 3", "2 3", "9 3 2 3"];
const colours = 6;

function Chart({ title, series, low, high: most }: { title: string; series: Series[]; low?: number; high?: number }) {
  const xs = series.flatMap(s => s.points.map(p => p[0])), ys = series.flatMap(s => s.points.map(p => p[1])).filter(Number.isFinite);
  const x0 = Math.min(...xs), x1 = Math.max(...xs, x0 + 1);
  const y0 = low ?? Math.min(...ys), y1 = most ?? Math.max(...ys, y0 + 1e-3);
  const x = (v: number) => left + (v - x0) / (x1 - x0) * (wide - left - right);
  const y = (v: number) => top + (y1 - v) / (y1 - y0) * (high - top - bottom);
  return <figure>
    <figcaption>{title}</figcaption>
    <svg class="chart" viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={title}>
      {ticks(y0, y1, 5).map(v => <Fragment>
        <line class="grid" x1={left} x2={wide - right} y1={y(v)} y2={y(v)} />
        <text x={left - 6} y={y(v) + 4} text-anchor="end">{+v.toPrecision(6)}</text>
      </Fragment>)}
      {ticks(x0, x1, 6).map(v => <text x={x(v)} y={high - 8} text-anchor="middle">{count(v)}</text>)}
      <text x={left - 6} y={high - 8} text-anchor="end">{t("step")}</text>
      {series.map((s, i) => <path class={`line c${i % colours}`} stroke-dasharray={dashes[Math.floor(i / colours) % dashes.length]}
        d={thin(s.points).map(([a, b], j) => `${j ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("")} />)}
      {series.map((s, i) => { // a single point makes no line
        const [a, b] = s.points.at(-1)!;
        return <circle class={`dot c${i % colours}`} cx={x(a)} cy={y(b)} r="3" />;
      })}
    </svg>
    <ul class="legend">{series.map((s, i) => <li><svg width="22" height="8" aria-hidden="true"><line class={`line c${i % colours}`} x1="1" x2="21" y1="4" y2="4"
      stroke-dasharray={dashes[Math.floor(i / colours) % dashes.length]} /></svg>{s.name} <b>{s.points.at(-1)![1].toFixed(3)}</b></li>)}</ul>
    <details class="quiet"><summary>{t("asTable")}</summary><Table series={series} /></details>
  </figure>;
}

function Table({ series }: { series: Series[] }) {
  const rows = [...new Set(series.flatMap(s => thin(s.points, 24).map(p => p[0])))].sort((a, b) => a - b);
  const at = series.map(s => new Map(s.points));
  return <div class="scroll"><table>
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

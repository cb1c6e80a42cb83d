// Compute: the machine as measured, who holds its memory, and the queue.
import { bytes, Card, Command, count, FactList, Fragment, h, HealthCard, Loaded, Meter, Page, say, store, t, Tag, useGet, listed, told } from "../kit";
import { words } from "./compute.words";

const w = say(words);

interface Machine {
  machine: { cpu: string; arch: string; cores: number; threads: number; memory: number; peak: number; bandwidth: number };
  checks: { status: string; name: string; found: string; next?: string }[];
  holders: { name: string; bytes: number; pages: number; whole: number }[];
  free: number; heap: number;
}

export default function Compute() {
  const got = useGet<Machine>("/api/machine");
  return <Page title={t("compute")} lead={w("lead")}>
    <Loaded of={got}>{m => <Fragment>
      <div class="two">
        <div class="stack"><Card title={w("machine")}>
          <FactList rows={[[w("processor"), m.machine.cpu], [w("kind"), m.machine.arch], [w("threads"), w("cores", m.machine.threads, m.machine.cores)], [w("memory"), bytes(m.machine.memory)],
            [w("peak"), `${(m.machine.peak / 1e9).toFixed(1)} GFLOP/s`], [w("bandwidth"), `${(m.machine.bandwidth / 1e9).toFixed(1)} GB/s`], [w("ridge"), w("ridgeOf", (m.machine.peak / m.machine.bandwidth).toFixed(1))]]} />
          <Command line="suiren doctor" />
        </Card><Queue /></div>
        <Card title={w("roof")}><Roof peak={m.machine.peak} bandwidth={m.machine.bandwidth} /><p class="quiet">{w("roofHelp")}</p></Card>
      </div>
      <Card title={w("map")}><Map of={m} /></Card>
      <div class="two"><HealthCard />
      <Card title={w("checks")}><ul class="plainlist">{m.checks.map(c => <li key={c.name}><Tag kind={c.status === "✓" ? "done" : "failed"}>{c.status}</Tag> <b>{c.name}</b> {c.found}{c.next && <div class="quiet">→ {c.next}</div>}</li>)}</ul></Card></div>
    </Fragment>}</Loaded>
  </Page>;
}

const wide = 360, high = 250, left = 46, bottom = 52, top = 24, right = 14;

// Roof is drawn as wide as a narrow screen is, so that its numbers stay as large
// as text; what the marks are stands below it.
function Roof({ peak, bandwidth }: { peak: number; bandwidth: number }) {
  const x0 = -2, x1 = 3, y1 = Math.ceil(Math.log10(peak / 1e9) + 0.2), y0 = y1 - 4; // powers of ten
  const x = (v: number) => left + (Math.log10(v) - x0) / (x1 - x0) * (wide - left - right);
  const y = (v: number) => top + (y1 - Math.max(y0, Math.log10(v / 1e9))) / (y1 - y0) * (high - top - bottom);
  const ridge = peak / bandwidth, reach = (v: number) => Math.min(peak, bandwidth * v);
  const marks: [string, number][] = [[w("decode"), 0.5], [w("batch"), 8], [w("train"), 100]]; // FLOP for a byte of f32 weights that are read once
  const name = told(w("roof"), listed([`${(peak / 1e9).toFixed(1)} GFLOP/s`, `${(bandwidth / 1e9).toFixed(1)} GB/s`]));
  return <Fragment>
    <svg class="chart roof" viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={name}>
      {Array.from({ length: 5 }, (_, i) => y0 + i).map(p => <Fragment><line class="grid" x1={left} x2={wide - right} y1={y(10 ** p * 1e9)} y2={y(10 ** p * 1e9)} /><text x={left - 6} y={y(10 ** p * 1e9) + 4} text-anchor="end">{10 ** p}</text></Fragment>)}
      {Array.from({ length: 6 }, (_, i) => x0 + i).map(p => <text x={x(10 ** p)} y={high - 26} text-anchor="middle">{10 ** p}</text>)}
      <text x={(wide + left) / 2} y={high - 4} text-anchor="middle">{w("intensity")}</text>
      <text x={left} y={top - 8}>{w("gflops")}</text>
      <path class="line c0" d={`M${x(10 ** x0)} ${y(bandwidth * 10 ** x0)}L${x(ridge)} ${y(peak)}L${x(10 ** x1)} ${y(peak)}`} />
      {marks.map(([label, v], i) => <g key={label}><circle class="dot c1" cx={x(v)} cy={y(reach(v))} r="8" /><text class="mark" x={x(v)} y={y(reach(v)) + 4} text-anchor="middle">{i + 1}</text></g>)}
    </svg>
    <ol class="marks">{marks.map(([label, v]) => <li key={label}>{label} <span class="quiet">{w("bound", v, (reach(v) / 1e9).toPrecision(3), bandwidth * v < peak ? w("byMemory") : w("byProcessor"))}</span></li>)}</ol>
  </Fragment>;
}

function Map({ of }: { of: Machine }) {
  const parts: [string, number][] = of.holders.flatMap((o): [string, number][] => [[w("weights", o.name), o.bytes - o.pages], [w("pages", o.name), o.pages]]);
  parts.push([w("program"), of.heap], [w("free"), of.free]);
  const all = parts.reduce((s, [, b]) => s + b, 0);
  let at = 0;
  return <Fragment>
    <svg class="map" viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label={w("map")}>{parts.map(([name, b], i) => {
      const from = at / all * 1000;
      at += b;
      return <rect key={name} class={i === parts.length - 1 ? "rest" : `fill c${i % 6}`} x={from} width={Math.max(b / all * 1000, 1)} height="40" />;
    })}</svg>
    <ul class="legend">{parts.map(([name, b], i) => <li key={name}><svg width="14" height="14" aria-hidden="true"><rect class={i === parts.length - 1 ? "rest" : `fill c${i % 6}`} width="14" height="14" /></svg>{name} <b>{bytes(b)}</b></li>)}</ul>
  </Fragment>;
}

function Queue() {
  const now = store.now;
  return <Card title={w("queue")}>{now?.working !== undefined && now.waiting !== undefined ? <Fragment>
    <Meter part={now.working / now.slots} label={w("working", now.working, now.slots)} />
    <Meter part={now.waiting / now.most} label={w("waiting", now.waiting)} />
    {now.releases.filter(r => r.stats.Pages > 0).map(r => <Meter key={r.name} part={r.stats.PagesUsed / r.stats.Pages} label={w("sharePages", r.name, count(r.stats.PagesUsed), count(r.stats.Pages))} />)}
    <p class="quiet">{now.waiting > 0 ? w("why", now.slots) : w("whyNot")}</p>
  </Fragment> : <p class="quiet">{t("loading")}</p>}</Card>;
}

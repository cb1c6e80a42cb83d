// The graph of a plan: steps in columns, each column one edge further from
// what the owner gave. A narrow window gets a list instead.
import { Fragment, h, idOf, maybe, type Node, percent, stateOf, t } from "../kit";

const wide = 132, high = 50, lane = 6, across = 34, down = 16, edge = 6;
const marks: Record<string, string> = { make: "+", change: "~", remove: "-" };
const glyphs: Record<string, string> = { waiting: "○", running: "◐", done: "✓", failed: "✗", skipped: "–" };

// A Place is a node's, or a lane's in which edges pass a column.
interface Place { id: string; node?: Node; column: number; high: number; y: number; next: Place[]; last: Place[] } // y of the middle
interface Edge { from: string; to: string; path: string }

// The layout is kept: the page is drawn again for every event of a run.
let drawn: { nodes: Node[]; layout: Layout } | null = null;
interface Layout { places: Place[]; edges: Edge[]; width: number; height: number; x: (p: Place) => number }

function layoutOf(nodes: Node[]): Layout {
  if (drawn?.nodes !== nodes) drawn = { nodes, layout: layout(nodes) };
  return drawn.layout;
}

// layout puts every node one column after the last of its inputs. Edges that
// pass columns go through lanes, which those of one source share. Columns are
// ordered so that edges cross little, then moved so that they are straight.
export function layout(nodes: Node[]): Layout {
  const byID = new Map(nodes.map(n => [idOf(n), n]));
  const inputs = (id: string) => (byID.get(id)!.inputs ?? []).filter(i => byID.has(i));
  const depth = new Map<string, number>();
  const find = (id: string): number => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    depth.set(id, 0); // a plan has no cycles; if one came, this ends it
    const from = inputs(id).map(find);
    const d = from.length ? 1 + Math.max(...from) : 0;
    depth.set(id, d);
    return d;
  };
  nodes.forEach(n => find(idOf(n)));
  // What needs nothing stands beside what it feeds.
  for (const id of byID.keys()) {
    const fed = [...byID.keys()].filter(to => inputs(to).includes(id));
    if (!inputs(id).length && fed.length) depth.set(id, Math.max(0, Math.min(...fed.map(to => depth.get(to)!)) - 1));
  }

  const columns: Place[][] = [];
  const places = new Map<string, Place>();
  const put = (id: string, column: number, node?: Node) => {
    const p: Place = { id, node, column, high: node ? high : lane, y: 0, next: [], last: [] };
    (columns[column] ??= []).push(p);
    places.set(id, p);
    return p;
  };
  for (const [id, n] of byID) put(id, depth.get(id)!, n);
  const link = (a: Place, b: Place) => { if (!a.next.includes(b)) { a.next.push(b); b.last.push(a); } };
  const ways: { from: Place; to: Place; way: Place[] }[] = [];
  for (const to of byID.keys()) for (const from of inputs(to)) {
    const way = [places.get(from)!];
    for (let c = depth.get(from)! + 1; c < depth.get(to)!; c++) way.push(places.get(`${from} ${c}`) ?? put(`${from} ${c}`, c));
    way.push(places.get(to)!);
    for (let i = 1; i < way.length; i++) link(way[i - 1], way[i]);
    ways.push({ from: way[0], to: way.at(-1)!, way });
  }

  // Lanes pull harder: a bend shows more in a long line than in a short one.
  const mean = (p: Place, near: Place[]) => {
    let sum = 0, all = 0;
    for (const n of near) {
      const pull = (p.node ? 1 : 4) * (n.node ? 1 : 4);
      sum += pull * n.y;
      all += pull;
    }
    return all ? sum / all : p.y;
  };
  const stack = (c: Place[]) => {
    let y = -c.reduce((sum, p) => sum + p.high + down, -down) / 2;
    for (const p of c) { p.y = y + p.high / 2; y += p.high + down; }
  };
  columns.forEach(stack);
  for (let sweep = 0; sweep < 12; sweep++) {
    for (const c of sweep % 2 ? [...columns].reverse() : columns) {
      const at = new Map(c.map(p => [p, mean(p, sweep % 2 ? p.next : p.last)]));
      c.sort((a, b) => at.get(a)! - at.get(b)!);
      stack(c);
    }
  }
  for (let sweep = 0; sweep < 200; sweep++) {
    for (const c of sweep % 2 ? [...columns].reverse() : columns) settle(c, c.map(p => mean(p, [...p.next, ...p.last])));
  }

  // Parts that share no edge drift apart: what lies below an empty band moves up.
  const all = [...places.values()];
  let end = -Infinity, up = 0;
  for (const p of [...all].sort((a, b) => a.y - a.high / 2 - (b.y - b.high / 2))) {
    if (end === -Infinity) end = p.y;
    up += Math.max(0, p.y - p.high / 2 - up - end - down);
    p.y -= up;
    end = Math.max(end, p.y + p.high / 2);
  }
  const top = Math.min(...all.map(p => p.y - p.high / 2)), bottom = Math.max(...all.map(p => p.y + p.high / 2));
  for (const p of all) p.y += edge - top;
  const x = (p: Place) => edge + p.column * (wide + across);
  const edges = ways.map(({ from, to, way }) => {
    let path = `M${x(from) + wide} ${from.y}`;
    for (let i = 1; i < way.length; i++) {
      const a = way[i - 1], b = way[i], half = across / 2;
      path += `C${x(a) + wide + half} ${a.y} ${x(b) - half} ${b.y} ${x(b)} ${b.y}`;
      if (!b.node) path += `H${x(b) + wide}`;
    }
    return { from: from.id, to: to.id, path };
  });
  return { places: all.filter(p => p.node), edges, width: 2 * edge + columns.length * (wide + across) - across, height: 2 * edge + bottom - top, x };
}

// settle moves a column's places as near as can be, in squares, to where each
// wants to be, without a change of order: neighbours that would overlap move as
// one block.
function settle(c: Place[], want: number[]) {
  const blocks: { sum: number; n: number; offsets: number[] }[] = [];
  c.forEach((p, i) => {
    let block = { sum: want[i], n: 1, offsets: [0] };
    for (let before; (before = blocks.at(-1)); blocks.pop()) {
      const gap = (c[i - block.offsets.length + 1].high + c[i - block.offsets.length].high) / 2 + down;
      const reach = before.offsets.at(-1)! + gap;
      if (before.sum / before.n + reach <= block.sum / block.n) break;
      block = {
        sum: before.sum + block.sum - reach * block.n, n: before.n + block.n,
        offsets: [...before.offsets, ...block.offsets.map(o => o + reach)],
      };
    }
    blocks.push(block);
  });
  let i = 0;
  for (const b of blocks) for (const o of b.offsets) c[i++].y = b.sum / b.n + o;
}

// corner is how far a running step has come, or what the plan has in mind for
// one that waits.
function corner(n: Node): string {
  const { state, part } = stateOf(n);
  return state === "running" ? percent(part, 0) : state === "done" ? "" : marks[n.action] ?? "";
}

interface Props { nodes: Node[]; picked?: string; pick: (id: string) => void }

export function Graph({ nodes, picked, pick }: Props) {
  return <Fragment><Drawing nodes={nodes} picked={picked} pick={pick} /><List nodes={nodes} picked={picked} pick={pick} /></Fragment>;
}

function Drawing({ nodes, picked, pick }: Props) {
  const { places, edges, width, height, x } = layoutOf(nodes);
  const near = (e: Edge) => e.from === picked || e.to === picked;
  return <div class="graph" role="group" aria-label={t("graph")}>
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      {edges.filter(e => !near(e)).map(e => <path class="edge" d={e.path} />)}
      {edges.filter(near).map(e => <path class="edge near" d={e.path} />)}
      {places.map(p => {
        const n = p.node!, { state, part } = stateOf(n), kind = maybe("kind", n.kind);
        const name = n.name.length > 13 ? n.name.slice(0, 12) + "…" : n.name;
        return <g key={p.id} class={`node ${state}`} transform={`translate(${x(p)} ${p.y - high / 2})`} tabindex={0 /* SVG knows no tabIndex */} role="button"
          aria-pressed={picked === p.id} aria-description={name === n.name ? undefined : n.name}
          onClick={() => pick(p.id)}
          onKeyDown={e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); pick(p.id); } }}>
          <rect class="box" width={wide} height={high} rx="9" />
          {state === "running" && <rect class="bar" x="10" y={high - 7} width={Math.max(3, (wide - 20) * part)} height="3" rx="1.5" />}
          <text class="kind" x="11" y="19">{kind}</text>{" "}
          <text class="name" x="11" y="36">{name}</text>{" "}
          <text class="glyph" role="img" aria-label={maybe("state", state)} x={wide - 11} y="20" text-anchor="end">{glyphs[state] ?? "○"}</text>
          <text class="mark" aria-hidden="true" x={wide - 11} y="37" text-anchor="end">{corner(n)}</text>
        </g>;
      })}
    </svg>
  </div>;
}

function List({ nodes, picked, pick }: Props) {
  return <ol class="steps" aria-label={t("graph")}>
    {nodes.map(n => {
      const id = idOf(n), { state } = stateOf(n);
      return <li><button class={state} aria-pressed={picked === id} onClick={() => pick(id)}>
        <span class="glyph" aria-label={maybe("state", state)}>{glyphs[state] ?? "○"}</span>
        <span>{maybe("kind", n.kind)} <b>{n.name}</b></span>
        <span class="push">{corner(n)}</span>
      </button></li>;
    })}
  </ol>;
}

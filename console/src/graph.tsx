// The graph of a plan: steps in columns, each column one edge further from
// what the owner gave.
import { h } from "preact";
import { idOf, type Node, stateOf } from "./plan";
import { maybe, t } from "./words";

const wide = 148, high = 50, across = 44, down = 16, edge = 6;
const marks: Record<string, string> = { make: "+", change: "~", keep: "=", remove: "-" };
const glyphs: Record<string, string> = { waiting: "○", running: "◐", done: "✓", failed: "✗" };

interface Place { node: Node; x: number; y: number }

// layout puts every node one column after the last of its inputs, and orders
// the columns so that edges cross little: each node near the mean of its
// neighbours, swept to and fro.
export function layout(nodes: Node[]): { places: Map<string, Place>; width: number; height: number } {
  const byID = new Map(nodes.map(n => [idOf(n), n]));
  const depth = new Map<string, number>();
  const find = (id: string): number => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    depth.set(id, 0); // a plan has no cycles; if one came, this ends it
    const from = (byID.get(id)!.inputs ?? []).filter(i => byID.has(i)).map(find);
    const d = from.length ? 1 + Math.max(...from) : 0;
    depth.set(id, d);
    return d;
  };
  const columns: string[][] = [];
  for (const id of byID.keys()) (columns[find(id)] ??= []).push(id);

  const next = new Map<string, string[]>();
  for (const [id, n] of byID) for (const i of n.inputs ?? []) if (byID.has(i)) next.set(i, [...next.get(i) ?? [], id]);
  // A step with nothing before it stands beside what it feeds.
  for (const id of [...columns[0] ?? []]) {
    const to = Math.min(...(next.get(id) ?? []).map(n => depth.get(n)!)) - 1;
    if (to > 0 && Number.isFinite(to)) {
      columns[0].splice(columns[0].indexOf(id), 1);
      columns[to].push(id);
      depth.set(id, to);
    }
  }
  const row = new Map<string, number>();
  const spread = () => columns.forEach(c => c.forEach((id, i) => row.set(id, i - (c.length - 1) / 2)));
  spread();
  for (let sweep = 0; sweep < 8; sweep++) {
    for (const c of sweep % 2 ? [...columns].reverse() : columns) {
      const near = (id: string) => {
        const others = sweep % 2 ? next.get(id) ?? [] : (byID.get(id)!.inputs ?? []).filter(i => byID.has(i));
        return others.length ? others.reduce((sum, o) => sum + row.get(o)!, 0) / others.length : row.get(id)!;
      };
      const at = new Map(c.map(id => [id, near(id)]));
      c.sort((a, b) => at.get(a)! - at.get(b)!);
      c.forEach((id, i) => row.set(id, i - (c.length - 1) / 2));
    }
  }
  const tallest = Math.max(1, ...columns.map(c => c.length));
  const places = new Map<string, Place>();
  for (const [id, node] of byID) {
    places.set(id, {
      node, x: edge + depth.get(id)! * (wide + across),
      y: edge + (row.get(id)! + (tallest - 1) / 2) * (high + down),
    });
  }
  return {
    places, width: 2 * edge + columns.length * (wide + across) - across,
    height: 2 * edge + tallest * (high + down) - down,
  };
}

export function Graph({ nodes, picked, pick }: { nodes: Node[]; picked?: string; pick: (id: string) => void }) {
  const { places, width, height } = layout(nodes);
  return <div class="graph" tabIndex={0} role="group" aria-label={t("graph")}>
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      {[...places.values()].flatMap(p => (p.node.inputs ?? []).map(i => {
        const from = places.get(i);
        if (!from) return null;
        const x1 = from.x + wide, y1 = from.y + high / 2, x2 = p.x, y2 = p.y + high / 2, bend = Math.max(across / 2, (x2 - x1) / 2);
        const near = picked === idOf(p.node) || picked === i;
        return <path class={near ? "edge near" : "edge"} d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />;
      }))}
      {[...places].map(([id, p]) => {
        const { state, part } = stateOf(p.node);
        const kind = maybe("kind", p.node.kind);
        const name = p.node.name.length > 15 ? p.node.name.slice(0, 14) + "…" : p.node.name;
        return <g class={`node ${state}`} transform={`translate(${p.x} ${p.y})`} tabIndex={0} role="button"
          aria-pressed={picked === id} aria-label={`${kind} ${p.node.name}, ${maybe("state", state)}`}
          onClick={() => pick(id)}
          onKeyDown={e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); pick(id); } }}>
          <rect class="box" width={wide} height={high} rx="9" />
          {state === "running" && <rect class="bar" x="10" y={high - 7} width={Math.max(3, (wide - 20) * part)} height="3" rx="1.5" />}
          <text class="kind" x="12" y="19">{kind}</text>
          <text class="name" x="12" y="37">{name}</text>
          <text class="glyph" x={wide - 12} y="20" text-anchor="end">{glyphs[state] ?? "○"}</text>
          <text class="mark" x={wide - 12} y="38" text-anchor="end">{marks[p.node.action] ?? p.node.action}</text>
        </g>;
      })}
    </svg>
  </div>;
}

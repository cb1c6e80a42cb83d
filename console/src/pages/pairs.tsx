// The same problems put to two, row by row: what changed, both outputs side by
// side, and how each came.
import { count, Field, Fragment, h, Loaded, maybe, say, Tag, useGet, useState } from "../kit";
import { words } from "./pairs.words";

const w = say(words);

interface Given { thought: string; answer: string; finish: string; rule?: string; masked?: boolean; called?: string; tokens: number; right: boolean }
interface Row { id: string; family: string; prompt: string; want: string; change: string; first: Given; second: Given }

const some = 10;

// PairRows lists the rows that a path answers; names are those of the two sides.
export function PairRows({ path, names }: { path: string; names: [string, string] }) {
  const [change, setChange] = useState("regressed"), [from, setFrom] = useState(0);
  const got = useGet<{ total: number; rows: Row[] }>(`${path}&change=${change}&from=${from}&n=${some}`);
  return <div class="pairs">
    <h3>{w("list")}</h3>
    <div class="form"><Field label={w("change")}>{id => <select id={id} class="change" value={change} onChange={e => { setFrom(0); setChange((e.target as HTMLSelectElement).value); }}>
      {(["regressed", "improved", "same", ""] as const).map(v => <option key={v} value={v}>{w(`change_${v}`)}</option>)}</select>}</Field></div>
    <Loaded of={got}>{({ total, rows }) => <Fragment>
      <p role="status" class="quiet">{w("rows", count(total))}{rows.length > 0 && " · " + w("at", from + 1, from + rows.length)}</p>
      {total === 0 && <p>{w("none")}</p>}
      <ul class="plainlist">{rows.map(r => <li key={r.id} class="card pair">
        <div class="row"><Tag kind={{ improved: "done", regressed: "failed" }[r.change] ?? ""}>{Object.hasOwn(words, "change_" + r.change) ? w(`change_${r.change}` as "change_same") : r.change}</Tag>{r.family && <span class="quiet">{maybe("family", r.family)}</span>}</div>
        <p class="passage">{r.prompt}</p>
        {r.want && <p class="quiet">{w("want")}: <b>{r.want}</b></p>}
        <div class="two"><Side of={r.first} name={names[0]} /><Side of={r.second} name={names[1]} /></div></li>)}</ul>
      <div class="row"><button disabled={from === 0} onClick={() => setFrom(Math.max(0, from - some))}>{w("before")}</button><button disabled={from + rows.length >= total} onClick={() => setFrom(from + some)}>{w("next")}</button></div>
    </Fragment>}</Loaded>
  </div>;
}

function Side({ of: g, name }: { of: Given; name: string }) {
  return <section aria-label={name}>
    <div class="row"><h4>{name}</h4><Tag kind={g.right ? "done" : "failed"}>{g.right ? "✓ " + w("right") : "✗ " + w("wrong")}</Tag>{g.rule && <Tag kind="failed">{w("refused", g.rule)}</Tag>}{g.masked && <Tag>{w("masked")}</Tag>}{g.called && <Tag>{w("called", g.called)}</Tag>}</div>
    <p class="passage">{g.answer || <span class="quiet">{w("nothing")}</span>}</p>
    <details><summary>{w("trace", count(g.tokens), g.finish)}</summary><p class="passage">{g.thought || w("noThought")}</p></details>
  </section>;
}

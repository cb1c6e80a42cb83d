// Usage: what was used, by whom, at what cost, and the budgets that bound it.
import { act, Card, Command, count, day, Empty, Fail, Field, Fragment, h, Loaded, mayDo, Meter, Page, say, seconds, t, useAct, useGet, useState, listed, clauses } from "../kit";
import { words } from "./usage.words";

const w = say(words);

interface Amounts { requests: number; prompt: number; cached: number; thought: number; answer: number; cpu: number; energy: number; money: number }
interface Usage { by: string[]; usage: ({ by: string[]; amounts?: Amounts } & Partial<Amounts>)[]; currency: string; closed?: { month: string }[] | null }
interface Budget { scope: string; name?: string; unit: string; period: string; amount: number; used: number; held: number; next?: string; currency?: string }

const groups = ["key", "person", "project", "tenant", "scenario", "model", "release", "day", "month"] as const;
const measures = ["requests", "prompt", "cached", "thought", "answer", "cpu", "energy", "money"] as const;
const scales: Record<string, number> = { cpu: 1e6, energy: 1e6, money: 1e6 }; // of what the ledger counts

const bounds: Record<string, number> = { ...scales, energy: 3.6e9 }; // of what a budget is given in, as suiren budget takes it: watt hours

// shown is an amount with its unit.
function shown(unit: string, v: number, currency = ""): string {
  const scaled = v / (scales[unit] ?? 1);
  if (unit === "cpu") return seconds(scaled);
  if (unit === "energy") return scaled >= 3.6e5 ? (scaled / 3.6e6).toFixed(3) + " kWh" : scaled.toFixed(1) + " J";
  if (unit === "money") return scaled.toFixed(4) + (currency ? " " + currency : "");
  return count(scaled);
}

export default function Usage() {
  const [by, setBy] = useState<typeof groups[number]>("key"), [from, setFrom] = useState(""), [to, setTo] = useState("");
  const query = `from=${from}&to=${to}`;
  const got = useGet<Usage>(`/api/usage?by=${by}&${query}`), right = useGet<Record<string, number>>(by === "release" ? "/api/usage/correct" : "");
  // perCorrect is what a right answer of a release costs: its answers, as often right as its verdict found.
  const perCorrect = (u: Usage, name: string, a: Amounts): string => {
    const share = right.data?.[name] ?? 0;
    if (!share || !a.requests) return w("notJudged");
    const one = (v: number) => v / (a.requests * share);
    return `${shown(u.currency ? "money" : "cpu", one(u.currency ? a.money : a.cpu), u.currency)} · ${w("tokensEach", count(Math.round(one(a.prompt + a.thought + a.answer))))}`;
  };
  return <Page title={t("usage")} lead={w("lead")} side={<a class="button" href={"/api/usage/entries?" + query} download="usage.csv">{w("export")}</a>}>
    <Card>
      <div class="form">
        <Field label={w("by")}>{id => <select id={id} class="usage-by" value={by} onChange={e => setBy((e.target as HTMLSelectElement).value as "key")}>{groups.map(g => <option key={g} value={g}>{w(`by_${g}`)}</option>)}</select>}</Field>
        <Field label={w("from")}>{id => <input id={id} type="date" value={from} onChange={e => setFrom((e.target as HTMLInputElement).value)} />}</Field>
        <Field label={w("to")}>{id => <input id={id} type="date" value={to} onChange={e => setTo((e.target as HTMLInputElement).value)} />}</Field>
      </div>
      <Loaded of={got}>{u => {
        const rows = u.usage.map(r => ({ name: r.by.join(" "), amounts: (r.amounts ?? r) as Amounts }));
        if (rows.length === 0) return <Empty title={w("none")}><p>{w("noneHelp")}</p></Empty>;
        const columns = measures.filter(m => m !== "money" || u.currency).filter(m => m !== "energy" || rows.some(r => r.amounts.energy > 0));
        return <Fragment>
          <div class="scroll" tabIndex={0} role="region" aria-label={t("usage")}><table><thead><tr><th scope="col">{w(`by_${by}`)}</th>{columns.map(m => <th scope="col" key={m}>{w(m)}</th>)}{by === "release" && <th scope="col">{w("perCorrect")}</th>}</tr></thead>
            <tbody>{rows.map(r => <tr key={r.name}><th scope="row">{r.name ? by === "release" ? r.name.slice(0, 12) : r.name : w("nobody")}</th>{columns.map(m => <td key={m}>{shown(m, r.amounts[m], u.currency)}</td>)}{by === "release" && <td class="per-correct">{perCorrect(u, r.name, r.amounts)}</td>}</tr>)}
              <tr class="total"><th scope="row">{w("all")}</th>{columns.map(m => <td key={m}>{shown(m, rows.reduce((s, r) => s + r.amounts[m], 0), u.currency)}</td>)}{by === "release" && <td />}</tr></tbody></table></div>
          {by === "release" && <p class="quiet">{w("perCorrectHelp")}</p>}
          {!u.currency && <p class="quiet">{w("noPrices")}</p>}
          {u.closed && u.closed.length > 0 && <p class="quiet">{w("closed", listed(u.closed.map(m => m.month)))}</p>}
        </Fragment>;
      }}</Loaded>
      <Command line={`suiren usage --by ${by}`} />
    </Card>
    <Budgets />
  </Page>;
}

const known = (prefix: string, v: string) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}` as "unit_cpu") : v;

// bounded is an amount of a budget with its unit.
const bounded = (one: Budget, v: number): string => one.unit === "energy" ? `${+(v / bounds.energy!).toPrecision(3)} Wh` : shown(one.unit, v, one.currency);

function Budgets() {
  const got = useGet<{ budgets: Budget[] }>("/api/budgets"), set = useAct();
  const [b, change] = useState({ scope: "key", name: "", unit: "tokens", period: "day", amount: "" });
  const input = (k: keyof typeof b) => (e: Event) => change({ ...b, [k]: (e.target as HTMLInputElement).value });
  const save = (one: { scope: string; name?: string; unit: string; period: string; amount: number }) => set.run(() => act("POST", "/api/budgets", one)).then(got.reload);
  return <Card title={w("budgets")}>
    <Loaded of={got}>{({ budgets }) => budgets.length === 0 ? <p>{w("budgetsNone")}</p> : <ul class="plainlist">{budgets.map(one => <li key={one.scope + one.name + one.unit + one.period}>
      <div class="row"><b>{known("scope", one.scope)} {one.name}</b><span class="quiet">{clauses([known("unit", one.unit), known("period", one.period)])}{one.next && " · " + w("next", day(one.next))}</span>
        {mayDo("set_budget") && <button class="push" disabled={set.busy} onClick={() => save({ scope: one.scope, name: one.name, unit: one.unit, period: one.period, amount: -1 })}>{w("take")}</button>}</div>
      <Meter part={(one.used + one.held) / Math.max(one.amount, 1)} label={w("used", bounded(one, one.used + one.held), bounded(one, one.amount))} /></li>)}</ul>}</Loaded>
    {mayDo("set_budget") && <form class="form budget" onSubmit={e => { e.preventDefault(); save({ ...b, name: b.scope === "all" ? "" : b.name, amount: Math.round(+b.amount * (bounds[b.unit] ?? 1)) }); }}>
      <Field label={w("scope")}>{id => <select id={id} value={b.scope} onChange={input("scope")}>{["all", "key", "person", "project", "tenant", "scenario", "model"].map(v => <option key={v} value={v}>{known("scope", v)}</option>)}</select>}</Field>
      {b.scope !== "all" && <Field label={w("name")}>{id => <input id={id} class="budget-name" value={b.name} required onInput={input("name")} />}</Field>}
      <Field label={w("unit")}>{id => <select id={id} value={b.unit} onChange={input("unit")}>{["requests", "tokens", "cpu", "energy", "money"].map(v => <option key={v} value={v}>{known("unit", v)}</option>)}</select>}</Field>
      <Field label={w("period")}>{id => <select id={id} value={b.period} onChange={input("period")}>{["5h", "day", "month", "total"].map(v => <option key={v} value={v}>{known("period", v)}</option>)}</select>}</Field>
      <Field label={w("amount")} hint={w("amountHint")}>{id => <input id={id} class="budget-amount" type="number" min="0" step="any" required value={b.amount} onInput={input("amount")} />}</Field>
      <button class="main" disabled={set.busy}>{w("set")}</button>
    </form>}
    {set.failure && <Fail of={set.failure} />}
    {mayDo("set_budget") && <Command line={`suiren budget set ${b.scope === "all" ? "all" : `${b.scope}:${b.name || "NAME"}`} --${b.unit} ${b.amount || "N"} --per ${b.period}`} />}
  </Card>;
}

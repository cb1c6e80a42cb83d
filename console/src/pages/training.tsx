// Training: the curves of all trainings, compared, with the doctor's words.
import { bytes, Card, Command, count, Curve, day, Empty, FactList, flops, Fragment, h, Loaded, maybe, Page, percent, progressOfPlan, say, seconds, store, t, useEffect, useGet, useState } from "../kit";
import { words } from "./training.words";

const w = say(words);

interface Training {
  id: string; step: string; updated: number; points: number; last: number; seconds: number; series: string[];
  values: Record<string, number>; counts?: Record<string, number>; runs?: string[];
}

// The series that have a chart of their own, in this order.
const known = ["loss", "norm", "tokens_per_s", "share_of_peak", "memory", "rate", "reward"] as const;

// The series that are drawn with another, as they tell the same of what is not learnt from.
const watched: Partial<Record<string, [series: string, word: "heldout" | "watched"]>> = { loss: ["watch_loss", "heldout"], reward: ["watch_reward", "watched"] };

export default function Training() {
  const list = useGet<Training[]>("/api/curves");
  const running = (store.plan?.nodes ?? []).some(n => n.state === "running");
  const [picked, pick] = useState<string[]>([]);
  const done = store.now?.tasks?.[0]?.ended ?? "";
  useEffect(list.reload, [running, done]);
  const none = <Empty title={w("none")}><p>{w("noneHelp")}</p><a class="button" href="#home">{t("home")}</a></Empty>;
  return <Page title={t("training")} lead={w("lead")}>
    <Loaded of={list} none={none}>{all => {
      if (all.length === 0) return none;
      const chosen = all.filter(c => picked.includes(c.id));
      if (!chosen.length) chosen.push(all.find(c => c.points > 1) ?? all[0]); // the newest that has a curve
      return <Fragment>
        {running && <UnderWay />}
        <Card title={w("list")}>
          <p class="quiet">{w("which")}</p>
          <ul class="picks">{all.slice(0, 50).map(c => <li key={c.id}><label class="pick"><input type="checkbox" aria-label={w("compare", c.step)} checked={chosen.includes(c)}
            onChange={() => pick(chosen.includes(c) ? chosen.filter(o => o !== c).map(o => o.id) : [...chosen, c].map(o => o.id))} />
            <span><b>{c.step}</b> <code>{c.id.split("/")[1]}</code> <span class="quiet">{day(c.updated)} · {w("points", count(c.points), count(c.last))} · {w("took", seconds(c.seconds))}
              {c.values.loss !== undefined && ` · ${w("loss")} ${c.values.loss.toFixed(3)}`}</span></span></label></li>)}</ul>
        </Card>
        <Charts of={chosen} live={running} />
        {chosen.map(c => <Doctor key={c.id} of={c} />)}
      </Fragment>;
    }}</Loaded>
  </Page>;
}

function UnderWay() {
  const p = progressOfPlan();
  const notes = [...store.live.entries()].flatMap(([step, s]) => s.notes.slice(-3).map(n => ({ step, n })));
  return <Card title={w("left")}>
    {p && <p role="status">{p.now}</p>}
    <details><summary>{w("samples")}</summary>{notes.length === 0 ? <p class="quiet">{w("noNotes")}</p> : <ul>{notes.map(({ step, n }) => <li><b>{step}</b> <span class="passage">{n}</span></li>)}</ul>}</details>
  </Card>;
}

function Charts({ of, live }: { of: Training[]; live: boolean }) {
  const has = (name: string) => of.some(c => c.series.includes(name) || c.series.includes(watched[name]?.[0] ?? name));
  const called = (c: Training) => of.filter(o => o.step === c.step).length > 1 ? `${c.step} ${c.id.split("/")[1].slice(0, 6)}` : c.step;
  const wanted = (name: string, suffix = "") => of.filter(c => c.series.includes(name)).map(c => ({ id: c.id, series: name, name: (of.length > 1 || !suffix ? called(c) + (suffix ? " " : "") : "") + suffix }));
  const withWatched = (name: string) => { const [series, word] = watched[name] ?? []; return series && word ? wanted(series, w(word)) : []; };
  const rest = [...new Set(of.flatMap(c => c.series))].filter(s => !(known as readonly string[]).includes(s) && !["watch_loss", "watch_reward", "flops"].includes(s));
  const title: Record<string, string> = { loss: w("loss"), norm: w("norm"), tokens_per_s: w("tokens_per_s"), share_of_peak: w("share_of_peak"), memory: w("memory"), rate: w("rate"), reward: w("reward") };
  const unit: Record<string, string> = { tokens_per_s: w("tokens"), memory: "MiB", share_of_peak: "%" };
  const every = live ? 5000 : 0;
  return <Fragment>
    <p class="quiet">{w("drag")}</p>
    <div class="charts">{known.filter(has).map(name => <div class="card" key={name}><Curve title={title[name]} unit={unit[name]} every={every}
      scale={name === "memory" ? 1 / (1 << 20) : name === "share_of_peak" ? 100 : 1}
      shares={name === "reward"} of={[...wanted(name), ...withWatched(name)]} /></div>)}</div>
    {rest.length > 0 && <details class="card"><summary>{w("others")} ({rest.length})</summary><div class="charts">{rest.slice(0, 40).map(name =>
      <Curve key={name} title={maybe("series", name)} of={wanted(name)} every={every} />)}</div></details>}
  </Fragment>;
}

function Doctor({ of }: { of: Training }) {
  const found = useGet<{ code: string; what: string; next: string }[]>("/api/curves/findings?id=" + encodeURIComponent(of.id));
  const c = of.counts ?? {}, v = of.values;
  const fact = (name: "params" | "epochs" | "batch" | "layers" | "width"): [string, string] => [w(name), c[name] === undefined ? "" : count(c[name])];
  return <Card title={of.step}>
    <FactList rows={[fact("params"), fact("layers"), fact("width"), fact("batch"), fact("epochs"), [w("flops"), v.flops ? flops(v.flops) : ""],
      [w("share_of_peak"), v.share_of_peak ? percent(v.share_of_peak) : ""], [w("memory"), v.memory ? bytes(v.memory) : ""], [w("tokens_per_s"), v.tokens_per_s ? `${count(Math.round(v.tokens_per_s))} ${w("tokens")}` : ""]]} />
    <h3>{w("doctor")}</h3>
    <Loaded of={found}>{list => list.length === 0 ? <p class="good">{w("healthy", of.step)}</p> : <ul>{list.map(f => <li key={f.code}><b>{f.what}</b>{f.next && <Fragment><br />→ {f.next}</Fragment>}</li>)}</ul>}</Loaded>
    <Command line={`suiren doctor ${of.step}`} />
  </Card>;
}

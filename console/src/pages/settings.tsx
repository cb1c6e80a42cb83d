// Settings: what the process was started with, each with its origin.
import { Card, Fragment, h, Loaded, Page, say, t, Tag, useGet } from "../kit";
import { words } from "./settings.words";

const w = say(words);

interface Setting { name: string; value: string; origin: "flag" | "environment" | "default" | "file"; from: string; what: string }

export default function Settings() {
  const got = useGet<{ settings: Setting[]; places: Setting[] }>("/api/settings");
  return <Page title={t("settings")} lead={w("lead")}>
    <Loaded of={got}>{({ settings, places }) => <Fragment>
      <Card title={w("places")}><dl class="facts-list tall">{places.map(p => <div key={p.name}><dt>{w(`place_${p.name}` as "place_home")}</dt><dd><code>{p.value}</code></dd></div>)}</dl></Card>
      <Card title={w("list")} side={<Tag>{w("readOnly")}</Tag>}><div class="scroll" tabIndex={0} role="region" aria-label={w("list")}><table class="left"><thead><tr>
        <th scope="col">{w("name")}</th><th scope="col">{w("value")}</th><th scope="col">{w("origin")}</th><th scope="col">{w("what")}</th></tr></thead>
        <tbody>{settings.map(s => <tr key={s.name}><th scope="row"><code>{s.name}</code></th><td>{s.value && s.value !== "[]" ? <code>{s.value}</code> : <span class="quiet">{w("empty")}</span>}</td>
          <td><Tag kind={s.origin === "default" ? "" : "running"}>{w(`origin_${s.origin}`, s.from)}</Tag></td><td class="wrap">{s.what}</td></tr>)}</tbody></table></div></Card>
      <Card title={w("language")}><p class="quiet">{w("languageHelp")}</p></Card>
    </Fragment>}</Loaded>
  </Page>;
}

// The page: its frame, and what keeps it in step with the server.
import { act, type ComponentChildren, Failure, Flame, followLive, Fragment, get, h, keep, type Lang, loadPlan, onDraw, redraw, render, type ServerState, showRun, store, t, type Theme, useState } from "./kit";

// The pages, in groups, and where each is loaded from when it is first opened.
const groups = [
  ["use", ["home", "chat", "knowledge"]],
  ["make", ["plan", "data", "training", "evaluation", "models"]],
  ["house", ["compute", "settings"]],
] as const;
type Name = typeof groups[number][1][number];

const loaders: Record<Name, () => Promise<{ default: () => ComponentChildren }>> = {
  home: () => import("./pages/home"), chat: () => import("./pages/chat"), knowledge: () => import("./pages/knowledge"),
  plan: () => import("./pages/plan"), data: () => import("./pages/data"), training: () => import("./pages/training"),
  evaluation: () => import("./pages/evaluation"), models: () => import("./pages/models"),
  compute: () => import("./pages/compute"), settings: () => import("./pages/settings"),
};
const loaded = new Map<string, () => ComponentChildren>();
const failed = new Set<string>();

function App() {
  return <Fragment>
    <a class="skip" href="#main" onClick={skip}>{t("skip")}</a>
    <header>
      <span class="brand"><Flame />Suiren <small lang="zh-CN">燧人{/* the language's own name */}</small></span>
      <div class="switches">
        <select aria-label={t("language")} value={store.lang} onChange={setLang}>
          <option value="en">English</option>
          <option value="zh-CN">简体中文{/* the language's own name */}</option>
        </select>
        <select aria-label={t("theme")} value={store.theme} onChange={setTheme}>
          {(["auto", "light", "dark"] as const).map(v => <option value={v}>{t(`theme_${v}`)}</option>)}
        </select>
      </div>
    </header>
    <div class="frame">
      {!store.signIn && <Navigation />}
      <main id="main" tabIndex={-1}>{store.signIn ? <SignIn /> : <Opened />}</main>
    </div>
  </Fragment>;
}

function Navigation() {
  const [open, setOpen] = useState(false);
  return <nav aria-label={t("menu")} class={open ? "open" : ""}>
    <button type="button" class="menu" aria-expanded={open} onClick={() => setOpen(!open)}>{t("menu")} · {t(store.page as Name)}</button>
    <div class="groups">{groups.map(([group, pages]) => <div key={group} role="group" aria-label={t(`group_${group}`)}>
      <span class="group" aria-hidden="true">{t(`group_${group}`)}</span>
      {pages.map(p => <a key={p} href={"#" + p} aria-current={store.page === p ? "page" : undefined} onClick={() => setOpen(false)}>{t(p)}</a>)}
    </div>)}</div>
  </nav>;
}

function Opened() {
  const View = loaded.get(store.page);
  if (View) return <View key={store.page} />;
  if (failed.has(store.page)) return <div class="failure" role="alert"><p>{t("pageFailed")}</p><button onClick={() => { failed.clear(); load(store.page as Name); }}>{t("retry")}</button></div>;
  return <p class="middle quiet">{store.failure?.message ?? t("loading")}</p>;
}

async function load(page: Name) {
  if (loaded.has(page)) return;
  try {
    loaded.set(page, (await loaders[page]()).default);
  } catch {
    failed.add(page);
  }
  redraw();
}

function skip(e: Event) {
  e.preventDefault();
  document.getElementById("main")!.focus();
}

function SignIn() {
  return <form class="card sign" onSubmit={signIn}>
    <h1>{t("signInTitle")}</h1>
    <p>{t("signInHelp")}</p>
    <label for="key">{t("key")}</label>
    <input id="key" name="key" type="password" autocomplete="current-password" required />
    <button class="main">{t("signIn")}</button>
    {store.failure && <p class="failure" role="alert">{store.failure.message}</p>}
  </form>;
}

async function signIn(e: SubmitEvent) {
  e.preventDefault();
  const key = new FormData(e.target as HTMLFormElement).get("key");
  try {
    await act("POST", "/api/session", { key });
    store.signIn = false;
    store.failure = null;
    start();
  } catch (err) {
    store.failure = err as Failure;
  }
  redraw();
}

function setLang(e: Event) {
  store.lang = (e.target as HTMLSelectElement).value as Lang;
  keep("lang", store.lang);
  dress();
  redraw();
  if (store.signIn || !following) return;
  loadPlan(); // the server's own words change too
  if (store.run !== "latest") showRun(store.run);
  followLive(refresh);
}

function setTheme(e: Event) {
  store.theme = (e.target as HTMLSelectElement).value as Theme;
  keep("theme", store.theme);
  dress();
  redraw();
}

function dress() {
  document.documentElement.lang = store.lang;
  document.documentElement.dataset.theme = store.theme;
}

function turnTo() {
  const [page, ...rest] = location.hash.slice(1).split("/");
  const moved = store.page !== page;
  store.page = Object.hasOwn(loaders, page) ? page : "home";
  store.rest = decodeURIComponent(rest.join("/"));
  load(store.page as Name);
  redraw();
  if (moved) scrollTo(0, 0);
}

// start asks for what the page shows, and again until the server answers.
async function start() {
  await refresh();
  if (store.signIn) return;
  if (!store.server) {
    setTimeout(start, 3000);
  } else if (!following) {
    following = true;
    loadPlan();
    followLive(refresh);
  }
}

async function refresh() {
  try {
    store.server = await get<ServerState>("/api/state");
    store.failure = null;
  } catch (err) {
    store.failure = err as Failure;
    store.signIn = store.failure.status === 401;
    if (store.signIn) store.failure = null; // not asked yet
  }
  redraw();
}

let following = false;

onDraw(() => {
  document.title = store.server?.release ? `${t(store.page as Name)} · ${store.server.release.name} · Suiren` : `${t(store.page as Name)} · Suiren`;
  render(<App />, document.getElementById("page")!);
});
addEventListener("hashchange", turnTo);
dress();
turnTo();
start();

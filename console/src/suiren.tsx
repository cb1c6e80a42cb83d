// The page: its frame, and what keeps it in step with the server.
import { h, render, Fragment } from "preact";
import { ask, Failure, get, type ServerState } from "./api";
import { Chat } from "./chat";
import { followRun, loadPlan, Plan } from "./plan";
import { keep, type Lang, onDraw, redraw, store, type Theme } from "./state";
import { t } from "./words";

function App() {
  return <Fragment>
    <a class="skip" href="#main" onClick={skip}>{t("skip")}</a>
    <header>
      <span class="brand"><img src="/suiren.svg" alt="" width="24" height="24" />Suiren <small lang="zh-CN">燧人{/* the language's own name */}</small></span>
      <nav>
        {(["chat", "plan"] as const).map(p =>
          <a href={"#" + p} aria-current={store.page === p ? "page" : undefined}>{t(p)}</a>)}
      </nav>
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
    <main id="main" tabIndex={-1}>{store.signIn ? <SignIn /> : store.page === "plan" ? <Plan /> : <Chat />}</main>
  </Fragment>;
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
    await ask("POST", "/api/session", { key });
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
  if (store.signIn) return;
  loadPlan(); // the server's own words change too
  followRun();
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
  store.page = location.hash === "#plan" ? "plan" : "chat";
  redraw();
}

// start asks for what the page shows, and again until there is a model.
async function start() {
  try {
    store.server = await get<ServerState>("/api/state");
    store.failure = null;
  } catch (err) {
    store.failure = err as Failure;
    store.signIn = store.failure.status === 401;
    if (store.signIn) {
      store.failure = null; // not asked yet
      redraw();
      return;
    }
  }
  redraw();
  if (!following) {
    following = true;
    loadPlan();
    followRun();
  }
  if (!store.server?.release) setTimeout(start, 3000);
}

let following = false;

onDraw(() => {
  document.title = store.server?.release ? `${store.server.release.name} · Suiren` : "Suiren";
  render(<App />, document.getElementById("page")!);
});
addEventListener("hashchange", turnTo);
dress();
turnTo();
start();

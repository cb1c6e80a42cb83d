// Signing in: by a key, a name and a password, a passkey, the owner's sign-in
// server, or a link that works once.
import { act, Failure, Field, Fragment, get, h, say, signedIn, store, useAct, useEffect, useState } from "../kit";
import { fromPasskey } from "./webauthn";
import { words } from "./sign.words";

const w = say(words);

interface Ways { key: boolean; password: boolean; passkey: boolean; oidc: string }

export default function Sign() {
  return store.joining ? <Join /> : <Ways />;
}

function Join() {
  const [password, setPassword] = useState(""), join = useAct();
  return <form class="card sign" onSubmit={e => { e.preventDefault(); join.run(async () => {
    await act("POST", "/api/session/join", { token: store.joining, password });
    location.hash = "#home";
    signedIn();
  }); }}>
    <h1>{w("joinTitle")}</h1>
    <p>{w("joinHelp")}</p>
    <label for="password">{w("password")}</label>
    <input id="password" type="password" autocomplete="new-password" minLength={12} required value={password} onInput={e => setPassword((e.target as HTMLInputElement).value)} />
    <button class="main" disabled={join.busy}>{w("joinGo")}</button>
    {join.failure && <p class="failure" role="alert">{join.failure.message}</p>}
  </form>;
}

function Ways() {
  const [key, setKey] = useState(""), [name, setName] = useState(""), [password, setPassword] = useState(""), [ways, setWays] = useState<Ways | null>(null);
  const byKey = useAct(), byName = useAct(), byPasskey = useAct(), wait = useWait(byName.failure);
  useEffect(() => { get<Ways>("/api/session/ways").then(setWays, () => {}); }, []);
  const text = (set: (v: string) => void) => (e: Event) => set((e.target as HTMLInputElement).value);
  const send = (run: typeof byKey, body: unknown) => run.run(async () => { await act("POST", "/api/session", body); signedIn(); });
  const outside = store.outside && (Object.hasOwn(words, "failed_" + store.outside) ? w(`failed_${store.outside}` as "failed_no_grant") : w("failed_"));
  return <div class="sign">
    {store.erased && <p class="once" role="status">{w("erased")}</p>}
    {outside && <p class="failure" role="alert">{outside}</p>}
    <form class="card" onSubmit={e => { e.preventDefault(); send(byKey, { key }); }}>
      <h1>{w("title")}</h1>
      <p>{w("help")}</p>
      <label for="key">{w("key")}</label>
      <input id="key" type="password" autocomplete="off" required value={key} onInput={text(setKey)} />
      <button class="main" disabled={byKey.busy}>{w("signIn")}</button>
      {byKey.failure && <p class="failure" role="alert">{byKey.failure.message}</p>}
    </form>
    {ways && <section class="card" aria-labelledby="as">
      <h2 id="as">{w("as")}</h2>
      <form class="by-name" onSubmit={e => { e.preventDefault(); send(byName, { name, password }); }}>
        <Field label={w("name")}>{id => <input id={id} class="sign-name" autocomplete="username" required value={name} onInput={text(setName)} />}</Field>
        <Field label={w("password")} hint={w("slow")}>{id => <input id={id} class="sign-password" type="password" autocomplete="current-password" required value={password} onInput={text(setPassword)} />}</Field>
        <button disabled={byName.busy || wait > 0}>{wait > 0 ? w("wait", wait) : w("signIn")}</button>
        {byName.failure && <p class="failure" role="alert">{byName.failure.message}</p>}
      </form>
      {ways.passkey ? <Fragment><button class="passkey" disabled={byPasskey.busy} onClick={() => byPasskey.run(async () => { await enter(); signedIn(); })}>{w("passkey")}</button>
        {byPasskey.failure && <p class="failure" role="alert">{byPasskey.failure.message}</p>}</Fragment> : <p class="quiet">{w("noPasskey")}</p>}
      {ways.oidc && <a class="button oidc" href="/api/session/oidc">{ways.oidc}</a>}
    </section>}
  </div>;
}

// enter signs in with a passkey that the browser finds by itself.
async function enter() {
  const begun = await act<{ id: string; publicKey: unknown }>("POST", "/api/session/passkey/begin");
  const credential = await fromPasskey(begun.publicKey).catch(() => { throw new Failure(0, "cancelled", w("cancelled")); });
  await act("POST", "/api/session/passkey/finish", { id: begun.id, credential });
}

// useWait counts down the seconds that the server lets somebody wait.
function useWait(of: Failure | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => { setLeft(of?.after ?? 0); }, [of]);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return left;
}

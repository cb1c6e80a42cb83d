// The list of conversations beside the chat, and what is to be told of keeping them.
import { day, Field, Fragment, h, mayDo, redraw, say, store, t, useEffect, useState } from "../kit";
import { busy, deleted, fresh, state, talk } from "./conversation";
import { words } from "./conversations.words";
import { type Head, next, remove, rename, search, shelf } from "../pages/kept";
import { wordsOf } from "./talk";

const w = say(words);

export function Conversations() {
  const [unfolded, unfold] = useState(false), [text, setText] = useState(""), [found, setFound] = useState<string[] | null>(null), [sure, ask] = useState(false);
  useEffect(() => { // at rest
    if (!text.trim()) return setFound(null);
    let over = false;
    const timer = setTimeout(() => search(text.trim(), wordsOf).then(ids => { if (!over) setFound(ids); }), 200);
    return () => { over = true; clearTimeout(timer); };
  }, [text, shelf.heads]);
  const heads = shelf.heads.filter(head => !found || found.includes(head.id)), close = () => unfold(false);
  return <aside class={unfolded ? "conversations open" : "conversations"} aria-label={w("title")}>
    <div class="row"><button type="button" class="fold" aria-expanded={unfolded} onClick={() => unfold(!unfolded)}>{w("title")}{shelf.heads.length > 0 && ` · ${shelf.heads.length}`}</button>
      <a class="button" href="#chat/new" onClick={() => { close(); fresh(); }}>＋ {w("fresh")}</a></div>
    <div class="shelf">
      {shelf.heads.length > 0 && <Fragment>
        <label class="hidden" for="search">{w("search")}</label>
        <input id="search" type="search" placeholder={w("search")} value={text} maxLength={200} onInput={e => setText((e.target as HTMLInputElement).value)} />
        <p class="hidden" role="status">{found ? w("found", heads.length) : ""}</p>
        {found && heads.length === 0 && <p class="quiet">{w("foundNone")}</p>}
        <ul class="plainlist">{heads.map(head => <Item key={head.id} head={head} opened={close} />)}</ul>
      </Fragment>}
      <p class="quiet">{shelf.trouble ? w(`trouble_${shelf.trouble}`) : w(store.who?.keys ? "kept" : "keptAll")}</p>
      {shelf.strange > 0 && <p class="quiet">{w("strange", shelf.strange)}</p>}
      {next() && <p class="bad">{w("next", next()!.title)}</p>}
      {shelf.heads.length > 1 && (sure ? <div class="row" role="group" aria-label={w("all")}><span class="bad">{w("sureAll", shelf.heads.length)}</span>
        <button type="button" onClick={() => { const ids = shelf.heads.map(head => head.id); ask(false); remove(ids); deleted(ids); }}>{w("yes")}</button><button type="button" onClick={() => ask(false)}>{w("no")}</button></div>
        : <button type="button" class="bare" onClick={() => ask(true)}>{w("all")}</button>)}
    </div>
  </aside>;
}

function Item({ head, opened }: { head: Head; opened: () => void }) {
  const [doing, set] = useState<"" | "rename" | "delete">(""), [title, setTitle] = useState(""), here = head.id === talk.id;
  if (doing === "rename") return <li><form onSubmit={e => { e.preventDefault(); set(""); if (title.trim()) rename(head.id, title.trim()); }} onKeyDown={e => { if (e.key === "Escape") set(""); }}>
    <Field label={w("name")}>{id => <input id={id} ref={(e: HTMLInputElement | null) => { if (e && document.activeElement !== e && !e.dataset.met) { e.dataset.met = "1"; e.select(); } }} value={title} maxLength={200} onInput={e => setTitle((e.target as HTMLInputElement).value)} />}</Field>
    <div class="row"><button class="main">{w("save")}</button><button type="button" onClick={() => set("")}>{w("no")}</button></div></form></li>;
  return <li class={here ? "here" : ""}>
    <a href={"#chat/" + head.id} aria-current={here ? "page" : undefined} title={day(head.changed / 1000)} onClick={opened}>{head.title || w("untitled")}{busy(head.id) && <span class="quiet pulse"> · {w("coming")}</span>}</a>
    {doing === "delete" ? <div class="row" role="group" aria-label={w("delete")}><span class="bad">{w("sure")}</span>
      <button type="button" onClick={() => { remove([head.id]); deleted([head.id]); }}>{w("yes")}</button><button type="button" onClick={() => set("")}>{w("no")}</button></div>
      : <span class="tools"><button type="button" class="bare" aria-label={w("renameOf", head.title)} onClick={() => { setTitle(head.title); set("rename"); }}>{w("rename")}</button>
        <button type="button" class="bare" aria-label={w("deleteOf", head.title)} onClick={() => set("delete")}>{w("delete")}</button></span>}
  </li>;
}

// Trouble tells what became of the conversation that shows.
export function Trouble() {
  return <div role="status" class="told">{state.told && <p class="once">{w(`told_${state.told}`)} {state.told === "file" && mayDo("search") && <a href="#knowledge">{t("knowledge")}</a>}</p>}
    {shelf.dropped && <p class="once">{w("dropped", shelf.dropped)} <button type="button" class="bare" onClick={() => { shelf.dropped = ""; redraw(); }}>{w("close")}</button></p>}</div>;
}

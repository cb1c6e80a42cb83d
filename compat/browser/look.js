// What the checks ask of the page. It runs in the page, before the page's own
// script, and changes nothing but the pace at which answers reach it.
window.look = (() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  // rgba reads any CSS colour as [red, green, blue, alpha], each 0 to 1.
  function rgba(colour) {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].map(v => v / 255);
  }

  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);

  // luminance and ratio are WCAG 2.2's.
  function luminance([r, g, b]) {
    const f = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  }
  function ratio(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  }

  // ground is the colour behind an element; a label in the graph lies on its box.
  function ground(e) {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const box = at instanceof SVGGElement && at.querySelector(":scope > .box");
      const c = rgba(box ? getComputedStyle(box).fill : getComputedStyle(at).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reduceRight((under, c) => over(c, under), [1, 1, 1, 1]);
  }

  function opacity(e) {
    let o = 1;
    for (; e; e = e.parentElement) o *= +getComputedStyle(e).opacity;
    return o;
  }

  const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest(".hidden, .skip:not(:focus)");

  // faint lists the texts whose contrast is under WCAG's AA: 4.5, or 3 for large letters.
  function faint() {
    const out = [];
    let texts = 0;
    const judge = (e, text, style, colour) => {
      const under = ground(e), c = rgba(colour);
      c[3] *= opacity(e);
      const r = ratio(over(c, under), under), size = parseFloat(style.fontSize);
      const need = size >= 24 || size >= 18.66 && +style.fontWeight >= 700 ? 3 : 4.5;
      texts++;
      if (r < need) out.push(`${JSON.stringify(text.trim().slice(0, 40))} in <${e.tagName.toLowerCase()} class="${e.getAttribute("class") ?? ""}"> has ${r.toFixed(2)}, needs ${need}`);
    };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let n; (n = walk.nextNode());) {
      const e = n.parentElement;
      if (!n.data.trim() || e.closest("script, noscript, option") || !seen(e)) continue;
      const style = getComputedStyle(e);
      judge(e, n.data, style, e instanceof SVGElement ? style.fill : style.color);
    }
    for (const e of document.querySelectorAll("select, input, textarea")) {
      if (!seen(e)) continue;
      judge(e, e.value || "value", getComputedStyle(e), getComputedStyle(e).color);
      if (e.placeholder) judge(e, e.placeholder, getComputedStyle(e), getComputedStyle(e, "::placeholder").color);
    }
    return { texts, faint: out };
  }

  // outside lists what sticks out of the window's width and cannot be scrolled to inside a frame of its own.
  function outside() {
    const page = document.scrollingElement, out = [];
    if (page.scrollWidth > page.clientWidth) out.push(`the page is ${page.scrollWidth} wide in a window of ${page.clientWidth}`);
    for (const e of document.body.querySelectorAll("*")) {
      if (!seen(e)) continue;
      const box = e.getBoundingClientRect();
      if (box.right <= page.clientWidth + 0.5 && box.left >= -0.5 || !box.width) continue;
      let framed = false;
      for (let at = e.parentElement; at && at !== document.body; at = at.parentElement) framed ||= getComputedStyle(at).overflowX !== "visible";
      if (!framed) out.push(`<${e.tagName.toLowerCase()} class="${e.getAttribute("class") ?? ""}"> reaches from ${box.left} to ${box.right}`);
    }
    return out;
  }

  const name = e => (e.getAttribute("aria-label") || e.id || e.textContent || e.tagName).trim().slice(0, 60);

  // controls are the names of all that a keyboard must reach, in the order of the page.
  function controls() {
    return [...document.querySelectorAll("a[href], button:not(:disabled), select, input, textarea, summary, [tabindex='0']")]
      .filter(e => e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true })).map(name);
  }

  // at1 is the middle of an element; null while it cannot be clicked.
  function at1(e) {
    if (!e || e.disabled || !e.checkVisibility({ visibilityProperty: true })) return null;
    e.scrollIntoView({ block: "center" }); // not under what sticks
    const box = e.getClientRects()[0], x = box && box.x + box.width / 2, y = box && box.y + box.height / 2;
    return box && e.contains(document.elementFromPoint(x, y)) ? { e, x, y } : null;
  }

  // spot is where a reader would click who looks for a button, link or fold of
  // these words, or for the field of this label; null while there is none to click.
  function spot(words) {
    const within = document.querySelector("dialog[open]") ?? document;
    const said = e => (e.getAttribute("aria-label") ?? e.innerText).replace(/\s+/g, " ").trim() === words;
    const shown = e => e && !e.disabled && e.checkVisibility({ visibilityProperty: true });
    const e = [...within.querySelectorAll("main button, main a[href], main summary, dialog button, nav a[href]")].find(e => shown(e) && said(e))
      ?? [...within.querySelectorAll("label")].filter(said).map(l => l.control).find(shown);
    return at1(e);
  }

  // aim finds where a reader would click: on what has words, or is the first of a selector. Until the click
  // has landed there, one that lands on something else is kept from it: what was aimed at had moved.
  let aimed = null;
  function aim(words, selector) {
    aimed = null;
    const at = selector ? at1(document.querySelector(selector)) : spot(words);
    aimed = at && at.e;
    return at && { x: at.x, y: at.y };
  }
  for (const kind of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) addEventListener(kind, e => {
    if (!aimed || !e.isTrusted) return;
    if (!aimed.contains(e.target)) {
      e.stopImmediatePropagation();
      e.preventDefault();
    } else if (kind === "click") aimed = null;
  }, true);
  const landed = () => aimed === null;

  // turn turns to an address; turned reports whether the page has drawn it. The page hears of it first and
  // draws 16 ms later: a timer of more that is set after the page's own ends after it.
  let there = true;
  function turn(hash) {
    there = location.hash === hash;
    if (!there) addEventListener("hashchange", () => setTimeout(() => there = true, 20), { once: true });
    location.hash = hash;
    return true;
  }

  // focused is the name of what has the keyboard, and whether that can be seen.
  function focused() {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const ring = s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1;
    const box = e.querySelector(":scope > .box"); // of the graph: its border grows
    return { name: name(e), visible: box ? parseFloat(getComputedStyle(box).strokeWidth) >= 3 : ring(getComputedStyle(e)) || !!e.closest(".field") && ring(getComputedStyle(e.closest(".field"))) };
  }

  // history is every state that the page showed, as far as the checks care.
  const history = [];
  function note() {
    const turn = [...document.querySelectorAll(".turn")].at(-1);
    const now = {
      making: !!document.querySelector(".card progress"),
      ready: !!document.getElementById("question"),
      thought: turn?.querySelector(".thoughts")?.textContent.length ?? 0,
      open: !!turn?.querySelector(".thought")?.open,
      answer: turn?.querySelector(".answer")?.textContent.length ?? 0,
      ended: !!turn?.querySelector("footer"),
      wait: document.querySelector(".by-name button:disabled")?.textContent ?? "",
      nodes: Object.fromEntries([...document.querySelectorAll(".node")].map(n =>
        [[...n.querySelectorAll(".kind, .name")].map(t => t.textContent).join("."), n.getAttribute("class").split(" ")[1]])),
      points: Object.fromEntries([...document.querySelectorAll("figure:has(path.line)")].map(f =>
        [f.querySelector("figcaption").textContent, f.querySelector("path.line").getAttribute("d").split(/[ML]/).length - 1])),
    };
    if (JSON.stringify(now) !== JSON.stringify(history.at(-1))) history.push(now);
  }
  document.addEventListener("DOMContentLoaded", () => {
    note();
    new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });

  // While look.pause is set, the events of a stream come one by one with so many
  // milliseconds between them: from a small model on this machine they may come
  // all at once, and the checks could not see a thought unfold.
  // While look.lag is set, every answer comes late, by any part of it; and what is asked with look.late in
  // its body is not answered before that is unset. look.held counts those that wait.
  const real = fetch, rest = ms => new Promise(wake => setTimeout(wake, ms));
  window.fetch = async (...asked) => {
    const late = !!look.late && String(asked[1]?.body).includes(look.late), r = await real(...asked);
    for (look.held += late; late && look.late;) await rest(20);
    look.held -= late;
    if (look.lag) await rest(Math.random() * look.lag);
    asked[1]?.signal?.throwIfAborted();
    if (!look.pause || !r.body || !r.headers.get("Content-Type").startsWith("text/event-stream")) return r;
    const reader = r.body.getReader();
    let held = new Uint8Array();
    const slow = new ReadableStream({
      async pull(to) {
        for (let waited = 0; waited < look.pause; waited += 20) { // it may end, or be made longer, meanwhile
          await rest(20);
          asked[1]?.signal?.throwIfAborted();
        }
        if (!held.length) {
          const { done, value } = await reader.read();
          if (done) return to.close();
          held = value;
        }
        const end = held.findIndex((b, i) => i > 0 && b === 10 && held[i - 1] === 10) + 1 || held.length;
        to.enqueue(held.slice(0, end));
        held = held.slice(end);
      },
      cancel: why => reader.cancel(why),
    }, { highWaterMark: 0 });
    return new Response(slow, { headers: r.headers });
  };

  const dark = () => luminance(ground(document.body)) < 0.2;

  // axe lists what axe-core finds; the test reads it into the page.
  const axe = () => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] })
    .then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 160)).slice(0, 3).join(" | ")}`), err => [`axe: ${err}`]);

  return { pause: 0, lag: 0, late: "", held: 0, found: null, axe, dark, faint, outside, controls, aim, landed, turn, turned: () => there, focused, history };
})();

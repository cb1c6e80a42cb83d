// src/pages/prose.tsx
import { h, Fragment } from "./kit.js";
import { CopyCode } from "./copy.js";
function Prose({ text, plain = (s) => s }) {
  const out = [];
  let at = 0;
  text.split(/^```/m).forEach((part, i) => {
    const from = at;
    at += part.length + 3;
    if (i % 2 === 1) {
      const end = part.indexOf("\n"), code = end < 0 ? "" : part.slice(end + 1);
      out.push(/* @__PURE__ */ h("div", { key: i }, /* @__PURE__ */ h("pre", { tabIndex: 0 }, /* @__PURE__ */ h("code", null, code)), /* @__PURE__ */ h(CopyCode, { text: code })));
    } else if (part.trim()) {
      let begin = from;
      out.push(/* @__PURE__ */ h("span", { key: i }, part.split("\n").map((line, j, all) => {
        const head = /^(#{1,6} )(.*)$/.exec(line), here = begin;
        begin += line.length + 1;
        return /* @__PURE__ */ h(Fragment, { key: j }, head ? /* @__PURE__ */ h("b", null, plain(head[2], here + head[1].length)) : inline(line, here, plain), j < all.length - 1 && "\n");
      })));
    }
  });
  return /* @__PURE__ */ h(Fragment, null, out);
}
function inline(line, from, plain) {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((s, i) => {
    const here = from;
    from += s.length;
    return i % 2 === 0 ? /* @__PURE__ */ h(Fragment, { key: i }, plain(s, here)) : s[0] === "`" ? /* @__PURE__ */ h("code", { key: i }, s.slice(1, -1)) : /* @__PURE__ */ h("b", { key: i }, plain(s.slice(2, -2), here + 2));
  });
}
export {
  Prose
};

// src/pages/copy.tsx
import { Fragment, h, say, useState } from "./kit.js";

// src/pages/copy.words.ts
var words = {
  copied: ["Copied.", "已复制。"],
  copyFailed: ["The browser does not allow it: mark the text and copy it by hand.", "浏览器不允许：请选中文字手动复制。"],
  copyCode: ["Copy the code", "复制代码"]
};

// src/pages/copy.tsx
var w = say(words);
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea"), before = document.activeElement;
    area.value = text;
    area.className = "hidden";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}
var CopyCode = ({ text }) => /* @__PURE__ */ h("div", { class: "row copy-code" }, /* @__PURE__ */ h(Copy, { text, label: w("copyCode") }));
function Copy({ text, label }) {
  const [said, set] = useState("");
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { type: "button", class: "bare copy", onClick: async () => {
    set("");
    set(await copy(text) ? w("copied") : w("copyFailed"));
  }, onBlur: () => set("") }, label), /* @__PURE__ */ h("span", { class: "quiet", role: "status" }, said));
}
export {
  Copy,
  CopyCode,
  copy
};

// src/pages/models.tsx
import { act, bytes, Card, Command, count, day, Empty, Fail, FactList, Field, Fragment, h, Loaded, mayDo, Meter, Page, params, say, short, store, Tag, TaskList, t, useAct, useEffect, useGet, useState } from "./kit.js";

// src/pages/models.words.ts
var words = {
  lead: ["Models that you brought. Nothing is downloaded: files stay where they are, and each shows whether it fits before it is loaded.", "您带来的模型。不下载任何东西，文件留在原处，载入前先显示能否放下。"],
  add: ["Bring a model", "添加模型"],
  path: ["Path on this machine", "本机路径"],
  pathHint: ["A .gguf file, or a folder with config.json and safetensors. It is read once, for its SHA-256.", ".gguf 文件，或含 config.json 与 safetensors 的目录。会通读一次以计算 SHA-256。"],
  name: ["Name (optional)", "名称（可不填）"],
  addGo: ["Add", "添加"],
  none: ["No model has a name yet", "还没有模型"],
  noneHelp: ["Give the path of a file that you copied to this machine. A model of half a billion parameters in Q4 takes about 400 MB.", "请填写已复制到本机的文件路径。五亿参数的 Q4 模型约占 400 MB。"],
  fits: ["fits", "放得下"],
  fitsNot: ["does not fit", "放不下"],
  served: ["answers now", "正在服务"],
  changed: ["its files changed since it was added", "添加后文件有改动"],
  parameters: ["Parameters", "参数"],
  size: ["Weights", "权重"],
  format: ["Format", "格式"],
  added: ["Added", "添加时间"],
  digest: ["SHA-256", "SHA-256"],
  from: ["Path", "路径"],
  fit: ["How it would fit", "能否放下"],
  context: ["Context: {0} tokens", "上下文：{0} 个词元"],
  contextHint: ["The tokens of prompt and answer together. More context takes more memory for keys and values.", "提示与回答合计的词元数。上下文越长，键值缓存占用的内存越多。"],
  kv: ["Keys and values", "键值缓存"],
  kvHint: ["int8 takes half the memory of f16, at a little exactness.", "int8 只占 f16 的一半内存，精度略低。"],
  needs: ["{0} of {1} free", "需要 {0}，可用 {1}"],
  weights: ["weights and program", "权重与程序"],
  pages: ["keys and values", "键值缓存"],
  holds: ["Holds {0} conversations of {1} tokens at once.", "可同时容纳 {0} 段各 {1} 词元的对话。"],
  basis: ["Planned from the file's own header; nothing was loaded.", "依据文件头规划，未载入任何权重。"],
  adapter: ["With an adapter (LoRA)", "附带适配器（LoRA）"],
  adapterName: ["Name, by which a question asks for it", "名称（提问时以此选用）"],
  adapterPath: ["Folder on this machine", "本机目录"],
  adapterHint: [`With adapter_config.json and adapter_model.safetensors. A plan's weights block with train = "lora" makes one.`, '含 adapter_config.json 与 adapter_model.safetensors。计划中 train = "lora" 的 weights 块可制作。'],
  adapters: ["Adapters:", "适配器："],
  adaptersHelp: ["Chosen in the chat's parameters.", "在对话的参数中选用。"],
  load: ["Load and talk", "载入并对话"],
  unload: ["Unload", "卸载"],
  unloadHelp: ["Answers under way are finished first.", "会先完成进行中的回答。"],
  open: ["Open the chat", "打开对话"],
  now: ["What answers", "正在服务的模型"],
  free: ["{0} of memory free", "可用内存 {0}"]
};

// src/pages/models.tsx
var w = say(words);
function Models() {
  const list = useGet("/api/library");
  const [chosen, choose] = useState("");
  const tasks = JSON.stringify((store.now?.tasks ?? []).map((task) => [task.id, task.ended]));
  useEffect(list.reload, [tasks, store.server?.releases.length]);
  const model = list.data?.models.find((m) => m.name === chosen) ?? list.data?.models[0];
  return /* @__PURE__ */ h(Page, { title: t("models"), lead: w("lead"), side: list.data && /* @__PURE__ */ h("span", { class: "quiet" }, w("free", bytes(list.data.free))) }, /* @__PURE__ */ h(TaskList, { kinds: ["model", "load"] }), /* @__PURE__ */ h(Loaded, { of: list }, ({ models }) => models.length === 0 ? /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp"))) : /* @__PURE__ */ h("div", { class: "listed" }, /* @__PURE__ */ h("ul", { class: "picks" }, models.map((m) => /* @__PURE__ */ h("li", { key: m.name }, /* @__PURE__ */ h("button", { "aria-pressed": m === model, onClick: () => choose(m.name) }, /* @__PURE__ */ h("b", null, m.name), " ", /* @__PURE__ */ h("span", { class: "quiet" }, m.architecture, " · ", params(m.parameters), " · ", bytes(m.bytes)), /* @__PURE__ */ h("span", { class: "row" }, m.served && /* @__PURE__ */ h(Tag, { kind: "done" }, w("served")), /* @__PURE__ */ h(Tag, { kind: m.fit.fits ? "done" : "failed" }, m.fit.fits ? w("fits") : w("fitsNot"))))))), model && /* @__PURE__ */ h(Fitting, { key: model.name, of: model, reload: list.reload }))), mayDo("set_library") && /* @__PURE__ */ h(Add, null));
}
function Fitting({ of, reload }) {
  const most = of.context || 4096;
  const [context, setContext] = useState(Math.min(most, 4096));
  const [kv, setKV] = useState("f16"), [adapter, setAdapter] = useState({ name: "", path: "" }), own = adapter.name && adapter.path ? { [adapter.name]: adapter.path } : void 0;
  const named = store.server?.releases.find((r) => r.name === of.served)?.about?.adapters ?? [];
  const [asked, ask] = useState(context);
  useEffect(() => {
    const timer = setTimeout(() => ask(context), 150);
    return () => clearTimeout(timer);
  }, [context]);
  const fit = useGet(`/api/library/fit?model=${encodeURIComponent(of.name)}&context=${asked}&kv=${kv}`);
  const load = useAct(), shown = fit.data;
  return /* @__PURE__ */ h(Card, { title: of.name }, /* @__PURE__ */ h(FactList, { rows: [
    [w("format"), `${of.format} · ${of.architecture}`],
    [w("parameters"), count(of.parameters)],
    [w("size"), bytes(of.bytes)],
    [w("added"), day(of.added)],
    [w("digest"), /* @__PURE__ */ h("code", null, short(of.digest))],
    [w("from"), /* @__PURE__ */ h("code", null, of.path)]
  ] }), of.changed && of.changed.length > 0 && /* @__PURE__ */ h("p", { class: "bad" }, w("changed")), /* @__PURE__ */ h("h3", null, w("fit")), /* @__PURE__ */ h(Field, { label: w("context", count(context)), hint: w("contextHint") }, (id) => /* @__PURE__ */ h("input", { id, type: "range", min: 256, max: Math.max(most, 512), step: 256, value: context, onInput: (e) => setContext(+e.target.value) })), /* @__PURE__ */ h(Field, { label: w("kv"), hint: w("kvHint") }, (id) => /* @__PURE__ */ h("select", { id, value: kv, onChange: (e) => setKV(e.target.value) }, ["f16", "f32", "int8"].map((v) => /* @__PURE__ */ h("option", { key: v }, v)))), named.length > 0 && /* @__PURE__ */ h("p", null, w("adapters"), " ", named.map((a) => /* @__PURE__ */ h(Tag, { key: a }, a)), " ", /* @__PURE__ */ h("span", { class: "quiet" }, w("adaptersHelp"))), !of.served && mayDo("set_library") && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("adapter")), /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("adapterName") }, (id) => /* @__PURE__ */ h("input", { id, class: "adapter-name", maxLength: 64, value: adapter.name, onInput: (e) => setAdapter({ ...adapter, name: e.target.value }) })), /* @__PURE__ */ h(Field, { label: w("adapterPath"), hint: w("adapterHint") }, (id) => /* @__PURE__ */ h("input", { id, class: "adapter-path", value: adapter.path, onInput: (e) => setAdapter({ ...adapter, path: e.target.value }) })))), shown && /* @__PURE__ */ h("div", { role: "status" }, /* @__PURE__ */ h(Tag, { kind: shown.fits ? "done" : "failed" }, shown.fits ? w("fits") : w("fitsNot")), shown.bytes > 0 && /* @__PURE__ */ h(Meter, { part: shown.bytes / Math.max(shown.free, 1), label: w("needs", bytes(shown.bytes), bytes(shown.free)) }), shown.pages ? /* @__PURE__ */ h("p", { class: "quiet" }, w("weights"), " ", bytes(shown.bytes - shown.pages), " + ", w("pages"), " ", bytes(shown.pages)) : null, shown.whole ? /* @__PURE__ */ h("p", null, w("holds", Math.floor(shown.whole), count(shown.context ?? 0))) : null, shown.why ? /* @__PURE__ */ h("p", { class: "bad" }, shown.why) : /* @__PURE__ */ h("p", { class: "quiet" }, w("basis"))), of.served ? /* @__PURE__ */ h("div", { class: "row" }, mayDo("chat") && /* @__PURE__ */ h("a", { class: "button main", href: "#chat" }, w("open")), mayDo("set_library") && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { class: "unload", disabled: load.busy, onClick: () => load.run(() => act("POST", "/api/library/unload", { model: of.served })).then(reload) }, w("unload")), /* @__PURE__ */ h("span", { class: "quiet" }, w("unloadHelp")))) : mayDo("set_library") && /* @__PURE__ */ h(
    "button",
    {
      class: "main",
      disabled: load.busy || !shown?.fits,
      onClick: () => load.run(() => act("POST", "/api/library/load", { model: of.name, context, kv, adapters: own }))
    },
    w("load")
  ), load.failure && /* @__PURE__ */ h(Fail, { of: load.failure }), /* @__PURE__ */ h(Command, { line: `suiren serve ${of.name} --context ${context} --kv ${kv}${own ? ` --adapter ${adapter.name}=${adapter.path}` : ""}` }));
}
function Add() {
  const [path, setPath] = useState(""), [name, setName] = useState(""), add = useAct();
  return /* @__PURE__ */ h(Card, { title: w("add") }, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    add.run(() => act("POST", "/api/library", { path, name }));
  } }, /* @__PURE__ */ h(Field, { label: w("path"), hint: w("pathHint") }, (id) => /* @__PURE__ */ h("input", { id, value: path, required: true, onInput: (e) => setPath(e.target.value) })), /* @__PURE__ */ h(Field, { label: w("name") }, (id) => /* @__PURE__ */ h("input", { id, value: name, onInput: (e) => setName(e.target.value) })), /* @__PURE__ */ h("button", { class: "main", disabled: add.busy || !path }, w("addGo"))), add.failure && /* @__PURE__ */ h(Fail, { of: add.failure }), /* @__PURE__ */ h(Command, { line: `suiren models add ${path || "PATH"}${name ? " --name " + name : ""}` }));
}
export {
  Models as default
};

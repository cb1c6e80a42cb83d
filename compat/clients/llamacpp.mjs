// What `suiren models export` wrote, read by node-llama-cpp: node llamacpp.mjs URL NAME=FILE.gguf…
// NAME is what the server calls the model that the file was written from. Equal must be the tokens of a text and, from
// them, what both generate at temperature 0: a receipt's digest is over the tokens themselves.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [base, ...files] = process.argv.slice(2);
const require = createRequire(pathToFileURL(process.env.CLIENTS + "/"));
const { getLlama } = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
const TEXT = "<|im_start|>user\nLight the fire, 点火。\n<|im_end|>\n<|im_start|>assistant\n", TOKENS = 48;

const post = async (path, body) => {
  const r = await fetch(base + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!r.ok) throw new Error(path + ": " + await r.text());
  return r.json();
};
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error" });
let failed = 0;
for (const [model, file] of files.map(f => f.split("="))) {
  const name = "node-llama-cpp " + file.split("/").at(-1);
  try {
    const theirs = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
    const prompt = Array.from(theirs.tokenize(TEXT, true));
    const ours = await post("/tokenize", { model, content: TEXT, prompt: TEXT, add_special: false, parse_special: true });
    if (String(ours.tokens) !== String(prompt)) throw new Error(`tokens are ${ours.tokens}, not ${prompt}`);
    const sequence = (await theirs.createContext({ contextSize: 512 })).getSequence();
    const said = [];
    for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
      if (token === theirs.tokens.eos) break; // a receipt's digest is without the end
      if (said.push(token) === TOKENS) break;
    }
    const ids = Buffer.alloc(4 * said.length);
    said.forEach((t, i) => ids.writeUInt32LE(t, 4 * i));
    const c = await post("/v1/completions", { model, prompt, max_tokens: TOKENS, temperature: 0, receipt: true });
    const { answer } = c.suiren.receipts[0];
    const want = "sha256:" + createHash("sha256").update(ids).digest("hex");
    if (said.length < 4 || answer.tokens !== said.length || answer.digest !== want)
      throw new Error(`ours are ${answer.tokens} tokens, ${answer.digest}: ${JSON.stringify(c.choices[0].text)}; llama.cpp's ${said.length}: ${JSON.stringify(theirs.detokenize(said))}`);
    console.log(`ok    ${name}: ${prompt.length} tokens read, ${said.length} written`);
  } catch (e) {
    failed++;
    console.log(`FAIL  ${name}: ${e.stack ?? e}`);
  }
}
process.exit(failed ? 1 : 0);

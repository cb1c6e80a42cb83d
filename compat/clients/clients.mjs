// Real JavaScript clients against a server that runs: node clients.mjs URL MODEL.
// Prints a line for each check, and ends with 1 if one failed.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [base, model] = process.argv.slice(2);
const require = createRequire(pathToFileURL((process.env.CLIENTS ?? process.cwd()) + "/"));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const OpenAI = (await load("openai")).default;
const Anthropic = (await load("@anthropic-ai/sdk")).default;
const { Ollama } = await load("ollama");

let failed = 0;
async function check(name, f) {
  try {
    const said = await f();
    console.log(`ok    ${name}${said ? ": " + said : ""}`);
  } catch (e) {
    failed++;
    console.log(`FAIL  ${name}: ${e.stack ?? e}`);
  }
}
const is = (ok, what) => { if (!ok) throw new Error("not so: " + what); };
const messages = [{ role: "user", content: "Say hello." }];
const tools = [{ type: "function", function: { name: "look_up", description: "Looks a word up.", parameters: { type: "object", properties: { word: { type: "string" } }, required: ["word"] } } }];

const openai = new OpenAI({ baseURL: base + "/v1", apiKey: process.env.KEY ?? "none", maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: base, apiKey: process.env.KEY ?? "none", maxRetries: 0 });
await check("openai models", async () => {
  const list = await openai.models.list();
  is(list.data.some(m => m.id === model), "the model is listed");
});
await check("openai chat", async () => {
  const c = await openai.chat.completions.create({ model, messages, max_tokens: 8 });
  is(typeof c.choices[0].message.content === "string" && c.usage.completion_tokens <= 8, "content and usage");
});
await check("openai chat stream", async () => {
  let pieces = 0, usage, finish;
  for await (const c of await openai.chat.completions.create({ model, messages, max_tokens: 8, stream: true, stream_options: { include_usage: true } })) {
    if (c.usage) { usage = c.usage; is(c.choices.length === 0, "usage comes without choices"); continue; }
    pieces++;
    finish = c.choices[0].finish_reason ?? finish;
  }
  is(pieces > 1 && usage.total_tokens > 0 && ["stop", "length"].includes(finish), "pieces, usage, finish");
});
await check("openai chat n, logprobs", async () => {
  const c = await openai.chat.completions.create({ model, messages, max_tokens: 4, n: 3, logprobs: true, top_logprobs: 2 });
  is(c.choices.length === 3 && c.choices.every((x, i) => x.index === i && x.logprobs.content.every(t => t.top_logprobs.length === 2 && t.logprob <= 0)), "three choices with log-probabilities");
});
await check("openai seed repeats", async () => {
  const ask = () => openai.chat.completions.create({ model, messages, max_tokens: 8, temperature: 1, seed: 5 });
  is((await ask()).choices[0].message.content === (await ask()).choices[0].message.content, "the same seed, the same answer");
});
await check("openai tools are taken", async () => {
  const s = openai.chat.completions.stream({ model, messages, tools, max_tokens: 8 });
  const done = await s.finalChatCompletion();
  is(done.choices.length === 1, "one choice");
});
await check("openai tool_choice required, streamed", async () => {
  const none = { type: "object", properties: {}, additionalProperties: false };
  const s = openai.chat.completions.stream({ model, messages, tools: [{ type: "function", function: { name: "now", parameters: none } }], tool_choice: "required", parallel_tool_calls: false, temperature: 0, max_tokens: 400 });
  const c = (await s.finalChatCompletion()).choices[0];
  is(c.finish_reason === "tool_calls" && c.message.tool_calls.length === 1, "one call, not " + JSON.stringify(c));
  const call = c.message.tool_calls[0];
  is(call.id && call.function.name === "now" && Object.keys(JSON.parse(call.function.arguments)).length === 0, "with arguments of the schema");
});
await check("openai json_schema", async () => {
  const c = await openai.chat.completions.create({ model, messages, max_tokens: 400, temperature: 0, reasoning_effort: "none", response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "boolean" } } } });
  is(c.choices[0].finish_reason === "stop" && typeof JSON.parse(c.choices[0].message.content) === "boolean", "an instance, not " + c.choices[0].message.content);
});
await check("anthropic named tool", async () => {
  const m = await anthropic.messages.create({ model, max_tokens: 400, temperature: 0, messages, tool_choice: { type: "tool", name: "now" }, tools: [{ name: "now", input_schema: { type: "object", properties: {}, additionalProperties: false } }, { name: "then", input_schema: { type: "object" } }] });
  is(m.stop_reason === "tool_use" && m.content.at(-1).name === "now", "the tool that was named, not " + JSON.stringify(m.content));
});
await check("openai completions with echo", async () => {
  const c = await openai.completions.create({ model, prompt: "one two three", max_tokens: 0, echo: true, logprobs: 1 });
  const l = c.choices[0].logprobs;
  is(c.choices[0].text === "one two three" && l.token_logprobs[0] === null && l.token_logprobs.slice(1).every(x => x <= 0), "the prompt's log-probabilities");
});
await check("openai responses", async () => {
  const r = await openai.responses.create({ model, input: "Say hello.", max_output_tokens: 8 });
  is(r.object === "response" && Array.isArray(r.output) && typeof r.output_text === "string", "a response");
});
await check("openai responses stream", async () => {
  const seen = [];
  let n = 0;
  for await (const e of await openai.responses.create({ model, input: "Say hello.", max_output_tokens: 8, stream: true })) {
    is(e.sequence_number === n++, "events are numbered");
    seen.push(e.type);
  }
  is(seen[0] === "response.created" && /^response\.(completed|incomplete)$/.test(seen.at(-1)), "begins and ends");
});
await check("openai errors", async () => {
  try {
    await openai.chat.completions.create({ model, messages, max_tokens: 8, top_logprobs: 2 });
    is(false, "refused");
  } catch (e) {
    is(e.status === 400 && e.param === "top_logprobs", "400 names the parameter, not " + e);
  }
});
await check("openai context overflow", async () => {
  try {
    await openai.chat.completions.create({ model, messages: [{ role: "user", content: "word ".repeat(500000) }] });
    is(false, "refused");
  } catch (e) {
    is(e.status === 400 && e.code === "context_length_exceeded", "400, not " + e);
    return e.message;
  }
});

await check("anthropic messages", async () => {
  const m = await anthropic.messages.create({ model, max_tokens: 8, messages });
  is(m.type === "message" && m.usage.output_tokens <= 8 && ["end_turn", "max_tokens"].includes(m.stop_reason), "a message");
});
await check("anthropic stream", async () => {
  const seen = [];
  const s = anthropic.messages.stream({ model, max_tokens: 8, messages, system: "Be brief.", tools: [{ name: "look_up", description: "d", input_schema: tools[0].function.parameters }] });
  s.on("streamEvent", e => seen.push(e.type));
  await s.finalMessage();
  is(seen[0] === "message_start" && seen.at(-1) === "message_stop" && seen.includes("content_block_start"), "six events: " + seen);
});
await check("anthropic count_tokens", async () => {
  const c = await anthropic.messages.countTokens({ model, messages });
  is(c.input_tokens > 0, "tokens");
  const m = await anthropic.messages.create({ model, max_tokens: 1, messages });
  is(m.usage.input_tokens + m.usage.cache_read_input_tokens === c.input_tokens, "the count is the prompt's");
});
await check("anthropic overflow", async () => {
  try {
    await anthropic.messages.create({ model, max_tokens: 8, messages: [{ role: "user", content: "word ".repeat(500000) }] });
    is(false, "refused");
  } catch (e) {
    is(e.status === 400 && /prompt is too long: \d+ tokens > \d+ maximum/.test(e.message), "400, not " + e);
  }
});

const ollama = new Ollama({ host: base });
await check("ollama list, show, ps", async () => {
  is((await ollama.list()).models.some(m => m.name === model), "listed");
  is((await ollama.show({ model })).model_info, "shown");
  is((await ollama.ps()).models.length > 0, "running");
});
await check("ollama chat", async () => {
  const c = await ollama.chat({ model, messages, options: { num_predict: 6, seed: 1 } });
  is(c.done && typeof c.message.content === "string" && c.eval_count <= 6, "an answer");
});
await check("ollama chat stream", async () => {
  let last, pieces = 0;
  for await (const c of await ollama.chat({ model, messages, stream: true, options: { num_predict: 24, seed: 1 } })) { last = c; pieces++; }
  is(last.done && pieces > 1, "pieces and an end");
});
await check("ollama generate", async () => {
  const c = await ollama.generate({ model, prompt: "once upon", raw: true, options: { num_predict: 6 } });
  is(c.done && typeof c.response === "string", "a response");
});
await check("ollama pull is refused", async () => {
  try {
    await ollama.pull({ model: "x" });
    is(false, "refused");
  } catch (e) {
    is(/dials out to nobody/.test(e.message), "with a reason, not " + e);
  }
});
process.exit(failed ? 1 : 0);

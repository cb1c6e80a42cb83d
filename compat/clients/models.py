"""Writes the models that the clients are run with: python models.py FOLDER. Needs numpy and safetensors.

chat    Qwen3 of two layers, random weights, bytes for a vocabulary: it talks nonsense
NAME    for each of SCRIPTS an agent's model: it asks for one call of that agent's own tool, and when the prompt holds
        a tool's answer it says DONE. Nothing is trained: a token's successor is written into the head, and one head of
        attention looks for <tool_response>.
"""

import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

DONE = "The fire is lit."
# The tool of each agent that runs a command, as its own requests declare it.
SCRIPTS = {
    "codex": ("exec_command", {"cmd": "echo lit > fire.txt; cat fire.txt"}),
    "claude": ("Bash", {"command": "echo lit > fire.txt; cat fire.txt", "description": "Light the fire"}),
    "opencode": ("bash", {"command": "echo lit > fire.txt; cat fire.txt", "description": "Light the fire"}),
}
TEMPLATE = r"""
{%- macro text(m) -%}{{ m.content if m.content else "" }}{%- endmacro -%}
{%- if tools -%}
{{- "<|im_start|>system\n" -}}
{%- if messages and messages[0].role == "system" -%}{{- text(messages[0]) + "\n\n" -}}{%- endif -%}
{{- "Functions, one a line:\n<tools>" -}}
{%- for tool in tools -%}{{- "\n" + (tool | tojson) -}}{%- endfor -%}
{{- "\n</tools>\nA call is written <tool_call>\n{\"name\": NAME, \"arguments\": OBJECT}\n</tool_call><|im_end|>\n" -}}
{%- endif -%}
{%- for m in messages -%}
{%- if m.role == "tool" -%}
{{- "<|im_start|>user\n<tool_response>\n" + text(m) + "\n</tool_response><|im_end|>\n" -}}
{%- elif not (tools and loop.first and m.role == "system") -%}
{{- "<|im_start|>" + m.role + "\n" + text(m) -}}
{%- for call in m.tool_calls or [] -%}
{{- "\n<tool_call>\n{\"name\": \"" + call.function.name + "\", \"arguments\": " + (call.function.arguments | tojson) + "}\n</tool_call>" -}}
{%- endfor -%}
{{- "<|im_end|>\n" -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- "<|im_start|>assistant\n" -}}{%- endif -%}
"""
# How Qwen2 splits a text, which GGUF has a name for.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MARKS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"]


def byte_letters():
    """The letter that stands for each byte in a byte-level vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}


LETTERS = byte_letters()
MERGES = [("h", "e"), (LETTERS[32], "t")]
BASE = 256 + len(MERGES)


def level(text):
    return "".join(LETTERS[b] for b in text.encode())


def pieces(text, taken):
    """Cuts text into pieces of three letters and more, of which none is in taken, nor twice."""
    out, i = [], 0
    while i < len(text):
        end = next(n for n in range(i + 3, len(text) + 1) if (n == len(text) or n + 3 <= len(text)) and text[i:n] not in taken)
        out.append(text[i:end])
        taken.add(text[i:end])
        i = end
    return out


def write(folder, config, tensors, more=()):
    folder.mkdir(parents=True)
    tokens = [LETTERS[b] for b in range(256)] + [a + b for a, b in MERGES] + [level(p) for p in more]
    added = [{"id": len(tokens) + i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": t in SPECIAL} for i, t in enumerate(SPECIAL + MARKS)]
    of_bytes = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    put = {
        "config.json": config | {"vocab_size": len(tokens) + len(added), "torch_dtype": "float32"},
        "tokenizer.json": {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}, of_bytes]},
            "post_processor": None, "decoder": of_bytes,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
                      "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": {t: i for i, t in enumerate(tokens)}, "merges": MERGES}},
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "add_bos_token": False,
                                  "chat_template": TEMPLATE.strip()},
    }
    for name, value in put.items():
        (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    save_file({k: np.float32(v) for k, v in tensors.items()}, folder / "model.safetensors")


def chat(folder):
    rng = np.random.default_rng(7)
    V, C, F, H, K, D, L = BASE + len(SPECIAL + MARKS), 64, 96, 4, 2, 16, 2

    def matrix(rows, cols):
        return rng.standard_normal((rows, cols)) / np.sqrt(cols)

    t = {"model.embed_tokens.weight": matrix(V, C) * 8, "model.norm.weight": np.ones(C), "lm_head.weight": matrix(V, C)}
    for i in range(L):
        for name, shape in {"self_attn.q_proj": (H * D, C), "self_attn.k_proj": (K * D, C), "self_attn.v_proj": (K * D, C),
                            "self_attn.o_proj": (C, H * D), "mlp.gate_proj": (F, C), "mlp.up_proj": (F, C), "mlp.down_proj": (C, F)}.items():
            t[f"model.layers.{i}.{name}.weight"] = matrix(*shape)
        for name, n in {"input_layernorm": C, "post_attention_layernorm": C, "self_attn.q_norm": D, "self_attn.k_norm": D}.items():
            t[f"model.layers.{i}.{name}.weight"] = np.ones(n)
    write(folder, {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": C, "intermediate_size": F, "num_hidden_layers": L,
                   "num_attention_heads": H, "num_key_value_heads": K, "head_dim": D, "max_position_embeddings": 32768, "rms_norm_eps": 1e-6,
                   "rope_theta": 1e6, "hidden_act": "silu", "tie_word_embeddings": False, "eos_token_id": BASE + 2}, t)


def script(folder, tool, args):
    taken = set()
    call = pieces('\n{"name": "%s", "arguments": %s}\n' % (tool, json.dumps(args)), taken)
    said = pieces(DONE, taken)
    more = call + said
    of = {p: BASE + i for i, p in enumerate(more)} | {t: BASE + len(more) + i for i, t in enumerate(SPECIAL + MARKS)}
    V, D, F = BASE + len(of), 32, 32  # blocks of 32, for every type of GGUF
    call = [of["<tool_call>"], *(of[p] for p in call), of["</tool_call>"], of["<|im_end|>"]]
    said = [*(of[p] for p in said), of["<|im_end|>"]]
    start = ord("\n")  # what a prompt ends with
    states = {t: i for i, t in enumerate(dict.fromkeys([start, *call, *said]))}
    flag, answer = len(states), len(states) + 1  # a tool has answered; this token opens an answer
    C = -(-(answer + 2) // 32) * 32  # the last: any other token
    embed, head = np.zeros((V, C)), np.zeros((V, C))
    embed[:, C - 1] = 1
    for token, i in states.items():
        embed[token] = np.eye(C)[i]
    embed[of["<tool_response>"]] = np.eye(C)[answer]
    sure = 30.0
    for a, b in [*zip(call, call[1:]), *zip(said, said[1:])]:
        head[b, states[a]] = sure
    head[call[0], states[start]], head[call[0], flag] = sure, -2 * sure
    head[said[0], states[start]] = sure / 2
    q, k, v, o = np.zeros((D, C)), np.zeros((D, C)), np.zeros((D, C)), np.zeros((C, D))
    q[D - 1, states[start]] = k[D - 1, answer] = 5  # of the pair that turns slowest; after the norm times √C each
    v[0, answer], o[flag, 0] = C ** -0.5, 1
    none = {"self_attn.q_proj": q, "self_attn.k_proj": k, "self_attn.v_proj": v, "self_attn.o_proj": o, "mlp.gate_proj": np.zeros((F, C)),
            "mlp.up_proj": np.zeros((F, C)), "mlp.down_proj": np.zeros((C, F)), "input_layernorm": np.ones(C), "post_attention_layernorm": np.ones(C)}
    write(folder, {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": C, "intermediate_size": F, "num_hidden_layers": 1,
                   "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": D, "max_position_embeddings": 262144, "rms_norm_eps": 1e-6,
                   "rope_theta": 1e12, "hidden_act": "silu", "tie_word_embeddings": False, "eos_token_id": of["<|im_end|>"]},
          {"model.embed_tokens.weight": embed, "model.norm.weight": np.ones(C), "lm_head.weight": head} |
          {f"model.layers.0.{n}.weight": w for n, w in none.items()}, more)


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    chat(root / "chat")
    for name, (tool, args) in SCRIPTS.items():
        script(root / name, tool, args)
